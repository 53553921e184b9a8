"""The flags of the commands that people use, typed as its options."""

from __future__ import annotations

from pathlib import Path

import pytest

from emojicam.cli import build_parser
from emojicam.commands.annotate import AnnotateOptions
from emojicam.commands.demo import DemoOptions
from emojicam.commands.live import LiveOptions
from emojicam.commands.web import WebOptions
from emojicam.flags import using
from emojicam.parser import EXPERTS, Program
from emojicam.settings import DEFAULTS, Options, options_of


def typed(kind: type[Options], *arguments: str) -> Options:
    return options_of(kind, build_parser().parse_args(arguments))


def test_the_group_has_its_commands_and_no_other() -> None:
    program = Program(prog="emojicam", usual="annotate")
    using.add_commands(program)
    assert [(group.title, list(group.commands)) for group in program.groups] == [
        (using.TITLE, ["annotate", "live", "web", "sticker", "demo"])
    ]


def test_annotate() -> None:
    options = typed(AnnotateOptions, *"annotate a.mp4 b/ -o out --plot p.png --jobs 2 --stats --resume".split())
    assert options == AnnotateOptions(
        ["a.mp4", "b/"], DEFAULTS, out="out", plot="p.png", jobs=2, stats=True, resume=True
    )


def test_live() -> None:
    options = typed(LiveOptions, *"live 1 --virtual-camera --size 640x360 --no-mirror --record r.mp4".split())
    assert (options.sources, options.virtual_camera, options.size) == (["1"], "", "640x360")
    assert (options.no_mirror, options.record, options.loop) == (True, Path("r.mp4"), False)
    assert typed(LiveOptions, "live").sources == ["0"]
    assert typed(LiveOptions, *"live 0 a.mp4 rtsp://x/y --record r.mp4".split()).sources == ["0", "a.mp4", "rtsp://x/y"]


def test_web() -> None:
    options = typed(WebOptions, *"web --port 0 --token --proxy --no-browser".split())
    assert (options.port, options.token, options.proxy, options.no_browser) == (0, "", True, True)


def test_demo() -> None:
    assert typed(DemoOptions, "demo", "-o", "there").out == Path("there")
    assert typed(DemoOptions, "demo").out == Path()


@pytest.mark.parametrize("command", ["annotate", "live", "web", "demo"])
def test_what_most_people_choose_stands_before_what_few_do(command: str) -> None:
    common, _, rest = build_parser().commands.choices[command].format_help().partition(f"\n{EXPERTS}:\n")
    assert "--style" in common
    assert "--theme" in common
    assert "--threshold" in rest
    assert "--provider" in rest
    assert "--threshold" not in common
