"""A window on the screen that shows the newest frame and takes keys."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np

from emojicam.errors import DeviceError
from emojicam.stream.i420 import Pixels
from emojicam.stream.line import Stop
from emojicam.stream.live.keys import BINDINGS, Action, action_of
from emojicam.stream.live.letterbox import plain
from emojicam.stream.live.mirror import mirrored, mirrored_frame
from emojicam.stream.live.words import Words
from emojicam.stream.types import Drawn, Format, Frame, Judged

TITLE = "emojicam"


class Screen(Protocol):
    """The screen that a window is drawn on: OpenCV's, or a recording one in tests."""

    def open(self, title: str, size: tuple[int, int]) -> None:
        """Open a window of that size that can be resized."""

    def show(self, title: str, picture: Pixels) -> None:
        """Show a picture: uint8 HxWx3, BGR."""

    def key(self) -> int:
        """Give the key that was pressed last, or -1; windows are drawn meanwhile."""

    def is_open(self, title: str) -> bool:
        """Whether the user has not closed the window."""

    def close(self, title: str) -> None:
        """Take the window away."""


class OpenCVScreen:
    """The screen that OpenCV draws windows on."""

    def open(self, title: str, size: tuple[int, int]) -> None:
        """Open a window, as `Screen.open` asks.

        Raises:
            DeviceError: There is no screen.
        """
        # Qt ends the whole process where it finds no screen: that must be asked first.
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise DeviceError("there is no screen for a window: --no-window shows none")
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
            cv2.resizeWindow(title, *size)
        except cv2.error as error:
            raise DeviceError("no window can be opened: --no-window shows none") from error

    def show(self, title: str, picture: Pixels) -> None:
        """Draw the picture, as `Screen.show` asks."""
        cv2.imshow(title, picture)

    def key(self) -> int:
        """Give the last key, as `Screen.key` asks; one without a character counts as none."""
        code = cv2.waitKeyEx(1)
        # Arrows and the like have codes of which the last byte alone would be a letter.
        return -1 if code < 0 or code & 0xFFFF > 0xFF or not code & 0xFF else code & 0xFF

    def is_open(self, title: str) -> bool:
        """Whether the window is still there, as `Screen.is_open` asks."""
        return cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) >= 1

    def close(self, title: str) -> None:
        """Take the window away, as `Screen.close` asks."""
        cv2.destroyWindow(title)
        cv2.waitKey(1)


class Window:
    """A sink that shows frames; use it in a `with`, in the main thread."""

    def __init__(
        self,
        on_key: Callable[[str], None],
        status: Callable[[], str],
        *,
        mirror: bool = True,
        screen: Screen | None = None,
        draw: Callable[[Judged], Drawn] | None = None,
    ) -> None:
        """Say what to show; the window opens with the first frame.

        Args:
            on_key: Called with each key that the window itself has no use for.
            status: Gives the line at the bottom.
            mirror: Show the picture as a mirror does.
            screen: What the window is drawn with; by default OpenCV.
            draw: Draws a judged frame again, once it is mirrored: what is drawn isn't mirrored then.
        """
        self.mirror = mirror
        self.help = False
        self._on_key, self._status = on_key, status
        self._screen = screen or OpenCVScreen()
        self._draw = draw
        self._words = Words()
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __call__(self, drawn: Drawn) -> None:
        """Show a frame, and act on the keys that were pressed.

        Raises:
            Stop: The user wants to quit, or has closed the window.
            DeviceError: There is no screen.
        """
        frame = drawn.frame
        if not self._open:
            self._screen.open(TITLE, (frame.width, frame.height))
            self._open = True
        elif not self._screen.is_open(TITLE):
            raise Stop
        self._screen.show(TITLE, self.picture(drawn))
        self.keys()

    def keys(self) -> None:
        """Act on the key that was pressed last.

        Raises:
            Stop: It was q or Escape.
        """
        code = self._screen.key()
        if code < 0:
            return
        key = chr(code & 0xFF).lower()
        action = action_of(key)
        if action is Action.QUIT:
            raise Stop
        if action is Action.MIRROR:
            self.mirror = not self.mirror
        elif action is Action.HELP:
            self.help = not self.help
        else:
            self._on_key(key)

    def picture(self, drawn: Drawn) -> Pixels:
        """Make what is shown: BGR, mirrored if so wanted, with the status line; no word is ever mirrored."""
        frame = self._mirrored(drawn) if self.mirror else drawn.frame
        if frame.format is Format.BGR:
            bgr = frame.pixels.copy()
        else:
            bgr = np.asarray(cv2.cvtColor(plain(frame), cv2.COLOR_YUV2BGR_I420), np.uint8)
        scale = max(0.35, frame.height / 1300)
        lines = [self._status()]
        if self.help:
            lines = [*map(str, BINDINGS), *lines]
        for number, text in enumerate(reversed(lines)):
            bottom = frame.height - round((6 + 34 * number) * scale) - 2
            self._words.write(bgr, text, round(27 * scale), round(12 * scale) + 2, bottom)
        return bgr

    def _mirrored(self, drawn: Drawn) -> Frame:
        judged = drawn.judged
        if judged.frame.placeholder:  # which is nothing but words
            return drawn.frame
        if self._draw is None or drawn.pixels is judged.frame.pixels:
            return mirrored_frame(drawn.frame)
        return self._draw(mirrored(judged)).frame

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._open:
            self._screen.close(TITLE)
