"""`POST /api/photo`: a photo in, the same with emoji out, or what was seen in it."""

from __future__ import annotations

import base64
import math
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emojicam.errors import InputError
from emojicam.stream.choices import Style
from emojicam.stream.media.photos import NotAPhoto, Photo, TooManyPixels, decode_photo, encode_photo, photo_size
from emojicam.stream.media.stills import FORMAT_WORDS
from emojicam.stream.types import Frame, Judged
from emojicam.web.in_thread import in_thread
from emojicam.web.shared import Shared, address, as_json, shared, style_of
from emojicam.web.uploads import read_form
from emojicam.web.worker import Busy
from emojicam.wiring import redrawn

MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
FIELDS = ("theme", "style", "image")
NAME = "the photo"
"""The name of a photo in messages, whatever its sender calls it."""

JSON = "application/json"


async def photo(request: Request) -> Response:
    """Answer one upload of a photo.

    Raises:
        HTTPException: It is refused; the API's document lists the reasons.
    """
    here = shared(request)
    limits = here.config.limits
    if seconds := here.photos.wait(address(request)):
        raise HTTPException(429, "that was a lot of photos; wait a moment", {"Retry-After": str(math.ceil(seconds))})
    wanted = accepted(request.headers.get("accept", "*/*"))
    form = await read_form(request, FIELDS, limits.upload, limits.body_seconds)
    theme = form.fields.get("theme") or here.theme
    style = style_of(form.fields.get("style") or here.config.settings.style.value)
    inside = form.fields.get("image") or ""
    if theme not in here.config.themes:
        raise HTTPException(400, f"no theme of that name; there are: {', '.join(here.config.themes)}")
    if style is None:
        raise HTTPException(400, f"no style of that name; there are: {', '.join(one.value for one in Style)}")
    if inside and inside.upper() not in MEDIA:
        raise HTTPException(400, "the field “image” is jpeg, png or webp")
    try:
        return await _answered(here, form.photo, theme, style, wanted, inside.upper())
    except TooManyPixels as error:
        most = limits.pixels // 1_000_000
        raise HTTPException(413, f"the photo has more than {most} megapixels") from error
    except NotAPhoto as error:
        raise HTTPException(415, f"this is no picture that can be read here: {FORMAT_WORDS} are") from error
    except InputError as error:
        raise HTTPException(400, "the photo is damaged") from error
    except Busy as error:
        raise HTTPException(503, "there is a lot to do; try again in a moment", {"Retry-After": "2"}) from error


async def _answered(here: Shared, data: bytes, theme: str, style: Style, wanted: str, inside: str) -> Response:
    limits = here.config.limits
    width, height = photo_size(data, NAME, limits.pixels)
    async with here.pixels.of(width * height):
        before = await in_thread(here.photo_threads, lambda: decode_photo(data, NAME, limits.pixels))
        judged = await here.worker.judge(Frame(0, 0.0, before.bgr), seconds=limits.wait_seconds)
        form = inside if wanted == JSON else wanted or before.written_as
        if wanted == JSON and not inside:
            return JSONResponse(as_json(judged))
        after = await in_thread(here.photo_threads, lambda: _packed(here, before, judged, theme, style, form))
    media = MEDIA.get(form, "image/jpeg")
    if wanted == JSON:
        image = f"data:{media};base64,{base64.b64encode(after).decode('ascii')}"
        return JSONResponse(as_json(judged) | {"image": image})
    return Response(bytes(after), media_type=media, headers={"X-Faces": str(len(judged.faces)), "Vary": "Accept"})


def _packed(here: Shared, before: Photo, judged: Judged, theme: str, style: Style, form: str) -> memoryview:
    after = redrawn(before, here.photo_overlays(judged, theme, style))
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
