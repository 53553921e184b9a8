"""Object stores by fsspec: what lies there, and whole objects in and out.

Nothing that a library says or logs of a failure is printed, for it may hold a password: it is told in words of ours.
"""

from __future__ import annotations

import glob
import importlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from emojicam.addresses import Address, Place
from emojicam.errors import DeviceError, EmojicamError, InputError, MissingExtra, OutputError, UsageError
from emojicam.files import already_there

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs"}
"""The package that each store needs besides fsspec; that of S3 is in the extra `cluster`."""

PIECE = 8 << 20
"""Bytes that are sent to S3 at a time; what is less than twice as long goes in one piece."""

TIMES = ("LastModified", "mtime", "last_modified", "updated", "created")
"""The words of the stores for the time at which an object was written; the first that is there is taken."""

REFUSED = ("Credential", "Auth", "Forbidden", "Permission", "AccessDenied", "Token")
"""Parts of the names of those errors that say that a store doesn't let somebody in."""

FORBIDDEN = "Forbidden: "
"""The beginning of what gcsfs says where a store doesn't let somebody in: its error is a plain OSError."""

AWAY = ("Connect", "Timeout", "Resolve", "Endpoint", "ServiceRequest")
"""Parts of the names of those errors that say that a store doesn't answer."""


LIBRARIES = ("adlfs", "aiobotocore", "asyncio", "azure", "botocore", "fsspec", "gcsfs", "google", "s3fs")
"""The loggers of the stores' libraries, which tell of failures in traces of many lines."""


class CredentialsMissing(Exception):
    """A store's library doesn't open, for want of an account or a key, or because of one that can't be read."""


@cache
def store(scheme: str) -> Any:
    """Open a store: an fsspec file system, with the credentials that its own settings name.

    Raises:
        DeviceError: The package that it needs is not installed.
        CredentialsMissing: It doesn't open.
    """
    package = PACKAGES.get(scheme)
    try:
        fsspec = importlib.import_module("fsspec")
        if package is not None:
            importlib.import_module(package)
    except ImportError as error:
        if package in ("s3fs", None):
            raise MissingExtra(f"s3fs, which {scheme}:// needs,", "cluster") from error
        raise DeviceError(f"{package}, which {scheme}:// needs, is not installed: pip install {package}") from error
    _silence()
    try:
        return fsspec.filesystem(scheme, use_listings_cache=False)
    except Exception:  # noqa: BLE001 - whatever a store's library raises
        raise CredentialsMissing from None


def _silence() -> None:
    """Have nothing printed of what libraries log and warn of; a program with handlers of its own still gets it."""
    for name in LIBRARIES:
        logging.getLogger(name).addHandler(logging.NullHandler())
    warnings.filterwarnings("ignore", module=rf"({'|'.join(LIBRARIES)})\b")


@contextmanager
def told(address: Address, error: type[EmojicamError]) -> Iterator[None]:
    """Tell what fails inside in one line that names the object and holds nothing of what a library said.

    Args:
        address: The object.
        error: What to raise: InputError for a source, OutputError for a target.
    """
    try:
        yield
    except EmojicamError:
        raise
    except FileNotFoundError as problem:
        if error is OutputError:
            raise OutputError(f"{address}: no such bucket or container") from problem
        raise UsageError(f"{address}: no such object") from problem
    except Exception as problem:  # noqa: BLE001 - whatever a store's library raises
        raise error(f"{address}: {_why(problem)}") from None


def _why(problem: BaseException) -> str:
    names = [kind.__name__ for kind in type(problem).__mro__]
    if _any(names, REFUSED) or _code(problem) in (401, 403) or str(problem).startswith(FORBIDDEN):
        return "the store refuses the credentials, or there are none"
    if _any(names, AWAY):
        return "the store can't be reached"
    if isinstance(problem, OSError) and problem.errno and problem.filename is not None:  # of this machine's disk
        return os.strerror(problem.errno)
    return f"the store fails ({type(problem).__name__})"


def _any(names: list[str], parts: tuple[str, ...]) -> bool:
    return any(part in name for name in names for part in parts)


def _code(problem: BaseException) -> object:
    return next((getattr(problem, name) for name in ("code", "status", "status_code") if hasattr(problem, name)), None)


def found(address: Address) -> list[Address] | None:
    """List what lies in a folder, or what a pattern matches.

    Args:
        address: A folder, a pattern, or one object.

    Returns:
        The objects, sorted; None if it is one object.

    Raises:
        EmojicamError: It isn't there, or the store can't be asked.
    """
    with told(address, InputError):
        files = store(address.scheme)
        if glob.has_magic(address.key):
            return [_named(address, name) for name in sorted(files.glob(address.key))]
        if not address.text.endswith("/") and files.isfile(address.key):
            return None
        listed = files.ls(address.key.rstrip("/"), detail=True)
    return sorted((_named(address, one["name"]) for one in listed if one["type"] == "file"), key=str)


def _named(address: Address, name: str) -> Address:
    return Address(f"{address.scheme}://{name.lstrip('/')}")


class Listing:
    """The contents of folders in stores, each listed once: a look at every object would take hours of a million."""

    def __init__(self) -> None:
        """Begin without any."""
        self._folders: dict[Address, dict[str, float]] = {}

    def modified(self, place: Place, error: type[EmojicamError] = OutputError) -> float | None:
        """Tell when a file or an object was written, in seconds since 1970; None if it isn't there.

        Args:
            place: The file or object.
            error: What to raise if the store can't be asked.

        Raises:
            EmojicamError: It can't be.
        """
        if isinstance(place, Path):
            return place.stat().st_mtime if place.is_file() else None
        folder = place.parent
        if folder not in self._folders:
            with told(place, error):
                self._folders[folder] = _times(folder)
        return self._folders[folder].get(place.name)


def _times(folder: Address) -> dict[str, float]:
    files = store(folder.scheme)
    try:
        listed = files.ls(folder.key, detail=True)
    except FileNotFoundError:
        if not files.exists(folder.key.partition("/")[0]):
            raise
        return {}  # a bucket's folders are there when something lies in them
    return {one["name"].rstrip("/").rpartition("/")[2]: _time(one) for one in listed if one["type"] == "file"}


def _time(info: dict[str, Any]) -> float:
    when = next((info[name] for name in TIMES if info.get(name)), 0.0)
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    return when.timestamp() if isinstance(when, datetime) else float(when)


def refuse_existing(address: Address, overwrite: bool, listing: Listing) -> None:
    """Check an object's place before any work is done.

    Raises:
        OutputError: Something is there and may not be replaced, or the store can't be asked.
    """
    if listing.modified(address) is not None and not overwrite:
        raise already_there(address)


def fetch(address: Address, path: Path) -> None:
    """Copy an object into a file.

    Raises:
        EmojicamError: It isn't there or can't be read, or the file can't be written.
    """
    with told(address, InputError):
        store(address.scheme).get_file(address.key, str(path))


def put(path: Path, address: Address, *, overwrite: bool) -> None:
    """Copy a file to an object, which appears whole or not at all.

    Args:
        path: The file.
        address: The object.
        overwrite: What is there may be replaced.

    Raises:
        OutputError: Something is there, or the store doesn't take it.
    """
    with told(address, OutputError):
        files = store(address.scheme)
        if not overwrite and files.exists(address.key):
            raise already_there(address)
        pieces = {"chunksize": PIECE} if address.scheme == "s3" else {}
        try:
            files.put_file(str(path), address.key, **pieces)
        except BaseException:
            abandon(address)  # an interruption, too
            raise


def abandon(address: Address) -> None:
    """Throw away what uploads that never ended left of an object in S3, where nobody sees it and it costs money.

    Other stores forget it by themselves after a week.
    """
    if address.scheme != "s3":
        return
    bucket, _, key = address.key.partition("/")
    with suppress(Exception):  # who may write may not be allowed to list: then it stays
        files = store("s3")
        listed = files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=key)
        for upload in listed.get("Uploads") or ():
            if upload["Key"] == key:
                files.call_s3("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=upload["UploadId"])
