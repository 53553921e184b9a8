"""Imports run one way, and the stream runs without torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"app": "emojicam", **{name: f"emojicam.{name}" for name in ("stream", "models", "export", "assets")}}
MAY_IMPORT = {
    "stream": {"emojicam.stream", "emojicam.models.card", "emojicam.errors", "emojicam.upright"},
    "models": {"emojicam.models", "emojicam.errors", "emojicam.upright"},
    "export": {"emojicam.export", "emojicam.models", "emojicam.errors"},
    "assets": {"emojicam.assets", "emojicam.errors"},
    "app": {"emojicam"},
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "emojicam"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_run_one_way(folder: str) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        for name in imported(path):
            allowed = any(name == start or name.startswith(start + ".") for start in MAY_IMPORT[folder])
            assert allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_every_folder_with_python_is_a_package_of_the_wheel() -> None:
    listed = (ROOT / "setup.cfg").read_text("utf-8")
    packages = listed.split("packages =")[1].split("package_dir")[0].split()
    for folder, package in FOLDERS.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            inside = init.parent.relative_to(ROOT / folder).parts
            assert ".".join((package, *inside)) in packages


def test_the_stream_needs_no_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None; "
        "import emojicam.wiring, emojicam.api, emojicam.plan, emojicam.demo; "
        "from emojicam import models; from emojicam.stream.classify import Classifier; "
        "Classifier(models.model_file('mien')); assert 'onnx' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
