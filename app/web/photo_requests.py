"""The way of every request that brings a photo: it is let in, counted, unpacked, and its answer kept until fetched."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emojicam.errors import InputError
from emojicam.stream.choices import Style
from emojicam.stream.media.photos import (
    Moves,
    NotAPhoto,
    Photo,
    TooManyPixels,
    decode_photo,
    encode_photo,
    passes,
    photo_size,
    refuse_scans,
)
from emojicam.stream.media.stills import FORMAT_WORDS
from emojicam.web.gone import Gone, unless_gone
from emojicam.web.in_thread import in_thread
from emojicam.web.shared import Shared, address, shared, style_of
from emojicam.web.uploads import FIELD, Form, announced, read_form
from emojicam.web.worker import Busy

JSON = "application/json"
MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
NAME = "the photo"
"""The name of a photo in messages, whatever its sender calls it."""

LOOK = {"theme": FIELD, "style": FIELD}
"""Fields of every such form, and the bytes that each may have."""

PIECE = 256 * 1024
"""Bytes of an answer that are handed on at once."""


@dataclass(frozen=True)
class Asked:
    """A photo that a visitor has sent, and what they want of it.

    Attributes:
        here: The server's shared objects.
        who: The visitor's address.
        photo: The photo's file.
        fields: The form's other fields, by name.
        wanted: `application/json`, a format, or "" for the upload's, by the request's `Accept`.
        held: Holds what the answer takes up until it is fetched.
    """

    here: Shared
    who: str
    photo: bytes
    fields: dict[str, str]
    wanted: str
    held: AsyncExitStack

    def look(self) -> tuple[str, Style]:
        """Read the theme and the style that are wanted.

        Raises:
            HTTPException: 400: there is no such one.
        """
        theme = self.fields.get("theme") or self.here.theme
        style = style_of(self.fields.get("style") or self.here.config.settings.style.value)
        if theme not in self.here.config.themes:
            raise HTTPException(400, f"no theme of that name; there are: {', '.join(self.here.config.themes)}")
        if style is None:
            raise HTTPException(400, f"no style of that name; there are: {', '.join(one.value for one in Style)}")
        return theme, style

    @asynccontextmanager
    async def unpacked(self) -> AsyncIterator[Photo]:
        """Hold the photo's pixels while the `with` lasts; its header is read first.

        Raises:
            Busy: Too many pixels are held already.
            HTTPException: 413: its pixels come in too many passes.
            InputError: It can't be read, or is too large.
        """
        limits = self.here.config.limits
        width, height = photo_size(self.photo, NAME, limits.pixels)
        refuse_scans(self.photo, NAME)
        if passes(self.photo) * width * height > limits.passes * limits.pixels:
            raise HTTPException(413, f"the photo's pixels come in more than {limits.passes} passes")
        async with self.here.pixels.of(self.who, width * height):
            yield await in_thread(
                self.here.photo_threads, lambda: decode_photo(self.photo, NAME, self.here.config.limits.pixels)
            )


Make = Callable[[Asked], Awaitable[Response]]
"""Makes the answer to a photo."""


class PhotoRequests:
    """An endpoint of uploads: an ASGI app, which keeps count of an answer until it is fetched."""

    def __init__(self, make: Make, fields: Mapping[str, int]) -> None:
        """Say what it is for.

        Args:
            make: Makes the answers.
            fields: Fields that the form may have besides `photo`, and the bytes that each may have.
        """
        self._make, self._fields = make, fields

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one upload of a photo; who hangs up is worked for no longer.

        Raises:
            HTTPException: It is refused; the API's document lists the reasons.
        """
        request = Request(scope, receive)
        here = shared(request)
        who = address(request)
        if seconds := here.photos.wait(who):
            wait = {"Retry-After": str(math.ceil(seconds))}
            raise HTTPException(429, "that was a lot of photos; wait a moment", wait)
        wanted = accepted(request.headers.get("accept", "*/*"))
        async with AsyncExitStack() as held:
            held.enter_context(here.freed.afterwards())
            try:
                answer = await self._answered(request, here, who, wanted, held)
            except Busy as error:
                wait = {"Retry-After": "2", "Connection": "close"}
                raise HTTPException(503, "there is a lot to do; try again in a moment", wait) from error
            except Gone:
                return
            await _send(answer, send)

    async def _answered(self, request: Request, here: Shared, who: str, wanted: str, held: AsyncExitStack) -> Response:
        """Take a photo in and make the answer.

        Raises:
            Busy: There is too much to do.
            Gone: The visitor has hung up.
            HTTPException: The photo is refused.
        """
        limits = here.config.limits
        async with here.uploads.of(who, announced(request, limits.upload)):
            form = await read_form(request, self._fields, limits.upload, limits.body_seconds)
            try:
                return await unless_gone(request.receive, self._work(here, who, form, wanted, held))
            except TooManyPixels as error:
                most = limits.pixels // 1_000_000
                raise HTTPException(413, f"the photo has more than {most} megapixels") from error
            except Moves as error:
                raise HTTPException(415, "this picture moves; only pictures that don't are taken") from error
            except NotAPhoto as error:
                raise HTTPException(415, f"this is no picture that can be read here: {FORMAT_WORDS} are") from error
            except InputError as error:
                raise HTTPException(400, "the photo is damaged") from error

    async def _work(self, here: Shared, who: str, form: Form, wanted: str, held: AsyncExitStack) -> Response:
        return await self._make(Asked(here, who, form.photo, form.fields, wanted, held))


async def _send(answer: Response, send: Send) -> None:
    """Send an answer as fast as it is fetched."""
    body = memoryview(answer.body)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    for start in range(0, len(body), PIECE):
        more = start + PIECE < len(body)
        await send({"type": "http.response.body", "body": body[start : start + PIECE], "more_body": more})


def packed(photo: Photo, form: str) -> memoryview:
    """Write a photo as a file.

    Args:
        photo: What is written, without metadata.
        form: The format; JPEG instead of one that isn't written.

    Raises:
        HTTPException: 400: the format can't hold a picture of that size.
    """
    try:
        return encode_photo(photo, form if form in MEDIA else "JPEG")
    except (OSError, ValueError) as error:
        raise HTTPException(400, f"the photo is too long or too wide for {form}; ask for PNG") from error


async def picture(asked: Asked, content: memoryview, form: str, faces: int) -> Response:
    """Make the answer that is a picture; it is counted until it is fetched.

    Args:
        asked: What it answers.
        content: The file.
        form: Its format.
        faces: How many faces were drawn on.
    """
    await asked.held.enter_async_context(asked.here.answers.of(asked.who, len(content)))
    headers = {"X-Faces": str(faces), "Vary": "Accept"}
    return Response(content, media_type=MEDIA.get(form, "image/jpeg"), headers=headers)


def accepted(header: str) -> str:
    """Find out what a visitor wants to have: JSON, or a picture of some format.

    Args:
        header: The request's `Accept`.

    Returns:
        `application/json`, one of the formats, or "" for that of the upload.

    Raises:
        HTTPException: 406: it names nothing that is given here.
    """
    known: dict[str, str] = {JSON: JSON} | {media: form for form, media in MEDIA.items()}
    known |= {"*/*": "", "image/*": "", "application/*": JSON}
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:1000].split(",")):
        media, *options = (piece.strip().lower() for piece in part.split(";"))
        weight = _weight(options)
        if media in known and weight > 0:
            wishes.append((-weight, place, known[media]))
    if not wishes and header.strip():
        raise HTTPException(406, f"there are {', '.join([*MEDIA.values(), JSON])}")
    return min(wishes)[2] if wishes else ""


def _weight(options: list[str]) -> float:
    for option in options:
        name, _, value = option.partition("=")
        if name.strip() == "q":
            try:
                number = float(value)
            except ValueError:
                return 0.0
            return number if math.isfinite(number) else 0.0
    return 1.0
