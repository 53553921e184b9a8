"""HEIC files as phones write them, box by box; the encoder that the tests have writes simpler ones."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence

import numpy as np
import pillow_heif
from making import Picture
from PIL import Image


def heic(picture: Picture, **options: object) -> bytes:
    """A picture (RGB or RGBA, uint8) as a HEIC of one piece."""
    memory = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(picture)).save(memory, **{"quality": 90, "chroma": 444} | options)
    return memory.getvalue()


def tiled(
    picture: Picture,
    tile: int = 512,
    *,
    turn: int = 0,
    mirror: int | None = None,
    exif: bytes = b"",
    profile: bytes = b"",
    nclx: tuple[int, int, int, int] | None = None,
) -> bytes:
    """A picture (RGB) as a grid of square tiles, the last ones padded, as phones write it.

    Args:
        picture: RGB, uint8.
        tile: Side of a tile, px.
        turn: Quarter turns counter-clockwise that a reader shall make (irot).
        mirror: An axis on which a reader shall mirror (imir): 0 vertical, 1 horizontal.
        exif: EXIF data, from their TIFF header on.
        profile: An ICC profile of the whole.
        nclx: Primaries, transfer, matrix and full range of the whole.
    """
    height, width = picture.shape[:2]
    rows, columns = -(-height // tile), -(-width // tile)
    padded = np.pad(picture, ((0, rows * tile - height), (0, columns * tile - width), (0, 0)), mode="edge")
    pieces = []
    config = b""
    for y in range(rows):
        for x in range(columns):
            inside = padded[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile]
            data = heic(np.ascontiguousarray(inside))
            config = box(b"hvcC", content(data, b"meta", b"iprp", b"ipco", b"hvcC"))
            pieces.append(content(data, b"mdat"))
    count = len(pieces)
    grid = count + 1
    items = [(number + 1, b"hvc1", piece) for number, piece in enumerate(pieces)]
    items.append((grid, b"grid", struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)))
    if exif:
        items.append((grid + 1, b"Exif", struct.pack(">I", 0) + exif))
    properties = [config, size(tile, tile), size(width, height)]
    of_grid = [3]
    if turn:
        properties.append(box(b"irot", bytes([turn])))
        of_grid.append(0x80 | len(properties))
    if mirror is not None:
        properties.append(box(b"imir", bytes([mirror])))
        of_grid.append(0x80 | len(properties))
    if profile:
        properties.append(box(b"colr", b"prof" + profile))
        of_grid.append(len(properties))
    if nclx:
        properties.append(box(b"colr", b"nclx" + struct.pack(">HHHB", *nclx[:3], nclx[3] << 7)))
        of_grid.append(len(properties))
    references = [_reference(b"dimg", grid, range(1, count + 1))]
    if exif:
        references.append(_reference(b"cdsc", grid + 1, [grid]))
    uses = [(number, [0x81, 2]) for number in range(1, count + 1)] + [(grid, of_grid)]
    association = b"".join(struct.pack(">HB", item, len(of)) + bytes(of) for item, of in uses)
    described = [
        full(b"infe", 2, struct.pack(">HH4s", item, 0, kind), b"\0", flags=int(kind == b"hvc1"))
        for item, kind, _ in items
    ]

    def meta(begin: int) -> bytes:
        places = b""
        for item, _, data in items:
            places += struct.pack(">HHHII", item, 0, 1, begin, len(data))
            begin += len(data)
        return full(
            b"meta",
            0,
            full(b"hdlr", 0, struct.pack(">I4s12x", 0, b"pict"), b"\0"),
            full(b"pitm", 0, struct.pack(">H", grid)),
            full(b"iloc", 0, b"\x44\0", struct.pack(">H", len(items)), places),
            full(b"iinf", 0, struct.pack(">H", len(items)), *described),
            full(b"iref", 0, *references),
            box(b"iprp", box(b"ipco", *properties), full(b"ipma", 0, struct.pack(">I", len(uses)), association)),
        )

    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    begin = len(head) + len(meta(0)) + 8
    return head + meta(begin) + box(b"mdat", *(data for _, _, data in items))


def _reference(kind: bytes, item: int, to: Sequence[int]) -> bytes:
    return box(kind, struct.pack(f">HH{len(to)}H", item, len(to), *to))


def box(name: bytes, *parts: bytes) -> bytes:
    inside = b"".join(parts)
    return struct.pack(">I4s", len(inside) + 8, name) + inside


def full(name: bytes, version: int, *parts: bytes, flags: int = 0) -> bytes:
    return box(name, bytes([version]), flags.to_bytes(3, "big"), *parts)


def size(width: int, height: int) -> bytes:
    return full(b"ispe", 0, struct.pack(">II", width, height))


def content(data: bytes, *path: bytes) -> bytes:
    """What a box holds that lies inside others."""
    for name in path:
        data = next(inside for found, inside in _boxes(data) if found == name)
        data = data[4:] if name == b"meta" else data
    return data


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        yield name, data[at + 8 : at + length]
        at += length
