"""Find the way to open what a user calls a live source: a camera, an address, or a video file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from emojicam.errors import InputError
from emojicam.stream.live.cameras import camera, network, redacted
from emojicam.stream.live.devices import System
from emojicam.stream.live.named import is_file, refuse_address, refuse_as_camera
from emojicam.stream.live.paced import looped
from emojicam.stream.live.reconnect import Opening
from emojicam.stream.media.container import Kind, kind


def opening_of(given: str, size: tuple[int, int], rate: int, system: System, *, loop: bool = False) -> Opening:
    """Find the way to open what the user named; nothing is opened yet.

    Args:
        given: A camera's number or device, an address, or a video file.
        size: Width and height that a camera is asked for, px.
        rate: Frames a second that a camera is asked for.
        system: Says which cameras there are.
        loop: Show a video file again and again.

    Raises:
        UsageError: It can't be a source.
        InputError: It is a file, and no video.
    """
    if "://" in given:
        refuse_address(given)
        return Opening(partial(network, given), redacted(given))
    if is_file(given):
        path = Path(given)
        if kind(path) is Kind.PHOTO:
            raise InputError(f"{path}: a photo, which doesn't move: `emojicam annotate` takes it")
        return Opening(partial(looped, path, loop=loop), path.name, once=not loop)
    refuse_as_camera(given)
    return Opening(partial(camera, given, size, rate, system), f"camera {given}")
