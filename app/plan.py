"""The list of files that the user's words stand for, and for each the place where its result goes."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from emojicam import stores
from emojicam.addresses import Address, Place, is_address, place
from emojicam.droppings import is_dropping
from emojicam.errors import OutputError, UsageError
from emojicam.files import is_part, refuse_existing, refuse_same
from emojicam.stream.media import outputs, photos
from emojicam.stream.media.container import Kind, kind

P = TypeVar("P", Path, Address)

MARK = "-emoji"
"""The mark at the end of an output's name, before the suffix."""

OTHER_VIDEOS = ".avi .mpg .mpeg .ts .mts .m2ts .3gp .wmv .flv .ogv".split()
"""Suffixes of videos that are read, and not written."""

MEDIA = frozenset([*photos.SUFFIXES, *photos.OTHER_SUFFIXES, *outputs.SUFFIXES, *OTHER_VIDEOS])
"""Suffixes of what is taken out of a folder; whether it is a photo or a video, its content tells. What has another
suffix may hold a picture too, but as a part of something else: a camera's raw file, a video's thumbnail (.thm)."""

MOST_KINDS = 5
"""Kinds of other files in a folder that are named."""


@dataclass(frozen=True)
class Job:
    """One file to annotate.

    Attributes:
        source: The photo or video.
        target: Where the result goes.
        kind: Which of the two it is.
    """

    source: Place
    target: Place
    kind: Kind


def expand(sources: Sequence[str], tell: Callable[[str], None] = lambda line: None) -> list[Place]:
    """Folders become the media in them (not those that are outputs of ours), patterns what they match.

    Args:
        sources: Files, folders and patterns, as they were typed.
        tell: Takes a line on what is left out of a folder.

    Raises:
        UsageError: Nothing was named, a path isn't there, a pattern matches nothing, or a folder holds no media.
        InputError: A store can't be asked.
    """
    if not sources:
        raise UsageError("name at least one photo, video or folder")
    found: list[Place] = []
    for text in sources:
        path = place(text)
        if isinstance(path, Address):
            found += _media_at(path, tell)
            continue
        if os.path.isdir(path):
            inside, others = _media_in(path)
            if not inside:
                raise UsageError(f"{path}: no photo or video in this folder{f' ({others})' if others else ''}")
            if others:
                tell(f"{path}: {others}")
            found += inside
        elif glob.has_magic(text) and not is_address(text) and not os.path.exists(path):
            # A shell expands patterns before we see them; Windows' does not.
            asked = frozenset(path.parts)  # folders that the pattern itself names
            hidden = path.name.startswith(".")
            matches = [Path(match) for match in sorted(glob.glob(text, recursive=True))]
            matches = [match for match in matches if os.path.isfile(match) and not _is_left(match, asked, hidden)]
            if not matches:
                raise UsageError(f"{text}: matches no file")
            found += matches
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _media_in(folder: Path) -> tuple[list[Path], str]:
    """List the media in a folder, and say how many other files of which kinds there are."""
    try:
        files = [path for path in sorted(folder.iterdir()) if not is_dropping(path.name) and path.is_file()]
    except OSError as error:
        raise UsageError(f"{folder}: can't be read: {error.strerror or error}") from error
    return _sorted_out(files)


def _media_at(address: Address, tell: Callable[[str], None]) -> list[Address]:
    """List the media in a folder of a store, what a pattern matches there, or the one object."""
    objects = stores.found(address)
    if objects is None:
        return [address]
    if glob.has_magic(address.key):
        asked = frozenset(address.key.split("/"))
        objects = [one for one in objects if not _is_left(PurePosixPath(one.key), asked, address.name.startswith("."))]
        if not objects:
            raise UsageError(f"{address}: matches no object")
        return objects
    media, others = _sorted_out([one for one in objects if not is_dropping(one.name)])
    if not media:
        raise UsageError(f"{address}: no photo or video in this folder{f' ({others})' if others else ''}")
    if others:
        tell(f"{address}: {others}")
    return media


def _sorted_out(files: Sequence[P]) -> tuple[list[P], str]:
    """Take the media out of a folder's files, and say how many others of which kinds there are."""
    media = [path for path in files if path.suffix.lower() in MEDIA]
    kinds = Counter(path.suffix.lower() or "without a suffix" for path in files if path.suffix.lower() not in MEDIA)
    total = kinds.total()
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(MOST_KINDS))
    if len(kinds) > MOST_KINDS:
        listed += f", {total - sum(count for _, count in kinds.most_common(MOST_KINDS))} others"
    others = f"{total} {'file' if total == 1 else 'files'} left out: {listed}" if kinds else ""
    return [path for path in media if not path.stem.endswith(MARK) and not is_part(Path(path.name))], others


def _is_left(match: PurePath, asked: frozenset[str], hidden: bool) -> bool:
    """Whether what a pattern matched is a dropping, or lies among some, that the pattern doesn't ask for."""
    name = () if hidden else (match.name,)
    return any(is_dropping(part) for part in (*match.parts[:-1], *name) if part not in asked)


def is_folder(out: str | Path) -> bool:
    """Whether a folder is meant by what the user named for a result.

    It is there, or a slash ends it (which a `Path` forgets), or it has no suffix: without one nothing is written.
    """
    return str(out).endswith(("/", os.sep)) or os.path.isdir(out) or not Path(out).suffix


def folder(out: str | Path, *, several: bool) -> Path:
    """Make the folder that the user named for results, if it isn't there.

    Args:
        out: Its name.
        several: There is more than one input.

    Raises:
        UsageError: A file has that name, or it is one for a file.
        OutputError: It can't be made.
    """
    named_as_file = Path(out).suffix.lower() in MEDIA and not is_folder(out)
    out = Path(out)
    if os.path.exists(out) and not os.path.isdir(out):
        asks = "several inputs need" if several else "without a suffix, or with a slash, it stands for"
        raise UsageError(f"{out}: is a file; {asks} a folder")
    if named_as_file:
        raise UsageError(f"{out}: several inputs need a folder; end it with a slash")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: can't be made: {error.strerror}") from error
    return out


@contextmanager
def none_left_empty(out: str | Path | None) -> Iterator[None]:
    """Take a folder for results back, if it is made meanwhile and nothing comes into it."""
    named = [] if out is None or is_address(str(out)) else [Path(out), *Path(out).parents]
    missing = [one for one in named if not os.path.exists(one)]
    try:
        yield
    finally:
        for one in missing:
            with suppress(OSError):  # it isn't empty, is a file, or was never made
                one.rmdir()


def copy_of(source: Path) -> tuple[str, Kind]:
    """Tell by a file's content what its copy is called, and what it is.

    Raises:
        UsageError: It isn't there.
        InputError: It is empty.
    """
    what = kind(source)
    suffix = source.suffix.lower()
    if what is Kind.VIDEO:
        suffix = outputs.suffix_of_copy(source)
    elif suffix not in photos.SUFFIXES:
        suffix = photos.suffix_of_copy(source)
    return f"{source.stem}{MARK}{suffix}", what


def refuse_suffix(target: Place, what: Kind) -> None:
    """Check that a result can be written under the name that the user gave it.

    Raises:
        UsageError: It is written with other suffixes.
    """
    takes = outputs.SUFFIXES if what is Kind.VIDEO else tuple(photos.SUFFIXES)
    if target.suffix.lower() not in takes:
        raise UsageError(f"{target}: a {what.value} is written as {', '.join(takes)}")


def job(source: Path, out: str | Path | None, *, several: bool, overwrite: bool) -> Job:
    """Decide where one file's result goes, and refuse what could do harm.

    Args:
        source: An input.
        out: What the user gave as -o: a file, or a folder (as `is_folder` says); by default the current folder.
        several: More than one input: `out` must be a folder then.
        overwrite: Results may replace what is there.

    Raises:
        UsageError: The input isn't there; or the output, or the name that it has while it is written, is the input; or
            it can't hold several.
        InputError: The input is empty.
        OutputError: The output's place is taken or can't be written to.
    """
    name, what = copy_of(source)
    if out is None:
        target = Path(name)
    elif several or is_folder(out):
        target = folder(out, several=several) / name
    else:
        target = Path(out)
        refuse_suffix(target, what)
    refuse_same(source, target)
    refuse_existing(target, overwrite)
    return Job(source, target, what)
