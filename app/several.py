"""The stages of several live streams: one detector and one classifier for all, and a memory for each stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from emojicam.settings import Settings
from emojicam.stream.faces.gaps import Coast
from emojicam.stream.faces.track import Tracker
from emojicam.stream.line import Line
from emojicam.stream.live.cell import Shown, Size, picture_of, shrunk
from emojicam.stream.live.mirror import mirrored
from emojicam.stream.live.together import Of, Together, apart
from emojicam.stream.types import Frame, Judged, Seen
from emojicam.wiring import Annotator, schedule_of, steadying


class Wanted(Protocol):
    """Says in which forms a stream's frames are wanted; asked in the thread that draws."""

    @property
    def cell(self) -> Size | None:
        """Width and height of a cell of the window, px; None without a window."""
        ...

    @property
    def mirror(self) -> bool:
        """Whether the cells show their pictures as mirrors do."""
        ...

    def whole(self, stream: int) -> bool:
        """Whether somebody wants the frames of a stream drawn in their own size."""
        ...


class Several:
    """The stages for the frames of several streams, whichever comes next."""

    def __init__(self, annotator: Annotator, settings: Settings, count: int, wanted: Wanted) -> None:
        """Begin without any knowledge of the streams.

        Args:
            annotator: Has the models.
            settings: What was chosen.
            count: Number of streams.
            wanted: Says what is to be drawn.
        """
        streams = range(count)
        self._annotator, self._wanted = annotator, wanted
        self._watches = [annotator.watch(live=True) for _ in streams]
        self._trackers = [Tracker() for _ in streams]
        annotator.classifiers.begin()
        self._schedules = [schedule_of(self._answers, settings) for _ in streams]
        self._steady = [steadying(settings) for _ in streams]
        self._covers = [Coast(veil=settings.veil) for _ in streams]

    def line(self, together: Together) -> Line[Of[Shown]]:
        """The line from all streams' frames to drawn ones.

        The detectors' looks at a frame share the thread that takes it: what is late is dropped before them, by
        `Together`, where each stream has its turn. So no channel behind it needs to drop anything; few frames may wait
        in them, for whatever waits gets old, but one of each stream, so that the classifier finds them together.
        """
        line = Line(together, queue_size=1)
        judging = line.along("detect", self.see).gather("classify", self.judge, len(self._watches))
        return judging.along("cover", self.cover).along("draw", self.draw)

    def see(self, one: Of[Frame]) -> Of[Seen]:
        """Find the faces of a frame, and number them."""
        return one.but(self._trackers[one.stream](self._watches[one.stream](one.item)))

    def judge(self, batch: Sequence[Of[Seen]]) -> list[Of[Judged]]:
        """Judge the faces whose turn it is, of all streams in one batch."""
        frames = apart(batch)
        asked = {stream: self._schedules[stream].ask(seen) for stream, seen in frames.items()}
        all_asked = [seen for stream in asked for seen in asked[stream] if seen.faces]
        answers = iter(self._answers(all_asked))
        judged = {}
        for stream, seen in frames.items():
            mine = [next(answers) for one in asked[stream] if one.faces]
            judged[stream] = iter(self._schedules[stream].answer(seen, asked[stream], mine))
        return [one.but(next(judged[one.stream])) for one in batch]

    def _answers(self, frames: Sequence[Seen]) -> list[Judged]:
        """Ask whoever answers at that moment: a GPU is opened meanwhile."""
        return self._annotator.classify.many(frames)

    def cover(self, one: Of[Judged]) -> Of[Judged]:
        """Keep from flickering what is shown of a stream, and covered what is lost for a moment."""
        return one.but(self._covers[one.stream](self._steady[one.stream](one.item)))

    def draw(self, one: Of[Judged]) -> Of[Shown]:
        """Draw a frame in all forms that are wanted."""
        judged, cell, draw = one.item, self._wanted.cell, self._annotator.overlay
        whole = draw(judged) if self._wanted.whole(one.stream) else None
        if cell is None:
            return one.but(Shown(judged, whole))
        small = draw(shrunk(judged, cell))
        turned = self._wanted.mirror and not judged.frame.placeholder
        seen = draw(mirrored(shrunk(judged, cell))) if turned else small
        return one.but(Shown(judged, whole, small, picture_of(seen)))
