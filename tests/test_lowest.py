"""The lowest versions are read of setup.cfg as they stand there."""

from __future__ import annotations

import lowest
import pytest


def test_every_requirement_has_a_lowest_version() -> None:
    found = lowest.bounds()
    assert {"av", "mediapipe", "onnxruntime", "onnxruntime-gpu", "torch", "pytest", "uvicorn"} <= set(found)
    assert all(version[0].isdigit() for version in found.values())


def test_what_stands_behind_the_lowest_version_is_left_out() -> None:
    wanted = ["av>=18.0,<19", "torch~=2.13.0", "uvicorn[standard]>=0.35"]
    assert lowest.lowest(wanted) == {"av": "18.0", "torch": "2.13.0", "uvicorn": "0.35"}


def test_a_requirement_without_one_is_refused() -> None:
    with pytest.raises(ValueError, match="numpy has no lower bound"):
        lowest.lowest(["numpy"])


def test_the_smoke_runs_files_that_are_there() -> None:
    assert [one for one in lowest.SMOKE if not (lowest.ROOT / one).is_file()] == []
