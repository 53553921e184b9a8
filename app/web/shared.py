"""The objects and helpers that all requests of one server share."""

from __future__ import annotations

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from emojicam.stream.choices import Style
from emojicam.stream.faces.boxes import numbers
from emojicam.stream.records.report import face_json
from emojicam.stream.types import Judged
from emojicam.web.config import Config
from emojicam.web.freed import Freed
from emojicam.web.limits import Budget, Rate, Slots
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
        uploads: Room for photos that arrive or wait.
        pixels: Room for photos that are unpacked.
        answers: Room for photos that are being fetched.
        photos: How often an address may send one.
        cameras: Places for streams.
        freed: What gives memory back after photos.
    """

    config: Config
    worker: Worker
    photo_overlays: Overlays
    frame_overlays: Overlays
    photo_threads: ThreadPoolExecutor
    frame_threads: ThreadPoolExecutor
    uploads: Budget
    pixels: Budget
    answers: Budget
    photos: Rate
    cameras: Slots
    freed: Freed

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
    return network(connection.client.host if connection.client else "")


def network(host: str) -> str:
    """The address by which a visitor is counted: an IPv6 network is one, and IPv4 stays IPv4 on an IPv6 socket."""
    try:
        one = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return host
    if one.version == 6 and one.ipv4_mapped:
        one = one.ipv4_mapped
    return str(ipaddress.ip_network((one, 64), strict=False)) if one.version == 6 else str(one)


def style_of(word: str) -> Style | None:
    """A style by name; None if there is none of that name."""
    return next((style for style in Style if style.value == word), None)


def as_json(judged: Judged) -> dict[str, Any]:
    """Turn what was seen in a picture into the API's JSON values."""
    faces = [face for face in judged.faces if face.confirmed]
    return {
        "width": judged.frame.width,
        "height": judged.frame.height,
        "faces": [{"number": number, **face_json(face)} for number, face in zip(numbers(faces), faces, strict=True)],
    }
