"""The commands that make and measure models."""

from __future__ import annotations

import argparse
from pathlib import Path

from emojicam.flags.shared import add_data, add_device, add_format, add_overwrite, add_teacher
from emojicam.interrupt import Interrupt
from emojicam.parser import Group, Program, experts
from emojicam.settings import add_quiet, options_of
from emojicam.stream.choices import DATA_FORMAT

TITLE = "develop models"


def add_commands(program: Program) -> None:
    """Add the group's commands."""
    group = program.group(TITLE)
    for add in (_train, _evaluate, _export, _tune, _blend):
        add(group)


def _train(group: Group) -> None:
    parser = group.command(
        "train",
        _run_train,
        "train a net from nothing (extra: train)",
        ("train cnn3 --data fer2013/", "a run in runs/cnn3"),
        ("train cnn3 --data fer2013/ --seconds 600 -o runs/short", "what fits into ten minutes"),
        ("train cnn3 --data fer2013/ --resume", "go on after an interruption"),
        more="`emojicam models` lists the recipes.",
        makes_files=True,
    )
    parser.add_argument("recipe", metavar="RECIPE", help="name of a recipe, or a TOML file")
    add_data(parser, "folder with the recipe's data set")
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="folder for the run (default: runs/RECIPE)")
    parser.add_argument("--epochs", type=int, metavar="N", help="most epochs, instead of the recipe's")
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="run as many epochs as fit into this time, reading the data not counted; the schedule is fitted to them",
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    add_overwrite(parser, "begin anew where there is a run already")
    parser.add_argument(
        "--film",
        nargs="?",
        const="",
        metavar="F.mp4",
        help="film what the net says of eight faces after each epoch, and where it looks "
        "(default: film.mp4 in the run)",
    )
    add_device(parser)
    add_quiet(parser)
    _add_run(experts(parser))


def _add_run(group: argparse._ArgumentGroup) -> None:
    """Add the flags of how a net is trained otherwise than its recipe says."""
    _add_others(group)
    group.add_argument(
        "--seed", type=int, metavar="N", help="seed of weights, order and augmentation, instead of the recipe's"
    )
    group.add_argument(
        "--keep-twins",
        action="store_true",
        help="keep training images that stand in a test split as well, as most published figures do",
    )
    group.add_argument(
        "--compile",
        action="store_true",
        help="have torch compile the net: a minute at first, then faster steps; on the CPU by a C++ compiler",
    )


def _add_others(group: argparse._ArgumentGroup) -> None:
    """Add the flags of the data set's format, and of the finished nets that a recipe may want."""
    add_format(group, None)
    add_teacher(group)
    group.add_argument(
        "--init", type=Path, metavar="FILE", help="begin from a checkpoint of the same net, or VGG19 (.pth)"
    )


def _run_train(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.train import TrainOptions, train

    return train(options_of(TrainOptions, given))


def _tune(group: Group) -> None:
    parser = group.command(
        "tune",
        _run_tune,
        "try a recipe with other values (extra: train)",
        ("tune cnn3 --data fer2013/ --trials 50", "fifty ways to train"),
        ("tune cnn3 --data fer2013/ --space own.toml --study own.db", "what is searched is your own"),
        more="A page tells which of them matter. A study that was interrupted goes on.",
    )
    parser.add_argument("recipe", metavar="RECIPE", help="name of a recipe, or a TOML file")
    add_data(parser, "folder with the recipe's data set")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="DIR", help="folder for the report, replaced (default: the study's name)"
    )
    parser.add_argument(
        "--trials",
        type=int,
        default=30,
        metavar="N",
        help="trials that the study has in the end (default: %(default)s)",
    )
    parser.add_argument(
        "--space",
        default="default",
        metavar="SPACE",
        help="what is searched: default, factors, or a TOML file (default: %(default)s)",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="epochs of a trial, instead of the recipe's")
    parser.add_argument("--seconds", type=float, metavar="S", help="time of a trial: as many epochs as fit into it")
    add_device(parser)
    add_quiet(parser)
    _add_study(experts(parser))


def _add_study(group: argparse._ArgumentGroup) -> None:
    """Add the flags of where a study is kept, and by what it judges."""
    group.add_argument(
        "--study",
        type=Path,
        metavar="FILE",
        help="where the trials are kept: a second time it is gone on with, also by several commands at once "
        "(default: tuning/RECIPE.db)",
    )
    group.add_argument(
        "--metric",
        choices=("accuracy", "macro_recall", "macro_f1"),
        default="accuracy",
        help="what makes a trial better, on the validation split (default: %(default)s)",
    )
    group.add_argument(
        "--prune",
        choices=("median", "hyperband", "none"),
        default="median",
        help="how trials are given up early (default: %(default)s)",
    )
    _add_others(group)


def _run_tune(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.tune import TuneOptions, tune

    return tune(options_of(TuneOptions, given), interrupt)


def _export(group: Group) -> None:
    parser = group.command(
        "export",
        _run_export,
        "write a checkpoint as ONNX, proven equal (extra: train)",
        ("export runs/mien/best.pt -o own.onnx", "for annotate --model own.onnx"),
        ("export runs/mien/best.pt -o own.onnx --precision int8 --data fer/", "small and quick on a CPU"),
    )
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="best.pt of a run")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="F.onnx", help="file to write")
    parser.add_argument(
        "--precision",
        choices=("fp32", "fp16", "int8"),
        default="fp32",
        help="fp16 is for GPUs; int8, for CPUs, is calibrated on the training faces of --data (default: %(default)s)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder with a data set: compare on its faces, and say what accuracy is lost",
    )
    add_format(parser, DATA_FORMAT)
    add_overwrite(parser)


def _run_export(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.export import ExportOptions, export

    return export(options_of(ExportOptions, given))


def _blend(group: Group) -> None:
    parser = group.command(
        "blend",
        _run_blend,
        "make one net of several that went on from the same one (extra: train)",
        ("blend start.pt one.pt two.pt -o mean.pt --data fer2013/", "their mean"),
        ("blend start.pt:3 one.pt -o mean.pt --data fer2013/", "three parts of the first"),
        more="The mean of their weights (a model soup) knows most of what each has learnt, and costs what one costs.",
    )
    parser.add_argument(
        "checkpoints",
        nargs="+",
        metavar="FILE[:WEIGHT]",
        help="checkpoint of a run, and how much it counts (default: 1)",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="F.pt", help="file to write")
    add_data(parser, "folder with a data set: its faces decide and measure")
    add_format(parser, DATA_FORMAT)
    add_overwrite(parser)


def _run_blend(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.blend import BlendOptions, blend

    return blend(options_of(BlendOptions, given))


def _evaluate(group: Group) -> None:
    parser = group.command(
        "evaluate",
        _run_evaluate,
        "measure a model on a data set",
        ("evaluate mien --data fer2013/", "a page in evaluation/mien"),
        ("evaluate own.onnx --data RAF-DB/ --format rafdb", "on another data set"),
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="shipped model's name, .onnx file or .pt checkpoint")
    add_data(parser)
    add_format(parser, None, f"{DATA_FORMAT}, or as the recipe has it")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the report, replaced (default: evaluation/MODEL, or evaluation/together)",
    )
    parser.add_argument(
        "--together", action="store_true", help="measure several models of the same emotions as an ensemble"
    )
    _add_faces(experts(parser))


def _add_faces(group: argparse._ArgumentGroup) -> None:
    """Add the flags of which faces a model is measured on, and by which labels."""
    group.add_argument(
        "--split", choices=("validation", "test"), default="test", help="the faces to measure on (default: %(default)s)"
    )
    group.add_argument(
        "--recipe", metavar="RECIPE", help="measure on the faces that this recipe keeps, split as it splits them"
    )
    group.add_argument(
        "--labels", metavar="NAME", help="the labels that are taken for right, where a data set has several"
    )
    group.add_argument("--aligned", action="store_true", help="cut each face as the stream does, by its eyes")


def _run_evaluate(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.evaluate import EvaluateOptions, evaluate

    return evaluate(options_of(EvaluateOptions, given))
