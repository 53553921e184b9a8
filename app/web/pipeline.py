"""The stages as visitors use them: one detector and one classifier for all, and a memory for each stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from emojicam.progress import say_what_is_missed
from emojicam.settings import Settings
from emojicam.stream.choices import Steadiness
from emojicam.stream.emotions.schedule import ClassificationSchedule
from emojicam.stream.emotions.smooth import Smoother
from emojicam.stream.faces.detect import Detector, Steps
from emojicam.stream.faces.gaps import Coast
from emojicam.stream.faces.track import Tracker
from emojicam.stream.faces.video_detector import VideoDetector
from emojicam.stream.types import Frame, Judged, Seen
from emojicam.wiring import Annotator, schedule_of, steadying


class Session(Protocol):
    """The memory of one stream, or, for as long as it takes, of one photo."""

    def ask(self, frame: Frame) -> Steps[Seen]:
        """Find the faces of a frame, a step at a time, and give those that must be judged."""

    def answer(self, judged: Judged) -> Judged:
        """All faces of the frame that was asked about last, given those that were judged."""


class Models(Protocol):
    """The detector and the classifier, which work in the thread that made them."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's emotions."""

    def photo(self) -> Session:
        """Open a session for one photo."""

    def stream(self) -> Session:
        """Open a session for the frames of one stream."""

    def judge(self, frames: Sequence[Seen]) -> list[Judged]:
        """Judge all faces of several frames, whoever sent them, in one batch."""


class PhotoSession:
    """The session of one photo: nothing to follow, nothing to smooth."""

    def __init__(self, detect: Detector, steadiness: Steadiness) -> None:
        self._detect = detect
        self._smooth = Smoother(steadiness)

    def ask(self, frame: Frame) -> Steps[Seen]:
        """Find the faces of the photo, and give them all; a large one takes many steps."""
        return self._detect.stepwise(frame)

    def answer(self, judged: Judged) -> Judged:
        """The faces as they were judged, those that nobody can be sure of as neutral."""
        return self._smooth(judged)


class StreamSession:
    """The session of one camera: its faces are followed, judged ten times a second, steadied and kept covered."""

    def __init__(self, detect: VideoDetector, schedule: ClassificationSchedule, settings: Settings) -> None:
        self._detect = detect
        self._track = Tracker()
        self._schedule = schedule
        self._smooth = steadying(settings)
        self._cover = Coast(veil=settings.veil)
        self._seen: list[Seen] = []
        self._asked: list[Seen] = []

    def ask(self, frame: Frame) -> Steps[Seen]:
        """Find the faces of the next frame, and give those whose turn it is, in one step."""
        yield from ()
        self._seen = [self._track(self._detect(frame))]
        self._asked = self._schedule.ask(self._seen)
        return self._asked[0]

    def answer(self, judged: Judged) -> Judged:
        """All faces of that frame, and those that were there a moment ago."""
        (whole,) = self._schedule.answer(self._seen, self._asked, [judged] if judged.faces else [])
        return self._cover(self._smooth(whole))


class Loaded:
    """The models that an annotator has loaded."""

    def __init__(self, annotator: Annotator, settings: Settings) -> None:
        self._annotator, self._settings = annotator, settings

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's emotions."""
        return self._annotator.labels

    def photo(self) -> Session:
        """Open a session for one photo."""
        return PhotoSession(self._annotator.detect, self._settings.steadiness)

    def stream(self) -> Session:
        """Open a session for the frames of one camera."""
        return StreamSession(self._annotator.watch(live=True), schedule_of(self.judge, self._settings), self._settings)

    def judge(self, frames: Sequence[Seen]) -> list[Judged]:
        """Classify the faces of several frames in one batch."""
        return self._annotator.classify.many(frames)


@contextmanager
def load(settings: Settings) -> Iterator[Models]:
    """Load the models, in this thread and for this thread.

    Raises:
        EmojicamError: A part can't be loaded; the message says which and why.
    """
    with Annotator(settings) as annotator:
        say_what_is_missed(annotator.detect.looks, settings)
        annotator.classifiers.begin()  # a server runs for long; until a GPU is there the CPU answers
        yield Loaded(annotator, settings)
