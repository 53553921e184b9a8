"""The parser of the command line: its help, and what it says of what was mistyped."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pytest

from emojicam.interrupt import Interrupt
from emojicam.parser import EXPERTS, WIDEST, Program, experts


def run(given: argparse.Namespace, interrupt: Interrupt) -> int:
    return 0


def program() -> Program:
    """Two commands in two groups."""
    made = Program(prog="prog", usual="draw", description="Draw and tell.", epilog="codes: 0 done\n  1 not\n\nbye")
    draw = made.group("use it").command(
        "draw", run, "draw a picture", ("draw a.png", "in colour"), ("draw a.png " + "b.png " * 8, "many"), more="Nice."
    )
    draw.add_argument("sources", nargs="+", metavar="SOURCE", help="what to draw")
    draw.add_argument("-o", "--out", metavar="OUT", help="where to")
    draw.add_argument("--style", choices=("cover", "badge"), help="how")
    draw.add_argument("--size", type=int, help="how large")
    experts(draw).add_argument("--rate", type=float, help="how fast, 0 to 100 %%")
    tell = made.group("look into it").command("tell", run, "tell of it")
    tell.add_argument("--loud", action="store_true", help="so that all hear it")
    tell.add_argument("--data", required=True, metavar="DIR", help="folder")
    return made


def refused(capsys: pytest.CaptureFixture[str], *typed: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        program().parse_args(typed)
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err[:-1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["drwa", "a"], "prog: no command 'drwa'; did you mean draw?"),
        (["help"], "prog: no command 'help'; did you mean prog --help?"),
        (["dance"], "prog: no command 'dance'; see prog --help"),
        (["a.png"], "prog: no command 'a.png'; did you mean prog draw a.png?"),
        (["--style", "badge", "draw"], "prog: --style stands behind a command: prog draw --style … (see prog --help)"),
        (["--nope"], "prog: no option --nope; see prog --help"),
        (["draw", "a", "--stile", "badge"], "prog draw: no option --stile; did you mean --style?"),
        (["draw", "a", "--stile=badge"], "prog draw: no option --stile; did you mean --style?"),
        (["draw", "--zoom", "a"], "prog draw: no option --zoom; see prog draw --help"),
        (["draw", "a", "--loud"], "prog draw: no option --loud here; tell has it (see prog draw --help)"),
        (["draw", "a", "-out", "b"], "prog draw: no option -out; did you mean --out?"),
        (["draw", "a", "-x"], "prog draw: no option -x; see prog draw --help"),
        (["tell", "--dta", "here"], "prog tell: no option --dta; did you mean --data?"),
        (["draw", "a", "--style", "bagde"], "prog draw: --style: 'bagde' is none of cover, badge; did you mean badge?"),
        (
            ["draw", "a", "--style", "huge"],
            "prog draw: --style: 'huge' is none of cover, badge (see prog draw --help)",
        ),
        (["tell", "--data", "d", "it", "all"], "prog tell: too many arguments: it all (see prog tell --help)"),
        (["draw"], "prog draw: needs SOURCE (see prog draw --help)"),
        (["draw", "a", "--size", "some"], "prog draw: --size: 'some' is no whole number (see prog draw --help)"),
        (["draw", "a", "--rate", "some"], "prog draw: --rate: 'some' is no number (see prog draw --help)"),
        (["draw", "a", "--size"], "prog draw: --size: needs a value (see prog draw --help)"),
        (["draw", "a", "--s", "1"], "prog draw: --s may be any of --style, --size (see prog draw --help)"),
    ],
)
def test_what_was_mistyped_is_told_in_a_line(capsys: pytest.CaptureFixture[str], typed: list[str], said: str) -> None:
    assert refused(capsys, *typed) == said


def test_a_folder_in_a_commands_place_is_meant_to_be_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert refused(capsys, str(tmp_path)).endswith(f"did you mean prog draw {tmp_path}?")


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        (["draw", "a", "--rate", "-1"], {"rate": -1.0}),
        (["draw", "a", "--sty", "badge"], {"style": "badge"}),
        (["draw", "a", "-oout"], {"out": "out"}),
        (["draw", "a", "--out=-b"], {"out": "-b"}),
        (["draw", "--", "--a"], {"sources": ["--a"]}),
        (["draw", "a", "-"], {"sources": ["a", "-"]}),
    ],
)
def test_what_can_be_meant_is_taken(typed: Sequence[str], values: dict[str, object]) -> None:
    given = vars(program().parse_args(typed))
    assert {name: given[name] for name in values} == values
    assert given["run"] is run


def test_the_help_has_the_commands_in_their_groups() -> None:
    assert program().format_help().splitlines() == [
        "usage: prog [OPTION ...] COMMAND ...",
        "",
        "Draw and tell.",
        "",
        "use it:",
        "  draw        draw a picture",
        "",
        "look into it:",
        "  tell        tell of it",
        "",
        "options:",
        "  -h, --help  show this help",
        "",
        "codes: 0 done",
        "  1 not",
        "",
        "bye",
    ]


def test_a_commands_help_has_what_few_need_behind_the_rest_and_examples_at_the_end() -> None:
    text = program().commands.choices["draw"].format_help()
    assert text.startswith("usage: prog draw [OPTION ...] SOURCE [SOURCE ...]\n\nDraw a picture.\n\nNice.\n")
    assert text.index("--size") < text.index(f"\n{EXPERTS}:") < text.index("--rate") < text.index("\nexamples:")
    assert "0 to 100 %" in text
    one, two, three = text.split("examples:\n")[1].splitlines()
    assert one == f"{'  emojicam draw a.png':<44}in colour"
    assert two.startswith("  emojicam draw a.png b.png")
    assert three == f"{'':<44}many"


def test_what_must_be_given_stands_in_the_usage() -> None:
    assert program().commands.choices["tell"].format_usage() == "usage: prog tell --data DIR [OPTION ...]\n"


@pytest.mark.parametrize("columns", [40, 80, 300])
def test_a_help_is_as_wide_as_the_terminal_but_never_too_wide(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    made = Program(prog="prog", usual="draw", description="word " * 100)
    widest = max(map(len, made.format_help().splitlines()))
    assert min(columns, WIDEST) - 8 <= widest <= min(columns, WIDEST)


def test_the_experts_group_is_made_once_in_any_parser() -> None:
    parser = argparse.ArgumentParser()
    assert experts(parser) is experts(parser)
