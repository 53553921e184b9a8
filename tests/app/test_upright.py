"""Photos are turned as their cameras meant them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from emojicam.upright import upright

CORNERS = ("red", "green", "blue", "white")
"""Of a picture that is upright: top left, top right, bottom left, bottom right."""

# As EXIF 2.3 has it: where a picture's first row and first column are when it is seen upright.
STORED = {
    1: (0, 1, 2, 3),
    2: (1, 0, 3, 2),
    3: (3, 2, 1, 0),
    4: (2, 3, 0, 1),
    5: (0, 2, 1, 3),
    6: (1, 3, 0, 2),
    7: (3, 1, 2, 0),
    8: (2, 0, 3, 1),
}
"""By orientation: the corners of the upright picture as the file has them, in the same order."""


def stored(orientation: int, tag: object = None) -> Image.Image:
    """A picture of four colours as a camera would have stored it, read from a file."""
    turned = orientation >= 5
    image = Image.new("RGB", (4, 6) if turned else (6, 4))
    width, height = image.size
    for place, corner in enumerate(STORED[orientation]):
        at = ((place % 2) * (width - 2), (place // 2) * (height - 2))
        image.paste(CORNERS[corner], (*at, at[0] + 2, at[1] + 2))
    exif = Image.Exif()
    exif[0x0112] = orientation if tag is None else tag
    memory = io.BytesIO()
    image.save(memory, "PNG", exif=exif)
    opened = Image.open(memory)
    opened.load()
    return opened


def corners(image: Image.Image) -> list[object]:
    width, height = image.size
    return [image.getpixel(at) for at in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1))]


@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_is_undone(orientation: int) -> None:
    image = upright(stored(orientation))
    assert image.size == (6, 4)
    assert corners(image) == corners(stored(1))


@pytest.mark.parametrize("tag", [0, 9, 4711])
def test_an_orientation_that_there_is_not_changes_nothing(tag: int) -> None:
    image = stored(6, tag)
    assert upright(image) is image


def test_without_tags_it_is_as_it_is() -> None:
    image = Image.new("RGB", (3, 2))
    assert upright(image) is image


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # as who reads a photo does
@pytest.mark.parametrize("tags", [b"Exif\0\0", b"Exif\0\0no tags at all", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b""])
def test_damaged_tags_do_not_cost_the_picture(tags: bytes) -> None:
    image = Image.new("RGB", (3, 2))
    image.info["exif"] = tags
    assert upright(image).size == (3, 2)
