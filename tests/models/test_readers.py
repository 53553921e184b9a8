from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ferfiles
import numpy as np
import pytest
from PIL import Image

from emojicam.errors import EmojicamError, InputError, UsageError
from emojicam.models.data.affectnet import COLUMNS, read_affectnet
from emojicam.models.data.fer import FER_LABELS, read_fer2013, read_fer_folders
from emojicam.models.data.folders import read_folders
from emojicam.models.data.listing import Listing
from emojicam.models.data.packed import pack
from emojicam.models.data.rafdb import read_rafdb

CLASSES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def draw(path: Path, level: int = 0, side: int = 20) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), (level, level, level)).save(path)


def class_folders(root: Path, counts: dict[str, int], suffix: str = "jpg") -> Path:
    """`counts` has the number of pictures by folder; a picture's level is its number."""
    for folder, count in counts.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            draw(root / folder / f"{number:03d}.{suffix}", number)
    return root


def by_split(found: Listing) -> dict[int, int]:
    return {int(split): int((found.splits == split).sum()) for split in np.unique(found.splits)}


def labelled(found: Listing) -> list[tuple[str, str]]:
    given = found.answers[0]
    return [(str(p), given.labels[c]) for p, c in zip(found.pictures, given.majority, strict=True)]


class TestFer2013Csv:
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
            ("emotion,Usage,pixels\n", "row 1: the columns are"),
            ("", "row 1: the columns are"),
            ("emotion,pixels,Usage\n0,1 2 3,Training\n", "row 2: 3 pixels, not 2304"),
            ("emotion,pixels,Usage\n0,1 2 3\n", "row 2: 2 columns, not 3"),
            (f"emotion,pixels,Usage\n9,{'1 ' * 2304},Training\n", "row 2: emotion is '9'"),
            (f"emotion,pixels,Usage\n0,{'1 ' * 100000},Training\n", "row 2: field larger than"),
        ],
    )
    def test_another_format_is_refused_with_its_row(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "fer2013.csv").write_text(text)
        with pytest.raises(InputError, match=rf"fer2013\.csv, {said}"):
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


class TestFolders:
    def test_class_names_become_the_projects_nouns(self, tmp_path: Path) -> None:
        names = ("Happy", "angry", "sad", "surprised", "fearful", "disgusted", "Neutral", "bored")
        root = class_folders(tmp_path / "mine", {name: 10 for name in names}, "png")
        found = read_folders(root)
        given = found.answers[0]
        nouns = ("anger", "bored", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
        assert given.labels == nouns
        assert given.name == "mine"
        assert ("Happy/000.png", "happiness") in labelled(found)
        assert by_split(found) == {0: 64, 1: 8, 2: 8}
        assert list(np.bincount(given.majority[found.splits == 1])) == [1] * 8

    def test_folders_of_one_noun_are_one_class(self, tmp_path: Path) -> None:
        found = read_folders(class_folders(tmp_path, {"happy": 3, "Happiness": 2, "sad": 4}))
        assert list(np.bincount(found.answers[0].majority)) == [5, 4]

    def test_splits_may_have_several_names(self, tmp_path: Path) -> None:
        counts = {"Training/happy": 5, "Training/sad": 5, "val/sad": 2, "Test/happy": 1}
        found = read_folders(class_folders(tmp_path, counts))
        assert by_split(found) == {0: 10, 1: 2, 2: 1}

    def test_training_faces_alone_are_split(self, tmp_path: Path) -> None:
        assert by_split(read_folders(class_folders(tmp_path, {"train/a": 20, "train/b": 10}))) == {0: 24, 1: 3, 2: 3}

    def test_a_test_set_alone_stays_one(self, tmp_path: Path) -> None:
        assert by_split(read_folders(class_folders(tmp_path, {"test/a": 2, "test/b": 1}))) == {2: 3}

    def test_hidden_files_are_passed_over(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path, {"a": 10, "b": 10})
        for path in (root / "a/.DS_Store", root / "a/Thumbs.db", root / ".git/x"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"")
        draw(root / "a/UPPER.JPEG")
        assert len(read_folders(root)) == 21

    @pytest.mark.parametrize(
        ("counts", "other", "error", "said"),
        [
            ({"a": 1, "b": 1}, "a/notes.txt", InputError, r"a/notes\.txt: not a JPEG or PNG file"),
            ({"a": 1, "b": 1}, "a/deep/x.jpg", InputError, "a/deep: not a JPEG or PNG file"),
            ({"a": 1, "b": 0}, "readme.txt", InputError, "1 class folders with"),
            ({}, "x.jpg", InputError, "0 class folders with"),
            ({"train/a": 1, "train/b": 1}, "more/c/x.jpg", InputError, "more: stands beside train or test"),
        ],
    )
    def test_another_form_is_refused(
        self, tmp_path: Path, counts: dict[str, int], other: str, error: type[EmojicamError], said: str
    ) -> None:
        root = class_folders(tmp_path, counts)
        (root / other).parent.mkdir(parents=True, exist_ok=True)
        (root / other).write_bytes(b"")
        with pytest.raises(error, match=said):
            read_folders(root)

    def test_an_unreadable_picture_is_named(self, tmp_path: Path) -> None:
        root = class_folders(tmp_path / "data", {"a": 2, "b": 2})
        (root / "b/001.jpg").write_bytes(b"no picture")
        with pytest.raises(InputError, match=r"data/b/001\.jpg: not a JPEG or PNG file$"):
            pack(read_folders(root), 8, 1, tmp_path / "cache")


@pytest.mark.parametrize("reader", [read_folders, read_fer_folders, read_rafdb, read_affectnet])
def test_a_missing_folder_is_wrong_usage(tmp_path: Path, reader: Callable[[Path], Listing]) -> None:
    with pytest.raises(UsageError, match="nowhere: "):
        reader(tmp_path / "nowhere")


RAF_ORDER = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]


def rafdb(root: Path, per_class: int = 10, table: str = "EmoLabel/list_patition_label.txt") -> Path:
    lines = []
    for split, width, count in (("train", 5, 7 * per_class), ("test", 4, 7)):
        for number in range(count):
            stem = f"{split}_{number + 1:0{width}d}"
            lines.append(f"{stem}.jpg {number % 7 + 1}")
            draw(root / f"Image/aligned/{stem}_aligned.jpg", 10 * (number % 7), 100)
    (root / table).parent.mkdir(exist_ok=True)
    (root / table).write_text("\n".join(lines) + "\n")
    return root


class TestRafDb:
    @pytest.mark.parametrize("table", ["EmoLabel/list_patition_label.txt", "list_patition_label.txt"])
    def test_the_published_form_is_read(self, tmp_path: Path, table: str) -> None:
        found = read_rafdb(rafdb(tmp_path / "basic", table=table))
        assert labelled(found)[:8] == [
            (f"Image/aligned/train_{n + 1:05d}_aligned.jpg", RAF_ORDER[n % 7]) for n in range(8)
        ]
        assert labelled(found)[70] == ("Image/aligned/test_0001_aligned.jpg", "surprise")
        assert by_split(found) == {0: 63, 1: 7, 2: 7}
        assert list(np.bincount(found.answers[0].majority[found.splits == 1])) == [1] * 7
        splits = pack(found, 48, 3, tmp_path / "cache")
        assert [int(image[0, 0, 0]) for image in splits["test"].images] == [0, 10, 20, 30, 40, 50, 60]
        assert splits["test"].labels == tuple(RAF_ORDER)

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("train_00002.jpg", "1 columns, not a picture and its class"),
            ("train_00002.jpg,2", "1 columns, not a picture and its class"),
            ("", "0 columns"),
            ("train_00002.jpg 8", "the class is '8', not one of 1 to 7"),
            ("train_00002.jpg 0", "the class is '0'"),
            ("train_00002.jpg happy", "the class is 'happy'"),
            ("valid_00002.jpg 1", "'valid_00002.jpg' is not called like"),
            ("train_/../../x.jpg 1", "is not called like"),
            ("train_00001.jpg 1", "train_00001.jpg stands in row 1 already"),
        ],
    )
    def test_a_wrong_row_is_named(self, tmp_path: Path, line: str, said: str) -> None:
        table = rafdb(tmp_path, 1) / "EmoLabel/list_patition_label.txt"
        lines = table.read_text().splitlines()
        table.write_text("\n".join([lines[0], line, *lines[2:]]))
        with pytest.raises(InputError, match=rf"list_patition_label\.txt, row 2: .*{said}"):
            read_rafdb(tmp_path)

    def test_an_empty_label_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "list_patition_label.txt").write_text("")
        with pytest.raises(InputError, match="no rows"):
            read_rafdb(tmp_path)

    def test_missing_and_unreadable_pictures_are_named_with_their_row(self, tmp_path: Path) -> None:
        root = rafdb(tmp_path / "basic", 1)
        picture = root / "Image/aligned/train_00003_aligned.jpg"
        picture.write_bytes(picture.read_bytes()[:300])
        row = r"EmoLabel/list_patition_label\.txt, row 3: .*Image/aligned/train_00003_aligned\.jpg: "
        with pytest.raises(InputError, match=row):
            pack(read_rafdb(root), 48, 1, tmp_path / "cache")
        picture.unlink()
        with pytest.raises(InputError, match=row + "no such file$"):
            pack(read_rafdb(root), 48, 1, tmp_path / "cache")


AFFECT_ORDER = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt"]


def annotate(folder: Path, number: int, expression: object, valence: object, arousal: object) -> None:
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    draw(folder / f"images/{number}.jpg", number, 24)
    values = {"exp": expression, "val": valence, "aro": arousal, "lnd": np.zeros(136)}
    for name, value in values.items():
        np.save(folder / f"annotations/{number}_{name}.npy", np.asarray(value))


def affectnet(root: Path) -> Path:
    for number in range(80):
        annotate(root / "train_set", number, number % 8, 0.5, -0.25)
    for number in range(8):
        # As text, as they are handed out.
        annotate(root / "val_set", number, str(number), str(number / 10), "-2")
    return root


class TestAffectNetArrays:
    def test_the_published_form_is_read(self, tmp_path: Path) -> None:
        found = read_affectnet(affectnet(tmp_path / "data"))
        given = found.answers[0]
        assert list(given.labels) == AFFECT_ORDER
        assert by_split(found) == {0: 72, 1: 8, 2: 8}
        assert list(np.bincount(given.majority[found.splits == 1])) == [1] * 8
        labels = dict(labelled(found))
        assert labels["train_set/images/11.jpg"] == "surprise"
        assert labels["val_set/images/7.jpg"] == "contempt"
        test = pack(found, 24, 3, tmp_path / "cache")["test"]
        assert [int(image[0, 0, 0]) for image in test.images] == list(range(8))
        assert list(test.majority) == list(range(8))
        assert test.affect is not None
        assert test.affect[:, 0] == pytest.approx(np.arange(8) / 10)
        assert np.isnan(test.affect[:, 1]).all()

    def test_faces_without_an_emotion_stay_only_for_their_valence(self, tmp_path: Path) -> None:
        root = affectnet(tmp_path)
        annotate(root / "val_set", 8, 8, 0.1, 0.2)
        annotate(root / "val_set", 9, 9, -2, -2)
        annotate(root / "val_set", 10, 10, -2, -2)
        annotate(root / "val_set", 11, 10, 0.5, 0.5)
        found = read_affectnet(root)
        assert len(found) == 89
        place = list(found.pictures).index("val_set/images/8.jpg")
        assert found.answers[0].majority[place] == -1
        assert found.answers[0].targets[place].sum() == 0
        assert found.affect is not None
        assert found.affect[place] == pytest.approx([0.1, 0.2])

    @pytest.mark.parametrize(
        ("expression", "valence", "arousal", "said"),
        [
            (11, 0, 0, "3_exp.npy is 11, not one of 0 to 10"),
            (-1, 0, 0, "3_exp.npy is -1, not one of"),
            (1.5, 0, 0, "3_exp.npy is 1.5, not one of"),
            ("happy", 0, 0, "3_exp.npy is 'happy', not a number"),
            (1, 1.5, 0, "3_val.npy is 1.5, not from -1 to 1, nor -2 for none"),
            (1, 0, float("nan"), "3_aro.npy is 'nan', not a number"),
            (1, [0, 0], 0, "3_val.npy: not an annotation: it holds int64"),
        ],
    )
    def test_a_wrong_annotation_is_named(
        self, tmp_path: Path, expression: object, valence: object, arousal: object, said: str
    ) -> None:
        root = affectnet(tmp_path)
        annotate(root / "train_set", 3, expression, valence, arousal)
        with pytest.raises(InputError, match=rf"train_set/annotations/{said}"):
            read_affectnet(root)

    def test_missing_and_damaged_files_are_named(self, tmp_path: Path) -> None:
        root = affectnet(tmp_path)
        valence = root / "train_set/annotations/5_val.npy"
        whole = valence.read_bytes()
        valence.write_bytes(b"no array")
        with pytest.raises(InputError, match=r"annotations/5_val\.npy: not an annotation"):
            read_affectnet(root)
        np.save(valence, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        with pytest.raises(InputError, match=r"annotations/5_val\.npy: not an annotation"):
            read_affectnet(root)
        valence.unlink()
        with pytest.raises(InputError, match=r"annotations/5_val\.npy: no such file"):
            read_affectnet(root)
        valence.write_bytes(whole)
        (root / "train_set/images/5.jpg").unlink()
        with pytest.raises(InputError, match=r"annotations/5_exp\.npy: there is no picture of that name"):
            read_affectnet(root)

    def test_a_half_that_is_missing_is_named(self, tmp_path: Path) -> None:
        annotate(tmp_path / "train_set", 0, 0, 0, 0)
        with pytest.raises(UsageError, match=r"val_set/images: no such folder"):
            read_affectnet(tmp_path)


def csv_line(
    picture: str, expression: object, valence: object = 0.5, arousal: object = -0.5, box: str = "4,6,8,8"
) -> str:
    return f"{picture},{box},1.5;2.5;3.5,{expression},{valence},{arousal}"


def affectnet_csv(root: Path, above: str = "", header: bool = True) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, count in (("training", 80), ("validation", 8)):
        lines = [",".join(COLUMNS)] if header or name == "training" else []
        for number in range(count):
            path = f"{number % 3}/{name[0]}{number}.jpg"
            lines.append(csv_line(path, number % 8))
            picture = np.zeros((20, 20), np.uint8)
            picture[6:14, 4:12] = 200 - number
            (root / above / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(root / above / path, quality=100)
        (root / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return root


class TestAffectNetCsv:
    @pytest.mark.parametrize("above", ["", "Manually_Annotated_Images"])
    @pytest.mark.parametrize("header", [True, False])
    def test_the_published_form_is_read(self, tmp_path: Path, above: str, header: bool) -> None:
        found = read_affectnet(affectnet_csv(tmp_path / "data", above, header))
        given = found.answers[0]
        assert list(given.labels) == AFFECT_ORDER
        assert by_split(found) == {0: 72, 1: 8, 2: 8}
        assert list(np.bincount(given.majority[found.splits == 1])) == [1] * 8
        splits = pack(found, 4, 1, tmp_path / "cache")
        means = splits["test"].images[:].mean((1, 2, 3))
        assert means == pytest.approx(200 - np.arange(8), abs=4)
        assert splits["test"].affect is not None
        assert (splits["test"].affect == [0.5, -0.5]).all()

    def test_faces_without_an_emotion_stay_only_for_their_valence(self, tmp_path: Path) -> None:
        root = affectnet_csv(tmp_path)
        with (root / "validation.csv").open("a") as file:
            file.write(csv_line("0/v0.jpg", 8) + "\n" + csv_line("0/v0.jpg", 9, -2, -2) + "\n")
            file.write(csv_line("0/v0.jpg", 10, -2, -2, "NULL,NULL,NULL,NULL") + "\n")
        found = read_affectnet(root)
        assert len(found) == 89
        assert found.answers[0].majority[-1] == -1

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            (csv_line("0/t0.jpg", 11), "expression is 11, not one of 0 to 10"),
            (csv_line("0/t0.jpg", "happy"), "expression is 'happy', not a number"),
            (csv_line("0/t0.jpg", 1, 2), "valence is 2, not from -1 to 1"),
            (csv_line("0/t0.jpg", 1, 0, ""), "arousal is '', not a number"),
            (csv_line("0/t0.jpg", 1, box="a,0,5,5"), "face_x is 'a', not a number"),
            (csv_line("0/t0.jpg", 1, box="0,0,5,0"), "the face is 5 x 0 px"),
            (csv_line("/etc/passwd", 1), "subDirectory_filePath is '/etc/passwd', not a path below"),
            (csv_line("../x.jpg", 1), "subDirectory_filePath is '../x.jpg', not a path below"),
            ("0/t0.jpg,1,2,3,4", "5 columns, not 9"),
        ],
    )
    def test_a_wrong_row_is_named(self, tmp_path: Path, line: str, said: str) -> None:
        table = affectnet_csv(tmp_path) / "training.csv"
        lines = table.read_text().splitlines()
        table.write_text("\n".join([*lines[:4], line, *lines[5:]]))
        with pytest.raises(InputError, match=rf"training\.csv, row 5: .*{said}"):
            read_affectnet(tmp_path)

    def test_other_columns_are_refused(self, tmp_path: Path) -> None:
        table = affectnet_csv(tmp_path) / "validation.csv"
        table.write_text(table.read_text().replace("face_x", "x", 1))
        with pytest.raises(InputError, match=r"validation\.csv, row 1: the columns are"):
            read_affectnet(tmp_path)

    def test_missing_files_are_named(self, tmp_path: Path) -> None:
        root = affectnet_csv(tmp_path / "data")
        (root / "1/t4.jpg").unlink()
        with pytest.raises(InputError, match=r"training\.csv, row 6: .*data/1/t4\.jpg: no such file$"):
            pack(read_affectnet(root), 4, 1, tmp_path / "cache")
        (root / "validation.csv").unlink()
        with pytest.raises(UsageError, match=r"validation\.csv: "):
            read_affectnet(root)

    def test_without_a_face_left_it_is_refused(self, tmp_path: Path) -> None:
        for name in ("training", "validation"):
            (tmp_path / f"{name}.csv").write_text(",".join(COLUMNS) + "\n" + csv_line("a.jpg", 10) + "\n")
        with pytest.raises(InputError, match="no faces with an emotion"):
            read_affectnet(tmp_path)
