"""Ways to damage a file, each decided by a `random.Random`: the same seed damages the same file in the same way."""

from __future__ import annotations

import random
from collections.abc import Callable

EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Numbers at which what is meant to hold a length goes wrong."""

WIDTHS = (1, 2, 4, 8)
"""Bytes of a number in a file."""


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Damage a file in one to three ways."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(MUTATIONS)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64)) if out else 0):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _span(data: bytes, chance: random.Random) -> tuple[int, int]:
    """A piece's beginning and end; the head of a file, which decides most, is met as often as all the rest."""
    start = chance.randrange(min(len(data), 256) if chance.random() < 0.5 else len(data)) if data else 0
    length = chance.choice((1, 4, 16, 188, len(data) // 8 + 1))
    return start, min(len(data), start + length)


def _run(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    run = chance.choice((bytes(end - start), b"\xff" * (end - start), chance.randbytes(end - start)))
    return data[:start] + run + data[end:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _removed(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _doubled(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 1, 2, 50)) + data[end:]


def _swapped(data: bytes, chance: random.Random) -> bytes:
    return data[len(data) // 2 :] + data[: len(data) // 2]


def _length(data: bytes, chance: random.Random) -> bytes:
    """Write another number over one that may be a length: it is no larger than what follows it, but not zero."""
    width, order = chance.choice(WIDTHS), chance.choice(("big", "little"))
    at = 0
    for _ in range(64):
        at = _span(data, chance)[0]
        value = int.from_bytes(data[at : at + width], order)
        if 0 < value <= len(data) - at:
            break
    value = int.from_bytes(data[at : at + width], order)
    value = chance.choice((value + 1, value - 1, value * 2, value + 0x10000, *EDGES)) % (1 << 8 * width)
    return data[:at] + value.to_bytes(width, order) + data[at + width :]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flip, _run, _cut, _removed, _doubled, _swapped),
    *(_flip, _length, _length),
)
"""All ways; those that leave most of a file as it was are more often taken."""
