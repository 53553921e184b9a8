"""What a stranger reads first: every summary says something by itself, and no function is too long to be read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("app", "stream", "models", "export", "assets")

PREPOSITIONS = frozenset(
    "about above after against along among around as at because before behind below beside besides between beyond but "
    "by despite down during except for from if in inside into like likewise near of off on onto or out outside over "
    "per since than through till to toward towards under unlike until up upon via with within without".split()
)
"""A summary that begins with one of these leans on a signature that the reader may not see."""

CLAUSES = frozenset("how none those what when where which who whoever".split())
"""Nor does it begin with one of these: it names the thing, or says what is done."""

LONGEST = 80
"""Lines of a function."""

LONG = {"models/train.py: train"}
"""Functions that may be longer: a training loop reads top to bottom."""


def docstrings(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    """The name, the line and the docstring of everything that has one; constants have theirs below them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node)
            if said:
                yield getattr(node, "name", "module"), getattr(node, "lineno", 1), said
        body = getattr(node, "body", None)
        for before, after in pairwise(body if isinstance(body, list) else []):
            if isinstance(before, ast.Assign | ast.AnnAssign) and isinstance(after, ast.Expr):
                if isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
                    yield ast.unparse(before).split("=")[0].strip(), before.lineno, after.value.value


def summary(said: str) -> str:
    """The first paragraph, as far as its first full stop, in one line."""
    paragraph = " ".join(said.split("\n\n")[0].split())
    return paragraph.split(". ")[0]


def is_fragment(said: str) -> bool:
    words = summary(said).split()
    return words[0].strip("“”\"'(,:;.").lower() in PREPOSITIONS | CLAUSES or len(words) < 3


@pytest.mark.parametrize(
    ("said", "fragment"),
    [
        ("Of one track.", True),
        ("In px.", True),
        ("As `Screen`.", True),
        ("Likewise, for colours.", True),
        ("One server's.", True),
        ("What computes.", True),
        ("Where ONNX Runtime runs the model.", True),
        ("One track's first and last sight.", False),
        ("Whether the thread has ended.", False),
        ("The objects that all requests of one server share.", False),
        ("Draw on a copy of the frame.", False),
    ],
)
def test_a_fragment_is_told_from_a_sentence(said: str, fragment: bool) -> None:
    assert is_fragment(said) is fragment


def test_every_summary_stands_by_itself() -> None:
    found = []
    number = 0
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for name, line, said in docstrings(ast.parse(path.read_text("utf-8"))):
            number += 1
            if is_fragment(said):
                found.append(f"{path.relative_to(ROOT)}:{line} {name}: {summary(said)}")
    assert number > 1000
    assert not found, f"{len(found)} of {number}:\n" + "\n".join(found)


def test_no_function_is_too_long_to_be_read() -> None:
    found = set()
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if function and (node.end_lineno or 0) - node.lineno + 1 > LONGEST:
                found.add(f"{path.relative_to(ROOT).as_posix()}: {node.name}")
    assert found <= LONG, found - LONG
