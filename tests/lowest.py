"""Runs the tests in an environment with the lowest versions that setup.cfg allows.

usage: python tests/lowest.py [--smoke] [--keep DIR] [PYTEST ARGUMENT ...]

A bound that nobody tries is a guess. What the packages themselves bring along is the newest, as a user's pip has it.
--smoke installs no more than a user does, and runs the demo and the tests that touch most of the packages: a minute.
"""

from __future__ import annotations

import argparse
import configparser
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

EXTRAS = "cpu,train,web,test"
"""What the whole suite needs."""

RUNNERS = ("pytest", "pytest-timeout", "pytest-xdist")
"""What the smoke needs of the extra `test`."""

SMOKE = (
    "tests/stream/media/test_photos.py",
    "tests/stream/media/test_words.py",
    "tests/stream/faces/test_blazeface.py",
)
"""Files that need Pillow, PyAV or MediaPipe, are quick, and need no more than a user has."""

_BOUND = re.compile(r"(?P<name>[\w-]+)(?P<extras>\[[\w,]+\])?(?:>=|~=)(?P<version>[\w.]+)")


def requirements(config: configparser.ConfigParser) -> Iterator[str]:
    """Every requirement of setup.cfg, of the base and of all extras."""
    wanted = config["options"]["install_requires"], *config["options.extras_require"].values()
    return (line for text in wanted for line in text.splitlines() if line)


def lowest(wanted: Iterable[str]) -> dict[str, str]:
    """The lowest version of each distribution that a list of requirements allows.

    Raises:
        ValueError: A requirement has no lower bound.
    """
    found: dict[str, str] = {}
    for line in wanted:
        bound = _BOUND.match(line)
        if bound is None:
            raise ValueError(f"setup.cfg: {line} has no lower bound")
        found[bound["name"]] = bound["version"]
    return found


def bounds() -> dict[str, str]:
    """The lowest version of each distribution that setup.cfg names."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    return lowest(requirements(config))


def _pinned(versions: dict[str, str], folder: Path) -> Path:
    """Write pip's constraints: those versions and no others."""
    file = folder / "lowest.txt"
    file.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()), "utf-8")
    return file


def _install(folder: Path, versions: dict[str, str], *, smoke: bool) -> Path:
    """Make the environment; give its Python."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = [f"{ROOT}[cpu]", *RUNNERS] if smoke else [f"{ROOT}[{EXTRAS}]"]
    pip = [python, "-m", "pip"]
    subprocess.run([*pip, "install", "-q", "-c", _pinned(versions, folder), *wanted], check=True)
    subprocess.run([*pip, "check"], check=True)
    return python


def main(words: Sequence[str] | None = None) -> int:
    """Install and run; give what pytest gives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="what a user installs, the demo, and a few tests")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="where the environment is made, to stay there")
    options, rest = parser.parse_known_args(words)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        Path(temporary).chmod(0o711)  # some tests try as nobody what may not be read or written
        python = _install(folder, bounds(), smoke=options.smoke)
        if options.smoke:
            subprocess.run([python, "-m", "emojicam", "demo", "-o", Path(temporary) / "demo"], check=True)
        tests = rest or (["-n", "0", *SMOKE] if options.smoke else [])
        return subprocess.run([python, "-m", "pytest", "-q", *tests], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
