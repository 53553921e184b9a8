"""The sheet that notebooks show of a picture's faces: the picture with their emotions, and a row for each, in HTML."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from emojicam.painting import painted
from emojicam.settings import Settings
from emojicam.stream.choices import ColourOrder, Style
from emojicam.stream.drawing.colours import colour_of
from emojicam.stream.i420 import Pixels
from emojicam.stream.records.characters import CHARACTERS
from emojicam.stream.types import Frame, JudgedFace

WIDEST = 560
"""Px of the longer side of the picture."""

FACE = 48
"""Px of each face beside its row."""

MOST = 20
"""The largest number of faces that have a row."""

AROUND = 0.25
"""The margin around a face, as a share of its box."""


def sheet(source: str, frame: Frame | None, faces: Sequence[JudgedFace]) -> str:
    """Draw the picture with a label at each face, and below it a table of the faces.

    Args:
        source: What the picture is called.
        frame: The picture, BGR; None if it is gone: the rows have no pictures then.
        faces: What was found, largest first.

    Returns:
        HTML with the pictures inside, for a notebook; it loads nothing.
    """
    count = "no face found" if not faces else f"{len(faces)} face{'s' * (len(faces) > 1)}"
    rows = "".join(_row(number, frame, face) for number, face in enumerate(faces[:MOST]))
    more = f"<p>and {len(faces) - MOST} more</p>" if len(faces) > MOST else ""
    # Not the whole path: notebooks are passed on. They are UTF-8, which not every file's name is.
    name = os.fsencode(Path(source).name).decode("utf-8", "replace")
    caption = f"<figcaption>{escape(name)}: {count}</figcaption>"
    return f"<figure>{_whole(frame, faces)}{caption}</figure><table>{rows}</table>{more}"


def _whole(frame: Frame | None, faces: Sequence[JudgedFace]) -> str:
    if frame is None:
        return ""
    drawn = painted(frame, faces, Settings(style=Style.LABEL), ColourOrder.RGB)
    return f'<img src="{_inside(np.asarray(drawn), WIDEST)}" alt="the picture with labels">'


def _row(number: int, frame: Frame | None, face: JudgedFace) -> str:
    left, top, width, height = (round(side) for side in face.box)
    share = round(100 * face.confidence)
    bar = f"width:{share}px;height:.7em;background:{colour_of(face.label)}"
    cells = [
        f"[{number}]",
        "" if frame is None else f'<img src="{_inside(_cut(frame, face), FACE)}" alt="">',
        f"{CHARACTERS.get(face.label, '')} {escape(face.label)}",
        f'<div style="width:100px"><div style="{bar}"></div></div>',
        f"{share} %",
        f"{width} × {height} px at {left}, {top}",
    ]
    return "<tr>" + "".join(f'<td style="text-align:left;padding:2px 8px">{cell}</td>' for cell in cells) + "</tr>"


def _cut(frame: Frame, face: JudgedFace) -> Pixels:
    """The face with a margin around it, as much as lies in the picture: RGB."""
    (x, y), half = face.middle, (0.5 + AROUND) * max(face.box[2:])
    left, right = (int(min(max(at, 0), frame.width - 1)) for at in (x - half, x + half))
    top, bottom = (int(min(max(at, 0), frame.height - 1)) for at in (y - half, y + half))
    return frame.bgr()[top : bottom + 1, left : right + 1, ::-1]


def _inside(rgb: Pixels, most: int) -> str:
    """A picture as an address that holds it, made smaller to `most` px."""
    image = Image.fromarray(np.ascontiguousarray(rgb))
    image.thumbnail((most, most), Image.Resampling.LANCZOS)
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(memory.getvalue()).decode('ascii')}"
