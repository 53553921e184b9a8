"""A report goes on where an earlier run ended, however that ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emojicam.errors import OutputError
from emojicam.stream.records.earlier import Earlier

HEAD = b"source,frame,time,bare,face\n"


def rows(suffix: str, *sources: str) -> bytes:
    if suffix == ".csv":
        return HEAD + "".join(f'"{source}",0,0.0,0,\n' for source in sources).encode()
    return "".join(json.dumps({"source": source, "frame": 0}) + "\n" for source in sources).encode()


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_the_rows_of_what_is_not_done_anew_are_kept_as_they_are(tmp_path: Path, suffix: str) -> None:
    report = tmp_path / f"r{suffix}"
    report.write_bytes(rows(suffix, "a.mp4", "b, c.mp4", "a.mp4", "d.mp4"))
    kept = list(Earlier(report, ["a.mp4"]))
    lines = report.read_bytes().splitlines(keepends=True)[suffix == ".csv" :]
    assert kept == [lines[1], lines[3]]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_what_a_dead_run_left_counts_as_far_as_it_is_whole(tmp_path: Path, suffix: str) -> None:
    report = tmp_path / f"r{suffix}"
    part = tmp_path / f"r.part{suffix}"
    part.write_bytes(rows(suffix, "a.mp4", "a.mp4", "b.mp4")[:-4])
    assert len(list(Earlier(report, []))) == 2
    report.write_bytes(rows(suffix, "a.mp4"))
    part.write_bytes(rows(suffix, "a.mp4", "b.mp4"))
    assert len(list(Earlier(report, []))) == 2, "each source once"


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".jsonl", b"precious"),
        (".jsonl", b"[1]\n"),
        (".jsonl", b'{"source": 1}\n'),
        (".jsonl", b"[" * 100_000),
        (".csv", b"name,age\n"),
        (".csv", b""),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"r{suffix}").write_bytes(content)
    with pytest.raises(OutputError, match="is already there, and no record that could go on"):
        Earlier(tmp_path / f"r{suffix}", [])


def test_where_there_is_nothing_there_are_no_rows(tmp_path: Path) -> None:
    earlier = Earlier(tmp_path / "r.csv", [])
    assert (earlier.header, list(earlier)) == (None, [])
