"""Puts stages together, and for files their sources and sinks; it decides which stages share a thread."""

from __future__ import annotations

import ctypes
import gc
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from emojicam import assets, models
from emojicam.assets.manifest import manifest
from emojicam.corrections import refuse_unknown
from emojicam.pictures import Pictures, shipped_pictures
from emojicam.progress import Progress
from emojicam.settings import DEFAULTS, Settings
from emojicam.stream import cores
from emojicam.stream.choices import DECODER, SCALE, SHADOW, Decoder, Provider, Range, Scans, Style
from emojicam.stream.drawing.correct import Correct
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.emotions.resting import RestingFaces
from emojicam.stream.emotions.schedule import EVERY, ClassificationSchedule
from emojicam.stream.emotions.smooth import Smoother
from emojicam.stream.faces.centerface import CenterFace
from emojicam.stream.faces.detect import Detector
from emojicam.stream.faces.gaps import Coast, LookAhead
from emojicam.stream.faces.scan import ScanAside
from emojicam.stream.faces.scan_ahead import BATCH, ScanAhead
from emojicam.stream.faces.track import Tracker, counted
from emojicam.stream.faces.video_detector import VideoDetector
from emojicam.stream.inference.provider import Machine, ThisMachine, missing, worth
from emojicam.stream.inference.warming import Warming
from emojicam.stream.line import Line, Source
from emojicam.stream.media import outputs
from emojicam.stream.media.animations import Animation
from emojicam.stream.media.container import Kind, is_animation, kind
from emojicam.stream.media.encoders import QUICK
from emojicam.stream.media.photos import Photo, read_photo, write_photo
from emojicam.stream.media.reread import Reread
from emojicam.stream.media.sources import VideoFile
from emojicam.stream.records.earlier import Earlier
from emojicam.stream.records.report import Recorder, ReportWriter
from emojicam.stream.types import Drawn, Frame, Judged, Seen
from emojicam.summary import Summary

GATHER = 8
"""Frames whose faces are judged in one batch, if so many are waiting."""

ROOMY = 6
"""Cores from which on a file's frames are read again, and drawn, in a thread of their own: no thread but the encoder's
then has more than 3 ms of work for a frame (720p, three faces). With fewer it costs more than it saves: see `drawing`.
"""

WAITING = 8
"""Frames of a file that may wait between its two threads: while one of them hesitates, the other has work.

With two of them it took 6.7 ms a frame, not 6.3, and with 64 it took 6.4 (720p, one face, ultrafast, 2 cores).
"""


ARENA_MAX = -8
"""The number by which glibc's `mallopt` knows the most stores of memory (M_ARENA_MAX, malloc.h)."""


def one_thread_each() -> None:
    """Keep OpenCV from starting threads of its own, in the whole process: the line's threads have work for all cores.

    At 1280x720 with one face OpenCV's own cost 1.4 ms a frame (2 cores), and saved no time. Of glibc's stores of memory
    two are enough as well: with one for each thread a time-lapse, in which every frame is scanned, takes 30 to 100 MB
    more than a clip in which few are, with two 20 to 55 MB, and both take 25 MB less.
    """
    cv2.setNumThreads(1)
    with suppress(OSError, AttributeError, TypeError):  # another system, or another library
        ctypes.CDLL(None).mallopt(ARENA_MAX, 2)


@contextmanager
def settled() -> Iterator[None]:
    """Keep Python's search for garbage from what is loaded by now, in the whole process, while the `with` lasts.

    For a live stream, when all is loaded. Among a hundred thousand objects of the libraries that search stopped every
    thread for 59 ms, once in a few minutes (2 cores): two frames.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class Painter(ABC):
    """Draws on photos and videos what is known of their faces, wherever that is known from."""

    def __init__(self, settings: Settings, *, sharp: bool = True) -> None:
        """Load the emoji.

        Args:
            settings: What was chosen.
            sharp: The emoji of large faces are drawn anew, which a live stream has no time for (see `overlay`).

        Raises:
            UsageError: There is no such theme, it lacks an emoji, or a correction names no emotion.
        """
        self._settings, self._sharp = settings, sharp
        self._cores = settings.cores or cores.usable()
        refuse_unknown(settings.corrections, self.labels)
        self._correct = Correct(settings.corrections)
        self.restyle(None, None)

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The emotions that faces are told by."""

    @property
    @abstractmethod
    def affect(self) -> bool:
        """Whether valence and arousal are told, too."""

    @property
    def pictured(self) -> tuple[str, ...]:
        """The emotions that may be drawn."""
        return self.labels

    @abstractmethod
    def judge_photo(self, path: Path, frame: Frame) -> Judged:
        """The faces of a photo, each with an emotion.

        Raises:
            EmojicamError: They can't be known.
        """

    @abstractmethod
    def line(self, video: VideoFile | Animation, reread: Reread) -> Line[Drawn]:
        """The line from a file's frames to drawn frames.

        Raises:
            EmojicamError: Its faces can't be known.
        """

    def restyle(self, style: Style | None, theme: str | None) -> None:
        """Draw in another style or with other emoji from the next frame on; None keeps what is.

        Raises:
            UsageError: There is no such theme, or it lacks an emoji.
        """
        settings = self._settings
        settings = replace(settings, style=style or settings.style, theme=theme or settings.theme)
        folder = assets.theme_folder(settings.theme)
        self._settings = settings
        self._overlay = overlay(
            folder, self.pictured, settings.style, sharp=self._sharp, scale=settings.scale, shadow=settings.shadow
        )
        self._apart = self._overlay.apart()

    def overlay(self, judged: Judged, *, shadow: bool = True) -> Drawn:
        """Draw the emoji on a copy of a frame, as the user has corrected it, with shadows if there are to be any."""
        return self._overlay(self._correct(judged), shadow=shadow)

    @property
    def style(self) -> Style:
        """The way in which the emotion is shown of faces that have no style of their own."""
        return self._settings.style

    def overlay_apart(self, judged: Judged) -> Drawn:
        """Draw as `overlay` does, in another thread than that of the line."""
        return self._apart(judged)

    def report(self, path: Path, *, overwrite: bool = False, earlier: Earlier | None = None) -> ReportWriter:
        """Make the writer of a report, with a column for all that is told of a face, and what was recorded before."""
        return ReportWriter(path, self.labels, affect=self.affect, overwrite=overwrite, earlier=earlier)

    def photo(self, source: Path, target: Path, report: Recorder | None = None, *, overwrite: bool = False) -> Summary:
        """Annotate a photo.

        Raises:
            EmojicamError: It can't be read or written.
        """
        photo = read_photo(source)
        drawn = self.overlay(self.judge_photo(source, Frame(0, 0.0, photo.bgr)), shadow=photo.alpha is None)
        write_photo(redrawn(photo, drawn), target, overwrite=overwrite)
        if report:
            report.add(str(source), drawn.judged)
        summary = Summary()
        summary.add(drawn.judged)
        summary.notes += [*photo.notes, *summary.doubts, *self._nobody(summary)]
        return summary

    def video(
        self,
        source: Path,
        target: Path,
        report: Recorder | None = None,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
        leave: Callable[[], bool] = lambda: False,
    ) -> Summary:
        """Annotate a video; sound and timestamps are kept.

        Args:
            source: The video.
            target: Where the result goes.
            report: Takes a record of each frame.
            overwrite: The result may replace what is there.
            progress: Told after each frame.
            leave: Asked before each frame: if true, the frames under way are written and the run is interrupted.

        Raises:
            EmojicamError: It can't be read or written.
            KeyboardInterrupt: `leave` said so; what is written is closed and kept under its other name.
        """
        summary = Summary()
        with self.open(source) as video:
            writer = outputs.writer(
                target,
                video.info,
                preset=self._settings.preset,
                encoder=self._settings.encoder,
                overwrite=overwrite,
            )

            def sink(drawn: Drawn) -> None:
                writer(drawn)
                if report:
                    report.add(str(source), drawn.judged)
                summary.add(drawn.judged)
                if progress:
                    progress(summary.frames, video.info.frames)

            reread = Reread(video)
            line = self.line(video, reread)  # what is refused is refused before anything is written
            with writer:
                result = line.run(sink, leave=leave)
                if result.left:
                    # Inside the `with`: what is written so far is closed properly and keeps its other name.
                    raise KeyboardInterrupt
            summary.times = result.times
            summary.notes += [*writer.notes, *video.notes, *reread.notes, *summary.doubts, *self._nobody(summary)]
        return summary

    def open(self, path: Path) -> VideoFile | Animation:
        """Open a video as a source of frames, decoded as the settings want it.

        Raises:
            EmojicamError: It can't be read.
        """
        return opened(path, self._settings.decoder)

    def _nobody(self, summary: Summary) -> list[str]:
        """Say which persons are nowhere that the user has corrected."""
        numbers = sorted(number for number in summary.record.people if number)
        there = ", ".join(map(str, numbers)) or "none"
        asked = [number for number, _ in self._settings.corrections.persons if number not in numbers]
        return [f"--person {number}: there is no such person; there are: {there}" for number in asked]


class Annotator(Painter):
    """Detector, classifier and overlay, loaded once, for any number of files. Use it in a `with`, in one thread.

    Attributes:
        detect: Finds faces.
        classifiers: Judge them: a classifier that is ready, and perhaps a GPU's, for streams and long videos.
        apart: The cores that the two threads of a video keep to, the detector's first; none: each may run on all.
    """

    def __init__(self, settings: Settings = DEFAULTS, *, sharp: bool = True, machine: Machine | None = None) -> None:
        """Load the emoji, the classifier and the detector.

        Args:
            settings: What was chosen.
            sharp: The emoji of large faces are drawn anew, which a live stream has no time for (see `overlay`).
            machine: The facts about this machine by which a provider is chosen; by default it is asked.

        Raises:
            EmojicamError: A part can't be loaded; the message says which and why.
        """
        # What fails fast comes first: the theme and the model are checked before the detector is fetched.
        assets.theme_folder(settings.theme)
        self.classifiers = classifiers_of(settings, machine or ThisMachine())
        super().__init__(settings, sharp=sharp)
        self.apart = cores.pair(os.getpid()) if self._two_threads and self._cores > 1 else ()
        # MediaPipe's threads, which do the detector's work, stay where they are started.
        with cores.kept_to(self.apart[0] if self.apart else None):
            self.detect = Detector(
                settings.range,
                settings.threshold,
                settings.min_face,
                settings.detector_files,
                Provider.CUDA if self.classifiers.ready.provider is Provider.CUDA else Provider.CPU,
                quiet=settings.quiet,
            )
        self._wide_nets: dict[Provider, Warming[CenterFace | None]] = {}
        self._aside = ThreadPoolExecutor(1, "scan", initializer=cores.give_way)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._aside.shutdown(wait=True, cancel_futures=True)
        self.classifiers.close()
        for opening in self._wide_nets.values():
            opening.close()
        self.detect.close()

    @property
    def classify(self) -> Classifier:
        """The classifier that answers at this moment; a live stream asks whichever it is."""
        return self.classifiers.now

    def watch(self, *, live: bool) -> VideoDetector:
        """Begin to detect the faces of one stream; of a live one no frame waits for the second net."""
        looks = self.detect.looks
        return VideoDetector(self.detect, ScanAside(looks, self._aside) if live else None)

    def _scanning(self, source: Source[Frame]) -> ScanAhead | None:
        """Begin to scan every frame of a source; None: the second net sees one now and then."""
        provider = scanner_of(self._settings, gpu=self.on_gpu(source))
        if provider is None:
            return None
        most = 1 if source.live or provider is Provider.CPU else BATCH
        opening = self._wide_net(provider)
        if source.live:
            opening.begin()
        return ScanAhead((lambda: opening.now) if source.live else opening.best, self._settings.range, most)

    def _wide_net(self, provider: Provider) -> Warming[CenterFace | None]:
        """The second net for whole frames: a camera goes on while it is opened, a file waits for it."""
        if provider not in self._wide_nets:
            wide = partial(self.detect.looks.wide, provider, fast_math=self._settings.fast_math)
            self._wide_nets[provider] = Warming(None, wide)
        return self._wide_nets[provider]

    def _seeing(self, source: Source[Frame]) -> Line[Seen]:
        """The line from frames to those with their faces, detected and numbered.

        Where every frame is scanned that is a thread of its own: it waits for a GPU most of the time.
        """
        watch, scan = self.watch(live=source.live), self._scanning(source)
        if scan is None:
            seeing = Line(source).then("detect", watch)
        else:
            # With room for a batch before it and behind it, a GPU waits neither for the next frames nor for the last.
            line = Line(source, queue_size=max(2, scan.most))
            seeing = line.through("scan", scan, apart=True).then("detect", watch.scanned)
        return seeing.along("track", Tracker())

    def _seeing_along(self, source: Source[Frame]) -> Line[Seen]:
        """The same, in the thread that reads."""
        watch, scan = self.watch(live=False), self._scanning(source)
        line = Line(source, queue_size=WAITING, cores=self.apart)
        if scan is None:
            seeing = line.along("detect", watch)
        else:
            seeing = line.through("scan", scan).along("detect", watch.scanned)
        return seeing.along("track", Tracker())

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's emotions."""
        return self.classifiers.ready.card.labels

    @property
    def affect(self) -> bool:
        """Whether the model says valence and arousal, too."""
        return self.classifiers.ready.card.affect

    def judge(self, frame: Frame) -> Judged:
        """Find, judge and number the faces of one picture; of a single picture nothing can be smoothed."""
        return self.judge_all([frame])[0]

    def judge_all(self, frames: Sequence[Frame]) -> list[Judged]:
        """Find the faces of several pictures that have nothing to do with each other, and judge them in one batch."""
        judged = self.classifiers.ready.many([self.detect(frame) for frame in frames])
        return [counted(Smoother(self._settings.steadiness)(one)) for one in judged]

    def judge_photo(self, path: Path, frame: Frame) -> Judged:
        """Find and judge the faces of a photo."""
        return self.judge(frame)

    def line(self, video: VideoFile | Animation, reread: Reread) -> Line[Drawn]:
        """The line from a file's frames to drawn frames, as `drawing` makes it."""
        return self.drawing(video, reread)

    def warm_up(self) -> None:
        """Judge and draw the sample, for a live stream's sake: its first frame would be late, and the second lost.

        What the libraries do once, at their first call, takes 30 ms, and up to a second after the machine was started.
        A GPU, if there is one, is opened aside, and not waited for.
        """
        self.classifiers.begin()
        self.overlay(self.judge(Frame(0, 0.0, read_photo(assets.sample_photo()).bgr)))

    def stream(self, source: Path) -> Iterator[Judged]:
        """Judge the frames of a photo or a video, one after the other, several at work at a time.

        Raises:
            EmojicamError: It can't be read.
        """
        if kind(source) is Kind.PHOTO:
            yield self.judge(Frame(0, 0.0, read_photo(source).bgr))
            return
        with self.open(source) as video:
            with self._judging(video).start() as run:
                for judged in run:
                    yield replace(judged, faces=tuple(face for face in judged.faces if face.confirmed))

    def _judging(self, source: Source[Frame]) -> Line[Judged]:
        """The line from frames to judged frames: a thread for each step, and a batch for all faces that are waiting.

        On 2 cores at 720p, ultrafast, with one face (benchmarks/annotate.py and others of its kind), wall ms a frame:
        6.4 like this, 7.1 with a thread for the overlay too, 8.6 with one thread for all three steps.
        """
        # Two frames may wait between two threads, of a camera as well. With one, a slow sink's frames are fresher by
        # 33 ms, but whenever the machine hesitates for as long, a frame is lost.
        schedule = schedule_of(self._judge_of(source), self._settings)
        judging = self._seeing(source).gather("classify", schedule, GATHER)
        return judging.along("smooth", steadying(self._settings))

    def drawing(self, source: Source[Frame], reread: Reread | None = None) -> Line[Drawn]:
        """The line from frames to drawn frames.

        A file is looked ahead for seconds: with `reread` it is read twice, without it its frames are held, which takes
        memory and so may end the looking ahead.

        With a file the sink is an encoder. On 2 cores two threads are enough where it is quick: in the same time
        (6.4 ms a frame) that takes 10.6 ms of CPU, not 11.2. With a slower encoder, which has threads of its own, it
        takes longer (11.2, not 9.5 ms).

        Each of the two keeps to its own core, MediaPipe's threads with the first: these hand on to each other some ten
        times a frame, and wherever the system runs the next, the other thread is in its way. That and a longer queue
        make 6.3 ms a frame of 7.7 (1,200 frames, eight runs in turn).
        """
        if source.live:
            return self._judging(source).along("cover", Coast(veil=self._settings.veil)).along("draw", self.overlay)
        judging = self._judging_file(source)
        ahead = self._settings.lookahead
        if reread is None or not ahead:
            return judging.through("cover", LookAhead(ahead, lambda: True)).along("draw", self.overlay)
        covering = judging.through("cover", LookAhead(ahead, reread.doubtful))
        roomy = not self._two_threads and self._cores >= ROOMY
        return covering.through("reread", reread, apart=roomy).along("draw", self.overlay)

    def covered(self, source: Source[Frame]) -> Iterator[Judged]:
        """Judge the frames of a file, looked ahead, without drawing them: without their pixels, too.

        Raises:
            EmojicamError: It can't be read.
        """
        covering = self._judging_file(source).through("cover", LookAhead(self._settings.lookahead, lambda: False))
        with covering.start() as run:
            yield from run

    def _judging_file(self, source: Source[Frame]) -> Line[Judged]:
        """The line from a file's frames to judged ones, in the threads that `drawing` tells of."""
        if self._two_threads:
            schedule = schedule_of(self._judge_of(source), self._settings)
            seeing = self._seeing_along(source).with_sink()
            judging = seeing.along("classify", lambda seen: schedule([seen])[0])
            return judging.along("smooth", steadying(self._settings))
        return self._judging(source)

    def _judge_of(self, source: Source[Frame]) -> Callable[[Sequence[Seen]], list[Judged]]:
        """Choose who classifies the faces of a source, and begin to open a GPU if its work is worth one.

        A live stream is answered by the CPU until the GPU is there. A file waits for it, with its first frames decoded
        and searched: were they answered by whoever is there first, two runs would differ in the last digits.
        """
        if not self.on_gpu(source):
            return self.classifiers.ready.many
        self.classifiers.begin()
        if source.live:
            return lambda frames: self.classifiers.now.many(frames)
        return lambda frames: self.classifiers.best().many(frames)

    def on_gpu(self, source: Source[Frame]) -> bool:
        """Whether the work on a source is done on a GPU, where one can be had."""
        if self.classifiers.may_change:
            return source.live or worth(frames_of(source))
        return self.classifiers.ready.provider is not Provider.CPU

    @property
    def _two_threads(self) -> bool:
        alone = self.classifiers.ready.provider is Provider.CPU and not self.classifiers.may_change
        return alone and self._cores <= 2 and self._settings.preset in QUICK


def classifiers_of(settings: Settings, machine: Machine) -> Warming[Classifier]:
    """Load the classifier that is ready at once, and know how to open a GPU's.

    With `auto` the CPU is ready, and answers for photos and short clips all the way: for these a GPU costs more than it
    saves. Where a GPU then fails, the CPU does its work.

    Raises:
        EmojicamError: The model can't be used, or the provider that was asked for by name can't be had.
    """
    auto = settings.provider is Provider.AUTO

    def classifier(provider: Provider) -> Classifier:
        model = models.model_file(settings.model)
        return Classifier(model, provider, settings.expressive, fast_math=settings.fast_math, machine=machine)

    ready = classifier(Provider.CPU if auto else settings.provider)
    there = auto and missing(Provider.CUDA, machine) is None
    return Warming(ready, partial(classifier, Provider.AUTO) if there else None)


def frames_of(source: Source[Frame]) -> int | None:
    """The number of frames that a file is expected to have: None if nobody knows, 0 of any other source."""
    return source.info.frames if isinstance(source, VideoFile | Animation) else 0


def scanner_of(settings: Settings, *, gpu: bool) -> Provider | None:
    """Choose where the second net sees every frame of a stream; None: it sees one now and then, where it always does.

    Args:
        settings: What was chosen.
        gpu: There is one for it.
    """
    wanted = settings.scan
    if settings.range is Range.NEAR or wanted is Scans.SELDOM or (wanted is Scans.AUTO and not gpu):
        return None
    return Provider.CUDA if gpu else Provider.CPU


def schedule_of(judge: Callable[[Sequence[Seen]], list[Judged]], settings: Settings) -> ClassificationSchedule:
    """Begin a schedule for one stream: who is classified when, as the settings want it."""
    return ClassificationSchedule(judge, 0.0 if settings.every_frame else EVERY)


def steadying(settings: Settings) -> Callable[[Judged], Judged]:
    """Begin to make one stream's frames steady: what is shown of each face, by what is known of the person."""
    smooth = Smoother(settings.steadiness)
    if not settings.resting_face:
        return smooth
    rest = RestingFaces()
    return lambda judged: smooth(rest(judged))


def overlay(
    theme: Path,
    labels: Sequence[str],
    style: Style,
    *,
    sharp: bool = True,
    scale: float = SCALE,
    shadow: bool = SHADOW,
) -> Overlay:
    """Make the overlay that draws the emoji of a theme.

    Args:
        theme: Its folder.
        labels: The emotions that there must be pictures of.
        style: Where the emoji goes.
        sharp: A face that is larger than a picture's file gets one drawn from the SVG beside it. That takes a second,
            in which no other thread runs: it is not for live streams.
        scale: Factor of the usual size.
        shadow: A cover casts a soft shadow.

    Raises:
        UsageError: The theme and `classic` lack one, or it can't be read.
    """
    pictures = Pictures(theme, labels) if assets.is_own(theme) else shipped_pictures(theme, tuple(labels))
    return Overlay(
        pictures,
        style,
        disc=assets.disc(theme),
        scale=scale,
        shadow=shadow and not manifest(theme).flat,
        larger=pictures.drawn if sharp else pictures.stored,
    )


def opened(path: Path, decoder: Decoder = DECODER) -> VideoFile | Animation:
    """Open a video as a source of frames; animated WebP and AVIF have a reader of their own.

    Raises:
        EmojicamError: It can't be read.
    """
    return Animation(path) if is_animation(path) else VideoFile(path, decoder)


def redrawn(before: Photo, drawn: Drawn) -> Photo:
    """The drawn picture with the photo's transparency; where an emoji lies, it is opaque."""
    if before.alpha is None:
        return replace(before, bgr=drawn.pixels)
    touched = (drawn.pixels != before.bgr).any(axis=2)
    return replace(before, bgr=drawn.pixels, alpha=np.where(touched, 255, before.alpha).astype(np.uint8))
