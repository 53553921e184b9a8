"""Pictures decoded once, in one size, into one file that is read row by row ever after.

A cache is two files: `NAME.npy` holds the pictures, uint8 NxCxSxS; `NAME.npz` holds everything else, and digests of
what both were made from. Together they are the whole data set: it can be read, elsewhere too, without the pictures that
it came from.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import warnings
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from emojicam.errors import InputError, OutputError, UsageError, first_line
from emojicam.files import writing
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.faults import Faults, Tell, tell_user
from emojicam.models.data.listing import NO_SPLIT, SPLITS, Listing
from emojicam.models.data.rows import Rows
from emojicam.upright import upright

FORMATS = ("JPEG", "PNG")
VERSION = 1
"""The packing's version, which changes whenever the same pictures would be packed differently."""

_AT_ONCE = 64
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)

Block = npt.NDArray[np.uint8]
Missed = list[tuple[int, str]]


def pack(
    listing: Listing,
    size: int,
    channels: int,
    cache: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    tell: Tell = tell_user,
) -> dict[str, Faces]:
    """Decode every picture of a data set, or find that this was done before, and give its faces.

    A face is its box (or the whole picture, turned upright as its orientation tag says; a box counts px as they are
    stored), stretched to a square: averaged over areas where it is larger, bilinear where it is smaller. Parts of a box
    beyond the picture's edge are left out. Colours become grey by Rec. 601, and transparency is dropped.

    What is there is used again if paths, sizes and times of the pictures, boxes, size and channels are the same. Two
    processes that pack the same at once don't disturb each other, but do the work twice.

    Args:
        listing: What to pack.
        size: Side of the packed faces, px.
        channels: 1 (grey) or 3 (RGB).
        cache: The two files' common path without suffix; its folder is made where it is missing.
        workers: Threads; as many as there are CPUs by default.
        progress: Called with the number of pictures that are done, and of all.
        tell: Told how many pictures can't be read and are left out.

    Returns:
        Train, validation and test; their pictures stay in the file. Faces without a split are in none.

    Raises:
        InputError: Too many pictures are missing or can't be read, or there is none at all. The message names the first
            with its label file and row, and how many others there are.
        OutputError: The cache can't be written.
    """
    if channels not in (1, 3) or size < 1:
        raise ValueError(f"faces are packed with 1 or 3 channels and at least 1 px, not {channels} and {size}")
    if not len(listing):
        raise InputError(f"{listing.root}: no faces")
    pixels = _pixel_print(listing, size, channels)
    made_by = {"version": VERSION, "pixels": pixels, "labels": _label_print(listing)}
    pictures, labels = _files(cache)
    there = _made_by(labels)
    if there == made_by and pictures.is_file():
        _faults(listing, *_left_out(labels), tell).judge()
        return load(cache)
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        if there.get("pixels") != pixels or there.get("version") != VERSION or not pictures.is_file():
            with warnings.catch_warnings(), writing(pictures, own=True) as part:
                # Pillow warns from 89 megapixels on, and of damaged EXIF data. Filters hold for all threads.
                warnings.filterwarnings("ignore", module=r"PIL\.")
                bad, first = _write_pictures(listing, size, channels, part, workers, progress)
                _faults(listing, bad, first, tell).judge()
                # In this order: labels never stand beside pictures that are not theirs.
                labels.unlink(missing_ok=True)
        else:
            bad, first = _left_out(labels)
            _faults(listing, bad, first, tell).judge()
        _write_labels(listing, made_by, labels, bad, first)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{cache}: can't be written: {error.strerror or first_line(error)}") from error
    return load(cache)


def load(cache: Path) -> dict[str, Faces]:
    """Read a data set that `pack` left.

    Args:
        cache: The path that `pack` was given.

    Returns:
        Train, validation and test; their pictures stay in the file.

    Raises:
        UsageError: It isn't there.
        InputError: It isn't such a file.
    """
    pictures, labels = _files(cache)
    for path in (pictures, labels):
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
    try:
        with np.load(labels, allow_pickle=False) as kept:
            about = json.loads(str(kept["about"]))
            answers = tuple(
                Answers(a["name"], tuple(a["labels"]), kept[f"targets{i}"], kept[f"majority{i}"], a["source"])
                for i, a in enumerate(about["answers"])
            )
            splits = kept["splits"]
            affect = kept["affect"] if "affect" in kept else None
        rows = Rows.of(pictures, np.arange(len(splits), dtype=np.int64))
        everyone = Faces(rows, answers, affect=affect)
        return {name: everyone.take(np.flatnonzero(splits == number)) for number, name in enumerate(SPLITS)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{cache}: not a packed data set: {first_line(error)}") from error


def _files(cache: Path) -> tuple[Path, Path]:
    return cache.with_name(cache.name + ".npy"), cache.with_name(cache.name + ".npz")


def _made_by(labels: Path) -> dict[str, Any]:
    try:
        with np.load(labels, allow_pickle=False) as kept:
            made_by = json.loads(str(kept["about"]))["made_by"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return made_by if isinstance(made_by, dict) else {}


def _left_out(labels: Path) -> tuple[list[int], str]:
    """Numbers of the pictures that couldn't be read when a cache was made, and what was wrong with the first."""
    with np.load(labels, allow_pickle=False) as kept:
        bad = kept["bad"].tolist() if "bad" in kept else []
        return bad, str(json.loads(str(kept["about"])).get("first", ""))


def _faults(listing: Listing, bad: list[int], first: str, tell: Tell) -> Faults:
    faults = Faults("pictures", tell)
    faults.of = len(listing)
    if bad:
        faults.add(first, len(bad))
    return faults


def _pixel_print(listing: Listing, size: int, channels: int) -> str:
    """A digest of everything that the packed pictures depend on; looks at each file, but doesn't read it."""
    digest = hashlib.blake2b(f"{size} {channels}".encode(), digest_size=16)
    pictures = listing.pictures
    if isinstance(pictures, np.ndarray | Rows):
        digest.update(str(pictures.shape).encode())
        for start in range(0, len(pictures), _AT_ONCE):
            digest.update(pictures[start : start + _AT_ONCE].tobytes())
    else:
        found = np.zeros((len(pictures), 2), np.int64)
        missing: Missed = []
        for number, picture in enumerate(pictures):
            try:
                about = os.stat(listing.root / picture)
            except (OSError, ValueError) as error:
                missing.append((number, _reason(error)))
            else:
                found[number] = about.st_size, about.st_mtime_ns
        if missing:  # it is told of when they are to be decoded; if they are too many, at once
            number, reason = missing[0]
            first = f"{listing.name(number)}: {reason}"
            _faults(listing, [n for n, _ in missing], first, lambda line: None).judge()
        digest.update("\0".join(pictures).encode(errors="surrogateescape"))
        digest.update(found.tobytes())
    if listing.boxes is not None:
        digest.update(listing.boxes.tobytes())
    return digest.hexdigest()


def _label_print(listing: Listing) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for given in listing.answers:
        digest.update(json.dumps([given.name, given.labels, given.source]).encode())
        digest.update(given.targets.tobytes())
        digest.update(given.majority.tobytes())
    digest.update(listing.splits.tobytes())
    if listing.affect is not None:
        digest.update(listing.affect.tobytes())
    return digest.hexdigest()


def _write_labels(listing: Listing, made_by: dict[str, Any], path: Path, bad: list[int], first: str) -> None:
    splits = listing.splits.copy()
    splits[bad] = NO_SPLIT
    arrays: dict[str, npt.NDArray[Any]] = {"splits": splits, "bad": np.array(bad, np.int64)}
    for i, given in enumerate(listing.answers):
        arrays |= {f"targets{i}": given.targets, f"majority{i}": given.majority}
    if listing.affect is not None:
        arrays["affect"] = listing.affect
    answers = [{"name": a.name, "labels": a.labels, "source": a.source} for a in listing.answers]
    about = json.dumps({"made_by": made_by, "answers": answers, "first": first})
    with writing(path, own=True) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, about=np.array(about), **arrays)


def _write_pictures(
    listing: Listing,
    size: int,
    channels: int,
    path: Path,
    workers: int | None,
    progress: Callable[[int, int], None],
) -> tuple[list[int], str]:
    """Write a face for each picture, and give the numbers of those that can't be read (they are black), and why."""
    total, shape = len(listing), (len(listing), channels, size, size)
    free, needed = shutil.disk_usage(path.parent).free, int(np.prod(shape))
    if needed > free:
        raise OutputError(f"{path.parent}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
    found: Missed = []
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        done = 0
        for block, faults in _blocks(listing, size, channels, workers or os.cpu_count() or 1):
            found += faults
            file.write(block.data)
            done += len(block)
            progress(done, total)
    first = f"{listing.name(found[0][0])}: {found[0][1]}" if found else ""
    return [number for number, _ in found], first


def _blocks(listing: Listing, size: int, channels: int, workers: int) -> Iterator[tuple[Block, Missed]]:
    """Decode pictures in threads (Pillow works outside the interpreter's lock), in order, with few blocks waiting."""

    def decode(start: int) -> tuple[Block, Missed]:
        numbers = range(start, min(start + _AT_ONCE, len(listing)))
        block, faults = np.zeros((len(numbers), channels, size, size), np.uint8), Missed()
        for place, number in enumerate(numbers):
            try:
                block[place] = _face(listing, number, size, channels)
            except _UNREADABLE as error:
                faults.append((number, _reason(error)))
        return block, faults

    waiting: deque[Future[tuple[Block, Missed]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(listing), _AT_ONCE):
            waiting.append(pool.submit(decode, start))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _face(listing: Listing, number: int, size: int, channels: int) -> Block:
    picture = listing.pictures[number]
    box = None if listing.boxes is None else listing.boxes[number]
    if isinstance(picture, str):
        with Image.open(listing.root / picture, formats=FORMATS) as image:
            image.load()
            return _square(image if box is not None else upright(image), box, size, channels)
    pixels = picture[0] if len(picture) == 1 else np.ascontiguousarray(picture.transpose(1, 2, 0))
    return _square(Image.fromarray(pixels), box, size, channels)


def _square(image: Image.Image, box: npt.NDArray[np.float32] | None, size: int, channels: int) -> Block:
    if image.mode.startswith("I"):  # Pillow cuts 16-bit grey off at 255 instead of scaling it
        image = Image.fromarray((np.asarray(image).clip(0, 65535) // 256).astype(np.uint8))
    if "transparency" in image.info:
        image = image.convert("RGBA")
    image = image.convert("L" if channels == 1 else "RGB")
    left, top, right, bottom = 0.0, 0.0, float(image.width), float(image.height)
    if box is not None:
        x, y, width, height = (float(value) for value in box)
        left, top = max(left, x), max(top, y)
        right, bottom = min(right, x + width), min(bottom, y + height)
        if right - left < 1 or bottom - top < 1:
            raise ValueError(f"the face's box {x:g}, {y:g}, {width:g}, {height:g} is not in the picture")
    larger = min(right - left, bottom - top) >= size
    how = Image.Resampling.BOX if larger else Image.Resampling.BILINEAR
    face = np.asarray(image.resize((size, size), how, box=(left, top, right, bottom)), np.uint8)
    return face.reshape(size, size, channels).transpose(2, 0, 1)


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, UnidentifiedImageError):
        return f"not a {' or '.join(FORMATS)} file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return first_line(error)
