"""The sheet that a notebook shows of a picture's faces."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import making
import numpy as np
from PIL import Image

from emojicam.sheet import FACE, MOST, WIDEST, sheet
from emojicam.stream.types import Frame


class Tags(HTMLParser):
    """Counts what is opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "img":
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def pictures(html: str) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in re.findall(r"base64,([^\"]+)", html)]


def test_a_sheet_has_the_picture_and_a_face_for_each_row() -> None:
    frame = Frame(0, 0.0, np.full((900, 1200, 3), 128, np.uint8))
    html = sheet("us.jpg", frame, [making.judged_face((100, 200, 300, 340), "happiness")])
    tags = Tags()
    tags.feed(html)
    assert not tags.opened
    whole, face = pictures(html)
    assert max(whole.size) == WIDEST
    assert max(face.size) == FACE
    assert "us.jpg: 1 face<" in html
    assert "😀 happiness" in html
    assert "300 × 340 px at 100, 200" in html


def test_a_crowd_and_nobody() -> None:
    frame = Frame(0, 0.0, np.full((90, 120, 3), 128, np.uint8))
    crowd = [making.judged_face((n, 20, 20, 24), "fear") for n in range(MOST + 3)]
    html = sheet("crowd", frame, crowd)
    assert html.count("<tr>") == MOST
    assert "and 3 more" in html
    assert "no face found" in sheet("wall", frame, [])


def test_a_name_is_text_whatever_is_in_it() -> None:
    html = sheet("at/<b>\udcff.jpg", None, [])
    assert "<figcaption>&lt;b&gt;\ufffd.jpg: no face found<" in html
    html.encode()


def test_faces_beyond_the_border_have_a_picture_too() -> None:
    frame = Frame(0, 0.0, np.full((90, 120, 3), 128, np.uint8))
    outside = making.judged_face((-300, -300, 40, 44), "fear")
    assert len(pictures(sheet("edge", frame, [outside]))) == 2
