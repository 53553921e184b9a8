"""Results that take long, kept in a folder as arrays, so that the next start has them at once.

A file is called by a digest of all that it was made from, so that it is never an old answer to a new question; it is
written whole, and its checksums are looked at when it is read. One that can't be read is made again, one that can't be
written does without.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from emojicam.errors import OutputError
from emojicam.files import is_part, is_written, writing
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.faults import Tell

SUFFIX = ".kept"
MOST_FILES, MOST_BYTES = 60, 1 << 30
"""Such files that a folder holds at most; FER2013 takes 86 MB. Those that weren't used for the longest time go."""

Arrays = Mapping[str, npt.NDArray[Any]]


def kept(folder: Path, name: str, made_from: object, make: Callable[[], Arrays]) -> Arrays:
    """Give arrays that were kept, or make and keep them.

    Args:
        folder: Where they are kept.
        name: The beginning of the file's name.
        made_from: All that the arrays depend on, the version of the code included, as JSON has it.
        make: Makes them.
    """
    digest = hashlib.blake2b(json.dumps(made_from, sort_keys=True).encode(), digest_size=12).hexdigest()
    path = folder / f"{name}-{digest}{SUFFIX}"
    with suppress(OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError):
        with path.open("rb") as kept_file, np.load(kept_file, allow_pickle=False) as found:
            arrays = dict(found)
        os.utime(path)
        return arrays
    arrays = dict(make())
    with suppress(OutputError):
        with writing(path, own=True) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        bound(folder)
    return arrays


def bound(folder: Path, files: int = MOST_FILES, size: int = MOST_BYTES) -> None:
    """Remove what was kept in a folder and used longest ago, and what dead runs left, until the rest is within bounds.

    Args:
        folder: Where it is kept.
        files: Files that may stay.
        size: Bytes that they may take.
    """
    found: list[tuple[float, int, Path]] = []
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):  # another process may have removed it
            if not is_part(path):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
            elif not is_written(path):
                path.unlink()
    total = 0
    for number, (_, taken, path) in enumerate(sorted(found, reverse=True)):
        total += taken
        if number and (number >= files or total > size):
            with suppress(OSError):
                path.unlink()


def kept_faces(
    folder: Path, name: str, made_from: object, read: Callable[[Tell], dict[str, Faces]], tell: Tell
) -> dict[str, Faces]:
    """Give the faces of a data set that were kept, or read and keep them.

    Args:
        folder: Where they are kept.
        name: The beginning of the file's name.
        made_from: All that the faces depend on.
        read: Reads faces that stay in memory, and tells what is left out.
        tell: Is told so each time.
    """
    told: list[str] = []
    arrays = kept(folder, name, made_from, lambda: _as_arrays(read(told.append), told))
    about = json.loads(str(arrays["about"]))
    for line in about["told"]:
        tell(line)
    return {split: _from_arrays(arrays, split, answers) for split, answers in about["splits"].items()}


def _as_arrays(splits: dict[str, Faces], told: list[str]) -> Arrays:
    arrays: dict[str, npt.NDArray[Any]] = {}
    about: dict[str, list[dict[str, object]]] = {}
    for split, faces in splits.items():
        arrays[f"{split} images"] = np.asarray(faces.images)
        if faces.affect is not None:
            arrays[f"{split} affect"] = faces.affect
        about[split] = [{"name": a.name, "labels": a.labels, "source": a.source} for a in faces.answers]
        for i, given in enumerate(faces.answers):
            arrays |= {f"{split} targets{i}": given.targets, f"{split} majority{i}": given.majority}
    return arrays | {"about": np.array(json.dumps({"told": told, "splits": about}))}


def _from_arrays(arrays: Arrays, split: str, answers: list[dict[str, Any]]) -> Faces:
    given = tuple(
        Answers(
            a["name"], tuple(a["labels"]), arrays[f"{split} targets{i}"], arrays[f"{split} majority{i}"], a["source"]
        )
        for i, a in enumerate(answers)
    )
    return Faces(arrays[f"{split} images"], given, affect=arrays.get(f"{split} affect"))
