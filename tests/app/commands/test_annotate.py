"""`emojicam annotate`: what is left out, what is refused early, and what is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commandline import run
from making import read_video

from emojicam.cli import main
from emojicam.errors import EmojicamError, OutputError
from emojicam.plan import Job
from emojicam.side_files import SideFiles
from emojicam.stream.media.decoders import first_chip
from emojicam.stream.media.encoders import first_working
from emojicam.stream.records.record import Record


@pytest.mark.parametrize("number", ["0", "-2"])
def test_fewer_than_one_process_is_wrong_usage(album: Path, capfd: pytest.CaptureFixture[str], number: str) -> None:
    assert run("annotate", album, "--jobs", number) == 2
    assert capfd.readouterr().err == f"emojicam: --jobs {number}: at least 1\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--per-task", "cpus=1"], "--per-task cpus=1: says what a file gets of a --cluster, and there is none"),
        (
            ["--cluster", "local", "--jobs", 2],
            "--jobs 2: counts files on this machine; with --cluster, --per-task does",
        ),
        (["--cluster", "local", "--per-task", "cpus=no"], "--per-task cpus=no: 'no' is no number"),
        (["--cluster", "somewhere"], "--cluster somewhere: is none of local, HOST:PORT, ray://HOST:PORT"),
        (["--plot", "s3://bucket/"], "--plot s3://bucket/: is written on this machine; name a file or a folder"),
        (["-o", "ftp://host/"], "ftp://: not a store that is known; there are s3://, gs://, az://, file://"),
    ],
)
def test_what_a_cluster_and_a_store_can_not_do_is_said_before_any_work(
    album: Path, capfd: pytest.CaptureFixture[str], arguments: list[str | int], said: str
) -> None:
    assert run("annotate", album, *arguments) == 2
    assert capfd.readouterr().err == f"emojicam: {said}\n"


def test_file_addresses_are_paths(album: Path) -> None:
    report = (album / "seen.jsonl").as_uri()
    assert run("annotate", (album / "b.png").as_uri(), "-o", f"{album.as_uri()}/out/", "--report", report) == 0
    assert (album / "out" / "b-emoji.png").exists()
    assert json.loads((album / "seen.jsonl").read_text())["source"] == str(album / "b.png")


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
    assert "r.jsonl: is already there, and no record that could go on" in capfd.readouterr().err


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_resumed_a_report_goes_on(album: Path, suffix: str, jobs: int) -> None:
    report = Path(f"r{suffix}")

    def sources() -> list[str]:
        lines = report.read_text().splitlines()
        if suffix == ".csv":
            assert [line for line in lines if line.startswith("source,")] == lines[:1]
            return [Path(line.split(",")[0]).name for line in lines[1:]]
        return [Path(json.loads(line)["source"]).name for line in lines]

    videos, photos = [album / "a.mp4", album / "d.mp4"], [album / "b.png", album / "c.png"]
    arguments = ["-o", "out/", "--report", report, "--jobs", jobs]
    assert run("annotate", *videos, *photos[:1], *arguments) == 0
    whole = sources()
    Path("out/d-emoji.mp4").unlink()
    assert run("annotate", *videos, *photos, *arguments, "--resume") == 0
    assert sorted(sources()) == sorted([*whole, "c.png"])
    assert sources()[-1] == "c.png"
    before = report.read_bytes()
    assert run("annotate", *videos, *photos, *arguments, "--resume") == 0
    assert report.read_bytes() == before


# --- one plan for all files ---


@pytest.mark.parametrize("how", [["--overwrite"], ["--resume"], ["--resume", "--overwrite"]])
def test_a_result_that_would_replace_an_input_is_refused_before_anything_is_written(
    album: Path, capfd: pytest.CaptureFixture[str], how: list[str]
) -> None:
    other = (album / "d.mp4").rename(album / "a-emoji.mp4")
    before = {path: path.read_bytes() for path in album.iterdir()}
    assert run("annotate", album / "a.mp4", other, "-o", album, *how) == 2
    assert {path: path.read_bytes() for path in album.iterdir()} == before
    err = capfd.readouterr().err
    assert str(album / "a.mp4") in err
    assert f"{other}, which is an input" in err


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("clip.jsonl", ["--subtitles", "a.srt", "--report", "../album/clip.jsonl"]),
        ("film.png", ["--plot", "film.png"]),
        ("a.mp4", ["--plot", "link.png"]),
        ("a.mp4", ["--plot", "who.png", "--subtitles", "./link.srt"]),
    ],
    ids=["report and input", "plot and input", "plot and input by a link", "subtitles and plot"],
)
def test_what_is_beside_replaces_neither_an_input_nor_anything_that_is_written(
    album: Path, source: str, more: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(album)
    for name in ("clip.jsonl", "film.png"):  # videos, whatever they are called
        Path(name).write_bytes(Path("a.mp4").read_bytes())
    Path("link.png").symlink_to("a.mp4")
    Path("link.srt").symlink_to("who.png")
    sources = [source]
    before = {path.name: path.read_bytes() for path in album.iterdir() if path.is_file()}
    assert run("annotate", *sources, *more, "--overwrite") == 2
    assert {path.name: path.read_bytes() for path in album.iterdir() if path.is_file()} == before
    assert "would replace" in capfd.readouterr().err


def test_of_all_that_is_written_a_failure_is_its_own(album: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The plot's folder goes away while the first video is annotated: all else is made."""
    plots = Path("plots")
    arguments = ["annotate", album / "a.mp4", album / "d.mp4", "-o", "out/", "--report", "r.jsonl", "--plot", "plots/"]
    real = SideFiles.add

    def add(self: SideFiles, job: Job, record: Record) -> list[EmojicamError]:
        if plots.is_dir():
            plots.rmdir()
        return real(self, job, record)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SideFiles, "add", add)
        assert run(*arguments) == 5
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-emoji.mp4", "d-emoji.mp4"]
    assert {json.loads(line)["source"] for line in Path("r.jsonl").read_text().splitlines()} == {
        str(album / "a.mp4"),
        str(album / "d.mp4"),
    }
    assert capfd.readouterr().err.count("plots: no such folder") == 2


def test_a_name_that_is_too_long_is_that_files_problem(album: Path, capfd: pytest.CaptureFixture[str]) -> None:
    long = album / ("x" * 248 + ".png")
    (album / "b.png").rename(long)
    assert run("annotate", long, album / "c.png", "-o", "out/") == 5
    assert [path.name for path in Path("out").iterdir()] == ["c-emoji.png"]
    assert "File name too long" in capfd.readouterr().err


def test_what_is_full_or_missing_of_the_standard_streams_is_no_failure_of_the_file(album: Path) -> None:
    for number, streams in enumerate((">/dev/full", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full", ">/dev/full 2>&1")):
        command = f'exec "{sys.executable}" -m emojicam annotate "{album / "a.mp4"}" -o out{number}.mp4 {streams}'
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
        assert len(read_video(Path(f"out{number}.mp4"))[0]) == len(read_video(album / "a.mp4")[0])


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's words")
@pytest.mark.parametrize("blocks", [4, 1])
def test_a_report_that_fails_is_no_input(album: Path, blocks: int) -> None:
    for number in range(30):
        Path(f"{number}-{'x' * 200}.png").write_bytes((album / "b.png").read_bytes())
    done = shell(f"ulimit -f {blocks}; exec emojicam annotate *x.png album/b.png -o out/ --range near --report r.jsonl")
    assert done.returncode == 5
    assert "r.jsonl: can't be written: File too large" in done.stderr
    assert "could not be annotated" not in done.stderr
    assert len(list(Path("out").iterdir())) == 31


@pytest.mark.parametrize("kind", ["--plot", "--subtitles"])
def test_a_side_file_that_fails_is_no_input_either(
    album: Path, kind: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: SideFiles, job: Job, record: Record) -> list[EmojicamError]:
        return [OutputError("a"), OutputError("b")]

    monkeypatch.setattr(SideFiles, "add", fails)
    assert run("annotate", album / "a.mp4", album / "b.png", album / "e.mp4", "-o", "out/", kind, "beside/") == 5
    assert capfd.readouterr().err.splitlines()[-1] == "emojicam: 1 of 3 inputs could not be annotated"


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["-o", "mine/happiness.png", "--theme", "mine"], "mine/happiness.png"),
        (["-o", "mine/fear-2.png", "--theme", "mine"], "mine/fear-2.png"),
        (["-o", "out.png", "--model", "m.jsonl", "--report", "m.jsonl"], "m.jsonl"),
        (["-o", "out.png", "--theme", "mine", "--model", "m.jsonl", "--report", "mine/../m.jsonl"], "m.jsonl"),
    ],
)
def test_what_a_run_reads_besides_its_inputs_is_not_replaced(
    album: Path, arguments: list[str], kept: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    Path("m.jsonl").write_bytes(b"mine")
    for name in ("happiness", "fear-1", "fear-2"):
        Path(f"mine/{name}.png").write_bytes(b"mine")
    assert run("annotate", album / "b.png", *arguments, "--overwrite") == 2
    assert f"would replace {kept}, which is an input" in capfd.readouterr().err
    assert Path(kept).read_bytes() == b"mine"


ALL = ["a-emoji.mp4", "b-emoji.png", "c-emoji.png", "d-emoji.mp4", "f-emoji.png"]
"""The results of the album, once what is neither is away."""


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which `emojicam` stands for this one; in front of a pipe its exit code is written to `rc`."""
    program = f'"{sys.executable}" -m emojicam'
    return subprocess.run(
        ["sh", "-c", line.replace("emojicam", program)], capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's words")
@pytest.mark.parametrize("streams", ["2>&-", "<&- >&- 2>&-", ">&- 2>/dev/full"])
def test_processes_work_without_standard_streams(album: Path, streams: str) -> None:
    for name in ("e.mp4", "g.jpg"):
        (album / name).unlink()
    done = shell(f"exec emojicam annotate album -o out/ --jobs 2 --range near --report r.jsonl {streams}")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in Path("out").iterdir()) == ALL
    assert len({json.loads(line)["source"] for line in Path("r.jsonl").read_text().splitlines()}) == 5


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's words")
@pytest.mark.parametrize("reader", ["| true", "| head -1 >/dev/null", "2>&1 | true"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_who_closes_our_output_ends_no_work(album: Path, reader: str, jobs: int) -> None:
    for name in ("e.mp4", "g.jpg"):
        (album / name).unlink()
    arguments = f"album -o out/ --jobs {jobs} --range near --report r.jsonl"
    done = shell(f"(emojicam annotate {arguments}; echo $? >rc) {reader}")
    assert (Path("rc").read_text(), done.stderr) == ("0\n", "")
    assert sorted(path.name for path in Path("out").iterdir()) == ALL
    assert len({json.loads(line)["source"] for line in Path("r.jsonl").read_text().splitlines()}) == 5


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")
def test_a_terminal_that_hangs_up_ends_no_work(album: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "emojicam", "annotate", "album/b.png", "album/a.mp4", "album/c.png", "-o", "out/"]
    program = subprocess.Popen([*command, "--range", "near"], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.close(ours)
    assert program.wait(240) == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-emoji.mp4", "b-emoji.png", "c-emoji.png"]


def test_without_a_chip_the_same_file_is_written_and_one_line_each_says_so(
    album: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if first_working() is not None or first_chip() is not None:
        pytest.skip("this machine has a chip for it")
    assert run("annotate", album / "a.mp4", album / "d.mp4", "-o", "plain/", "--quiet") == 0
    capfd.readouterr()
    chip = ("--encoder", "hardware", "--decoder", "hardware")
    assert run("annotate", album / "a.mp4", album / "d.mp4", "-o", "chip/", *chip) == 0
    assert [line for line in capfd.readouterr().err.splitlines() if "hardware" in line] == [
        "emojicam: no hardware encoder works here (NVENC, Quick Sync, AMF, VideoToolbox): x264 writes videos",
        "emojicam: no hardware decoder works here (NVDEC, VideoToolbox, D3D11, VAAPI, DXVA2): software reads videos",
    ]
    for name in ("a-emoji.mp4", "d-emoji.mp4"):
        assert Path("chip", name).read_bytes() == Path("plain", name).read_bytes()


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
