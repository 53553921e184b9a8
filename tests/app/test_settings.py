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
    add_settings,
    add_video_settings,
    choice,
    options_of,
    settings_of,
    words,
)
from emojicam.stream.choices import STEADINESS, Provider, Range, Steadiness, Style


def test_the_help_names_the_constants_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["annotate", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for name, value in vars(Steadiness()).items():
        assert f"(default: {value:g})" in text.split(f"--{name} ")[-1].split(" --")[0]


def parsed(*arguments: str, add: Callable[[argparse.ArgumentParser], None] = add_video_settings) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("add", [add_settings, add_video_settings])
def test_where_nothing_is_asked_for_the_defaults_hold(add: Callable[[argparse.ArgumentParser], None]) -> None:
    assert settings_of(parsed(add=add)) == Settings() == DEFAULTS


FLAGS: list[tuple[list[str], dict[str, object]]] = [
    (["--style", "badge"], {"style": Style.BADGE}),
    (["--theme", "mine"], {"theme": "mine"}),
    (["--model", "own.onnx"], {"model": "own.onnx"}),
    (["--provider", "tensorrt"], {"provider": Provider.TENSORRT}),
    (["--range", "far"], {"range": Range.FAR}),
    (["--detector-models", "files"], {"detector_files": Path("files")}),
    (["--codec-preset", "slow"], {"preset": "slow"}),
    (["--quiet"], {"quiet": True}),
    (["--every-frame"], {"every_frame": True}),
    (["--lookahead", "2.5"], {"lookahead": 2.5}),
    (["--memory", "0", "--sure", "0.5"], {"steadiness": Steadiness(memory=0.0, sure=0.5)}),
]


@pytest.mark.parametrize(("arguments", "changed"), FLAGS, ids=[flags[0] for flags, _ in FLAGS])
def test_a_flag_changes_its_setting_and_no_other(arguments: list[str], changed: dict[str, object]) -> None:
    assert settings_of(parsed(*arguments)) == replace(DEFAULTS, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [field.name for field in fields(Steadiness)])
def test_every_constant_of_the_smoothing_has_its_flag(name: str) -> None:
    settings = settings_of(parsed(f"--{name}", "0.75"))
    assert settings.steadiness == replace(STEADINESS, **{name: 0.75})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lookahead", "99"], r"^--lookahead 99: from 0 to 10 seconds$"),
        (["--lookahead", "nan"], r"^--lookahead nan: from 0 to 10 seconds$"),
        (["--memory", "-1"], r"^--memory is -1\.0, not a number from 0 on$"),
        (["--swift", "nan"], r"^--swift is nan, not a number"),
        (["--codec-preset", "best"], r"^'best' is none of x264's presets: ultrafast, "),
    ],
)
def test_a_value_that_cannot_be_is_wrong_usage_by_its_flag(arguments: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        settings_of(parsed(*arguments))


@pytest.mark.parametrize("flag", ["--style", "--provider", "--range"])
def test_words_that_there_are_not_are_refused_with_those_there_are(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(flag, "huge")
    said = capsys.readouterr().err
    assert f"argument {flag}: invalid choice: 'huge'" in said
    kind = {"--style": Style, "--provider": Provider, "--range": Range}[flag]
    assert all(str(word) in said for word in words(kind))


def test_the_help_tells_each_default_and_each_choice() -> None:
    parser = argparse.ArgumentParser()
    add_video_settings(parser)
    text = " ".join(parser.format_help().split())
    for flag, default in (
        *[("style", "cover"), ("theme", "classic"), ("model", "mien"), ("provider", "auto"), ("range", "auto")],
        *[("codec-preset", "veryfast"), ("lookahead", "1")],
    ):
        about = text.split(f" --{flag} ")[-1].split(" --")[0]
        assert f"(default: {default})" in about, flag
    for style in Style:
        assert f"{style.value} {style.about}" in text


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
    ("changed", "says"), [({"preset": "best"}, "'best' is none"), ({"lookahead": -1}, "lookahead -1")]
)
def test_settings_from_python_are_looked_at_as_well(changed: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Settings(**changed)  # type: ignore[arg-type]
