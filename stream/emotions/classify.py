"""Classify the emotions of all faces in one batch, with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.errors import UsageError
from emojicam.stream.choices import EXPRESSIVE, FAST_MATH, Provider
from emojicam.stream.emotions.expressive import expressed
from emojicam.stream.faces.align import align
from emojicam.stream.inference.provider import Machine
from emojicam.stream.inference.session import open_model
from emojicam.stream.types import Emotion, Face, Format, Frame, Judged, JudgedFace, Seen


class Classifier:
    """Gives the probabilities of faces' emotions, by an exported model. The model's own card says how faces are cut."""

    def __init__(
        self,
        model: Path,
        provider: Provider = Provider.AUTO,
        expressive: float = EXPRESSIVE,
        *,
        fast_math: bool = FAST_MATH,
        machine: Machine | None = None,
    ) -> None:
        """Load a model and run it once.

        Args:
            model: An ONNX file that `emojicam export` wrote.
            provider: Where it is to run.
            expressive: How readily an expression is seen in streams and photos, 0-1; 0.5 is as the model decides.
            fast_math: A GPU may round the factors of products (TF32).
            machine: The facts about this machine that decide; by default it is asked.

        Raises:
            UsageError: `expressive` is another, and the model makes no decision that it could change.
            MissingExtra: ONNX Runtime is not installed.
            DeviceError: `provider` names a GPU that can't be had.
            ModelError: The file can't be used; the message says why.
        """
        self.path = model
        opened = open_model(model, provider, machine, fast_math=fast_math)
        self.provider, self.card, self._run = opened.provider, opened.card, opened.run
        self.passed_over = opened.passed_over
        self._expressive = expressive
        if expressive != EXPRESSIVE and self.card.decision is None:
            raise UsageError(f"--expressive {expressive:g}: {model.name} makes no decision that it could change")

    def probabilities(self, faces: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Classify faces that are cut already, without valence and arousal.

        Args:
            faces: As for `read`.

        Returns:
            float32 NxK; rows sum to 1.
        """
        return self.read(faces)["probabilities"]

    def read(self, faces: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
        """Classify faces that are cut already.

        Args:
            faces: uint8 NxCxSxS as the card says, 0-255, C being 1 (grey) or 3 (RGB).

        Returns:
            By the names in the card's `outputs`: "probabilities", float32 NxK, rows sum to 1; where the model decides,
            "undecided", the same before; where it says them, "affect", valence and arousal, float32 Nx2, -1 to 1.

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
            return {name: np.zeros((0, width), np.float32) for name, width in self.card.outputs}
        return {name: answer for (name, _), answer in zip(self.card.outputs, self._run(faces), strict=True)}

    def __call__(self, seen: Seen) -> Judged:
        """Classify all faces of a frame in one batch."""
        return self.many([seen])[0]

    def many(self, frames: Sequence[Seen]) -> list[Judged]:
        """Classify all faces of several frames in one batch."""
        cuts = [self.cut(seen.frame, seen.faces) for seen in frames if seen.faces]
        emotions = iter(self._emotions(np.concatenate(cuts)) if cuts else [])
        return [
            Judged(seen.frame, tuple(judged_face(face, next(emotions)) for face in seen.faces), seen.cut, seen.faded)
            for seen in frames
        ]

    def _emotions(self, faces: npt.NDArray[np.uint8]) -> list[Emotion]:
        answers = self.read(faces)
        rows, told = answers["probabilities"], answers.get("affect")
        if "undecided" in answers:
            rows = expressed(rows, answers["undecided"], self._expressive)
        affects = [(None, None)] * len(rows) if told is None else [(float(v), float(a)) for v, a in told]
        return [
            Emotion(self.card.labels, tuple(row), *affect) for row, affect in zip(rows.tolist(), affects, strict=True)
        ]

    def cut(self, frame: Frame, faces: tuple[Face, ...]) -> npt.NDArray[np.uint8]:
        """Cut the faces out as the net wants them: aligned, uint8 NxCxSxS."""
        crop = self.card.crop
        if self.card.channels == 3:
            rgb = np.asarray(cv2.cvtColor(frame.bgr(), cv2.COLOR_BGR2RGB), np.uint8)
            return np.stack([align(rgb, face.eyes, crop).transpose(2, 0, 1) for face in faces])
        luma = frame.luma
        cut = np.stack([align(luma, face.eyes, crop)[None] for face in faces])
        limited = frame.format is Format.I420 and not frame.colour.full
        return _STRETCH[cut] if limited else cut


def judged_face(face: Face, emotion: Emotion) -> JudgedFace:
    """Join a face and its emotion."""
    return JudgedFace(
        box=face.box,
        score=face.score,
        eyes=face.eyes,
        roll=face.roll,
        track=face.track,
        placement=face.placement,
        confirmed=face.confirmed,
        emotion=emotion,
    )


_STRETCH = np.clip((np.arange(256, dtype=np.float32) - 16) * (255 / 219) + 0.5, 0, 255).astype(np.uint8)
"""A table that stretches levels 16-235 to 0-255."""
