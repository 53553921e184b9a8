"""The small pictures by which the page shows emoji, themes and styles. Each is made when it is first asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from emojicam import assets
from emojicam.stream.choices import Style
from emojicam.stream.i420 import Pixels
from emojicam.stream.types import Emotion, Frame, Judged, JudgedFace
from emojicam.wiring import overlay

ICON = 128
"""Side in px of an emoji."""

ICONS = (192, 512)
"""Sides in px of the app's icons."""

MASKED = "/static/icon-masked.png"
"""Path of the icon that systems cut to a shape of theirs; it has the largest side of `ICONS`."""

TOUCH = 180
"""Side in px of the icon on the home screen of phones that cut no shape but round its corners."""

GROUND = (43, 33, 69)
"""RGB behind an icon that fills its square."""

FILLED = 0.72
"""Share of such an icon's side that the emoji takes: what is within 0.8 of it is never cut away."""

PREVIEW = (192, 144)
"""Width and height in px of a style's picture."""

PART = (104, 22, 240, 180)
"""Left, top, width and height in px of the part of the sample photo on which a style is shown."""

FACE = (175.0, 73.0, 97.0, 97.0)
"""Left, top, width and height in px of the face in it."""

Maker = Callable[[], bytes]
"""Makes a PNG; the second time it is there."""


def pictures(themes: Mapping[str, Path], labels: Sequence[str]) -> dict[str, Maker]:
    """List the pictures by their paths: `/emoji/N/EMOTION.png` and `/preview/N/STYLE.png`, N the theme's number.

    Args:
        themes: Folders by name.
        labels: The emotions.
    """
    made: dict[str, Maker] = {}
    for number, folder in enumerate(themes.values()):
        for label in labels:
            made[f"/emoji/{number}/{label}.png"] = cache(partial(icon, folder, label))
        for style in Style:
            made[f"/preview/{number}/{style.value}.png"] = cache(partial(preview, folder, tuple(labels), style))
    return made


def app_icons(folder: Path, label: str) -> dict[str, Maker]:
    """List the icons of the page as an app, by their paths below `/static/`.

    Args:
        folder: The theme's whose emoji is the icon.
        label: Its emotion.
    """
    made: dict[str, Maker] = {}
    for side in ICONS:
        made[f"/static/icon-{side}.png"] = cache(partial(icon, folder, label, side))
    for path, side in ((MASKED, ICONS[-1]), (f"/static/icon-{TOUCH}.png", TOUCH)):
        made[path] = cache(partial(full_icon, folder, label, side))
    return made


def full_icon(folder: Path, label: str, side: int) -> bytes:
    """Make an icon that fills its square, an emoji in the middle of a plain ground.

    Args:
        folder: The theme's.
        label: The emotion.
        side: Px.

    Raises:
        UsageError: The theme lacks it.
    """
    emoji = _emoji(folder, label, round(FILLED * side)).convert("RGBA")
    square = Image.new("RGBA", (side, side), (*GROUND, 255))
    square.alpha_composite(emoji, ((side - emoji.width) // 2, (side - emoji.height) // 2))
    return _png(square.convert("RGB"))


def icon(folder: Path, label: str, side: int = ICON) -> bytes:
    """Make the small picture of an emoji.

    Args:
        folder: The theme's.
        label: The emotion.
        side: Px.

    Raises:
        UsageError: The theme lacks it.
    """
    return _png(_emoji(folder, label, side))


def _emoji(folder: Path, label: str, side: int) -> Image.Image:
    picture = Image.fromarray(assets.emoji(str(folder), label))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def preview(folder: Path, labels: tuple[str, ...], style: Style) -> bytes:
    """Make the picture of a style: the sample photo's face, drawn on in this style.

    Args:
        folder: The theme's.
        labels: The emotions; happiness is shown, or the first.
        style: What is shown.

    Raises:
        UsageError: The theme lacks it.
    """
    label = "happiness" if "happiness" in labels else labels[0]
    left, top, width, height = PART
    k = PREVIEW[0] / width
    part = _sample()[top : top + height, left : left + width]
    small = np.asarray(cv2.resize(part, PREVIEW, interpolation=cv2.INTER_AREA), np.uint8)
    box = (k * (FACE[0] - left), k * (FACE[1] - top), k * FACE[2], k * FACE[3])
    x, y = box[0] + box[2] / 2, box[1] + 0.3 * box[3]
    eyes = ((x - 0.2 * box[2], y), (x + 0.2 * box[2], y))
    face = JudgedFace(box=box, score=1.0, eyes=eyes, roll=0.0, emotion=Emotion((label,), (0.9,)), drawn=0.9)
    drawn = overlay(folder, (label,), style)(Judged(Frame(0, 0.0, small), (face,)))
    return _png(Image.fromarray(np.ascontiguousarray(drawn.pixels[..., ::-1])))


@cache
def _sample() -> Pixels:
    return np.asarray(cv2.imread(str(assets.sample_photo())), np.uint8)


def _png(picture: Image.Image) -> bytes:
    memory = io.BytesIO()
    picture.save(memory, "PNG")
    return memory.getvalue()
