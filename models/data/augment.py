"""Random changes to whole batches of faces, as tensors: what the stream will meet and the data set does not show.

What covers a face is drawn first, so that it turns with it; framing (shift, scale, roll, mirror) is one affine grid;
light, resolution, noise and a covered part follow. All is computed where the faces are, and nothing waits for a result:
on a GPU the steps queue up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from emojicam.models.data import degrade, occlude

TOGETHER = 128
"""Faces of which those that are brought to a lower resolution share one width: each width is a launch of its own."""


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
        squeeze: Largest share of its width that a face loses, as one that is turned aside shows it.
        rims: Share of each batch that is given glasses.
        shades: The same, sunglasses.
        mask: The same, a mask over mouth and chin.
        hand: The same, a hand before the face.
        far: Share of each batch that is brought to 12-32 px and back.
        smear: Share of each batch that is blurred by motion or for want of focus.
        dark: Share of each batch that is left in the dark, down to a twentieth of its light, with noise.
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
    squeeze: float = 0.0
    rims: float = 0.0
    shades: float = 0.0
    mask: float = 0.0
    hand: float = 0.0
    far: float = 0.0
    smear: float = 0.0
    dark: float = 0.0

    def __call__(
        self,
        images: torch.Tensor,
        matrices: torch.Tensor | None,
        rng: torch.Generator,
        host: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Change a batch of faces at random.

        Args:
            images: float32 NxCxSxS, grey levels 0-255.
            matrices: float32 Nx2x3 (picture px to crop px), or None.
            rng: Draws all chances, on the faces' device.
            host: Draws what Python must know, where `rng` is of another device than the CPU.

        Returns:
            float32 NxCxSxS, 0-255.
        """
        x = self._frame(self._occlude(images, matrices, rng), matrices, rng)
        if self.soften:
            x = self._blurred(x, rng)
        x = self._relight(x, rng)
        widths = max(1, len(x) // TOGETHER)
        if self.blur:
            small = (16, max(16, x.shape[3] * 3 // 4 - 1))
            x = _some(x, self.blur, rng, lambda some: degrade.coarse(some, host or rng, *small, groups=widths))
        x = _some(x, self.far, rng, lambda some: degrade.coarse(some, host or rng, 12, 32, groups=4 * widths))
        x = _some(x, self.smear, rng, lambda some: degrade.smeared(some, rng))
        if self.noise:
            sigma = _uniform(len(x), 0, 12, rng) * (_uniform(len(x), 0, 1, rng) < self.noise)
            x = x + torch.randn(x.shape, generator=rng, device=x.device) * sigma[:, None, None, None]
        if self.erase:
            x = self._cover(x, rng)
        return _some(x.clamp(0, 255), self.dark, rng, lambda some: degrade.darkened(some, rng))

    def _occlude(self, x: torch.Tensor, matrices: torch.Tensor | None, rng: torch.Generator) -> torch.Tensor:
        if matrices is None:
            matrices = torch.eye(2, 3, device=x.device).expand(len(x), 2, 3)
        shares = ((self.rims, occlude.glasses), (self.shades, occlude.shades))
        for share, draw in (*shares, (self.mask, occlude.masks), (self.hand, occlude.hands)):
            x = _some(x, share, rng, draw, matrices)
        return x

    def _frame(self, x: torch.Tensor, matrices: torch.Tensor | None, rng: torch.Generator) -> torch.Tensor:
        n, _, _, size = x.shape
        angle = _uniform(n, -self.roll, self.roll, rng) * math.pi / 180
        shear = _uniform(n, -self.shear, self.shear, rng) * math.pi / 180
        zoom = torch.exp(_uniform(n, -math.log(self.scale), math.log(self.scale), rng))
        flip = torch.where(_uniform(n, 0, 1, rng) < self.mirror, -1.0, 1.0)
        narrow = 1 / (1 - _uniform(n, 0, 1, rng) ** 2 * self.squeeze) if self.squeeze else torch.ones_like(zoom)
        # Output position (from the centre, px) -> input position; grid_sample wants the way back anyway.
        turn = torch.stack(
            [
                torch.stack([torch.cos(angle) * flip * narrow / zoom, (-torch.sin(angle) + shear) / zoom], 1),
                torch.stack([torch.sin(angle) * flip * narrow / zoom, torch.cos(angle) / zoom], 1),
            ],
            1,
        )
        moved = torch.stack([_uniform(n, -self.shift, self.shift, rng) for _ in range(2)], 1)
        if matrices is not None:
            back = _inverse_from_centre(matrices, size)
            use = (_uniform(n, 0, 1, rng) < self.align)[:, None, None]
            back = torch.where(use, back, torch.eye(2, 3, device=x.device).expand(n, 2, 3))
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
        across = torch.linspace(-1, 1, x.shape[3], device=x.device)[None, None, None, :]
        slope = 255 * _uniform(n, -self.light, self.light, rng)[:, None, None, None] / 3 * across
        x = 255 * (x / 255).clamp(0, 1) ** power
        return (x - 128) * contrast + 128 + level + slope

    def _cover(self, x: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        n, _, _, size = x.shape
        half_w, half_h = (_uniform(n, 0.1 * size, 0.4 * size, rng)[:, None, None, None] / 2 for _ in range(2))
        cx, cy = (_uniform(n, 0, size, rng)[:, None, None, None] for _ in range(2))
        ys = torch.arange(size, device=x.device)[None, None, :, None]
        xs = torch.arange(size, device=x.device)[None, None, None, :]
        inside = ((xs - cx).abs() < half_w) & ((ys - cy).abs() < half_h)
        inside = inside & (_uniform(n, 0, 1, rng) < self.erase)[:, None, None, None]
        return torch.where(inside, 255 * torch.rand(n, 1, 1, 1, generator=rng, device=x.device), x)


NOTHING = Augment(shift=0, scale=1, roll=0, shear=0, mirror=0, align=0, light=0, gamma=1, blur=0, noise=0, erase=0)
"""No change at all: the faces stay as they are."""


def _some(
    x: torch.Tensor,
    share: float,
    rng: torch.Generator,
    change: Callable[..., torch.Tensor],
    matrices: torch.Tensor | None = None,
) -> torch.Tensor:
    """Change a share of a batch, chosen at random: a number that is known beforehand, so that no device is asked."""
    count = round(share * len(x))
    if not count:
        return x
    chosen = torch.randperm(len(x), generator=rng, device=rng.device)[:count]
    changed = change(x[chosen]) if matrices is None else change(x[chosen], matrices[chosen], rng)
    return x.index_copy(0, chosen, changed)


def _uniform(n: int, low: float, high: float, rng: torch.Generator) -> torch.Tensor:
    return low + (high - low) * torch.rand(n, generator=rng, device=rng.device)


def _inverse_from_centre(matrices: torch.Tensor, size: int) -> torch.Tensor:
    """The transforms from crop to picture position, both measured from the centre of a `size` px square."""
    a, t = matrices[:, :, :2], matrices[:, :, 2:]
    inverse = torch.linalg.inv(a)
    # (size - 1) / 2: the transforms count pixel centres from 0.
    c = torch.full((1, 2, 1), (size - 1) / 2, device=matrices.device)
    return torch.cat([inverse, inverse @ (c - t) - c], 2)
