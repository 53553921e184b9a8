from __future__ import annotations

from pathlib import Path

import ferfiles
import numpy as np
import pytest

from emojicam.errors import InputError, UsageError
from emojicam.models.card import EMOTIONS
from emojicam.models.data.faces import Answers, Faces, without_twins
from emojicam.models.data.fer import FER_LABELS, read_ferplus

PIXELS = " ".join(["7"] * 2304)
HEAD = "emotion,pixels,Usage"
VOTES_HEAD = f"Usage,Image name,{ferfiles.VOTES}"


def write(folder: Path, rows: list[tuple[str, str]], head: str = HEAD, votes_head: str = VOTES_HEAD) -> Path:
    (folder / "fer2013.csv").write_text("\n".join([head, *(a for a, _ in rows)]) + "\n")
    (folder / "fer2013new.csv").write_text("\n".join([votes_head, *(b for _, b in rows)]) + "\n")
    return folder


def row(votes: str, usage: str = "Training", pixels: str = PIXELS, emotion: str = "0") -> tuple[str, str]:
    return f"{emotion},{pixels},{usage}", f"{usage},fer0000000.png,{votes}"


def test_the_published_formats_are_read(tmp_path: Path) -> None:
    ferfiles.write(tmp_path)
    splits = read_ferplus(tmp_path)
    assert {name: len(faces) for name, faces in splits.items()} == {"train": 96, "validation": 24, "test": 24}
    train = splits["train"]
    assert train.images.shape == (96, 1, 48, 48)
    assert train.images.dtype == np.uint8
    assert train.labels == EMOTIONS
    assert list(train.majority[:9]) == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    seven = train.by("fer2013")
    assert seven.labels == FER_LABELS
    assert list(seven.majority[:9]) == [0, 1, 2, 3, 4, 5, 6, 0, 0]
    with pytest.raises(ValueError, match="there are: ferplus, fer2013"):
        train.by("affectnet")


def test_votes_become_a_distribution_and_a_majority_by_ferplus_rules(tmp_path: Path) -> None:
    rows = [
        row("6,4,0,0,0,0,0,0,0,0"),  # six of ten: a majority
        row("5,4,1,0,0,0,0,0,0,0"),  # the single vote is noise: five of nine
        row("5,5,0,0,0,0,0,0,0,0"),  # half is no majority
        row("3,0,0,0,0,0,0,0,7,0"),  # "unknown" wins: no majority, but three votes to learn from
        row("1,1,1,1,1,1,1,1,1,1"),  # nothing but noise: left out
        row("0,0,0,0,0,0,0,0,0,10"),  # no face: left out
    ]
    everyone = read_ferplus(write(tmp_path, rows))["train"]
    assert len(everyone.by("fer2013")) == 6
    faces = everyone.by("ferplus")
    assert list(faces.majority) == [0, 0, -1, -1]
    assert faces.answers[0].targets[:, :2] == pytest.approx(np.array([[0.6, 0.4], [5 / 9, 4 / 9], [0.5, 0.5], [1, 0]]))
    assert len(faces.with_majority()) == 2


@pytest.mark.parametrize(
    ("rows", "heads", "said"),
    [
        ([row("10,0,0,0,0,0,0,0,0,0")], ("emotion,pixel,Usage", VOTES_HEAD), r"fer2013.csv, row 1: the columns are"),
        ([row("10,0,0,0,0,0,0,0,0,0")], (HEAD, "Usage,neutral"), r"fer2013new.csv, row 1: the columns are"),
        ([row("10,0,0,0,0,0,0,0,0,0", pixels="1 2 3")], (HEAD, VOTES_HEAD), r"fer2013.csv, row 2: 3 pixels, not 2304"),
        ([row("9,0,0,0,0,0,0,0,0,0", pixels="x " * 2304)], (HEAD, VOTES_HEAD), r"row 2: a pixel is not a number"),
        ([row("9,0,0,0,0,0,0,0,0,0", pixels="300 " * 2304)], (HEAD, VOTES_HEAD), r"row 2: a pixel is not a number"),
        ([row("10,0,0,0,0,0,0,0,0,0", usage="Testing")], (HEAD, VOTES_HEAD), r"row 2: Usage is 'Testing'"),
        (
            [("7" + row("10,0,0,0,0,0,0,0,0,0")[0][1:], row("10,0,0,0,0,0,0,0,0,0")[1])],
            (HEAD, VOTES_HEAD),
            "emotion is '7'",
        ),
        ([row("ten,0,0,0,0,0,0,0,0,0")], (HEAD, VOTES_HEAD), r"fer2013new.csv, row 2: a vote is not a whole number"),
        ([row("10,0,0")], (HEAD, VOTES_HEAD), r"fer2013new.csv, row 2: 5 columns, not 12"),
    ],
)
def test_a_file_in_another_format_is_refused_with_its_row(
    tmp_path: Path, rows: list[tuple[str, str]], heads: tuple[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_ferplus(write(tmp_path, rows, *heads))


def test_files_of_different_length_are_refused(tmp_path: Path) -> None:
    write(tmp_path, [row("10,0,0,0,0,0,0,0,0,0")])
    with (tmp_path / "fer2013.csv").open("a") as file:
        file.write(f"0,{PIXELS},Training\n")
    with pytest.raises(InputError, match="ends before row 3"):
        read_ferplus(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"fer2013\.csv"):
        read_ferplus(tmp_path)


def faces(*levels: int) -> Faces:
    images = np.array([np.full((1, 4, 4), level) for level in levels], np.uint8)
    return Faces(images, (answers(len(levels)),))


def answers(count: int) -> Answers:
    targets = np.tile(np.array([1, 0], np.float32), (count, 1))
    return Answers("drawn", ("a", "b"), targets, np.zeros(count, np.int64), "drawn")


def test_training_faces_that_stand_in_another_split_are_dropped() -> None:
    left, dropped = without_twins(faces(1, 2, 3, 3, 4), faces(3), faces(9, 1))
    assert dropped == 3
    assert [int(image[0, 0, 0]) for image in left.images] == [2, 4]


def test_aligned_faces_are_cut_by_their_eyes() -> None:
    from emojicam.models.card import Crop
    from emojicam.stream.faces.align import to_crop

    image = np.zeros((1, 48, 48), np.uint8)
    image[0, 12:15, 9:12] = 255  # a bright spot where the left eye is
    one = Faces(image[None], (answers(1),))
    cut = one.aligned(lambda picture: ((10.0, 13.0), (36.0, 13.0)), to_crop, Crop()).cut()
    y, x = np.unravel_index(int(cut.images[0, 0].argmax()), (48, 48))
    assert abs(x - 15) <= 1
    assert abs(y - 18.4) <= 1


def test_faces_without_eyes_stay_as_they_are() -> None:
    from emojicam.models.card import Crop
    from emojicam.stream.faces.align import to_crop

    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (3, 1, 48, 48), dtype=np.uint8)
    three = Faces(images, (answers(3),))
    assert (three.aligned(lambda picture: None, to_crop, Crop()).cut().images == images).all()
