"""The words that a user names a source or a device by: what can't be meant is refused, with the true reason."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from emojicam.errors import UsageError
from emojicam.stream.live.cameras import PROTOCOLS, redacted

LISTENS = ("udp", "rtp")
"""Protocols whose addresses may name a port of this machine alone."""

_LIKE_A_FILE = re.compile(r"\.\w{2,4}$")


def is_file(named: str) -> bool:
    """Whether there is a file of that name; what can't be a file's name is none."""
    try:
        return Path(named).is_file()
    except (OSError, ValueError):
        return False


def refuse_address(named: str) -> None:
    """Refuse an address that no stream can have.

    Args:
        named: Something with "://" in it.

    Raises:
        UsageError: Another protocol, no server, or a port that there isn't.
    """
    scheme = named.split("://")[0].strip().lower()
    if scheme not in PROTOCOLS:
        raise UsageError(f"{redacted(named)}: a stream is one of {', '.join(PROTOCOLS)}")
    try:
        # A password may hold what would end the server's name.
        parts = urlsplit(f"{scheme}://" + named.split("://", 1)[1].rpartition("@")[2])
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{redacted(named)}: not an address: {error}") from error
    if scheme not in LISTENS and not parts.hostname:
        raise UsageError(f"{redacted(named)}: names no server: {scheme}://HOST/…")
    if port == 0:
        raise UsageError(f"{redacted(named)}: port 0: from 1 to 65535")


def refuse_as_camera(named: str) -> None:
    """Refuse as a camera what was meant to be something else.

    Args:
        named: Something that is neither a file nor an address.

    Raises:
        UsageError: A folder, a file that isn't there, or half an address.
    """
    typo = re.match(rf"({'|'.join(PROTOCOLS)}):", named.strip(), re.IGNORECASE)
    if typo:  # what follows may be a password
        scheme = typo[1].lower()
        raise UsageError(f"{scheme}:…: an address begins with {scheme}://")
    if not named.strip():
        raise UsageError("the source has no name: a camera's number, a device, an address or a video file")
    if named.isdecimal() or named.startswith("/dev/"):
        return
    if _exists(named):
        if Path(named).is_dir():
            raise UsageError(f"{named}: a folder; one video file, a camera or an address is wanted")
        if Path(named).is_char_device():  # a link to one
            return
        raise UsageError(f"{named}: neither a video file nor a camera")
    # Elsewhere cameras have names, which are no paths.
    if sys.platform == "linux" or os.sep in named or "/" in named or _LIKE_A_FILE.search(named):
        raise UsageError(f"{named[:200]}: no such file, and neither a camera's number or device nor an address")


def refuse_as_device(named: str | None) -> None:
    """Refuse as a virtual camera what is a source: the word behind --virtual-camera is taken for its device.

    Raises:
        UsageError: It is a file, a folder or an address.
    """
    if not named:
        return
    what = "an address" if "://" in named else "a folder" if _is_folder(named) else "a file" if is_file(named) else None
    if what is None and not named.startswith("/dev/") and not _exists(named) and _LIKE_A_FILE.search(named):
        what = "no device"
    if what:
        said = redacted(named) if "://" in named else named[:200]
        raise UsageError(
            f"--virtual-camera {said}: {what}, not a virtual camera; "
            "if it is the source, write it in front: emojicam live SOURCE --virtual-camera"
        )


def _exists(named: str) -> bool:
    try:
        return Path(named).exists()
    except (OSError, ValueError):
        return False


def _is_folder(named: str) -> bool:
    return _exists(named) and Path(named).is_dir()
