"""Pictures as the Python API gives them."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import making
import numpy as np
import pytest
from PIL import Image

from emojicam.errors import OutputError, UsageError
from emojicam.given import frame_of
from emojicam.painting import Picture, painted, picture_of
from emojicam.settings import Settings
from emojicam.stream.choices import ColourOrder, Style

RED = (0, 0, 255)


def red(colour: ColourOrder = ColourOrder.BGR) -> Picture:
    pixels = np.full((20, 30, 3), RED, np.uint8)
    return picture_of(pixels if colour is ColourOrder.BGR else np.ascontiguousarray(pixels[..., ::-1]), colour)


@pytest.mark.parametrize("colour", ColourOrder)
def test_a_picture_knows_the_order_of_its_colours(colour: ColourOrder, tmp_path: Path) -> None:
    picture = red(colour)
    copies = [picture, picture.copy(), picture[:10], pickle.loads(pickle.dumps(picture))]
    for copy in copies:
        assert copy.to_pil().getpixel((3, 3)) == (255, 0, 0)
        shown = copy._repr_png_()
        assert shown is not None
        assert Image.open(io.BytesIO(shown)).getpixel((3, 3)) == (255, 0, 0)
    assert picture.save(tmp_path / "red.png") == tmp_path / "red.png"
    assert Image.open(tmp_path / "red.png").getpixel((0, 0)) == (255, 0, 0)


def test_a_picture_is_an_array_and_what_is_left_of_one_is_not_shown() -> None:
    picture = red()
    assert isinstance(picture, np.ndarray)
    for other in (picture[0], picture / 2, picture[..., :2], picture[:0], picture.mean()):
        assert getattr(other, "_repr_png_", lambda: None)() is None
    with pytest.raises(UsageError, match="a picture is uint8 HxWx3, not float64 20x30x3"):
        (picture / 2).to_pil()


def test_a_picture_replaces_nothing_by_itself(tmp_path: Path) -> None:
    red().save(tmp_path / "red.jpg")
    with pytest.raises(OutputError, match="already there"):
        red().save(tmp_path / "red.jpg")
    red().save(tmp_path / "red.jpg", overwrite=True)
    with pytest.raises(UsageError, match=r"red\.txt: a photo is written as"):
        red().save(tmp_path / "red.txt")


def test_faces_are_painted_in_the_order_that_is_wanted() -> None:
    frame = frame_of(np.full((80, 80, 3), RED, np.uint8))
    face = making.judged_face((20, 20, 40, 40), "fear")
    bgr, rgb = (painted(frame, [face], Settings(style=Style.BADGE), colour) for colour in ColourOrder)
    assert np.array_equal(bgr, rgb[..., ::-1])
    assert tuple(rgb[0, 0]) == (255, 0, 0)
    assert (bgr != frame.pixels).any()
