"""emojicam puts an emoji that shows a person's emotion over that person's face.

    capture ──▶ detect (MediaPipe) ──▶ batch-classify (ONNX Runtime) ──▶ overlay ──▶ sink
                                                ▲
                 PyTorch net ──▶ train ──▶ export (ONNX + model card inside)

`emojicam.stream` holds the pipeline, `emojicam.models` the nets and their training, `emojicam.export` the way between
them, `emojicam.assets` the emoji. `emojicam.cli` is the command line; `emojicam.wiring` puts concrete parts together.
From Python: `emojicam.annotate(source, out)`, `emojicam.analyze(photo)`, `emojicam.analyze_video(source)`,
`emojicam.draw(picture, faces)`, `emojicam.Camera(0)`; `emojicam.Annotator()` keeps the models loaded.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from emojicam.errors import EmojicamError, first_line, lacks_library, without_library

# Before anything can load ONNX Runtime: on Linux too it would otherwise give the user a number and keep a file of what
# it did (~/.cache/Microsoft/DeveloperTools), whatever its `disable_telemetry_events` says.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
__all__ = [
    "Annotator",
    "Camera",
    "EmojicamError",
    "Faces",
    "Picture",
    "Shot",
    "VideoFaces",
    "__version__",
    "analyze",
    "analyze_video",
    "annotate",
    "draw",
]

if TYPE_CHECKING:
    from emojicam.annotator import Annotator
    from emojicam.api import analyze, analyze_video, annotate, draw
    from emojicam.camera import Camera, Shot
    from emojicam.findings import Faces, VideoFaces
    from emojicam.painting import Picture

_HOMES = {
    "api": ("analyze", "analyze_video", "annotate", "draw"),
    "annotator": ("Annotator",),
    "camera": ("Camera", "Shot"),
    "findings": ("Faces", "VideoFaces"),
    "painting": ("Picture",),
}
"""The module that each name of the API is in."""


def __getattr__(name: str) -> object:
    """Load a part of the API when it is first used: `emojicam --version` answers at once."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(_loaded(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _loaded(module: str) -> object:
    """Load one of our modules.

    Raises:
        Unloadable: The system lacks a library that OpenCV, say, needs.
    """
    try:
        return import_module(f"emojicam.{module}")
    except ImportError as error:
        if lacks_library(error):
            raise without_library(first_line(error)) from error
        raise


def __dir__() -> list[str]:
    """List the names of the API, for completion, besides what is loaded."""
    return sorted({*globals(), *__all__})
