from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from emojicam.models.card import Crop
from emojicam.models.data.occlude import Frame, glasses, hands, masks, shades
from emojicam.stream.faces.align import to_crop

SIZE = 48
Covers = Callable[[torch.Tensor, torch.Tensor, torch.Generator], torch.Tensor]


def transforms(eyes: tuple[tuple[float, float], tuple[float, float]], number: int) -> torch.Tensor:
    return torch.tensor(np.tile(to_crop(eyes, Crop().at(SIZE)), (number, 1, 1)), dtype=torch.float32)


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def changed(cover: Covers, eyes: tuple[tuple[float, float], tuple[float, float]], number: int = 60) -> np.ndarray:
    """How often each pixel of a grey face is changed, SxS, 0-1."""
    grey = torch.full((number, 1, SIZE, SIZE), 90.0)
    after = cover(grey, transforms(eyes, number), torch.Generator().manual_seed(1))
    assert after.shape == grey.shape
    assert float(after.min()) >= 0
    assert float(after.max()) <= 255
    return ((after - grey).abs() > 12).float().mean((0, 1)).numpy()


EYES = (15.0, 20.0), (33.0, 20.0)


def test_a_faces_frame_has_its_eyes_at_a_half_to_each_side() -> None:
    for eyes in (EYES, ((14.0, 25.0), (30.0, 15.0))):
        at = Frame(SIZE, transforms(eyes, 1))
        for (x, y), wanted in zip(eyes, (-0.5, 0.5), strict=True):
            assert float(at.x[0, round(y), round(x)]) == pytest.approx(wanted, abs=0.03)
            assert float(at.y[0, round(y), round(x)]) == pytest.approx(0, abs=0.03)
        assert float(at.px) == pytest.approx(1 / np.hypot(eyes[1][0] - eyes[0][0], eyes[1][1] - eyes[0][1]), rel=1e-3)


def test_rims_go_round_the_eyes_and_leave_them_mouth_and_chin() -> None:
    often = changed(glasses, EYES)
    eye, mouth = often[19:22, 14:17].mean(), often[38:43, 20:28].mean()
    around = max(often[20, 6:12].max(), often[12:18, 15].max(), often[24:30, 15].max())
    assert around > 0.35
    assert eye < around / 2
    assert mouth < 0.02


def test_sunglasses_cover_both_eyes_and_leave_the_mouth() -> None:
    often = changed(shades, EYES)
    assert often[20, 15] > 0.9
    assert often[20, 33] > 0.9
    assert often[38:43, 20:28].mean() < 0.02


def test_a_mask_covers_the_mouth_and_leaves_the_eyes() -> None:
    often = changed(masks, EYES)
    assert often[36:42, 20:28].mean() > 0.8
    assert often[18:22, 13:35].mean() < 0.1


def test_hands_cover_here_or_there_and_are_as_bright_as_the_face(rng: torch.Generator) -> None:
    faces = torch.from_numpy(np.random.default_rng(0).uniform(60, 120, (60, 1, SIZE, SIZE)).astype(np.float32))
    after = hands(faces, transforms(EYES, 60), rng)
    shares = ((after - faces).abs() > 1e-3).float().mean((1, 2, 3))
    assert 0.03 < float(shares.median()) < 0.6
    assert float(((after - faces).abs() > 1e-3).float().mean((0, 1)).max()) < 0.8  # nowhere always
    assert abs(float(after.mean() - faces.mean())) < 12


@pytest.mark.parametrize("cover", [glasses, shades, masks])
def test_what_is_worn_turns_with_the_head(cover: Covers) -> None:
    upright = changed(cover, EYES)
    turn = cv2.getRotationMatrix2D((24.0, 20.0), -30.0, 1.0)
    eyes = tuple(tuple(float(v) for v in turn @ np.array([*eye, 1.0])) for eye in EYES)
    tilted = changed(cover, eyes)  # type: ignore[arg-type]
    back = cv2.warpAffine(tilted, turn, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    inner = np.hypot(*(np.mgrid[:SIZE, :SIZE] - np.array([20, 24])[:, None, None])) < 16
    assert np.abs(back - upright)[inner].mean() < 0.06
    assert np.abs(tilted - upright)[inner].mean() > 2 * np.abs(back - upright)[inner].mean()
