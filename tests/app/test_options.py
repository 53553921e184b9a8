"""The options of the Python API, their one home."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Unpack

import pytest

from emojicam import options
from emojicam.errors import UsageError
from emojicam.options import Annotating, Drawing, Filming, explained, names_of, path_from, settings_from, words_of
from emojicam.settings import DEFAULTS, Settings
from emojicam.stream.choices import Corrections, Encoder, Range, Style

LEFT_OUT = {"scan", "steadiness", "every_frame", "cores", "quiet"}
"""Settings that the Python API doesn't offer."""


def test_every_setting_is_an_option_or_left_out_by_intent() -> None:
    offered = {options.FIELDS.get(name, name) for group in (Annotating, Filming) for name in names_of(group)}
    held = {field.name for field in fields(Settings)}
    assert offered - {"persons", "only", "leave"} | LEFT_OUT | {"corrections"} == held


@pytest.mark.parametrize("group", [Annotating, Filming])
def test_every_option_is_told_of(group: type) -> None:
    assert list(words_of(group)) == names_of(group)


def test_nothing_given_is_the_defaults_without_a_word() -> None:
    made = settings_from(Annotating, {})
    assert made.quiet
    assert {**vars(made), "quiet": False} == vars(DEFAULTS)


def test_options_become_settings(tmp_path: Path) -> None:
    given = {
        "style": "badge",
        "range": Range.FAR,
        "scale": 2,
        "shadow": False,
        "model": tmp_path / "own.onnx",
        "detector_models": str(tmp_path),
        "codec_preset": "fast",
        "encoder": "hardware",
        "persons": {2: "surprise"},
        "only": "happiness",
        "leave": ["fear", "anger"],
    }
    made = settings_from(Annotating, given)
    assert (made.style, made.range, made.scale, made.shadow) == (Style.BADGE, Range.FAR, 2.0, False)
    assert (made.model, made.detector_files) == (str(tmp_path / "own.onnx"), tmp_path)
    assert (made.preset, made.encoder) == ("fast", Encoder.HARDWARE)
    assert made.corrections == Corrections(((2, "surprise"),), ("happiness",), ("fear", "anger"))
    assert settings_from(Filming, {"cover_all_on_loss": True}).veil


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stile": "badge"}, "draw takes no option 'stile'; did you mean style?"),
        ({"lookahead": 3}, "draw takes no option 'lookahead'"),
        ({"style": "hat"}, "'hat' is none of cover, badge, label, blur, pixelate, solid"),
        ({"style": 3}, "style is a word, not 3 (int)"),
        ({"style": Range.FAR}, "style is a word, not emojicam.stream.choices.Range"),
        ({"scale": "big"}, "scale is a number, not 'big' (str)"),
        ({"scale": True}, "scale is a number, not True (bool)"),
        ({"scale": None}, "scale is a number, not None"),
        ({"scale": 9}, "scale 9: from 0.5 to 2"),
        ({"scale": float("nan")}, "scale nan: from 0.5 to 2"),
        ({"shadow": "no"}, "shadow is True or False, not 'no' (str)"),
        ({"theme": 5}, "theme is a word or a path, not 5 (int)"),
    ],
)
def test_what_cannot_be_is_told_with_what_was_got(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        settings_from(Drawing, given, "draw")
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"persons": [2]}, "persons is a mapping from numbers to words, not list"),
        (
            {"persons": {"2": "fear"}},
            "persons has words by numbers from 1, such as {2: 'surprise'}, not '2': 'fear'",
        ),
        ({"persons": {0: "fear"}}, "persons has words by numbers from 1, such as {2: 'surprise'}, not 0: 'fear'"),
        ({"persons": {-1: "fear"}}, "persons has words by numbers from 1, such as {2: 'surprise'}, not -1: 'fear'"),
        ({"codec_preset": 5}, "codec_preset is a word, not 5 (int)"),
        ({"only": 3}, "only is a list of emotions, not 3 (int)"),
        ({"leave": ["fear", None]}, "leave is a list of emotions, not None"),
        ({"detector_models": 3}, "detector_models is a path, not 3 (int)"),
    ],
)
def test_corrections_and_paths_of_other_types_are_refused(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        settings_from(Annotating, given)
    assert str(error.value) == said


def test_a_path_may_be_given_in_several_ways(tmp_path: Path) -> None:
    assert path_from("a/b", "out") == path_from(Path("a/b"), "out") == Path("a/b")
    with pytest.raises(UsageError, match=r"^out is a path, not b'a' \(bytes\)$"):
        path_from(b"a", "out")
    with pytest.raises(UsageError, match="out is a path, not 'a"):
        path_from("a\0b", "out")


def test_a_function_is_explained() -> None:
    @explained
    def sketch(paper: str, *, ink: int = 1, **options: Unpack[Drawing]) -> None:
        """Draw.

        Args:
            paper: On what.
            ink: How much.
            **options: As `Drawing` has them.

        Returns:
            Nothing.
        """

    taken = inspect.signature(sketch).parameters
    assert list(taken) == ["paper", "ink", "style", "scale", "shadow", "theme"]
    assert (taken["style"].default, taken["scale"].default) == ("cover", DEFAULTS.scale)
    assert str(taken["style"]) == "style: 'str | Style' = 'cover'"
    lines = inspect.getdoc(sketch).splitlines()  # type: ignore[union-attr]
    assert lines[2:5] == ["Args:", "    paper: On what.", "    ink: How much."]
    assert lines[5] == "    style: cover, badge, label, blur, pixelate or solid."
    assert lines[9:11] == ["", "Returns:"]
