"""`emojicam annotate`: what is left out, what is refused early, and what is told."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from commandline import run

from emojicam.cli import main


@pytest.mark.parametrize("number", ["0", "-2"])
def test_fewer_than_one_process_is_wrong_usage(album: Path, capfd: pytest.CaptureFixture[str], number: str) -> None:
    assert run("annotate", album, "--jobs", number) == 2
    assert capfd.readouterr().err == f"emojicam: --jobs {number}: at least 1\n"


def test_resumed_only_what_is_missing_or_older_is_done(album: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("e.mp4", "g.jpg"):
        (album / name).unlink()
    assert run("annotate", album, "-o", "out/") == 0
    capfd.readouterr()
    Path("out/b-emoji.png").unlink()
    Path("out/a-emoji.part.mp4").write_bytes(b"torn")
    Path("out/a-emoji.mp4").rename("out/kept")
    later = time.time() + 5
    os.utime(album / "c.png", (later, later))
    times = {name: Path("out", name).stat().st_mtime_ns for name in ("d-emoji.mp4", "f-emoji.png")}
    assert run("annotate", album, "-o", "out/", "--resume") == 0
    out, err = capfd.readouterr()
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "out/a-emoji.mp4",
        "out/b-emoji.png",
        "out/c-emoji.png",
    ]
    assert err == "emojicam: 2 of 5 inputs were annotated before\n"
    assert times == {name: Path("out", name).stat().st_mtime_ns for name in times}
    assert run("annotate", album, "-o", "out/", "--resume") == 0
    assert capfd.readouterr().out.count("\n") == 1, "the photo that is newer than its result"


def test_resuming_does_not_replace_an_old_report(album: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("r.jsonl").write_text("precious")
    assert run("annotate", album, "--resume", "--report", "r.jsonl") == 5
    assert Path("r.jsonl").read_text() == "precious"
    assert "r.jsonl: is already there" in capfd.readouterr().err


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast"])
def test_times_are_told_at_the_end(album: Path, capfd: pytest.CaptureFixture[str], preset: str) -> None:
    arguments = ["annotate", str(album / "a.mp4"), str(album / "d.mp4"), "--stats", "--range", "near"]
    assert main([*arguments, "--codec-preset", preset]) == 0
    head, *rows, last = capfd.readouterr().err.splitlines()
    assert head.split()[:4] == ["step", "thread", "items", "ms"]
    assert [row.split()[0] for row in rows] == [
        "source",
        "detect",
        "track",
        "classify",
        "smooth",
        "cover",
        "reread",
        "draw",
        "sink",
    ]
    assert {row.split()[2] for row in rows} == {"12"}
    assert last.startswith("12 items in ")


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_reports_place_is_looked_at_before_the_work(
    jobs: int, album: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("seen.jsonl").write_text("mine")
    assert run("annotate", album, "-o", "out/", "--jobs", jobs, "--report", "seen.jsonl") == 5
    assert run("annotate", album, "-o", "out/", "--jobs", jobs, "--report", "none/seen.jsonl") == 5
    assert Path("seen.jsonl").read_text() == "mine"
    assert not list(Path("out").glob("*-emoji*"))
    assert capfd.readouterr().err.splitlines()[-1] == "emojicam: none: no such folder"


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_beside_each_video_is_written_for_each(jobs: int, album: Path) -> None:
    arguments = ["annotate", album / "a.mp4", album / "d.mp4", album / "b.png", "-o", "out/", "--jobs", jobs]
    assert run(*arguments, "--plot", "plots/", "--subtitles", "out/") == 0
    assert sorted(path.name for path in Path("plots").iterdir()) == ["a-emoji.png", "d-emoji.png"]
    assert sorted(path.name for path in Path("out").glob("*.srt")) == ["a-emoji.srt", "d-emoji.srt"]


def test_the_exit_code_is_that_of_the_first_file_that_failed(album: Path) -> None:
    (album / "empty.png").touch()
    Path("there.png").write_bytes(b"mine")
    assert run("annotate", album / "e.mp4", "none.mp4", "-o", "out/") == 2  # where results go is found out first
    assert run("annotate", album / "e.mp4", album / "b.png", "-o", "out/") == 3
    assert run("annotate", album / "b.png", "-o", "there.png") == 5
    assert Path("there.png").read_bytes() == b"mine"


def test_where_nothing_is_left_to_do_nothing_is_loaded(album: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("b.png", "c.png"):
        (album / f"{name[0]}-emoji.png").write_bytes(b"newer")
    arguments = ["annotate", album / "b.png", album / "c.png", "-o", album, "--resume"]
    assert run(*arguments, "--model", "no-such-model") == 0
    assert capfd.readouterr() == ("", "emojicam: 2 of 2 inputs were annotated before\n")
