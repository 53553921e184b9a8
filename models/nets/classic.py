"""The nets of the student projects that emojicam grew out of, as their authors describe them.

Each takes normalised pictures and gives logits. Channels are RGB; grey data sets are shown three times over.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from emojicam.models.registry import register


def _stack(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


@register(
    "cnn3",
    channels=3,
    size=48,
    parameters=422_375,
    classes=7,
    about="three 2x2 convolutions of 32 channels and two dense layers, 48x48 RGB",
)
def cnn3(classes: int) -> nn.Module:
    """A net of three convolutions, each with a pool, and two dense layers: 800 to 512 to the classes."""
    blocks: list[nn.Module] = []
    for before in (3, 32, 32):
        blocks += [nn.Conv2d(before, 32, 2), nn.ReLU(), nn.MaxPool2d(2)]
    return _stack(*blocks, nn.Flatten(), nn.Linear(800, 512), nn.ReLU(), nn.Linear(512, classes))


class Bottleneck(nn.Module):
    """A residual block: 1x1, 3x3 and 1x1 convolutions with batch norm, beside a shortcut.

    A projecting block halves the picture by max-pooling. Unlike that of He et al. 2016 it strides nowhere: a 2x2
    max-pool follows its first convolution and the shortcut's.
    """

    def __init__(self, before: int, filters: tuple[int, int, int], project: bool) -> None:
        super().__init__()
        first, second, third = filters
        self.project = project
        self.conv1, self.norm1 = nn.Conv2d(before, first, 1), nn.BatchNorm2d(first)
        self.conv2, self.norm2 = nn.Conv2d(first, second, 3, padding=1), nn.BatchNorm2d(second)
        self.conv3, self.norm3 = nn.Conv2d(second, third, 1), nn.BatchNorm2d(third)
        self.shortcut = _stack(nn.Conv2d(before, third, 1), nn.MaxPool2d(2), nn.BatchNorm2d(third)) if project else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the block: NxCxHxW to Nx`filters[2]`xHxW, or half the size if projecting."""
        y = self.conv1(x)
        if self.project:
            y = F.max_pool2d(y, 2)
        y = F.relu(self.norm1(y))
        y = F.relu(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


@register(
    "residual5",
    channels=1,
    size=48,
    parameters=1_165_445,
    statistics=8_576,
    classes=5,
    about="two stages of residual bottleneck blocks, 48x48 grey, He-normal weights",
)
def residual5(classes: int) -> nn.Module:
    """A residual net: stem, three bottlenecks of (64, 64, 256), three of (128, 128, 512), average pool, dense."""
    layers: list[nn.Module] = [
        nn.ZeroPad2d(3),
        nn.Conv2d(1, 64, 7, stride=2),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]
    before = 64
    for filters in ((64, 64, 256), (128, 128, 512)):
        for number in range(3):
            layers.append(Bottleneck(before, filters, project=number == 0))
            before = filters[2]
    net = _stack(*layers, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(512, classes))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return net


@register(
    "alexnet",
    channels=3,
    size=227,
    parameters=58_310_023,
    classes=7,
    about="AlexNet (Krizhevsky et al. 2012) in one column, 227x227 RGB",
)
def alexnet(classes: int) -> nn.Module:
    """AlexNet's five convolutions and three dense layers, with dropout."""
    return _stack(
        nn.Conv2d(3, 96, 11, stride=4),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(9216, 4096),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, classes),
    )


@register(
    "basic1",
    channels=3,
    size=224,
    parameters=1_029_516,
    classes=8,
    about="two 5x5 convolutions and three dense layers, 224x224 RGB",
)
def basic1(classes: int) -> nn.Module:
    """A net of LeNet's shape at 224 px: two convolutions, each with a pool, then 8464 to 120 to 84 to the classes."""
    return _stack(
        nn.Conv2d(3, 6, 5),
        nn.ReLU(),
        nn.MaxPool2d(3),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(3),
        nn.Flatten(),
        nn.Linear(8464, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )


@register(
    "basic2",
    channels=3,
    size=224,
    parameters=3_593_672,
    classes=8,
    about="four 5x5 convolutions of 64 channels and two dense layers, 224x224 RGB",
)
def basic2(classes: int) -> nn.Module:
    """A net of four convolutions, each with a pool, the last two with dropout, then 6400 to 512 to the classes."""
    layers: list[nn.Module] = []
    for number, before in enumerate((3, 64, 64, 64)):
        layers += [nn.Conv2d(before, 64, 5), nn.ReLU(), nn.MaxPool2d(2)]
        if number >= 2:
            layers.append(nn.Dropout(0.5))
    return _stack(*layers, nn.Flatten(), nn.Linear(6400, 512), nn.ReLU(), nn.Linear(512, classes))


@register(
    "newbase",
    channels=3,
    size=224,
    parameters=2_423_560,
    classes=8,
    about="two pairs of 5x5 convolutions (64, 128, 192, 192) and one dense layer, 224x224 RGB",
)
def newbase(classes: int) -> nn.Module:
    """A net of two pairs of convolutions, each pair with pool and dropout, then 84672 to the classes."""
    return _stack(
        nn.Conv2d(3, 64, 5),
        nn.ReLU(),
        nn.Conv2d(64, 128, 5),
        nn.ReLU(),
        nn.MaxPool2d(3),
        nn.Dropout(0.1),
        nn.Conv2d(128, 192, 5),
        nn.ReLU(),
        nn.Conv2d(192, 192, 5),
        nn.ReLU(),
        nn.MaxPool2d(3),
        nn.Dropout(0.1),
        nn.Flatten(),
        nn.Linear(84_672, classes),
    )
