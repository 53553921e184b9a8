"""The work on one file in a process of a cluster."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from commandline import write_photo

from emojicam.batch import Work
from emojicam.cluster.worker import Task, annotate
from emojicam.errors import DeviceError, UsageError
from emojicam.files import PartFile
from emojicam.plan import Job
from emojicam.settings import Settings
from emojicam.stream.choices import Provider, Range
from emojicam.stream.media.container import Kind

SETTINGS = Settings(range=Range.NEAR, provider=Provider.CPU, cores=1, quiet=True)


def task(inside: Path, *, since: float | None = None, settings: Settings = SETTINGS) -> Task:
    write_photo(inside / "a.png")
    job = Job(Path("a.png"), Path("a-emoji.png"), Kind.PHOTO)
    return Task(Work(settings, Path("seen.jsonl")), job, str(inside), {}, since=since)


def test_a_file_is_annotated_where_whoever_hands_out_works(inside: Path) -> None:
    given = task(inside)
    (inside / "elsewhere").mkdir()
    os.chdir(inside / "elsewhere")
    answer = annotate(given)
    assert answer.failure is None
    assert answer.outcome is not None
    assert answer.outcome.error is None
    assert json.loads(answer.record)["source"] == "a.png"
    assert sorted(path.name for path in inside.iterdir()) == ["a-emoji.png", "a.png", "elsewhere"]


def test_what_can_not_be_done_at_all_is_an_answer(inside: Path) -> None:
    answer = annotate(task(inside, settings=Settings(theme="nothing")))
    assert isinstance(answer.failure, UsageError)


def test_a_node_with_another_version_is_told(inside: Path) -> None:
    given = task(inside)
    object.__setattr__(given, "version", "99")
    answer = annotate(given)
    assert isinstance(answer.failure, DeviceError)
    assert str(answer.failure).startswith("a node has emojicam ")
    assert str(answer.failure).endswith(", and this is 99")


def test_a_file_that_was_lost_is_done_again_and_what_is_left_of_it_goes(inside: Path) -> None:
    given = task(inside, since=time.time() - 5)
    old, new = inside / "a-emoji.part.png", inside / "a-emoji.part2.png"
    for part in (old, new):
        part.write_bytes(b"torn")
    os.utime(old, (1e9, 1e9))
    (inside / "a-emoji.png").write_bytes(b"of the first try")
    answer = annotate(given)
    assert answer.outcome is not None
    assert answer.outcome.error is None
    assert (inside / "a-emoji.png").read_bytes().startswith(b"\x89PNG")
    assert old.exists(), "an earlier run's"
    assert not new.exists()


def test_a_part_that_a_lost_process_still_holds_is_waited_for(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from emojicam.cluster import worker

    held = PartFile(inside / "a-emoji.png")
    asked: list[float] = []

    def sleep(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) == 3:
            held.keep()

    monkeypatch.setattr(worker.time, "sleep", sleep)
    worker._remove_left(held.part, time.time() - 5)
    assert len(asked) == 3
    assert not held.part.exists()
