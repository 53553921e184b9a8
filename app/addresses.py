"""The names of files: paths on this machine, and addresses in object stores."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from emojicam.errors import UsageError

STORES = ("s3", "gs", "az")
"""Schemes of the object stores that are known."""

SCHEMES = (*STORES, "file")
"""Schemes of all addresses that are taken."""

_ADDRESS = re.compile(r"^([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """The name of an object in a store, as `s3://bucket/folder/name.jpg`.

    Attributes:
        text: The whole of it, with its scheme.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def scheme(self) -> str:
        """The word before the colon, which says which store it is."""
        return self.text.partition("://")[0]

    @property
    def key(self) -> str:
        """The bucket and what it has below it, without the scheme."""
        return self.text.partition("://")[2]

    @property
    def name(self) -> str:
        """The last part, as a file's name."""
        return PurePosixPath(self.key).name

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.key).stem

    @property
    def suffix(self) -> str:
        """The end of the name from its last dot on."""
        return PurePosixPath(self.key).suffix

    @property
    def parent(self) -> Address:
        """The folder that it lies in."""
        return Address(f"{self.scheme}://{PurePosixPath(self.key).parent.as_posix()}")

    def __truediv__(self, name: str) -> Address:
        return Address(f"{self.text.rstrip('/')}/{name}")

    @property
    def is_folder(self) -> bool:
        """Whether a folder is meant: a slash ends it, or it has no suffix, or is a whole bucket."""
        return self.text.endswith("/") or not self.suffix or "/" not in self.key.rstrip("/")


Place = Path | Address
"""The place of one file: on this machine, or in a store."""


def is_address(text: str) -> bool:
    """Whether a text begins as an address does, which on this machine no path does that anybody types."""
    return _ADDRESS.match(text) is not None


def local(text: str) -> str:
    """Write a `file://` address as the path that it stands for; all else stays as it is.

    Raises:
        UsageError: It names another machine, or a store that is not known, or holds a password.
    """
    found = _ADDRESS.match(text)
    if found is None:
        return text
    scheme = found[1].lower()
    if scheme not in SCHEMES:
        raise UsageError(f"{scheme}://: not a store that is known; there are {', '.join(f'{s}://' for s in SCHEMES)}")
    rest = text[found.end() :]
    if scheme == "file":
        return _path_of(text)
    if "@" in rest.partition("/")[0]:
        raise UsageError(f"{scheme}://: a password has no place in an address; the store's own settings have one")
    if not rest.strip("/"):
        raise UsageError(f"{text}: names no bucket")
    return f"{scheme}://{rest}"


def _path_of(text: str) -> str:
    parts = urlsplit(text.replace("?", "%3F").replace("#", "%23"))
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{text}: names another machine; a path of this one has three slashes, file:///")
    return _url_to_path(parts.path) or "/"


def _url_to_path(path: str) -> str:
    if os.name != "nt":
        return unquote(path)
    from urllib.request import url2pathname  # with all that speaks HTTP, 8 ms of every start

    return url2pathname(path)


def place(text: str) -> Place:
    """The place of the file that a text names.

    Raises:
        UsageError: It is an address of a kind that is not known, or holds a password.
    """
    named = local(text)
    return Address(named) if is_address(named) else Path(named)
