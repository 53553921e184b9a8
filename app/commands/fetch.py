"""The command `fetch`: the face detector's files, ahead of time."""

from __future__ import annotations

from dataclasses import dataclass

from emojicam.console import show
from emojicam.stream.faces import detector_files


@dataclass(frozen=True)
class FetchOptions:
    """The options of `emojicam fetch`.

    Attributes:
        quiet: Print only errors.
    """

    quiet: bool


def fetch(options: FetchOptions) -> int:
    """Fetch the files that aren't there, and say where they are."""
    for file in detector_files.FILES:
        path = detector_files.fetch(file, quiet=options.quiet)
        if not options.quiet:
            show(str(path))
    return 0
