"""Read files that torch wrote: nothing in them is executed, and what is wrong with one is said in words of ours."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import torch

from emojicam.errors import InputError


def read_torch_file(path: Path, kind: str) -> dict[str, Any]:
    """Read values that were saved by their names.

    Args:
        path: A file that is there.
        kind: What it should be, in words, for messages.

    Raises:
        InputError: It can't be read, is no file of torch's, or holds more than numbers and plain values.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other protocols and old formats; what comes of it is looked at here
            values = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(f"{path}: not {kind}: damaged, or more than weights; nothing in it was executed") from error
    except Exception as error:
        raise InputError(f"{path}: not {kind}: cut off, or no file of torch's") from error
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise InputError(f"{path}: not {kind}: it holds nothing by names")
    return values
