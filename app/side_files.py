"""The files that can be had beside an annotated video: a timeline as a picture, and subtitles."""

from __future__ import annotations

import os
from pathlib import Path

from emojicam.errors import UsageError
from emojicam.files import Part, refuse_existing
from emojicam.models.reports.figure import need_matplotlib
from emojicam.plan import Job
from emojicam.stream.records.record import Record
from emojicam.stream.records.subtitles import subtitles
from emojicam.timeline import timeline

PLOT, SUBTITLES = ".png", ".srt"


class SideFiles:
    """The timelines and subtitles that were asked for, each for one video."""

    def __init__(self, plot: str | None, subtitles: str | None, *, several: bool, overwrite: bool) -> None:
        """Find out early whether the side files can be written.

        Args:
            plot: A file, or a folder (it is there, or a slash ends it), for the timelines; None: none are wanted.
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
            if given and not _is_folder(given):
                if several:
                    raise UsageError(f"{name} {given}: several inputs need a folder; end it with a slash")
                if Path(given).suffix.lower() != suffix:
                    raise UsageError(f"{name} {given}: is written as {suffix}")
                refuse_existing(Path(given), overwrite)

    def add(self, job: Job, record: Record) -> None:
        """Write the side files of one video.

        Raises:
            OutputError: They can't be written.
        """
        if self._plot:
            self._write(self._plot, job, PLOT, timeline(record, job.source.name))
        if self._subtitles:
            self._write(self._subtitles, job, SUBTITLES, subtitles(record).encode())

    def _write(self, given: str, job: Job, suffix: str, content: bytes) -> None:
        path = Path(given)
        if _is_folder(given):
            path.mkdir(parents=True, exist_ok=True)
            path = path / f"{job.target.stem}{suffix}"
        with Part(path, overwrite=self._overwrite) as part:
            part.write(content)


def _is_folder(given: str) -> bool:
    return given.endswith(("/", os.sep)) or Path(given).is_dir()
