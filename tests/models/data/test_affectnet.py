"""AffectNet in both of its published forms, and what is said where it has another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datafiles import by_split, draw, labelled
from PIL import Image

from emojicam.errors import InputError, UsageError
from emojicam.models.data.affectnet import COLUMNS, read_affectnet
from emojicam.models.data.packed import pack

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

    def test_columns_may_stand_in_another_order_with_others_between(self, tmp_path: Path) -> None:
        plain = read_affectnet(affectnet_csv(tmp_path))
        for name in ("training", "validation"):
            table = tmp_path / f"{name}.csv"
            rows = [line.split(",")[::-1] for line in table.read_text().splitlines()]
            lines = [",".join([row[0], "x", *row[1:]]) for row in rows]
            table.write_text("\r\n".join(lines) + "\r\n\r\n", "utf-8-sig")
        other = read_affectnet(tmp_path)
        assert labelled(other) == labelled(plain)
        assert other.boxes is not None
        assert plain.boxes is not None
        assert (other.boxes == plain.boxes).all()

    def test_a_row_of_many_is_left_out_and_told(self, tmp_path: Path) -> None:
        table = affectnet_csv(tmp_path) / "training.csv"
        lines = table.read_text().splitlines()
        table.write_text("\n".join([*lines, *lines[1:], csv_line("0/t0.jpg", "happy")]))
        said: list[str] = []
        assert len(read_affectnet(tmp_path, said.append)) == 2 * 80 + 8
        assert len(said) == 1
        assert said[0].startswith(f"1 of 169 rows can't be read, and are left out: {table}, row 162: expression")

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
