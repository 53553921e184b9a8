"""The first detector, MediaPipe's short-range BlazeFace (Bazarevsky et al. 2019): quick, and used in every frame.

It sees a picture at 128 px: best for faces that fill a good part of it, rolled ones too.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING
from weakref import WeakSet, finalize

import numpy as np

from emojicam.errors import DeviceError, lacks_library, without_library
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Face, roll_of

if TYPE_CHECKING:
    from mediapipe.tasks.python.vision import FaceDetector


class _Later(ModuleType):
    """Stands for `matplotlib.pyplot` until something of it is asked for."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module("matplotlib.pyplot"), name)


@contextmanager
def _plotting_later() -> Iterator[None]:
    """Import MediaPipe without the plotting library, which it imports for functions that nobody calls here.

    That takes 0.4 s, a third of a short run; and it fails where the environment asks for a backend that isn't there, as
    every notebook's does of the programs that it starts.
    """
    names = ("matplotlib", "matplotlib.pyplot")
    if any(name in sys.modules for name in (*names, "mediapipe")):
        yield
        return
    later, plotting = ModuleType(names[0]), _Later(names[1])
    sys.modules[names[0]], sys.modules[names[1]] = later, plotting
    later.pyplot = plotting  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def _unloadable(error: Exception) -> DeviceError:
    return without_library(f"MediaPipe can't be loaded ({error})")


_OPEN: WeakSet[BlazeFace] = WeakSet()

_DROPPED: deque[FaceDetector] = deque()
"""MediaPipe's models whose `BlazeFace` was collected before it was closed; the next that is opened closes them.

They must not be closed, nor collected, while Python collects: that waits for the thread in which MediaPipe works, which
may be gone by then, and for a lock that whoever was interrupted may hold. The program stood still for ever.
"""


def _close_dropped() -> None:
    while _DROPPED:
        with suppress(IndexError):  # another thread was quicker
            _DROPPED.popleft().close()


@atexit.register
def _close_all() -> None:
    """Close what somebody who was interrupted has left open: later its modules are gone, and MediaPipe complains."""
    _close_dropped()
    for one in list(_OPEN):
        one.close(1)  # a thread that looks at a picture still is about to be stopped


class BlazeFace:
    """Finds faces in a picture. May be used by one thread at a time."""

    def __init__(self, model: Path, threshold: float) -> None:
        """Open the model.

        Args:
            model: MediaPipe's file.
            threshold: Least score of a find, 0-1.

        Raises:
            DeviceError: MediaPipe can't be loaded; the message says what the system lacks.
        """
        try:
            with _plotting_later():
                from mediapipe.tasks.python import BaseOptions
                from mediapipe.tasks.python.vision import FaceDetector, FaceDetectorOptions
        except (ImportError, OSError) as error:
            raise _unloadable(error) from error
        options = FaceDetectorOptions(
            base_options=BaseOptions(model_asset_path=str(model)), min_detection_confidence=threshold
        )
        _close_dropped()
        self._busy, self._closed = Lock(), False
        with _native_stderr_closed():
            try:
                self._model = FaceDetector.create_from_options(options)  # its own library is loaded only now
            except OSError as error:
                if not lacks_library(error):
                    raise
                raise _unloadable(error) from error
            _OPEN.add(self)
            self._dropped = finalize(self, _DROPPED.append, self._model)
            self._dropped.atexit = False
            self(np.zeros((128, 128, 3), np.uint8))  # the first picture makes it log and allocate

    def close(self, seconds: float = -1) -> None:
        """Free the model's memory, once nobody is looking any more.

        Args:
            seconds: After which it is left open, if somebody still is; less than 0 is never.
        """
        if self._busy.acquire(timeout=seconds):
            try:
                self._closed = True
                self._model.close()
                self._dropped.detach()
            finally:
                self._busy.release()

    def __call__(self, picture: Pixels) -> list[Face]:
        """Find the faces in a picture.

        Args:
            picture: RGB uint8 HxWx3.

        Raises:
            RuntimeError: It is closed: MediaPipe itself would crash.
        """
        import mediapipe

        height, width = picture.shape[:2]
        data = np.ascontiguousarray(picture)
        with self._busy:
            if self._closed:
                raise RuntimeError("the detector is closed")
            found = self._model.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=data))
        faces = []
        for detection in found.detections:
            box = detection.bounding_box
            # Keypoints are shares of the picture, whose first pixel's middle is at half a pixel; the image's left eye
            # comes first.
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


@contextmanager
def _native_stderr_closed() -> Iterator[None]:
    """Close the process's stderr: MediaPipe's C++ side logs its start straight to it and has no switch for that."""
    if sys.stderr is not None:  # as it is in a service, in `pythonw`, and behind a shell's `2>&-`
        with suppress(OSError, ValueError):
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
