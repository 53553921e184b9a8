"""Puts the parts of training and measuring together: data sets, models, the detector that finds the eyes in them."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from emojicam import models
from emojicam.errors import ModelError, UsageError
from emojicam.models import plots
from emojicam.models.card import Card, Crop, Point
from emojicam.models.data import sets
from emojicam.models.data.faces import Faces, twins_of
from emojicam.models.evaluate import log_probabilities, measure
from emojicam.models.history import read_history
from emojicam.models.report_page import About, Report
from emojicam.stream.align import to_crop
from emojicam.stream.classify import Classifier
from emojicam.stream.detect import Detector, Range
from emojicam.stream.detector_files import cache_folder
from emojicam.stream.types import Pixels


def eyes_of(detector: Detector, image: Pixels) -> tuple[Point, Point] | None:
    """The eyes of the face that fills a small grey picture, as training data have it.

    The picture is given a border and enlarged four times: that is how the detector finds 98 % of FER2013's faces.

    Args:
        detector: Short range.
        image: uint8 HxW.

    Returns:
        (x, y) px of the left and the right eye in `image`, or None.
    """
    border, k = max(image.shape) // 2, max(1, math.ceil(192 / max(image.shape)))
    around = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)
    large = cv2.resize(around, None, fx=k, fy=k, interpolation=cv2.INTER_CUBIC)
    faces = detector.find(np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2RGB), np.uint8))
    if not faces:
        return None
    # The middle of pixel i of the small picture is at k (i + 0.5) - 0.5 in the large one.
    left, right = (((x + 0.5) / k - 0.5 - border, (y + 0.5) / k - 0.5 - border) for x, y in faces[0].eyes)
    return left, right


def aligned(faces: Faces, *, quiet: bool = False) -> Faces:
    """A data set whose faces know how the stream would cut them."""
    with Detector(Range.NEAR, threshold=0.3, quiet=quiet) as detector:
        size = faces.images.shape[-1]
        with tqdm(total=len(faces), desc="eyes", disable=True if quiet else None, leave=False) as bar:

            def find(image: Pixels) -> tuple[Point, Point] | None:
                bar.update()
                return eyes_of(detector, image)

            return faces.aligned(find, to_crop, Crop().at(size))


def data_set(name: str, folder: Path, *, size: int, channels: int, quiet: bool = False) -> dict[str, Faces]:
    """Read a data set with a progress bar; its packed pictures are kept in the user's cache."""
    with tqdm(desc="pictures", unit="", disable=True if quiet else None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return sets.read(name, folder, size=size, channels=channels, cache=cache_folder() / "data", progress=progress)


def card_of(model: str) -> Card:
    """The card of a shipped model, an ONNX file or a checkpoint (.pt).

    Raises:
        EmojicamError: It can't be used.
    """
    if Path(model).suffix == ".pt":
        from emojicam.models import checkpoint

        return checkpoint.load(Path(model)).card
    return Classifier(models.model_file(model)).card


def scores(model: str | Path, faces: Faces) -> npt.NDArray[np.float32]:
    """What a model says of a data set's faces: a shipped model, an ONNX file or a checkpoint (.pt).

    Returns:
        float32 NxK, log probabilities up to a constant a row.

    Raises:
        EmojicamError: The model can't be used, or doesn't fit the data.
    """
    path = Path(model)
    if path.suffix == ".pt":
        from emojicam.models import checkpoint, evaluate

        found = checkpoint.load(path)
        _fits(found.card, faces, path)
        return evaluate.answers_of(found.net, found.card, faces.images)[0]
    classify = Classifier(models.model_file(str(model)))
    _fits(classify.card, faces, classify.path)
    parts = [classify.probabilities(np.asarray(faces.images[i : i + 256])) for i in range(0, len(faces), 256)]
    return np.log(np.maximum(np.concatenate(parts), 1e-12))


def _fits(card: Card, faces: Faces, model: Path) -> None:
    shape = (card.channels, card.crop.size, card.crop.size)
    if card.labels != faces.labels or shape != faces.images.shape[1:]:
        raise ModelError(
            f"{model}: takes {shape} faces for {', '.join(card.labels)}; "
            f"the data set has {faces.images.shape[1:]} faces for {', '.join(faces.labels)}"
        )


def evaluation(model: str, splits: dict[str, Faces], split: str, labels: str | None, data: str) -> Report:
    """Measure a model, with the variants by which figures are told apart.

    Args:
        model: A shipped model, an ONNX file or a checkpoint (.pt).
        splits: Train, validation and test.
        split: The one to measure on.
        labels: Whose labels are right, where the data set has several; by default those that the model answers by.
        data: The data set in words.

    Raises:
        EmojicamError: The model can't be used, or doesn't fit the data.
    """
    card = card_of(model)
    fitting = [given.name for given in splits[split].answers if given.labels == card.labels]
    try:
        faces = splits[split].by(labels or (fitting or [splits[split].answers[0].name])[0]).with_majority()
    except ValueError as error:
        raise UsageError(str(error)) from error
    plain = scores(model, faces)
    mirrored = Faces(np.ascontiguousarray(np.asarray(faces.images)[..., ::-1]), faces.answers)
    both = np.logaddexp(log_probabilities(plain), log_probabilities(scores(model, mirrored)))
    alone = ~twins_of(faces, *(other for name, other in splits.items() if name != split))
    variants = {"averaged with the mirror image": measure(both.astype(np.float32), faces)}
    if alone.any() and not alone.all():
        variants["without faces that stand in another split"] = measure(plain[alone], faces.where(alone))
    run = Path(model).parent / "metrics.jsonl"
    history = read_history(run) if Path(model).suffix == ".pt" and run.is_file() else None
    about = About(
        model=f"{model} ({card.net})",
        data=f"{data}, {split} split, labels of {faces.answers[0].name}: {len(faces)} faces",
        protocol=f"Trained on {card.data}, chosen on the validation split, seed {card.seed}.",
        details={"Licence": card.licence} if card.licence else {},
    )
    return Report.of(plain, faces, about, variants=variants, history=history)


def draw_curves(run: Path, choose: str) -> None:
    """Draw a run's curves so far, `curves.png`, from its `metrics.jsonl`."""
    picture = plots.curves(read_history(run / "metrics.jsonl"), choose, plots.LIGHT)
    part = run / "curves.part"
    part.write_bytes(picture)
    part.replace(run / "curves.png")
