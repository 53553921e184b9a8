"""From faces as a data set has them to what a net takes: normalised, grey as RGB, enlarged."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from emojicam.models import registry
from emojicam.models.card import Card, Crop
from emojicam.models.inputs import FLAT, FULL, Normalised, sharpened, stretched

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


def span(picture: torch.Tensor) -> float:
    return float(picture.max() - picture.min())


def test_a_face_with_contrast_stays_as_it_is_to_the_bit() -> None:
    bright = faces(1, 48)
    assert torch.equal(stretched(bright), bright)


@pytest.mark.parametrize(("channels", "size"), [(1, 48), (3, 48), (1, 20), (3, 224)])
@pytest.mark.parametrize("middle", [20, 128, 240])
def test_a_flat_face_spans_more_about_the_middle(channels: int, size: int, middle: int) -> None:
    ramp = torch.linspace(middle - 10, middle + 10, size).expand(1, channels, size, size)
    after = stretched(ramp)
    assert 6 * span(ramp) < span(after) <= FULL
    assert abs(float(after.mean()) - 127.5) < abs(middle - 127.5) / 4 + 4
    assert bool((after.diff(dim=3) > 0).all())


def test_stretching_begins_without_a_jump_and_each_face_has_its_own() -> None:
    rows = [torch.linspace(0, wide, 48).expand(1, 1, 48, 48) for wide in range(140, 20, -1)]
    together = stretched(torch.cat(rows))
    for row, after in zip(rows, together, strict=True):
        assert torch.equal(stretched(row)[0], after)
    gains = [span(after) / span(row) for row, after in zip(rows, together, strict=True)]
    assert gains[0] == 1
    assert span(rows[-1]) < FLAT
    assert gains[-1] > 6
    assert max(abs(b - a) for a, b in pairwise(gains)) < 0.5


def test_a_pixel_alone_does_not_keep_a_face_in_the_dark() -> None:
    dark = torch.linspace(5, 25, 48).expand(1, 1, 48, 48).clone()
    without = stretched(dark)
    dark[0, 0, 30, 20] = 120
    assert span(stretched(dark)[..., :20, :]) > 0.6 * span(without[..., :20, :])


def test_an_even_face_stays_even() -> None:
    assert span(stretched(torch.full((1, 1, 48, 48), 3.0))) == 0


def edges(*, softened: float = 0.0, level: float = 1.0) -> torch.Tensor:
    """Squares of six pixels, of any grey, as sharp as pixels are or blurred: float32 1x1x48x48."""
    greys = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 180 + 40
    picture = greys.repeat_interleave(6, 2).repeat_interleave(6, 3)
    if softened:
        steps = torch.arange(-12, 13).float()
        bell = torch.exp(-(steps**2) / (2 * softened**2))
        bell = (bell / bell.sum()).view(1, 1, 1, -1)
        padded = torch.nn.functional.pad(picture, (12,) * 4, mode="replicate")
        picture = torch.conv2d(torch.conv2d(padded, bell), bell.transpose(2, 3))
    return 128 + (picture - 128) * level


@pytest.mark.parametrize("picture", [edges(), edges(softened=1), edges(level=0.2), torch.full((1, 1, 48, 48), 77.0)])
def test_what_is_sharp_or_even_stays_as_it_is_to_the_bit(picture: torch.Tensor) -> None:
    assert torch.equal(sharpened(picture), picture)


@pytest.mark.parametrize("level", [1.0, 0.3])
def test_a_blurred_face_is_nearer_to_the_sharp_one_afterwards(level: float) -> None:
    sharp, blurred = edges(level=level), edges(softened=3, level=level)
    after = sharpened(blurred)
    assert float((after - sharp).abs().mean()) < 0.9 * float((blurred - sharp).abs().mean())
    assert 0 <= float(after.min())
    assert float(after.max()) <= 255


def test_sharpening_begins_without_a_jump_and_each_face_has_its_own() -> None:
    rows = [edges(softened=step / 20) for step in range(20, 100)]
    together = sharpened(torch.cat(rows))
    for row, after in zip(rows, together, strict=True):
        assert torch.allclose(sharpened(row)[0], after, atol=1e-4)
    changes = [float((after - row[0]).abs().mean()) for row, after in zip(rows, together, strict=True)]
    assert changes[0] == 0
    assert max(changes) > 5
    assert max(abs(b - a) for a, b in pairwise(changes)) < 1


def test_only_a_net_whose_card_says_so_is_given_sharpened_faces() -> None:
    blurred = edges(softened=3)
    plain = given(Card("mien", LABELS), blurred)
    assert torch.allclose(plain, blurred / 255)
    assert torch.allclose(given(Card("mien", LABELS, sharpen=True), blurred), sharpened(blurred) / 255)
