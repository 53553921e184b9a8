"""The scripts by which shells complete the command line, loaded in the shells and asked."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path
from typing import cast

import pytest

from emojicam import assets, models
from emojicam.cli import build_parser
from emojicam.completion import completed, script

BASH = """
source ./script
ask() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=()
  _shtab_emojicam 2> /dev/null
  printf '%s\\n' "${COMPREPLY[@]}"
}
ask emojicam """

FISH = 'source ./script; complete -C"emojicam '

ZSH = """
zmodload zsh/zpty
until_done() { until [[ $all == *READY* ]]; do zpty -r -t z line && all+=$line || sleep 0.05; done }
zpty z zsh -f -i
zpty -w z 'PS1=; PROMPT=; stty cols 100; TERM=dumb'
zpty -w z 'fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; print -n REA; print DY'
until_done
all=
zpty -w -n z "emojicam $1"$'\\t\\t\\x15print -n REA; print DY\\n'
until_done
print -rn -- "$all"
zpty -d z
"""
"""Asks a zsh in a terminal of its own, because it completes in no other."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a photo and two folders."""
    (tmp_path / "party.jpg").touch()
    for name in ("clips", "classics"):
        (tmp_path / name).mkdir()
    return tmp_path


def asked(shell: str, line: str, place: Path) -> set[str]:
    """The words that a shell offers for a line, and what else it prints of them."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    (place / ("_emojicam" if shell == "zsh" else "script")).write_text(script(build_parser(), shell))
    last = line.split(" ")
    command = {
        "bash": ["bash", "--norc", "-c", BASH + " ".join(word or '""' for word in last)],
        "fish": ["fish", "--no-config", "-c", f'{FISH}{line}"'],
        "zsh": ["zsh", "-f", "-c", ZSH, "zsh", line],
    }[shell]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    words = done.stdout.replace("\x1b", " ").replace("\t", " ").replace("/", " ").split()
    return {word.removesuffix("[0m").rpartition("m")[2] if word.startswith("[") else word for word in words}


ASKED = [
    ("ann", {"annotate"}, {"report"}),
    ("annotate --st", {"--style", "--still", "--stats"}, {"--theme"}),
    ("annotate --style ", {"cover", "badge", "label"}, {"party.jpg"}),
    ("annotate --theme cl", {"classic", "classics", "clips"}, {"party.jpg"}),
    ("annotate party.jpg cl", {"classics", "clips"}, {"classic"}),
    ("themes cl", {"classic", "classics", "clips"}, {"party.jpg"}),
    ("demo -o ", {"classics", "clips"}, {"party.jpg"}),
    ("help ann", {"annotate"}, set[str]()),
    ("annotate --only s", {"surprise", "sadness"}, {"anger"}),
]


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(("line", "there", "not_there"), ASKED, ids=[line for line, _, _ in ASKED])
def test_a_shell_completes(shell: str, line: str, there: set[str], not_there: set[str], place: Path) -> None:
    words = asked(shell, line, place)
    assert there <= words
    assert not not_there & words


@pytest.mark.parametrize(
    ("line", "there"),
    [
        ("d", {"demo", "doctor"}),
        ("annotate party.jpg --theme cl", {"classic", "classics", "clips"}),
        ("annotate --except s", {"sadness", "surprise"}),
    ],
)
def test_zsh_completes(line: str, there: set[str], place: Path) -> None:
    assert there <= asked("zsh", line, place)


@pytest.mark.parametrize(("typed", "words"), [("an", ["anger"]), ("fear,s", ["fear,surprise", "fear,sadness"])])
def test_bash_completes_each_word_of_a_list(typed: str, words: list[str], place: Path) -> None:
    complete = next(completed(action) for action in actions() if action.dest == "only")
    assert complete is not None
    preamble = cast("dict[str, str]", complete["preamble"])["bash"]
    asking = ["bash", "-c", f'{preamble}; {complete["bash"]} "$1"', "bash", typed]
    done = subprocess.run(asking, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == words


def actions() -> list[argparse.Action]:
    commands = build_parser().commands.choices.values()
    return [action for command in commands for action in command._actions]


def test_every_path_is_completed_as_one() -> None:
    paths = [action for action in actions() if action.type is Path]
    assert len(paths) > 20
    for action in paths:
        assert completed(action), action.metavar


@pytest.mark.parametrize(
    ("dest", "names"), [("theme", assets.themes()), ("model", models.names()), ("space", ("default", "factors"))]
)
def test_names_are_completed_beside_paths(dest: str, names: tuple[str, ...]) -> None:
    found = [completed(action) for action in actions() if action.dest == dest]
    assert found
    for complete in found:
        assert complete is not None
        assert all(name in str(complete["fish"]) for name in names)


def test_what_is_neither_is_left_to_its_choices_or_alone() -> None:
    for dest in ("style", "jobs", "quiet", "precision", "threshold"):
        assert next(completed(action) for action in actions() if action.dest == dest) is None
