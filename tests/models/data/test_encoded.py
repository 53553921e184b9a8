"""Faces that are kept as their files' bytes."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from emojicam.errors import InputError
from emojicam.models.data.decode import face_in
from emojicam.models.data.encoded import MAGIC, Encoded, Kept, kept_as, write
from emojicam.models.data.rows import digest

SIZE = 40


def picture(number: int, side: int = 60) -> Image.Image:
    rng = np.random.default_rng(number)
    return Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)).resize((side, side))


def drawn(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number}.{('jpg', 'png')[number % 2]}" for number in range(count)]
    for number, path in enumerate(paths):
        picture(number).save(path)
    return paths


def packed(path: Path, kept: list[Kept]) -> Path:
    with path.open("wb") as file:
        write(file, kept, (3, SIZE, SIZE), [f"{number}.jpg" for number in range(len(kept))])
    return path


@pytest.mark.parametrize("workers", [1, 3])
def test_faces_are_read_as_their_files_have_them(tmp_path: Path, workers: int) -> None:
    paths = drawn(tmp_path, 30)
    boxes = [None if number % 3 else np.array([5, 5, 30.5, 31], np.float32) for number in range(30)]
    kept = [kept_as(path, box, SIZE, 3) for path, box in zip(paths, boxes, strict=True)]
    store = Encoded(packed(tmp_path / "x", kept), workers)
    assert store.shape == (30, 3, SIZE, SIZE)
    order = np.random.default_rng(0).permutation(30)
    faces = store.read(order)
    for number, face in zip(order, faces, strict=True):
        assert np.array_equal(face, face_in(paths[number], boxes[number], SIZE, 3))
    assert store.digests(order) == [digest(face) for face in faces]
    assert store.read(np.zeros(0, np.int64)).shape == (0, 3, SIZE, SIZE)


def test_a_jpegs_bytes_are_kept_as_they_are(tmp_path: Path) -> None:
    (path,) = drawn(tmp_path, 1)
    data = path.read_bytes()
    assert kept_as(path, None, SIZE, 3).data == data
    assert data in packed(tmp_path / "x", [kept_as(path, None, SIZE, 3)]).read_bytes()


def test_a_file_that_is_larger_than_its_face_is_kept_as_the_face(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)).save(path)
    box = np.array([20, 20, 160, 160], np.float32)
    kept = kept_as(path, box, SIZE, 3)
    assert kept.box is None
    assert len(kept.data) < path.stat().st_size / 4
    assert np.array_equal(Encoded(packed(tmp_path / "x", [kept])).read(np.array([0]))[0], face_in(path, box, SIZE, 3))


def test_rare_forms_are_read_as_the_careful_decoder_reads_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = 6
    picture(1).save(tmp_path / "turned.jpg", exif=tags)
    picture(2).convert("CMYK").save(tmp_path / "print.jpg")
    Image.fromarray(np.arange(3600, dtype=np.uint16).reshape(60, 60) * 15).save(tmp_path / "deep.png")
    clear = picture(3).convert("RGBA")
    clear.putalpha(40)
    clear.save(tmp_path / "clear.png")
    picture(4).convert("L").save(tmp_path / "grey.jpg")
    picture(5).quantize(8).save(tmp_path / "table.png")
    paths = [path for path in sorted(tmp_path.iterdir()) if path.suffix in (".jpg", ".png")]
    odd = (tmp_path / "grey.jpg").read_bytes().replace(b"\xff\xda", b"\0\0\xff\xda", 1)
    (tmp_path / "odd.jpg").write_bytes(odd)
    paths.append(tmp_path / "odd.jpg")
    kept = [kept_as(path, None, SIZE, 3) for path in paths]
    assert [path.name for path, one in zip(paths, kept, strict=True) if one.quick] == ["grey.jpg"]
    assert all(one.data == path.read_bytes() for path, one in zip(paths, kept, strict=True) if path.suffix == ".jpg")
    for face, path in zip(Encoded(packed(tmp_path / "x", kept)).read(np.arange(7)), paths, strict=True):
        assert np.array_equal(face, face_in(path, None, SIZE, 3)), path.name
    assert capfd.readouterr() == ("", "")


def test_what_could_not_be_read_is_black(tmp_path: Path) -> None:
    (path,) = drawn(tmp_path, 1)
    store = Encoded(packed(tmp_path / "x", [Kept(), kept_as(path, None, SIZE, 3)]))
    black, face = store.read(np.array([0, 1]))
    assert not black.any()
    assert face.any()


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    kept = [kept_as(path, None, SIZE, 3) for path in drawn(tmp_path, 20)]
    path = packed(tmp_path / "x", kept)
    data = bytearray(path.read_bytes())
    place = len(MAGIC) + sum(len(one.data) for one in kept[:13]) + 300
    data[place] ^= 255
    path.write_bytes(data)
    store = Encoded(path, 2)
    assert len(store.read(np.arange(13))) == 13
    with pytest.raises(InputError) as caught:
        store.read(np.arange(20))
    assert str(caught.value).startswith(f"{path}: 13.jpg in it is damaged (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", ["empty", "cut", "other", "index", "inserted", "no end"])
def test_a_broken_file_is_refused_when_it_is_opened(tmp_path: Path, damage: str) -> None:
    path = packed(tmp_path / "x", [kept_as(path, None, SIZE, 3) for path in drawn(tmp_path, 4)])
    whole = path.read_bytes()
    index = bytearray(whole)
    index[-400] ^= 255
    index[-300] ^= 255
    path.write_bytes(
        {
            "empty": b"",
            "cut": whole[:-9],
            "other": b"X" + whole[1:],
            "index": bytes(index),
            "inserted": whole[:40] + b"more" + whole[40:],
            "no end": whole[:-24] + b"\xff" * 8 + whole[-16:],
        }[damage]
    )
    with pytest.raises(ValueError, match=r"\S"):
        Encoded(path)


def test_a_worker_process_gets_the_files_name_and_reads_the_same(tmp_path: Path) -> None:
    store = Encoded(packed(tmp_path / "x", [kept_as(path, None, SIZE, 3) for path in drawn(tmp_path, 9)]), 2)
    before = store.read(np.arange(9))
    sent = pickle.dumps(store)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent).read(np.arange(9)), before)
