"""Addresses in stores, told from paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.addresses import Address, is_address, local, place
from emojicam.errors import UsageError


def test_an_address_is_taken_apart_as_a_path_is() -> None:
    address = Address("s3://bucket/day one/a.b.JPG")
    assert (address.scheme, address.key, address.name) == ("s3", "bucket/day one/a.b.JPG", "a.b.JPG")
    assert (address.stem, address.suffix) == ("a.b", ".JPG")
    assert str(address.parent) == "s3://bucket/day one"
    assert str(address.parent / "c.jpg") == "s3://bucket/day one/c.jpg"


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        *(("s3://b", True), ("s3://b/", True), ("s3://b/c", True), ("s3://b/c.d/", True), ("s3://b.c", True)),
        ("s3://b/c.jpg", False),
    ],
)
def test_a_folder_is_told_from_an_object(text: str, folder: bool) -> None:
    assert Address(text).is_folder is folder


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("file:///tmp/a%20b.jpg", "/tmp/a b.jpg"),
        ("file://localhost/tmp/a.jpg", "/tmp/a.jpg"),
        ("file:///tmp/out/", "/tmp/out/"),
        ("FILE:///tmp/what?.jpg", "/tmp/what?.jpg"),
        ("a.jpg", "a.jpg"),
        ("c:/a.jpg", "c:/a.jpg"),
        ("a/s3://b", "a/s3://b"),
    ],
)
def test_what_names_a_file_of_this_machine_is_a_path(text: str, path: str) -> None:
    assert local(text) == path
    assert place(text) == Path(path)


def test_a_scheme_may_be_in_capitals() -> None:
    assert place("S3://Bucket/A.jpg") == Address("s3://Bucket/A.jpg")
    assert is_address("S3://Bucket/A.jpg")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ftp://host/a.jpg", "ftp://: not a store that is known; there are s3://, gs://, az://, file://"),
        (
            "file://host/a.jpg",
            "file://host/a.jpg: names another machine; a path of this one has three slashes, file:///",
        ),
        ("s3://K:SECRET@bucket/a", "s3://: a password has no place in an address; the store's own settings have one"),
        ("s3://", "s3://: names no bucket"),
    ],
)
def test_what_is_no_address_is_refused_and_no_password_is_repeated(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        place(text)
    assert str(error.value) == said
    assert "SECRET" not in str(error.value)
