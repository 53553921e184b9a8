"""Stills and GIFs of a live run are written aside, and told of."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from emojicam.errors import EmojicamError
from emojicam.stills import Stills
from emojicam.stream.types import Drawn, Frame, Judged


def frame(time: float, level: int = 120) -> Frame:
    return Frame(0, time, np.full((48, 64, 3), level, np.uint8))


class Notices:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.wrong: list[EmojicamError] = []

    def __call__(self, text: str, instead: str = "") -> None:
        self.said.append(text)


def test_files_have_the_streams_name_and_what_was_shown(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notices = Notices()
    with Stills(notices, notices.wrong.append) as stills:
        shown = frame(1.0)
        stills.still(Drawn(Judged(shown, ()), np.full((48, 64, 3), 200, np.uint8)), "-stream2")
        stills.gif([frame(1.0), frame(1.1, 30)])
        stills.gif([frame(1.0)])
    stills.tell_finished()
    (still,) = inside.glob("emojicam-*-1-stream2.png")
    (gif,) = inside.glob("emojicam-*-2.gif")
    picture = cv2.imread(str(still))
    assert picture is not None
    assert (picture == 200).all()
    with Image.open(gif) as image:
        assert image.n_frames == 2  # type: ignore[attr-defined]
    assert notices.said == [
        f"saving {still.name}",
        f"saving {gif.name}",
        "no GIF: nothing has moved yet",
        f"saved {still.name}",
        f"saved {gif.name}",
    ]
    assert notices.wrong == []
    assert capsys.readouterr().err.splitlines() == [f"emojicam: {still.name}", f"emojicam: {gif.name}"]


def test_no_more_wait_than_there_is_room_for(inside: Path) -> None:
    notices = Notices()
    with Stills(notices, notices.wrong.append, most=0) as stills:
        stills.still(Drawn(Judged(frame(1.0), ()), frame(1.0).pixels))
    assert notices.said == ["not saved: too much is being saved"]
    assert not list(inside.iterdir())
