"""Several files: one after the other or in several processes, and interrupted."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import making
import pytest
from commandline import run, start, wait_until, write_clip, write_photo
from making import Picture, read_video, write_video

from emojicam import batch
from emojicam.files import is_written
from emojicam.plan import Job
from emojicam.settings import Settings
from emojicam.stream.media.container import Kind
from emojicam.stream.media.sources import VideoFile
from emojicam.wiring import Annotator

# --- several processes -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("detector_folder")  # else the first run alone says that it fetches
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_in_processes_the_result_is_the_same(album: Path, capfd: pytest.CaptureFixture[str], suffix: str) -> None:
    assert run("annotate", album, "-o", "one/", "--report", f"one{suffix}") == 3
    one = capfd.readouterr()
    assert run("annotate", album, "-o", "two/", "--report", f"two{suffix}", "--jobs", 3) == 3
    two = capfd.readouterr()
    assert sorted(one.out.replace("one/", "two/").splitlines()) == sorted(two.out.splitlines())
    assert sorted(one.err.splitlines()) == sorted(two.err.splitlines())
    assert two.err.splitlines()[-1] == "emojicam: 2 of 7 inputs could not be annotated"
    names = {"a-emoji.mp4", "d-emoji.mp4", "b-emoji.png", "c-emoji.png", "f-emoji.png"}
    assert {path.name for path in Path("two").iterdir()} == names
    assert len(read_video(Path("two/a-emoji.mp4"))[0]) == 7
    one_record, two_record = (Path(f"{name}{suffix}").read_text() for name in ("one", "two"))
    assert one_record == two_record
    assert one_record.count("\n") == 7 + 5 + 3 + (suffix == ".csv")


def test_a_process_that_dies_takes_one_file_with_it(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third of five photos kills whoever reads it."""
    jobs = [Job(write_photo(inside / f"{name}.png"), inside / f"{name}-emoji.png", Kind.PHOTO) for name in "abcde"]
    jobs[2].source.write_bytes(b"deadly")
    program = inside / "deadly.py"
    program.write_text(
        "import os, signal\nfrom emojicam import wiring\n"
        "before = wiring.read_photo\n"
        "def read(path):\n"
        "    if path.read_bytes() == b'deadly':\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return before(path)\n"
        "wiring.read_photo = read\n"
    )
    # Spawned processes start with a fresh interpreter, which runs this first.
    (inside / "sitecustomize.py").write_text("import os\nif os.environ.get('DEADLY'): import deadly\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(inside), *sys.path]))
    monkeypatch.setenv("DEADLY", "1")
    outcomes = {outcome.job.source.stem: outcome for outcome in batch.in_processes(batch.Work(Settings()), jobs, 1)}
    assert set(outcomes) == set("abcde")
    assert [name for name in "abcde" if outcomes[name].error] == ["c"]
    assert str(outcomes["c"].error) == f"{jobs[2].source}: the process that worked on it died (SIGKILL)"
    assert all(job.target.is_file() for job in jobs if job.source.stem != "c")


def test_what_no_process_can_do_is_said_once(album: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("annotate", album / "a.mp4", album / "d.mp4", "--jobs", 2, "--model", "nothing") == 2
    assert capfd.readouterr().err.count("\n") == 1


def test_photos_share_processes_and_each_video_has_its_own() -> None:
    jobs = [Job(Path(f"{n}.mp4"), Path(), Kind.VIDEO) for n in range(3)]
    jobs += [Job(Path(f"{n}.png"), Path(), Kind.PHOTO) for n in range(100)]
    tasks = batch._tasks(jobs, 2)
    assert [len(task) for task in tasks] == [1, 1, 1, 32, 32, 32, 4]
    assert sorted(str(job.source) for task in tasks for job in task) == sorted(str(job.source) for job in jobs)
    assert [len(task) for task in batch._tasks(jobs[3:13], 4)] == [3, 3, 3, 1]


# --- interrupted -----------------------------------------------------------------------------------------------------


def large(path: Path, at_least: int) -> bool:
    return path.exists() and path.stat().st_size > at_least


@pytest.mark.parametrize("whom", ["the first process", "all, as a terminal does"])
def test_interrupted_processes_close_what_they_write(tmp_path: Path, whom: str) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_clip(tmp_path / name, 1500, size=(160, 120))
    program = start("annotate", "a.mp4", "b.mp4", "-o", "out/", "--jobs", 2, cwd=tmp_path)
    parts = [tmp_path / "out" / f"{name}-emoji.part.mp4" for name in "ab"]
    wait_until(lambda: all(large(part, 300_000) for part in parts), program)
    if whom == "the first process":
        program.send_signal(signal.SIGTERM)
    else:
        os.killpg(program.pid, signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, out) == (130, "")
    assert err.startswith("emojicam: interrupted; ")
    assert err.count("\n") == 1
    for part in parts:
        said = int(err.split(f" frames are in out/{part.name}")[0].split(" ")[-1])
        assert len(read_video(part)[0]) == said
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [part.name for part in parts]


def test_processes_whose_parent_is_killed_close_what_they_write_and_end(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_clip(tmp_path / name, 3000, size=(160, 120))
    program = start("annotate", "a.mp4", "b.mp4", "-o", "out/", "--jobs", 2, cwd=tmp_path)
    parts = [tmp_path / "out" / f"{name}-emoji.part.mp4" for name in "ab"]
    wait_until(lambda: all(large(part, 300_000) for part in parts), program)
    program.kill()
    _, err = program.communicate(timeout=30)  # until nobody is left who could write to it
    assert err == ""
    assert not any(is_written(part) for part in parts)
    assert all(0 < len(read_video(part)[0]) < 3000 for part in parts)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [part.name for part in parts]


def test_a_kill_leaves_a_file_that_plays(tmp_path: Path) -> None:
    """What is still in the encoder, and the part of a fragment since the last keyframe, is all that is lost."""
    write_clip(tmp_path / "in.mp4", 1500, size=(160, 120))
    program = start("annotate", "in.mp4", "-o", "out.mp4", "--report", "r.jsonl", cwd=tmp_path)
    part, record = tmp_path / "out.part.mp4", tmp_path / "r.part.jsonl"
    wait_until(lambda: record.exists() and record.read_bytes().count(b"\n") >= 600, program)
    program.kill()
    program.communicate()
    done = record.read_bytes().count(b"\n")
    assert done < 1500
    with VideoFile(part) as video:
        assert sum(1 for _ in video) >= 0.85 * done


def portrait_clip(path: Path, portrait: Picture) -> Path:
    write_video(path, [making.seen_at(portrait, (320, 240), 0.8, shift=2 * i) for i in range(8)])
    return path


def test_faces_are_found_in_processes_too(inside: Path, portrait: Picture, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("a.mp4", "b.mp4"):
        portrait_clip(inside / name, portrait)
    assert run("annotate", "a.mp4", "b.mp4", "-o", "out/", "--jobs", 2) == 0
    assert sorted(capfd.readouterr().out.splitlines()) == [
        f"out/{name}-emoji.mp4: 8 frames, 1 face: happiness 100 %" for name in "ab"
    ]


# --- what is written -------------------------------------------------------------------------------------------------


def photo_jobs(inside: Path) -> list[Job]:
    return [Job(write_photo(inside / f"{name}.png"), inside / f"{name}-emoji.png", Kind.PHOTO) for name in "abc"]


def note(outcomes: Iterable[batch.Outcome], done: list[str]) -> None:
    """Each as soon as it is there."""
    for outcome in outcomes:
        done.append(outcome.job.source.name)


def test_an_interruption_between_photos_keeps_the_report(annotator: Annotator, inside: Path) -> None:
    work = batch.Work(Settings(), inside / "seen.jsonl")
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        note(batch.one_by_one(annotator, work, photo_jobs(inside), leave=lambda: len(done) == 2), done)
    assert done == ["a.png", "b.png"]
    lines = [json.loads(line) for line in (inside / "seen.jsonl").read_text().splitlines()]
    assert [Path(line["source"]).name for line in lines] == done


def test_an_interruption_of_several_processes_keeps_the_report(inside: Path) -> None:
    work = batch.Work(Settings(), inside / "seen.jsonl")
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        note(batch.in_processes(work, photo_jobs(inside), 1, leave=lambda: bool(done)), done)
    lines = [json.loads(line) for line in (inside / "seen.jsonl").read_text().splitlines()]
    assert [Path(line["source"]).name for line in lines] == done
