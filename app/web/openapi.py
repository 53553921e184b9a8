"""The API's own description, by OpenAPI 3.1; a test holds it against the routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import emojicam
from emojicam.settings import words
from emojicam.stream.choices import NONE, Style
from emojicam.stream.media.stills import FORMAT_WORDS
from emojicam.stream.types import Placement
from emojicam.web.config import Limits
from emojicam.web.corrections import BLUR, DEGREE, MOST

Document = dict[str, Any]

JSON = "application/json"


def document(labels: Sequence[str], themes: Sequence[str], limits: Limits, *, token: bool) -> Document:
    """Describe the API.

    Args:
        labels: The model's emotions.
        themes: Names of the themes that can be chosen.
        limits: How much is taken.
        token: Whether one is needed.
    """
    whole: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "emojicam",
            "version": emojicam.__version__,
            "description": "Sees the faces in a photo, reads each one's emotion, and lays the matching emoji over it. "
            "Besides this there is a WebSocket, `/api/camera`: each message is a frame's number (uint32, "
            "little-endian) and a JPEG; each answer is the number, the length of some JSON (uint32), that JSON (a "
            "`Seen`), and a JPEG. One answer settles all frames up to its number. "
            'The text message `{"theme": …, "style": …}` changes the look.',
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/photo": {"post": _photo(themes, limits)},
            "/api/draw": {"post": _draw(themes, limits)},
            "/api/health": {"get": _health()},
            "/api/openapi.json": {"get": _itself()},
        },
        "components": {"schemas": _schemas(labels)},
    }
    if token:
        whole["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        whole["security"] = [{"token": []}]
    return whole


def _photo(themes: Sequence[str], limits: Limits) -> Document:
    inside = {
        "type": "string",
        "enum": ["jpeg", "png", "webp"],
        "description": "Put the picture into the JSON as well, as a data URL.",
    }
    seen = {JSON: {"schema": {"$ref": "#/components/schemas/Seen"}}}
    return {
        "summary": "Put an emoji over every face of a photo",
        "description": "The answer is a picture, re-encoded and without metadata, in a format that Accept names or the "
        "upload's (JPEG, or PNG where it is transparent, if the upload's is not JPEG, PNG or WebP); or, with "
        f"`Accept: {JSON}`, what was seen. Nothing is stored. `X-Faces` counts "
        "the faces; where there are none, the picture is unchanged.",
        "operationId": "photo",
        "requestBody": _form(themes, limits, ["photo"], {"image": inside}),
        "responses": _answers(limits, seen),
    }


def _draw(themes: Sequence[str], limits: Limits) -> Document:
    faces = {
        "type": "string",
        "contentMediaType": JSON,
        "contentSchema": {"type": "array", "maxItems": MOST, "items": {"$ref": "#/components/schemas/Correction"}},
        "description": f"JSON: a list of at most {MOST} `Correction`s.",
    }
    return {
        "summary": "Draw the faces of a photo as you want them",
        "description": "Nothing is looked for: the faces are those of the field `faces`, as `/api/photo` told them and "
        "you changed them. The answer is a picture, as that of `/api/photo`. Nothing is stored.",
        "operationId": "draw",
        "requestBody": _form(themes, limits, ["photo", "faces"], {"faces": faces}),
        "responses": _answers(limits, {}),
    }


def _form(themes: Sequence[str], limits: Limits, required: Sequence[str], more: Document) -> Document:
    """Describe a form with a photo, a look and some fields more."""
    file = {
        "type": "string",
        "format": "binary",
        "description": f"A photo ({FORMAT_WORDS}, told by its content), at most {limits.photo}.",
    }
    form = {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": {
            "photo": file,
            "theme": {"type": "string", "enum": list(themes)},
            "style": {"type": "string", "enum": words(Style)},
            **more,
        },
    }
    return {"required": True, "content": {"multipart/form-data": {"schema": form}}}


def _answers(limits: Limits, more: Document) -> Document:
    """Describe the answers to a photo: a picture, more than that, or a refusal."""
    picture = {"schema": {"type": "string", "contentMediaType": "image/*"}}
    done = {
        "description": "Done.",
        "headers": {"X-Faces": {"description": "How many faces; of pictures.", "schema": {"type": "integer"}}},
        "content": {"image/jpeg": picture, "image/png": picture, "image/webp": picture, **more},
    }
    return {"200": done, **{status: _problem(text) for status, text in _problems(limits).items()}}


def _problems(limits: Limits) -> dict[str, str]:
    """List the statuses that a photo may be refused with, and what each means."""
    return {
        "400": "Malformed: no photo, two, an empty or a damaged one, an unknown field, theme or style, "
        "or faces that can't be drawn.",
        "401": "The server wants a token, and none that fits was shown.",
        "403": "The request comes from another site's page.",
        "406": "Accept names nothing that is given here.",
        "408": "The photo took too long to arrive.",
        "413": f"More than {limits.photo.replace(' and ', ' or ')}, or too many passes of a progressive JPEG.",
        "415": f"By its content it is none of {FORMAT_WORDS}; or the request is no multipart/form-data.",
        "421": "The server isn't called what the Host header says.",
        "429": "Too many photos, or wrong tokens, from one address; Retry-After says when to go on.",
        "431": "The request's head is too long.",
        "503": "There is too much to do, or the server is about to end; Retry-After says when to try again.",
    }


def _health() -> Document:
    return {
        "summary": "Is the server alive",
        "operationId": "health",
        "security": [],
        "responses": {
            "200": {
                "description": "It is.",
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/Health"}}},
            }
        },
    }


def _itself() -> Document:
    done = {"description": "OpenAPI 3.1.", "content": {JSON: {"schema": {"type": "object"}}}}
    return {"summary": "This document", "operationId": "openapi", "responses": {"200": done}}


def _problem(text: str) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {JSON: {"schema": schema}}}


def _correction(labels: Sequence[str]) -> Document:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "type": "object",
        "required": ["box", "show"],
        "additionalProperties": False,
        "properties": {
            "box": {
                "type": "array",
                "description": "As of a `Face`.",
                "items": {"type": "number"},
                "minItems": 4,
                "maxItems": 4,
            },
            "show": {
                "type": "string",
                "enum": [*labels, NONE, BLUR],
                "description": "An emotion's emoji, nothing, or the face blurred.",
            },
            "roll": {"type": "number", "minimum": -180, "maximum": 180, "description": "As of a `Face`; else 0."},
            "degree": share | {"description": f"As of a `Face`; else {DEGREE:g}."},
            "confidence": share | {"description": "As of a `Face`; else 1."},
        },
    }


def _face(labels: Sequence[str]) -> Document:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    affect = {"type": "number", "minimum": -1, "maximum": 1, "description": "Where the model says it."}
    return {
        "type": "object",
        "required": [
            "number",
            "track",
            "box",
            "score",
            "roll",
            "by",
            "emotion",
            "confidence",
            "degree",
            "drawn",
            "unsure",
            "scores",
        ],
        "properties": {
            "number": {"type": "integer", "minimum": 1, "description": "Counted from left to right."},
            "track": {"type": ["integer", "null"], "description": "The person's number; in streams alone."},
            "box": {
                "type": "array",
                "description": "Left, top, width, height, px; may reach over the border.",
                "items": {"type": "number"},
                "minItems": 4,
                "maxItems": 4,
            },
            "score": share | {"description": "The detector's."},
            "roll": {"type": "number", "description": "Degrees by which the head is turned clockwise."},
            "by": {
                "type": "string",
                "enum": words(Placement),
                "description": "How the place is known: from this frame, by its looks, or from its motion.",
            },
            "emotion": {"type": "string", "enum": list(labels), "description": "Whose emoji is drawn."},
            "confidence": share,
            "degree": share | {"description": "How strong it is: its share of it and neutral together; of neutral 0."},
            "drawn": share | {"description": "The degree by which its picture is chosen: steadier than `degree`."},
            "unsure": {"type": "boolean", "description": "No emotion is likely enough: shown as neutral."},
            "scores": {
                "type": "object",
                "required": list(labels),
                "properties": {label: share for label in labels},
            },
            "valence": affect,
            "arousal": affect,
            "style": {
                "type": "string",
                "enum": [NONE, *words(Style)],
                "description": "How this face alone is drawn, if not as all others.",
            },
        },
    }


def _schemas(labels: Sequence[str]) -> Document:
    return {
        "Seen": {
            "type": "object",
            "required": ["width", "height", "faces"],
            "properties": {
                "width": {"type": "integer", "description": "Of the upright picture, px."},
                "height": {"type": "integer", "description": "Px."},
                "faces": {
                    "type": "array",
                    "description": "The largest first.",
                    "items": {"$ref": "#/components/schemas/Face"},
                },
                "image": {"type": "string", "description": "A data URL, where the field `image` asked for it."},
            },
        },
        "Face": _face(labels),
        "Correction": _correction(labels),
        "Health": {
            "type": "object",
            "required": ["status", "waiting", "themes"],
            "properties": {
                "status": {"const": "ok"},
                "waiting": {"type": "integer", "minimum": 0, "description": "Pictures that wait for their turn."},
                "themes": {"type": "array", "items": {"type": "string"}},
            },
        },
        "Problem": {
            "type": "object",
            "required": ["error", "status"],
            "properties": {
                "error": {"type": "string", "description": "What is wrong, for people."},
                "status": {"type": "string", "description": "The HTTP status in words."},
            },
        },
    }
