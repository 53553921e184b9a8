"""The flags that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from emojicam.flags.shared import add_data, add_device, add_format, add_overwrite, add_teacher
from emojicam.models.data.formats import FORMATS
from emojicam.parser import experts


def test_each_reaches_a_parser_or_a_group_of_it() -> None:
    parser = argparse.ArgumentParser()
    add_data(parser)
    add_overwrite(parser, "begin anew")
    for add in (add_device, add_teacher):
        add(experts(parser))
    add_format(experts(parser), None)
    given = parser.parse_args("--data here --overwrite --device cuda --teacher a --teacher b --format rafdb".split())
    assert vars(given) == {
        **{"data": Path("here"), "overwrite": True, "device": "cuda"},
        **{"teacher": ["a", "b"], "format": "rafdb"},
    }


@pytest.mark.parametrize(("default", "said"), [("rafdb", "default: rafdb"), (None, "default: as the recipe has it")])
def test_the_help_says_which_format_is_meant_without_one(default: str | None, said: str) -> None:
    parser = argparse.ArgumentParser()
    add_format(parser, default)
    assert parser.parse_args([]).format == default
    text = " ".join(parser.format_help().split())
    assert said in text
    assert all(name in text for name in FORMATS)
