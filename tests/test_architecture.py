"""Imports run one way, between packages and between the rooms inside them, and the stream runs without torch."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"app": "emojicam", **{name: f"emojicam.{name}" for name in ("stream", "models", "export", "assets")}}

GROUND = {f"emojicam.{name}" for name in ("errors", "console", "interrupt", "meant", "upright", "files", "droppings")}
"""All may import these; they import each other alone."""

HALL = {f"emojicam.stream.{name}" for name in ("types", "i420", "choices", "line", "channel", "meter", "cores")}
"""The stream's own level: the values that travel, what can be chosen, and the engine. All its rooms may import it."""

APP = {
    f"emojicam.{name}"
    for name in (
        *(
            "addresses",
            "afar",
            "annotator",
            "api",
            "assets",
            "batch",
            "camera",
            "codecs",
            "completion",
            "corrections",
            "export",
            "film",
            "findings",
            "given",
            "models",
            "opening",
            "options",
            "outlet",
            "painting",
            "parser",
            "pictures",
        ),
        *("places", "plan", "progress", "redraw", "revision", "sample_clip", "scratch", "settings", "several"),
        *("sheet", "show", "side_files", "sticker", "stills", "stores", "stream", "summary", "theme"),
        *("theme_sheet", "timeline", "training", "wall"),
    )
}
"""Everything below the command line and the web app."""

DATA = {"emojicam.models.data", "emojicam.models.card", "emojicam.models.registry"}

ROOMS = {
    "app": {"emojicam.__version__", "emojicam.wiring", "emojicam.cli", "emojicam.flags", *APP},
    "app/cluster": {"emojicam.cluster", "emojicam.__version__", "emojicam.wiring", *APP},
    "app/commands": {
        "emojicam.cluster",
        "emojicam.commands",
        "emojicam.__version__",
        "emojicam.wiring",
        "emojicam.web",
        *APP,
    },
    "app/flags": {
        "emojicam.flags",
        "emojicam.parser",
        "emojicam.settings",
        "emojicam.stream.choices",
        "emojicam.models.data.formats",
    },
    "app/web": {"emojicam.web", "emojicam.__version__", "emojicam.wiring", *APP},
    "assets": {"emojicam.assets"},
    "export": {"emojicam.export", "emojicam.models"},
    "models": {"emojicam.models"},
    "models/data": {*DATA, "emojicam.models.recipe"},
    "models/nets": {"emojicam.models.nets", "emojicam.models.registry", "emojicam.models.torchfiles"},
    "models/reports": {
        "emojicam.models.reports",
        *DATA,
        *(f"emojicam.models.{name}" for name in ("evaluate", "history", "nets", "inputs", "heads", "space", "sweep")),
    },
    "stream": {*HALL, "emojicam.models.card"},
    "stream/media": {*HALL, "emojicam.stream.media"},
    "stream/live": {*HALL, "emojicam.stream.live", "emojicam.stream.media", "emojicam.stream.drawing"},
    "stream/faces": {*HALL, "emojicam.stream.faces", "emojicam.stream.inference", "emojicam.models.card"},
    "stream/inference": {*HALL, "emojicam.stream.inference", "emojicam.models.card"},
    "stream/emotions": {
        *HALL,
        "emojicam.stream.emotions",
        "emojicam.stream.faces.align",
        "emojicam.stream.inference",
    },
    "stream/drawing": {*HALL, "emojicam.stream.drawing"},
    "stream/records": {*HALL, "emojicam.stream.records"},
}
"""What each room may import besides the ground floor: these, and what is below them."""

LATE = {
    **{f"app/flags/{name}.py": {"emojicam.commands"} for name in ("using", "looking", "preparing", "developing")},
    "app/__init__.py": {"emojicam.api"},
}
"""What a file may import besides that, when it is needed."""

FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def module(path: Path) -> str:
    folder, *inside = path.relative_to(ROOT).with_suffix("").parts
    return ".".join([FOLDERS[folder], *(part for part in inside if part != "__init__")])


MODULES = {module(path): path for path in FILES}


def room(path: Path) -> str:
    """The innermost room that a file lies in."""
    place = path.relative_to(ROOT).parent.as_posix()
    return max((name for name in ROOMS if place == name or place.startswith(name + "/")), key=len)


def at_the_start(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported: those in `try` and `if` too, but not what is for types."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from at_the_start([*node.body, *node.orelse])
        if isinstance(node, ast.Try):
            yield from at_the_start([*node.body, *node.orelse, *node.finalbody])
            for handler in node.handlers:
                yield from at_the_start(handler.body)


def names_imported(path: Path, *, late: bool = True) -> set[str]:
    """Modules, and names in them, that a file imports; `late`: those inside functions and for types, too."""
    tree = ast.parse(path.read_text("utf-8"))
    names = set()
    for node in ast.walk(tree) if late else at_the_start(tree.body):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported(path: Path, *, late: bool = True) -> set[str]:
    """Of those, the ones that are ours."""
    return {name for name in names_imported(path, late=late) if name.split(".")[0] == "emojicam"}


def allowed(name: str, starts: set[str]) -> bool:
    return any(name == start or name.startswith(start + ".") for start in starts)


@pytest.mark.parametrize("name", ROOMS)
def test_imports_run_one_way(name: str) -> None:
    files = [path for path in FILES if room(path) == name]
    assert files
    for path in files:
        late = LATE.get(path.relative_to(ROOT).as_posix(), set())
        for target in imported(path) - {"emojicam"}:
            assert allowed(target, ROOMS[name] | GROUND | late), f"{path.relative_to(ROOT)} imports {target}"


def test_the_ground_floor_imports_nothing_above_it() -> None:
    for name in GROUND:
        for target in imported(MODULES[name]):
            assert allowed(target, GROUND), f"{name} imports {target}"


@pytest.mark.parametrize("name", ["emojicam.stream.choices", "emojicam.models.data.formats", "emojicam.stream.meter"])
def test_what_the_command_line_reads_first_needs_the_standard_library_alone(name: str) -> None:
    tops = {target.split(".")[0] for target in names_imported(MODULES[name])}
    assert tops <= sys.stdlib_module_names


def test_nothing_heavy_is_loaded_to_print_help() -> None:
    program = "import sys; import emojicam.cli; emojicam.cli.build_parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not {"numpy", "cv2", "av", "PIL", "mediapipe", "onnxruntime", "torch", "matplotlib"} & loaded


def test_no_file_of_the_stream_imports_torch_even_late() -> None:
    for path in FILES:
        if path.is_relative_to(ROOT / "stream"):
            assert "torch" not in {target.split(".")[0] for target in names_imported(path)}, path


def test_no_import_runs_in_a_circle() -> None:
    def known(name: str) -> str:
        return name if name in MODULES else name.rpartition(".")[0]

    graph = {name: {known(target) for target in imported(path, late=False)} - {name} for name, path in MODULES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_the_streams_own_level_stays_small() -> None:
    here = list((ROOT / "stream").glob("*.py"))
    assert {module(path) for path in here} == {*HALL, "emojicam.stream"}
    assert len(here) <= 8


def test_every_room_says_what_it_is_for_and_what_it_may_import() -> None:
    for folder in [place.parent for place in (ROOT / "stream").glob("*/__init__.py")]:
        said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        assert "\n" not in said, folder
        assert "May import" in said, folder
        assert f"stream/{folder.name}" in ROOMS


def test_the_index_of_the_stream_names_every_file() -> None:
    index = ast.get_docstring(ast.parse((ROOT / "stream" / "__init__.py").read_text("utf-8"))) or ""
    words = set(re.findall(r"\w+", index))
    for path in (ROOT / "stream").rglob("*.py"):
        assert path.stem == "__init__" or path.stem in words, path


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
        "import emojicam.wiring, emojicam.api, emojicam.plan, emojicam.sample_clip; "
        "from emojicam import models; from emojicam.stream.emotions.classify import Classifier; "
        "Classifier(models.model_file('mien')); assert 'onnx' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
