"""`emojicam tune`: a study that goes on, a page at the end, and what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import ferfiles
import pytest
from PIL import Image

from emojicam.cli import main
from emojicam.models.sweep import METRICS

RECIPE = """
net = "cnn3"
data = "ferplus"
labels = "ferplus"
levels = "unit"
optimiser = "adam"
batch = 32
epochs = 1
augmented = false
"""
SPACE = '[rate]\nlow = 1e-4\nhigh = 1e-2\nlog = true\n[optimiser]\nvalues = ["adam", "sgd"]\n'


@pytest.fixture
def command(inside: Path) -> list[str]:
    ferfiles.write(inside / "data")
    (inside / "own.toml").write_text(RECIPE)
    (inside / "space.toml").write_text(SPACE)
    return ["tune", "own.toml", "--data", "data", "--space", "space.toml", "--quiet"]


def trials(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "trials.json").read_text("utf-8"))["trials"]
    return found


def interrupted(command: list[str], folder: Path, after: int) -> tuple[int, str]:
    """Run the command in a process of its own, and interrupt it in the trial after so many that are done."""
    slow = [*command[:-1], "--epochs", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "emojicam", *slow],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if f"({after} of " in line:
            process.send_signal(signal.SIGINT)
            break
    said += process.communicate(timeout=120)[1]
    return process.returncode, said


def test_a_sweep_ends_with_the_best_and_a_page(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--trials", "2"]) == 0
    out = capsys.readouterr()
    lines = out.out.splitlines()
    assert out.err == ""
    assert " %  trial " in lines[0]
    assert "rate " in lines[0]
    assert lines[-1] == "tuning/own/index.html: the report"
    assert [trial["state"] for trial in trials(Path("tuning/own"))] == ["complete"] * 2
    for name in ("course", "slices"):
        with Image.open(f"tuning/own/{name}.png") as picture:
            picture.load()
    assert main([*command, "--trials", "2", "-o", "again"]) == 0  # nothing to do but to tell it again
    assert trials(Path("again")) == trials(Path("tuning/own"))
    assert main([*command, "--trials", "2", "--metric", "macro_recall"]) == 3
    assert "tuning/own.db: the study was begun otherwise (metric)" in capsys.readouterr().err


def test_a_study_that_is_interrupted_twice_goes_on(command: list[str], inside: Path) -> None:
    five = [*command[:-1], "--trials", "5", "--quiet"]
    for after in (1, 2):
        code, said = interrupted(five, inside, after)
        assert code == 130, said
        assert f"tuning/own.db: {after} of 5 trials are done; the same command goes on" in said
        assert said.splitlines()[-1] == "emojicam: interrupted"
        assert "Traceback" not in said
        assert not Path("tuning/own").exists()
    assert main(five) == 0
    states = [str(trial["state"]) for trial in trials(Path("tuning/own"))]
    assert states.count("complete") == 5
    assert states.count("failed") == len(states) - 5
    assert sorted(path.name for path in Path("tuning").iterdir()) == ["own", "own.db"]


@pytest.mark.slow
def test_two_commands_share_a_study(command: list[str], inside: Path) -> None:
    four = [sys.executable, "-m", "emojicam", *command, "--trials", "4", "-o"]
    both = [subprocess.Popen([*four, name], cwd=inside, stderr=subprocess.PIPE, text=True) for name in ("a", "b")]
    said = [process.communicate(timeout=240)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    for name in ("a", "b"):
        assert [trial["state"] for trial in trials(inside / name)] == ["complete"] * 4


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--space", "none.toml"], 2, "none.toml: no such file"),
        (["--space", "bad.toml"], 3, "bad.toml: not a search space: moon: no field of a recipe"),
        (["--space", "lion.toml"], 3, "lion.toml: optimiser is 'lion'"),
        (["--trials", "0"], 2, "--trials 0: at least 1"),
        (["--epochs", "0"], 2, "--epochs 0: at least 1"),
        (["--seconds", "0"], 2, "--seconds 0: more than 0"),
        (["--seconds", "inf"], 2, "--seconds inf: more than 0"),
        (["--init", "none.pt"], 2, "none.pt: no such checkpoint"),
        (["--data", "nowhere"], 2, "nowhere: no such folder"),
        (["--study", "data"], 5, "data: is a folder"),
        (["--study", "own.toml"], 3, "own.toml: not a study"),
    ],
)
def test_what_cannot_go_well_is_told_in_a_line(
    options: list[str], code: int, says: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.toml").write_text("[moon]\nvalues = [1, 2]\n")
    Path("lion.toml").write_text('[optimiser]\nvalues = ["adam", "lion"]\n')
    assert main([*command, *options]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("emojicam: ")
    assert says in line


def test_without_optuna_it_is_said_what_to_install(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(command) == 4
    assert capsys.readouterr().err == 'emojicam: optuna is not installed: pip install "emojicam[train]"\n'


def test_the_command_line_offers_every_metric(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["tune", "--help"])
    assert "{" + ",".join(METRICS) + "}" in capsys.readouterr().out.replace("\n", "").replace(" ", "")
