"""Object stores, with fsspec's store in memory in the place of one far away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emojicam import stores
from emojicam.addresses import Address
from emojicam.errors import DeviceError, EmojicamError, InputError, MissingExtra, OutputError, UsageError
from emojicam.stores import CredentialsMissing, Listing

pytest.importorskip("fsspec")


@pytest.fixture
def memory() -> Iterator[Any]:
    files = stores.store("memory")
    files.makedirs("/bucket", exist_ok=True)
    yield files
    files.rm("/bucket", recursive=True)


def at(name: str) -> Address:
    return Address(f"memory://bucket/{name}")


def test_a_folder_and_a_pattern_are_listed_and_an_object_is_one(memory: Any) -> None:
    for name in ("day/b.jpg", "day/a.jpg", "day/deep/c.jpg"):
        memory.pipe_file(f"/bucket/{name}", b"x")
    assert stores.found(at("day/")) == stores.found(at("day")) == [at("day/a.jpg"), at("day/b.jpg")]
    assert stores.found(at("day/*a.jpg")) == [at("day/a.jpg")]
    assert stores.found(at("day/a.jpg")) is None
    with pytest.raises(UsageError, match=r"^memory://bucket/night/: no such object$"):
        stores.found(at("night/"))


@pytest.mark.usefixtures("memory")
def test_an_object_comes_back_as_it_went(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"whole")
    stores.put(tmp_path / "a", at("a.jpg"), overwrite=False)
    stores.fetch(at("a.jpg"), tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"whole"
    with pytest.raises(OutputError, match=r"a\.jpg: is already there; --overwrite replaces it"):
        stores.put(tmp_path / "a", at("a.jpg"), overwrite=False)
    stores.put(tmp_path / "a", at("a.jpg"), overwrite=True)
    with pytest.raises(UsageError, match=r"^memory://bucket/none\.jpg: no such object$"):
        stores.fetch(at("none.jpg"), tmp_path / "b")


def test_a_folder_is_listed_once_for_all_that_is_asked_of_it(memory: Any) -> None:
    memory.pipe_file("/bucket/out/a.jpg", b"x")
    listing = Listing()
    when = listing.modified(at("out/a.jpg"))
    assert when is not None
    assert when > 1.7e9
    memory.pipe_file("/bucket/out/b.jpg", b"x")
    assert listing.modified(at("out/b.jpg")) is None, "looked at before"
    assert listing.modified(at("empty/b.jpg")) is None
    assert Listing().modified(at("out/b.jpg")) is not None
    with pytest.raises(OutputError, match=r"out/a\.jpg: is already there"):
        stores.refuse_existing(at("out/a.jpg"), False, listing)
    stores.refuse_existing(at("out/a.jpg"), True, listing)
    with pytest.raises(OutputError, match=r"no such bucket or container"):
        Listing().modified(Address("memory://nowhere/a.jpg"))


class NoCredentialsError(Exception):
    """Named as botocore's."""


class EndpointConnectionError(Exception):
    """Named as botocore's."""


class ServiceRequestError(Exception):
    """Named as Azure's."""


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (PermissionError("the key SECRET is wrong"), "the store refuses the credentials, or there are none"),
        (NoCredentialsError("SECRET"), "the store refuses the credentials, or there are none"),
        (OSError("Forbidden: https://SECRET@host"), "the store refuses the credentials, or there are none"),
        (CredentialsMissing("SECRET"), "the store refuses the credentials, or there are none"),
        (EndpointConnectionError("https://SECRET@host"), "the store can't be reached"),
        (ServiceRequestError("https://SECRET@host"), "the store can't be reached"),
        (TimeoutError("SECRET"), "the store can't be reached"),
        (OSError(28, "No space left on device", "/tmp/a"), "No space left on device"),
        (ValueError("SECRET"), "the store fails (ValueError)"),
    ],
)
@pytest.mark.parametrize("kind", [InputError, OutputError])
def test_a_failure_is_told_in_words_of_ours(problem: Exception, said: str, kind: type[EmojicamError]) -> None:
    with pytest.raises(kind) as error, stores.told(at("a.jpg"), kind):
        raise problem
    assert str(error.value) == f"memory://bucket/a.jpg: {said}"
    assert error.value.__cause__ is None


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("s3fs", "gcsfs"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(MissingExtra, match=r'pip install "emojicam\[cluster\]"'):
        stores.store.__wrapped__("s3")
    with pytest.raises(DeviceError, match="gcsfs, which gs:// needs, is not installed: pip install gcsfs"):
        stores.store.__wrapped__("gs")


@pytest.mark.parametrize(
    ("info", "seconds"),
    [
        ({"mtime": 12.5}, 12.5),
        ({"updated": "1970-01-01T00:01:00+00:00", "created": 7.0}, 60.0),
        ({"LastModified": None, "name": "a"}, 0.0),
    ],
)
def test_each_store_has_a_word_of_its_own_for_the_time(info: dict[str, Any], seconds: float) -> None:
    assert stores._time(info) == seconds


def test_a_store_that_does_not_open_lacks_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(scheme: str, **more: object) -> None:
        raise ValueError("SECRET")

    monkeypatch.setattr("fsspec.filesystem", opened)
    with pytest.raises(CredentialsMissing) as error:
        stores.store.__wrapped__("memory")
    assert str(error.value) == ""


def test_what_libraries_log_and_warn_of_is_not_printed() -> None:
    script = """
import logging, warnings
from emojicam import stores
stores.store("memory")
logging.getLogger("azure.identity").warning("SECRET")
warnings.warn_explicit("SECRET", UserWarning, "default.py", 1, module="google.auth._default")
logging.getLogger("another").warning("seen")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "seen\n"
