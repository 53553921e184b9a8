from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from emojicam import bench
from emojicam.bench import Case, Row
from emojicam.cli import main


def test_a_way_that_takes_half_as_long_is_twice_as_fast() -> None:
    cases = {"slow": Case(lambda: time.sleep(0.004)), "fast": Case(lambda: time.sleep(0.002)), "two": Case(nap, 2)}
    rows = {row.what: row for row in bench.measure("naps", cases, per="nap", seconds=0.2)}
    assert rows["slow"].times == 1
    assert rows["fast"].times == pytest.approx(2, rel=0.4)
    assert rows["two"].ms == pytest.approx(rows["slow"].ms / 2, rel=0.4)
    assert all(row.cpu_ms < row.ms for row in rows.values())


def nap() -> None:
    time.sleep(0.004)


def test_the_table_has_a_block_for_each_part() -> None:
    rows = [
        Row("a", "one", 2.0, 1.5, "face", 1.0),
        Row("a", "two", 1.0, 0.5, "face", 2.0),
        Row("b", "x", 4, 4, "frame", 1),
    ]
    lines = bench.table(rows).splitlines()
    assert lines[0] == "a, per face"
    assert lines[2].split() == ["one", "2.000", "1.500", "500", "1.00"]
    assert lines[5] == "b, per frame"


def test_everything_is_measured_and_written(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--seconds", "0.01", "--json", "bench.json"]) == 0
    captured = capfd.readouterr()
    found = json.loads(Path("bench.json").read_text())
    assert found["machine"]["cores"] >= 1
    assert "cpu" in found["machine"]["providers"]
    parts = {row["part"] for row in found["rows"]}
    assert parts == {
        "mien, one face, one thread",
        "mien by batch",
        "detector",
        "overlay, 1280×720",
        "pipeline, 480×480",
    }
    assert all(row["ms"] > 0 for row in found["rows"])
    assert {"ONNX Runtime, fp32", "ONNX Runtime, int8", "torch, eager"} <= {row["what"] for row in found["rows"]}
    assert all(row["what"] in captured.out for row in found["rows"])
    assert main(["bench", "--seconds", "0"]) == 2
