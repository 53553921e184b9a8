"""ONNX Runtime as it is installed: loaded here alone, and the one line to type where it can't be.

Two distributions hold it, one for the CPU and one for NVIDIA's GPUs, and they share their files: whichever is installed
last is what runs, and to uninstall one takes files of the other away. So they are changed over by one line that
uninstalls both first.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Any

from emojicam.errors import MissingExtra, Unloadable, first_line

BUILDS: Mapping[str, str] = {"cpu": "onnxruntime", "gpu": "onnxruntime-gpu"}
"""The distributions that hold an ONNX Runtime, by the extra of emojicam that installs them."""


def change_over(extra: str) -> str:
    """The line that leaves one ONNX Runtime installed, whatever was there before.

    It names no version and no --upgrade: emojicam itself stays as it is, also where it was installed from a folder.

    Args:
        extra: The one to have, `cpu` or `gpu`.
    """
    return f'pip uninstall -y {" ".join(BUILDS.values())} && pip install "emojicam[{extra}]"'


def is_installed(name: str) -> bool:
    """Whether pip knows a distribution, be it whole or not."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def lack(builds: Sequence[str], why: str) -> tuple[str, str]:
    """Tell what is wrong with an ONNX Runtime that can't be loaded, and the line that mends it.

    Args:
        builds: Those of `BUILDS` that pip knows: it would not install them again.
        why: What Python said.
    """
    if not builds:
        return "not installed", f'pip install "emojicam[{next(iter(BUILDS))}]"'
    wanted = max(extra for extra, name in BUILDS.items() if name in builds)  # gpu, of both
    return f"{' and '.join(builds)} can't be loaded ({why})", change_over(wanted)


def imported() -> Any:
    """Import ONNX Runtime, and raise as Python does.

    Raises:
        ImportError: It isn't there, or can't be loaded; an OSError means the same.
    """
    module = importlib.import_module("onnxruntime")
    if not hasattr(module, "InferenceSession"):  # a folder that has lost its __init__ can be imported, too
        raise ImportError("some of its files are gone")
    return module


def load() -> Any:
    """Import ONNX Runtime.

    Returns:
        The module `onnxruntime`, which has no types.

    Raises:
        MissingExtra: Neither build is installed.
        DeviceError: One is, but it can't be loaded; the message has the line that mends it.
    """
    try:
        return imported()
    except (ImportError, OSError) as error:
        raise _failure(first_line(error)) from error


def _failure(why: str) -> Unloadable:
    builds = [name for name in BUILDS.values() if is_installed(name)]
    if not builds:
        return MissingExtra("ONNX Runtime", "cpu")
    found, mend = lack(builds, why)
    return Unloadable(f"ONNX Runtime: {found}", mend)
