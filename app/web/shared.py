"""The objects and helpers that all requests of one server share."""

from __future__ import annotations

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from emojicam.stream.choices import Style
from emojicam.stream.records.report import face_json
from emojicam.stream.types import Judged
from emojicam.web.config import Config
from emojicam.web.limits import PixelBudget, Rate, Slots
from emojicam.web.overlays import Overlays
from emojicam.web.worker import Worker


@dataclass(frozen=True)
class Shared:
    """The objects that all requests of one server share.

    Attributes:
        config: As it was started.
        worker: Where faces are found and judged.
        photo_overlays: What draws on photos.
        frame_overlays: What draws on frames of streams: the emoji for a face that fills a large photo takes seconds.
        photo_threads: Threads that unpack and pack photos.
        frame_threads: Threads that unpack and pack frames of streams: a large photo must not hold them up.
        pixels: Room for photos that are unpacked.
        photos: How often an address may send one.
        logins: How often an address may try a token.
        cameras: Places for streams.
    """

    config: Config
    worker: Worker
    photo_overlays: Overlays
    frame_overlays: Overlays
    photo_threads: ThreadPoolExecutor
    frame_threads: ThreadPoolExecutor
    pixels: PixelBudget
    photos: Rate
    logins: Rate
    cameras: Slots

    @property
    def theme(self) -> str:
        """The name of the theme that holds until a visitor chooses another."""
        return next(iter(self.config.themes))


def shared(connection: HTTPConnection) -> Shared:
    """Find the shared objects of the server that a request came to."""
    found = connection.app.state.shared
    assert isinstance(found, Shared)
    return found


def address(connection: HTTPConnection) -> str:
    """The address of whoever sent a request; an IPv6 network counts as one."""
    host = connection.client.host if connection.client else ""
    try:
        one = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return host
    return str(ipaddress.ip_network((one, 64), strict=False)) if one.version == 6 else str(one)


def style_of(word: str) -> Style | None:
    """A style by name; None if there is none of that name."""
    return next((style for style in Style if style.value == word), None)


def as_json(judged: Judged) -> dict[str, Any]:
    """Turn what was seen in a picture into the API's JSON values."""
    return {
        "width": judged.frame.width,
        "height": judged.frame.height,
        "faces": [face_json(face) for face in judged.faces if face.confirmed],
    }
