"""What a reader finds before any picture is decoded: names for messages, and three splits of however many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datafiles import by_split, draw

from emojicam.models.data.faults import Faults
from emojicam.models.data.listing import Listing, one_class_each, pictures_in

ROOT = Path("data")


def listed(splits: list[int], classes: list[int] | None = None) -> Listing:
    """Faces in these splits, each called by its number."""
    known = np.arange(len(splits)) % 2 if classes is None else np.array(classes)
    answers = one_class_each("drawn", ("a", "b"), known, "drawn here")
    return Listing(ROOT, [f"{n}.png" for n in range(len(splits))], (answers,), np.array(splits, np.int8))


def test_a_face_is_named_by_its_picture_and_by_its_row_where_there_is_one() -> None:
    found = listed([0, 0])
    assert found.name(1) == str(ROOT / "1.png")
    tables, places = (ROOT / "train.csv", ROOT / "test.csv"), np.array([[0, 2], [1, 7]])
    assert replace(found, tables=tables, places=places).name(1) == f"{ROOT / 'test.csv'}, row 7: {ROOT / '1.png'}"
    pixels = replace(found, pictures=np.zeros((2, 1, 4, 4), np.uint8))
    assert pixels.name(0) == f"{ROOT}: picture 0"


def test_without_splits_the_faces_are_split_class_by_class() -> None:
    found = listed([-1] * 200, [0] * 160 + [1] * 40).in_three()
    assert by_split(found) == {0: 160, 1: 20, 2: 20}
    for number, (many, few) in enumerate([(128, 32), (16, 4), (16, 4)]):
        classes = found.answers[0].majority[found.splits == number]
        assert np.bincount(classes).tolist() == [many, few]


def test_training_faces_alone_are_split_likewise() -> None:
    assert by_split(listed([0] * 100).in_three()) == {0: 80, 1: 10, 2: 10}


@pytest.mark.parametrize("second", [1, 2])
def test_one_split_beside_the_training_is_the_test(second: int) -> None:
    before = [0] * 100 + [second] * 30
    found = listed(before).in_three()
    assert by_split(found) == {0: 90, 1: 10, 2: 30}
    assert (found.splits[100:] == 2).all()


def test_three_splits_stay_and_faces_without_one_stay_without() -> None:
    before = [0, 0, 1, 1, 2, 2, -1]
    assert listed(before).in_three().splits.tolist() == before


def test_the_split_is_the_seeds() -> None:
    found = listed([-1] * 100)
    one, same, other = (found.in_three(seed).splits for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert (found.splits == -1).all()  # what was found is as it was


def test_one_class_each_is_a_target_and_none_is_none() -> None:
    answers = one_class_each("drawn", ("a", "b", "c"), [2, -1, 0], "drawn here")
    assert answers.targets.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    assert answers.majority.tolist() == [2, -1, 0]


@pytest.mark.parametrize(
    ("name", "shape"), [("splits", (3,)), ("boxes", (2, 3)), ("affect", (3, 2)), ("places", (2, 1))]
)
def test_what_has_another_length_is_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"{name} are "):
        replace(listed([0, 0]), **{name: np.zeros(shape)})
    with pytest.raises(ValueError, match="pictures and answers differ in length"):
        replace(listed([0, 0]), answers=listed([0]).answers)


def test_the_pictures_of_a_folder_come_by_name_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "c.jpeg"):
        draw(tmp_path / name)
    for name in (".hidden.txt", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).touch()
    faults = Faults("files")
    assert list(pictures_in(tmp_path, faults)) == ["a.JPG", "b.png", "c.jpeg"]
    assert (faults.number, faults.of) == (0, 3)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "folder.png").mkdir()
    assert list(pictures_in(tmp_path, faults)) == ["a.JPG", "b.png", "c.jpeg"]
    assert (faults.number, faults.of) == (2, 8)
    assert faults.first == f"{tmp_path / 'folder.png'}: not a JPEG or PNG file (.jpg, .jpeg, .png)"
