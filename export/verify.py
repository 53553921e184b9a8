"""Prove that an exported file answers as the net does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import nn

from emojicam.errors import OutputError

BATCHES = (1, 3, 16)


def verify(
    path: Path, shipped: nn.Module, faces: npt.NDArray[np.uint8], tolerance: float = 1e-4, name: str | None = None
) -> float:
    """Compare ONNX Runtime with torch in single precision, at batch sizes 1, 3 and 16, and on all faces.

    Args:
        path: The exported file.
        shipped: Takes uint8 NxCxSxS and gives probabilities, and valence and arousal where it has them.
        faces: uint8 NxCxSxS.
        tolerance: Largest absolute difference of a probability.
        name: What messages call the file; by default its name.

    Returns:
        The largest difference found.

    Raises:
        OutputError: They differ by more, or an answer is no number.
    """
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    batches = [np.resize(faces, (size, *faces.shape[1:])) for size in BATCHES]
    batches += [faces[start : start + max(BATCHES)] for start in range(0, len(faces), max(BATCHES))]
    for batch in batches:
        with torch.inference_mode():
            expected = [output.numpy() for output in shipped(torch.from_numpy(batch))]
        got = session.run(None, {session.get_inputs()[0].name: batch})
        for ours, theirs in zip(got, expected, strict=True):
            # Not `max` of Python's, which takes no notice of nan.
            worst = float(np.maximum(worst, np.abs(np.asarray(ours) - theirs).max()))
    if not worst <= tolerance:
        raise OutputError(
            f"{name or path.name}: ONNX Runtime differs from torch by {worst:.2g}, more than {tolerance:g}"
        )
    return worst
