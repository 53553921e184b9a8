"""From faces as a data set has them to what a net takes: normalised, grey as RGB, enlarged."""

from __future__ import annotations

import pytest
import torch

from emojicam.models import registry
from emojicam.models.card import Card, Crop
from emojicam.models.inputs import Normalised

LABELS = ("a", "b")


class Keeps(torch.nn.Module):
    """A net that keeps what it is given."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.given = x
        return x.flatten(1)[:, :2]


def given(card: Card, faces: torch.Tensor) -> torch.Tensor:
    net = Keeps()
    assert Normalised(net, card)(faces).shape == (len(faces), 2)
    return net.given


def faces(channels: int, size: int) -> torch.Tensor:
    return torch.rand(4, channels, size, size, generator=torch.Generator().manual_seed(0)) * 255


def test_levels_become_what_the_card_says() -> None:
    card = Card("mien", LABELS, mean=(129.0,), std=(65.0,))
    before = faces(1, 48)
    assert torch.allclose(given(card, before), (before - 129) / 65, atol=1e-6)


def test_each_channel_has_its_own_mean_and_deviation() -> None:
    size = registry.entry("cnn3").size
    card = Card("cnn3", LABELS, 3, Crop().at(size), mean=(100.0, 120.0, 140.0), std=(50.0, 60.0, 70.0))
    before = faces(3, size)
    after = given(card, before)
    for channel, (mean, std) in enumerate(zip(card.mean, card.std, strict=True)):
        assert torch.allclose(after[:, channel], (before[:, channel] - mean) / std, atol=1e-6)


def test_grey_faces_are_shown_to_a_net_of_rgb_three_times() -> None:
    entry = registry.entry("cnn3")
    assert entry.channels == 3
    card = Card("cnn3", LABELS, 1, Crop().at(entry.size))
    after = given(card, faces(1, entry.size))
    assert after.shape == (4, 3, entry.size, entry.size)
    assert torch.equal(after[:, 0], after[:, 1])
    assert torch.equal(after[:, 0], after[:, 2])


def test_small_faces_are_enlarged_to_what_the_net_takes() -> None:
    card = Card("mien", LABELS, crop=Crop().at(24))
    ramp = torch.linspace(0, 255, 24).expand(1, 1, 24, 24)
    after = given(card, ramp)
    assert after.shape == (1, 1, 48, 48)
    assert bool((after[0, 0].diff(dim=1) >= 0).all())
    assert float(after.mean()) == pytest.approx(0.5, abs=0.01)


def test_the_weights_that_are_kept_are_those_of_the_net_alone() -> None:
    card = Card("mien", LABELS, mean=(129.0,), std=(65.0,))
    net = registry.build("mien", 2)
    assert list(Normalised(net, card).state_dict()) == [f"net.{name}" for name in net.state_dict()]
