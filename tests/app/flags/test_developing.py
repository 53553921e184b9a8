"""The flags of the commands that make models, typed as their options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emojicam.cli import build_parser, main
from emojicam.commands.evaluate import EvaluateOptions
from emojicam.commands.export import ExportOptions
from emojicam.commands.train import TrainOptions
from emojicam.commands.tune import TuneOptions
from emojicam.flags import developing
from emojicam.models import recipe, train
from emojicam.parser import Program
from emojicam.settings import Options, options_of


def typed(kind: type[Options], line: str) -> Options:
    return options_of(kind, build_parser().parse_args(line.split()))


def test_the_group_has_its_commands_and_no_other() -> None:
    program = Program(prog="emojicam", usual="annotate")
    developing.add_commands(program)
    assert [list(group.commands) for group in program.groups] == [["train", "evaluate", "export", "tune", "blend"]]


def test_train() -> None:
    options = typed(TrainOptions, "train mien --data d --seconds 60 --film --teacher a --teacher b --keep-twins")
    assert (options.recipe, options.data, options.seconds, options.film) == ("mien", Path("d"), 60.0, "")
    assert (options.teacher, options.keep_twins, options.compile, options.seed) == (["a", "b"], True, False, None)


def test_tune() -> None:
    options = typed(TuneOptions, "tune mien --data d --space factors --trials 5 --prune none --metric macro_f1")
    assert (options.space, options.trials, options.prune, options.metric) == ("factors", 5, "none", "macro_f1")
    assert options.init is None
    assert typed(TuneOptions, "tune mien --data d --init a.pt").init == Path("a.pt")


@pytest.mark.parametrize("command", ["train", "tune"])
def test_what_the_examples_train_needs_no_other_net(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", command]) == 0
    named = re.findall(rf"emojicam {command} (\S+) --data", capsys.readouterr().out)
    assert len(named) > 1
    for name in named:
        train.refuse(recipe.load(name), tmp_path, resume=False, overwrite=False)


def test_export() -> None:
    options = typed(ExportOptions, "export best.pt -o own.onnx --precision int8 --data d")
    assert (options.checkpoint, options.out, options.precision) == (Path("best.pt"), Path("own.onnx"), "int8")
    assert options.format == "ferplus"


def test_evaluate() -> None:
    options = typed(EvaluateOptions, "evaluate mien own.onnx --together --data d --split validation --aligned")
    assert (options.models, options.together, options.split) == (["mien", "own.onnx"], True, "validation")
    assert (options.format, options.aligned, options.recipe) == (None, True, None)
