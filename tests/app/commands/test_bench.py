from __future__ import annotations

import json
from pathlib import Path

import av.error
import pytest

from emojicam.cli import main
from emojicam.commands import bench
from emojicam.commands.bench import Case, Row
from emojicam.stream.choices import Provider
from emojicam.stream.faces.detector_files import ENVIRONMENT


class FakeClock:
    """Time passes only when somebody works."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.worked: list[str] = []

    def work(self, name: str, wall: float, cpu: float) -> Case:
        def once() -> None:
            self.worked.append(name)
            self.wall += wall
            self.cpu += cpu

        return Case(once, 2 if name == "two" else 1)


def test_a_way_that_takes_half_as_long_is_twice_as_fast() -> None:
    clock = FakeClock()
    cases = {
        "slow": clock.work("slow", 0.004, 0.003),
        "fast": clock.work("fast", 0.002, 0.002),
        "two": clock.work("two", 0.004, 0.006),  # two faces at once
    }
    times = bench.Stopwatch(lambda: clock.wall, lambda: clock.cpu)
    rows = {row.what: row for row in bench.measure("work", cases, per="face", seconds=0.28, clock=times)}
    assert {name: (row.ms, row.cpu_ms, row.times) for name, row in rows.items()} == {
        "slow": (4.0, 3.0, 1.0),
        "fast": (2.0, 2.0, 2.0),
        "two": (2.0, 3.0, 2.0),
    }
    # Each for its 0.28 s, in seven rounds, in turn; and three times before, to warm up and to see how long it takes.
    assert [clock.worked.count(name) for name in cases] == [70 + 3, 140 + 3, 70 + 3]
    assert clock.worked[9:].index("fast") == 10


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


def test_a_gpu_that_only_seems_to_be_there_costs_its_own_rows_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "_providers", lambda: [Provider.CUDA, Provider.CPU])
    monkeypatch.setattr(bench, "BATCHES", (1, 2))
    assert [row.what for row in bench.batches("mien", 0.01)] == ["cpu, batch 1", "cpu, batch 2"]
    assert capsys.readouterr().err.startswith("emojicam: --provider cuda: ")


def test_a_codec_that_does_not_open_here_is_left_out_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise av.error.UnknownError(1, "no such device", "h264_nvenc")

    def torn() -> None:
        raise ValueError("59 frames of 60")

    cases = bench.working({"libx264": lambda: None, "h264_nvenc": broken, "cuda": torn})
    assert list(cases) == ["libx264"]
    assert capsys.readouterr().err == "emojicam: no such hardware here: h264_nvenc, cuda\n"


def test_without_the_second_detectors_file_the_rest_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    assert list(bench.second_detector(0.01)) == []
    assert "centerface.onnx isn't there" in capsys.readouterr().err


def test_everything_is_measured_and_written(
    inside: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "ROUNDS", 1)
    monkeypatch.setattr(bench, "BATCHES", (1, 64))
    monkeypatch.setattr(bench, "FRAME_BATCHES", (1, 2))
    monkeypatch.setattr(bench, "LENGTH", 3)
    monkeypatch.setattr(bench.sample_clip, "SECONDS", 1)
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
        "second detector, 640×384",
        "encode H.264, 1280×720",
        "decode H.264, 1280×720",
        "overlay, 1280×720",
        "pipeline, 640×480",
    }
    assert all(row["ms"] > 0 for row in found["rows"])
    assert {"ONNX Runtime, fp32", "ONNX Runtime, int8", "torch, eager"} <= {row["what"] for row in found["rows"]}
    assert all(row["what"] in captured.out for row in found["rows"])
    assert main(["bench", "--seconds", "0"]) == 2
