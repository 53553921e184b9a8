"""Every example in README and docs runs: Python is executed, and shell lines are read by the command line's parser."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import cv2
import making
import pytest
from making import Picture, write_video

import emojicam
from emojicam.cli import build_parser

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]

NOT_RUN = "<!-- not run:"
"""Stands with a reason in the line before a block that can't be run here."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    run: bool

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def blocks(page: Path) -> list[Block]:
    lines = page.read_text("utf-8").splitlines()
    fences = [number for number, line in enumerate(lines) if line.lstrip().startswith("```")]
    assert len(fences) % 2 == 0, page
    found = []
    for start, end in zip(fences[::2], fences[1::2], strict=True):
        before = next((line for line in reversed(lines[:start]) if line.strip()), "")
        text = "\n".join(lines[start + 1 : end]) + "\n"
        language = lines[start].strip().removeprefix("```").strip()
        found.append(Block(page, start + 1, language, text, not before.startswith(NOT_RUN)))
    return found


BLOCKS = [block for page in PAGES for block in blocks(page)]
PYTHON = [block for block in BLOCKS if block.language == "python" and block.run]


def words_of(line: str) -> list[str]:
    """A line's words as a shell parts them, its operators apart; a quote that isn't closed is a ValueError."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    return list(lexer)


def commands(text: str) -> list[list[str]]:
    """The words behind `emojicam` in each command of some shell lines."""
    found: list[list[str]] = []
    line = ""
    for more in text.replace("\\\n", " ").splitlines():
        line = f"{line}\n{more}" if line else more.removeprefix("$ ")
        try:
            words = words_of(line)
        except ValueError:  # a quote goes on in the next line
            continue
        line = ""
        parts = "\0".join("\0\0" if re.fullmatch(r"[|&;<>]+", word) else word for word in words).split("\0\0")
        for part in parts:
            named = [word for word in part.split("\0") if word]
            while named and re.fullmatch(r"\w+=.*", named[0]):
                named = named[1:]  # a variable, for this command
            if named and named[0] == "emojicam":
                found.append(named[1:])
    return found


SHELL = [
    pytest.param(words, id=f"{block}: {' '.join(words)}"[:100])
    for block in BLOCKS
    if block.language in ("sh", "bash", "console", "shell") and block.run
    for words in commands(block.text)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, portrait: Picture) -> Path:
    """A folder with the files that examples speak of."""
    folder = tmp_path_factory.mktemp("examples")
    face = making.seen_at(portrait, (320, 240), 0.8)
    for name in ("party.jpg", "me.png", "class.jpg", "group.jpg"):
        cv2.imwrite(str(folder / name), face)
    write_video(folder / "clip.mp4", [making.seen_at(portrait, (320, 240), 0.8, shift=i) for i in range(6)])
    emojicam.annotate(folder / "clip.mp4", folder / "seen.mp4", report=folder / "seen.jsonl", range="near")
    return folder


def is_taken(words: list[str]) -> bool:
    """Whether the parser takes them; --help and --version end the process well."""
    try:
        build_parser().parse_args(words)
    except SystemExit as end:
        return not end.code
    return True


def test_there_are_examples() -> None:
    assert len(PYTHON) >= 5
    assert len(SHELL) >= 40


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_runs(block: Block, place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file in place.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    if "to_pandas" in block.text:
        pytest.importorskip("pandas")
    exec(compile(block.text, str(block), "exec"), {"__name__": "__example__"})


def test_python_that_cannot_be_run_here_can_be_read() -> None:
    kept = [block for block in BLOCKS if block.language == "python" and not block.run]
    assert kept
    for block in kept:
        assert compile(block.text, str(block), "exec")


@pytest.mark.parametrize("words", SHELL)
def test_a_shell_line_is_one_that_the_command_line_takes(words: list[str]) -> None:
    assert is_taken(words), words


def test_commands_are_found_in_shell_lines() -> None:
    text = "cd a && emojicam doctor  # why\nX=1 emojicam annotate 'a b.jpg' \\\n  -o c.jpg | cat > d\n"
    text += "jq 'a\n  b' c\n$ emojicam web\npip install emojicam"
    assert commands(text) == [["doctor"], ["annotate", "a b.jpg", "-o", "c.jpg"], ["web"]]
    assert is_taken(["annotate", "a.jpg"])
    assert is_taken(["--help"])
    assert not is_taken(["annotate", "a.jpg", "--stile"])
