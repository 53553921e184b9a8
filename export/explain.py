"""The parts of a face that a net looks at: Grad-CAM (Selvaraju et al. 2017), by captum."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from emojicam.errors import MissingExtra
from emojicam.export.from_onnx import Operation

FINEST = 6
"""Least width of the map that is looked at, px.

The last map of a small net has 3x3 places: too few to tell an eye from a mouth.
"""


def attention(net: nn.Module, faces: npt.NDArray[np.uint8], classes: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Find where in each face the evidence for a class lies.

    Args:
        net: An exported model, rebuilt, or one in training: float32 NxCxSxS, 0-255, to scores of the classes.
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
    device = next((values.device for values in itertools.chain(net.parameters(), net.buffers())), None)
    given = torch.from_numpy(np.ascontiguousarray(faces)).float().to(device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum: of hooks and of gradients that nobody asks for
        cam = LayerGradCam(net, _layer(net, given[:1]))
        found = cam.attribute(given, target=torch.from_numpy(classes).to(device), relu_attributions=True)
        fine = LayerAttribution.interpolate(found, faces.shape[2:], interpolate_mode="bilinear")
    heat = np.asarray(fine.detach()[:, 0].cpu().numpy(), np.float32)
    most = heat.max((1, 2), keepdims=True)
    return np.asarray(np.divide(heat, most, out=np.zeros_like(heat), where=most > 0), np.float32)


def _layer(net: nn.Module, face: torch.Tensor) -> nn.Module:
    """The last step whose map is still fine enough to tell places apart, else that with the finest map.

    Of an exported model, which is all steps, it is a convolution or a ReLU.
    """
    sizes: dict[nn.Module, int] = {}

    def note(step: nn.Module, taken: object, given: object) -> None:
        if isinstance(given, torch.Tensor) and given.ndim == 4:
            sizes.pop(step, None)  # one that is used again counts where it is used last
            sizes[step] = given.shape[-1]

    steps = [step for step in net.modules() if not isinstance(step, Operation) or step.kind in ("Conv", "Relu")]
    hooks = [step.register_forward_hook(note) for step in steps]
    try:
        with torch.inference_mode():
            net(face)
    finally:
        for hook in hooks:
            hook.remove()
    fine = [step for step in sizes if sizes[step] >= FINEST]
    return fine[-1] if fine else max(sizes, key=sizes.__getitem__)
