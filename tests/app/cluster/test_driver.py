"""Files are handed out, come back, and are handed out again, with a Ray of our own in the place of the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emojicam.batch import Outcome, Work
from emojicam.cluster import driver
from emojicam.cluster.driver import AHEAD, TRIES, _Hands, say_what_is_awaited
from emojicam.cluster.share import Share
from emojicam.cluster.worker import Answer, Task
from emojicam.errors import DeviceError, InputError
from emojicam.plan import Job
from emojicam.settings import Settings
from emojicam.stream.media.container import Kind
from emojicam.summary import Summary

SHARE = Share(1, 0)


class RayError(Exception):
    """As Ray's own."""


class RayTaskError(RayError):
    """As Ray's own, of work that failed."""

    cause: Exception | None = None


class FakeRay:
    """Does each task when its result is asked for, in the order of handing out; `work` says what becomes of it."""

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, work: Callable[[Task], Answer], cpus: float = 2) -> None:
        self._work, self._cpus = work, cpus
        self.given: dict[str, float] = {}
        self.handed_out: list[Task] = []
        self.cancelled: list[int] = []
        self.most_waiting = 0

    def remote(self, **given: float) -> Callable[[object], Any]:
        self.given = given
        return lambda function: SimpleNamespace(remote=self._remote)

    def _remote(self, task: Task) -> int:
        self.handed_out.append(task)
        return len(self.handed_out) - 1

    def wait(
        self, references: list[int], num_returns: int = 1, timeout: float | None = None
    ) -> tuple[list[int], list[int]]:
        self.most_waiting = max(self.most_waiting, len(references))
        return references[:num_returns], references[num_returns:]

    def get(self, reference: int) -> Answer:
        if reference in self.cancelled and reference % 2:
            raise RayError
        return self._work(self.handed_out[reference])

    def cancel(self, reference: int) -> None:
        self.cancelled.append(reference)

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": self._cpus}

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": {"CPU": self._cpus}}, {"Alive": False, "Resources": {"GPU": 8.0}}]


def jobs(count: int) -> list[Job]:
    return [Job(Path(f"{n}.png"), Path(f"{n}-emoji.png"), Kind.PHOTO) for n in range(count)]


def done(task: Task) -> Answer:
    return Answer(Outcome(task.job, Summary()), f"{task.job.source}\n".encode())


def hands(ray: FakeRay, folder: Path, count: int) -> _Hands:
    return _Hands(ray, Work(Settings(), Path("seen.jsonl")), jobs(count), SHARE, folder)


def test_each_file_comes_back_once_and_the_report_is_in_their_order(inside: Path) -> None:
    ray = FakeRay(done, cpus=200)
    (inside / "records").mkdir()
    given = hands(ray, inside / "records", 500)
    outcomes = list(given.outcomes(lambda: False))
    assert sorted(int(outcome.job.source.stem) for outcome in outcomes) == list(range(500))
    assert ray.most_waiting == 400, "twice as many as there are cores"
    given.join(Work(Settings(), Path("seen.jsonl")))
    assert Path("seen.jsonl").read_text() == "".join(f"{n}.png\n" for n in range(500))
    assert ray.given == {"num_cpus": 1, "num_gpus": 0, "max_retries": 0, "max_calls": 0}


def test_a_small_cluster_is_given_some_ahead(tmp_path: Path) -> None:
    ray = FakeRay(done)
    assert len(list(hands(ray, tmp_path, 200).outcomes(lambda: False))) == 200
    assert ray.most_waiting == AHEAD


def test_what_is_lost_is_handed_out_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def lost_once(task: Task) -> Answer:
        if task.job.source.stem == "1" and task.since is None:
            raise RayError
        return done(task)

    ray = FakeRay(lost_once)
    given = hands(ray, tmp_path, 3)
    outcomes = list(given.outcomes(lambda: False))
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert [task.job.source.stem for task in ray.handed_out] == ["0", "1", "2", "1"]
    given.say_what_was_lost()
    assert capfd.readouterr().err == "emojicam: given out again because a worker was lost: 1 file\n"


def test_a_file_that_kills_whoever_reads_it_is_given_up(tmp_path: Path) -> None:
    def deadly(task: Task) -> Answer:
        if task.job.source.stem == "1":
            raise RayError
        return done(task)

    ray = FakeRay(deadly)
    outcomes = {outcome.job.source.stem: outcome for outcome in hands(ray, tmp_path, 3).outcomes(lambda: False)}
    assert len(ray.handed_out) == 2 + TRIES
    assert isinstance(outcomes["1"].error, InputError)
    assert str(outcomes["1"].error) == f"1.png: the processes that worked on it died, {TRIES} of them"
    assert outcomes["0"].error is outcomes["2"].error is None


def test_a_defect_costs_one_file_and_no_further_try(tmp_path: Path) -> None:
    def fails(task: Task) -> Answer:
        error = RayTaskError("a long trace")
        error.cause = ValueError("wrong\nsecond line")
        raise error

    ray = FakeRay(fails)
    (outcome,) = hands(ray, tmp_path, 1).outcomes(lambda: False)
    assert str(outcome.error) == "0.png: the process that worked on it failed: ValueError: wrong"
    assert len(ray.handed_out) == 1


def test_what_no_worker_can_do_ends_the_run(tmp_path: Path) -> None:
    ray = FakeRay(lambda task: Answer(failure=DeviceError("a node has no model")))
    with pytest.raises(DeviceError, match="a node has no model"):
        list(hands(ray, tmp_path, 3).outcomes(lambda: False))


def take(outcomes: Iterable[Outcome], taken: list[Outcome]) -> None:
    """Each as soon as it is there."""
    for outcome in outcomes:
        taken.append(outcome)


def test_an_interruption_asks_all_and_keeps_the_report(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files are done, one is under way, and one had not begun."""

    def work(task: Task) -> Answer:
        return Answer(notes=["5 frames are in 2-emoji.part.mp4"]) if task.job.source.stem == "2" else done(task)

    ray = FakeRay(work)
    (inside / "records").mkdir()
    given = hands(ray, inside / "records", 4)
    done_by_now: list[Outcome] = []
    monkeypatch.setattr(driver, "TAKEN", 2)
    with pytest.raises(KeyboardInterrupt) as interrupt:
        take(given.outcomes(lambda: len(done_by_now) == 2), done_by_now)
    assert ray.cancelled == [2, 3]
    assert interrupt.value.__notes__ == ["5 frames are in 2-emoji.part.mp4"]
    given.join(Work(Settings(), Path("seen.jsonl")))
    assert Path("seen.jsonl").read_text() == "0.png\n1.png\n"


def test_what_no_node_has_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    ray = FakeRay(done)
    say_what_is_awaited(ray, "local", SHARE)
    say_what_is_awaited(ray, "head:6379", Share(1, 0.5))
    assert capfd.readouterr().err == (
        "emojicam: no node of the cluster has cpus=1,gpus=0.5 for a file; one is waited for\n"
    )
    with pytest.raises(DeviceError, match="this machine has no such GPU"):
        say_what_is_awaited(ray, "local", Share(1, 0.5))
