"""Random changes to whole batches of faces, as tensors: what the stream will meet and the data set does not show.

Framing (shift, scale, roll, mirror) is one affine grid; light, resolution, noise and a covered part follow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Augment:
    """The amounts by which a batch of faces is changed; each amount is the largest, drawn evenly unless said otherwise.

    Attributes:
        shift: Px, across and down.
        scale: Factor; 1.2 means from 1/1.2 to 1.2.
        roll: Degrees.
        shear: Degrees.
        mirror: Chance of left-right exchange.
        align: Chance that a face is first brought to the crop by its eyes, as the stream does, where they are known.
        light: Contrast and brightness, as a share of the full range.
        gamma: Exponent's spread; 1.5 means from 1/1.5 to 1.5.
        blur: Chance of a lower resolution (down to 16 px) and back.
        noise: Chance of sensor noise (standard deviation to 12 levels).
        erase: Chance that a rectangle (up to 40 % of each side) is painted over.
        outside: Chance that beyond the picture's border there is a flat level, not the border repeated: a data set's
            pictures end close to the face, the stream's do not.
        soften: Chance of a slight blur (1-2-1 both ways, to any degree), as turning and scaling a face leaves it.
    """

    shift: float = 4
    scale: float = 1.2
    roll: float = 15
    shear: float = 6
    mirror: float = 0.5
    align: float = 0.5
    light: float = 0.25
    gamma: float = 1.5
    blur: float = 0.15
    noise: float = 0.15
    erase: float = 0.25
    outside: float = 0.0
    soften: float = 0.0

    def __call__(self, images: torch.Tensor, matrices: torch.Tensor | None, rng: torch.Generator) -> torch.Tensor:
        """Change a batch of faces at random.

        Args:
            images: float32 NxCxSxS, grey levels 0-255.
            matrices: float32 Nx2x3 (picture px to crop px), or None.
            rng: Draws all chances.

        Returns:
            float32 NxCxSxS, 0-255.
        """
        x = self._frame(images, matrices, rng)
        if self.soften:
            x = self._blurred(x, rng)
        x = self._relight(x, rng)
        if self.blur:
            x = self._lower(x, rng)
        if self.noise:
            sigma = _uniform(len(x), 0, 12, rng) * (_uniform(len(x), 0, 1, rng) < self.noise)
            x = x + torch.randn(x.shape, generator=rng) * sigma[:, None, None, None]
        if self.erase:
            x = self._cover(x, rng)
        return x.clamp(0, 255)

    def _frame(self, x: torch.Tensor, matrices: torch.Tensor | None, rng: torch.Generator) -> torch.Tensor:
        n, _, _, size = x.shape
        angle = _uniform(n, -self.roll, self.roll, rng) * math.pi / 180
        shear = _uniform(n, -self.shear, self.shear, rng) * math.pi / 180
        zoom = torch.exp(_uniform(n, -math.log(self.scale), math.log(self.scale), rng))
        flip = torch.where(_uniform(n, 0, 1, rng) < self.mirror, -1.0, 1.0)
        # Output position (from the centre, px) -> input position; grid_sample wants the way back anyway.
        turn = torch.stack(
            [
                torch.stack([torch.cos(angle) * flip / zoom, (-torch.sin(angle) + shear) / zoom], 1),
                torch.stack([torch.sin(angle) * flip / zoom, torch.cos(angle) / zoom], 1),
            ],
            1,
        )
        moved = torch.stack([_uniform(n, -self.shift, self.shift, rng) for _ in range(2)], 1)
        if matrices is not None:
            back = _inverse_from_centre(matrices, size)
            use = (_uniform(n, 0, 1, rng) < self.align)[:, None, None]
            back = torch.where(use, back, torch.eye(2, 3).expand(n, 2, 3))
            moved = (back[:, :, :2] @ moved[:, :, None] + back[:, :, 2:]).squeeze(2)
            turn = back[:, :, :2] @ turn
        # In grid_sample's units the picture spans -1 to 1.
        theta = torch.cat([turn, (moved * 2 / size)[:, :, None]], 2)
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        framed = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
        if not self.outside:
            return framed
        beyond = (grid.abs() > 1).any(3)[:, None] & (_uniform(n, 0, 1, rng) < self.outside)[:, None, None, None]
        return torch.where(beyond, _uniform(n, 0, 255, rng)[:, None, None, None], framed)

    def _blurred(self, x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
        across = (padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]) / 4
        soft = (across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]) / 4
        degree = _uniform(len(x), 0, 1, rng) * (_uniform(len(x), 0, 1, rng) < self.soften)
        return torch.lerp(x, soft, degree[:, None, None, None])

    def _relight(self, x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        n = len(x)
        contrast = 1 + _uniform(n, -self.light, self.light, rng)[:, None, None, None]
        level = 255 * _uniform(n, -self.light, self.light, rng)[:, None, None, None] / 2
        power = torch.exp(_uniform(n, -math.log(self.gamma), math.log(self.gamma), rng))[:, None, None, None]
        # A slope across the face is a lamp at the side.
        across = torch.linspace(-1, 1, x.shape[3])[None, None, None, :]
        slope = 255 * _uniform(n, -self.light, self.light, rng)[:, None, None, None] / 3 * across
        x = 255 * (x / 255).clamp(0, 1) ** power
        return (x - 128) * contrast + 128 + level + slope

    def _lower(self, x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        size = x.shape[3]
        chosen = torch.nonzero(_uniform(len(x), 0, 1, rng) < self.blur).flatten()
        if len(chosen):
            small = int(torch.randint(16, max(17, size * 3 // 4), (1,), generator=rng))
            lower = F.interpolate(x[chosen], size=(small, small), mode="area")
            x = x.index_copy(0, chosen, F.interpolate(lower, size=(size, size), mode="bilinear", align_corners=False))
        return x

    def _cover(self, x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        n, _, _, size = x.shape
        half_w, half_h = (_uniform(n, 0.1 * size, 0.4 * size, rng)[:, None, None, None] / 2 for _ in range(2))
        cx, cy = (_uniform(n, 0, size, rng)[:, None, None, None] for _ in range(2))
        ys = torch.arange(size)[None, None, :, None]
        xs = torch.arange(size)[None, None, None, :]
        inside = ((xs - cx).abs() < half_w) & ((ys - cy).abs() < half_h)
        inside = inside & (_uniform(n, 0, 1, rng) < self.erase)[:, None, None, None]
        return torch.where(inside, 255 * torch.rand(n, 1, 1, 1, generator=rng), x)


def _uniform(n: int, low: float, high: float, rng: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(n, generator=rng)


def _inverse_from_centre(matrices: torch.Tensor, size: int) -> torch.Tensor:
    """The transforms from crop to picture position, both measured from the centre of a `size` px square."""
    a, t = matrices[:, :, :2], matrices[:, :, 2:]
    inverse = torch.linalg.inv(a)
    # (size - 1) / 2: the transforms count pixel centres from 0.
    c = torch.full((1, 2, 1), (size - 1) / 2)
    return torch.cat([inverse, inverse @ (c - t) - c], 2)
