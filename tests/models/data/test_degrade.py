from __future__ import annotations

import numpy as np
import pytest
import torch

from emojicam.models.data.degrade import coarse, darkened, smeared


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def noise() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (12, 1, 48, 48)).astype(np.float32))


def spectrum(image: torch.Tensor) -> torch.Tensor:
    """How much there is of each frequency, the even level left out: 48x48, the middle is slow change."""
    return torch.fft.fftshift(torch.fft.fft2(image - image.mean()).abs())


def test_a_coarse_face_has_no_detail_finer_than_its_pixels(noise: torch.Tensor, rng: torch.Generator) -> None:
    after = coarse(noise, rng, 12, 12)
    for before, low in zip(noise, after, strict=True):
        kept = spectrum(low[0]) / spectrum(before[0]).mean()
        assert float(kept[:8].mean()) < 0.05  # more than 16 of 48 waves a side
        blocks = before[0].reshape(12, 4, 12, 4).mean((1, 3))
        assert float((low[0].reshape(12, 4, 12, 4).mean((1, 3)) - blocks).abs().mean()) < 12


def test_faces_of_a_group_share_a_width_and_groups_differ(noise: torch.Tensor, rng: torch.Generator) -> None:
    after = coarse(noise, rng, 6, 40, groups=4)
    sharp = [float(spectrum(image[0])[:10].mean()) for image in after]
    groups = [sharp[start : start + 3] for start in range(0, 12, 3)]
    assert len({round(float(np.mean(group)) / 50) for group in groups}) > 1
    assert max(np.ptp(group) for group in groups) < np.ptp(sharp)


def test_a_smear_takes_detail_and_leaves_the_light(noise: torch.Tensor, rng: torch.Generator) -> None:
    after = smeared(noise, rng)
    assert after.shape == noise.shape
    inner = (slice(None), 0, slice(8, 40), slice(8, 40))
    assert float((after[inner].mean((1, 2)) - noise[inner].mean((1, 2))).abs().max()) < 12
    assert bool((after[inner].std((1, 2)) < 0.8 * noise[inner].std((1, 2))).all())


def test_some_smears_are_along_a_line_and_some_even(rng: torch.Generator) -> None:
    point = torch.zeros(64, 1, 49, 49)
    point[:, 0, 24, 24] = 255
    after = smeared(point, rng)[:, 0]
    places = torch.arange(49.0) - 24
    lengths = []
    for image in after:
        x, y = (places * image.sum(0)).sum(), (places * image.sum(1)).sum()
        mass = image.sum()
        xx, yy = (places**2 * image.sum(0)).sum() / mass, (places**2 * image.sum(1)).sum() / mass
        xy = (places[:, None] * places[None] * image).sum() / mass
        assert float(mass) == pytest.approx(255, rel=1e-3)
        assert abs(float(x / mass)) < 0.1
        assert abs(float(y / mass)) < 0.1
        spread = torch.linalg.eigvalsh(torch.tensor([[xx, xy], [xy, yy]]))
        lengths.append(float(spread[1] / spread[0].clamp(min=1e-3)))
    assert 10 < sum(ratio < 1.5 for ratio in lengths) < 54


def test_darkness_takes_light_down_to_its_least_and_adds_whole_levels_of_noise(rng: torch.Generator) -> None:
    grey = torch.full((200, 1, 48, 48), 120.0)
    after = darkened(grey, rng, least=0.05)
    left = after.mean((1, 2, 3)) / 120
    assert float(left.min()) > 0.04
    assert float(left.max()) < 0.61
    assert float(left.median()) < 0.3  # as many a halving as another
    assert bool((after == after.round()).all())
    assert float(after.std((1, 2, 3)).median()) > 0.3
