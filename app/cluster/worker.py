"""The work on one file in a process of a cluster, which keeps what it has loaded for the next one."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import emojicam
from emojicam.addresses import Address
from emojicam.batch import Outcome, Work, one_by_one
from emojicam.cluster.connection import NOWHERE, restore
from emojicam.console import prepare
from emojicam.errors import DeviceError, EmojicamError
from emojicam.files import MOST_PARTS, is_written, part_name
from emojicam.interrupt import Interrupt
from emojicam.plan import Job
from emojicam.scratch import scratch
from emojicam.stores import abandon
from emojicam.wiring import Painter, one_thread_each

PATIENCE = 30.0
"""Seconds in which a process that was lost must have let go of what it wrote."""


@dataclass(frozen=True)
class Task:
    """The task of annotating one file.

    Attributes:
        work: How.
        job: The file.
        folder: The folder from which paths are counted.
        proxies: The variables of the environment that name proxies.
        version: Of the emojicam that hands it out.
        since: When the run began, in seconds since 1970, if another process had the file before and was lost; else
            None.
    """

    work: Work
    job: Job
    folder: str
    proxies: dict[str, str | None]
    version: str = emojicam.__version__
    since: float | None = None


@dataclass(frozen=True)
class Answer:
    """The answer of a worker.

    Attributes:
        outcome: What became of the file; None if it was interrupted.
        record: What was seen in it, as a report has it.
        notes: What is left of an output that was interrupted.
        failure: Why nothing can be annotated there at all.
    """

    outcome: Outcome | None = None
    record: bytes = b""
    notes: list[str] = field(default_factory=list)
    failure: EmojicamError | None = None


def annotate(task: Task) -> Answer:
    """Annotate one file: all that a worker runs."""
    try:
        _settle(task)
        painter = _loaded(replace(task.work, report=None))
    except EmojicamError as error:
        return Answer(failure=error)
    work = task.work
    if task.since is not None:
        _clear_up(task.job, task.since)
        # What is there by now, we have made: before the run there was nothing, or it may be replaced.
        work = replace(work, overwrite=True)
    with scratch() as folder, Interrupt(signal.SIGINT) as interrupt, interrupt.patiently():
        record = folder / f"record{work.report.suffix}" if work.report else None
        try:
            alone = replace(work, report=record)
            (outcome,) = one_by_one(painter, alone, [task.job], leave=lambda: interrupt.asked)
        except KeyboardInterrupt as interrupted:
            return Answer(notes=getattr(interrupted, "__notes__", []))
        except EmojicamError as error:
            return Answer(failure=error)
        return Answer(outcome, record.read_bytes() if record and outcome.summary else b"")


def _settle(task: Task) -> None:
    """Work where whoever hands out works, if that folder is there.

    Raises:
        DeviceError: This node has another version.
    """
    if task.version != emojicam.__version__:
        raise DeviceError(f"a node has emojicam {emojicam.__version__}, and this is {task.version}")
    if os.environ.get("http_proxy") == NOWHERE:
        restore(task.proxies)
    with suppress(OSError):
        os.chdir(task.folder)


@cache
def _loaded(work: Work) -> Painter:
    """Load what files need, for as long as the process lives: nothing closes it.

    Raises:
        EmojicamError: It can't be.
    """
    prepare()
    one_thread_each()
    return work.load(work.settings)


def _clear_up(job: Job, since: float) -> None:
    """Remove what a process that was lost left of a result, once it has let go of it."""
    if isinstance(job.target, Address):
        abandon(job.target)
        return
    for number in range(1, MOST_PARTS + 1):
        _remove_left(part_name(job.target, number), since)


def _remove_left(part: Path, since: float) -> None:
    with suppress(OSError):
        if part.stat().st_mtime < since:
            return  # an earlier run's
        end = time.monotonic() + PATIENCE
        while is_written(part) and time.monotonic() < end:
            time.sleep(0.2)
        if not is_written(part):
            part.unlink()
