"""The looks that can be taken at a frame, by either detector: at the whole, at parts, and at the place of one face.

Measured with 100 pasted faces of each size in 640x480 px, the first net (MediaPipe's short range, 1.6 ms) finds those
from 64 px on, rolled ones and those that fill the picture; the second (CenterFace, 27 ms for 640x384 px) finds them
down to 28 px. A patch around one face costs either of them 1.4 to 2 ms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np

from emojicam.errors import DeviceError, InputError, ModelError, OutputError, UsageError
from emojicam.stream.choices import FAST_MATH, RANGE, Provider, Range
from emojicam.stream.faces.blazeface import BlazeFace
from emojicam.stream.faces.boxes import merge
from emojicam.stream.faces.centerface import CenterFace
from emojicam.stream.faces.detector_files import SECOND, SHORT, fetch
from emojicam.stream.faces.views import Patch, View, patch
from emojicam.stream.types import Face, Frame

CANDIDATE = 0.11
"""Score from which on a find of the first net is a candidate."""

SURE = 0.5
"""Score from which on a find of the first net is sure: all that it is asked for where only known faces matter.

A model that is to name all finds from 0.11 on takes 2.7 to 3.2 ms a frame, from 0.5 on 2.2 to 2.3: MediaPipe makes
objects of everything.
"""

HINT = 0.15
"""Score from which on a find of the second net is a candidate."""

LOOK, LOOK_REACH = 128, 2.5
"""Px of the square that the first net sees at a second look, and what it shows, in widths of the face."""

CHECK, CHECK_REACH = 96, 3.5
"""The same for the second net."""

SEEK, SEEK_REACH = 192, 6.0
"""The same where a face is looked for that has moved on: 4 ms."""

FARTHER = 0.15
"""Score that a find counts less for each width of the face that it is away."""

SMALLER, LARGER = 0.45, 1.8
"""Factors between which the size of a find lies that is the face that was asked for."""


class Looks:
    """Both detectors, opened. Lives in one thread; close it, or use it in a `with`.

    Attributes:
        range: How far to look.
        missing: Why the second net isn't there although it is wanted; None if it is there, or not wanted.
    """

    def __init__(
        self,
        range: Range = RANGE,
        files: Path | None = None,
        provider: Provider = Provider.CPU,
        *,
        candidate: float = CANDIDATE,
        quiet: bool = False,
    ) -> None:
        """Open the nets, fetching their files first if they are not there.

        Args:
            range: How far to look: NEAR does without the second net.
            files: Folder with the model files, instead of the cache.
            provider: Where the second net sees whole pictures; patches it sees on the CPU.
            candidate: Score from which on a find of the first net is a candidate.
            quiet: Print nothing while fetching.

        Raises:
            UsageError: `files` lacks the first.
            InputError: The first can't be fetched.
            MissingExtra: ONNX Runtime is not installed.
            DeviceError: MediaPipe can't be loaded; the message says what the system lacks.
        """
        self.range = range
        self.missing: str | None = None
        short = fetch(SHORT, files, quiet=quiet)
        self._all, self._sure = BlazeFace(short, candidate), BlazeFace(short, SURE)
        # A patch takes a CPU 1.4 ms; on a GPU it would wait for a batch of whole frames. So there may be two.
        self._second: CenterFace | None = None
        self._wide: dict[Provider, CenterFace] = {}
        self._opening = Lock()
        if range is not Range.NEAR:
            try:
                self._file = fetch(SECOND, files, quiet=quiet)
                self._wide[provider] = CenterFace(self._file, provider)
                self._second = self._wide[provider] if provider is Provider.CPU else CenterFace(self._file)
                self._provider = provider
            except (InputError, UsageError, OutputError, ModelError) as error:
                self.missing = str(error)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the memory of the first net."""
        self._all.close()
        self._sure.close()

    @property
    def two(self) -> bool:
        """Whether the second net is there."""
        return self._second is not None

    def wide(self, provider: Provider, *, fast_math: bool = FAST_MATH) -> CenterFace | None:
        """The second net for whole frames, opened where it is wanted if it isn't there yet.

        Any thread may ask. None where it can't be had: the caller does without.
        """
        if not self.two:
            return None
        with self._opening:
            if provider not in self._wide:
                try:
                    self._wide[provider] = CenterFace(self._file, provider, fast_math=fast_math)
                except (DeviceError, ModelError):
                    return None
            return self._wide[provider]

    def glance(self, frame: Frame, *, sure: bool = False) -> list[Face]:
        """Look at a whole frame with the first net: what may be a face, each once, the surest first.

        Args:
            frame: Where to look.
            sure: Only what it sees with a score of `SURE`, which costs less.
        """
        net = self._sure if sure else self._all
        return merge([face.scaled(frame.reduction) for face in net(frame.small)])

    def glance_around(self, frame: Frame) -> list[Face]:
        """Look with room around the frame: the first net often misses a face that fills it until there is some."""
        height, width = frame.small.shape[:2]
        pad = max(height, width) // 4
        around = np.pad(frame.small, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
        # Only large ones: for small ones the plain picture was the better view.
        found = [face.moved(-pad, -pad) for face in self._all(around)]
        return merge([face.scaled(frame.reduction) for face in found if face.box[2] > 0.3 * min(height, width)])

    def look(self, frame: Frame, face: Face) -> Face | None:
        """Look at a patch around a face with the first net, turned upright by the roll so far.

        A face that is small in the net's 128 px view has blurred eyes there. Of a portrait at six sizes and rolls up
        to 60 degrees, 22 in 73 faces are told more than 10 degrees wrong at first sight, and 5 at the second.

        Returns:
            The face as it is seen then, with the score of this look; None where nothing is seen.
        """
        square = patch(frame, face, LOOK, LOOK_REACH)
        found = [other for other in self._all(square.pixels) if other.holds(square.middle)]
        return square.back(max(found, key=lambda other: other.score)) if found else None

    def scan(self, frame: Frame, views: Sequence[View]) -> list[Face]:
        """Look at parts of a frame with the second net: what may be a face, each once, the surest first."""
        return merge([face for view in views for face in self.seen_in(frame, view)])

    def seen_in(self, frame: Frame, view: View) -> list[Face]:
        """Look at one part of a frame with the second net: what may be a face, some perhaps twice."""
        if not self.two:
            return []
        seen = view.of(frame)
        return [view.back(face, seen) for face in self._wide[self._provider]([seen], HINT)[0]]

    def seek(self, frame: Frame, face: Face) -> list[Face]:
        """Look for a face that isn't where it was with the second net, in a wider patch around that place.

        Returns:
            The finds of about that size, the surest first, those farther away counting less.
        """
        if self._second is None:
            return []
        square = patch(frame, face, SEEK, SEEK_REACH)
        (found,) = self._second([square.pixels], HINT)
        wide = SEEK / SEEK_REACH
        near = [other for other in found if SMALLER < other.box[2] / wide < LARGER]
        near.sort(key=lambda other: FARTHER * math.dist(other.middle, square.middle) / wide - other.score)
        return [square.back(other) for other in near]

    def check(self, frame: Frame, faces: Sequence[Face]) -> list[Face | None]:
        """Look at patches around faces with the second net, turned upright, all at once.

        Returns:
            Each face as it is seen then, with the score of this look; None where nothing is seen.
        """
        if self._second is None or not faces:
            return [None] * len(faces)
        squares = [patch(frame, face, CHECK, CHECK_REACH) for face in faces]
        answers = self._second([square.pixels for square in squares], HINT)
        return [_in_the_middle(found, square) for found, square in zip(answers, squares, strict=True)]


def _in_the_middle(found: Sequence[Face], square: Patch) -> Face | None:
    """Choose the surest find that is where, and about as large as, the face is that the patch was cut around."""
    wide = CHECK / CHECK_REACH
    there = [face for face in found if face.holds(square.middle) and SMALLER < face.box[2] / wide < LARGER]
    return square.back(max(there, key=lambda face: face.score)) if there else None
