"""The parts of gpu.py, each run in a process of its own: see there.

usage: python benchmarks/gpu_parts.py PART PROVIDER FOLDER ROWS SECONDS [--quick]

FOLDER is where the clips lie, and what is made; a row is added to ROWS as soon as it is measured. Faces and clips are
made from the sample portrait (see clips.py).
"""

from __future__ import annotations

import inspect
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import av.video.stream
import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
from clips import RATE, write_clip

import emojicam
from emojicam import assets, models
from emojicam.cli import build_parser
from emojicam.commands.bench import Case, measure
from emojicam.errors import first_line
from emojicam.models.card import METADATA_KEY, Card
from emojicam.settings import Settings, settings_of
from emojicam.stream.choices import THRESHOLD, Provider
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.faces.align import align
from emojicam.stream.faces.centerface import CenterFace
from emojicam.stream.faces.detector_files import FILES, SECOND, have
from emojicam.stream.inference import trial
from emojicam.stream.inference.provider import NAMES, ThisMachine, missing
from emojicam.stream.inference.session import open_model
from emojicam.stream.media.photos import read_photo
from emojicam.stream.meter import Times
from emojicam.wiring import Annotator, one_thread_each

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

FAILED = "failed"
"""The value of a figure that could not be had, as gpu.py knows it."""

EYES = ((203.5, 102.0), (246.0, 104.0))
"""The sample portrait's eyes, px."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        faces: For the comparison with the CPU.
        batches: Faces that the classifier is shown at once.
        frame_batches: Frames that the second detector is shown at once.
        pictures: Width and height of these frames, px.
        seconds: How long each small case runs, all rounds together.
        clips: Width and height of the clips, px, by name.
        heads: Faces of the clips.
        frames: Frames of a clip as it is made; longer ones are the same again.
        times: How often a clip is repeated for the longer ones, the shortest first.
        starts: Photos that are annotated for each figure of the start.
        streams: Streams at once; the first number is tried on the CPU as well.
    """

    faces: int = 1024
    batches: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    frame_batches: Sequence[int] = (1, 8, 16)
    pictures: Sequence[tuple[int, int]] = ((640, 384), (1280, 736))
    seconds: float = 0.3
    clips: Sequence[tuple[str, int, int]] = (("720p", 1280, 720), ("1080p", 1920, 1080))
    heads: Sequence[int] = (3, 1, 20)
    frames: int = 120
    times: Sequence[int] = (1, 2, 4, 10)
    starts: int = 3
    streams: Sequence[int] = (16, 4)


TINY = Sizes(48, (1, 4), (1, 2), ((160, 96),), 0.005, (("180p", 320, 180),), (1,), 12, (1, 2), 1, (1,))


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        what: The thing that was measured.
        value: The figure, or a word.
        unit: Its unit.
        note: What else is to be known.
        key: Its name for gpu.py's goals, if it is one of them.
    """

    what: str
    value: float | str
    unit: str = ""
    note: str = ""
    key: str = ""


@dataclass(frozen=True)
class Part:
    """What a part is given.

    Attributes:
        provider: What is measured; the CPU where it stands in its place.
        folder: Where the clips lie, and what is made.
        ends: When it should have ended, on `time.monotonic`'s clock.
        sizes: How much is measured.
        command: Runs the program.
    """

    provider: Provider
    folder: Path
    ends: float = float("inf")
    sizes: Sizes = field(default_factory=Sizes)
    command: Sequence[str] = (sys.executable, "-m", "emojicam")

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.ends - time.monotonic()

    @cached_property
    def model(self) -> Path:
        """The shipped emotion model's file."""
        return Path(models.model_file(models.DEFAULT))

    def clip(self, size: str, heads: int, repeated: int) -> Path:
        """The place of a clip."""
        return self.folder / f"{size}-{heads}-{repeated}.mp4"


def guarded(what: str, rows: Iterator[Row]) -> Iterator[Row]:
    """Give rows; where they fail, a row that says so, and what comes after them goes on."""
    try:
        yield from rows
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        yield Row(what, FAILED, note=first_line(error))


# --- machine ---


def machine(part: Part) -> Iterator[Row]:
    """What the figures depend on."""
    about = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", about.read_text("utf-8")) if about.is_file() else []
    yield Row("CPU", names[0] if names else platform.processor(), note=f"{os.cpu_count()} cores")
    yield Row("GPU", nvidia("name,memory.total,driver_version") or "none that nvidia-smi tells of")
    yield Row("Python", platform.python_version(), note=f"{platform.system()} {platform.machine()}")
    build = onnxruntime.get_build_info() if hasattr(onnxruntime, "get_build_info") else ""
    yield Row("ONNX Runtime", onnxruntime.__version__, note=build)
    yield Row("its providers", ", ".join(onnxruntime.get_available_providers()))
    yield Row("emojicam", emojicam.__version__, note=str(Path(emojicam.__file__).resolve().parent))
    yield Row("PyAV, OpenCV, NumPy", f"{av.__version__}, {cv2.__version__}, {np.__version__}")
    for file in FILES:
        yield Row(file.name, str(have(file) or "not there: emojicam fetch"))


def nvidia(what: str) -> str | None:
    """Ask nvidia-smi about the first GPU; None where there is none to ask."""
    command = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader,nounits", "--id=0"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


# --- providers: which one really runs ---


def providers(part: Part) -> Iterator[Row]:
    """That the provider runs, and that it runs all steps: by a tiny net, by its session, by ONNX Runtime's profile."""
    lacking = missing(part.provider, ThisMachine())
    yield Row("what is missing for it", lacking or "nothing")
    yield Row("a tiny net's answer", trial.failure(part.provider) or "right")
    opened = open_model(part.model, part.provider)
    yield Row("the emotion model's session", ", ".join(opened.session.get_providers()), note=f"as {opened.provider}")
    faces = sample_faces(opened.card, 8)
    yield from profiled(part, "steps of the emotion model", part.model, faces)
    if second := have(SECOND):
        width, height = part.sizes.pictures[0]
        yield from profiled(part, "steps of the second detector", second, floats([view(width, height)]))
        CenterFace(second, part.provider)([view(width, height)], THRESHOLD)


def profiled(part: Part, what: str, model: Path, batch: npt.NDArray[Any]) -> Iterator[Row]:
    """Count the steps of a net by the provider that ran them."""
    options = quiet_options()
    options.enable_profiling = True
    options.profile_file_prefix = str(part.folder / "profile")
    session = session_of(model, part.provider, options)
    session.run(None, {session.get_inputs()[0].name: batch})
    events = json.loads(Path(session.end_profiling()).read_text("utf-8"))
    ran = Counter(one["args"]["provider"] for one in events if one.get("args", {}).get("provider"))
    ours = ran[NAMES[part.provider]]
    note = ", ".join(f"{number} on {name}" for name, number in ran.most_common())
    yield Row(f"{what} on {part.provider.value}", 100 * ours / max(1, ran.total()), "%", note)


def quiet_options() -> onnxruntime.SessionOptions:
    """One thread, as the program has it, and no log."""
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return options


def session_of(
    model: Path, provider: Provider, options: onnxruntime.SessionOptions | None = None, **given: str
) -> onnxruntime.InferenceSession:
    """Open a net without the program's own ways: no bound buffers, no graphs."""
    if provider is not Provider.CPU:
        onnxruntime.preload_dlls()
    name = NAMES[provider]
    session = onnxruntime.InferenceSession(
        str(model), options or quiet_options(), providers=[(name, given)], enable_fallback=0
    )
    if session.get_providers()[0] != name:
        raise RuntimeError(f"{name} isn't used, but {session.get_providers()[0]}")
    return session


# --- parity: the same answers as on the CPU ---


def parity(part: Part) -> Iterator[Row]:
    """The largest difference from the CPU, and the share of labels that agree: plain, with TF32, and as it runs."""
    faces = sample_faces(card_of(part.model), part.sizes.faces)
    cpu = plain_answers(session_of(part.model, Provider.CPU), faces)
    for name, given in TF32.items() if part.provider is Provider.CUDA else [("plain session", {})]:
        yield from guarded(name, plain_parity(part, name, given, faces, cpu))
    for name, keywords in ways(Classifier, part.provider).items():
        yield from guarded(name, shipped_parity(part, name, keywords, faces, cpu))
    yield from guarded("second detector", second_parity(part))


TF32 = {"plain session, no TF32": {"use_tf32": "0"}, "plain session, TF32": {"use_tf32": "1"}}
"""CUDA's options by name: without and with coarser factors of products."""

AT_ONCE = (256,)
"""Faces of a batch, where the batch isn't what is measured."""

ODD = (1, 3, 7, 33, 64, 100, 256)
"""Faces of batches, in turn, that a GPU fills up to a size that it knows."""


def plain_parity(part: Part, name: str, given: dict[str, str], faces: Pixels, cpu: Floats) -> Iterator[Row]:
    """The answers and the speed of ONNX Runtime by itself, with a provider's options."""
    session = session_of(part.model, part.provider, **given)
    yield from differences(name, cpu, plain_answers(session, faces))
    some = faces[: max(part.sizes.batches)]
    took = best(partial(session.run, None, {session.get_inputs()[0].name: some}))
    yield Row(f"{name}, batch {len(some)}", len(some) / took, "faces/s", f"{1000 * took:.2f} ms")


def shipped_parity(part: Part, name: str, keywords: dict[str, Any], faces: Pixels, cpu: Floats) -> Iterator[Row]:
    """The answers of the model as the program runs it."""
    classify = Classifier(part.model, part.provider, **keywords)
    answers = np.concatenate([classify.probabilities(some) for some in split(faces, ODD)])
    yield from differences(name, cpu, answers, "parity.fast" if keywords else "parity.shipped")


def second_parity(part: Part) -> Iterator[Row]:
    """How far what the second detector finds lies from what it finds on the CPU."""
    file = have(SECOND)
    if file is None:
        return
    picture = view(*part.sizes.pictures[0])
    (one,), (two,) = (CenterFace(file, where)([picture], THRESHOLD) for where in (Provider.CPU, part.provider))
    if len(one) != len(two) or not one:
        raise RuntimeError(f"the second detector finds {len(two)} faces, on the CPU {len(one)}")
    apart = max(abs(a - b) for f, g in zip(one, two, strict=True) for a, b in zip(f.box, g.box, strict=True))
    scores = max(abs(f.score - g.score) for f, g in zip(one, two, strict=True))
    yield Row("second detector: boxes from the CPU's", apart, "px", f"scores {scores:.1e}, {len(one)} face(s)")


def ways(kind: Callable[..., object], provider: Provider) -> dict[str, dict[str, Any]]:
    """The ways in which this version can open a model: as it does by itself, and with fast math if it has that."""
    found: dict[str, dict[str, Any]] = {f"{provider.value}, as it runs": {}}
    if "fast_math" in inspect.signature(kind).parameters:
        found[f"{provider.value}, fast math"] = {"fast_math": True}
    return found


def plain_answers(session: onnxruntime.InferenceSession, faces: Pixels) -> Floats:
    """The probabilities of all faces, in batches."""
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: some})[0] for some in split(faces)])


def split(faces: Pixels, sizes: Sequence[int] = AT_ONCE) -> Iterator[Pixels]:
    """Cut faces into batches of these sizes, in turn."""
    at = 0
    for size in cycle(sizes):
        if at >= len(faces):
            return
        yield faces[at : at + size]
        at += size


def differences(name: str, cpu: Floats, other: Floats, key: str = "") -> Iterator[Row]:
    """The largest difference between two sets of answers, and the share of faces with the same label."""
    same = 100 * float((cpu.argmax(1) == other.argmax(1)).mean())
    worst = float(np.abs(cpu - other).max())
    yield Row(f"{name}: largest difference", worst, "", f"{same:.2f} % of {len(cpu):,} labels agree", key)


def best(work: Callable[[], object], rounds: int = 5) -> float:
    """Seconds that something takes: the least of some rounds, after two that don't count."""
    work()
    work()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


# --- classifier, detector ---


def classifier(part: Part) -> Iterator[Row]:
    """The emotion model by faces at once."""
    most = sample_faces(card_of(part.model), max(part.sizes.batches))
    for name, keywords in ways(Classifier, part.provider).items():
        classify = Classifier(part.model, part.provider, **keywords)
        cases = {str(size): Case(partial(classify.probabilities, most[:size]), size) for size in part.sizes.batches}
        for row in measure(name, cases, per="face", seconds=part.sizes.seconds):
            size = int(row.what)
            key = f"classifier.{size}.{'fast' if keywords else 'shipped'}"
            yield Row(f"{name}, batch {size}", 1000 / row.ms, "faces/s", f"{row.ms * size:.3f} ms a batch", key)
    alone = Classifier(part.model, Provider.CPU)
    took = best(lambda: alone.probabilities(most[:1]))
    yield Row("one face on one CPU thread", 1 / took, "faces/s", f"{1000 * took:.2f} ms")


def detector(part: Part) -> Iterator[Row]:
    """The second detector by frames at once: as the program calls it, and its net alone."""
    file = have(SECOND)
    if file is None:
        raise RuntimeError(f"{SECOND.name} isn't there: emojicam fetch")
    find, net = CenterFace(file, part.provider), session_of(file, part.provider)
    cpu = CenterFace(file, Provider.CPU)
    for width, height in part.sizes.pictures:
        picture = view(width, height)
        cases = {"CPU, batch 1": Case(partial(cpu, [picture], THRESHOLD))}
        for size in part.sizes.frame_batches:
            cases[f"batch {size}"] = Case(partial(find, [picture] * size, THRESHOLD), size)
            given = {net.get_inputs()[0].name: floats([picture] * size)}
            cases[f"batch {size}, plain net alone"] = Case(partial(net.run, None, given), size)
        for row in measure("detector", cases, per="frame", seconds=part.sizes.seconds):
            key = f"detector.{width}x{height}.{row.what}"
            yield Row(f"{width}×{height}, {row.what}", row.ms, "ms/frame", f"{1000 / row.ms:,.0f} a second", key)


# --- clips, and the whole pipeline over them ---


def clips(part: Part) -> Iterator[Row]:
    """Make the clips that other parts need, several at a time."""
    wanted = [(name, w, h, heads) for name, w, h in part.sizes.clips for heads in part.sizes.heads]
    started = time.perf_counter()
    with ProcessPoolExecutor(min(len(wanted), os.cpu_count() or 1), get_context("spawn")) as pool:
        list(pool.map(partial(make_clip, part), wanted))
    yield Row(f"{len(wanted)} clips of {part.sizes.frames} frames", time.perf_counter() - started, "s")


def make_clip(part: Part, wanted: tuple[str, int, int, int]) -> None:
    """Make one clip, and the longer ones that repeat it."""
    name, width, height, heads = wanted
    first = part.clip(name, heads, 1)
    write_clip(first, width, height, heads, part.sizes.frames)
    for times in part.sizes.times[1:]:
        repeat(first, part.clip(name, heads, times), times, part.sizes.frames)


def repeat(clip: Path, out: Path, times: int, frames: int) -> None:
    """Write a clip's packets several times, one after the other."""
    with av.open(str(out), "w") as container:
        stream: Any = None
        for number in range(times):
            with av.open(str(clip)) as source:
                (video,) = source.streams.video
                stream = stream or container.add_stream_from_template(video)
                assert video.time_base is not None
                later = round(number * frames / RATE / video.time_base)
                for packet in source.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts, packet.stream = packet.pts + later, packet.dts + later, stream
                    container.mux(packet)


GPU, EVERY, USUAL = "gpu", "every", "usual"
"""The ways to annotate a clip: on the provider; on the CPU, with the second net in every frame; on the CPU as usual."""


def flags_of(part: Part) -> dict[str, list[str]]:
    """The flags of each way. The CPU in a GPU's place has the second net in every frame, as a GPU has it."""
    scan = ["--scan", "every"]
    cpu = ["--provider", "cpu"]
    return {GPU: ["--provider", part.provider.value, *scan], EVERY: [*cpu, *scan], USUAL: cpu}


def settings(flags: Sequence[str]) -> Settings:
    """The settings that flags of `annotate` stand for."""
    given = build_parser().parse_args(["annotate", "clip.mp4", "--quiet", *flags])
    return settings_of(given)


def known(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part flags, each with one value, into those that this version's `annotate` has, and those that it lacks."""
    actions = build_parser().commands.choices["annotate"]._actions
    there = {flag for action in actions for flag in action.option_strings}
    pairs = list(zip(flags[::2], flags[1::2], strict=True))
    has = [word for pair in pairs if pair[0] in there for word in pair]
    return has, [flag for flag, _ in pairs if flag not in there]


CAP, CAP_MORE = 16.0, 4.0
"""Seconds that a way may take for the clip that matters most, and for the others."""

Clip = tuple[str, int]
"""The name of a clip's size, and its number of faces."""


def pipeline(part: Part) -> Iterator[Row]:
    """The whole, decoded to encoded, over the clip that matters most, in every way."""
    first = [(part.sizes.clips[0][0], part.sizes.heads[0])]
    ways = flags_of(part)
    for way, flags in ways.items():
        yield from guarded(way, annotated(part, first, way, flags, CAP))
    hardware = ["--decoder", "hardware"]
    if not known(hardware)[1]:
        name = "hardware decoder"
        yield from guarded(name, annotated(part, first, name, [*ways[GPU], *hardware], CAP_MORE))


def more(part: Part) -> Iterator[Row]:
    """The other clips, in each way as long as there is time."""
    others = [(size, heads) for size, _, _ in part.sizes.clips for heads in part.sizes.heads][1:]
    for way, flags in flags_of(part).items():
        yield from guarded(way, annotated(part, others, way, flags, CAP_MORE))


def annotated(part: Part, clips: Sequence[Clip], way: str, flags: Sequence[str], cap: float) -> Iterator[Row]:
    """Annotate clips in one way, loaded once."""
    has, lacks = known(flags)
    note = f"without {', '.join(lacks)}, which this version lacks" if lacks else ""
    if not clips or (lacks and way == EVERY) or part.left < cap:
        for size, heads in clips:
            yield Row(named(size, heads, way, flags), "left out", note=note or "no time was left")
        return
    one_thread_each()
    with Annotator(settings(has)) as annotator:
        for size, heads in clips:
            what = named(size, heads, way, flags)
            if part.left < cap:
                yield Row(what, "left out", note="no time was left")
                continue
            frames, seconds, used = timed(part, annotator, (size, heads), cap)
            said = "; ".join(one for one in (f"{frames} frames", f"busy: {busiest(used)}", note) if one)
            yield Row(what, frames / seconds, "frames/s", said, f"pipeline.{size}.{heads}.{way}")


def named(size: str, heads: int, way: str, flags: Sequence[str]) -> str:
    """The words for a clip that is annotated in one way."""
    return f"{size}, {heads} face{'s' * (heads != 1)}, {way} ({' '.join(flags)})"


def timed(part: Part, annotator: Annotator, clip: Clip, cap: float) -> tuple[int, float, Times | None]:
    """Annotate as long a clip as takes no more than some seconds; the shortest goes before, and is the measure.

    Returns:
        Its frames, seconds that it took, and what the threads did in them.
    """
    out = part.folder / "out.mp4"

    def run(times: int) -> tuple[float, Times | None]:
        started = time.perf_counter()
        summary = annotator.video(part.clip(*clip, times), out, overwrite=True)
        took = time.perf_counter() - started
        if summary.frames != times * part.sizes.frames:
            raise RuntimeError(f"{clip}: {summary.frames} frames of {times * part.sizes.frames}")
        return took, summary.times

    first, _ = run(1)
    times = max(one for one in part.sizes.times if one == 1 or one * first <= cap)
    return times * part.sizes.frames, *run(times)


def busiest(times: Times | None) -> str:
    """The share of its time in which each thread worked, and the step that took most of it."""
    if times is None:
        return "unknown"
    threads = sorted({step.thread for step in times.steps})
    said = []
    for thread in threads:
        steps = [step for step in times.steps if step.thread == thread]
        share = 100 * sum(step.busy for step in steps) / times.seconds
        said.append(f"{max(steps, key=lambda step: step.busy).name} {share:.0f} %")
    return ", ".join(said)


# --- start-up and memory, several streams: the program as users start it ---


@dataclass(frozen=True)
class Ran:
    """What a run of the program took: seconds of wall time and of CPU, MB of memory at most, and what it said."""

    seconds: float
    cpu: float
    megabytes: float
    said: str


def run_program(part: Part, arguments: Sequence[str | Path]) -> Ran:
    """Run the program to its end."""
    before = os.times()
    started = time.perf_counter()
    with subprocess.Popen(
        [*part.command, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    after = os.times()
    if code:
        raise RuntimeError(f"emojicam {arguments[0]} ended with {code}: {said.strip()[-300:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Ran(seconds, cpu, used.ru_maxrss * kilobyte / 1e6, said)


class Device:
    """Looks at the GPU's memory while something runs, some times a second."""

    def __init__(self) -> None:
        self._most: float | None = None
        self._before = self._now()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Device:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def said(self) -> str:
        """How much more was taken at most than before, in words."""
        if self._before is None or self._most is None:
            return "GPU's memory unknown"
        return f"{self._most - self._before:,.0f} MB of the GPU's"

    def _now(self) -> float | None:
        used = nvidia("memory.used")
        return float(used) * 1.048576 if used and used.replace(".", "").isdigit() else None

    def _watch(self) -> None:
        while self._before is not None and not self._ended.wait(0.1):
            now = self._now()
            self._most = max(now or 0, self._most or 0)


def startup(part: Part) -> Iterator[Row]:
    """What a photo takes from the start of the program to its end, in turn; and the memory of a clip."""
    words = list(dict.fromkeys(["cpu", "auto", part.provider.value]))
    run_program(part, photo(part, "cpu"))  # reads all from the disk
    runs: dict[str, list[Ran]] = {word: [] for word in words}
    for _ in range(part.sizes.starts):
        for word in words:
            runs[word].append(run_program(part, photo(part, word)))
    for word, ran in runs.items():
        spread = ", ".join(f"{one.seconds:.2f}" for one in ran)
        note = f"{spread}; {max(one.megabytes for one in ran):.0f} MB"
        middle = statistics.median(one.seconds for one in ran)
        yield Row(f"a photo, --provider {word}", middle, "s", note, f"startup.{word}")
    for word in dict.fromkeys(["cpu", part.provider.value]):
        yield from guarded(f"memory of a clip, {word}", memory(part, word))


def photo(part: Part, provider: str) -> list[str | Path]:
    """What is typed to annotate the sample photo."""
    out = part.folder / "out.png"
    return ["annotate", assets.sample_photo(), "-o", out, "--overwrite", "--provider", provider]


def memory(part: Part, provider: str) -> Iterator[Row]:
    """The most memory that a clip takes, of the machine and of the GPU."""
    clip = part.clip(part.sizes.clips[0][0], part.sizes.heads[0], 1)
    out = part.folder / "out.mp4"
    with Device() as device:
        ran = run_program(part, ["annotate", clip, "-o", out, "--overwrite", "--provider", provider])
    note = f"{device.said}; {ran.seconds:.1f} s"
    yield Row(f"memory of a clip, {provider}", ran.megabytes, "MB", note, f"memory.{provider}")


def streams(part: Part) -> Iterator[Row]:
    """Several live streams at 30 frames a second in one process, from files: CPU, and how much came through."""
    first, *others = part.sizes.streams
    asked = [(first, part.provider), (first, Provider.CPU), *((number, part.provider) for number in others)]
    for number, provider in dict.fromkeys(asked):
        what = f"{number} stream{'s' * (number != 1)}, {provider.value}"
        if part.left < 12:
            yield Row(what, "left out", note="no time was left")
        else:
            yield from guarded(what, together(part, what, number, provider))


def together(part: Part, what: str, number: int, provider: Provider) -> Iterator[Row]:
    """Run so many streams, until they end."""
    ran = run_program(part, ["live", *sources(part, number), "--no-window", "--provider", provider.value])
    came, dropped = counted(ran.said, "frames"), counted(ran.said, "dropped")
    if not came:
        raise RuntimeError(f"no frames are told of: {ran.said.strip()[-200:]}")
    each = 1000 * ran.cpu / max(1, came - dropped)
    note = f"{dropped} of {came} dropped; {each:.1f} ms of CPU a frame, start and all"
    yield Row(what, 100 * (came - dropped) / came, "% shown", note, f"streams.{number}.{provider.value}")


def sources(part: Part, number: int) -> list[Path]:
    """Copies of a clip of some seconds, a stream each."""
    clip = part.clip(part.sizes.clips[0][0], part.sizes.heads[0], part.sizes.times[1])
    names = [part.folder / f"stream-{n}.mp4" for n in range(number)]
    for name in names:
        if not name.exists():
            shutil.copy(clip, name)
    return names


def counted(said: str, word: str) -> int:
    """Sum the numbers before a word in what the program said."""
    return sum(int(number.replace(",", "")) for number in re.findall(rf"([\d,]+) {word}", said))


# --- faces and pictures ---


def card_of(model: Path) -> Card:
    """The card in a model file."""
    session = session_of(model, Provider.CPU)
    return Card.from_json(session.get_modelmeta().custom_metadata_map[METADATA_KEY])


def sample_faces(card: Card, number: int) -> Pixels:
    """The sample portrait's face, cut with errors, brighter and darker, with noise: uint8 NxCxSxS."""
    photo = read_photo(assets.sample_photo()).bgr
    picture = photo if card.channels == 3 else cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    rng = np.random.default_rng(0)
    cuts = []
    for _ in range(number):
        (ax, ay), (bx, by) = np.array(EYES) + rng.normal(0, 8, (2, 2))
        cut = align(np.asarray(picture, np.uint8), ((ax, ay), (bx, by)), card.crop)
        grey = cut[None] if cut.ndim == 2 else cut[..., ::-1].transpose(2, 0, 1)
        lit = grey * rng.uniform(0.3, 1.7) + rng.uniform(-40, 40) + rng.normal(0, rng.uniform(0, 25), grey.shape)
        cuts.append(np.clip(lit, 0, 255).astype(np.uint8))
    return np.stack(cuts)


def view(width: int, height: int) -> Pixels:
    """The sample portrait's face, half as high as the picture, in the middle of grey: RGB uint8 HxWx3."""
    head = read_photo(assets.sample_photo()).bgr[20:240, 120:340, ::-1]
    picture = np.full((height, width, 3), 110, np.uint8)
    left = (width - height) // 2
    picture[:, left : left + height] = cv2.resize(np.ascontiguousarray(head), (height, height))
    return picture


def floats(pictures: Sequence[Pixels]) -> Floats:
    """Pictures as the published second net takes them: float32 Nx3xHxW."""
    return np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2), np.float32)


PARTS: dict[str, Callable[[Part], Iterator[Row]]] = {
    one.__name__: one
    for one in (machine, providers, parity, classifier, detector, clips, pipeline, startup, streams, more)
}


def main(given: Sequence[str]) -> int:
    """Run one part."""
    if len(given) not in (5, 6) or given[0] not in PARTS:
        print(__doc__)
        return 2
    name, provider, folder, rows, seconds = given[:5]
    sizes = TINY if "--quick" in given[5:] else Sizes()
    part = Part(Provider(provider), Path(folder), time.monotonic() + float(seconds), sizes)
    with Path(rows).open("a", encoding="utf-8") as file:
        for row in PARTS[name](part):
            file.write(json.dumps(asdict(row)) + "\n")
            file.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
