"""Ctrl-C and SIGTERM: once is a request to end well, twice is an order to leave."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Self

EXIT_CODE = 130


def ask_to_end(platform: str = sys.platform) -> None:
    """Ask this process to end well, from any thread: what SIGTERM asks.

    Args:
        platform: As `sys.platform` names it. On Windows a signal that is sent ends a process at once, whatever it
            catches; there the main thread is told without one.
    """
    if platform == "win32":
        _thread.interrupt_main(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)


class Interrupt:
    """Catches Ctrl-C and SIGTERM, or other signals, while its `with` lasts.

    The first signal raises KeyboardInterrupt where the main thread is, or, inside `patiently`, only makes `asked` true,
    so that what is under way can be finished. The second ends the process at once.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        """Choose the signals to catch.

        Args:
            signals: Those to catch; by default Ctrl-C's SIGINT, and SIGTERM.
        """
        self.asked = False
        self._signals = signals or (signal.SIGINT, signal.SIGTERM)
        self._patient = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                self._before[number] = signal.signal(number, self._happened)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """Let the first signal raise nothing: the code inside looks at `asked`, and ends by itself."""
        self._patient = True
        try:
            yield
        finally:
            self._patient = False

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """Let a signal that comes while the code inside runs raise after it: it isn't to be cut in two."""
        before, asked = self._patient, self.asked
        self._patient = True
        try:
            yield
        finally:
            self._patient = before
        if self.asked and not asked and not before:
            raise KeyboardInterrupt

    def _happened(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            with suppress(OSError):
                os.write(2, b"emojicam: left at once\n")
            os._exit(EXIT_CODE)
        self.asked = True
        if not self._patient:
            raise KeyboardInterrupt
