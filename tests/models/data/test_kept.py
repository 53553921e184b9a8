"""What takes long is kept: whole, for the same question only, and within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from emojicam.models.data.faces import Faces
from emojicam.models.data.faults import Tell
from emojicam.models.data.kept import bound, kept, kept_faces
from emojicam.models.data.listing import one_class_each


class Making:
    """Makes another array each time, and counts."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, np.ndarray]:
        self.times += 1
        return {"a": np.full(2000, self.times)}


def test_the_same_is_made_once_and_another_anew(tmp_path: Path) -> None:
    make = Making()
    for made_from, expected in ((["x", 1], 1), (["x", 1], 1), (["x", 2], 2), (["x", 1], 1)):
        assert (kept(tmp_path / "new", "some", made_from, make)["a"] == expected).all()
    assert make.times == 2
    names = [path.name for path in (tmp_path / "new").iterdir()]
    assert len(names) == 2
    assert all(name.startswith("some-") and name.endswith(".kept") for name in names)


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "one byte"])
def test_a_broken_one_is_made_again(tmp_path: Path, damage: str) -> None:
    make = Making()
    kept(tmp_path, "some", 1, make)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    changed = whole[:900] + bytes([whole[900] ^ 255]) + whole[901:]
    path.write_bytes({"cut": whole[:-50], "empty": b"", "other": b"text", "one byte": changed}[damage])
    assert (kept(tmp_path, "some", 1, make)["a"] == 2).all()
    assert (kept(tmp_path, "some", 1, make)["a"] == 2).all()


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    make = Making()
    for expected in (1, 2):
        assert (kept(tmp_path / "file", "some", 1, make)["a"] == expected).all()


def test_an_interrupted_making_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> dict[str, np.ndarray]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path, "some", 1, interrupted)
    assert not list(tmp_path.iterdir())


def test_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"{number}.kept"
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    (tmp_path / "9.part.kept").write_bytes(b"of a dead run")
    (tmp_path / "other.npy").write_bytes(b"x" * 1000)
    bound(tmp_path, files=4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.kept", "2.kept", "3.kept", "4.kept", "other.npy"]
    bound(tmp_path, size=250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.kept", "4.kept", "other.npy"]
    bound(tmp_path, size=10)  # the newest stays, however large
    assert sorted(path.name for path in tmp_path.iterdir()) == ["4.kept", "other.npy"]


def test_what_is_used_is_new_again(tmp_path: Path) -> None:
    make = Making()
    kept(tmp_path, "some", 1, make)
    (path,) = tmp_path.iterdir()
    os.utime(path, (1, 1))
    kept(tmp_path, "some", 1, make)
    assert path.stat().st_mtime > 1000
    assert make.times == 1


def test_faces_come_back_as_they_were_with_what_was_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    answers = (one_class_each("one", ("a", "b"), [0, 1, -1], "drawn"), one_class_each("two", ("c",), [0] * 3, "too"))
    images = rng.integers(0, 256, (3, 1, 8, 8), dtype=np.uint8)
    affect = rng.uniform(-1, 1, (3, 2)).astype(np.float32)
    times: list[int] = []

    def read(tell: Tell) -> dict[str, Faces]:
        times.append(1)
        tell("one row is left out")
        return {
            "train": Faces(images, answers, affect=affect),
            "test": Faces(images[:0], (answers[0].take(np.arange(0)),)),
        }

    said: list[str] = []
    for _ in range(3):
        splits = kept_faces(tmp_path, "faces", 1, read, said.append)
        assert list(splits) == ["train", "test"]
        train = splits["train"]
        assert np.array_equal(train.images, images)
        assert train.affect is not None
        assert np.array_equal(train.affect, affect)
        for given, wanted in zip(train.answers, answers, strict=True):
            assert (given.name, given.labels, given.source) == (wanted.name, wanted.labels, wanted.source)
            assert np.array_equal(given.targets, wanted.targets)
            assert np.array_equal(given.majority, wanted.majority)
        assert len(splits["test"]) == 0
        assert splits["test"].affect is None
    assert said == ["one row is left out"] * 3
    assert len(times) == 1
