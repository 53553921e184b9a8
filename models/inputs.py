"""The step from faces as a data set (or the stream) has them to what a net takes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from emojicam.models import registry
from emojicam.models.card import Card


class Normalised(nn.Module):
    """A net that takes grey levels: normalisation, grey shown as RGB, and enlargement belong to it.

    A net of 227x227 RGB can so be trained on 48x48 grey faces, and is exported and run as it was trained.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, net: nn.Module, card: Card) -> None:
        super().__init__()
        entry = registry.entry(card.net)
        self.net = net
        self.grey_to_rgb = card.channels == 1 and entry.channels == 3
        self.size = entry.size
        self.resize = card.crop.size != entry.size
        self.stretch, self.sharpen = card.stretch, card.sharpen
        self.register_buffer("mean", torch.tensor(card.mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(card.std).view(1, -1, 1, 1), persistent=False)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Run the net: faces as the card says, float32 NxCxSxS, 0-255, to logits NxK."""
        x = stretched(faces) if self.stretch else faces
        x = sharpened(x) if self.sharpen else x
        x = (x - self.mean) / self.std
        if self.resize:
            x = F.interpolate(x, size=(self.size, self.size), mode="bilinear", align_corners=False)
        if self.grey_to_rgb:
            x = x.expand(-1, 3, -1, -1)
        logits: torch.Tensor = self.net(x.contiguous(memory_format=torch.channels_last))
        return logits


FLAT, FULL = 110.0, 200.0
"""A face whose grey levels span less than FLAT of 255 is stretched, the more the flatter it is, to FULL at most."""

BLOCKS = 16
"""Blocks along a side whose means tell how flat a face is. The pixels' percentiles say the same, but are dear to find:
ONNX Runtime's CUDA (1.31) sorts each face in one block of threads, step by step."""


def stretched(faces: torch.Tensor) -> torch.Tensor:
    """Stretch the grey levels of flat faces, as they come from the dark, from fog or against the light.

    A face's span is that between the brightest and the darkest of its BLOCKS x BLOCKS blocks, over all channels: a
    pixel alone says little. One of FLAT or more stays as it is, and nothing jumps there: whoever walks into a shadow is
    not judged by two different pictures.

    Args:
        faces: float32 NxCxSxS, 0-255.

    Returns:
        float32 NxCxSxS, 0-255.
    """
    blocks = F.avg_pool2d(faces, max(1, faces.shape[-1] // BLOCKS))
    high, low = blocks.amax(dim=(1, 2, 3)), blocks.amin(dim=(1, 2, 3))
    span = high - low
    flat = (1 - span / FLAT).clamp(min=0)  # 0: a face with contrast, 1: one even level
    gain = (FULL * flat + FLAT * (1 - flat)).clamp(min=span) / span.clamp(min=8)
    gain = torch.where(flat > 0, gain, torch.ones_like(gain))[:, None, None, None]
    middle = ((high + low) / 2)[:, None, None, None]
    moved = middle + flat[:, None, None, None] * (127.5 - middle)
    return torch.where(gain > 1, ((faces - middle) * gain + moved).clamp(0, 255), faces)


SOFT, SOFTEST = 0.08, 0.04
"""A face whose grey levels bend, from pixel to pixel, by less than SOFT of their deviation is sharpened, the more the
softer it is, and fully from SOFTEST on. None of PublicTest is; of those blurred by .06 of their side two thirds are."""

STRENGTH, AROUND = 2.0, 7
"""Sharpening adds to a pixel up to STRENGTH times what it differs by from the AROUND x AROUND about it."""


def sharpened(faces: torch.Tensor) -> torch.Tensor:
    """Sharpen blurred faces, as they come from motion and from cameras that are out of focus ("unsharp masking").

    A face that is sharp stays as it is to the bit, and nothing jumps where sharpening begins.

    Args:
        faces: float32 NxCxSxS, 0-255; S about 48.

    Returns:
        float32 NxCxSxS, 0-255.
    """
    # First powers alone, and no convolution: it holds in half precision, and isn't quantised with the net's.
    bends = (faces.diff(n=2, dim=2).abs().mean(dim=(1, 2, 3)) + faces.diff(n=2, dim=3).abs().mean(dim=(1, 2, 3))) / 2
    deviation = (faces - faces.mean(dim=(1, 2, 3), keepdim=True)).abs().mean(dim=(1, 2, 3))
    soft = ((SOFT - bends / deviation.clamp(min=4)) / (SOFT - SOFTEST)).clamp(0, 1)  # 0: a sharp face
    about = F.avg_pool2d(faces, AROUND, stride=1, padding=AROUND // 2, count_include_pad=False)
    return (faces + STRENGTH * soft[:, None, None, None] * (faces - about)).clamp(0, 255)
