"""The API's own description, by OpenAPI 3.1; a test holds it against the routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import emojicam
from emojicam.stream.choices import Style

Document = dict[str, Any]

_PROBLEMS = {
    "400": "Malformed: no photo, two, an empty or a damaged one, an unknown field, theme or style.",
    "401": "The server wants a token, and none that fits was shown.",
    "403": "The request comes from another site's page.",
    "406": "Accept names nothing that is given here.",
    "408": "The photo took too long to arrive.",
    "413": "More than 10 MB or 25 megapixels.",
    "415": "By its content it is no JPEG, PNG or WebP; or the request is no multipart/form-data.",
    "421": "The server isn't called what the Host header says.",
    "429": "Too many photos from one address; Retry-After says when to go on.",
    "503": "There is too much to do; Retry-After says when to try again.",
}


def document(labels: Sequence[str], themes: Sequence[str], *, token: bool) -> Document:
    """Describe the API.

    Args:
        labels: The model's emotions.
        themes: That can be chosen.
        token: Whether one is needed.
    """
    picture = {"schema": {"type": "string", "contentMediaType": "image/*"}}
    photo: Document = {
        "summary": "Put an emoji over every face of a photo",
        "description": "The answer is a picture, re-encoded and without metadata, in the upload's format or in one "
        "that Accept names; or, with `Accept: application/json`, what was seen. Nothing is stored. `X-Faces` counts "
        "the faces; where there are none, the picture is unchanged.",
        "operationId": "photo",
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["photo"],
                        "additionalProperties": False,
                        "properties": {
                            "photo": {
                                "type": "string",
                                "format": "binary",
                                "description": "JPEG, PNG or WebP, at most 10 MB and 25 megapixels.",
                            },
                            "theme": {"type": "string", "enum": list(themes)},
                            "style": {"type": "string", "enum": [style.value for style in Style]},
                            "image": {
                                "type": "string",
                                "enum": ["jpeg", "png", "webp"],
                                "description": "Put the picture into the JSON as well, as a data URL.",
                            },
                        },
                    }
                }
            },
        },
        "responses": {
            "200": {
                "description": "Done.",
                "headers": {"X-Faces": {"description": "How many faces; of pictures.", "schema": {"type": "integer"}}},
                "content": {
                    "image/jpeg": picture,
                    "image/png": picture,
                    "image/webp": picture,
                    "application/json": {"schema": {"$ref": "#/components/schemas/Seen"}},
                },
            },
            **{status: _problem(text) for status, text in _PROBLEMS.items()},
        },
    }
    health: Document = {
        "summary": "Is the server alive",
        "operationId": "health",
        "security": [],
        "responses": {
            "200": {
                "description": "It is.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}},
            }
        },
    }
    itself: Document = {
        "summary": "This document",
        "operationId": "openapi",
        "responses": {
            "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    }
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
            "/api/photo": {"post": photo},
            "/api/health": {"get": health},
            "/api/openapi.json": {"get": itself},
        },
        "components": {"schemas": _schemas(labels)},
    }
    if token:
        whole["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        whole["security"] = [{"token": []}]
    return whole


def _problem(text: str) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _schemas(labels: Sequence[str]) -> Document:
    share = {"type": "number", "minimum": 0, "maximum": 1}
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
        "Face": {
            "type": "object",
            "required": ["track", "box", "score", "roll", "emotion", "confidence", "unsure", "scores"],
            "properties": {
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
                "emotion": {"type": "string", "enum": list(labels), "description": "Whose emoji is drawn."},
                "confidence": share,
                "unsure": {"type": "boolean", "description": "No emotion is likely enough: shown as neutral."},
                "scores": {
                    "type": "object",
                    "required": list(labels),
                    "properties": {label: share for label in labels},
                },
            },
        },
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
