"""`POST /api/draw`: a photo and its faces, as a visitor wants them, in; the photo with them drawn out."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from starlette.exceptions import HTTPException
from starlette.responses import Response

from emojicam.stream.choices import Style
from emojicam.stream.drawing.cover import COVER_RISE, COVER_SIZE
from emojicam.stream.i420 import Pixels
from emojicam.stream.media.photos import Photo
from emojicam.stream.types import Drawn, Frame, Judged, JudgedFace
from emojicam.web.corrections import BLUR, BYTES, Correction, read_corrections
from emojicam.web.in_thread import in_thread
from emojicam.web.overlays import Overlays
from emojicam.web.photo_requests import JSON, LOOK, Asked, PhotoRequests, packed, picture
from emojicam.web.shared import style_of
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
    """Blur the heads: by the style of that name where there is one."""
    if faces and (style := style_of(BLUR)) is not None:
        return overlays(Judged(Frame(0, 0.0, pixels), tuple(faces)), theme, style).pixels
    for face in faces:
        pixels = _smeared(pixels, face)
    return pixels


def _smeared(pixels: Pixels, face: JudgedFace) -> Pixels:
    """Blur one head, the ellipse that a cover hides, until eight blocks across are left."""
    x, y = face.middle
    radius = COVER_SIZE * max(face.box[2:]) / 2
    y -= COVER_RISE * face.box[3]
    left, top = max(0, round(x - radius)), max(0, round(y - radius))
    head = pixels[top : round(y + radius), left : round(x + radius)]
    if not head.size:
        return pixels
    height, width = head.shape[:2]
    blocks = cv2.resize(head, (min(8, width), min(8, height)), interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(blocks, (width, height), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (round(x) - left, round(y) - top), round(radius), 255, -1, cv2.LINE_AA)
    whole = pixels.copy()
    share = mask[..., None] / np.float32(255)
    whole[top : top + height, left : left + width] = np.rint(share * smooth + (1 - share) * head)
    return whole
