"""Colour spaces that are named by numbers: their profiles convert as the standards say."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from emojicam.stream.media.profiles import profile


def converted(colour: tuple[int, int, int], primaries: int, transfer: int) -> list[int]:
    """One colour in sRGB, by LittleCMS."""
    data = profile(primaries, transfer)
    assert data is not None
    image = Image.new("RGB", (1, 1), colour)
    source = ImageCms.ImageCmsProfile(io.BytesIO(data))
    after = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert after is not None
    return np.asarray(after)[0, 0].tolist()


@pytest.mark.parametrize(
    ("primaries", "colour", "srgb"),
    [
        (12, (234, 51, 35), (255, 0, 0)),  # sRGB's own red, as Display P3 has it
        (12, (117, 251, 76), (0, 255, 0)),
        (12, (128, 128, 128), (128, 128, 128)),
        (9, (207, 74, 34), (255, 0, 0)),  # with sRGB's curve
        (9, (255, 255, 255), (255, 255, 255)),
    ],
)
def test_another_gamut_becomes_srgb(primaries: int, colour: tuple[int, int, int], srgb: tuple[int, int, int]) -> None:
    assert np.abs(np.subtract(converted(colour, primaries, 13), srgb)).max() <= 4


@pytest.mark.parametrize(("transfer", "white"), [(16, 148), (18, 191)])
def test_papers_white_of_hdr_is_nearly_white_and_what_is_brighter_still_differs(transfer: int, white: int) -> None:
    levels = [converted((level,) * 3, 9, transfer)[1] for level in (0, white // 2, white, white + 20, 255)]
    assert levels[0] == 0
    assert 235 <= levels[2] <= 250
    assert levels == sorted(levels)
    assert levels[3] > levels[2]


def test_linear_light_is_brightened() -> None:
    assert converted((55, 55, 55), 1, 8) == pytest.approx([128] * 3, abs=2)


@pytest.mark.parametrize("numbers", [(1, 13), (1, 1), (2, 2), (6, 6), (5, 6), (0, 0), (65535, 65535)])
def test_what_looks_like_srgb_needs_no_profile(numbers: tuple[int, int]) -> None:
    assert profile(*numbers) is None
