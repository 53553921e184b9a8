from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from datafiles import levels, listing, numbered
from PIL import ExifTags, Image

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.models.data.batches import Supply
from emojicam.models.data.faces import Faces
from emojicam.models.data.listing import Listing, one_class_each
from emojicam.models.data.packed import load, pack
from emojicam.models.data.rows import Rows


def test_pictures_become_rows_of_their_splits(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    splits = pack(
        numbered(tmp_path, 200), 12, 3, tmp_path / "cache/x", 2, lambda done, total: seen.append((done, total))
    )
    assert {name: len(faces) for name, faces in splits.items()} == {"train": 67, "validation": 67, "test": 66}
    train = splits["train"]
    assert isinstance(train.images, Rows)
    assert train.images.shape == (67, 3, 12, 12)
    assert levels(train)[:4] == [0, 30, 60, 90]
    assert train.images[1].tolist() == np.stack([np.full((12, 12), level) for level in (30, 20, 30)]).tolist()
    assert train.answers[0].name == "drawn"
    assert list(train.majority[:4]) == [0, 1, 0, 1]
    assert seen[-1] == (200, 200)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["x.npy", "x.npz"]


def test_a_second_time_the_cache_is_used(tmp_path: Path) -> None:
    found = numbered(tmp_path, 6)
    pack(found, 12, 3, tmp_path / "x")
    before = (tmp_path / "x.npy").stat(), (tmp_path / "x.npz").stat()
    again = pack(found, 12, 3, tmp_path / "x", progress=lambda done, total: pytest.fail("decoded again"))
    assert ((tmp_path / "x.npy").stat(), (tmp_path / "x.npz").stat()) == before
    assert levels(again["validation"]) == [10, 40]


def test_other_labels_alone_leave_the_pictures(tmp_path: Path) -> None:
    found = numbered(tmp_path, 6)
    pack(found, 12, 3, tmp_path / "x")
    before = (tmp_path / "x.npy").stat().st_ino
    other = one_class_each("other", ("c", "d", "e"), [2] * 6, "drawn again")
    affect = np.full((6, 2), 0.5, np.float32)
    changed = replace(found, answers=(other,), splits=np.zeros(6, np.int8), affect=affect)
    train = pack(changed, 12, 3, tmp_path / "x")["train"]
    assert (tmp_path / "x.npy").stat().st_ino == before
    assert train.labels == ("c", "d", "e")
    assert len(train) == 6
    assert train.affect is not None
    assert (train.affect == 0.5).all()


def test_what_changes_a_picture_packs_again(tmp_path: Path) -> None:
    found = numbered(tmp_path, 6)
    cache = tmp_path / "x"
    pack(found, 12, 3, cache)
    assert pack(found, 6, 3, cache)["train"].images.shape == (2, 3, 6, 6)
    assert pack(found, 6, 1, cache)["train"].images.shape == (2, 1, 6, 6)
    boxes = np.tile(np.array([0, 0, 6, 6], np.float32), (6, 1))
    before = (tmp_path / "x.npy").stat().st_ino
    pack(replace(found, boxes=boxes), 6, 1, cache)
    assert (tmp_path / "x.npy").stat().st_ino != before
    Image.new("RGB", (12, 12), (99, 99, 99)).save(tmp_path / "0.png")
    assert levels(pack(found, 6, 1, cache)["train"])[0] == 99
    Image.new("RGB", (12, 12), (77, 77, 77)).save(tmp_path / "0.png")
    os.utime(tmp_path / "0.png", (1, 1))  # the same size, another time
    assert levels(pack(found, 6, 1, cache)["train"])[0] == 77
    (tmp_path / "x.npy").unlink()
    assert levels(pack(found, 6, 1, cache)["train"])[0] == 77
    (tmp_path / "x.npz").write_bytes(b"no labels")
    assert levels(pack(found, 6, 1, cache)["train"])[0] == 77


def test_the_cache_is_the_whole_data_set(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    found = numbered(tmp_path / "data", 6)
    pack(found, 12, 1, tmp_path / "x.y")
    for path in (tmp_path / "data").iterdir():
        path.unlink()
    splits = load(tmp_path / "x.y")
    assert [len(splits[name]) for name in ("train", "validation", "test")] == [2, 2, 2]
    assert splits["train"].affect is None
    with pytest.raises(UsageError, match=r"z\.npy: no such file"):
        load(tmp_path / "z")
    (tmp_path / "x.y.npy").write_bytes(b"no pictures")
    with pytest.raises(InputError, match=r"x\.y: not a packed data set"):
        load(tmp_path / "x.y")


def test_faces_without_a_split_are_in_none(tmp_path: Path) -> None:
    found = replace(numbered(tmp_path, 6), splits=np.array([0, -1, 1, -1, 2, 2], np.int8))
    assert [levels(faces) for faces in pack(found, 12, 3, tmp_path / "x").values()] == [[0], [20], [40, 50]]


@pytest.mark.parametrize("side", [24, 36, 7])
def test_faces_are_averaged_down_and_enlarged_smoothly(tmp_path: Path, side: int) -> None:
    ramp = np.tile(np.linspace(0, 250, side).astype(np.uint8), (side, 1))
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    face = pack(listing(tmp_path, "ramp.png"), 12, 1, tmp_path / "x")["train"].images[0][0].astype(int)
    assert (np.diff(face[0]) > 0).all()
    assert (face == face[0]).all()
    if side % 12 == 0:
        means = ramp[0].reshape(12, -1).mean(1)
        assert face[0] == pytest.approx(means, abs=1)


def test_a_face_is_cut_out_by_its_box(tmp_path: Path) -> None:
    picture = np.zeros((30, 40), np.uint8)
    picture[10:20, 25:35] = 200
    Image.fromarray(picture).save(tmp_path / "a.png")
    Image.fromarray(picture[10:20, 25:40]).save(tmp_path / "b.png")
    boxes = np.array([[25, 10, 10, 10], [-5, -5, 15, 15]], np.float32)
    found = replace(listing(tmp_path, "a.png", "b.png"), boxes=boxes, splits=np.zeros(2, np.int8))
    faces = pack(found, 5, 1, tmp_path / "x")["train"]
    assert (faces.images[:] == 200).all()
    outside = replace(found, boxes=np.array([[25, 10, 10, 10], [15, 0, 5, 5]], np.float32))
    with pytest.raises(InputError, match=r"b\.png: the face's box 15, 0, 5, 5 is not in the picture"):
        pack(outside, 5, 1, tmp_path / "x")


def test_colours_are_what_was_asked_for(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (255, 0, 0)).save(tmp_path / "rgb.png")
    Image.new("L", (8, 8), 90).save(tmp_path / "grey.png")
    Image.new("RGBA", (8, 8), (1, 2, 3, 0)).save(tmp_path / "clear.png")
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    Image.fromarray(np.full((8, 8), 90 * 256, np.uint16)).save(tmp_path / "deep.png")
    table = Image.new("P", (8, 8), 0)
    table.putpalette([9, 8, 7] * 256)
    table.save(tmp_path / "table.png", transparency=bytes([0] * 256))
    names = ("rgb.png", "grey.png", "clear.png", "print.jpg", "deep.png", "table.png")
    found = replace(listing(tmp_path, *names), splits=np.zeros(6, np.int8))
    rgb = pack(found, 8, 3, tmp_path / "x")["train"].images[:][:, :, 0, 0]
    expected = [[255, 0, 0], [90, 90, 90], [1, 2, 3], [254, 0, 0], [90, 90, 90], [9, 8, 7]]
    assert rgb.tolist() == [pytest.approx(row, abs=2) for row in expected]
    grey = pack(found, 8, 1, tmp_path / "y")["train"].images[:][:, 0, 0, 0]
    assert grey.tolist() == pytest.approx([76, 90, 2, 76, 90, 8], abs=2)


def test_a_photo_is_turned_upright_unless_it_has_a_box(tmp_path: Path) -> None:
    picture = np.zeros((16, 16), np.uint8)
    picture[:8] = 200
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = 3
    Image.fromarray(picture).save(tmp_path / "a.jpg", exif=tags, quality=100)
    Image.fromarray(picture).save(tmp_path / "b.jpg", exif=b"Exif\0\0no tags at all", quality=100)
    found = replace(listing(tmp_path, "a.jpg", "b.jpg"), splits=np.zeros(2, np.int8))
    turned, damaged = pack(found, 16, 1, tmp_path / "x")["train"].images
    assert turned[0, 2, 0] < 20
    assert damaged[0, 2, 0] > 180
    whole = np.tile(np.array([0, 0, 16, 16], np.float32), (2, 1))
    assert pack(replace(found, boxes=whole), 16, 1, tmp_path / "x")["train"].images[0][0, 2, 0] > 180


def test_pictures_in_memory_are_packed_in_another_size(tmp_path: Path) -> None:
    images = np.full((8, 1, 48, 48), 70, np.uint8)
    answers = (one_class_each("drawn", ("a", "b"), [0, 1, 1, 0] * 2, "drawn"),)
    affect = np.repeat(np.array([[np.nan, np.nan], [0.25, 0.25]], np.float32), 4, 0)
    found = Listing(tmp_path, images, answers, np.repeat(np.array([0, 2], np.int8), 4), affect=affect)
    splits = pack(found, 64, 3, tmp_path / "x")
    assert splits["test"].images.shape == (4, 3, 64, 64)
    assert len(splits["validation"]) == 0
    assert splits["validation"].images[:].shape == (0, 3, 64, 64)
    assert (splits["train"].images[:] == 70).all()
    assert list(splits["test"].majority) == [0, 1, 1, 0]
    assert splits["train"].affect is not None
    assert np.isnan(splits["train"].affect).all()
    assert (splits["test"].affect == affect[4:]).all()


def bad(root: Path) -> Listing:
    found = numbered(root, 5)
    table = root / "labels.txt"
    return replace(found, tables=(table,), places=np.array([(0, row) for row in range(2, 7)]))


def test_an_unreadable_picture_is_named_with_its_row(tmp_path: Path) -> None:
    found = bad(tmp_path)
    (tmp_path / "3.png").write_bytes(b"no picture")
    with pytest.raises(InputError) as caught:
        pack(found, 12, 1, tmp_path / "x")
    assert str(caught.value) == f"{tmp_path}/labels.txt, row 5: {tmp_path}/3.png: not a JPEG or PNG file"
    assert not list(tmp_path.glob("x*"))


def test_of_several_unreadable_pictures_the_first_is_named(tmp_path: Path) -> None:
    found = bad(tmp_path)
    whole = (tmp_path / "1.png").read_bytes()
    (tmp_path / "1.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "2.png").write_bytes(b"")
    Image.new("RGB", (4, 4)).save(tmp_path / "4.png", "GIF")
    with pytest.raises(InputError, match=r"row 3: .*1\.png: .* \(2 more of the 5 pictures can't be read either\)$"):
        pack(found, 12, 1, tmp_path / "x")


def test_missing_pictures_are_named_before_any_is_decoded(tmp_path: Path) -> None:
    found = bad(tmp_path)
    (tmp_path / "2.png").unlink()
    (tmp_path / "4.png").unlink()
    with pytest.raises(InputError, match=r"labels\.txt, row 4: .*2\.png: no such file \(1 more of the 5"):
        pack(found, 12, 1, tmp_path / "x", progress=lambda done, total: pytest.fail("decoded"))


def test_damaged_pictures_are_refused_and_nothing_else_happens(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (40, 40, 3), dtype=np.uint8))
    said: dict[Path, str] = {}
    for number in range(60):
        path = tmp_path / f"{number}.{('png', 'jpg')[number % 2]}"
        picture.save(path)
        data = bytearray(path.read_bytes())
        for place in rng.integers(0, 200, 5):
            data[place] = rng.integers(0, 256)
        path.write_bytes(data)
        try:
            pack(listing(tmp_path, path.name), 8, 3, tmp_path / "x", 1)
        except InputError as error:
            said[path] = str(error)
    assert len(said) > 20
    assert all(str(path) in line and "\n" not in line for path, line in said.items())


@pytest.mark.parametrize("damage", ["no picture", "cut off", "empty", "missing"])
def test_a_picture_of_many_that_cannot_be_read_is_left_out_and_told_each_time(tmp_path: Path, damage: str) -> None:
    found = numbered(tmp_path, 200)
    path = tmp_path / "151.png"
    whole = path.read_bytes()
    path.write_bytes({"no picture": b"text", "cut off": whole[:50], "empty": b"", "missing": b""}[damage])
    if damage == "missing":
        path.unlink()
    said: list[str] = []
    cache = tmp_path / "x"

    def again(found: Listing) -> dict[str, Faces]:
        return pack(found, 12, 3, cache, progress=lambda done, total: pytest.fail("decoded again"), tell=said.append)

    other = replace(found, answers=(one_class_each("other", ("c", "d"), [0, 1] * 100, "drawn again"),))
    for splits in (pack(found, 12, 3, cache, tell=said.append), again(found), again(other)):
        assert {name: len(faces) for name, faces in splits.items()} == {"train": 67, "validation": 66, "test": 66}
        assert levels(splits["validation"]) == [number * 10 % 256 for number in range(1, 200, 3) if number != 151]
    assert len(said) == 3
    assert set(said) == {said[0]}
    assert said[0].startswith(f"1 of 200 pictures can't be read, and are left out: {path}: ")


def test_a_failed_packing_keeps_what_was_there(tmp_path: Path) -> None:
    found = numbered(tmp_path, 6)
    pack(found, 12, 3, tmp_path / "x")
    before = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "5.png").write_bytes(b"no picture")
    with pytest.raises(InputError):
        pack(found, 12, 3, tmp_path / "x")
    assert (tmp_path / "x.npy").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/x: can't be written: "):
        pack(numbered(tmp_path, 2), 12, 3, tmp_path / "file/x")


def test_nothing_to_pack_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no faces"):
        pack(listing(tmp_path), 12, 3, tmp_path / "x")
    with pytest.raises(ValueError, match="1 or 3 channels"):
        pack(numbered(tmp_path, 2), 12, 2, tmp_path / "x")


GREAT = """
import resource, sys
from pathlib import Path
import numpy as np
from emojicam.models.card import Crop
from emojicam.models.data.faces import without_twins
from emojicam.models.data.listing import Listing, one_class_each
from emojicam.models.data.packed import pack

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

n, side = 280_000, 40
picture = np.random.default_rng(0).integers(0, 256, (1, side, side), dtype=np.uint8)
same = np.broadcast_to(picture, (n, 1, side, side))
affect = np.zeros((n, 2), np.float32)
splits = (np.arange(n) % 10).clip(0, 2)[::-1].astype(np.int8)
answers = one_class_each("drawn", tuple("abcdefgh"), np.arange(n) % 8, "drawn")
before = peak()
faces = pack(Listing(Path("."), same, (answers,), splits, affect=affect), side, 1, Path(sys.argv[1]), 2)
train = faces["test"].where(faces["test"].majority != 3)
assert len(train) > 190_000, len(train)
order = np.random.default_rng(1).permutation(len(train))
total = 0
for start in range(0, len(order), 512):
    batch = train.images[order[start : start + 512]]
    total += int(batch[:, 0, 0, 0].sum())
assert total == len(train) * int(picture[0, 0, 0])
left, twins = without_twins(train, faces["validation"])
assert twins == len(train)
print(n * side * side / 2**20, peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted differently elsewhere")
def test_280_000_pictures_are_packed_and_read_without_holding_them(tmp_path: Path) -> None:
    program = [sys.executable, "-c", GREAT, str(tmp_path / "great")]
    said = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    on_disk, grown = (float(word) for word in said.split())
    assert on_disk > 400
    assert grown < 150
    (tmp_path / "great.npy").unlink()


def photos(root: Path, count: int = 12, side: int = 64) -> Listing:
    names = [f"{number}.jpg" for number in range(count)]
    for number, name in enumerate(names):
        rng = np.random.default_rng(number)
        Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)).resize((side, side)).save(root / name)
    return listing(root, *names)


def test_pictures_that_would_be_large_stay_encoded_and_are_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    found = photos(tmp_path / "data")
    decoded = pack(found, 64, 3, tmp_path / "decoded")
    encoded = pack(found, 64, 3, tmp_path / "encoded", 2, most_decoded=0)
    for name, faces in decoded.items():
        assert np.array_equal(encoded[name].images[:], faces.images[:])
        assert list(encoded[name].majority) == list(faces.majority)
    assert sorted(path.suffix for path in tmp_path.glob("encoded*")) == [".faces", ".npz"]
    files = sum(path.stat().st_size for path in (tmp_path / "data").iterdir())
    assert (tmp_path / "encoded.faces").stat().st_size < files + 4000
    assert (tmp_path / "decoded.npy").stat().st_size > 5 * files


def test_decoded_they_are_kept_where_the_files_are_larger(tmp_path: Path) -> None:
    pack(photos(tmp_path, side=100), 8, 3, tmp_path / "x", most_decoded=0)
    assert sorted(path.name for path in tmp_path.glob("x.*")) == ["x.npy", "x.npz"]


def test_an_encoded_cache_is_used_again_and_gets_other_labels(tmp_path: Path) -> None:
    found = photos(tmp_path)
    cache = tmp_path / "x"
    pack(found, 64, 3, cache, most_decoded=0)
    before = (tmp_path / "x.faces").stat().st_ino
    other = replace(found, answers=(one_class_each("other", ("c", "d"), [1] * 12, "drawn again"),))
    again = pack(other, 64, 3, cache, progress=lambda done, total: pytest.fail("packed again"))
    assert again["train"].labels == ("c", "d")
    assert (tmp_path / "x.faces").stat().st_ino == before


def test_the_other_form_of_a_cache_goes_when_it_is_made_anew(tmp_path: Path) -> None:
    found = photos(tmp_path)
    pack(found, 64, 3, tmp_path / "x")
    os.utime(tmp_path / "0.jpg", (1, 1))
    pack(found, 64, 3, tmp_path / "x", most_decoded=0)
    assert sorted(path.name for path in tmp_path.glob("x.*")) == ["x.faces", "x.npz"]
    os.utime(tmp_path / "0.jpg", (2, 2))
    pack(found, 64, 3, tmp_path / "x")
    assert sorted(path.name for path in tmp_path.glob("x.*")) == ["x.npy", "x.npz"]


@pytest.mark.parametrize("most", [0, 1 << 30])
def test_a_cache_that_was_cut_off_is_made_anew(tmp_path: Path, most: int) -> None:
    found = photos(tmp_path)
    before = pack(found, 64, 3, tmp_path / "x", most_decoded=most)["train"].images[:]
    (path,) = (path for path in tmp_path.glob("x.*") if path.suffix != ".npz")
    path.write_bytes(path.read_bytes()[:-100])
    assert np.array_equal(pack(found, 64, 3, tmp_path / "x", most_decoded=most)["train"].images[:], before)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="x: not a packed data set"):
        load(tmp_path / "x")


def test_an_unreadable_picture_of_an_encoded_cache_is_left_out(tmp_path: Path) -> None:
    found = photos(tmp_path, 150)
    (tmp_path / "3.jpg").write_bytes((tmp_path / "3.jpg").read_bytes()[:300])
    said: list[str] = []
    for _ in range(2):
        splits = pack(found, 64, 3, tmp_path / "x", most_decoded=0, tell=said.append)
        assert [len(splits[name]) for name in ("train", "validation", "test")] == [49, 50, 50]
        assert splits["train"].images[:].any((1, 2, 3)).all()
    assert len(said) == 2
    assert said[0].startswith(f"1 of 150 pictures can't be read, and are left out: {tmp_path / '3.jpg'}: ")
    assert said[1] == said[0]


def test_an_interrupted_packing_leaves_nothing(tmp_path: Path) -> None:
    found = photos(tmp_path)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for most in (0, 1 << 30):
        with pytest.raises(KeyboardInterrupt):
            pack(found, 64, 3, tmp_path / "x", progress=interrupt, most_decoded=most)
    assert not list(tmp_path.glob("x*"))


def test_a_net_learns_from_the_same_batches_in_either_form(tmp_path: Path) -> None:
    found = photos(tmp_path, 30)
    device = torch.device("cpu")
    both = [pack(found, 64, 3, tmp_path / f"x{most}", 2, most_decoded=most)["train"] for most in (0, 1 << 30)]
    assert len([*tmp_path.glob("x*.faces")]) == len([*tmp_path.glob("x*.npy")]) == 1
    for ((one, _), _), ((two, _), _) in zip(
        *(Supply(faces, device).parts(4, seed=(0, 1)) for faces in both), strict=True
    ):
        assert torch.equal(one.images, two.images)
        assert torch.equal(one.targets[0], two.targets[0])
