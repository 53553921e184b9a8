"""What the window shows, and what its keys do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from making import i420, judged_face

from emojicam.stream.choices import Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.i420 import Colour, Pixels
from emojicam.stream.line import Stop
from emojicam.stream.live.keys import NO_SUCH_KEY, Action
from emojicam.stream.live.reconnect import placeholder
from emojicam.stream.live.window import Window
from emojicam.stream.types import Drawn, Format, Frame, Judged, JudgedFace


class FakeScreen:
    """Keeps the pictures, and presses the keys that it was given, one for each frame."""

    def __init__(self, keys: str = "") -> None:
        self.pictures: list[Pixels] = []
        self.opened: list[tuple[int, int]] = []
        self.there = False
        self.space: tuple[int, int] | None = None
        self.filled: list[bool] = []
        self.keys = [ord(key) if key != "." else -1 for key in keys]

    def open(self, title: str, size: tuple[int, int]) -> None:
        self.opened.append(size)
        self.there = True

    def show(self, title: str, picture: Pixels) -> None:
        self.pictures.append(picture)

    def room(self, title: str) -> tuple[int, int] | None:
        return self.space

    def fill(self, title: str, on: bool) -> None:
        self.filled.append(on)

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


def nothing(action: Action, key: str) -> None:
    pass


def shown(keys: str, frames: int = 1, mirror: bool = True) -> tuple[FakeScreen, list[tuple[Action, str]], Window]:
    screen = FakeScreen(keys)
    others: list[tuple[Action, str]] = []
    with Window(
        lambda action, key: others.append((action, key)), lambda: "30 fps", mirror=mirror, screen=screen
    ) as window:
        for _ in range(frames):
            window(half_white())
    return screen, others, window


def test_the_picture_is_that_of_a_mirror_but_its_letters_are_not() -> None:
    plain, mirrored = shown("", mirror=False)[0].pictures[0], shown("")[0].pictures[0]
    assert plain[100, 100].min() == 255
    assert plain[100, 500].max() == 0
    assert mirrored[100, 100].max() == 0
    assert mirrored[100, 500].min() == 255
    line = mirrored[335:, :150].max(2)
    assert (line > 128).any()  # the status line begins on the left, in bright letters on the black half
    assert not (mirrored[335:, 160:310] > 128).any()


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
    return Window(nothing, str, mirror=mirror, screen=FakeScreen(), draw=draw)


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
    bright = [(picture[:300, :310] > 128).sum() for picture in pictures]
    assert bright[0] == bright[2] == 0
    assert bright[1] > 500


def test_other_keys_are_handed_on() -> None:
    assert shown("sRc3g n.", 8)[1] == [
        (Action.STILL, "s"),
        (Action.RECORD, "r"),
        (Action.STYLE, "c"),
        (Action.THEME, "3"),
        (Action.GIF, "g"),
        (Action.PAUSE, " "),
        (Action.CAMERA, "n"),
    ]


@pytest.mark.parametrize("key", ["q", "Q"])
def test_q_ends_it_and_closes_the_window(key: str) -> None:
    screen = FakeScreen(f".{key}")
    with Window(nothing, str, screen=screen) as window:
        window(half_white())
        with pytest.raises(Stop):
            window(half_white())
    assert len(screen.pictures) == 2
    assert not screen.there


def test_a_window_that_the_user_closes_ends_it() -> None:
    screen = FakeScreen()
    with Window(nothing, str, screen=screen) as window:
        window(half_white())
        screen.there = False
        with pytest.raises(Stop):
            window(half_white())
    assert len(screen.pictures) == 1


@pytest.mark.parametrize("full", [False, True])
def test_levels_are_shown_as_they_are_meant(full: bool) -> None:
    screen = FakeScreen()
    with Window(nothing, str, mirror=False, screen=screen) as window:
        window(half_white(Format.I420, full=full))
    (picture,) = screen.pictures
    assert picture[100, 100].min() >= 253
    assert picture[100, 500].max() <= 2


def test_the_window_has_the_size_of_the_picture() -> None:
    assert shown("", 3)[0].opened == [(640, 360)]


def notices(window: Window) -> list[str]:
    return [text for text, _ in window.hud.notices.shown()]


@pytest.mark.parametrize("key", "xyz0?\n")
def test_a_key_that_asks_for_nothing_is_told_where_the_help_is(key: str) -> None:
    _, others, window = shown(key)
    assert notices(window) == [NO_SUCH_KEY]
    assert others == []


def test_f_fills_the_screen_and_no_more() -> None:
    screen, _, window = shown("fff", 3)
    assert screen.filled == [True, False, True]
    assert notices(window) == ["full screen: Esc leaves it"]


def test_escape_leaves_what_was_begun_and_never_ends_the_run() -> None:
    """The countdown first, then the help, then the full screen; then it says which key quits."""
    screen, others, window = shown("fht\x1b\x1b\x1b\x1b", 7)
    assert len(screen.pictures) == 7
    assert screen.filled == [True, False]
    assert not window.hud.help
    assert notices(window) == ["full screen off", "q quits"]
    assert others == []


def test_a_still_is_asked_for_when_the_countdown_is_over() -> None:
    screen, asked = FakeScreen("t"), []
    now = [100.0]
    with Window(lambda action, key: asked.append(action), str, screen=screen, now=lambda: now[0]) as window:
        for _ in range(9):
            window(half_white())
            now[0] += 0.5
            if now[0] < 103.1:
                assert asked == []
    assert asked == [Action.STILL]
    numbered = [
        (picture[250:335, 290:350] != screen.pictures[0][250:335, 290:350]).any() for picture in screen.pictures
    ]
    assert numbered == [False, *[True] * 5, False, False, False]


def test_m_tells_what_it_did() -> None:
    assert notices(shown("m")[2]) == ["mirror: off"]
    assert notices(shown("mm", 2)[2]) == ["mirror: on"], "what is over isn't told any longer"


@pytest.mark.parametrize("mirror", [True, False])
def test_no_notice_is_mirrored(mirror: bool) -> None:
    pictures = []
    for mirrored_too in (False, mirror):
        screen = FakeScreen()
        with Window(nothing, str, mirror=mirrored_too, screen=screen, now=lambda: 0.0) as window:
            window.say("saved")
            pixels = np.full((360, 640, 3), 90, np.uint8)
            window(Drawn(Judged(Frame(0, 0.0, pixels), ()), pixels))
        pictures += screen.pictures
    assert np.array_equal(*pictures)
    assert (pictures[0] > 180).any()


def test_a_picture_fits_a_window_that_was_made_smaller() -> None:
    screen = FakeScreen()
    screen.space = 320, 240
    with Window(nothing, str, screen=screen) as window:
        window(half_white())
    assert [picture.shape for picture in screen.pictures] == [(240, 320, 3)]
