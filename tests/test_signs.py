"""Facts that are written down twice, in code and for people, say the same; and the signs point at what is there."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

from emojicam.cli import build_parser
from emojicam.errors import SYSTEM_LIBRARIES
from emojicam.models.data.formats import FORMATS
from emojicam.settings import DEFAULTS
from emojicam.stream.choices import LOOKAHEAD_MOST, Steadiness, Style
from emojicam.stream.faces import gaps, track
from emojicam.stream.types import Placement
from emojicam.web.config import Limits

ROOT = Path(__file__).resolve().parent.parent


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["README.md", "Dockerfile"])
def test_the_same_system_libraries_are_named_everywhere(name: str) -> None:
    assert f" {SYSTEM_LIBRARIES}" in text(name)


def setup_cfg() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read_string(text("setup.cfg"))
    return config


def test_the_image_begins_with_the_base_that_is_named_by_its_digest_as_soon_as_it_is_known() -> None:
    base = setup_cfg()["tool:image"]["base"]
    assert re.fullmatch(r"debian:bookworm-slim@sha256:(to-be-named|[0-9a-f]{64})", base)
    assert f"\nFROM {base.removesuffix('@sha256:to-be-named')}\n" in text("Dockerfile")


def test_the_image_s_lock_names_what_is_required_each_with_hashes() -> None:
    config = setup_cfg()
    lock = text("docker.lock").replace("\\\n", "")
    locked = re.findall(r"^([a-z0-9-]+)==\S+((?: +--hash=sha256:[0-9a-f]{64})+)$", lock, re.MULTILINE)
    assert len(locked) == len(re.findall(r"^[a-z]", lock, re.MULTILINE))
    extras = config["options.extras_require"]
    wanted = (config["options"]["install_requires"] + extras["cpu"] + extras["web"]).split()
    assert {re.split(r"[\[<>=]", one)[0] for one in [*wanted, "setuptools"]} <= {name for name, _ in locked}


@pytest.mark.parametrize("name", ["docs/architecture.md", "docs/releasing.md", "CONTRIBUTING.md", "README.md"])
def test_every_file_that_is_pointed_at_is_there(name: str) -> None:
    pointed = {
        place
        for place in re.findall(r"`([\w./-]+/[\w.-]*)`|\]\(([\w./-]+)\)", text(name))
        for place in place
        if place
        and place.split("/")[0] in ("app", "stream", "models", "export", "assets", "tests", "docs", "benchmarks")
    }
    assert pointed
    for place in pointed:
        if "NAME" not in place:
            assert (ROOT / place).exists(), f"{name} points at {place}"


def test_rooms_that_are_named_by_their_files_have_them() -> None:
    row = re.search(r"`stream/` itself: `([a-z0-9 ]+)`", text("docs/architecture.md"))
    assert row is not None
    here = {path.stem for path in (ROOT / "stream").glob("*.py")} - {"__init__"}
    assert set(row[1].split()) == here


def test_what_the_map_says_is_decided_somewhere_is_there() -> None:
    for place, names in re.findall(
        r"`((?:stream|app|models)/[\w/]+\.py)`: ((?:`[\w.]+`(?:, )?)+)", text("docs/architecture.md")
    ):
        source = text(place)
        for name in re.findall(r"`([\w.]+)`", names):
            assert re.search(rf"\b{name.split('.')[-1]}\b", source), f"{place} has no {name}"


def test_the_documented_limits_are_those_that_hold() -> None:
    limits, said = Limits(), text("docs/web.md")
    assert f"more than {limits.upload_words}, or {limits.pixels // 1_000_000} megapixels" in said
    assert f"longer than {limits.body_seconds:g} s" in said
    assert f"more than {limits.photos_burst} photos at once, or {limits.photos_a_second:g} a second" in said
    assert f"There are {limits.cameras} places, {limits.cameras_each} for each address" in said
    assert f"or {limits.passes} passes of so many" in said
    assert f"under way | {limits.connections} | {limits.connections_each} |" in said
    assert f"arrive or wait | {limits.uploads // 2**20} MB |" in said
    assert f"worked on | {limits.at_work // 1_000_000} megapixels |" in said
    assert f"not fetched yet | {limits.answers // 2**20} MB |" in said
    assert f"| streams of cameras | {limits.cameras} | {limits.cameras_each} |" in said
    assert f"waits, for {limits.wait_seconds:g} s at most" in said


def test_the_documented_steadiness_is_the_one_that_holds() -> None:
    said = text("docs/over-time.md")
    for name, value in vars(Steadiness()).items():
        assert re.search(rf"\| `--{name}` \| {value:g} ", said), name
    assert f"(`--lookahead`, from 0 to {LOOKAHEAD_MOST:g})" in said
    assert DEFAULTS.lookahead == LOOKAHEAD_MOST  # "ten seconds" there


def test_the_documented_seconds_of_a_cover_are_those_that_hold() -> None:
    said = " ".join(text("docs/over-time.md").split())
    for words, number, holds in (
        ("Who is gone for up to ten seconds and comes back", 10, track.LOST),
        ("**Files** are known ahead and back, for ten seconds", 10, DEFAULTS.lookahead),
        ("After the last sight it goes on for half a second", 0.5, gaps.COAST),
        ("covered where its motion takes it for a second", 1, 2 * gaps.COAST),
        ("may be uncovered in the two seconds after its cover's end", 2, gaps.BARE),
        ("at most 256 MB of them", 256, gaps.MEMORY / 2**20),
    ):
        assert words in said
        assert number == holds, words


def test_every_way_in_which_a_place_is_known_is_documented() -> None:
    said = text("docs/over-time.md")
    schema = json.loads(text("docs/report.schema.json"))
    by = schema["$defs"]["face"]["properties"]["by"]
    assert by["enum"] == [placement.value for placement in Placement]
    for placement in Placement:
        assert f"`{placement.value}`" in said, placement


@pytest.mark.parametrize(
    "flag",
    [
        *("--threshold", "--min-face", "--lookahead", "--cover-all-on-loss"),
        *("--from", "--person", "--only", "--except"),
    ],
)
def test_the_flags_that_are_spoken_of_are_there(flag: str) -> None:
    commands = build_parser().commands
    takes = {
        name for command in commands.choices.values() for action in command._actions for name in action.option_strings
    }
    said = "".join(text(name) for name in ("README.md", "CHANGELOG.md", "docs/use.md", "docs/over-time.md"))
    assert flag in said
    assert flag in takes


def test_the_command_line_names_every_precision() -> None:
    precision = pytest.importorskip("emojicam.export.precision")
    commands = build_parser().commands
    (action,) = (action for action in commands.choices["export"]._actions if action.dest == "precision")
    assert list(action.choices or ()) == [one.value for one in precision.Precision]


def test_every_style_and_format_is_told_of() -> None:
    said = text("docs/use.md") + text("docs/training.md")
    for style in Style:
        assert f"{style.value} (" in said, style
    for name in FORMATS:
        assert f"| `{name}` |" in said, name
