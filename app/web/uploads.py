"""A form that arrives, taken apart in memory: nothing of it ever touches the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it warns of what visitors send
FIELD = 1000
"""Bytes of one field that isn't the photo."""

AROUND = 64 * 1024
"""Bytes of a form besides its photo."""

HEADERS = 4096
"""Bytes of one part's headers."""

CLOSE = {"Connection": "close"}
"""Headers of the answer to who is refused while still sending, and not listened to any longer."""


@dataclass(frozen=True)
class Form:
    """The photo and the other fields that a visitor sent.

    Attributes:
        photo: The file's content; its name is not even kept.
        fields: The other fields, by name.
    """

    photo: bytes
    fields: dict[str, str]


def announced(request: Request, most: int) -> int:
    """The bytes of a form by its own word; without one as many as there may be.

    Args:
        request: Its headers are read.
        most: Bytes that the photo may have.
    """
    length = request.headers.get("content-length", "")
    return min(int(length) if length.isascii() and length.isdigit() else most, most) + AROUND


async def read_form(request: Request, names: Mapping[str, int], most: int, seconds: float) -> Form:
    """Take a `multipart/form-data` request apart.

    Args:
        request: Its body is read here.
        names: Fields that there may be besides `photo`, and the bytes that each may have.
        most: Bytes that the photo may have.
        seconds: Seconds for which the body may be under way.

    Raises:
        HTTPException: 400 if it is malformed, 408 if it takes too long, 413 if it is too large, 415 if it is no form.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise HTTPException(415, "send the photo as multipart/form-data, in the field “photo”", CLOSE)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise HTTPException(400, "the form has no boundary", CLOSE)
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > most + AROUND:
        raise _too_large(most)
    taken = _Taken(most, names)
    parser = MultipartParser(boundary, taken.callbacks())
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most + AROUND:
                    raise _too_large(most)
                parser.write(chunk)
        parser.finalize()
    except TimeoutError as error:
        raise HTTPException(408, f"the photo took longer than {seconds:g} seconds to arrive", CLOSE) from error
    except FormParserError as error:
        raise HTTPException(400, "the form is malformed", CLOSE) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "the form broke off") from error
    if not taken.whole:
        raise HTTPException(400, "the form breaks off")
    return taken.form()


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the photo has more than {most // (1024 * 1024)} MB", CLOSE)


class _Taken:
    """Takes what a parser finds in a form, bit by bit."""

    def __init__(self, most: int, names: Mapping[str, int]) -> None:
        self._most, self._names = most, names
        self._parts: list[tuple[str, bytearray]] = []
        self._header = bytearray()
        self._value = bytearray()
        self._name: str | None = None
        self._bytes = 0
        self.whole = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._more,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def form(self) -> Form:
        parts: dict[str, bytearray] = {}
        for name, content in self._parts:
            if name != "photo" and name not in self._names:
                known = ", ".join(["photo", *self._names])
                raise HTTPException(400, f"the form has a field that isn't known; known are {known}")
            if name in parts:
                raise HTTPException(400, f"the form has the field “{name}” twice")
            parts[name] = content
        photo = parts.pop("photo", None)
        if photo is None:
            raise HTTPException(400, "the form has no field “photo”")
        if not photo:
            raise HTTPException(400, "the photo is empty")
        try:
            return Form(bytes(photo), {name: content.decode("utf-8") for name, content in parts.items()})
        except UnicodeDecodeError as error:
            raise HTTPException(400, "a field of the form isn't UTF-8") from error

    def _begin(self) -> None:
        if len(self._parts) >= 16:
            raise HTTPException(400, "the form has too many fields", CLOSE)
        self._name, self._bytes = None, 0

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header += data[start:end]

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._value += data[start:end]

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > HEADERS:
            raise HTTPException(400, "a field of the form has a name that is too long", CLOSE)

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        if self._name is None:
            raise HTTPException(400, "a field of the form has no name", CLOSE)
        self._parts.append((self._name, bytearray()))

    def _data(self, data: bytes, start: int, end: int) -> None:
        name, content = self._parts[-1]
        content += data[start:end]
        if name == "photo" and len(content) > self._most:
            raise _too_large(self._most)
        if name != "photo" and len(content) > self._names.get(name, FIELD):
            raise HTTPException(400, "a field of the form is too long", CLOSE)

    def _end(self) -> None:
        self.whole = True
