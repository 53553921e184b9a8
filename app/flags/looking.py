"""The commands that tell: of what was seen, of the models, and of what they cost."""

from __future__ import annotations

import argparse
from pathlib import Path

from emojicam.flags.shared import PLOT, SUBTITLES, add_overwrite
from emojicam.interrupt import Interrupt
from emojicam.parser import Group, Program
from emojicam.settings import add_model, add_quiet, options_of

TITLE = "look into it"


def add_commands(program: Program) -> None:
    """Add the group's commands."""
    group = program.group(TITLE)
    for add in (_report, _themes, _explain, _models, _bench):
        add(group)


def _report(group: Group) -> None:
    parser = group.command(
        "report",
        _run_report,
        "tell and draw again what --report recorded",
        ("report seen.jsonl", "the figures, without the video"),
        ("report seen.jsonl --plot seen.png", "the timeline as a picture"),
    )
    parser.add_argument("report", type=Path, metavar="F.jsonl|F.csv", help="a report that `annotate` or `live` wrote")
    parser.add_argument("--plot", type=Path, metavar="F.png", help=PLOT)
    parser.add_argument("--subtitles", type=Path, metavar="F.srt", help=SUBTITLES)
    parser.add_argument("--source", metavar="NAME", help="the one file to tell of, where the report holds several")
    add_overwrite(parser)


def _run_report(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.report import ReportOptions, report

    return report(options_of(ReportOptions, given))


def _themes(group: Group) -> None:
    parser = group.command(
        "themes",
        _run_themes,
        "list the emoji themes, and draw them on one sheet",
        ("themes", "lists ours and draws themes.png"),
        ("themes myfaces", "says what a folder of yours lacks"),
    )
    parser.add_argument(
        "themes", nargs="*", metavar="NAME|DIR", help="these alone; of a folder of yours, what it lacks (default: all)"
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("themes.png"), metavar="F.png", help="the sheet (default: %(default)s)"
    )
    add_overwrite(parser)


def _run_themes(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.themes import ThemesOptions, themes

    return themes(options_of(ThemesOptions, given))


def _explain(group: Group) -> None:
    parser = group.command(
        "explain",
        _run_explain,
        "show where in each face the model looked (extra: train)",
        ("explain party.jpg", "draws party-explained.png"),
        ("explain party.jpg -o why.png --most 3", "of the three largest faces"),
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="a photo with faces")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="F.png",
        help="picture to write (default: NAME-explained.png in the current folder)",
    )
    parser.add_argument(
        "--most", type=int, default=8, metavar="N", help="how many faces, the largest first (default: %(default)s)"
    )
    add_model(parser)
    add_overwrite(parser)
    add_quiet(parser)


def _run_explain(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.explain import ExplainOptions, explain

    return explain(options_of(ExplainOptions, given))


def _models(group: Group) -> None:
    parser = group.command(
        "models",
        _run_models,
        "list the models, nets and recipes there are",
        ("models", "what each is, and how well it does"),
        ("models --graph mien -o mien.png", "the structure of a net"),
    )
    parser.add_argument("--graph", metavar="NAME", help="draw the structure of this net instead (extra: train)")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="F.png",
        help="picture to write, with --graph (default: NAME.png in the current folder)",
    )
    add_overwrite(parser)


def _run_models(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.models import ModelsOptions, models

    return models(options_of(ModelsOptions, given))


def _bench(group: Group) -> None:
    parser = group.command(
        "bench",
        _run_bench,
        "measure what everything costs on this machine",
        ("bench", "a table, in a minute or two"),
        ("bench --seconds 0.5 --json bench.json", "quicker, and as data"),
    )
    add_model(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file as well")
    parser.add_argument(
        "--seconds", type=float, default=2.0, metavar="S", help="how long each case runs (default: %(default)g)"
    )
    add_overwrite(parser)


def _run_bench(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.bench import BenchOptions, bench

    return bench(options_of(BenchOptions, given))
