"""What several tests need: one loaded pipeline, the sample photo, and a place to make media."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from emojicam import assets
from emojicam.stream.choices import Range
from emojicam.stream.faces import detector_files
from emojicam.stream.faces.detect import Detector
from emojicam.wiring import Annotator


@pytest.fixture(scope="session")
def detector_folder() -> Path:
    """Where the face detector's files are: fetched, if need be, before a test that can't or mustn't fetch them."""
    paths = [detector_files.fetch(file, quiet=True) for file in detector_files.FILES]
    return paths[0].parent


@pytest.fixture(scope="session")
def annotator() -> Iterator[Annotator]:
    """The whole pipeline with its defaults, loaded once."""
    with Annotator() as loaded:
        yield loaded


@pytest.fixture(scope="session")
def detector() -> Iterator[Detector]:
    """The short-range detector, loaded once."""
    with Detector(Range.NEAR) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def portrait() -> npt.NDArray[np.uint8]:
    """A real face: BGR uint8 512x512x3."""
    return np.asarray(cv2.imread(str(assets.sample_photo())), np.uint8)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes a measured figure, a line, that is printed when all tests are done."""
    return lambda line: record_property("figure", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures, whichever process they come from."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    lines = {str(value) for report in reports for name, value in report.user_properties if name == "figure"}
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.line(line)


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
