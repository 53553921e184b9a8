"""ICC profiles of the colour spaces that HEIF and AVIF name by numbers (nclx), so that LittleCMS converts these too."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PRIMARIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), (0.3127, 0.3290)),  # BT.2020
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),  # DCI-P3
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.3127, 0.3290)),  # Display P3
}
"""Red, green, blue and white (CIE x, y) by the numbers of ITU-T H.273; what isn't here looks like sRGB."""

LINEAR, PQ, HLG = 8, 16, 18
"""Numbers of transfers, there, that are not like sRGB's."""

WHITE = 203.0
"""Candela a square metre of paper's white in HDR (ITU-R BT.2408)."""

D50 = np.array([0.9642, 1.0, 0.8249])

BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

STEPS = 1024


def profile(primaries: int, transfer: int) -> bytes | None:
    """Make the profile of a colour space.

    Args:
        primaries: Their number in ITU-T H.273.
        transfer: Its number, there. What HDR has above paper's white is pressed together below it.

    Returns:
        An ICC profile, or None: the numbers can be taken as sRGB.
    """
    if primaries not in PRIMARIES and transfer not in (LINEAR, PQ, HLG):
        return None
    red, green, blue, white = PRIMARIES.get(primaries, ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290)))
    columns = np.stack([_xyz(*red), _xyz(*green), _xyz(*blue)], axis=1)
    matrix = columns * np.linalg.solve(columns, _xyz(*white))
    to_d50 = np.linalg.inv(BRADFORD) @ np.diag(BRADFORD @ D50 / (BRADFORD @ _xyz(*white))) @ BRADFORD
    matrix = to_d50 @ matrix
    curve = np.rint(_linear(np.linspace(0, 1, STEPS), transfer).clip(0, 1) * 65535).astype(">u2").tobytes()
    curve = b"curv\0\0\0\0" + struct.pack(">I", STEPS) + curve
    text = b"emojicam\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    tags = {b"desc": description, b"cprt": b"text\0\0\0\0" + text, b"wtpt": _place(D50)}
    tags |= {name: _place(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix.T, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _packed(tags)


def _packed(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, begin + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s12x4s", begin + len(body), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    head = head.ljust(68, b"\0") + _numbers(D50)
    return head.ljust(128, b"\0") + table + body


def _xyz(x: float, y: float) -> Floats:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _place(xyz: Floats) -> bytes:
    return b"XYZ \0\0\0\0" + _numbers(xyz)


def _numbers(values: Floats) -> bytes:
    return struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def _linear(level: Floats, transfer: int) -> Floats:
    """Light by level, both from 0 to 1, 1 being paper's white."""
    if transfer == LINEAR:
        return level
    if transfer == PQ:  # SMPTE ST 2084
        root = level ** (1 / 78.84375)
        light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
        return _pressed(light * 10_000 / WHITE)
    if transfer == HLG:  # ITU-R BT.2100, on a screen of 1,000 cd/m²
        scene = np.where(level <= 0.5, level**2 / 3, (np.exp((level - 0.55991073) / 0.17883277) + 0.28466892) / 12)
        return _pressed(scene**1.2 * 1000 / WHITE)
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def _pressed(light: Floats) -> Floats:
    """Light up to three quarters of white as it is, and all that is brighter in the last quarter."""
    knee = 0.75
    over = np.maximum(light - knee, 0) / (1 - knee)
    return np.where(light <= knee, light, knee + (1 - knee) * (1 - np.exp(-over)))
