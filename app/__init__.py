"""emojicam puts an emoji that shows a person's emotion over that person's face.

    capture ──▶ detect (MediaPipe) ──▶ batch-classify (ONNX Runtime) ──▶ overlay ──▶ sink
                                                ▲
                 PyTorch net ──▶ train ──▶ export (ONNX + model card inside)

`emojicam.stream` holds the pipeline, `emojicam.models` the nets and their training, `emojicam.export` the way between
them, `emojicam.assets` the emoji. `emojicam.cli` is the command line; `emojicam.wiring` puts concrete parts together.
From Python: `emojicam.annotate(source, out)`, `emojicam.analyze(photo)`, `emojicam.analyze_video(source)`,
`emojicam.draw(picture, faces)`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# Before anything can load ONNX Runtime: on Linux too it would otherwise give the user a number and keep a file of what
# it did (~/.cache/Microsoft/DeveloperTools), whatever its `disable_telemetry_events` says.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
__all__ = ["__version__", "analyze", "analyze_video", "annotate", "draw"]

if TYPE_CHECKING:
    from emojicam.api import analyze, analyze_video, annotate, draw


def __getattr__(name: str) -> object:
    """Load the API when it is first used: `emojicam --version` answers at once."""
    if name in ("analyze", "analyze_video", "annotate", "draw"):
        from emojicam import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
