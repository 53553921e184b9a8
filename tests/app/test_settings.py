"""Options in one place: from flags to settings, and back to the help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from emojicam.cli import main
from emojicam.errors import UsageError
from emojicam.settings import (
    DEFAULTS,
    Settings,
    add_file_settings,
    add_live_settings,
    add_settings,
    add_video_settings,
    choice,
    options_of,
    settings_of,
    words,
)
from emojicam.stream.choices import (
    LOOKAHEAD,
    LOOKAHEAD_MOST,
    STEADINESS,
    THRESHOLD,
    Decoder,
    Encoder,
    Provider,
    Range,
    Scans,
    Steadiness,
    Style,
)

Add = Callable[[argparse.ArgumentParser], None]


def test_the_help_names_the_constants_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["annotate", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for name, value in vars(Steadiness()).items():
        assert f"(default: {value:g})" in text.split(f"--{name} ")[-1].split(" --")[0]


def parsed(*arguments: str, add: Add = add_file_settings) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("add", [add_settings, add_video_settings, add_file_settings, add_live_settings])
def test_where_nothing_is_asked_for_the_defaults_hold(add: Add) -> None:
    assert settings_of(parsed(add=add)) == Settings() == DEFAULTS


def test_a_file_is_looked_ahead_and_a_face_is_what_both_nets_call_one() -> None:
    assert (DEFAULTS.lookahead, DEFAULTS.threshold, DEFAULTS.min_face) == (LOOKAHEAD, THRESHOLD, 0.0)
    assert (DEFAULTS.range, DEFAULTS.veil) == (Range.AUTO, False)


FLAGS: list[tuple[list[str], dict[str, object]]] = [
    (["--style", "badge"], {"style": Style.BADGE}),
    (["--scale", "1.5"], {"scale": 1.5}),
    (["--no-shadow"], {"shadow": False}),
    (["--theme", "mine"], {"theme": "mine"}),
    (["--model", "own.onnx"], {"model": "own.onnx"}),
    (["--provider", "tensorrt"], {"provider": Provider.TENSORRT}),
    (["--fast-math"], {"fast_math": True}),
    (["--range", "far"], {"range": Range.FAR}),
    (["--detector-models", "files"], {"detector_files": Path("files")}),
    (["--threshold", "0.6"], {"threshold": 0.6}),
    (["--min-face", "32"], {"min_face": 32.0}),
    (["--expressive", "0.8"], {"expressive": 0.8}),
    (["--no-resting-face"], {"resting_face": False}),
    (["--resting-face"], {"resting_face": True}),
    (["--codec-preset", "slow"], {"preset": "slow"}),
    (["--scan", "every"], {"scan": Scans.EVERY}),
    (["--encoder", "hardware"], {"encoder": Encoder.HARDWARE}),
    (["--decoder", "auto"], {"decoder": Decoder.AUTO}),
    (["--quiet"], {"quiet": True}),
    (["--every-frame"], {"every_frame": True}),
    (["--lookahead", "2.5"], {"lookahead": 2.5}),
    (["--memory", "0", "--sure", "0.5"], {"steadiness": Steadiness(memory=0.0, sure=0.5)}),
]


@pytest.mark.parametrize(("arguments", "changed"), FLAGS, ids=[flags[0] for flags, _ in FLAGS])
def test_a_flag_changes_its_setting_and_no_other(arguments: list[str], changed: dict[str, object]) -> None:
    assert settings_of(parsed(*arguments)) == replace(DEFAULTS, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("add", [add_settings, add_video_settings, add_file_settings, add_live_settings])
def test_everybody_can_say_how_much_is_found(add: Add) -> None:
    settings = settings_of(parsed("--threshold", "0.3", "--min-face", "20.5", "--range", "near", add=add))
    assert settings == replace(DEFAULTS, threshold=0.3, min_face=20.5, range=Range.NEAR)


def test_only_files_are_looked_ahead_and_only_what_is_live_is_veiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert settings_of(parsed("--lookahead", "3", add=add_file_settings)).lookahead == 3
    assert settings_of(parsed("--cover-all-on-loss", add=add_live_settings)).veil
    takes: list[tuple[Add, list[str]]] = [
        *((add, ["--lookahead", "3"]) for add in (add_settings, add_video_settings, add_live_settings)),
        *((add, ["--cover-all-on-loss"]) for add in (add_settings, add_video_settings, add_file_settings)),
    ]
    for add, flags in takes:
        with pytest.raises(SystemExit):
            parsed(*flags, add=add)
        assert f"unrecognized arguments: {flags[0]}" in capsys.readouterr().err


@pytest.mark.parametrize("name", [field.name for field in fields(Steadiness)])
def test_every_constant_of_the_smoothing_has_its_flag(name: str) -> None:
    settings = settings_of(parsed(f"--{name}", "0.75"))
    assert settings.steadiness == replace(STEADINESS, **{name: 0.75})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lookahead", "99"], rf"^--lookahead 99: from 0 to {LOOKAHEAD_MOST:g} seconds$"),
        (["--lookahead", "nan"], rf"^--lookahead nan: from 0 to {LOOKAHEAD_MOST:g} seconds$"),
        (["--lookahead", "-0.1"], rf"^--lookahead -0.1: from 0 to {LOOKAHEAD_MOST:g} seconds$"),
        (["--threshold", "1.01"], r"^--threshold 1\.01: from 0 to 1$"),
        (["--threshold", "-0.5"], r"^--threshold -0\.5: from 0 to 1$"),
        (["--threshold", "nan"], r"^--threshold nan: from 0 to 1$"),
        (["--scale", "0.4"], r"^--scale 0\.4: from 0\.5 to 2$"),
        (["--scale", "3"], r"^--scale 3: from 0\.5 to 2$"),
        (["--scale", "nan"], r"^--scale nan: from 0\.5 to 2$"),
        (["--expressive", "1.5"], r"^--expressive 1\.5: from 0 to 1$"),
        (["--expressive", "nan"], r"^--expressive nan: from 0 to 1$"),
        (["--min-face", "-1"], r"^--min-face -1: a width in px, from 0 on$"),
        (["--min-face", "inf"], r"^--min-face inf: a width in px, from 0 on$"),
        (["--min-face", "nan"], r"^--min-face nan: a width in px, from 0 on$"),
        (["--memory", "-1"], r"^--memory is -1\.0, not a number from 0 on$"),
        (["--swift", "nan"], r"^--swift is nan, not a number"),
        (["--codec-preset", "best"], r"^'best' is none of x264's presets: ultrafast, "),
    ],
)
def test_a_value_that_cannot_be_is_wrong_usage_by_its_flag(arguments: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        settings_of(parsed(*arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lookahead", "0"],
        ["--threshold", "0"],
        ["--threshold", "1"],
        ["--expressive", "0"],
        ["--scale", "0.5"],
        ["--scale", "2"],
    ],
)
def test_the_ends_of_a_scale_belong_to_it(arguments: list[str]) -> None:
    flag, number = arguments
    assert getattr(settings_of(parsed(*arguments)), flag.removeprefix("--")) == float(number)
    assert settings_of(parsed("--lookahead", f"{LOOKAHEAD_MOST:g}")).lookahead == LOOKAHEAD_MOST


@pytest.mark.parametrize("flag", ["--style", "--provider", "--range", "--scan"])
def test_words_that_there_are_not_are_refused_with_those_there_are(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(flag, "huge")
    said = capsys.readouterr().err
    assert f"argument {flag}: invalid choice: 'huge'" in said
    kind = {"--style": Style, "--provider": Provider, "--range": Range, "--scan": Scans}[flag]
    assert all(str(word) in said for word in words(kind))


def test_the_help_tells_each_default_and_each_choice() -> None:
    parser = argparse.ArgumentParser()
    add_file_settings(parser)
    text = " ".join(parser.format_help().split())
    for flag, default in (
        *[
            ("style", "cover"),
            ("scale", "1"),
            ("theme", "classic"),
            ("model", "mien"),
            ("provider", "auto"),
            ("range", "auto"),
        ],
        *[("codec-preset", "veryfast"), ("encoder", "x264"), ("decoder", "software"), ("scan", "auto")],
        *[("lookahead", f"{LOOKAHEAD:g}")],
        *[("threshold", f"{THRESHOLD:g}"), ("min-face", "0"), ("expressive", "0.5")],
    ):
        about = text.split(f" --{flag} ")[-1].split(" --")[0]
        assert f"(default: {default})" in about, flag
    for word in (*Style, *Range):
        assert f"{word.value}: {word.about}" in text


def test_a_word_is_a_member_and_a_member_is_itself() -> None:
    assert choice(Style, "label") is choice(Style, Style.LABEL) is Style.LABEL
    with pytest.raises(UsageError, match="'Cover' is none of cover, badge, label"):
        choice(Style, "Cover")
    assert words(Range) == ["near", "auto", "far"]


@dataclass(frozen=True)
class Options:
    """A command's."""

    sources: list[str]
    settings: Settings
    jobs: int


def test_a_commands_options_are_its_flags_and_its_settings() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--more", action="store_true")
    add_settings(parser)
    given = parser.parse_args(["a.png", "b.png", "--jobs", "3", "--style", "label", "--more"])
    assert options_of(Options, given) == Options(["a.png", "b.png"], replace(DEFAULTS, style=Style.LABEL), 3)
    del given.jobs
    with pytest.raises(AttributeError, match="jobs"):
        options_of(Options, given)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"preset": "best"}, "'best' is none"),
        ({"lookahead": -1}, "lookahead -1"),
        ({"threshold": 45}, "threshold 45"),
        ({"expressive": -1}, "expressive -1"),
        ({"min_face": -1}, "min-face -1"),
    ],
)
def test_settings_from_python_are_looked_at_as_well(changed: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Settings(**changed)  # type: ignore[arg-type]
