from __future__ import annotations

from pathlib import Path

import ferfiles
import numpy as np
import pytest
from datafiles import CLASSES, by_split, class_folders, labelled

from emojicam.errors import InputError, UsageError
from emojicam.models.card import EMOTIONS
from emojicam.models.data.fer import FER_LABELS, read_fer2013, read_fer_folders, read_ferplus
from emojicam.models.data.packed import pack

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


def test_rows_that_cannot_be_read_are_left_out_of_both_files_and_counted(tmp_path: Path) -> None:
    votes = ["0"] * 10
    rows = []
    for number in range(300):
        own = [*votes]
        own[number % 8] = "10"
        rows.append(row(",".join(own), emotion=str(number % 7)))
    rows[100] = rows[100][0].replace("7 7", "x 7", 1), rows[100][1]
    rows[200] = rows[200][0], rows[200][1] + ",5"
    said: list[str] = []
    faces = read_ferplus(write(tmp_path, rows), said.append)["train"]
    left = [number for number in range(300) if number not in (100, 200)]
    assert faces.majority.tolist() == [number % 8 for number in left]
    assert faces.answers[1].majority.tolist() == [number % 7 for number in left]
    assert said == [
        f"2 of 600 rows can't be read, and are left out: {tmp_path / 'fer2013.csv'}, row 102: a pixel is not a number "
        "from 0 to 255"
    ]


def test_columns_are_found_by_their_names_in_both_files(tmp_path: Path) -> None:
    pictures = [f"Training,{number},{PIXELS}" for number in range(7)]
    names = ferfiles.VOTES.split(",")
    votes = [",".join([*["10" if at == 9 - number else "0" for at in range(10)], "Training"]) for number in range(7)]
    (tmp_path / "icml_face_data.csv").write_text("\r\n".join(["Usage,emotion, pixels", *pictures, "", ""]))
    (tmp_path / "fer2013new.csv").write_text("\n".join([",".join([*names[::-1], "usage"]), *votes, ""]), "utf-8-sig")
    faces = read_ferplus(tmp_path)["train"]
    assert faces.majority.tolist() == list(range(7))
    assert faces.answers[1].majority.tolist() == list(range(7))


class TestFer2013Csv:
    @pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv"])
    @pytest.mark.parametrize("head", ["emotion,pixels,Usage", "emotion, Usage, pixels", '"Usage","pixels","emotion"'])
    @pytest.mark.parametrize(("end", "last"), [("\n", ""), ("\r\n", "\r\n\r\n"), ("\n", "\n\n  \n")])
    def test_its_columns_and_lines_may_be_otherwise(
        self, tmp_path: Path, name: str, head: str, end: str, last: str
    ) -> None:
        cells = {"emotion": "3", "pixels": PIXELS, "usage": "Training"}
        line = ",".join(cells[column.strip('" ').lower()] for column in head.split(","))
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + (end.join([head, line, line]) + end + last).encode())
        train = read_fer2013(tmp_path)["train"]
        assert train.majority.tolist() == [3, 3]
        assert (train.images == 7).all()

    @pytest.mark.parametrize("wrong", [f"9,{PIXELS},Training", "3,1 2 3,Training", "3", f"3,{PIXELS},Testing"])
    def test_a_row_of_many_that_cannot_be_read_is_left_out_and_told(self, tmp_path: Path, wrong: str) -> None:
        good = f"3,{PIXELS},Training"
        said: list[str] = []
        for number, count in ((1, 199), (2, 300)):
            lines = [HEAD, *[good] * count, *[wrong] * number]
            (tmp_path / "fer2013.csv").write_text("\n".join(lines) + "\n")
            assert len(read_fer2013(tmp_path, said.append)["train"]) == count
        assert [line.split(" can't be read, and are left out: ")[0] for line in said] == [
            "1 of 200 rows",
            "2 of 302 rows",
        ]
        assert f"{tmp_path / 'fer2013.csv'}, row 201: " in said[0]

    def test_its_own_classes_are_read_without_ferplus(self, tmp_path: Path) -> None:
        ferfiles.write(tmp_path)
        (tmp_path / "fer2013new.csv").unlink()
        splits = read_fer2013(tmp_path)
        assert {name: len(faces) for name, faces in splits.items()} == {"train": 96, "validation": 24, "test": 24}
        assert splits["test"].labels == FER_LABELS
        assert splits["test"].images.shape == (24, 1, 48, 48)
        assert list(splits["test"].majority[:9]) == [0, 1, 2, 3, 4, 5, 6, 0, 0]
        assert (splits["train"].answers[0].targets.argmax(1) == splits["train"].majority).all()

    def test_an_empty_split_is_empty(self, tmp_path: Path) -> None:
        (tmp_path / "fer2013.csv").write_text(f"emotion,pixels,Usage\n3,{' '.join(['7'] * 2304)},Training\n")
        splits = read_fer2013(tmp_path)
        assert [len(faces) for faces in splits.values()] == [1, 0, 0]
        assert splits["test"].images.shape == (0, 1, 48, 48)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("emotion,Usage\n", "row 1: the columns are"),
            ("emotion,Usage,pixels\n", " no rows"),
            ("", "row 1: the columns are"),
            ("emotion,pixels,Usage\n0,1 2 3,Training\n", "row 2: 3 pixels, not 2304"),
            ("emotion,pixels,Usage\n0,1 2 3\n", "row 2: 2 columns, not 3"),
            (f"emotion,pixels,Usage\n9,{'1 ' * 2304},Training\n", "row 2: emotion is '9'"),
            (f"emotion,pixels,Usage\n0,{'1 ' * 100000},Training\n", "row 2: field larger than"),
        ],
    )
    def test_another_format_is_refused_with_its_row(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "fer2013.csv").write_text(text)
        with pytest.raises(InputError, match=rf"fer2013\.csv[,:] ?{said}"):
            read_fer2013(tmp_path)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"fer2013\.csv"):
            read_fer2013(tmp_path)


class TestFerFolders:
    @pytest.mark.parametrize("second", ["test", "validation"])
    def test_the_second_split_is_the_test_and_a_tenth_of_train_validates(self, tmp_path: Path, second: str) -> None:
        counts = {f"train/{name}": 20 for name in CLASSES} | {f"{second}/{name}": 5 for name in CLASSES}
        found = read_fer_folders(class_folders(tmp_path, counts))
        given = found.answers[0]
        assert given.labels == FER_LABELS
        assert (given.name, given.source) == ("fer2013", "FER2013")
        assert by_split(found) == {0: 7 * 18, 1: 7 * 2, 2: 7 * 5}
        assert list(np.bincount(given.majority[found.splits == 1])) == [2] * 7
        assert {str(p).split("/")[0] for p, s in zip(found.pictures, found.splits, strict=True) if s == 2} == {second}
        nouns = {"angry": "anger", "happy": "happiness", "sad": "sadness"}
        for picture, noun in labelled(found):
            folder = picture.split("/")[1]
            assert noun == nouns.get(folder, folder)

    def test_the_split_is_always_the_same(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path, {f"{split}/{name}": 20 for name in CLASSES for split in ("train", "test")})
        assert (read_fer_folders(root).splits == read_fer_folders(root).splits).all()

    def test_three_splits_stay(self, tmp_path: Path) -> None:
        splits = {"train": 4, "validation": 2, "test": 3}
        root = class_folders(tmp_path, {f"{split}/{name}": n for name in CLASSES for split, n in splits.items()})
        assert by_split(read_fer_folders(root)) == {0: 28, 1: 14, 2: 21}

    def test_another_class_is_refused(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path, {"train/angry": 2, "train/contempt": 1, "test/angry": 1})
        with pytest.raises(InputError, match=r"train/contempt: not one of anger, disgust"):
            read_fer_folders(root)

    def test_it_can_be_packed(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path / "data", {"train/angry": 20, "train/sad": 20, "test/angry": 2, "test/sad": 1})
        splits = pack(read_fer_folders(root), 48, 1, tmp_path / "cache")
        assert {name: len(faces) for name, faces in splits.items()} == {"train": 36, "validation": 4, "test": 3}
        assert list(splits["test"].majority) == [0, 0, 4]
        assert splits["test"].images.shape == (3, 1, 48, 48)
