"""Things that cover a part of a face, drawn on whole batches as tensors: glasses, sunglasses, masks, hands.

All are drawn from distances in the face's own frame, whose origin is between the eyes and whose unit is their distance:
the eyes are at (-0.5, 0) and (0.5, 0), a mouth near (0, 1.1), a chin near (0, 1.8). Nothing is taken from pictures.
"""

from __future__ import annotations

import torch

from emojicam.models.card import Crop
from emojicam.models.data.degrade import Draw, draws


class Frame:
    """The place of each pixel of a batch in its face's own frame.

    Attributes:
        x: float32 NxSxS, to the image's right, in eye distances.
        y: The same, down.
        px: float32 Nx1x1, the size of a pixel in eye distances.
    """

    def __init__(self, size: int, matrices: torch.Tensor) -> None:
        """Lay the frames.

        Args:
            size: Width and height of the pictures in px.
            matrices: float32 Nx2x3, picture px to crop px.
        """
        crop = Crop().at(size)
        eyes = torch.tensor([crop.left_eye, crop.right_eye], device=matrices.device).T[None]
        eyes = torch.linalg.inv(matrices[:, :, :2]) @ (eyes - matrices[:, :, 2:])
        middle, across = eyes.mean(2), eyes[:, :, 1] - eyes[:, :, 0]
        between = across.norm(dim=1).clamp(min=1)
        ux, uy = (across / between[:, None] ** 2).T[:, :, None, None]
        places = torch.arange(size, device=matrices.device, dtype=torch.float32)
        dx = places[None, None, :] - middle[:, 0, None, None]
        dy = places[None, :, None] - middle[:, 1, None, None]
        self.x, self.y = dx * ux + dy * uy, dy * ux - dx * uy
        self.px = 1 / between[:, None, None]

    def inside(self, distance: torch.Tensor) -> torch.Tensor:
        """The share of each pixel, 0-1, that lies within a shape, by its signed distance (negative inside)."""
        found: torch.Tensor = (0.5 - distance / self.px).clamp(0, 1)
        return found


def glasses(x: torch.Tensor, matrices: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Draw rims on every face: round to square, thin to thick, dark or of metal, with a bridge, temples and glare.

    Args:
        x: float32 NxCxSxS, grey levels 0-255.
        matrices: float32 Nx2x3, picture px to crop px.
        rng: Draws all chances.
    """
    at, draw = Frame(x.shape[3], matrices), draws(len(x), rng)
    wide, high, apart, low = draw(0.28, 0.48), draw(0.2, 0.42), draw(0.46, 0.58), draw(-0.1, 0.2)
    lens = _lens(at, wide, high, apart, low, draw(2, 6))
    thick = draw(0.03, 0.15) * torch.where((at.y < low) | (draw(0, 1) < 0.7), 1.0, 0.4)  # some are open below
    metal = draw(0, 1) < 0.25
    level = torch.where(metal, draw(110, 240), draw(0, 80))
    rims = at.inside(lens.abs() - thick / 2)
    bridge = _capsule(at, wide - apart, low - draw(0, 0.12), apart - wide, draw(0.03, 0.1) / 2)
    sides = _temples(at, apart + wide, low, draw(-0.15, 0.15), draw(0.02, 0.1) / 2)
    drawn = torch.maximum(rims, torch.maximum(at.inside(bridge), at.inside(sides) * (draw(0, 1) < 0.7)))
    glass = at.inside(lens)
    tint = glass * draw(-0.3, 0.3).clamp(min=0)
    glare = glass * at.inside(_band(at, draw)) * (draw(0, 1) < 0.25) * draw(0.2, 0.8)
    x = _over(x, draw(0, 60), tint)
    x = _over(x, draw(200, 255), glare)
    return _over(x, level, drawn * draw(0.6, 1))


def shades(x: torch.Tensor, matrices: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Draw sunglasses on every face: nearly or quite dark, some lighter below, some with a reflection.

    Arguments as for `glasses`.
    """
    at, draw = Frame(x.shape[3], matrices), draws(len(x), rng)
    wide, high, apart, low = draw(0.34, 0.56), draw(0.24, 0.5), draw(0.48, 0.58), draw(-0.05, 0.22)
    lens = _lens(at, wide, high, apart, low, draw(2, 5))
    below = ((at.y - low) / high).clamp(-1, 1) * draw(-40, 60)
    x = _over(x, (draw(0, 60) + below).clamp(0, 255), at.inside(lens) * draw(0.7, 1))
    shine = at.inside(lens) * at.inside(_band(at, draw)) * (draw(0, 1) < 0.4) * draw(0.1, 0.6)
    x = _over(x, draw(120, 255), shine)
    bridge = _capsule(at, wide - apart, low - draw(0, 0.15), apart - wide, draw(0.05, 0.16) / 2)
    sides = _temples(at, apart + wide, low, draw(-0.15, 0.15), draw(0.04, 0.2) / 2)
    rims = at.inside(lens.abs() - draw(0, 0.12) / 2)
    drawn = torch.maximum(rims, torch.maximum(at.inside(bridge), at.inside(sides)))
    return _over(x, draw(0, 70), drawn * draw(0.7, 1))


def masks(x: torch.Tensor, matrices: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Draw a mask over mouth, chin and often the nose of every face: light or dark, with folds and straps.

    Arguments as for `glasses`.
    """
    at, draw = Frame(x.shape[3], matrices), draws(len(x), rng)
    top, wide, end = draw(0.2, 0.8), draw(0.75, 1.25), draw(1.6, 2.3)
    upper = top + draw(-0.15, 0.5) * at.x.abs() - at.y
    side = at.x.abs() - wide * (1 - draw(0, 0.35) * (at.y - top).clamp(min=0))
    round_ = torch.hypot(at.x / wide, (at.y - top) / (end - top)) - draw(1, 1.3)
    shape = torch.stack([upper, side, at.y - end, round_]).amax(0)
    folds = draw(0, 14) * torch.sin(at.y * draw(6, 26) + draw(0, 6))
    shaded = draw(-40, 40) * at.x + draw(-40, 20) * (at.y - top)
    level = torch.where(draw(0, 1) < 0.65, draw(130, 255), draw(0, 110))
    covered = at.inside(shape)
    strap = (at.y - top - draw(-0.3, 0.3) * (at.x.abs() - wide) - draw(0.05, 0.3)).abs() - draw(0.02, 0.07) / 2
    strap = at.inside(torch.maximum(strap, wide - 0.1 - at.x.abs())) * (draw(0, 1) < 0.6)
    covered = torch.maximum(covered, strap)
    return _over(x, (level + folds + shaded).clamp(0, 255), covered)


def hands(x: torch.Tensor, matrices: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Lay a hand or some fingers, as bright as the face itself, over a part of every face, oftenest the lower one.

    Arguments as for `glasses`.
    """
    at, draw = Frame(x.shape[3], matrices), draws(len(x), rng)
    cx, cy, turn = draw(-1.1, 1.1), draw(-0.4, 1.7), draw(-3.1416, 3.1416)
    cos, sin = torch.cos(turn), torch.sin(turn)
    along = (at.x - cx) * cos + (at.y - cy) * sin
    over = (at.y - cy) * cos - (at.x - cx) * sin
    finger, fan, count = draw(0.2, 0.34), draw(-0.12, 0.12), draw(1, 5).floor()
    rank = (over / finger).round().clamp(-(count / 2).floor(), (count / 2).floor())
    reach = draw(0.5, 1.4) - 0.06 * rank**2
    off = over - rank * finger * (1 + fan * along)
    fingers = torch.hypot(off, (along.abs() - reach).clamp(min=0)) - finger * 0.5
    palm = torch.hypot((along + 1.2) / 0.9, over / (finger * (count / 2 + 0.5))) - 1
    shape = torch.minimum(fingers, torch.where(draw(0, 1) < 0.5, palm, torch.full_like(palm, 9.0)))
    skin = x.mean((1, 2, 3))[:, None, None] * draw(0.75, 1.3)
    edge = (-shape / 0.12).clamp(0, 1)  # darker where fingers meet and end
    level = (skin * (0.72 + 0.28 * edge) + draw(-25, 25) * along).clamp(0, 255)
    return _over(x, level, at.inside(shape))


def _lens(
    at: Frame, wide: torch.Tensor, high: torch.Tensor, apart: torch.Tensor, low: torch.Tensor, power: torch.Tensor
) -> torch.Tensor:
    """Signed distance to the nearer of two superellipses: half their width and height, half their distance, height."""
    dx, dy = (at.x.abs() - apart).abs() / wide, (at.y - low).abs() / high
    found: torch.Tensor = ((dx**power + dy**power + 1e-9) ** (1 / power) - 1) * torch.minimum(wide, high)
    return found


def _capsule(
    at: Frame, start: torch.Tensor, height: torch.Tensor, end: torch.Tensor, radius: torch.Tensor
) -> torch.Tensor:
    """Signed distance to a level line from `start` to `end`, with round ends."""
    beyond = torch.maximum(start - at.x, at.x - end).clamp(min=0)
    return torch.hypot(beyond, at.y - height) - radius


def _temples(
    at: Frame, start: torch.Tensor, height: torch.Tensor, slope: torch.Tensor, radius: torch.Tensor
) -> torch.Tensor:
    """Signed distance to the two lines that lead from the lenses to the ears."""
    past = at.x.abs() - start
    return torch.maximum((at.y - height - slope * past).abs() - radius, torch.maximum(-past, past - 0.8))


def _band(at: Frame, draw: Draw) -> torch.Tensor:
    """Signed distance to a slanting band somewhere across the eyes."""
    turn = draw(0.4, 1.2)
    found: torch.Tensor = ((at.x - draw(-0.9, 0.9)) * torch.cos(turn) + at.y * torch.sin(turn)).abs() - draw(0.03, 0.15)
    return found


def _over(x: torch.Tensor, level: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Paint grey levels (NxSxS or Nx1x1) over pictures, by the share of each pixel that is covered (NxSxS)."""
    return torch.lerp(x, level[:, None].expand_as(x), share[:, None].expand_as(x))
