"""Puts the parts of training and measuring together: data sets, models, the detector that finds the eyes in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from emojicam import assets, models
from emojicam.console import say
from emojicam.errors import MissingExtra, ModelError, UsageError
from emojicam.files import writing
from emojicam.models.card import Card, Crop, Point
from emojicam.models.data import sets
from emojicam.models.data.faces import Faces, twins_of
from emojicam.models.data.faults import tell_user
from emojicam.models.data.kept import kept
from emojicam.models.data.nouns import noun_of, places_of
from emojicam.models.data.rows import Images, mirrored
from emojicam.models.evaluate import Told, log_probabilities, measure, measure_affect
from emojicam.models.history import read_history
from emojicam.models.reports import plots
from emojicam.models.reports.report_page import About, EvaluationReport
from emojicam.stream.choices import Provider, Range
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.faces.align import align, to_crop
from emojicam.stream.faces.boxes import largest_first, numbers
from emojicam.stream.faces.detect import Detector
from emojicam.stream.faces.detector_files import SHORT, cache_folder
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import read_photo
from emojicam.stream.types import Frame

if TYPE_CHECKING:
    import torch

    from emojicam.models.distil import Teacher

EYES_VERSION = 1
"""The version of `eyes_of` and the detector behind it, which changes whenever they would find other eyes."""

EYES_THRESHOLD = 0.41
"""Score from which on the detector takes something in a training picture for a face."""

SAMPLE_EYES = ((203.5, 102.0), (246.0, 104.0))
"""The positions of the eyes in the sample portrait, (x, y) px."""


def need_torch() -> None:
    """Refuse early where nets can't be trained.

    Raises:
        MissingExtra: torch or onnx isn't installed.
    """
    try:
        import onnx  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtra("torch", "train") from error


def eyes_of(detector: Detector, image: Pixels) -> tuple[Point, Point] | None:
    """The eyes of the face that fills a small grey picture, as training data have it.

    The picture is given a border and enlarged to 192 px or more, one of FER2013 four times: that is how the detector
    finds 98 % of its faces.

    Args:
        detector: One of short range.
        image: uint8 HxW.

    Returns:
        (x, y) px of the left and the right eye in `image`, or None.
    """
    border, k = max(image.shape) // 2, max(1, math.ceil(192 / max(image.shape)))
    around = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)
    large = cv2.resize(around, None, fx=k, fy=k, interpolation=cv2.INTER_CUBIC)
    picture = Frame(0, 0.0, np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR), np.uint8))
    faces = largest_first(detector.upright(picture))
    if not faces:
        return None
    # The middle of pixel i of the small picture is at k (i + 0.5) - 0.5 in the large one.
    left, right = (((x + 0.5) / k - 0.5 - border, (y + 0.5) / k - 0.5 - border) for x, y in faces[0].eyes)
    return left, right


def aligned(faces: Faces, *, quiet: bool = False, cache: Path | None = None) -> Faces:
    """Give each face of a data set the transform that the stream would cut it by.

    Args:
        faces: The faces.
        quiet: No progress bar.
        cache: Folder in which their eyes are kept, once found; by default the user's cache.
    """

    def look() -> dict[str, npt.NDArray[np.float64]]:
        with (
            Detector(Range.NEAR, threshold=EYES_THRESHOLD, quiet=quiet) as detector,
            tqdm(total=len(faces), desc="eyes", disable=True if quiet else None, leave=False) as bar,
        ):

            def find(image: Pixels) -> tuple[Point, Point] | None:
                bar.update()
                return eyes_of(detector, image)

            return {"eyes": faces.eyes(find)}

    made_from = ["eyes", EYES_VERSION, EYES_THRESHOLD, SHORT.sha256, faces.digest(), len(faces)]
    eyes = kept(cache or data_cache(), "eyes", made_from, look)["eyes"]
    return faces.aligned(eyes, to_crop, Crop().at(faces.images.shape[-1]))


def data_cache() -> Path:
    """The folder in which packed data sets, and what was found in them, are kept."""
    return cache_folder() / "data"


def data_set(name: str, folder: Path, *, size: int, channels: int, quiet: bool = False) -> dict[str, Faces]:
    """Read a data set with a progress bar; what is read is kept in the user's cache."""
    with tqdm(desc="pictures", unit="", disable=True if quiet else None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        tell = (lambda line: None) if quiet else tell_user
        return sets.read(name, folder, size=size, channels=channels, cache=data_cache(), progress=progress, tell=tell)


@dataclass(frozen=True)
class Opened:
    """A model that is ready to be asked.

    Attributes:
        name: What it was asked for by.
        path: Its file.
        card: Its card.
        run: Gives its answers about faces, uint8 NxCxSxS.
    """

    name: str
    path: Path
    card: Card
    run: Callable[[Images], Told]

    def answers(self, faces: Faces) -> Told:
        """Run it on a data set's faces.

        Raises:
            ModelError: It doesn't fit the data.
        """
        check_shape(self.card, faces, self.path)
        if self.card.labels != faces.labels:
            raise ModelError(
                f"{self.path}: knows {', '.join(self.card.labels)}; the data set has {', '.join(faces.labels)}"
            )
        return self.run(faces.images)

    def answers_by(self, faces: Faces) -> Told:
        """Run it on faces whose labels may stand in another order, or be called otherwise, than its own.

        Returns:
            The answers by the faces' labels.

        Raises:
            ModelError: It doesn't fit the data, or knows other emotions.
        """
        labels = self.card.labels
        places = places_of(faces.labels, labels)
        if len(labels) != len(places) or -1 in places:
            raise ModelError(f"{self.name}: knows {', '.join(labels)}; together with it: {', '.join(faces.labels)}")
        return self.answers(replace(faces, answers=(faces.answers[0].called(labels),))).ordered(places)


def opened(model: str | Path) -> Opened:
    """Open a shipped model, an ONNX file or a checkpoint (.pt).

    Raises:
        EmojicamError: It can't be used.
    """
    if Path(model).suffix == ".pt":
        from emojicam.models import checkpoint, evaluate

        found = checkpoint.load(Path(model))
        return Opened(str(model), Path(model), found.card, partial(evaluate.answers_of, found.net, found.card))
    classify = Classifier(models.model_file(str(model)))

    def run(images: Images) -> Told:
        parts = [classify.read(np.asarray(images[i : i + 256])) for i in range(0, len(images), 256)]
        return Told.of(parts, classify.card)

    return Opened(str(model), classify.path, classify.card, run)


def card_of(model: str) -> Card:
    """The card of a shipped model, an ONNX file or a checkpoint (.pt).

    Raises:
        EmojicamError: It can't be used.
    """
    return opened(model).card


def taught_by(model: str, device: torch.device) -> Teacher:
    """A finished model as a teacher: a shipped model, an ONNX file or a checkpoint (.pt).

    Raises:
        EmojicamError: It can't be used.
    """
    import onnx

    from emojicam.export.from_onnx import Rebuilt
    from emojicam.models import checkpoint
    from emojicam.models.distil import Teacher
    from emojicam.models.inputs import Normalised

    if Path(model).suffix == ".pt":
        found = checkpoint.load(Path(model))
        card, labels = found.card, [found.card.labels]
        if card.decision is not None and card.decision.second:
            labels.append(card.decision.second)
        net: torch.nn.Module = Normalised(found.net, card)
    else:
        classify = Classifier(models.model_file(model), Provider.CPU)
        card, labels = classify.card, [classify.card.labels]
        net = Rebuilt(onnx.load_model_from_string(classify.path.read_bytes()), -1)
    shape = (card.channels, card.crop.size, card.crop.size)
    return Teacher(model, net.to(device).eval().requires_grad_(False), tuple(labels), shape)


def called_by(card: Card, faces: Faces, model: str | Path) -> tuple[Faces, list[str]]:
    """Give faces a model's labels, in its order, found by name in the first label set.

    Returns:
        The faces, and a line on the labels that only the model has.

    Raises:
        ModelError: Some faces show what the model doesn't know, or they have fewer than two labels in common.
    """
    first, *others = faces.answers
    places = places_of(first.labels, card.labels)
    counts = {label: int((first.majority == at).sum()) for at, label in enumerate(first.labels) if places[at] < 0}
    unknown = [f"{label} ({count} faces)" for label, count in counts.items() if count]
    if unknown or len(places) - len(counts) < 2:
        knows = f"{model}: knows {', '.join(card.labels)}; the data set has {', '.join(first.labels)}"
        mend = ": leave those out, or measure with the --recipe that does" if unknown else ""
        raise ModelError(knows + "; not known: " * bool(unknown) + ", ".join(unknown) + mend)
    lacking = [
        label for label, place in zip(card.labels, places_of(card.labels, first.labels), strict=True) if place < 0
    ]
    notes = [f"the data set has no {', '.join(lacking)}"] * bool(lacking)
    return replace(faces, answers=(first.called(card.labels), *others)), notes


def fitting(card: Card, faces: Faces) -> str | None:
    """Find the label set that has a model's labels, in its order if one has, else in any.

    Returns:
        Its name, or None.
    """
    given = [one.name for one in faces.answers if one.labels == card.labels]
    nouns = set(map(noun_of, card.labels))
    given += [one.name for one in faces.answers if set(map(noun_of, one.labels)) == nouns]
    return given[0] if given else None


def check_shape(card: Card, faces: Faces, model: Path) -> None:
    """Refuse faces of a size, or with channels, that a model doesn't take.

    Raises:
        ModelError: It doesn't take them.
    """
    shape = (card.channels, card.crop.size, card.crop.size)
    if shape != faces.images.shape[1:]:
        raise ModelError(f"{model}: takes faces of {shape}; the data set has {faces.images.shape[1:]}")


def evaluation(
    model: str,
    splits: dict[str, Faces],
    split: str,
    labels: str | None,
    data: str,
    *,
    uncut: Faces | None = None,
    others: Sequence[str] = (),
) -> EvaluationReport:
    """Measure a model, or an ensemble of several.

    Variants leave out the decision, or the faces that stand in another split, or average it with the mirror image; of
    an ensemble they are its models alone, too.

    Args:
        model: A shipped model, an ONNX file or a checkpoint (.pt).
        splits: Train, validation and test.
        split: The one to measure on.
        labels: Whose labels are right, where the data set has several; by default those that the model answers by.
        data: The data set in words.
        uncut: The faces of that split as the data set has them, if they are cut otherwise in `splits`: by these it is
            seen which of them stand in another split.
        others: Further models of the same emotions, which are asked together with it.

    Raises:
        EmojicamError: A model can't be used, or doesn't fit the data or the others.
    """
    asked = {model: opened(model)}
    card = asked[model].card
    try:
        name = labels or fitting(card, splits[split]) or splits[split].answers[0].name
        faces, notes = called_by(card, splits[split].by(name).with_majority(), model)
        originals, _ = called_by(card, (splits[split] if uncut is None else uncut).by(name).with_majority(), model)
    except ValueError as error:
        raise UsageError(str(error)) from error
    for note in notes:
        say(f"emojicam: {data}: {note}")
    asked |= {other: opened(other) for other in others}
    said = {name: one.answers_by(faces) for name, one in asked.items()}
    told = Told.together(list(said.values()))
    turned = replace(faces, images=mirrored(faces.images))
    flipped = Told.together([one.answers_by(turned) for one in asked.values()])
    both = np.logaddexp(log_probabilities(told.decided), log_probabilities(flipped.decided))
    alone = ~twins_of(originals, *(other for name, other in splits.items() if name != split))
    variants = {}
    if any(one.card.decision is not None for one in asked.values()):
        variants["without the decision"] = measure(told.plain, faces)
    for name, one in said.items() if others else ():
        variants[f"{name} alone"] = measure(one.decided, faces)
        if asked[name].card.decision is not None:
            variants[f"{name} alone, without the decision"] = measure(one.plain, faces)
    variants["averaged with the mirror image"] = measure(both.astype(np.float32), faces)
    if alone.any() and not alone.all():
        variants["without faces that stand in another split"] = measure(told.decided[alone], faces.where(alone))
    run = Path(model).parent / "metrics.jsonl"
    single = not others and Path(model).suffix == ".pt"
    history = read_history(run) if single and run.is_file() else None
    details = {"Labels": "; ".join(notes)} if notes else {}
    if others:
        details["Together"] = f"the geometric mean of the probabilities of {len(asked)} models"
    about = About(
        model=f"{model} ({card.net})" if not others else f"{' + '.join(asked)}, together",
        data=f"{data}, {split} split, labels of {faces.answers[0].name}: {len(faces)} faces",
        protocol=" ".join(
            f"{f'{name}: trained' if others else 'Trained'} on {one.card.data}, chosen on the validation "
            f"split, seed {one.card.seed}."
            for name, one in asked.items()
        ),
        details=details | ({"Licence": card.licence} if card.licence else {}),
    )
    affect = measure_affect(told.affect, faces.affect) if told.affect is not None and faces.affect is not None else None
    return EvaluationReport.of(
        told.decided, faces, about, variants=variants, affect=affect, history=history, choose=card.choose
    )


def cost(before: Path, after: Path, faces: Faces) -> tuple[float, float, int] | None:
    """Measure the accuracy that a model loses by being made smaller.

    Args:
        before: A model.
        after: Another, with the same labels.
        faces: A split of a data set.

    Returns:
        The accuracy of both, 0-1, and on how many faces; None if the data have other labels.
    """
    first = opened(before)
    known = fitting(first.card, faces)
    if known is None:
        return None
    faces, _ = called_by(first.card, faces.by(known).with_majority(), before)
    one, two = (measure(model.answers(faces).decided, faces).accuracy for model in (first, opened(after)))
    return one, two, len(faces)


def sample_faces(card: Card, number: int = 16) -> Pixels:
    """Real faces where there is no data set: the sample portrait's, cut with small errors, by `card`'s crop.

    Returns:
        uint8 NxCxSxS.
    """
    photo = read_photo(assets.sample_photo()).bgr
    picture = photo if card.channels == 3 else cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    rng = np.random.default_rng(0)
    left, right = np.array(SAMPLE_EYES)
    cuts = []
    for _ in range(number):
        (ax, ay), (bx, by) = left + rng.normal(0, 3, 2), right + rng.normal(0, 3, 2)
        cut = align(np.asarray(picture, np.uint8), ((ax, ay), (bx, by)), card.crop)
        cuts.append(cut[None] if cut.ndim == 2 else cut[..., ::-1].transpose(2, 0, 1))
    return np.stack(cuts)


def explained(photo: Path, model: str, most: int, *, quiet: bool = False) -> tuple[bytes | None, int]:
    """Draw where in each face of a photo the model looked, for its two likeliest emotions.

    Args:
        photo: The photo's path.
        model: A shipped model's name, or an ONNX file.
        most: How many faces at most, the largest first.
        quiet: Say nothing while the detector's files are fetched.

    Returns:
        A PNG, or None where no face is found; and how many faces are in it.

    Raises:
        EmojicamError: The photo or the model can't be used.
    """
    import onnx

    from emojicam.export.explain import attention
    from emojicam.export.explain_plot import Explained, explanation
    from emojicam.export.from_onnx import Rebuilt

    classify = Classifier(models.model_file(model), Provider.CPU)
    frame = Frame(0, 0.0, read_photo(photo).bgr)
    with Detector(quiet=quiet) as detect:
        found = detect(frame).faces
    if not found:
        return None, 0
    largest = list(zip(numbers(found), found, strict=True))[:most]
    in_order = sorted(largest, key=lambda one: one[0])
    faces = tuple(face for _, face in in_order)
    cuts = classify.cut(frame, faces)
    p = classify.probabilities(cuts)
    ranks = np.argsort(-p, axis=1)
    try:
        rebuilt = Rebuilt(onnx.load_model_from_string(classify.path.read_bytes()))
        heats = [attention(rebuilt, cuts, ranks[:, place].astype(np.int64)) for place in range(min(2, p.shape[1]))]
    except MissingExtra:
        raise
    except ModelError as error:
        raise ModelError(f"{classify.path}: {error}") from error
    except Exception as error:  # of a model that ONNX Runtime runs and torch doesn't
        raise ModelError(f"{classify.path}: can't be explained: not a model that `emojicam export` wrote") from error
    rows = [
        Explained(
            face=cut[0] if len(cut) == 1 else np.ascontiguousarray(cut.transpose(1, 2, 0)),
            labels=classify.card.labels,
            p=tuple(float(value) for value in row),
            heats=tuple(heat[place] for heat in heats),
            number=in_order[place][0],
        )
        for place, (cut, row) in enumerate(zip(cuts, p, strict=True))
    ]
    return explanation(rows, f"{photo.name}: where {classify.card.net} looked (Grad-CAM)"), len(rows)


def draw_curves(run: Path, choose: str) -> None:
    """Draw a run's curves so far, `curves.png`, from its `metrics.jsonl`.

    Raises:
        OutputError: It can't be written.
    """
    picture = plots.curves(read_history(run / "metrics.jsonl"), choose)
    with writing(run / "curves.png") as part:
        part.write_bytes(picture)


def told(figures: Mapping[str, float]) -> str:
    """Say a card's figures in a line.

    Args:
        figures: The card's metrics, of a net that was just measured; those of the test split may be missing.
    """
    validation = f"{100 * figures['validation_accuracy']:.2f} % on the validation split"
    if "test_accuracy" not in figures:
        return f"{validation}, no test faces"
    return (
        f"{100 * figures['test_accuracy']:.2f} % on the test split "
        f"({100 * figures['test_accuracy_low']:.1f} to {100 * figures['test_accuracy_high']:.1f}), "
        f"{validation}, ECE {100 * figures['test_ece']:.1f} %"
    )
