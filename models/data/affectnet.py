"""AffectNet (Mollahosseini et al. 2017, arXiv:1708.03985): faces from the web with an emotion, valence and arousal."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np

from emojicam.errors import InputError, UsageError, first_line
from emojicam.models.data import table
from emojicam.models.data.faces import TEST, TRAIN
from emojicam.models.data.faults import Faults, Tell, tell_user
from emojicam.models.data.listing import SPLITS, Listing, one_class_each, pictures_in

LABELS = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
"""The emotions of AffectNet's classes 0 to 7; 8 is none of them, 9 uncertain, 10 no face."""
NO_CLASS, NO_FACE = (8, 9), 10
UNKNOWN = -2.0
"""The number that AffectNet gives as valence and arousal where there are none."""
COLUMNS = [
    "subDirectory_filePath",
    *("face_x", "face_y", "face_width", "face_height"),
    "facial_landmarks",
    *("expression", "valence", "arousal"),
]
PICTURES = "Manually_Annotated_Images"
"""The folder of the CSV form's pictures, as published; without it they are below the data set's folder itself."""

Row = tuple[int, float, float]
"""One face's labels: class number from 0 (-1 is none), valence, arousal (nan is unknown)."""


def read_affectnet(folder: Path, tell: Tell = tell_user) -> Listing:
    """Read AffectNet, "affectnet", in either of the forms in which its owners hand it out.

    Faces without one of the eight emotions are left out, but for those whose valence or arousal is known; pictures
    without a face are always left out. The published validation set is the test split, as in everything that is
    published on it; a tenth of the training set, drawn with a fixed seed and from each class by itself, becomes the
    validation split.

    Args:
        folder: Holds `train_set/` and `val_set/`, each with `images/0.jpg` and `annotations/0_exp.npy`, `0_val.npy`,
            `0_aro.npy`; or `training.csv` and `validation.csv`, with the pictures in `Manually_Annotated_Images/` or in
            the folder itself. The CSV form's faces are cut out by their boxes. The header may be missing:
            validation.csv has been handed out without one. Its columns may stand in any order, with others between.
        tell: Told how many rows or files can't be read and are left out.

    Raises:
        UsageError: A folder or file of the data set is not there.
        InputError: A file is not in the published format; the message names the file, and the row where it has rows.
    """
    if (folder / "train_set").is_dir() or (folder / "val_set").is_dir():
        return _arrays_form(folder, Faults("files", tell))
    if (folder / "training.csv").is_file() or (folder / "validation.csv").is_file():
        return _csv_form(folder, Faults("rows", tell))
    raise UsageError(f"{folder}: neither train_set/ and val_set/ nor training.csv and validation.csv are there")


def _arrays_form(folder: Path, faults: Faults) -> Listing:
    pictures: list[str] = []
    splits: list[int] = []
    rows: list[Row] = []
    for below, split in (("train_set", TRAIN), ("val_set", TEST)):
        images, annotations = folder / below / "images", folder / below / "annotations"
        for path in (images, annotations):
            if not path.is_dir():
                raise UsageError(f"{path}: no such folder")
        names = list(pictures_in(images, faults))
        stems = {name.rpartition(".")[0] for name in names}
        for path in sorted(annotations.glob("*_exp.npy")):
            if path.name.removesuffix("_exp.npy") not in stems:
                faults.add(f"{path}: there is no picture of that name in {images}")
        for name in names:
            stem = name.rpartition(".")[0]
            row = faults.tried(_annotated, annotations, stem)
            if row:
                pictures.append(f"{below}/images/{name}")
                splits.append(SPLITS.index(split))
                rows.append(row)
    faults.judge()
    return _listing(folder, pictures, splits, rows)


def _annotated(annotations: Path, stem: str) -> Row | None:
    expression = annotations / f"{stem}_exp.npy"
    others = (annotations / f"{stem}_val.npy", annotations / f"{stem}_aro.npy")
    return _row(str(expression), _value(expression), [(str(path), _value(path)) for path in others])


def _value(path: Path) -> str:
    """The one number in an annotation file, as text: some are published as numbers, some as text."""
    try:
        return _number_in(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path}: not an annotation: {first_line(error)}") from error


@lru_cache(1 << 16)  # hundreds of thousands of files hold few different values
def _number_in(data: bytes) -> str:
    array = np.load(BytesIO(data), allow_pickle=False)
    if array.size != 1 or array.dtype.kind not in "iufU":
        raise ValueError(f"it holds {array.dtype} {array.shape}, not one number")
    return str(array.item())


def _csv_form(folder: Path, faults: Faults) -> Listing:
    above = f"{PICTURES}/" if (folder / PICTURES).is_dir() else ""
    tables = (folder / "training.csv", folder / "validation.csv")
    pictures: list[str] = []
    splits: list[int] = []
    rows: list[Row] = []
    boxes: list[tuple[float, ...]] = []
    places: list[tuple[int, int]] = []
    for number, (path, split) in enumerate(zip(tables, (TRAIN, TEST), strict=True)):
        for place, cells in _csv_rows(path, faults):
            found = None if cells is None else faults.tried(_csv_row, f"{path}, row {place}", cells)
            if found is None or cells is None:
                continue
            row, box = found
            pictures.append(above + cells[0])
            splits.append(SPLITS.index(split))
            rows.append(row)
            boxes.append(box)
            places.append((number, place))
    faults.judge()
    return _listing(folder, pictures, splits, rows, boxes, places, tables)


def _csv_row(where: str, cells: list[str]) -> tuple[Row, tuple[float, ...]] | None:
    """A row's labels and its face's box; None where nothing is known of the face."""
    row = _row(f"{where}: expression", cells[6], [(f"{where}: {COLUMNS[c]}", cells[c]) for c in (7, 8)])
    if row is None:
        return None
    if not cells[0] or cells[0].startswith("/") or ".." in cells[0].split("/"):
        raise InputError(f"{where}: {COLUMNS[0]} is {cells[0]!r}, not a path below the pictures' folder")
    box = tuple(_number(f"{where}: {COLUMNS[c]}", cells[c]) for c in range(1, 5))
    if min(box[2:]) < 1:
        raise InputError(f"{where}: the face is {cells[3]} x {cells[4]} px")
    return row, box


def _csv_rows(path: Path, faults: Faults) -> Iterator[tuple[int, list[str] | None]]:
    _, first = next(table.cells(path), (1, []))
    headless = len(first) == len(COLUMNS) and first[6].strip().isdigit()
    yield from table.rows(path, COLUMNS, faults, headless=headless)


def _row(where: str, expression: str, affect: list[tuple[str, str]]) -> Row | None:
    """Check one face's labels; give None where nothing is known of it."""
    number = _number(where, expression)
    if number not in range(NO_FACE + 1):
        raise InputError(f"{where} is {expression}, not one of 0 to {NO_FACE}")
    if number == NO_FACE:
        return None
    valence, arousal = (_degree(*given) for given in affect)
    known = number not in NO_CLASS
    if not known and np.isnan(valence) and np.isnan(arousal):
        return None
    return int(number) if known else -1, valence, arousal


def _degree(where: str, text: str) -> float:
    value = _number(where, text)
    if value == UNKNOWN:
        return float("nan")
    if not -1 <= value <= 1:
        raise InputError(f"{where} is {text}, not from -1 to 1, nor {UNKNOWN:g} for none")
    return value


def _number(where: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"{where} is {text!r}, not a number")
    return value


def _listing(
    folder: Path,
    pictures: list[str],
    splits: list[int],
    rows: list[Row],
    boxes: list[tuple[float, ...]] | None = None,
    places: list[tuple[int, int]] | None = None,
    tables: tuple[Path, ...] = (),
) -> Listing:
    if not pictures:
        raise InputError(f"{folder}: no faces with an emotion, valence or arousal")
    return Listing(
        folder,
        pictures,
        (one_class_each("affectnet", LABELS, [row[0] for row in rows], "AffectNet"),),
        np.array(splits, np.int8),
        None if boxes is None else np.array(boxes, np.float32),
        np.array([row[1:] for row in rows], np.float32),
        tables,
        None if places is None else np.array(places, np.int64),
    ).in_three()
