"""`POST /api/photo`: a photo in, the same with emoji out, or what was seen in it."""

from __future__ import annotations

import base64
import math
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
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
from emojicam.stream.types import Frame, Judged
from emojicam.web.gone import Gone, unless_gone
from emojicam.web.in_thread import in_thread
from emojicam.web.shared import Shared, address, as_json, shared, style_of
from emojicam.web.uploads import announced, read_form
from emojicam.web.worker import Busy
from emojicam.wiring import redrawn

MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
FIELDS = ("theme", "style", "image")
NAME = "the photo"
"""The name of a photo in messages, whatever its sender calls it."""

JSON = "application/json"


PIECE = 256 * 1024
"""Bytes of an answer that are handed on at once."""


@dataclass(frozen=True)
class _Wish:
    """The form of the answer that a visitor wants.

    Attributes:
        theme: The emoji's.
        style: How they lie.
        wanted: JSON, a format, or "" for the upload's.
        inside: The format of the picture that the JSON is to hold, or "".
    """

    theme: str
    style: Style
    wanted: str
    inside: str


class Photos:
    """The endpoint of uploads: an ASGI app, which keeps count of an answer until it is fetched."""

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
                answer = await _answered(request, here, who, wanted, held)
            except Busy as error:
                wait = {"Retry-After": "2", "Connection": "close"}
                raise HTTPException(503, "there is a lot to do; try again in a moment", wait) from error
            except Gone:
                return
            await _send(answer, send)


async def _send(answer: Response, send: Send) -> None:
    """Send an answer as fast as it is fetched."""
    body = memoryview(answer.body)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    for start in range(0, len(body), PIECE):
        more = start + PIECE < len(body)
        await send({"type": "http.response.body", "body": body[start : start + PIECE], "more_body": more})


async def _answered(request: Request, here: Shared, who: str, wanted: str, held: AsyncExitStack) -> Response:
    """Take a photo in and make the answer.

    Raises:
        Busy: There is too much to do.
        Gone: The visitor has hung up.
        HTTPException: The photo is refused.
    """
    limits = here.config.limits
    async with here.uploads.of(who, announced(request, limits.upload)):
        form = await read_form(request, FIELDS, limits.upload, limits.body_seconds)
        wish = _wish(here, form.fields, wanted)
        try:
            return await unless_gone(request.receive, _made(here, who, form.photo, wish, held))
        except TooManyPixels as error:
            most = limits.pixels // 1_000_000
            raise HTTPException(413, f"the photo has more than {most} megapixels") from error
        except Moves as error:
            raise HTTPException(415, "this picture moves; only pictures that don't are taken") from error
        except NotAPhoto as error:
            raise HTTPException(415, f"this is no picture that can be read here: {FORMAT_WORDS} are") from error
        except InputError as error:
            raise HTTPException(400, "the photo is damaged") from error


def _wish(here: Shared, fields: dict[str, str], wanted: str) -> _Wish:
    theme = fields.get("theme") or here.theme
    style = style_of(fields.get("style") or here.config.settings.style.value)
    inside = fields.get("image") or ""
    if theme not in here.config.themes:
        raise HTTPException(400, f"no theme of that name; there are: {', '.join(here.config.themes)}")
    if style is None:
        raise HTTPException(400, f"no style of that name; there are: {', '.join(one.value for one in Style)}")
    if inside and inside.upper() not in MEDIA:
        raise HTTPException(400, "the field “image” is jpeg, png or webp")
    return _Wish(theme, style, wanted, inside.upper())


async def _made(here: Shared, who: str, data: bytes, wish: _Wish, held: AsyncExitStack) -> Response:
    limits = here.config.limits
    width, height = photo_size(data, NAME, limits.pixels)
    refuse_scans(data, NAME)
    if passes(data) * width * height > limits.passes * limits.pixels:
        raise HTTPException(413, f"the photo's pixels come in more than {limits.passes} passes")
    async with here.pixels.of(who, width * height):
        before = await in_thread(here.photo_threads, lambda: decode_photo(data, NAME, limits.pixels))
        judged = await here.worker.judge(Frame(0, 0.0, before.bgr), who=who, seconds=limits.wait_seconds)
        form = wish.inside if wish.wanted == JSON else wish.wanted or before.written_as
        if wish.wanted == JSON and not wish.inside:
            return JSONResponse(as_json(judged))
        after = await in_thread(here.photo_threads, lambda: _packed(here, before, judged, wish, form))
        media = MEDIA.get(form, "image/jpeg")
        # The pixels are held meanwhile: who fetches nothing gets nothing new.
        if wish.wanted == JSON:
            await held.enter_async_context(here.answers.of(who, len(after) * 4 // 3))
            image = f"data:{media};base64,{base64.b64encode(after).decode('ascii')}"
            return JSONResponse(as_json(judged) | {"image": image})
        await held.enter_async_context(here.answers.of(who, len(after)))
        return Response(after, media_type=media, headers={"X-Faces": str(len(judged.faces)), "Vary": "Accept"})


def _packed(here: Shared, before: Photo, judged: Judged, wish: _Wish, form: str) -> memoryview:
    after = redrawn(before, here.photo_overlays(judged, wish.theme, wish.style, shadow=before.alpha is None))
    try:
        return encode_photo(after, form if form in MEDIA else "JPEG")
    except (OSError, ValueError) as error:
        raise HTTPException(400, f"the photo is too long or too wide for {form}; ask for PNG") from error


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


def health(here: Shared) -> dict[str, Any]:
    """Tell, for `/api/health`, that the server is alive, how many requests wait, and which themes there are."""
    return {"status": "ok", "waiting": here.worker.waiting, "themes": list(here.config.themes)}
