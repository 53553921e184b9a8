"""VGG19 with the weights that torchvision gives away."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from emojicam.errors import InputError
from emojicam.models import registry


def test_imagenet_weights_are_taken_from_torchvisions_file_layout(tmp_path: Path) -> None:
    theirs = registry.build("vgg19")
    weights = {f"features.{name}": value for name, value in theirs.features.state_dict().items()}
    torch.save(weights | {"classifier.0.weight": torch.zeros(1)}, tmp_path / "vgg19-dcbb9e9d.pth")
    ours = registry.build("vgg19")
    ours.load_imagenet(tmp_path / "vgg19-dcbb9e9d.pth")
    assert torch.equal(ours.features[0].weight, theirs.features[0].weight)
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="not torchvision's VGG19"):
        ours.load_imagenet(tmp_path / "other.pth")
