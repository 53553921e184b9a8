"""The parts of a face that a net looks at: Grad-CAM (Selvaraju et al. 2017), by captum."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from emojicam.errors import MissingExtra
from emojicam.export.from_onnx import Operation, Rebuilt

FINEST = 6
"""Least width of the map that is looked at, px.

The last map of a small net has 3x3 places: too few to tell an eye from a mouth.
"""


def attention(net: Rebuilt, faces: npt.NDArray[np.uint8], classes: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Find where in each face the evidence for a class lies.

    Args:
        net: An exported model.
        faces: uint8 NxCxSxS.
        classes: int64 N, the class that is asked about for each.

    Returns:
        float32 NxSxS, from 0 (nothing for it) to 1 (the most in this face); all 0 where nothing speaks for the class.

    Raises:
        MissingExtra: captum is not installed.
    """
    try:
        from captum.attr import LayerAttribution, LayerGradCam
    except ImportError as error:
        raise MissingExtra("captum", "train") from error
    given = torch.from_numpy(np.ascontiguousarray(faces))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum: that uint8 has no gradient, which nobody asks for
        cam = LayerGradCam(net, _layer(net, given[:1]))
        found = cam.attribute(given, target=torch.from_numpy(classes), relu_attributions=True)
        fine = LayerAttribution.interpolate(found, faces.shape[2:], interpolate_mode="bilinear")
    heat = np.asarray(fine.detach()[:, 0].numpy(), np.float32)
    most = heat.max((1, 2), keepdims=True)
    return np.asarray(np.divide(heat, most, out=np.zeros_like(heat), where=most > 0), np.float32)


def _layer(net: Rebuilt, face: torch.Tensor) -> nn.Module:
    """The last convolution or ReLU whose map is still fine enough to tell places apart, else that with the finest."""
    sizes: dict[nn.Module, int] = {}

    def note(step: nn.Module, taken: object, given: torch.Tensor) -> None:
        if given.ndim == 4:
            sizes[step] = given.shape[-1]

    steps = [step for step in net.steps if isinstance(step, Operation) and step.kind in ("Conv", "Relu")]
    hooks = [step.register_forward_hook(note) for step in steps]
    try:
        with torch.inference_mode():
            net(face)
    finally:
        for hook in hooks:
            hook.remove()
    fine = [step for step in sizes if sizes[step] >= FINEST]
    return fine[-1] if fine else max(sizes, key=sizes.__getitem__)
