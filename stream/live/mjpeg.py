"""Read the JPEG pictures that a network camera sends over HTTP, as forgivingly as browsers do.

Cameras differ in all that stands around the pictures: boundaries with and without dashes, none before the first one,
none at all, lengths that are missing or wrong. So what stands around them is passed over, and each picture is known by
its own structure. FFmpeg wants boundaries as they should be, and reads seconds of pictures before it gives the first.
"""

from __future__ import annotations

import http.client
import itertools
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any

from emojicam.errors import DeviceError

MOST_BYTES = 64 << 20
"""Bytes of one picture at most."""

MOST_BETWEEN = 4 << 20
"""Bytes without a picture after which there is none to be expected."""

CHUNK = 1 << 16
"""Bytes that are read at a time, at most: what has come is taken at once."""

START = b"\xff\xd8\xff"

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The end of a JPEG's coded pixels: they have no 0xFF of their own but before 0, and restarts (D0-D7)."""


class SinglePicture(Exception):
    """The server sends one picture and ends: a still, no stream."""


def jpegs_of(url: str, timeout: float) -> Iterator[bytes] | None:
    """Open an address.

    Args:
        url: An address of HTTP or HTTPS; may hold user and password, which are sent when the server asks for them.
        timeout: Seconds for which the server may say nothing.

    Returns:
        The pictures, each as soon as it has come; None if it sends something else than JPEG.

    Raises:
        OSError: It can't be reached, or says nothing; `urllib.error.HTTPError` if it refuses.
    """
    try:
        response = _opened(url, timeout)
    except (http.client.HTTPException, ValueError):
        return None  # an address or an answer that isn't by the book: FFmpeg may know it
    head = b""
    try:
        kind = response.headers.get_content_type()
        if not kind.startswith("multipart/") and kind not in ("image/jpeg", "image/jpg", "image/pjpeg"):
            head = response.read1(CHUNK)
            if not _is_jpeg(head):
                response.close()
                return None
    except http.client.HTTPException:
        response.close()
        return None
    except BaseException:
        response.close()
        raise
    return _pictures(response, head, still=kind.startswith("image/"))


class _Basic(urllib.request.HTTPBasicAuthHandler):
    """Closes the answer that asked for a password, which urllib leaves to the garbage collector."""

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        fp.close()
        return super().http_error_401(req, fp, code, msg, headers)


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Does the same."""

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        fp.close()
        return super().http_error_401(req, fp, code, msg, headers)


def _opened(url: str, timeout: float) -> HTTPResponse:
    parts = urllib.parse.urlsplit(url.strip())
    who, _, where = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    bare = urllib.parse.urlunsplit((parts.scheme, where, parts.path, parts.query, ""))
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if who:
        passwords.add_password(None, bare, urllib.parse.unquote(user), urllib.parse.unquote(password))
    # Cameras sign their certificates themselves; FFmpeg doesn't ask for better ones either.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPRedirectHandler(),
        _Basic(passwords),
        _Digest(passwords),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):  # and none for files and other protocols, to which a server might send the reader
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "emojicam"), ("Accept", "*/*")]
    response = opener.open(bare, timeout=timeout)
    if not isinstance(response, HTTPResponse):
        raise ValueError("no answer over HTTP")
    return response


def _is_jpeg(head: bytes) -> bool:
    """Whether an answer without a word of its kind begins with a JPEG, or with the head of one."""
    begins = head.lstrip(b"\r\n ")
    return begins.startswith(START) or (begins[:2] == b"--" and b"image/jp" in begins[:1024].lower())


def _pictures(response: HTTPResponse, head: bytes, *, still: bool) -> Iterator[bytes]:
    waiting = [head] if head else []

    def more() -> bytes:
        try:
            return response.read1(CHUNK)
        except http.client.HTTPException:  # it ended in the middle of a piece
            return b""

    with response:
        pictures = split(lambda: waiting.pop() if waiting else more())
        if still:  # nothing but what follows tells a stream from a still
            begin = list(itertools.islice(pictures, 2))
            if len(begin) == 1:
                raise SinglePicture
            yield from begin
        yield from pictures


def split(read: Callable[[], bytes]) -> Iterator[bytes]:
    """Find the JPEG pictures among whatever else there is.

    Args:
        read: Gives the next bytes, as many as have come; none at the end.

    Yields:
        Whole pictures, each as soon as its last byte has come. One whose end is missing ends where the next begins.

    Raises:
        DeviceError: There is no picture among `MOST_BETWEEN` bytes.
    """
    data = bytearray()
    passed = 0
    while True:
        begin = data.find(START)
        while begin < 0:
            passed += max(0, len(data) - 2)
            del data[:-2]
            if passed > MOST_BETWEEN:
                raise DeviceError("sends no JPEG pictures")
            came = read()
            if not came:
                return
            data += came
            begin = data.find(START)
        del data[:begin]
        passed = 0
        end = _end(data, read)
        if end is None:
            return
        if end:
            yield bytes(data[:end])
        del data[: end or 2]


def _end(data: bytearray, read: Callable[[], bytes]) -> int | None:
    """Find the end of the picture with which `data` begins, reading on as far as it goes.

    Returns:
        The number of its bytes; 0 if it is none; None if the stream ends before.
    """
    at, coded = 2, False

    def has(length: int) -> bool:
        while len(data) < length:
            came = read()
            if not came:
                return False
            data.extend(came)
        return True

    while at < MOST_BYTES:
        if coded:
            found = _MARKER.search(data, at)
            if found is None:
                at = max(at, len(data) - 1)
                if not has(len(data) + 1):
                    return None
                continue
            at, coded = found.start(), False
        if not has(at + 2):
            return None
        if data[at] != 0xFF:
            return 0
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker == 0xD9:
            return at + 2
        elif marker == 0xD8:  # the next one begins, and this one has no end
            return at
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 2
        else:
            if not has(at + 4):
                return None
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            coded = marker == 0xDA
    return 0
