"""Models: their nets, recipes, data sets, training and evaluation. Importing this package does not import torch."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from emojicam.errors import UsageError
from emojicam.meant import meant

DEFAULT = "mien"
"""Name of the model that is used unless another is asked for."""


def names() -> tuple[str, ...]:
    """Names of the models that come with emojicam."""
    return tuple(sorted(file.stem for file in _weights().glob("*.onnx")))


def model_file(name_or_path: str) -> Path:
    """The ONNX file of a shipped model, by its name, or one of the user's own, by its path.

    Raises:
        UsageError: It is neither: there is no such path.
    """
    if name_or_path in names():
        return _weights() / f"{name_or_path}.onnx"
    path = Path(name_or_path)
    if os.path.isfile(path):
        return path
    there = ", ".join(names()) + meant(name_or_path, names())
    raise UsageError(f"{name_or_path}: no such model file, and no model of that name; there are: {there}")


def _weights() -> Path:
    return Path(str(resources.files("emojicam.models"))) / "weights"
