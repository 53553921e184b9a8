"""The files that can be had beside an annotated video: a timeline as a picture, and subtitles."""

from __future__ import annotations

from pathlib import Path

from emojicam.errors import EmojicamError, OutputError, UsageError, first_line
from emojicam.files import Part, refuse_existing
from emojicam.models.reports.figure import need_matplotlib
from emojicam.plan import Job, is_folder
from emojicam.stream.media.container import Kind
from emojicam.stream.records.record import Record
from emojicam.stream.records.subtitles import subtitles
from emojicam.timeline import timeline

PLOT, SUBTITLES = ".png", ".srt"


class SideFiles:
    """The timelines and subtitles that were asked for, each for one video."""

    def __init__(self, plot: str | None, subtitles: str | None, *, several: bool, overwrite: bool) -> None:
        """Find out early whether the side files can be written.

        Args:
            plot: A file, or a folder (as `is_folder` says), for the timelines; None: none are wanted.
            subtitles: A file or a folder, in the same way, for the subtitles.
            several: There is more than one video: both must be folders then.
            overwrite: They may replace what is there.

        Raises:
            EmojicamError: They can't be.
        """
        self._plot, self._subtitles, self._overwrite = plot, subtitles, overwrite
        if plot:
            need_matplotlib()
        for name, given, suffix in (("--plot", plot, PLOT), ("--subtitles", subtitles, SUBTITLES)):
            if given and not is_folder(given):
                if several:
                    raise UsageError(f"{name} {given}: several inputs need a folder; end it with a slash")
                if Path(given).suffix.lower() != suffix:
                    raise UsageError(f"{name} {given}: is written as {suffix}")
                refuse_existing(Path(given), overwrite)

    def places(self, job: Job) -> dict[str, Path]:
        """Tell where the side files of one video go: what messages call each, and its path."""
        if job.kind is not Kind.VIDEO:
            return {}
        wanted = {"the timeline": (self._plot, PLOT), "the subtitles": (self._subtitles, SUBTITLES)}
        return {what: _path(given, job, suffix) for what, (given, suffix) in wanted.items() if given}

    def refuse_existing(self, job: Job) -> None:
        """Check the places of one video's side files before any work is done; folders that are missing are made.

        Raises:
            OutputError: Something is there and may not be replaced, or a folder can't be made or written to.
        """
        for path in self.places(job).values():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"{path.parent}: can't be made: {error.strerror}") from error
            refuse_existing(path, self._overwrite)

    def add(self, job: Job, record: Record) -> list[EmojicamError]:
        """Write the side files of one video; what becomes of one is nothing to the other.

        Returns:
            Why they could not be written: an error for each that could not.
        """
        problems: list[EmojicamError] = []
        for what, path in self.places(job).items():
            try:
                content = timeline(record, job.source.name) if path.suffix == PLOT else subtitles(record).encode()
                with Part(path, overwrite=self._overwrite) as part:
                    part.write(content)
            except EmojicamError as error:
                problems.append(error)
            except OSError as error:
                problems.append(OutputError(f"{path}: {what} can't be written: {error.strerror or error}"))
            except Exception as error:  # noqa: BLE001 - whatever a library stumbles over, it is this file's problem
                problems.append(OutputError(f"{path}: {what} can't be made: {first_line(error)}"))
        return problems


def _path(given: str, job: Job, suffix: str) -> Path:
    return Path(given) / f"{job.target.stem}{suffix}" if is_folder(given) else Path(given)
