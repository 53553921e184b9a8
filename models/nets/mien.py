"""Our own net: a narrow residual net with squeeze-and-excitation, made for 48x48 grey faces on one CPU core.

Residual blocks after He et al. 2016 (with the average-pooled shortcut of "ResNet-D", He et al. 2019), channel
attention after Hu et al. 2018.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from emojicam.models.registry import register


class SqueezeExcite(nn.Module):
    """A layer that weighs the channels of its input by what the whole face shows (Hu et al. 2018)."""

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1)
        self.excite = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the channels of features, NxCxHxW; the shape stays."""
        weights = F.relu(self.squeeze(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.excite(weights))


class Block(nn.Module):
    """A residual block: two 3x3 convolutions, channel attention, and a shortcut; `stride` 2 halves the picture."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        self.attend = SqueezeExcite(after)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            pool = nn.AvgPool2d(stride) if stride != 1 else nn.Identity()
            self.shortcut = nn.Sequential(pool, nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))
        # Each block starts as its shortcut, which lets a deep stack learn from the first step.
        nn.init.zeros_(self.norm2.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the block: NxCxHxW to Nx`after`xH/`stride`xW/`stride`."""
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.attend(self.norm2(self.conv2(y)))
        return F.relu(self.shortcut(x) + y)


class Mien(nn.Module):
    """A residual net: stem at full size, four stages at 24, 12, 6 and 3 px, average pool, dropout, dense."""

    def __init__(
        self,
        classes: int,
        widths: tuple[int, ...] = (32, 64, 128, 256),
        depths: tuple[int, ...] = (2, 2, 2, 1),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)
        )
        blocks: list[nn.Module] = []
        before = widths[0]
        for width, depth in zip(widths, depths, strict=True):
            for number in range(depth):
                blocks.append(Block(before, width, stride=2 if number == 0 else 1))
                before = width
        self.stages = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(before, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the net: normalised faces, float32 Nx1x48x48, to logits Nxclasses."""
        features = self.stages(self.stem(x)).mean((2, 3))
        logits: torch.Tensor = self.head(self.dropout(features))
        return logits


@register(
    "mien",
    channels=1,
    size=48,
    parameters=1_644_864,
    statistics=3_840,
    classes=8,
    about="ours: residual 32-64-128-256 with squeeze-and-excitation, 69 MMAC",
)
def mien(classes: int) -> Mien:
    """The project's default net, with random weights."""
    return Mien(classes)


@register(
    "mien-wide",
    channels=1,
    size=48,
    parameters=11_352_248,
    statistics=9_728,
    classes=8,
    about="ours, twice as wide: a teacher for a GPU, 315 MMAC",
)
def mien_wide(classes: int) -> Mien:
    """A teacher of the default net, with random weights."""
    return Mien(classes, (64, 128, 256, 512), (2, 2, 2, 2))
