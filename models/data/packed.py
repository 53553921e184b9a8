"""All the pictures of a data set in one file that is read row by row ever after.

A cache is two files. The pictures are in `NAME.npy`, decoded, uint8 NxCxSxS, where that takes little; else in
`NAME.faces`, as their own files' bytes (see `encoded`): 280,000 faces of 224 px are 5 GB so, and 42 GB decoded.
`NAME.npz` holds everything else, and digests of what both were made from. Together they are the whole data set: it can
be read, elsewhere too, without the pictures that it came from.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from emojicam.errors import InputError, OutputError, UsageError, first_line
from emojicam.files import writing
from emojicam.models.data import encoded
from emojicam.models.data.decode import UNREADABLE, face_in, reason, square
from emojicam.models.data.encoded import Encoded, Kept, kept_as
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.faults import Faults, Tell, tell_user
from emojicam.models.data.listing import NO_SPLIT, SPLITS, Listing
from emojicam.models.data.rows import Decoded, Pixels, Rows, Store

VERSION = 1
"""The packing's version, which changes whenever other faces would be read from the same pictures."""

MOST_DECODED = 1 << 30
"""Bytes that decoded faces may always take; more only where their files take even more."""

_AT_ONCE = 64

Missed = list[tuple[int, str]]
T = TypeVar("T")


def pack(
    listing: Listing,
    size: int,
    channels: int,
    cache: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    tell: Tell = tell_user,
    most_decoded: int = MOST_DECODED,
) -> dict[str, Faces]:
    """Pack every picture of a data set, or find that this was done before, and give its faces.

    A face is its box (or the whole picture, turned upright as its orientation tag says; a box counts px as they are
    stored), made a square as `decode.square` says. The same faces are read in whichever form they are kept.

    What is there is used again if paths, sizes and times of the pictures, boxes, size and channels are the same. Two
    processes that pack the same at once don't disturb each other, but do the work twice.

    Args:
        listing: What to pack.
        size: Side of the packed faces, px.
        channels: 1 (grey) or 3 (RGB).
        cache: The files' common path without suffix; its folder is made where it is missing.
        workers: Threads that pack, and later read; as many as there are CPUs by default.
        progress: Called with the number of pictures that are done, and of all.
        tell: Told how many pictures can't be read and are left out.
        most_decoded: Bytes that decoded faces may always take.

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
    pixels, sizes = _pixel_print(listing, size, channels)
    made_by = {"version": VERSION, "pixels": pixels, "labels": _label_print(listing)}
    labels = _labels(cache)
    there = _made_by(labels) if _is_whole(cache, workers) else {}
    if there == made_by:
        _faults(listing, *_left_out(labels), tell).judge()
        return load(cache, workers)
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        if there.get("pixels") != pixels or there.get("version") != VERSION:
            needed = len(listing) * channels * size * size
            decoded = sizes is None or needed <= max(most_decoded, int(sizes.sum()))
            path, other = (cache.with_name(cache.name + suffix) for suffix in SUFFIXES[:: 1 if decoded else -1])
            with warnings.catch_warnings(), writing(path, own=True) as part:
                # Pillow warns from 89 megapixels on, and of damaged EXIF data. Filters hold for all threads.
                warnings.filterwarnings("ignore", module=r"PIL\.")
                _refuse_full(part, needed, sizes)
                save = _write_decoded if decoded else _write_encoded
                bad, first = save(listing, size, channels, part, workers or os.cpu_count() or 1, progress)
                _faults(listing, bad, first, tell).judge()
                # In this order: labels never stand beside pictures that are not theirs.
                labels.unlink(missing_ok=True)
            other.unlink(missing_ok=True)
        else:
            bad, first = _left_out(labels)
            _faults(listing, bad, first, tell).judge()
        _write_labels(listing, made_by, labels, bad, first)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{cache}: can't be written: {error.strerror or first_line(error)}") from error
    return load(cache, workers)


def load(cache: Path, workers: int | None = None) -> dict[str, Faces]:
    """Read a data set that `pack` left.

    Args:
        cache: The path that `pack` was given.
        workers: Threads that decode; as many as there are CPUs by default.

    Returns:
        Train, validation and test; their pictures stay in the file.

    Raises:
        UsageError: It isn't there.
        InputError: It isn't such a file.
    """
    labels = _labels(cache)
    for path in (_pictures(cache), labels):
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
        store = _opened(cache, workers)
        if store.shape[0] != len(splits):
            raise ValueError(f"{store.shape[0]} pictures, and labels for {len(splits)}")
        everyone = Faces(Rows(store, np.arange(len(splits), dtype=np.int64)), answers, affect=affect)
        return {name: everyone.take(np.flatnonzero(splits == number)) for number, name in enumerate(SPLITS)}
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(f"{cache}: not a packed data set: {first_line(error)}") from error


SUFFIXES = (".npy", ".faces")
"""Ends of the pictures' files: decoded, and as their files' bytes."""


def _labels(cache: Path) -> Path:
    return cache.with_name(cache.name + ".npz")


def _pictures(cache: Path) -> Path:
    decoded, encoded = (cache.with_name(cache.name + suffix) for suffix in SUFFIXES)
    return encoded if encoded.is_file() else decoded


def _opened(cache: Path, workers: int | None) -> Store:
    path = _pictures(cache)
    return Decoded(path) if path.suffix == SUFFIXES[0] else Encoded(path, workers)


def _is_whole(cache: Path, workers: int | None) -> bool:
    """Whether the pictures' file can be used; one that can't is made anew."""
    try:
        _opened(cache, workers)
    except (OSError, ValueError):
        return False
    return True


def _made_by(labels: Path) -> dict[str, Any]:
    try:
        with np.load(labels, allow_pickle=False) as kept:
            made_by = json.loads(str(kept["about"]))["made_by"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
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


def _pixel_print(listing: Listing, size: int, channels: int) -> tuple[str, npt.NDArray[np.int64] | None]:
    """A digest of everything that the packed pictures depend on, and the files' sizes; none of these is read."""
    digest = hashlib.blake2b(f"{size} {channels}".encode(), digest_size=16)
    pictures, sizes = listing.pictures, None
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
                missing.append((number, reason(error)))
            else:
                found[number] = about.st_size, about.st_mtime_ns
        if missing:  # it is told of when they are to be decoded; if they are too many, at once
            number, why = missing[0]
            first = f"{listing.name(number)}: {why}"
            _faults(listing, [n for n, _ in missing], first, lambda line: None).judge()
        digest.update("\0".join(pictures).encode(errors="surrogateescape"))
        digest.update(found.tobytes())
        sizes = found[:, 0]
    if listing.boxes is not None:
        digest.update(listing.boxes.tobytes())
    return digest.hexdigest(), sizes


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


def _refuse_full(part: Path, needed: int, sizes: npt.NDArray[np.int64] | None) -> None:
    """Refuse a disk that is too small for `needed` bytes, or for the files', which take less."""
    most = needed if sizes is None else min(needed, int(sizes.sum()))
    free = shutil.disk_usage(part.parent).free
    if most > free:
        raise OutputError(f"{part.parent}: {most / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")


def _write_decoded(
    listing: Listing, size: int, channels: int, path: Path, workers: int, progress: Callable[[int, int], None]
) -> tuple[list[int], str]:
    """Write a face for each picture, and give the numbers of those that can't be read (they are black), and why."""
    black = np.zeros((channels, size, size), np.uint8)
    found = Missed()
    with path.open("wb") as file:
        shape = (len(listing), *black.shape)
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        faces = _in_order(listing, lambda number: _face(listing, number, size, channels), black, workers)
        for done, (face, why) in enumerate(faces, start=1):
            if why:
                found.append((done - 1, why))
            file.write(face.tobytes())
            progress(done, len(listing))
    return _named(listing, found)


def _write_encoded(
    listing: Listing, size: int, channels: int, path: Path, workers: int, progress: Callable[[int, int], None]
) -> tuple[list[int], str]:
    """Write each picture's bytes, and give the numbers of those that can't be read (they have none), and why."""
    found = Missed()

    def keep(number: int) -> Kept:
        box = None if listing.boxes is None else listing.boxes[number]
        return kept_as(listing.root / str(listing.pictures[number]), box, size, channels)

    def pictures() -> Iterator[Kept]:
        for done, (kept, why) in enumerate(_in_order(listing, keep, Kept(), workers), start=1):
            if why:
                found.append((done - 1, why))
            yield kept
            progress(done, len(listing))

    with path.open("wb") as file:
        encoded.write(file, pictures(), (channels, size, size), map(str, listing.pictures))
    return _named(listing, found)


def _named(listing: Listing, found: Missed) -> tuple[list[int], str]:
    first = f"{listing.name(found[0][0])}: {found[0][1]}" if found else ""
    return [number for number, _ in found], first


def _in_order(listing: Listing, read: Callable[[int], T], none: T, workers: int) -> Iterator[tuple[T, str]]:
    """Read pictures in threads (Pillow works outside the interpreter's lock), in order, with few waiting.

    Yields:
        What was read, or `none` and why it can't be read.
    """

    def some(start: int) -> list[tuple[T, str]]:
        found = list[tuple[T, str]]()
        for number in range(start, min(start + _AT_ONCE, len(listing))):
            try:
                found.append((read(number), ""))
            except UNREADABLE as error:
                found.append((none, reason(error)))
        return found

    waiting: deque[Future[list[tuple[T, str]]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(listing), _AT_ONCE):
            waiting.append(pool.submit(some, start))
            if len(waiting) > 2 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _face(listing: Listing, number: int, size: int, channels: int) -> Pixels:
    picture = listing.pictures[number]
    box = None if listing.boxes is None else listing.boxes[number]
    if isinstance(picture, str):
        return face_in(listing.root / picture, box, size, channels)
    pixels = picture[0] if len(picture) == 1 else np.ascontiguousarray(picture.transpose(1, 2, 0))
    return square(Image.fromarray(pixels), box, size, channels)
