"""VGG19 (Simonyan and Zisserman 2015) with a head of its own, for transfer from ImageNet."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from emojicam.errors import InputError, UsageError
from emojicam.models.registry import register
from emojicam.models.torchfiles import read_torch_file

CONFIGURATION = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512, 0)
"""Channels of each convolution; 0 is a max-pool. This is "E" of the paper's table 1."""


class Vgg19(nn.Module):
    """VGG19's convolutions, named as in torchvision's published file, then average pool and two dense layers."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in CONFIGURATION:
            if width:
                layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
                before = width
            else:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(512, 256),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(256, classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the net: normalised faces, float32 Nx3x48x48, to logits Nxclasses."""
        logits: torch.Tensor = self.head(self.features(x))
        return logits

    def load_imagenet(self, path: Path) -> None:
        """Take the convolutions' weights from torchvision's `vgg19-*.pth`. Nothing in the file is executed.

        Raises:
            UsageError: The file isn't there.
            InputError: It isn't that file.
        """
        if not path.is_file():
            raise UsageError(f"{path}: no such file; torchvision publishes it as vgg19-dcbb9e9d.pth")
        weights = read_torch_file(path, "torchvision's VGG19")
        try:
            wanted = {name: weights[f"features.{name}"] for name in self.features.state_dict()}
            self.features.load_state_dict(wanted)
        except Exception as error:
            raise InputError(f"{path}: not torchvision's VGG19") from error


@register(
    "vgg19",
    channels=3,
    size=48,
    parameters=20_157_511,
    classes=7,
    about="VGG19 for transfer from ImageNet, 48x48 RGB",
)
def vgg19(classes: int) -> Vgg19:
    """A VGG19 with random weights; `load_imagenet` brings the published ones."""
    return Vgg19(classes)
