"""`POST /api/draw`: a photo and its faces, as a visitor wants them, in; the photo with them drawn out."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.responses import Response

from emojicam.stream.choices import Style
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import Photo
from emojicam.stream.types import Drawn, Frame, Judged, JudgedFace
from emojicam.web.corrections import BYTES, Correction, read_corrections
from emojicam.web.in_thread import in_thread
from emojicam.web.overlays import Overlays
from emojicam.web.photo_requests import JSON, LOOK, Asked, PhotoRequests, packed, picture
from emojicam.wiring import redrawn


def draws() -> PhotoRequests:
    """Make the endpoint."""
    return PhotoRequests(_made, LOOK | {"faces": BYTES})


async def _made(asked: Asked) -> Response:
    here = asked.here
    theme, style = asked.look()
    if asked.wanted == JSON:
        raise HTTPException(406, "there are pictures alone")
    if "faces" not in asked.fields:
        raise HTTPException(400, "the form has no field “faces”")
    async with asked.unpacked() as before:
        height, width = before.bgr.shape[:2]
        faces = read_corrections(asked.fields["faces"], here.worker.models.labels, width, height)
        form = asked.wanted or before.written_as

        def work() -> memoryview:
            return packed(corrected(before, faces, here.photo_overlays, theme, style), form)

        after = await in_thread(here.photo_threads, work)
        return await picture(asked, after, form, len(faces))


def corrected(before: Photo, faces: Sequence[Correction], overlays: Overlays, theme: str, style: Style) -> Photo:
    """Draw the faces as a visitor wants them: first the blurred ones, then the emoji.

    Args:
        before: The photo; it stays as it is.
        faces: The largest first.
        overlays: What draws.
        theme: The emoji's.
        style: Where they go.
    """
    pixels = _blurred(before.bgr, [one.face for one in faces if one.blurred], overlays, theme)
    emoji = tuple(one.face for one in faces if not one.blurred)
    judged = Judged(Frame(0, 0.0, pixels), emoji)
    drawn = overlays(judged, theme, style, shadow=before.alpha is None)
    return redrawn(before, Drawn(judged, drawn.pixels))


def _blurred(pixels: Pixels, faces: Sequence[JudgedFace], overlays: Overlays, theme: str) -> Pixels:
    if not faces:
        return pixels
    return overlays(Judged(Frame(0, 0.0, pixels), tuple(faces)), theme, Style.BLUR).pixels
