"""A tiny net, run where it is asked for: whether a provider works is seen by its answer, not by what is installed."""

from __future__ import annotations

import base64
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emojicam.stream.choices import Provider
from emojicam.stream.inference.installed import load
from emojicam.stream.inference.provider import LIBRARIES, NAMES
from emojicam.stream.inference.refusals import why

if TYPE_CHECKING:
    import onnxruntime

NET = base64.b64decode(
    "CAgSADqMAgoVCgF4CgRvbmVzEgRzdW1zIgRDb252Ch8KBHN1bXMSBG1lYW4iEUdsb2JhbEF2ZXJhZ2VQb29sChUKBG1lYW4SBGZsYXQiB0ZsYXR0"
    "ZW4KGwoEZmxhdAoDcm93EgZsb2dpdHMiBk1hdE11bAoUCgZsb2dpdHMSAXkiB1NvZnRtYXgSBXRyaWFsKjYIAQgBCAMIAxABQgRvbmVzSiQAAIA/"
    "AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8qFQgBCAIQAUIDcm93SggAAAAAzv75PVocCgF4EhcKFQgBEhEKAxIBTgoCCAEKAggICgII"
    "CGIUCgF5Eg8KDQgBEgkKAxIBTgoCCAJCBAoAEBE="
)
"""An ONNX file: a convolution of ones, the mean of its sums, two logits (0, and ln 3 for a mean of 9), softmax.

A GPU needs cuDNN for the first step and cuBLAS for the third: either is what an installation lacks when it lacks one.
"""

ONES = np.ones((1, 1, 8, 8), np.float32)
"""The picture that the net is shown."""

ANSWER = (0.25, 0.75)
"""The numbers that the net gives for `ONES`, whatever it runs on."""

NEAR = 0.01
"""Difference from `ANSWER` at most: a GPU may compute with coarser numbers (TF32)."""


def failure(provider: Provider) -> str | None:
    """Find out why the tiny net can't be run by a provider; None if its answer is the right one.

    No step of it may run elsewhere: ONNX Runtime would otherwise use the CPU for what a GPU can't do, without a word.

    Args:
        provider: Any but AUTO. ONNX Runtime prints errors of the system's loader where it can't be there at all: ask
            `missing` first.

    Raises:
        MissingExtra: ONNX Runtime is not installed.
        DeviceError: It can't be loaded.
    """
    onnxruntime = load()
    lacking = f"its libraries can't be loaded: {LIBRARIES.get(provider, 'none is needed')}"
    try:
        session = _session(onnxruntime, provider)
        if session.get_providers()[0] != NAMES[provider]:
            return lacking
        (answer,) = session.run(None, {"x": ONES})
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer to the question
        return lacking if "fallback to CPU" in str(error) else why(error)
    return wrong(answer)


def wrong(answer: npt.NDArray[np.float32]) -> str | None:
    """Say how an answer of the tiny net differs from the right one; None if it doesn't.

    Args:
        answer: float32 1x2.
    """
    if np.allclose(answer, ANSWER, atol=NEAR):
        return None
    return f"it computes {[round(float(value), 3) for value in answer[0]]} where {list(ANSWER)} is right"


def _session(runtime: Any, provider: Provider) -> onnxruntime.InferenceSession:
    runtime.set_default_logger_severity(4)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    if provider is not Provider.CPU:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        runtime.preload_dlls()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it falls back; it is looked at
        session: onnxruntime.InferenceSession = runtime.InferenceSession(
            NET, options, providers=[NAMES[provider]], enable_fallback=0
        )
    return session
