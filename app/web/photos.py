"""`POST /api/photo`: a photo in, the same with emoji out, or what was seen in it."""

from __future__ import annotations

import base64
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from emojicam.stream.types import Frame
from emojicam.web.in_thread import in_thread
from emojicam.web.photo_requests import JSON, LOOK, MEDIA, Asked, PhotoRequests, packed, picture
from emojicam.web.shared import Shared, as_json
from emojicam.web.uploads import FIELD
from emojicam.wiring import redrawn


def photos() -> PhotoRequests:
    """Make the endpoint."""
    return PhotoRequests(_made, LOOK | {"image": FIELD})


async def _made(asked: Asked) -> Response:
    here = asked.here
    theme, style = asked.look()
    inside = _inside(asked.fields)
    async with asked.unpacked() as before:
        seconds = here.config.limits.wait_seconds
        judged = await here.worker.judge(Frame(0, 0.0, before.bgr), who=asked.who, seconds=seconds)
        form = inside if asked.wanted == JSON else asked.wanted or before.written_as
        if asked.wanted == JSON and not inside:
            return JSONResponse(as_json(judged))
        after = await in_thread(
            here.photo_threads,
            lambda: packed(
                redrawn(before, here.photo_overlays(judged, theme, style, shadow=before.alpha is None)), form
            ),
        )
        # The pixels are held meanwhile: who fetches nothing gets nothing new.
        if asked.wanted == JSON:
            await asked.held.enter_async_context(here.answers.of(asked.who, len(after) * 4 // 3))
            image = f"data:{MEDIA[form]};base64,{base64.b64encode(after).decode('ascii')}"
            return JSONResponse(as_json(judged) | {"image": image})
        return await picture(asked, after, form, len(judged.faces))


def _inside(fields: dict[str, str]) -> str:
    """Read which format the picture in the JSON is to have; "" for none."""
    inside = (fields.get("image") or "").upper()
    if inside and inside not in MEDIA:
        raise HTTPException(400, "the field “image” is jpeg, png or webp")
    return inside


def health(here: Shared) -> dict[str, Any]:
    """Tell, for `/api/health`, that the server is alive, how many requests wait, and which themes there are."""
    return {"status": "ok", "waiting": here.worker.waiting, "themes": list(here.config.themes)}
