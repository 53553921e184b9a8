"""The flags of the commands that tell, typed as their options."""

from __future__ import annotations

from pathlib import Path

from emojicam.cli import build_parser
from emojicam.commands.bench import BenchOptions
from emojicam.commands.explain import ExplainOptions
from emojicam.commands.models import ModelsOptions
from emojicam.commands.report import ReportOptions
from emojicam.flags import looking
from emojicam.parser import Program
from emojicam.settings import Options, options_of


def typed(kind: type[Options], line: str) -> Options:
    return options_of(kind, build_parser().parse_args(line.split()))


def test_the_group_has_its_commands_and_no_other() -> None:
    program = Program(prog="emojicam", usual="annotate")
    looking.add_commands(program)
    assert [list(group.commands) for group in program.groups] == [["report", "themes", "explain", "models", "bench"]]


def test_report() -> None:
    assert typed(ReportOptions, "report r.csv --source a --plot p.png --overwrite") == ReportOptions(
        Path("r.csv"), "a", Path("p.png"), None, True
    )


def test_explain() -> None:
    options = typed(ExplainOptions, "explain a.jpg -o why.png --most 3 --quiet")
    assert (options.photo, options.out, options.most) == (Path("a.jpg"), Path("why.png"), 3)


def test_models() -> None:
    assert typed(ModelsOptions, "models --graph mien -o mien.png") == ModelsOptions("mien", Path("mien.png"), False)


def test_bench() -> None:
    options = typed(BenchOptions, "bench --json b.json --seconds 0.5")
    assert (options.json, options.seconds, options.overwrite) == (Path("b.json"), 0.5, False)
