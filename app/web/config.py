"""The configuration that a server is given when it starts."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from emojicam import assets
from emojicam.errors import UsageError
from emojicam.settings import DEFAULTS, Settings
from emojicam.stream.choices import HOST, PORT

LEAST_TOKEN = 12
"""Characters that a token must have if it is typed in: shorter ones can be guessed."""


@dataclass(frozen=True)
class Limits:
    """The limits on what a server takes: of one photo or stream, from one address, and at once.

    Attributes:
        upload: Bytes of one photo.
        pixels: Pixels of one photo.
        passes: Passes of a progressive JPEG of `pixels`; a smaller one may have as many more.
        body_seconds: Seconds for which a photo may be under way.
        wait_seconds: Seconds for which a photo waits for its turn.
        uploads: Bytes of all photos that arrive, or wait to be unpacked.
        at_work: Pixels of all photos that are unpacked at the same time.
        at_work_least: Pixels that a photo counts for there, however small it is: to search it takes time as well.
        answers: Bytes of all photos that are ready and not yet fetched.
        waiting: Photos that may wait for their turn.
        photos_burst: Photos that one address may send at once.
        photos_a_second: Photos that one address may send steadily after that.
        logins_burst: Wrong tokens that one address may show at once, in whatever way.
        logins_a_second: Wrong tokens that one address may show steadily after that.
        connections: Connections, and requests under way, at the same time.
        connections_each: Connections, and requests under way, of one address at the same time.
        cameras: Streams at the same time.
        cameras_each: Streams of one address at the same time.
        frame_bytes: Bytes of one frame of a stream.
        frame_pixels: Pixels of one frame of a stream.
        frames_a_second: Frames of one stream; twice as many for a moment.
        idle_seconds: Seconds after which a stream without a frame, or whose frames nobody fetches, is ended.
    """

    upload: int = 10 * 1024 * 1024
    pixels: int = 25_000_000
    passes: int = 16
    body_seconds: float = 20.0
    wait_seconds: float = 15.0
    uploads: int = 128 * 1024 * 1024
    at_work: int = 50_000_000
    at_work_least: int = 4_000_000
    answers: int = 128 * 1024 * 1024
    waiting: int = 128
    photos_burst: int = 80
    photos_a_second: float = 2.0
    logins_burst: int = 5
    logins_a_second: float = 0.2
    connections: int = 256
    connections_each: int = 100
    cameras: int = 16
    cameras_each: int = 4
    frame_bytes: int = 1024 * 1024
    frame_pixels: int = 1920 * 1088
    frames_a_second: float = 60.0
    idle_seconds: float = 30.0

    @property
    def photo(self) -> str:
        """The largest photo that is taken, in words: megabytes and megapixels."""
        return f"{self.upload_words} and {self.pixels // 1_000_000} megapixels"

    @property
    def upload_words(self) -> str:
        """The largest number of bytes that a photo may have, in words."""
        return f"{self.upload // (1024 * 1024)} MB"


@dataclass(frozen=True)
class Config:
    """The settings of one server.

    Attributes:
        settings: How faces are found and judged, and how they are drawn at first.
        host: Address that it listens on.
        port: Port that it listens on; 0 takes a free one.
        token: What a visitor must know; "" lets everybody in.
        limits: How much is taken.
        proxy: One on this machine stands in front, and says whom it speaks for (X-Forwarded-For, X-Forwarded-Proto).
        labels: What the model says, once it is known: themes that lack a picture of it are not offered.
    """

    settings: Settings = DEFAULTS
    host: str = HOST
    port: int = PORT
    token: str = ""
    limits: Limits = field(default_factory=Limits)
    proxy: bool = False
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UsageError(f"--port {self.port}: from 0 to 65535")
        if self.token and (len(self.token) < LEAST_TOKEN or not self.token.isascii() or not self.token.isprintable()):
            raise UsageError(f"--token: at least {LEAST_TOKEN} ASCII characters; without a value one is made up")
        if not self.local and not self.token:
            raise UsageError(
                f"--host {self.host} lets other machines in: give --token, without a value to have one made up"
            )

    @property
    def local(self) -> bool:
        """Whether this machine alone can reach it."""
        return is_loopback(self.host)

    @cached_property  # a visitor may ask for one in every message
    def themes(self) -> dict[str, Path]:
        """The folders of the themes that can be chosen, by name; the first is the default. No path is ever shown."""
        chosen = assets.theme_folder(self.settings.theme)
        themes = {chosen.name: chosen}
        for name in assets.themes():
            folder = assets.theme_folder(name)
            if all(os.path.isfile(path) for label in self.labels for path in assets.emoji_files(folder, label)):
                themes.setdefault(name, folder)
        return themes


def is_loopback(host: str) -> bool:
    """Whether a name or an address means this machine, and no other can reach it there."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
