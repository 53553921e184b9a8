"""Save stills and GIFs of a live run aside, while it goes on, and tell what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from emojicam.console import say
from emojicam.errors import EmojicamError
from emojicam.stream.live.aside import MOST, Aside
from emojicam.stream.live.gif import write_gif
from emojicam.stream.media.photos import Photo, write_photo
from emojicam.stream.types import Drawn, Frame


class Tell(Protocol):
    """Shows a notice for a moment."""

    def __call__(self, text: str, instead: str = "") -> None:
        """Show it; arguments as for `Notices.say`."""


class Stills:
    """Writes stills and GIFs into the current folder; use it in a `with`, whose end waits until all are written."""

    def __init__(self, tell: Tell, complain: Callable[[EmojicamError], None], most: int = MOST) -> None:
        """Begin with nothing to write.

        Args:
            tell: Called with what is being saved, and what has been.
            complain: Called with what could not be.
            most: Files that may wait to be written.
        """
        self._tell, self._complain = tell, complain
        self._aside = Aside(most)
        self._saved = 0

    def __enter__(self) -> Self:
        self._aside.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._aside.__exit__(kind, error, tb)

    def still(self, drawn: Drawn, of: str = "") -> None:
        """Save a drawn frame as a PNG.

        Args:
            drawn: The frame.
            of: What stands in the file's name before the suffix, where there are several streams.
        """
        frame = drawn.frame
        self._save(f"{of}.png", lambda path: write_photo(Photo(frame.bgr(), None, "PNG"), path))

    def gif(self, frames: Sequence[Frame], of: str = "") -> None:
        """Save frames as a GIF; arguments as for `still`."""
        if len(frames) < 2:
            self._tell("no GIF: nothing has moved yet")
        else:
            self._save(f"{of}.gif", lambda path: write_gif(frames, path))

    def tell_finished(self) -> None:
        """Tell of the files that have been written since the last call."""
        for path, error in self._aside.finished():
            if error is not None:
                self._complain(error)
            else:
                say(f"emojicam: {path}")
                self._tell(f"saved {path}", f"saving {path}")

    def _save(self, end: str, write: Callable[[Path], None]) -> None:
        """Write a file aside: it takes longer than a frame may wait."""
        self._saved += 1
        path = Path(time.strftime(f"emojicam-%Y%m%d-%H%M%S-{self._saved}{end}"))
        self._tell(f"saving {path}" if self._aside.begin(path, write) else "not saved: too much is being saved")
