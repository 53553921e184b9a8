"""Do to whole batches of faces what cameras do: too few pixels, motion and poor focus, darkness.

Each takes float32 NxCxSxS, grey levels 0-255, and a generator that draws all chances, on the same device.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

WIDEST = 15
"""Width of the kernels that smear a face, px: odd."""


Draw = Callable[[float, float], torch.Tensor]
"""A function that draws a value for each face, evenly between two bounds: float32 Nx1x1."""


def draws(n: int, rng: torch.Generator) -> Draw:
    """A function that draws values for `n` faces, where `rng` is."""

    def draw(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, generator=rng, device=rng.device)

    return draw


def coarse(x: torch.Tensor, rng: torch.Generator, smallest: int, largest: int, groups: int = 1) -> torch.Tensor:
    """Lower the resolution and enlarge again, as the crop of a face that is far away is made.

    Args:
        x: The faces.
        rng: Draws the widths, on the CPU.
        smallest: Least width in px that they are brought to.
        largest: The largest.
        groups: How many widths are drawn; faces that lie together share one.
    """
    size = x.shape[3]
    sizes = torch.randint(smallest, max(smallest + 1, largest + 1), (groups,), generator=rng)
    parts = []
    for part, small in zip(x.tensor_split(groups), sizes.tolist(), strict=True):
        if len(part):
            lower = F.interpolate(part, size=(small, small), mode="area")
            part = F.interpolate(lower, size=(size, size), mode="bilinear", align_corners=False)
        parts.append(part)
    return torch.cat(parts)


def smeared(x: torch.Tensor, rng: torch.Generator, most: float = 0.08) -> torch.Tensor:
    """Blur by motion along a line, or for want of focus evenly.

    Args:
        x: The faces.
        rng: Draws all chances.
        most: The largest standard deviation of a Gaussian, as a share of the picture's side; a line is at most three
            and a half times as long, which has the same deviation.
    """
    n, channels, _, size = x.shape
    width = min(WIDEST, size - 1 - size % 2)
    draw = draws(n, rng)
    sigma, turn = draw(0.01, most) * size, draw(0, math.pi)
    places = torch.arange(width, device=x.device) - width // 2
    px, py = places[None, None, :], places[None, :, None]
    along = px * torch.cos(turn) + py * torch.sin(turn)
    across = py * torch.cos(turn) - px * torch.sin(turn)
    line = (0.5 + sigma * math.sqrt(3) - along.abs()).clamp(0, 1) * (1 - across.abs()).clamp(0, 1)
    even = torch.exp(-(px**2 + py**2) / (2 * sigma**2))
    kernel = torch.where(draw(0, 1) < 0.5, line, even)
    kernel = (kernel / kernel.sum((1, 2), keepdim=True)).repeat_interleave(channels, 0)[:, None]
    padded = F.pad(x, (width // 2,) * 4, mode="replicate").flatten(0, 1)[None]
    return F.conv2d(padded, kernel, groups=n * channels).view(n, channels, size, size)


def darkened(x: torch.Tensor, rng: torch.Generator, least: float = 0.05) -> torch.Tensor:
    """Take light away, down to `least`, with the noise of few photons and of reading them, in whole levels.

    Photon noise grows with the root of what is left (Poisson), that of reading is even (Foi et al. 2008).
    """
    draw = draws(len(x), rng)
    left = x * torch.exp(draw(math.log(least), math.log(0.6)))[..., None]
    read, photons = draw(0, 1.2)[..., None], draw(0, 0.25)[..., None]
    noise = torch.randn(x.shape, generator=rng, device=rng.device)
    return (left + noise * (read**2 + photons * left.clamp(min=0)).sqrt()).round().clamp(0, 255)
