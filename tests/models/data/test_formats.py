"""The names of data formats, which the command line reads before anything is loaded."""

from __future__ import annotations

from emojicam.models.data import sets
from emojicam.models.data.formats import FORMATS
from emojicam.stream.choices import DATA_FORMAT


def test_every_format_has_its_reader() -> None:
    assert list(sets.READERS) == list(FORMATS)


def test_each_says_in_a_line_what_its_folder_holds() -> None:
    assert all(about and "\n" not in about for about in FORMATS.values())


def test_the_one_that_is_taken_for_granted_is_there() -> None:
    assert DATA_FORMAT in FORMATS
