"""The command `bench`: what classifier, detectors, overlay, codecs and the whole cost on this machine."""

from __future__ import annotations

import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import av
import av.video.stream
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.hwaccel import HWAccel, hwdevices_available

import emojicam
from emojicam import assets, models, sample_clip
from emojicam.console import say, show
from emojicam.errors import DeviceError, EmojicamError, MissingExtra, UsageError
from emojicam.files import Part, refuse_existing
from emojicam.settings import Settings
from emojicam.stream.choices import PRESET, PRESETS, THEME, THRESHOLD, Provider, Range, Style
from emojicam.stream.cores import usable
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.faces.centerface import CenterFace
from emojicam.stream.faces.detect import Detector
from emojicam.stream.faces.detector_files import SECOND, have
from emojicam.stream.i420 import Pixels
from emojicam.stream.inference.installed import load
from emojicam.stream.inference.provider import ThisMachine, missing
from emojicam.stream.media import encoders
from emojicam.stream.media.photos import read_photo
from emojicam.stream.types import Format, Frame
from emojicam.wiring import Annotator

ROUNDS = 7
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
FRAME_BATCHES = (1, 8, 16)
"""Frames that the second detector is shown at once."""

HARDWARE = (*(one.codec for one in encoders.HARDWARE), "h264_vaapi", "h264_v4l2m2m", "h264_mf")
"""Names that FFmpeg has for H.264 encoders in hardware."""


@dataclass(frozen=True)
class Row:
    """One thing that was measured.

    Attributes:
        part: The part of emojicam.
        what: The way of doing its work.
        ms: Milliseconds of wall time a face, or a frame: the median of the rounds.
        cpu_ms: Milliseconds of CPU time a face, or a frame, all threads together: the median of the rounds.
        per: "face" or "frame".
        times: How many times as fast as the part's first row, measured in turn with it: the median of the ratios.
    """

    part: str
    what: str
    ms: float
    cpu_ms: float
    per: str
    times: float


def machine() -> dict[str, Any]:
    """Describe this machine and its software, as far as the figures depend on them."""
    onnxruntime = load()
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        names = [
            line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")
        ]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    return {
        "cpu": cpu,
        "cores": usable(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "emojicam": emojicam.__version__,
        "onnxruntime": onnxruntime.__version__,
        "providers": [one.value for one in _providers()],
    }


@dataclass(frozen=True)
class Case:
    """One way of doing a thing, to be compared with others.

    Attributes:
        work: Does it once.
        units: Faces or frames that it does at once.
    """

    work: Callable[[], object]
    units: int = 1


@dataclass(frozen=True)
class Stopwatch:
    """Tells the seconds that have passed, and those of CPU that this process has taken; tests have others."""

    wall: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time


REAL = Stopwatch()


def measure(
    part: str, cases: Mapping[str, Case], *, per: str, seconds: float, clock: Stopwatch = REAL
) -> Iterator[Row]:
    """Run several ways of doing one thing in turn, so that whatever else the machine does meets all of them alike.

    Args:
        part: The part of emojicam.
        cases: Ways by name; the first is what the others are compared with.
        per: What a unit is: "face" or "frame".
        seconds: How long each case is to run, all rounds together.
        clock: Tells the time.

    Yields:
        A row for each case.
    """
    calls: dict[str, int] = {}
    for name, case in cases.items():
        case.work()
        case.work()
        started = clock.wall()
        case.work()
        calls[name] = max(1, round(seconds / ROUNDS / max(clock.wall() - started, 1e-6)))
    wall: dict[str, list[float]] = {name: [] for name in cases}
    cpu: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            at, busy = clock.wall(), clock.cpu()
            for _ in range(calls[name]):
                case.work()
            wall[name].append((clock.wall() - at) / calls[name] / case.units)
            cpu[name].append((clock.cpu() - busy) / calls[name] / case.units)
    first = next(iter(cases))
    for name in cases:
        ratio = statistics.median(one / two for one, two in zip(wall[first], wall[name], strict=True))
        ms, busy_ms = (1000 * statistics.median(times[name]) for times in (wall, cpu))
        yield Row(part, name, round(ms, 4), round(busy_ms, 4), per, round(ratio, 3))


def batches(model: str, seconds: float) -> Iterator[Row]:
    """Measure the classifier by size of batch, on every provider that is here."""
    cases: dict[str, Case] = {}
    rng = np.random.default_rng(0)
    for provider in _providers():
        try:
            classify = Classifier(models.model_file(model), provider)
        except DeviceError as error:  # it seemed to be there: the other providers are measured all the same
            say(f"emojicam: {error}")
            continue
        card = classify.card
        faces = rng.integers(0, 256, (max(BATCHES), card.channels, card.crop.size, card.crop.size), dtype=np.uint8)
        for size in BATCHES:
            work = partial(classify.probabilities, faces[:size])
            cases[f"{provider.value}, batch {size}"] = Case(work, size)
    yield from measure(f"{model} by batch", cases, per="face", seconds=seconds)


def against_torch(model: str, seconds: float) -> Iterator[Row]:
    """Measure one net in ONNX Runtime, in torch, compiled by torch, and with coarser numbers: one face, one thread.

    The weights are random, the answers are compared.

    Raises:
        MissingExtra: torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtra("torch", "train") from error
    from dataclasses import replace

    from emojicam.export.precision import Precision
    from emojicam.export.to_onnx import export
    from emojicam.models import registry
    from emojicam.models.answering import Answering
    from emojicam.models.checkpoint import Checkpoint
    from emojicam.models.compiled import compiled
    from emojicam.training import sample_faces

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    card = Classifier(models.model_file(model), Provider.CPU).card
    torch.manual_seed(0)
    outputs = len(card.labels) + (2 if card.affect else 0)
    net = registry.build(card.net, outputs).eval()
    checkpoint = Checkpoint(replace(card, precision="fp32"), net)
    shipped = Answering(net, card).eval()
    faces = sample_faces(card)
    face = torch.from_numpy(faces[:1])
    try:
        with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
            answers: dict[str, Callable[[], npt.NDArray[np.float32]]] = {}
            for precision in Precision:
                path = Path(folder) / f"{precision.value}.onnx"
                with torch.inference_mode(mode=False):
                    export(checkpoint, path, faces, precision)
                classify = Classifier(path, Provider.CPU)
                answers[f"ONNX Runtime, {precision.value}"] = partial(classify.probabilities, faces[:1])
            answers["torch, eager"] = lambda: shipped(face)[0].numpy()
            with suppress(UsageError):  # without a C++ compiler, say, it can't be measured here
                fast = compiled(shipped, face)
                answers["torch.compile"] = lambda: fast(face)[0].numpy()
            expected = shipped(face)[0].numpy()
            for name, work in answers.items():
                worst = float(np.abs(work() - expected).max())
                limit = 1e-4 if "fp16" not in name and "int8" not in name else 0.2
                if not worst <= limit:
                    raise AssertionError(f"{name} answers otherwise, by {worst:.2g}")
            cases = {name: Case(work) for name, work in answers.items()}
            yield from measure(f"{card.net}, one face, one thread", cases, per="face", seconds=seconds)
    finally:
        torch.set_num_threads(threads)


def detector(seconds: float) -> Iterator[Row]:
    """Measure the detector on the sample portrait, one face, by size of the picture and range."""
    for width, height in ((640, 480), (1280, 720)):
        frame = Frame(0, 0.0, _view(width, height))
        detectors = {f"{one.value}, {width}×{height}": Detector(one, quiet=True) for one in Range}
        try:
            cases = {name: Case(partial(found, frame)) for name, found in detectors.items()}
            for name, found in detectors.items():
                if not found(frame).faces:
                    raise AssertionError(f"{name} finds no face")
            yield from measure("detector", cases, per="frame", seconds=seconds)
        finally:
            for found in detectors.values():
                found.close()


def second_detector(seconds: float) -> Iterator[Row]:
    """Measure the second detector by frames at once, 640×384 px each, on every provider that is here."""
    file = have(SECOND)
    if file is None:
        say(f"emojicam: no figures of the second detector: {SECOND.name} isn't there (emojicam fetch)")
        return
    picture = np.ascontiguousarray(_view(640, 384)[..., ::-1])
    cases: dict[str, Case] = {}
    for provider in _providers():
        try:
            find = CenterFace(file, provider)
        except EmojicamError as error:
            say(f"emojicam: {error}")
            continue
        if not find([picture], THRESHOLD)[0]:
            raise AssertionError(f"the second detector finds no face on {provider.value}")
        for size in FRAME_BATCHES:
            cases[f"{provider.value}, batch {size}"] = Case(partial(find, [picture] * size, THRESHOLD), size)
    yield from measure("second detector, 640×384", cases, per="frame", seconds=seconds)


def codecs(seconds: float) -> Iterator[Row]:
    """Measure how H.264 is written and read, 1280×720, by software and by the hardware that opens here."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        _encode(X264, clip)
        encoders = [name for name in HARDWARE if name in av.codecs_available]
        works = {name: partial(_encode, name, clip.with_name(f"{name}.mp4")) for name in (X264, *encoders)}
        yield from measure("encode H.264, 1280×720", working(works), per="frame", seconds=seconds)
        works = {name: partial(_decode, clip, name) for name in (SOFTWARE, *hwdevices_available())}
        yield from measure("decode H.264, 1280×720", working(works), per="frame", seconds=seconds)


X264, SOFTWARE = "libx264", "software"

LENGTH = 60
"""Frames that are encoded or decoded in one piece of work: to open a codec in hardware takes some of its time."""


def working(works: Mapping[str, Callable[[], object]]) -> dict[str, Case]:
    """Choose the codecs that do their work here: that PyAV holds one says nothing. Those that don't are said.

    Args:
        works: What each does, by name: software first, which always works.
    """
    cases: dict[str, Case] = {}
    for name, work in works.items():
        try:
            work()
        except (av.FFmpegError, RuntimeError, NotImplementedError, ValueError):
            continue
        cases[name] = Case(work, LENGTH)
    idle = [name for name in works if name not in cases]
    if idle:
        say(f"emojicam: no such hardware here: {', '.join(idle)}")
    return cases


def _encode(codec: str, path: Path) -> None:
    """Write a clip of the sample portrait that moves a little."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=30)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height = 1280, 720
        formats = {form.name for form in stream.codec.video_formats or ()}
        stream.pix_fmt = "yuv420p" if "yuv420p" in formats else "nv12"
        if codec == X264:
            stream.options = {"preset": PRESET}
        for picture in _moving(stream.pix_fmt):
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


@cache
def _moving(pix_fmt: str) -> list[av.VideoFrame]:
    view = _view(1280, 720)
    frames = [av.VideoFrame.from_ndarray(np.roll(view, 2 * n, axis=1), format="bgr24") for n in range(LENGTH)]
    return [frame.reformat(format=pix_fmt) for frame in frames]


def _decode(clip: Path, device: str) -> None:
    """Read all frames of a clip into memory, by software or by a kind of device as FFmpeg calls it.

    Raises:
        ValueError: Not all frames came.
    """
    hardware = None if device == "software" else HWAccel(device, allow_software_fallback=False)
    with av.open(str(clip), hwaccel=hardware) as container:
        container.streams.video[0].thread_type = "AUTO"
        number = sum(frame.to_ndarray().shape[1] == 1280 for frame in container.decode(video=0))
    if number != LENGTH:
        raise ValueError(f"{number} frames of {LENGTH}")


def overlay(seconds: float) -> Iterator[Row]:
    """Measure how one emoji is drawn on a frame of 1280×720, as a video has it (I420) and as a photo has it (BGR)."""
    bgr = _view(1280, 720)
    planes = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    frames = {"I420": Frame(0, 0.0, planes, Format.I420), "BGR": Frame(0, 0.0, bgr)}
    with Annotator(Settings(quiet=True)) as annotator:
        judged = {name: annotator.judge(frame) for name, frame in frames.items()}
        pictures = {label: assets.emojis(THEME, label) for label in annotator.classify.card.labels}
    for style in Style:
        draw = Overlay(pictures.__getitem__, style, disc=assets.DISC)
        cases = {f"{style.value}, {name}": Case(partial(draw, one)) for name, one in judged.items()}
        yield from measure("overlay, 1280×720", cases, per="frame", seconds=seconds)


def pipeline(seconds: float) -> Iterator[Row]:
    """Measure the whole pipeline on the demo's clip, one face: decoded, searched, judged, drawn, encoded."""
    with tempfile.TemporaryDirectory() as folder:
        clip, out = Path(folder) / "clip.mp4", Path(folder) / "out.mp4"
        sample_clip.make_clip(read_photo(assets.sample_photo()).bgr, clip)
        annotators = {preset: Annotator(Settings(preset=preset, quiet=True)) for preset in (PRESET, PRESETS[0])}
        try:
            frames = annotators[PRESET].video(clip, out, overwrite=True).frames
            cases = {
                f"annotate, x264 {preset}": Case(partial(one.video, clip, out, overwrite=True), frames)
                for preset, one in annotators.items()
            }
            yield from measure(
                f"pipeline, {sample_clip.WIDTH}×{sample_clip.HEIGHT}", cases, per="frame", seconds=seconds
            )
        finally:
            for one in annotators.values():
                one.__exit__(None, None, None)


def _view(width: int, height: int) -> Pixels:
    """The sample portrait's face, half as high as the picture, in the middle of grey."""
    head = read_photo(assets.sample_photo()).bgr[20:240, 120:340]
    picture = np.full((height, width, 3), 110, np.uint8)
    left = (width - height) // 2
    picture[:, left : left + height] = cv2.resize(head, (height, height), interpolation=cv2.INTER_CUBIC)
    return picture


def _providers() -> list[Provider]:
    here = ThisMachine()
    return [one for one in (Provider.CPU, Provider.CUDA, Provider.TENSORRT) if missing(one, here) is None]


def table(rows: list[Row]) -> str:
    """The rows as text, a block for each part."""
    width = max(len(row.what) for row in rows)
    lines: list[str] = []
    part = ""
    for row in rows:
        if row.part != part:
            part = row.part
            heads = f"{'ms':>9}  {'CPU ms':>9}  {'a second':>9}  {'times as fast':>13}"
            lines += ["", f"{part}, per {row.per}", f"  {'':{width}}  {heads}"]
        lines.append(
            f"  {row.what:{width}}  {row.ms:9.3f}  {row.cpu_ms:9.3f}  {1000 / row.ms:9,.0f}  {row.times:13.2f}"
        )
    return "\n".join(lines[1:])


def as_json(rows: list[Row]) -> dict[str, Any]:
    """The machine and all rows, as they are written to a file."""
    return {"machine": machine(), "rows": [asdict(row) for row in rows]}


@dataclass(frozen=True)
class BenchOptions:
    """The options of `emojicam bench`.

    Attributes:
        model: A shipped model's name, or an ONNX file.
        json: Where to write the figures as well.
        seconds: How long each case runs.
        overwrite: A file that is there may be replaced.
    """

    model: str
    json: Path | None
    seconds: float
    overwrite: bool


def bench(options: BenchOptions) -> int:
    """Measure everything, and print it as a table."""
    if not 0 < options.seconds <= 600:
        raise UsageError(f"--seconds {options.seconds:g}: more than 0, at most 600")
    if options.json:
        refuse_existing(options.json, options.overwrite)
    load()
    rows: list[Row] = []
    try:
        rows += against_torch(options.model, options.seconds)
    except MissingExtra as error:
        say(f"emojicam: no comparison with torch: {error}")
    rows += batches(options.model, options.seconds)
    for measured in (detector, second_detector, overlay, codecs, pipeline):
        rows += measured(options.seconds)
    show(", ".join(f"{name} {value}" for name, value in machine().items() if name != "providers"))
    show(table(rows))
    if options.json:
        with Part(options.json, overwrite=options.overwrite) as part:
            part.write(json.dumps(as_json(rows), indent=1).encode())
    return 0
