"""Hand files out to a cluster, take what comes back, and hand out again what was lost with a node."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from emojicam.addresses import Address, Place
from emojicam.batch import Outcome, Work, join
from emojicam.cluster.connection import LOCAL, connected, proxies
from emojicam.cluster.share import Share
from emojicam.cluster.worker import Answer, Task, annotate
from emojicam.console import say
from emojicam.errors import DeviceError, InputError, first_line
from emojicam.plan import Job
from emojicam.scratch import scratch, sweep
from emojicam.stores import abandon

TRIES = 4
"""Times that a file is handed out at most: what kills whoever reads it is no node's fault."""

AHEAD = 64
"""Files that are handed out at least: more than are worked on, so that no worker waits, and a cluster may grow."""

TAKEN = 32
"""Files that are waited for together, for a tenth of a second: of photos hundreds may come in a second."""

COUNTED = 5.0
"""Seconds for which the size of a cluster is believed."""

PATIENCE = 20.0
"""Seconds that workers get to close what they write."""


def in_cluster(
    work: Work,
    jobs: Sequence[Job],
    address: str,
    share: Share,
    leave: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome]:
    """Annotate files on a cluster, each as a task of its own.

    Args:
        work: What to do.
        jobs: The files.
        address: Where the cluster is, or `LOCAL`.
        share: What each file gets of it.
        leave: Asked ten times a second: if true, every worker closes what it writes and the run is interrupted.

    Yields:
        What became of each file, as they are done.

    Raises:
        EmojicamError: The cluster can't be used, nothing can be annotated there, or the report can't be written.
        KeyboardInterrupt: `leave` said so.
    """
    settled = replace(work, settings=share.settings(work.settings), earlier=None)
    with scratch() as folder, connected(address, share) as ray:
        hands = _Hands(ray, settled, jobs, share, folder)
        say_what_is_awaited(ray, address, share)
        try:
            yield from hands.outcomes(leave)
        except KeyboardInterrupt:
            hands.join(work)
            raise
        hands.join(work)
        hands.say_what_was_lost()


def say_what_is_awaited(ray: Any, address: str, share: Share) -> None:
    """Say so if no node of a cluster has what a file is to get: it is waited for one.

    Raises:
        DeviceError: It is a cluster of this machine, to which none will come.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(node.get("CPU", 0) >= share.cpus and node.get("GPU", 0) >= share.gpus for node in nodes):
        return
    if address == LOCAL:
        raise DeviceError(f"--per-task {share}: this machine has no such GPU")
    say(f"emojicam: no node of the cluster has {share} for a file; one is waited for")


class _Hands:
    """The files that are waiting, those that are handed out, and the records of those that came back."""

    def __init__(self, ray: Any, work: Work, jobs: Sequence[Job], share: Share, folder: Path) -> None:
        self._ray, self._work, self._jobs, self._share, self._folder = ray, work, jobs, share, folder
        self._began = time.time()
        self._waiting = deque((job, 1) for job in jobs)
        self._out: dict[Any, tuple[Job, int]] = {}
        self._records: dict[Place, Path] = {}
        self._lost = 0
        self._most, self._counted = AHEAD, -math.inf
        # Without our tries Ray would hand out again by itself, and nobody would clear up what was left.
        # A process that has had a GPU would end after one file if `max_calls` didn't say otherwise.
        given = {"num_cpus": share.cpus, "num_gpus": share.gpus, "max_retries": 0, "max_calls": 0}
        self._annotate = ray.remote(**given)(annotate)

    def outcomes(self, leave: Callable[[], bool]) -> Iterator[Outcome]:
        """Hand out and take back until all is done."""
        while self._waiting or self._out:
            if leave():
                raise self._interrupted()
            self._hand_out()
            ready, _ = self._ray.wait(list(self._out), num_returns=min(TAKEN, len(self._out)), timeout=0.1)
            for reference in ready:
                outcome = self._taken(reference, *self._out.pop(reference))
                if outcome is not None:
                    yield outcome

    def _hand_out(self) -> None:
        if self._waiting and time.monotonic() > self._counted + COUNTED:
            self._counted, self._most = time.monotonic(), self._count()
        while self._waiting and len(self._out) < self._most:
            job, number = self._waiting.popleft()
            since = self._began if number > 1 else None
            task = Task(self._work, job, os.getcwd(), proxies(), since=since)
            self._out[self._annotate.remote(task)] = job, number

    def _count(self) -> int:
        """Count the files that may be handed out: twice as many as the cluster can work on at present."""
        there = self._ray.cluster_resources()
        each = [there.get("CPU", 0) / self._share.cpus]
        if self._share.gpus:
            each.append(there.get("GPU", 0) / self._share.gpus)
        return max(AHEAD, 2 * int(min(each)))

    def _taken(self, reference: Any, job: Job, number: int) -> Outcome | None:
        """Take what became of a file; None if it was lost, and is handed out again."""
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(reference)
        except errors.RayTaskError as error:
            return Outcome(
                job, None, InputError(f"{job.source}: the process that worked on it failed: {_cause(error)}")
            )
        except errors.RayError:
            return self._again(job, number)
        assert isinstance(answer, Answer)
        if answer.failure is not None:
            raise answer.failure
        if answer.outcome is not None and answer.record:
            self._keep(job, answer.record)
        return answer.outcome

    def _again(self, job: Job, number: int) -> Outcome | None:
        self._lost += 1
        if number < TRIES:
            self._waiting.appendleft((job, number + 1))
            return None
        if isinstance(job.target, Address):
            abandon(job.target)
        return Outcome(job, None, InputError(f"{job.source}: the processes that worked on it died, {number} of them"))

    def _keep(self, job: Job, record: bytes) -> None:
        assert self._work.report is not None
        path = self._folder / f"{len(self._records)}{self._work.report.suffix}"
        path.write_bytes(record)
        self._records[job.source] = path

    def _interrupted(self) -> KeyboardInterrupt:
        """Ask all workers to close what they write, which they do side by side, and note what each says of it."""
        interrupt = KeyboardInterrupt()
        for reference in self._out:
            self._ray.cancel(reference)
        ready, _ = self._ray.wait(list(self._out), num_returns=len(self._out), timeout=PATIENCE)
        for reference in ready:
            try:
                answer = self._ray.get(reference)
            except self._ray.exceptions.RayError:  # it had not begun
                continue
            for note in answer.notes:
                interrupt.add_note(note)
        return interrupt

    def join(self, work: Work) -> None:
        """Write the records as one report, in the order of the files."""
        if work.report:
            join([self._records[job.source] for job in self._jobs if job.source in self._records], work)

    def say_what_was_lost(self) -> None:
        """Say how many files were handed out again, and remove what lost workers left on this machine."""
        if self._lost:
            sweep()
            say(f"emojicam: given out again because a worker was lost: {self._lost} {_files(self._lost)}")


def _files(count: int) -> str:
    return "file" if count == 1 else "files"


def _cause(error: Any) -> str:
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {first_line(cause)}"
