"""ONNX Runtime as it may be installed, half installed and not at all; and the line that changes it over."""

from __future__ import annotations

import base64
import hashlib
import shlex
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from emojicam.errors import DeviceError, MissingExtra
from emojicam.stream.inference.installed import BUILDS, change_over, imported, is_installed, lack, load


def test_what_is_not_there_is_installed_by_one_line() -> None:
    assert lack([], "no module") == ("not installed", 'pip install "emojicam[cpu]"')
    assert str(MissingExtra("ONNX Runtime", "cpu")) == "ONNX Runtime is " + ": ".join(lack([], ""))


@pytest.mark.parametrize(
    ("builds", "extra"), [(["onnxruntime"], "cpu"), (["onnxruntime-gpu"], "gpu"), (list(BUILDS.values()), "gpu")]
)
def test_what_pip_takes_for_installed_is_uninstalled_first(builds: list[str], extra: str) -> None:
    found, mend = lack(builds, "files are gone")
    assert found == f"{' and '.join(builds)} can't be loaded (files are gone)"
    assert mend == change_over(extra)


def test_a_runtime_that_works_is_given() -> None:
    assert load() is imported()
    assert is_installed("numpy")
    assert not is_installed("onnxruntime-of-nobody")


def test_a_folder_that_lost_the_package_s_own_file_is_no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", ModuleType("onnxruntime"))
    with pytest.raises(ImportError, match="some of its files are gone"):
        imported()


def test_a_runtime_that_pip_knows_and_python_cannot_load_is_told_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DeviceError, match=r"^ONNX Runtime: onnxruntime.* can't be loaded \(.*\): pip uninstall -y "):
        load()


# --- changed over, with wheels made here that share a file as the real ones do ---


def wheel(folder: Path, name: str, files: Mapping[str, str], *metadata: str, version: str = "1.23") -> None:
    """Write a wheel."""
    stem = f"{name.replace('-', '_')}-{version}"
    about = f"{stem}.dist-info"
    whole = {
        **files,
        f"{about}/METADATA": "\n".join(
            ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata, ""]
        ),
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for place, text in whole.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            lines.append(f"{place},sha256={digest},{len(text.encode())}")
            archive.writestr(place, text)
        archive.writestr(f"{about}/RECORD", "\n".join([*lines, f"{about}/RECORD,,", ""]))


class Environment:
    """An environment of its own, and the folder that is its package index."""

    def __init__(self, folder: Path) -> None:
        self._index, self._home = folder / "index", folder / "venv"
        self._index.mkdir()
        venv.create(self._home, with_pip=False)
        folder_of_programs = self._home / ("Scripts" if sys.platform == "win32" else "bin")
        self._python = folder_of_programs / Path(sys.executable).name
        for name, where in (("onnxruntime", "the CPU"), ("onnxruntime-gpu", "a GPU")):
            own = {f"onnxruntime/{name}.py": ""}
            wheel(self._index, name, {"onnxruntime/__init__.py": f"print({where!r})", **own})
        self.release("1.0")

    def release(self, version: str) -> None:
        """Put a release of emojicam there: nothing but its extras, as setup.cfg has them."""
        extras = [
            line
            for extra, name in BUILDS.items()
            for line in (f"Provides-Extra: {extra}", f'Requires-Dist: {name}>=1.23; extra == "{extra}"')
        ]
        wheel(self._index, "emojicam", {"emojicam.py": ""}, *extras, version=version)

    def type(self, line: str) -> None:
        """Run a line as it is printed."""
        for command in line.split(" && "):
            words = shlex.split(command)
            assert words.pop(0) == "pip"
            where = ["--no-index", "--find-links", self._index] if words[0] == "install" else []
            pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "--python", self._python]
            subprocess.run([*pip, *words, *where], check=True, capture_output=True, text=True, timeout=120)

    def runs_on(self) -> str:
        """What ONNX Runtime says of itself."""
        done = subprocess.run([self._python, "-c", "import onnxruntime"], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def test_the_line_that_changes_over_leaves_one_runtime_which_an_upgrade_keeps(tmp_path: Path) -> None:
    here = Environment(tmp_path)
    here.type(lack([], "")[1])
    assert here.runs_on() == "the CPU"
    here.type(change_over("gpu"))
    assert here.runs_on() == "a GPU"
    here.release("2.0")
    here.type("pip install -U emojicam")
    assert here.runs_on() == "a GPU"
    here.type(change_over("cpu"))
    assert here.runs_on() == "the CPU"
