"""The screen that a live stream's window stands on: OpenCV's, or a recording one in tests."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Protocol

import cv2

from emojicam.errors import DeviceError
from emojicam.stream.i420 import Pixels


class Screen(Protocol):
    """The screen that a window is drawn on: OpenCV's, or a recording one in tests."""

    def open(self, title: str, size: tuple[int, int]) -> None:
        """Open a window of that size that can be resized."""

    def show(self, title: str, picture: Pixels) -> None:
        """Show a picture: uint8 HxWx3, BGR; it fills the window."""

    def room(self, title: str) -> tuple[int, int] | None:
        """Give the width and height that there are in the window, px; None where that isn't known."""

    def fill(self, title: str, on: bool) -> None:
        """Let the window fill the whole screen, or no more."""

    def key(self) -> int:
        """Give the key that was pressed last, or -1; windows are drawn meanwhile."""

    def is_open(self, title: str) -> bool:
        """Whether the user has not closed the window."""

    def close(self, title: str) -> None:
        """Take the window away, unless the user has done so."""


class OpenCVScreen:
    """The screen that OpenCV draws windows on."""

    def open(self, title: str, size: tuple[int, int]) -> None:
        """Open a window, as `Screen.open` asks.

        Raises:
            DeviceError: There is no screen.
        """
        # Qt ends the whole process where it finds no screen: that must be asked first.
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise DeviceError(
                "there is no screen for a window: --no-window does without, --record FILE keeps what it would show"
            )
        try:
            # To keep the picture's shape, Qt's windows would have bars of nearly white beside it.
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL)
            cv2.resizeWindow(title, *size)
        except cv2.error as error:
            raise DeviceError("no window can be opened: --no-window shows none") from error

    def show(self, title: str, picture: Pixels) -> None:
        """Draw the picture, as `Screen.show` asks."""
        cv2.imshow(title, picture)

    def room(self, title: str) -> tuple[int, int] | None:
        """Ask how much room the window has, as `Screen.room` asks: 0.8 µs."""
        _, _, width, height = cv2.getWindowImageRect(title)
        return (width, height) if width > 0 and height > 0 else None

    def fill(self, title: str, on: bool) -> None:
        """Fill the screen, or no more, as `Screen.fill` asks."""
        cv2.setWindowProperty(title, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN if on else cv2.WINDOW_NORMAL)

    def key(self) -> int:
        """Give the last key, as `Screen.key` asks; one without a character counts as none."""
        code = cv2.waitKeyEx(1)
        # Arrows and the like have codes of which the last byte alone would be a letter.
        return -1 if code < 0 or code & 0xFFFF > 0xFF or not code & 0xFF else code & 0xFF

    def is_open(self, title: str) -> bool:
        """Whether the window is still there, as `Screen.is_open` asks."""
        try:
            return cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # of Qt, once its last window is closed
            return False

    def close(self, title: str) -> None:
        """Take the window away, as `Screen.close` asks."""
        with suppress(cv2.error):  # as above
            cv2.destroyWindow(title)
            cv2.waitKey(1)
