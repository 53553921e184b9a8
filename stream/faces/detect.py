"""Detect faces with MediaPipe's two BlazeFace models.

Measured on real scenes at 1280x720: the short-range model finds near faces up to one that fills the picture, and gives
a good roll up to 60 degrees; the full-range model finds faces down to about 40 px, but only 12 % of those that fill
the picture. Together, merged, they miss neither.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from emojicam.errors import SYSTEM_LIBRARIES, DeviceError
from emojicam.stream.choices import RANGE, Range
from emojicam.stream.faces.align import cut
from emojicam.stream.faces.detector_files import FULL, SHORT, DetectorFile, fetch
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Box, Face, Frame, Seen, roll_of

Shares = npt.NDArray[np.float64]

THRESHOLD = 0.55
"""Least score of a face: the mean of its scores at the first and at the second look.

Measured with 500 FER2013 faces, pasted tightly into grey pictures of 640x480 px at 100 to 300 px and up to 20 degrees
of roll, and with 1,183 views of 91 pictures without a face (benchmarks/faceless.py):

    first look alone, from 0.5 on              90.0 % found, something found in 5.7 % of the views
    mean of both looks, from 0.55 on           96.2 %                           2.0 %
    the same, then in parts if nothing found   98.8 %                           2.3 %
"""

CANDIDATE = 0.2
"""Share of the threshold from which on a find is looked at again."""

SURE = 0.5
"""Score from which on a find is sure: all that the short-range model is asked for where only known faces matter.

A model that is to name all finds from 0.11 on takes 2.7 to 3.2 ms a frame, from 0.5 on 2.2 to 2.3: MediaPipe makes
objects of everything.
"""

MOST = 200
"""Faces of one frame at most: a picture of a thousand must not keep a stream waiting for seconds."""

PATCH = 128
"""Px of the square that the second look sees."""

IN_PARTS = 0.15
"""Margin over the threshold that a find must reach if it is made only in a part of the picture, or with a border added.

There is more that looks like a face the closer one looks: short-range tiles alone call a coffee cup one.
"""


class Detector:
    """Detects the faces in one frame after another. Lives in one thread; close it, or use it in a `with`."""

    def __init__(
        self,
        range: Range = RANGE,
        threshold: float = THRESHOLD,
        files: Path | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        """Load the models, fetching their files first if they are not there.

        Args:
            range: How far to look.
            threshold: Least score of a face, 0-1.
            files: Folder with the two model files, instead of the cache.
            quiet: Print nothing while fetching.

        Raises:
            UsageError: `files` lacks one.
            InputError: A file can't be fetched.
            DeviceError: MediaPipe can't be loaded; the message says what the system lacks.
        """
        self.range = range
        self.threshold = threshold
        doubtful = threshold * CANDIDATE
        self._short = _model(SHORT, doubtful, files, quiet)
        self._sure = _model(SHORT, SURE, files, quiet)
        self._full = None if range is Range.NEAR else _model(FULL, doubtful, files, quiet)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the memory of the models."""
        self._short.close()
        self._sure.close()
        if self._full is not None:
            self._full.close()

    def __call__(self, frame: Frame) -> Seen:
        """Detect the faces, largest first, as if this were the only frame."""
        found = self.glance(frame)
        looks = [self.look(frame, face) for face in found]
        # Two finds may turn out to be one face at the second look.
        faces = merge([face for face in looks if face.score >= self.threshold])
        if not faces:
            faces = self.search(frame)
        return Seen(frame, largest_first(faces))

    def glance(
        self, frame: Frame, *, near: bool = True, far: bool = True, sure: bool = False, small: Pixels | None = None
    ) -> list[Face]:
        """Take the first look, at all of a frame: what may be a face, each once, the surest first.

        Args:
            frame: Where to look.
            near: Look with the short-range model.
            far: Look with the full-range model, where the range asks for it at all.
            sure: Only what the short-range model sees with a score of `SURE`, which costs less.
            small: The frame as `shrunk` gives it, from who glances at it again.

        Returns:
            Candidates: their scores reach `CANDIDATE` of the threshold.
        """
        k = reduction(frame.width, frame.height)
        small = shrunk(frame) if small is None else small
        found = _run(self._sure if sure else self._short, small) if near else []
        if far and self._full is not None:
            found += _run(self._full, small)
        found = [face.scaled(k) for face in found]
        if far and self._full is not None and self.range is Range.FAR and min(frame.width, frame.height) >= 16:
            rgb = frame.rgb()
            for part in squares(frame.width, frame.height):
                found += [face for face in _in_part(self._full, rgb, part) if face.score >= self.threshold]
        return merge(found)

    def look(self, frame: Frame, face: Face) -> Face:
        """Take the second look: the short-range model sees a patch around a face, turned upright by the roll so far.

        A face that is small in the model's 128 px view has blurred eyes there. Of a portrait at six sizes and rolls up
        to 60 degrees, 22 in 73 faces are told more than 10 degrees wrong at first sight, and 5 at the second.

        Returns:
            The face as it is seen then, with the mean of both scores; 0 for the second where nothing is seen.
        """
        scale = PATCH / (2.5 * max(*face.box[2:], 1))
        cos, sin = scale * math.cos(math.radians(face.roll)), scale * math.sin(math.radians(face.roll))
        cx, cy = face.middle
        half = PATCH / 2
        to_patch = np.array([[cos, sin, half - cos * cx - sin * cy], [-sin, cos, half + sin * cx - cos * cy]])
        # Grey is enough, and the luma plane of a video is at hand.
        patch = np.asarray(cv2.cvtColor(cut(frame.luma, to_patch, PATCH), cv2.COLOR_GRAY2RGB), np.uint8)
        found = [other for other in _run(self._short, patch) if other.holds((half, half))]
        if not found:
            return replace(face, score=face.score / 2)
        better = max(found, key=lambda other: other.score)
        back = cv2.invertAffineTransform(to_patch)
        (ax, ay), (bx, by) = ((float(x), float(y)) for x, y in (back @ (*eye, 1) for eye in better.eyes))
        eyes = (ax, ay), (bx, by)
        x, y = back @ (*better.middle, 1)
        width, height = better.box[2] / scale, better.box[3] / scale
        return replace(
            face,
            score=(face.score + better.score) / 2,
            box=(float(x) - width / 2, float(y) - height / 2, width, height),
            eyes=eyes,
            roll=roll_of(eyes),
        )

    def search(self, frame: Frame) -> list[Face]:
        """Look harder, with room around the picture and in parts of it: for frames in which nothing was found.

        It costs six to ten times a glance. A find must be surer than others: see `IN_PARTS`.
        """
        if min(frame.width, frame.height) < 16:  # a picture 1 px high has a square a pixel
            return []
        k = reduction(frame.width, frame.height)
        small = shrunk(frame)
        height, width = small.shape[:2]
        found = self._padded(small)
        if self.range is not Range.NEAR:
            for part in tiles(width, height):
                found += _in_part(self._short, small, part)
        looks = [self.look(frame, face.scaled(k)) for face in merge(found)]
        return merge([face for face in looks if face.score >= self.threshold + IN_PARTS])

    def _padded(self, rgb: Pixels) -> list[Face]:
        """Find a face that fills the picture: it is often missed until there is room around it."""
        height, width = rgb.shape[:2]
        pad = max(height, width) // 4
        around = np.pad(rgb, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
        # Only a large one: for small ones the plain picture was the better view.
        found = [face.moved(-pad, -pad) for face in _run(self._short, around)]
        return [face for face in found if face.box[2] > 0.3 * min(height, width)]


def reduction(width: int, height: int) -> int:
    """Choose how many times smaller a frame is made for the first look: a power of two that leaves 256 px or more."""
    k = 1
    while max(width, height) >= 512 * k:
        k *= 2
    return k


def shrunk(frame: Frame) -> Pixels:
    """Make the copy of a whole frame that the models are shown: RGB uint8.

    They see 128 and 192 px, and MediaPipe gets there by skipping pixels. A copy that is made smaller by averaging shows
    more: of 600 pasted faces (benchmarks/pasted.py) 97.5 % are found instead of 97.3 %.
    """
    return frame.reduced(reduction(frame.width, frame.height))


def largest_first(faces: Sequence[Face]) -> tuple[Face, ...]:
    """Sort a frame's faces, the largest first, and keep at most `MOST`."""
    return tuple(sorted(faces, key=lambda face: face.area, reverse=True)[:MOST])


def _in_part(model: Any, rgb: Pixels, part: tuple[int, int, int]) -> list[Face]:
    """Find faces with a model in a square of the picture, `part`: (left, top, side) px."""
    left, top, side = part
    return [face.moved(left, top) for face in _run(model, rgb[top : top + side, left : left + side])]


def squares(width: int, height: int) -> list[tuple[int, int, int]]:
    """Overlapping squares that cover a picture along its longer side: (left, top, side) px."""
    side = min(width, height)
    long = max(width, height)
    if long < 1.2 * side:
        # One square would be the picture again: take quarters that overlap by a third.
        side = max(1, side * 2 // 3)
        return [(x, y, side) for y in (0, height - side) for x in (0, width - side)]
    count = max(2, math.ceil((long - side * 0.2) / (side * 0.8)))
    starts = [round(i * (long - side) / (count - 1)) for i in range(count)]
    return [(at, 0, side) if width >= height else (0, at, side) for at in starts]


def tiles(width: int, height: int) -> list[tuple[int, int, int]]:
    """Squares of two thirds of the shorter side, each overlapping the next by half at least: (left, top, side) px."""
    side = max(1, min(width, height) * 2 // 3)

    def starts(length: int) -> list[int]:
        steps = math.ceil(2 * (length - side) / side)
        return [round(i * (length - side) / max(1, steps)) for i in range(steps + 1)]

    return [(x, y, side) for y in starts(height) for x in starts(width)]


def merge(faces: Sequence[Face]) -> list[Face]:
    """Keep each face once: the surest find of each, the surest face first.

    Two boxes are one face if they overlap by 0.3 (intersection over union), or if 0.6 of the smaller lies in the
    larger: the two models box the same face a little differently.
    """
    surest = sorted(faces, key=lambda face: face.score, reverse=True)
    if len(surest) < 2:
        return surest
    boxes = [face.box for face in surest]
    same = same_faces(*overlaps(boxes, boxes)).tolist()
    kept: list[int] = []
    for number, others in enumerate(same):
        if not any(others[other] for other in kept):
            kept.append(number)
    return [surest[number] for number in kept]


def overlaps(a: Sequence[Box], b: Sequence[Box]) -> tuple[Shares, Shares]:
    """Compute how much every box of one list shares with every box of another.

    Args:
        a: N boxes.
        b: M boxes.

    Returns:
        Twice float64 NxM: what two share as a part of what they cover together (intersection over union), and as a part
        of the smaller one. 0-1.
    """
    x0, y0, width, height = np.asarray(a, float).reshape(-1, 4, 1).transpose(1, 0, 2)
    x1, y1, wide, high = np.asarray(b, float).reshape(-1, 4).T
    # Column by column: over pairs of columns numpy takes 1.4 times as long (23 boxes).
    across = np.minimum(x0 + width, x1 + wide) - np.maximum(x0, x1)
    down = np.minimum(y0 + height, y1 + high) - np.maximum(y0, y1)
    shared = np.maximum(across, 0) * np.maximum(down, 0)
    one, two = width * height, wide * high
    tiny = 1e-9
    return shared / (one + two - shared + tiny), shared / (np.minimum(one, two) + tiny)


def same_faces(together: Shares, inside: Shares) -> npt.NDArray[np.bool_]:
    """Tell which pairs of boxes, whose `overlaps` these are, are of one face."""
    return (together > 0.3) | (inside > 0.6)


def _model(file: DetectorFile, threshold: float, files: Path | None, quiet: bool) -> Any:
    path = fetch(file, files, quiet=quiet)
    try:
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import FaceDetector, FaceDetectorOptions
    except (ImportError, OSError) as error:
        raise DeviceError(
            f"MediaPipe can't be loaded ({error}); on Debian: sudo apt install {SYSTEM_LIBRARIES}"
        ) from error
    options = FaceDetectorOptions(
        base_options=BaseOptions(model_asset_path=str(path)), min_detection_confidence=threshold
    )
    with _native_stderr_closed():
        model = FaceDetector.create_from_options(options)
        _run(model, np.zeros((128, 128, 3), np.uint8))  # the first picture makes it log and allocate
    return model


@contextmanager
def _native_stderr_closed() -> Iterator[None]:
    """Close the process's stderr: MediaPipe's C++ side logs its start straight to it and has no switch for that."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # no stderr at all: nothing to close
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _run(model: Any, rgb: Pixels) -> list[Face]:
    import mediapipe

    height, width = rgb.shape[:2]
    found = model.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb)))
    faces = []
    for detection in found.detections:
        box = detection.bounding_box
        # Keypoints are shares of the picture, whose first pixel's middle is at half a pixel; 0 is the image's left eye.
        left, right = ((point.x * width - 0.5, point.y * height - 0.5) for point in detection.keypoints[:2])
        faces.append(
            Face(
                box=(float(box.origin_x), float(box.origin_y), float(box.width), float(box.height)),
                score=float(detection.categories[0].score),
                eyes=(left, right),
                roll=roll_of((left, right)),
            )
        )
    return faces
