"""What OpenCV's screen is asked for, and what it says of itself."""

from __future__ import annotations

import cv2
import pytest

from emojicam.errors import DeviceError
from emojicam.stream.live.screen import OpenCVScreen


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


@pytest.mark.parametrize(
    ("rect", "room"), [((0, 20, 640, 360), (640, 360)), ((-1, -1, -1, -1), None), ((0, 0, 0, 0), None)]
)
def test_the_room_for_the_picture_is_told_where_it_is_known(
    rect: tuple[int, int, int, int], room: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "getWindowImageRect", lambda title: rect)
    assert OpenCVScreen().room("emojicam") == room


@pytest.mark.parametrize("on", [True, False])
def test_the_whole_screen_is_asked_for_and_given_back(on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, float]] = []
    monkeypatch.setattr(cv2, "setWindowProperty", lambda *given: asked.append(given))
    OpenCVScreen().fill("emojicam", on)
    assert asked == [("emojicam", cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN if on else cv2.WINDOW_NORMAL)]


def test_a_window_that_the_user_has_closed_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*given: object) -> None:
        raise cv2.error("NULL guiReceiver (please create a window)")

    monkeypatch.setattr(cv2, "getWindowProperty", gone)
    monkeypatch.setattr(cv2, "destroyWindow", gone)
    assert not OpenCVScreen().is_open("emojicam")
    OpenCVScreen().close("emojicam")
