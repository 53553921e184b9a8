"""Files that lie in object stores: what their copies are called, and work on them in a scratch folder.

A million objects can't be opened before the work begins. Their names decide what is planned; what the copy is called
in the end, content decides, as it does of files.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from emojicam import files, plan, stores
from emojicam.addresses import Address, Place, place
from emojicam.errors import EmojicamError, InputError, OutputError, UsageError
from emojicam.plan import MARK, Job
from emojicam.scratch import scratch
from emojicam.stores import Listing
from emojicam.stream.media import photos, sinks
from emojicam.stream.media.container import Kind
from emojicam.stream.records.report import Recorder
from emojicam.stream.types import Judged


def job(source: Place, out: str | None, *, several: bool, overwrite: bool, listing: Listing) -> Job:
    """Decide where one result goes if it or its source lies in a store, and refuse what could do harm.

    Args:
        source: An input.
        out: What the user gave as -o; by default the current folder.
        several: More than one input: `out` must be a folder then.
        overwrite: Results may replace what is there.
        listing: What lies in the stores.

    Raises:
        EmojicamError: As `plan.job` does; or a store can't be asked.
    """
    if isinstance(source, Address):
        if listing.modified(source, InputError) is None:
            raise UsageError(f"{source}: no such object")
        name, what = f"{source.stem}{MARK}{_suffixes(source)[0]}", _kind(source)
    else:
        name, what = plan.copy_of(source)
    target = _place(name, out, several)
    if target.name != name:
        plan.refuse_suffix(target, what)
    if target == source:
        raise UsageError(f"{target}: the output would replace its own input")
    if isinstance(target, Address):
        stores.refuse_existing(target, overwrite, listing)
    else:
        files.refuse_existing(target, overwrite)
    return Job(source, target, what)


def _place(name: str, out: str | None, several: bool) -> Place:
    """Tell where a result goes; a folder of this machine that is missing is made."""
    if out is None:
        return Path(name)
    named = place(out)
    if isinstance(named, Address):
        return named / name if several or named.is_folder else named
    return plan.folder(out, several=several) / name if several or plan.is_folder(out) else named


def _kind(source: Address) -> Kind:
    return Kind.PHOTO if source.suffix.lower() in (*photos.SUFFIXES, *photos.OTHER_SUFFIXES) else Kind.VIDEO


def _suffixes(source: Place) -> tuple[str, ...]:
    """The suffixes that a copy may get by its source's name, the likeliest first."""
    suffix = source.suffix.lower()
    if suffix in photos.OTHER_SUFFIXES:
        return (".jpg", ".png")
    if suffix == ".gif":
        return (".gif", ".png", ".jpg")
    return (suffix if suffix in (*photos.SUFFIXES, *sinks.SUFFIXES) else sinks.SUFFIXES[0],)


def results(job: Job) -> list[Place]:
    """List what the result of a job may be called: of an object that wasn't opened yet, several names."""
    if not isinstance(job.source, Address) or not _is_ours(job):
        return [job.target]
    return [_with_suffix(job.target, suffix) for suffix in _suffixes(job.source)]


def _is_ours(job: Job) -> bool:
    """Whether the result has the name that we give, and not one that the user named."""
    return job.target.stem == f"{job.source.stem}{MARK}"


def _with_suffix(place: Place, suffix: str) -> Place:
    return place.parent / f"{place.stem}{suffix}"


@dataclass(frozen=True)
class Near:
    """The files of a job while it is worked on, all of this machine.

    Attributes:
        source: The file that is read.
        target: The file that is written.
        kind: What the source is, by its content.
        job: The job, with the place that its result really gets.
    """

    source: Path
    target: Path
    kind: Kind
    job: Job

    def recording(self, report: Recorder | None) -> Recorder | None:
        """Have a report name the source as the user does."""
        return report and _As(report, str(self.job.source))


class _As:
    """A report that is told another name of the source."""

    def __init__(self, report: Recorder, name: str) -> None:
        self._report, self._name = report, name

    def add(self, source: str, judged: Judged) -> None:
        """Record a frame."""
        self._report.add(self._name, judged)


@contextmanager
def near(job: Job, *, overwrite: bool) -> Iterator[Near]:
    """Bring a job's files near, into a scratch folder if they lie in a store, and its result to its place at the end.

    Args:
        job: The job.
        overwrite: The result may replace what is there.

    Raises:
        EmojicamError: An object can't be had, or the result can't be put to its place.
    """
    if isinstance(job.source, Path) and isinstance(job.target, Path):
        yield Near(job.source, job.target, job.kind, job)
        return
    with scratch() as folder:
        try:
            here = _brought(job, folder, overwrite=overwrite)
            yield here
            if isinstance(here.job.target, Address):
                stores.put(here.target, here.job.target, overwrite=overwrite)
        except (EmojicamError, KeyboardInterrupt) as error:
            _rename(error, job, folder)
            raise


def _brought(job: Job, folder: Path, *, overwrite: bool) -> Near:
    if isinstance(job.source, Address):
        source = folder / "in" / job.source.name
        source.parent.mkdir()
        stores.fetch(job.source, source)
    else:
        source = job.source
    if isinstance(job.target, Address):
        out, overwrite = folder / "out", True
        out.mkdir()
    else:
        out = job.target.parent
    name = f"{out}/" if _is_ours(job) else out / job.target.name
    planned = plan.job(source, name, several=False, overwrite=overwrite)
    assert isinstance(planned.target, Path)
    settled = replace(job, target=job.target.parent / planned.target.name, kind=planned.kind)
    return Near(source, planned.target, planned.kind, settled)


def _rename(error: BaseException, job: Job, folder: Path) -> None:
    """Have an error tell of the files that the user named, and of nothing that goes away with the scratch folder."""
    names = {str(folder / "in" / job.source.name): str(job.source), f"{folder / 'out'}/": f"{job.target.parent}/"}
    said = str(error)
    for ours, theirs in names.items():
        said = said.replace(ours, theirs)
    if isinstance(error, EmojicamError) and said != str(error):
        error.args = (said,)
    if hasattr(error, "__notes__"):
        error.__notes__ = [note for note in error.__notes__ if str(folder) not in note]


@contextmanager
def report_near(report: Place | None, *, resume: bool, overwrite: bool, listing: Listing) -> Iterator[Path | None]:
    """Lend a file for a report that goes to a store, and put it there at the end, also of an interrupted run.

    Args:
        report: Where the report is to be; a path is lent as it is.
        resume: It goes on from the one that is there.
        overwrite: It may replace the one that is there.
        listing: What lies in the stores.

    Raises:
        OutputError: It can't be put there; a note tells where it is instead.
    """
    if not isinstance(report, Address):
        yield report
        return
    stores.refuse_existing(report, resume or overwrite, listing)
    with scratch() as folder:
        path = folder / report.name
        if resume and not overwrite and listing.modified(report) is not None:
            stores.fetch(report, path)
        try:
            yield path
        except KeyboardInterrupt:
            _put_report(path, report)
            raise
        _put_report(path, report)


def _put_report(path: Path, report: Address) -> None:
    if not path.is_file():
        return
    try:
        stores.put(path, report, overwrite=True)
    except OutputError as error:
        kept = Path(report.name)
        with suppress(OSError):
            if not kept.exists():
                shutil.copyfile(path, kept)
                error.add_note(f"it is in {kept}")
        raise
