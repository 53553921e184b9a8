"""Every kind of pixels as 8-bit sRGB: grey, palettes, CMYK, Lab, 16 bits a channel, and other colour spaces."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from emojicam.errors import InputError


def in_srgb(image: Image.Image, name: str) -> Image.Image:
    """Convert a picture to 8-bit RGB or RGBA; an embedded colour profile is applied, then dropped.

    Args:
        image: The picture, decoded.
        name: What messages call it.

    Returns:
        RGB, or RGBA where it may be transparent.

    Raises:
        InputError: Its numbers are no levels of grey that are known.
    """
    profile = image.info.get("icc_profile")
    alpha = None
    if image.mode.startswith(("I", "F")):
        image, alpha = _from_numbers(image, name)
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB") if image.mode == "RGBA" else image
    elif image.mode not in ("RGB", "L", "CMYK", "LAB"):
        image = image.convert("RGB")
    rgb = _converted(image, profile)
    if alpha is not None:
        rgb.putalpha(alpha)
    return rgb


def _converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Apply the colour profile to RGB, L, CMYK or Lab."""
    target = ImageCms.createProfile("sRGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # A broken or unfitting profile: the numbers are taken as sRGB, as browsers do.
    if image.mode == "LAB":
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        assert converted is not None
        return converted
    return image.convert("RGB")


def _from_numbers(image: Image.Image, name: str) -> tuple[Image.Image, Image.Image | None]:
    """Make 8-bit grey of 16-bit numbers, or of fractions of 1; Pillow would clip them at 255.

    Returns:
        Grey, and its transparency: a PNG can name one level that is clear.
    """
    numbers: npt.NDArray[Any] = np.asarray(image)
    levels: npt.NDArray[Any]
    if image.mode == "F":
        levels = np.nan_to_num(numbers.astype(np.float32) * 255, nan=0.0, posinf=np.inf, neginf=-np.inf)
        fits = levels.size and levels.min() >= 0 and levels.max() <= 255.5
    else:
        levels = numbers >> 8
        fits = numbers.size and numbers.min() >= 0 and numbers.max() < 1 << 16
    if not fits:
        raise InputError(f"{name}: its pixels are numbers without a known white; save it with 8 or 16 bits a channel")
    clear = image.info.get("transparency")
    alpha = _grey(np.where(numbers == clear, 0, 255)) if isinstance(clear, int) else None
    return _grey(np.rint(levels) if image.mode == "F" else levels), alpha


def _grey(levels: npt.NDArray[np.generic]) -> Image.Image:
    return Image.fromarray(levels.astype(np.uint8))
