"""A window on the screen that shows the newest frame and takes keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from emojicam.stream.i420 import Pixels
from emojicam.stream.line import Stop
from emojicam.stream.live import view
from emojicam.stream.live.countdown import Countdown
from emojicam.stream.live.hud import Hud
from emojicam.stream.live.keys import BINDINGS, NO_SUCH_KEY, Action, Binding, action_of
from emojicam.stream.live.letterbox import in_bgr
from emojicam.stream.live.mirror import mirrored, mirrored_frame
from emojicam.stream.live.screen import OpenCVScreen, Screen
from emojicam.stream.types import Drawn, Frame, Judged

TITLE = "emojicam"

FULL, NOT_FULL = "full screen: Esc leaves it", "full screen off"
"""Notices, of which each takes the other's place."""


class Window:
    """A sink that shows frames; use it in a `with`, in the main thread.

    Attributes:
        mirror: The picture is shown as a mirror does.
        hud: What is written over the picture.
    """

    def __init__(
        self,
        act: Callable[[Action, str], None],
        status: Callable[[], str],
        *,
        mirror: bool = True,
        screen: Screen | None = None,
        draw: Callable[[Judged], Drawn] | None = None,
        now: Callable[[], float] = time.monotonic,
        bindings: Sequence[Binding] = BINDINGS,
    ) -> None:
        """Say what to show; the window opens with the first frame.

        Args:
            act: Called with each action that a key asks for and the window can't do by itself, and the key.
            status: Gives the line at the bottom.
            mirror: Show the picture as a mirror does.
            screen: What the window is drawn with; by default OpenCV.
            draw: Draws a judged frame again, once it is mirrored: what is drawn isn't mirrored then.
            now: Gives the time in seconds.
            bindings: What the keys do.
        """
        self.mirror = mirror
        self.hud = Hud(now, bindings)
        self._bindings = bindings
        self._act, self._status = act, status
        self._screen = screen or OpenCVScreen()
        self._draw = draw
        self._countdown = Countdown(now)
        self._open = self._full = False

    def __enter__(self) -> Self:
        return self

    def __call__(self, drawn: Drawn) -> None:
        """Show a frame, and act on the keys that were pressed.

        Raises:
            Stop: The user wants to quit, or has closed the window.
            DeviceError: There is no screen.
        """
        frame = drawn.frame
        self.lay(view.opened((frame.width, frame.height)), lambda: self.picture(drawn))

    def lay(self, size: view.Size, picture: Callable[[], Pixels]) -> None:
        """Show a picture that is made when the window is there, and act on the keys that were pressed.

        Args:
            size: Width and height that the window opens with, px.
            picture: Makes the picture, uint8 HxWx3, BGR.

        Raises:
            Stop: The user wants to quit, or has closed the window.
            DeviceError: There is no screen.
        """
        if not self._open:
            self._screen.open(TITLE, size)
            self._open = True
        elif not self._screen.is_open(TITLE):
            raise Stop
        if self._countdown.is_over():
            self._act(Action.STILL, "")
        self._screen.show(TITLE, picture())
        self.keys()

    def say(self, text: str, instead: str = "") -> None:
        """Show a notice for a moment; arguments as for `Notices.say`."""
        self.hud.notices.say(text, instead)

    def keys(self) -> None:
        """Act on the key that was pressed last.

        Raises:
            Stop: It was q.
        """
        code = self._screen.key()
        if code < 0:
            return
        key = chr(code & 0xFF).lower()
        action = action_of(key, self._bindings)
        if action is Action.QUIT:
            raise Stop
        if action is None:
            self.say(NO_SUCH_KEY)
        elif not self._done(action):
            self._act(action, key)

    def _done(self, action: Action) -> bool:
        """Do what the window can do by itself; False if it can't."""
        if action is Action.MIRROR:
            self.mirror = not self.mirror
            self.say(f"mirror: {'on' if self.mirror else 'off'}")
        elif action is Action.HELP:
            self.hud.help = not self.hud.help
        elif action is Action.FULL_SCREEN:
            self._fill(not self._full)
        elif action is Action.BACK:
            self._back()
        elif action is Action.COUNTDOWN:
            self._countdown.start()
        else:
            return False
        return True

    def _back(self) -> None:
        """Leave what was begun last. It never ends the run: a meeting must not end by one Escape too many."""
        if self._countdown.stop():
            self.say("countdown stopped")
        elif self.hud.help:
            self.hud.help = False
        elif self._full:
            self._fill(on=False)
        else:
            self.say("q quits")

    def _fill(self, on: bool) -> None:
        self._full = on
        self._screen.fill(TITLE, on)
        self.say(*(FULL, NOT_FULL) if on else (NOT_FULL, FULL))

    def picture(self, drawn: Drawn) -> Pixels:
        """Make what is shown: BGR, mirrored if so wanted, and all that is to be read; no word is ever mirrored."""
        frame = self._mirrored(drawn) if self.mirror else drawn.frame
        place = self.room
        size = view.shown((frame.width, frame.height), place)
        bgr = view.fitted(in_bgr(frame), size)
        self.write(bgr, view.letters(size, place))
        return view.framed(bgr, place)

    @property
    def room(self) -> view.Size | None:
        """The width and height that there are in the window, px; None where that isn't known."""
        return self._screen.room(TITLE) if self._open else None

    def write(self, bgr: Pixels, size: int) -> None:
        """Write all that is to be read over a picture.

        Args:
            bgr: uint8 HxWx3, written to.
            size: Height of the font in px.
        """
        self.hud.write(bgr, size, self._status(), self._countdown.left())

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
