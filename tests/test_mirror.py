"""The tests mirror the code: a test file of its name, in the mirrored folder, for every module with logic."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
FOLDERS = ("app", "stream", "models", "export")

ENTRIES = {"__init__.py", "__main__.py"}
"""What a package shows and how it is started: tested by what stands behind them."""

NETS = "models/nets"
"""Every net registers itself, and `test_registry.py` and `test_to_onnx.py` try all that are registered."""

MODULES = sorted(
    path.relative_to(ROOT)
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if path.name not in ENTRIES and path.relative_to(ROOT).parent.as_posix() != NETS
)


def mirrored(module: Path) -> Path:
    """Where the tests of a module stand, below `tests/`; those of `app/web` are `tests/web`."""
    folder = Path("web") if module.parent.as_posix() == "app/web" else module.parent
    return folder / f"test_{module.stem}.py"


def held_by(path: Path) -> list[str]:
    """The tests of a file, also those that a class holds."""
    tree = ast.parse(path.read_text("utf-8"))
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


@pytest.mark.parametrize("module", MODULES, ids=Path.as_posix)
def test_a_module_has_its_tests_where_they_are_looked_for(module: Path) -> None:
    path = TESTS / mirrored(module)
    assert path.is_file(), f"{module} has no tests/{mirrored(module).as_posix()}"
    assert held_by(path), f"{path.name} holds no test"


def test_there_is_something_to_mirror() -> None:
    assert len(MODULES) > 100
    assert mirrored(Path("stream/live/keys.py")) == Path("stream/live/test_keys.py")
    assert mirrored(Path("app/web/guard.py")) == Path("web/test_guard.py")
    assert mirrored(Path("app/show.py")) == Path("app/test_show.py")


def test_every_room_has_its_mirror_and_no_other_folder_stands_beside_it() -> None:
    rooms = {mirrored(module).parent for module in MODULES}
    others = {Path("assets"), Path("vm"), Path("fuzz"), Path(NETS), Path()}
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("*.py")}
    assert rooms <= folders
    assert folders <= rooms | others
