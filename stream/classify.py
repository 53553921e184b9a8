"""Read the emotion of every face in one batch, with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.errors import MissingExtra, ModelError, first_line
from emojicam.models.card import METADATA_KEY, Card
from emojicam.stream.align import align
from emojicam.stream.types import Emotion, Face, Format, Frame, Judged, JudgedFace, Pixels, Seen

if TYPE_CHECKING:
    import onnxruntime

LARGEST = 512 * 1024 * 1024
"""Bytes of a model file. The largest net here, AlexNet, has about 230 MB."""


class Classifier:
    """Probabilities for faces, by an exported model. The model's own card says how faces are cut."""

    def __init__(self, model: Path) -> None:
        """Load a model.

        Args:
            model: An ONNX file that `emojicam export` wrote.

        Raises:
            MissingExtra: ONNX Runtime is not installed.
            ModelError: The file can't be used; the message says why.
        """
        self.path = model
        self._session = _session(model)
        self.card = _card(self._session, model)
        _check(self._session, self.card, model)
        self._input = self._session.get_inputs()[0].name
        self._outputs = [output.name for output in self._session.get_outputs()]
        # The first call allocates; it should not be the first frame's.
        size = self.card.crop.size
        self.probabilities(np.zeros((1, self.card.channels, size, size), np.uint8))

    def probabilities(self, faces: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """The emotions of faces that are cut already.

        Args:
            faces: As for `read`.

        Returns:
            float32 NxK; rows sum to 1.
        """
        return self.read(faces)[0]

    def read(self, faces: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
        """Judge faces that are cut already.

        Args:
            faces: uint8 NxCxSxS as the card says, 0-255, C being 1 (grey) or 3 (RGB).

        Returns:
            float32 NxK, rows sum to 1, and where the card says so valence and arousal, float32 Nx2, -1 to 1.

        Raises:
            ValueError: Another shape or dtype.
        """
        size = self.card.crop.size
        if faces.dtype != np.uint8 or faces.ndim != 4 or faces.shape[1:] != (self.card.channels, size, size):
            raise ValueError(
                f"faces are uint8 Nx{self.card.channels}x{size}x{size}, "
                f"not {faces.dtype} {'x'.join(map(str, faces.shape))}"
            )
        if not len(faces):
            nothing = np.zeros((0, len(self.card.labels) + 2), np.float32)
            return nothing[:, 2:], nothing[:, :2] if self.card.affect else None
        answers = self._session.run(self._outputs, {self._input: faces})
        told = np.asarray(answers[1], dtype=np.float32) if self.card.affect else None
        return np.asarray(answers[0], dtype=np.float32), told

    def __call__(self, seen: Seen) -> Judged:
        """Judge all faces of a frame in one batch."""
        if not seen.faces:
            return Judged(seen.frame, ())
        rows, told = self.read(self.cut(seen.frame, seen.faces))
        labels = self.card.labels
        affects = [(None, None)] * len(rows) if told is None else [(float(v), float(a)) for v, a in told]
        return Judged(
            seen.frame,
            tuple(
                JudgedFace(
                    box=face.box,
                    score=face.score,
                    eyes=face.eyes,
                    roll=face.roll,
                    track=face.track,
                    emotion=Emotion(labels, tuple(float(p) for p in row), *affect),
                )
                for face, row, affect in zip(seen.faces, rows, affects, strict=True)
            ),
        )

    def cut(self, frame: Frame, faces: tuple[Face, ...]) -> npt.NDArray[np.uint8]:
        """The faces as the net wants them: aligned, uint8 NxCxSxS."""
        crop = self.card.crop
        if self.card.channels == 3:
            rgb = np.asarray(cv2.cvtColor(frame.bgr(), cv2.COLOR_BGR2RGB), np.uint8)
            return np.stack([align(rgb, face.eyes, crop).transpose(2, 0, 1) for face in faces])
        luma = frame.luma
        cut = np.stack([align(luma, face.eyes, crop)[None] for face in faces])
        limited = frame.format is Format.I420 and not frame.colour.full
        return _stretched(cut) if limited else cut


def _stretched(limited: Pixels) -> Pixels:
    """Levels 16-235 to 0-255."""
    levels = (limited.astype(np.float32) - 16) * (255 / 219) + 0.5
    return np.asarray(np.clip(levels, 0, 255), dtype=np.uint8)


def _session(model: Path) -> onnxruntime.InferenceSession:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra("ONNX Runtime", "cpu") from error
    onnxruntime.disable_telemetry_events()  # what Windows builds send; the package's __init__ has the rest
    try:
        if model.stat().st_size > LARGEST:
            raise ModelError(f"{model}: larger than {LARGEST >> 20} MiB, the most that is loaded")
        # As bytes, the model has no folder, so that it cannot name other files as its weights.
        content = model.read_bytes()
    except OSError as error:
        raise ModelError(f"{model}: can't be read: {error.strerror or error}") from error
    options = onnxruntime.SessionOptions()
    # For nets this small a second thread costs up to 36 % more CPU than it saves time.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(f"{model}: not an ONNX model that can be loaded: {first_line(error)}") from error


def _card(session: onnxruntime.InferenceSession, model: Path) -> Card:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelError(f"{model}: has no emojicam card; write it with `emojicam export`")
    try:
        return Card.from_json(text)
    except ValueError as error:
        raise ModelError(f"{model}: {error}") from error


def _check(session: onnxruntime.InferenceSession, card: Card, model: Path) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    size = card.crop.size
    wanted = [card.channels, size, size]
    if len(inputs) != 1 or inputs[0].type != "tensor(uint8)" or list(inputs[0].shape[1:]) != wanted:
        got = ", ".join(f"{i.type} {i.shape}" for i in inputs)
        raise ModelError(
            f"{model}: takes {got}, not tensor(uint8) [N, {card.channels}, {size}, {size}] as its card says"
        )
    if isinstance(inputs[0].shape[0], int):
        raise ModelError(f"{model}: takes batches of {inputs[0].shape[0]} only, not of any size")
    widths = [len(card.labels), 2] if card.affect else [len(card.labels)]
    if [(o.type, list(o.shape[1:])) for o in outputs] != [("tensor(float)", [width]) for width in widths]:
        got = ", ".join(f"{o.type} {o.shape}" for o in outputs)
        said = " and ".join(f"tensor(float) [N, {width}]" for width in widths)
        raise ModelError(f"{model}: gives {got}, not {said} as its card says")
