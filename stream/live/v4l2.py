"""The kernel's answers about a video device on Linux (Video4Linux 2, linux/videodev2.h), without opening a stream."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

QUERYCAP, ENUM_FMT, ENUM_FRAMESIZES, ENUM_FRAMEINTERVALS = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
CAPTURE, OUTPUT, OWN_CAPABILITIES = 0x1, 0x2, 0x80000000
PICTURES, DISCRETE = 1, 1
MOST = 64
"""Formats, sizes or rates that are asked for at most: a driver that never ends its list is not believed."""


@dataclass(frozen=True)
class Answer:
    """The kernel's answer about one device.

    Attributes:
        driver: The kernel module's name.
        card: What the driver calls the device.
        captures: Pictures can be read from it now.
        outputs: Pictures can be written to it now.
        formats: What pictures it gives: for each coding the largest, and how many a second; empty if it gives none.
    """

    driver: str
    card: str
    captures: bool
    outputs: bool
    formats: tuple[str, ...]


def ask(path: str) -> Answer:
    """Ask a device what it is and which pictures it gives.

    Args:
        path: /dev/videoN.

    Raises:
        OSError: It can't be opened, or is no video device.
    """
    import fcntl  # there is none on Windows

    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        driver, card, _, _, whole, own = struct.unpack(
            "16s32s32sIII", fcntl.ioctl(descriptor, QUERYCAP, bytes(104))[:92]
        )
        able = own if whole & OWN_CAPABILITIES else whole
        formats = tuple(_formats(descriptor)) if able & CAPTURE else ()
    finally:
        os.close(descriptor)
    return Answer(_text(driver), _text(card), bool(able & CAPTURE), bool(able & OUTPUT), formats)


def _formats(descriptor: int) -> Iterator[str]:
    for answer in _listed(descriptor, ENUM_FMT, "III32sI16x", (PICTURES,)):
        code = answer[4]
        name = struct.pack("<I", code).decode("latin-1").strip()
        sizes = [_size(size) for size in _listed(descriptor, ENUM_FRAMESIZES, "IIIIIIIII8x", (code,))]
        if not sizes:
            yield name
            continue
        width, height = max(sizes)
        rates = [_rate(one) for one in _listed(descriptor, ENUM_FRAMEINTERVALS, "IIIIIIIIIII8x", (code, width, height))]
        yield f"{name} to {width}×{height}" + (f" at {max(rates):g}" if rates else "")


def _listed(descriptor: int, request: int, layout: str, asked: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The entries of one of the kernel's lists; each request begins with the entry's number and what is asked."""
    import fcntl

    for number in range(MOST):
        question = struct.pack(f"{len(asked) + 1}I", number, *asked).ljust(struct.calcsize(layout), b"\0")
        try:
            yield struct.unpack(layout, fcntl.ioctl(descriptor, request, question))
        except OSError:  # the end of the list, or a driver that has none
            return


def _size(answer: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of a size, or of the largest in a range of sizes."""
    _, _, kind, *numbers = answer
    return (numbers[0], numbers[1]) if kind == DISCRETE else (numbers[1], numbers[4])


def _rate(answer: tuple[int, ...]) -> float:
    """Pictures a second by the time between them, or by the shortest in a range of times."""
    numerator, denominator = answer[5], answer[6]
    return round(denominator / numerator, 2) if numerator else 0.0


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "replace")
