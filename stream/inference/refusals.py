"""The words for what ONNX Runtime refuses a model with: its own name places in C++ and numbers of errors."""

from __future__ import annotations

import re

from emojicam.errors import first_line

NEWER = (
    "newer than this ONNX Runtime reads: pip install --upgrade onnxruntime (or onnxruntime-gpu), or export it with "
    "an older opset"
)
"""The words for a model of an IR version or an opset that isn't known."""

KNOWN = (
    (re.compile(r"Unsupported model IR version|Unknown model file format version|is till opset"), NEWER),
    (re.compile(r"[Ee]xternal data"), "its weights are in another file, which is never read: save it as one file"),
    (
        re.compile(r"protobuf parsing failed|No graph was found|Serialized version info|Invalid ORT format"),
        "damaged, cut off, or another kind of file",
    ),
    (re.compile(r"codec can't decode|invalid continuation|invalid start byte"), "its names or metadata are no UTF-8"),
)
"""Patterns in a message, each with its meaning."""

_TITLE = re.compile(r"^\s*\[ONNXRuntimeError\] : \d+ : \w+ : ")
_PLACE = re.compile(r"(?:[\w.:\\/-]*[\\/])?[\w.-]+\.(?:cc|h|cpp|hpp|cu|cuh):\d+\s*")


def why(error: BaseException) -> str:
    """Say in one line why ONNX Runtime refuses a model, without places in its source."""
    said = " ".join(str(error).split())
    for pattern, meaning in KNOWN:
        if pattern.search(said):
            return meaning
    text = _TITLE.sub("", said)
    while (place := _PLACE.search(text)) is not None:
        text = text[: place.start()] + _behind_signature(text[place.end() :])
    return first_line(ValueError(text)) if text.strip() else first_line(error)


def _behind_signature(text: str) -> str:
    """Cut the signature of the C++ function off that stands behind its place, if one does."""
    if text.startswith("operator() "):
        return text.removeprefix("operator() ")
    head, _, _ = text.partition("(")
    if "::" not in head:
        return text
    depth = 0
    for at in range(len(head), len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return re.sub(r"^\s*(?:const )?(?:\[with [^\]]*\])?\s*", "", text[at + 1 :])
    return ""
