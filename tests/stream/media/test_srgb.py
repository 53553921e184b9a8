"""Pixels of every kind as 8-bit sRGB."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from emojicam.errors import InputError
from emojicam.stream.media.srgb import in_srgb

RAMP = np.tile(np.arange(0, 256, 5, dtype=np.uint8), (8, 1))


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(RAMP),
        Image.fromarray(RAMP.astype(np.uint16) * 257),
        Image.fromarray(RAMP.astype(np.int32) * 257),
        Image.fromarray(RAMP.astype(np.float32) / 255),
        Image.fromarray(RAMP).convert("RGB"),
        Image.fromarray(RAMP).convert("CMYK"),
        Image.fromarray(RAMP).convert("YCbCr"),
        Image.fromarray(RAMP).convert("RGBX"),
        Image.fromarray(RAMP).convert("P"),
    ],
    ids=lambda image: image.mode,
)
def test_grey_stays_grey(image: Image.Image) -> None:
    after = in_srgb(image, "a")
    assert after.mode == "RGB"
    assert np.abs(np.asarray(after).astype(int) - RAMP[..., None]).max() <= 1


def test_lab_is_converted() -> None:
    colours = [Image.new("RGB", (4, 4), (200, 60, 40)), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")]
    lab = ImageCms.profileToProfile(*colours, outputMode="LAB")
    assert lab is not None
    assert np.abs(np.asarray(in_srgb(lab, "a"))[0, 0].astype(int) - (200, 60, 40)).max() <= 3


@pytest.mark.parametrize(
    "numbers",
    [
        RAMP.astype(np.float32) * 30,
        RAMP.astype(np.float32) - 0.5,
        np.full((4, 4), np.inf, np.float32),
        RAMP.astype(np.int32) * 100_000,
        RAMP.astype(np.int32) - 1,
    ],
)
def test_numbers_of_which_nobody_knows_what_is_white_are_refused(numbers: np.ndarray) -> None:
    with pytest.raises(InputError, match="a: its pixels are numbers without a known white"):
        in_srgb(Image.fromarray(numbers), "a")


def test_what_is_not_a_number_is_black() -> None:
    numbers = np.ones((4, 4), np.float32)
    numbers[1, 2] = np.nan
    after = np.asarray(in_srgb(Image.fromarray(numbers), "a"))
    assert after[1, 2].tolist() == [0, 0, 0]
    assert after[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("mode", ["RGBA", "RGBa", "LA"])
def test_transparency_is_kept_in_every_mode(mode: str) -> None:
    image = Image.fromarray(np.dstack([RAMP, RAMP, RAMP, np.full_like(RAMP, 255)]))
    image.putpixel((3, 2), (0, 0, 0, 0))
    after = in_srgb(image.convert(mode), "a")
    assert after.mode == "RGBA"
    assert after.getpixel((3, 2))[3] == 0
    assert after.getpixel((9, 2)) == (45, 45, 45, 255)


def test_one_clear_level_of_16_bits_is_transparent() -> None:
    image = Image.fromarray(RAMP.astype(np.uint16) * 257)
    image.info["transparency"] = 50 * 257
    after = in_srgb(image, "a")
    assert after.getpixel((10, 0))[3] == 0
    assert after.getpixel((11, 0)) == (55, 55, 55, 255)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_profile_is_applied_in_every_mode(mode: str) -> None:
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = data.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    image = Image.new("RGB", (4, 4), (200, 60, 40)).convert(mode)
    image.info["icc_profile"] = swapped
    assert np.abs(np.asarray(in_srgb(image, "a"))[0, 0, :3].astype(int) - (60, 200, 40)).max() <= 15
