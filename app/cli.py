"""The command line: for each command its flags, and what they are handed to, which is imported when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import emojicam
from emojicam import console
from emojicam.console import complain
from emojicam.errors import EmojicamError, OutputError, UsageError
from emojicam.interrupt import EXIT_CODE, Interrupt
from emojicam.models.data.formats import FORMATS
from emojicam.settings import add_file_settings, add_live_settings, add_model, add_quiet, add_settings, options_of
from emojicam.stream.choices import DATA_FORMAT, HOST, PORT

Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"
Run = Callable[[argparse.Namespace, Interrupt], int]

OVERWRITE = "replace files that are already there"
REPORT = "record what was seen, .jsonl or .csv"
PLOT = "draw a timeline of each person's emotions"
SUBTITLES = "write what was seen as subtitles"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: Without the program's name; by default those it was started with.

    Returns:
        The exit code.
    """
    console.prepare()
    parser = build_parser()
    try:
        given = parser.parse_args(arguments)
    except SystemExit:  # the help or the version was printed, or what is wrong with the arguments
        if _lost() is not None:
            return OutputError.exit_code
        raise
    if given.run is None:
        parser.print_help()
        return 0 if _lost() is None else OutputError.exit_code
    run: Run = given.run
    try:
        _need_folder()
        with Interrupt() as interrupt:
            code = run(given, interrupt)
    except EmojicamError as error:
        complain(error, str(error))
        return error.exit_code
    except KeyboardInterrupt as interrupted:
        complain(interrupted, "interrupted")
        return EXIT_CODE
    if _lost() is not None:
        # Files that were made are there all the same; of other commands what they say is all that there is.
        return code if given.makes_files else code or OutputError.exit_code
    return code


def _need_folder() -> None:
    """Find out whether the current folder is there, from which all paths are counted, those of libraries too.

    Raises:
        UsageError: It isn't.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise UsageError(f"the current folder can't be used ({error.strerror}): go to one that is there") from error


class _Parser(argparse.ArgumentParser):
    """A parser that prints as all else is printed: argparse itself passes over what can't be."""

    def _print_message(self, message: str, file: object = None) -> None:
        (console.show if file is sys.stdout else console.say)(message.removesuffix("\n"))


def _lost() -> OSError | None:
    """Say why standard output took no more, if that is a fault; who has closed it (`| head`) wants no more of it."""
    if console.lost is None or isinstance(console.lost, BrokenPipeError):
        return None
    complain(console.lost, f"standard output: can't be written: {console.lost.strerror}")
    return console.lost


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; nothing that takes long is imported for it."""
    parser = _Parser(
        prog="emojicam",
        description="See the faces in a photo or video, read each one's emotion, and lay the matching emoji over it. "
        "Nothing leaves this machine.",
        epilog="exit codes: 0 done, 1 a defect, 2 wrong usage or no such path, 3 the input or model can't be used, "
        "4 a device or an optional part is missing, 5 the output can't be written, 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"emojicam {emojicam.__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (
        *(_demo, _annotate, _sticker, _live, _doctor, _report, _web, _fetch),
        *(_models, _explain, _bench, _train, _tune, _export, _evaluate),
    ):
        add(commands)
    return parser


def _command(
    commands: Commands, name: str, run: Run, about: str, *, makes_files: bool = False
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.set_defaults(run=run, makes_files=makes_files)
    return parser


def _add_overwrite(parser: argparse.ArgumentParser, about: str = OVERWRITE) -> None:
    parser.add_argument("--overwrite", action="store_true", help=about)


def _add_format(parser: argparse.ArgumentParser, default: str | None, otherwise: str = "as the recipe has it") -> None:
    about = f"of the data set (default: {default or otherwise})"
    parser.add_argument("--format", choices=tuple(FORMATS), default=default, help=about)


def _demo(commands: Commands) -> None:
    parser = _command(
        commands, "demo", _run_demo, "annotate a real photo and a clip made from it; needs no input", makes_files=True
    )
    parser.add_argument("-o", "--out", type=Path, default=Path(), metavar="DIR", help="folder (default: this one)")
    add_file_settings(parser)


def _run_demo(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.demo import DemoOptions, demo

    return demo(options_of(DemoOptions, given), interrupt)


def _annotate(commands: Commands) -> None:
    parser = _command(
        commands, "annotate", _run_annotate, "copy photos and videos with an emoji on every face", makes_files=True
    )
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="photo, video, folder or pattern")
    parser.add_argument("-o", "--out", metavar="OUT", help="file, or folder (default: NAME-emoji.EXT in this folder)")
    parser.add_argument("--report", type=Path, metavar="FILE", help=REPORT)
    parser.add_argument("--plot", metavar="F.png|DIR/", help=PLOT)
    parser.add_argument("--subtitles", metavar="F.srt|DIR/", help=SUBTITLES)
    _add_overwrite(parser)
    parser.add_argument("--resume", action="store_true", help="leave out files whose result is there and not older")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="files at a time (default: %(default)s)")
    parser.add_argument("--stats", action="store_true", help="tell at the end what each step of the videos took")
    add_file_settings(parser)


def _run_annotate(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.annotate import AnnotateOptions, annotate

    return annotate(options_of(AnnotateOptions, given), interrupt)


def _sticker(commands: Commands) -> None:
    about = "cut a head with its emoji out of a photo or clip, as a sticker"
    parser = _command(commands, "sticker", _run_sticker, about, makes_files=True)
    parser.epilog = (
        "examples: emojicam sticker party.jpg · emojicam sticker clip.mp4 -o wave.webp --start 4 --seconds 2"
    )
    parser.add_argument("source", type=Path, metavar="PHOTO|CLIP", help="a photo, or a clip: its sticker moves")
    parser.add_argument(
        "-o", "--out", metavar="F.webp|.gif|.png", help="where to (default: NAME-sticker.webp in this folder)"
    )
    parser.add_argument("--person", type=int, metavar="N", help="whose head (default: whose face is the largest)")
    parser.add_argument("--start", type=float, metavar="S", help="second of a clip (default: where a face is seen)")
    parser.add_argument(
        "--seconds", type=float, default=3.0, metavar="S", help="length of a clip's, at most 3 (default: %(default)g)"
    )
    _add_overwrite(parser)
    add_file_settings(parser)


def _run_sticker(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.sticker import StickerOptions, sticker

    return sticker(options_of(StickerOptions, given))


def _live(commands: Commands) -> None:
    parser = _command(commands, "live", _run_live, "show a camera or a stream with an emoji on every face")
    parser.add_argument(
        "source", nargs="?", default="0", metavar="SOURCE", help="camera number, device, URL or video file"
    )
    parser.add_argument("--loop", action="store_true", help="show a video file again and again")
    parser.add_argument(
        "--size",
        default="1280x720",
        metavar="WxH",
        help="of the camera and the virtual camera, px (default: %(default)s)",
    )
    parser.add_argument(
        "--rate", type=int, default=30, metavar="N", help="frames a second of both (default: %(default)s)"
    )
    parser.add_argument(
        "--virtual-camera",
        nargs="?",
        const="",
        metavar="DEVICE",
        help="show it in Zoom, Meet or Teams too: the device, or the first virtual camera that is free",
    )
    parser.add_argument(
        "--crop", action="store_true", help="cut for the virtual camera's shape, instead of adding bars"
    )
    parser.add_argument("--record", type=Path, metavar="F.mp4", help="write it to a file too")
    parser.add_argument("--report", type=Path, metavar="FILE", help=REPORT)
    parser.add_argument("--no-window", action="store_true", help="show no window")
    parser.add_argument("--no-mirror", action="store_true", help="don't mirror the window's picture")
    parser.add_argument("--stats", action="store_true", help="tell at the end what each step took")
    _add_overwrite(parser)
    add_live_settings(parser)


def _run_live(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.live import LiveOptions, live

    return live(options_of(LiveOptions, given), interrupt)


def _doctor(commands: Commands) -> None:
    parser = _command(commands, "doctor", _run_doctor, "say what works here, and what mends the rest")
    parser.add_argument("--json", action="store_true", help="for programs")


def _run_doctor(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.doctor import DoctorOptions, doctor

    return doctor(options_of(DoctorOptions, given))


def _report(commands: Commands) -> None:
    parser = _command(commands, "report", _run_report, "tell and draw again what --report recorded")
    parser.add_argument("report", type=Path, metavar="F.jsonl|F.csv", help="a report that `annotate` or `live` wrote")
    parser.add_argument("--source", metavar="NAME", help="of several sources in it, this one")
    parser.add_argument("--plot", type=Path, metavar="F.png", help=PLOT)
    parser.add_argument("--subtitles", type=Path, metavar="F.srt", help=SUBTITLES)
    _add_overwrite(parser)


def _run_report(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.report import ReportOptions, report

    return report(options_of(ReportOptions, given))


def _web(commands: Commands) -> None:
    parser = _command(commands, "web", _run_web, "a page, and a JSON API, for photos and the camera (extra: web)")
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help="to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=PORT, metavar="N", help="to listen on; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    parser.add_argument(
        "--proxy", action="store_true", help="a proxy on this machine stands in front: believe its X-Forwarded headers"
    )
    parser.add_argument(
        "--token",
        nargs="?",
        const="",
        metavar="WORD",
        help="let in only who knows it; without a WORD one is made up and printed (needed with any other --host)",
    )
    add_settings(parser)


def _run_web(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.web import WebOptions, web

    return web(options_of(WebOptions, given), interrupt)


def _fetch(commands: Commands) -> None:
    parser = _command(commands, "fetch", _run_fetch, "get the face detector's files ahead of time")
    add_quiet(parser)


def _run_fetch(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.fetch import FetchOptions, fetch

    return fetch(options_of(FetchOptions, given))


def _models(commands: Commands) -> None:
    parser = _command(commands, "models", _run_models, "list the models, nets and recipes there are")
    parser.add_argument("--graph", metavar="NAME", help="draw a net's structure instead (extra: train)")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="F.png", help="where to, with --graph (default: NAME.png in this folder)"
    )
    _add_overwrite(parser)


def _run_models(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.models import ModelsOptions, models

    return models(options_of(ModelsOptions, given))


def _explain(commands: Commands) -> None:
    parser = _command(commands, "explain", _run_explain, "show where in each face the model looked (extra: train)")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="a photo")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="F.png", help="where to (default: NAME-explained.png in this folder)"
    )
    add_model(parser)
    parser.add_argument(
        "--most", type=int, default=8, metavar="N", help="the N largest faces alone (default: %(default)s)"
    )
    _add_overwrite(parser)
    add_quiet(parser)


def _run_explain(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.explain import ExplainOptions, explain

    return explain(options_of(ExplainOptions, given))


def _bench(commands: Commands) -> None:
    parser = _command(commands, "bench", _run_bench, "measure what everything costs on this machine")
    add_model(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument(
        "--seconds", type=float, default=2.0, metavar="S", help="how long each case runs (default: %(default)g)"
    )
    _add_overwrite(parser)


def _run_bench(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.bench import BenchOptions, bench

    return bench(options_of(BenchOptions, given))


def _train(commands: Commands) -> None:
    parser = _command(commands, "train", _run_train, "train a net from nothing (extra: train)", makes_files=True)
    parser.add_argument("recipe", metavar="RECIPE", help="name of a recipe, or a TOML file")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the recipe's data set")
    _add_format(parser, None)
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="folder for the run (default: runs/RECIPE)")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most, instead of the recipe's")
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="as many epochs as fit into this time, reading the data not counted; the schedule is fitted to them",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of weights, order and augmentation, if not the recipe's")
    parser.add_argument(
        "--init", type=Path, metavar="FILE", help="begin from a checkpoint of the same net, or VGG19 (.pth)"
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="have torch compile the net: a minute at first, then faster steps; on the CPU by a C++ compiler",
    )
    parser.add_argument(
        "--film",
        nargs="?",
        const="",
        metavar="F.mp4",
        help="what the net says of eight faces after each epoch, and where it looks (default: film.mp4 in the run)",
    )
    parser.add_argument(
        "--teacher",
        action="append",
        default=[],
        metavar="MODEL",
        help="a finished model to learn from, if the recipe does so: a shipped one, an ONNX file or a checkpoint; "
        "may be given several times",
    )
    parser.add_argument(
        "--keep-twins",
        action="store_true",
        help="keep training images that stand in a test split as well, as most published figures do",
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    _add_overwrite(parser, "begin anew where there is a run already")
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (default: %(default)s)"
    )
    add_quiet(parser)


def _run_train(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.train import TrainOptions, train

    return train(options_of(TrainOptions, given))


def _tune(commands: Commands) -> None:
    parser = _command(
        commands, "tune", _run_tune, "try a recipe with other values, and tell which matter (extra: train)"
    )
    parser.add_argument("recipe", metavar="RECIPE", help="name of a recipe, or a TOML file")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the recipe's data set")
    _add_format(parser, None)
    parser.add_argument(
        "--space",
        default="default",
        metavar="SPACE",
        help="what is searched: default, factors, or a TOML file (default: %(default)s)",
    )
    parser.add_argument(
        "--trials", type=int, default=30, metavar="N", help="of the study in the end (default: %(default)s)"
    )
    parser.add_argument(
        "--study",
        type=Path,
        metavar="FILE",
        help="where the trials are kept: a second time it is gone on with, also by several commands at once "
        "(default: tuning/RECIPE.db)",
    )
    parser.add_argument(
        "-o", "--out", type=Path, metavar="DIR", help="folder for the report (default: the study's name), replaced"
    )
    parser.add_argument(
        "--metric",
        choices=("accuracy", "macro_recall", "macro_f1"),
        default="accuracy",
        help="on the validation split (default: %(default)s)",
    )
    parser.add_argument(
        "--prune",
        choices=("median", "hyperband", "none"),
        default="median",
        help="how trials are given up early (default: %(default)s)",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="of a trial, instead of the recipe's")
    parser.add_argument("--seconds", type=float, metavar="S", help="of a trial: as many epochs as fit into it")
    parser.add_argument(
        "--teacher",
        action="append",
        default=[],
        metavar="MODEL",
        help="a finished model to learn from, if the recipe does so; may be given several times",
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (default: %(default)s)"
    )
    add_quiet(parser)


def _run_tune(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.tune import TuneOptions, tune

    return tune(options_of(TuneOptions, given), interrupt)


def _export(commands: Commands) -> None:
    parser = _command(commands, "export", _run_export, "write a checkpoint as ONNX, proven equal (extra: train)")
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="best.pt of a run")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="F.onnx", help="where to")
    parser.add_argument(
        "--precision",
        choices=("fp32", "fp16", "int8"),
        default="fp32",
        help="fp16 is for GPUs; int8, for CPUs, is calibrated on the training faces of --data (default: %(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="a data set: compare on its faces, and say what accuracy is lost"
    )
    _add_format(parser, DATA_FORMAT)
    _add_overwrite(parser)


def _run_export(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.export import ExportOptions, export

    return export(options_of(ExportOptions, given))


def _evaluate(commands: Commands) -> None:
    parser = _command(commands, "evaluate", _run_evaluate, "measure a model on a data set")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="shipped model's name, .onnx file or .pt checkpoint")
    parser.add_argument(
        "--together", action="store_true", help="measure several models of the same emotions as an ensemble"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the data set")
    _add_format(parser, None, f"{DATA_FORMAT}, or as the recipe has it")
    parser.add_argument(
        "--recipe", metavar="RECIPE", help="measure on the faces that this recipe keeps, split as it splits them"
    )
    parser.add_argument("--labels", metavar="NAME", help="whose labels are right, where a data set has several")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the report, replaced (default: evaluation/MODEL, or evaluation/together)",
    )
    parser.add_argument(
        "--split", choices=("validation", "test"), default="test", help="which faces (default: %(default)s)"
    )
    parser.add_argument("--aligned", action="store_true", help="cut each face as the stream does, by its eyes")


def _run_evaluate(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.evaluate import EvaluateOptions, evaluate

    return evaluate(options_of(EvaluateOptions, given))
