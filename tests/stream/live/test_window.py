"""What the window shows, and what its keys do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from making import i420, judged_face

from emojicam.errors import DeviceError
from emojicam.stream.choices import Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.i420 import Colour, Pixels
from emojicam.stream.line import Stop
from emojicam.stream.live.reconnect import placeholder
from emojicam.stream.live.window import OpenCVScreen, Window
from emojicam.stream.types import Drawn, Format, Frame, Judged, JudgedFace


class FakeScreen:
    """Keeps the pictures, and presses the keys that it was given, one for each frame."""

    def __init__(self, keys: str = "") -> None:
        self.pictures: list[Pixels] = []
        self.opened: list[tuple[int, int]] = []
        self.there = False
        self.keys = [ord(key) if key != "." else -1 for key in keys]

    def open(self, title: str, size: tuple[int, int]) -> None:
        self.opened.append(size)
        self.there = True

    def show(self, title: str, picture: Pixels) -> None:
        self.pictures.append(picture)

    def key(self) -> int:
        return self.keys.pop(0) if self.keys else -1

    def is_open(self, title: str) -> bool:
        return self.there

    def close(self, title: str) -> None:
        self.there = False


def half_white(form: Format = Format.BGR, *, full: bool = False) -> Drawn:
    """White on the left, black on the right."""
    if form is Format.BGR:
        pixels = np.zeros((360, 640, 3), np.uint8)
        pixels[:, :320] = 255
    else:
        pixels = np.full((540, 640), 128, np.uint8)
        pixels[:360] = 0 if full else 16
        pixels[:360, :320] = 255 if full else 235
    return Drawn(Judged(Frame(0, 0.0, pixels, form, Colour(full=full)), ()), pixels)


def shown(keys: str, frames: int = 1, mirror: bool = True) -> tuple[FakeScreen, list[str], Window]:
    screen, others = FakeScreen(keys), []
    with Window(others.append, lambda: "30 fps", mirror=mirror, screen=screen) as window:
        for _ in range(frames):
            window(half_white())
    return screen, others, window


def test_the_picture_is_that_of_a_mirror_but_its_letters_are_not() -> None:
    plain, mirrored = shown("", mirror=False)[0].pictures[0], shown("")[0].pictures[0]
    assert plain[100, 100].min() == 255
    assert plain[100, 500].max() == 0
    assert mirrored[100, 100].max() == 0
    assert mirrored[100, 500].min() == 255
    line = mirrored[320:, :150].max(2)
    assert (line > 128).any()  # the status line begins on the left, in bright letters on the black half
    assert not (mirrored[320:, 160:310] > 128).any()


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", Style)
def test_what_is_drawn_is_the_same_in_a_mirror_as_it_would_be_without(style: Style, form: Format) -> None:
    """The window of somebody in the mirror shows what is drawn on their mirror image: a word can be read."""
    art = np.full((64, 64, 4), 255, np.uint8)
    art[:, :32] = (255, 0, 0, 255)  # red on the left, wherever it is shown
    draw = Overlay(lambda _: (art,), style, disc=1.0)
    bgr = np.broadcast_to((90 + np.arange(640) // 16).astype(np.uint8)[None, :, None], (360, 640, 3)).copy()
    face = judged_face((130, 200, 90, 90), roll=12)

    def drawn(picture: Pixels, face: JudgedFace) -> Drawn:
        pixels = picture if form is Format.BGR else i420(picture)
        return draw(Judged(Frame(0, 0.0, pixels, form), (face,)))

    there = replace(face, box=(640 - 130 - 90, 200, 90, 90), roll=-12)
    wanted = window(draw, mirror=False).picture(drawn(np.ascontiguousarray(bgr[:, ::-1]), there))
    shown = window(draw, mirror=True).picture(drawn(bgr, face))
    assert np.abs(shown.astype(int) - wanted)[:330].max() <= 2
    plain = window(None, mirror=True).picture(drawn(bgr, face))
    shows_an_emoji = style in (Style.COVER, Style.BADGE, Style.LABEL)
    assert (np.abs(shown.astype(int) - plain)[:330].max() > 50) == shows_an_emoji


def window(draw: Callable[[Judged], Drawn] | None, *, mirror: bool) -> Window:
    return Window(lambda key: None, str, mirror=mirror, screen=FakeScreen(), draw=draw)


def test_what_others_are_given_is_not_touched_by_the_mirror() -> None:
    draw = Overlay(lambda _: (np.full((64, 64, 4), 255, np.uint8),), Style.LABEL, disc=1.0)
    drawn = draw(Judged(Frame(0, 0.0, np.full((360, 640, 3), 90, np.uint8)), (judged_face((130, 200, 90, 90)),)))
    before, source = drawn.pixels.copy(), drawn.judged.frame.pixels.copy()
    window(draw, mirror=True).picture(drawn)
    assert np.array_equal(drawn.pixels, before)
    assert np.array_equal(drawn.judged.frame.pixels, source)


def test_a_picture_that_is_nothing_but_words_is_never_mirrored() -> None:
    frame = Frame(0, 0.0, placeholder("no signal", (640, 360)), placeholder=True)
    shown = window(None, mirror=True).picture(Drawn(Judged(frame, ()), frame.pixels))
    assert np.array_equal(shown[:320], frame.pixels[:320])


def test_m_turns_the_mirror_off_and_on() -> None:
    pictures = shown("m.m", 4)[0].pictures
    assert [bool(picture[100, 100].min()) for picture in pictures] == [False, True, True, False]


def test_h_shows_the_keys() -> None:
    pictures = shown("hh", 3)[0].pictures
    bright = [(picture[:300, :200] > 128).sum() for picture in pictures]
    assert bright[0] == bright[2] == 0
    assert bright[1] > 500


def test_other_keys_are_handed_on() -> None:
    assert shown("sRc3 .", 6)[1] == ["s", "r", "c", "3", " "]


@pytest.mark.parametrize("key", ["q", "Q", "\x1b"])
def test_q_and_escape_end_it_and_close_the_window(key: str) -> None:
    screen = FakeScreen(f".{key}")
    with Window(lambda key: None, str, screen=screen) as window:
        window(half_white())
        with pytest.raises(Stop):
            window(half_white())
    assert len(screen.pictures) == 2
    assert not screen.there


def test_a_window_that_the_user_closes_ends_it() -> None:
    screen = FakeScreen()
    with Window(lambda key: None, str, screen=screen) as window:
        window(half_white())
        screen.there = False
        with pytest.raises(Stop):
            window(half_white())
    assert len(screen.pictures) == 1


@pytest.mark.parametrize("full", [False, True])
def test_levels_are_shown_as_they_are_meant(full: bool) -> None:
    screen = FakeScreen()
    with Window(lambda key: None, str, mirror=False, screen=screen) as window:
        window(half_white(Format.I420, full=full))
    (picture,) = screen.pictures
    assert picture[100, 100].min() >= 253
    assert picture[100, 500].max() <= 2


def test_the_window_has_the_size_of_the_picture() -> None:
    assert shown("", 3)[0].opened == [(640, 360)]


@pytest.mark.parametrize(
    ("code", "key"),
    [(-1, -1), (ord("q"), ord("q")), (0x100000 | ord("s"), ord("s")), (27, 27)]  # NumLock is a bit above
    + [(code, -1) for code in (0xFF51, 0xFF52, 0xFF53, 0xFF63, 0x10FF51, 0x250000)],  # arrows, Insert
)
def test_arrows_are_no_letters(code: int, key: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "waitKeyEx", lambda delay: code)
    assert OpenCVScreen().key() == key


def test_without_a_screen_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(DeviceError, match="no screen for a window: --no-window"):
        OpenCVScreen().open("emojicam", (64, 48))
