"""Annotate several files, one after the other or in several processes, and tell what became of each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import cast

from emojicam.addresses import Place
from emojicam.afar import near, results
from emojicam.console import prepare
from emojicam.errors import EmojicamError, InputError, OutputError, UsageError
from emojicam.files import Part
from emojicam.interrupt import Interrupt, ask_to_end
from emojicam.plan import Job
from emojicam.progress import Progress, VideoBar, say_what_runs
from emojicam.redraw import Redrawer
from emojicam.settings import Settings
from emojicam.stores import Listing
from emojicam.stream.media.container import Kind
from emojicam.stream.records.earlier import Earlier
from emojicam.stream.records.report import Recorder, ReportWriter, go_on
from emojicam.stream.types import Judged
from emojicam.summary import Summary
from emojicam.wiring import Annotator, Painter, one_thread_each

PHOTOS = 32
"""Photos that one process annotates before another is started: loading the models takes a second."""


PATIENCE = 20.0
"""Seconds that a process gets to close what it writes."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one file.

    Attributes:
        job: The file.
        summary: What was seen in it; None if it failed.
        error: Why it failed.
    """

    job: Job
    summary: Summary | None
    error: EmojicamError | None = None


@dataclass(frozen=True)
class Work:
    """The instructions by which files are annotated.

    Attributes:
        settings: How faces are found, judged and drawn.
        report: The file in which to record what was seen, or None.
        overwrite: Results may replace what is there.
        earlier: What earlier runs recorded, with which the report begins; None: it is a new one.
        record: The record that is drawn; None: the files are looked at.
    """

    settings: Settings
    report: Path | None = None
    overwrite: bool = False
    earlier: Earlier | None = None
    record: Path | None = None

    def load(self, settings: Settings) -> Annotator | Redrawer:
        """Load what the files need.

        Args:
            settings: `settings`, or what one process of several gets of them.

        Raises:
            EmojicamError: Something can't be loaded; the message says what and why.
        """
        return Annotator(settings) if self.record is None else Redrawer(settings, self.record)


Watch = Callable[[Job], Progress | None]
"""Called before each file: gives what is to be told of the file's frames, or None."""


def one_by_one(
    annotator: Painter,
    work: Work,
    jobs: Sequence[Job],
    *,
    watch: Watch = lambda job: None,
    leave: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome]:
    """Annotate files in this process. One that fails does not stop the others.

    Args:
        annotator: Loaded with `work.settings`.
        work: What to do.
        jobs: The files.
        watch: Asked for each video's progress.
        leave: Asked before each frame of a video and after each file: if true, all is closed and the run interrupted.

    Yields:
        What became of each file, when it is done.

    Raises:
        EmojicamError: The report can't be written; all files have been annotated all the same.
        KeyboardInterrupt: `leave` said so.
    """
    with ExitStack() as stack:
        report = None
        if work.report:
            writer = annotator.report(work.report, overwrite=work.overwrite, earlier=work.earlier)
            report = _Recording(stack.enter_context(writer))
        for job in jobs:
            try:
                outcome = _one(annotator, work, job, report, watch(job), leave)
            except EmojicamError as error:
                outcome = Outcome(job, None, error)
            if report:
                report.flush()
            yield outcome
            if leave():  # in here, so that the report sees it, and is kept
                raise KeyboardInterrupt
        if report and report.failed:
            raise report.failed


class _Recording:
    """A report whose failure is its own: what is annotated meanwhile is not lost with it."""

    def __init__(self, writer: ReportWriter) -> None:
        self._writer = writer
        self.failed: OutputError | None = None

    def add(self, source: str, judged: Judged) -> None:
        """Record a frame, as long as that goes well."""
        self._trying(lambda: self._writer.add(source, judged))

    def flush(self) -> None:
        """Bring all rows to the system."""
        self._trying(self._writer.flush)

    def _trying(self, work: Callable[[], None]) -> None:
        if self.failed is None:
            try:
                work()
            except OutputError as error:
                self.failed = error


def in_this_process(work: Work, jobs: Sequence[Job], interrupt: Interrupt) -> Iterator[Outcome]:
    """Load everything and annotate files one after the other, with a bar on a terminal.

    Args:
        work: What to do.
        jobs: The files.
        interrupt: Once asked for, all is closed and the run interrupted.

    Yields:
        What became of each file, when it is done.

    Raises:
        EmojicamError: Something can't be loaded, or the report can't be written.
        KeyboardInterrupt: `interrupt` was asked for.
    """
    with work.load(work.settings) as annotator:
        if not isinstance(annotator, Redrawer):
            say_what_runs(annotator.classifiers, annotator.detect.looks, work.settings)
        with interrupt.patiently(), VideoBar(quiet=work.settings.quiet) as bar:
            for outcome in one_by_one(annotator, work, jobs, watch=bar.watch, leave=lambda: interrupt.asked):
                bar.close()
                yield outcome


def _one(
    annotator: Painter,
    work: Work,
    job: Job,
    report: Recorder | None,
    progress: Progress | None,
    leave: Callable[[], bool],
) -> Outcome:
    with near(job, overwrite=work.overwrite) as here:
        record = here.recording(report)
        if here.kind is Kind.PHOTO:
            summary = annotator.photo(here.source, here.target, record, overwrite=work.overwrite)
        else:
            summary = annotator.video(
                here.source, here.target, record, overwrite=work.overwrite, progress=progress, leave=leave
            )
    return Outcome(here.job, summary)


def in_processes(
    work: Work, jobs: Sequence[Job], processes: int, leave: Callable[[], bool] = lambda: False
) -> Iterator[Outcome]:
    """Annotate files in several processes: one for each video, one for each few dozen photos.

    A process that dies takes one file with it: the rest of its files go to another.

    Args:
        work: What to do.
        jobs: The files.
        processes: How many run at a time.
        leave: Asked ten times a second: if true, every process closes what it writes and the run is interrupted.

    Yields:
        What became of each file, as they are done.

    Raises:
        EmojicamError: The report can't be written.
        KeyboardInterrupt: `leave` said so.
    """
    context = multiprocessing.get_context("spawn")
    tasks = deque(_tasks(jobs, processes))
    running: dict[Connection, _Child] = {}
    with tempfile.TemporaryDirectory() as folder:
        records = {
            job: Path(folder) / f"{number}{work.report.suffix}" for number, job in enumerate(jobs) if work.report
        }
        recorded: set[Place] = set()
        try:
            while tasks or running:
                if leave():
                    interrupt = _interrupted(running.values())
                    if work.report:
                        join([records[job] for job in jobs if job.source in recorded], work)
                    raise interrupt
                while tasks and len(running) < processes:
                    child = _Child(context, work, tasks.popleft(), records)
                    running[child.messages] = child
                for messages in wait(list(running), timeout=0.1):
                    child = running[cast("Connection", messages)]
                    outcome = child.next()
                    if outcome is not None:
                        if outcome.summary is not None:
                            recorded.add(outcome.job.source)
                        yield outcome
                    if child.over:
                        del running[child.messages]
                        if child.left:
                            tasks.appendleft(child.left)
            if work.report:
                join([records[job] for job in jobs if job.source in recorded], work)
        finally:
            for child in running.values():
                child.kill()


def _interrupted(children: Iterable[_Child]) -> KeyboardInterrupt:
    """Ask all processes to close what they write, which they do side by side, and note what each says of it."""
    interrupt = KeyboardInterrupt()
    for child in children:
        child.ask_to_leave()
    for child in children:
        for note in child.last_words():
            interrupt.add_note(note)
    return interrupt


def _tasks(jobs: Sequence[Job], processes: int) -> list[list[Job]]:
    photos = [job for job in jobs if job.kind is Kind.PHOTO]
    each = max(1, min(PHOTOS, -(-len(photos) // processes)))
    together = [photos[at : at + each] for at in range(0, len(photos), each)]
    return [[job] for job in jobs if job.kind is not Kind.PHOTO] + together


class _Child:
    """One process and the files that it was given."""

    def __init__(self, context: SpawnContext, work: Work, jobs: list[Job], records: dict[Job, Path]) -> None:
        self.left = list(jobs)
        self.over = False
        self.messages, theirs = context.Pipe(duplex=False)
        mine = {job: records[job] for job in jobs if job in records}
        self._process = context.Process(target=_serve, args=(work, jobs, mine, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def next(self) -> Outcome | None:
        """Wait for the outcome of the next file; None once all are done."""
        try:
            outcome = self.messages.recv()
        except (EOFError, OSError):
            self.over = True
            self._process.join()
            if not self.left:
                return None
            died = self.left.pop(0)
            code = self._process.exitcode or 0
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            return Outcome(died, None, InputError(f"{died.source}: the process that worked on it died ({how})"))
        if isinstance(outcome, EmojicamError):  # nothing can be done at all
            raise outcome
        assert isinstance(outcome, Outcome)
        self.left.pop(0)
        return outcome

    def ask_to_leave(self) -> None:
        """Ask the process to close what it writes, and to end."""
        self._process.terminate()

    def last_words(self) -> list[str]:
        """Collect what the process says of its unfinished output, once it was asked to leave."""
        words: list[str] = []
        try:
            while self.messages.poll(PATIENCE):
                said = self.messages.recv()
                words += said if isinstance(said, list) else []
        except (EOFError, OSError):  # on Windows a pipe whose other end is gone is an OSError
            pass
        return words

    def kill(self) -> None:
        """End the process at once; nothing that it writes is closed."""
        self._process.kill()
        self._process.join()


def _serve(work: Work, jobs: list[Job], records: dict[Job, Path], messages: Connection) -> None:
    """Annotate a process's files and send what became of each: all that the process runs."""
    # A terminal sends Ctrl-C to all processes; it is for the first one to say what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()
    one_thread_each()
    _end_with_parent()
    try:
        with Interrupt(signal.SIGTERM) as interrupt, work.load(replace(work.settings, quiet=True)) as annotator:
            for job in jobs:
                alone = replace(work, report=records.get(job), earlier=None)
                with interrupt.patiently():
                    for outcome in one_by_one(annotator, alone, [job], leave=lambda: interrupt.asked):
                        _tell(messages, outcome)
                if interrupt.asked:
                    return
    except EmojicamError as error:
        _tell(messages, error)
    except KeyboardInterrupt as interrupted:
        _tell(messages, getattr(interrupted, "__notes__", []))
    finally:
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():
            os._exit(1)  # of nets that were being loaded when it ended, their libraries would complain


def _tell(messages: Connection, what: Outcome | EmojicamError | list[str]) -> None:
    """Send something to the process that this one works for, if it still lives."""
    with suppress(OSError):
        messages.send(what)


def _end_with_parent() -> None:
    """Close what is written, and end, when the process ends that this one works for: nobody else would ask it to."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        assert parent is not None
        parent.join()
        ask_to_end()  # once is a request: what is written is closed
        time.sleep(PATIENCE)
        os._exit(1)

    if parent is not None:
        threading.Thread(target=watch, daemon=True, name="parent").start()


def join(records: Sequence[Path], work: Work) -> None:
    """Write the records of several files, in order, as one report, behind what was recorded before.

    Args:
        records: The file of each, as they are to stand.
        work: Where the report goes.

    Raises:
        OutputError: It can't be written.
    """
    assert work.report is not None
    rows = work.report.suffix.lower() == ".csv"
    if not records and work.earlier is not None:
        return  # it stays as it is
    with Part(work.report, overwrite=work.overwrite or work.earlier is not None) as part:
        for number, record in enumerate(records):
            with record.open("rb") as file:
                head = file.readline() if rows else b""  # each has its header
                if not number:
                    part.write(head)
                    if work.earlier is not None:
                        go_on(part, work.earlier, head)
                while block := file.read(1 << 20):
                    part.write(block)


def whole(jobs: Sequence[Job], listing: Listing) -> tuple[list[Job], list[Job]]:
    """Split files into those whose result is there already, and the others.

    A result has its name only once it is whole; one that is older than its source is not of that source.

    Args:
        jobs: The files.
        listing: What lies in the stores.

    Returns:
        Those that are done, and those that are to be done.

    Raises:
        UsageError: Something else than a file is in a result's place.
        EmojicamError: A store can't be asked.
    """
    done: list[Job] = []
    to_do: list[Job] = []
    for job in jobs:
        if isinstance(job.target, Path) and job.target.exists() and not job.target.is_file():
            raise UsageError(f"{job.target}: is not a file")
        written = listing.modified(job.source, InputError) or 0.0
        newer = any((listing.modified(result) or -1.0) >= written for result in results(job))
        (done if newer else to_do).append(job)
    return done, to_do
