"""The formats that are damaged, and for each what is done with a damaged file and what has to hold then."""

from __future__ import annotations

import random
import shutil
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
from fuzz import seeds
from fuzz.mutations import mutated
from onnxfiles import CARD, write_model
from PIL import Image
from serving import Site, packed, painted, site
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from emojicam import assets, batch, models
from emojicam.cli import main
from emojicam.settings import Settings
from emojicam.stream.choices import Range
from emojicam.web.config import Config, Limits
from emojicam.wiring import Annotator

CODES = (0, 2, 3, 4, 5)
"""Exit codes with which a damaged file may be answered."""

ANSWERS = (200, 400, 403, 404, 406, 408, 411, 413, 415, 422, 429, 431, 503)
"""The server's, to a damaged upload."""

ENDS = (1000, 1002, 1003, 1007, 1008, 1009)
"""Codes with which it may end a damaged stream."""

FRAME = packed(painted(), "JPEG")
"""A whole frame, as a camera's page sends it."""

QUICK = ("--range", "near", "--codec-preset", "ultrafast", "--quiet")

Said = Callable[[], str]
"""What the case has written to stderr so far."""


class Broken(AssertionError):
    """Something doesn't hold."""


def hold(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


@dataclass(frozen=True)
class Format:
    """A kind of input.

    Attributes:
        cases: How many damaged ones are tried.
        seed: Makes the whole file, in a folder.
        tried: Gives a damaged file to emojicam, in an empty folder. The third argument is the whole one.
    """

    cases: int
    seed: seeds.Seed
    tried: Callable[[bytes, Path, bytes, Said], None]


def case(name: str, number: int, whole: bytes) -> bytes:
    """The damaged file of a format that has this number."""
    return mutated(whole, random.Random(f"{name} {number}"))


@contextmanager
def loaded_once() -> Iterator[None]:
    """Have every run of `annotate` with the shipped model take the same nets, loaded here."""
    with Annotator(Settings(range=Range.NEAR, preset="ultrafast", quiet=True)) as kept:

        def lend(settings: Settings) -> Annotator | nullcontext[Annotator]:
            if settings.model != models.DEFAULT:
                return Annotator(settings)
            kept.restyle(settings.style, settings.theme)
            return nullcontext(kept)

        load, batch.Annotator = batch.Annotator, lend
        try:
            yield
        finally:
            batch.Annotator = load


def results(folder: Path) -> list[Path]:
    """The files of a folder but those that have a part's name."""
    return [path for path in folder.glob("*") if not path.stem.endswith(".part")] if folder.is_dir() else []


def run(*arguments: str | Path) -> int:
    code = main([str(argument) for argument in arguments])
    hold(code in CODES, f"exit code {code}")
    return code


def _media(suffix: str, data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    """Annotate it. What has its name is whole; a note tells of frames that are missing."""
    source, out = folder / f"in{suffix}", folder / "out"
    source.write_bytes(data)
    out.mkdir()
    code = run("annotate", source, "-o", out, *QUICK)
    made = results(out)
    hold(len(made) == (code == 0), f"exit code {code} and {len(made)} results")
    for result in made:
        if result.suffix in (".jpg", ".png", ".webp"):
            with Image.open(result) as image:
                image.load()
        frames = seeds.frames_in(result)
        hold(frames > 0, "a result without a frame")
        (folder / f"whole{suffix}").write_bytes(whole)
        own = seeds.frames_in(folder / f"whole{suffix}")
        hold(frames >= own or bool(said().strip()), f"exit code 0 with {frames} of {own} frames, and nothing said")


def _model(data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    (folder / "m.onnx").write_bytes(data)
    _with_model(folder)


def _card(data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    write_model(folder / "m.onnx", data.decode("utf-8", "replace"))
    _with_model(folder)


def _with_model(folder: Path) -> None:
    shutil.copy(assets.sample_photo(), folder / "face.png")
    code = run("annotate", folder / "face.png", "-o", folder / "out.png", "--model", folder / "m.onnx", *QUICK)
    hold((folder / "out.png").exists() == (code == 0), f"exit code {code}, and its file")


def _report(suffix: str, data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    path = folder / f"r{suffix}"
    path.write_bytes(data)
    run("report", path)
    code = run("report", path, "--source", "a.jpg", "--plot", folder / "t.png", "--subtitles", folder / "t.srt")
    hold((folder / "t.srt").exists() == (code == 0), f"exit code {code}, and its subtitles")


def _resumed(suffix: str, data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    path, out = folder / f"r{suffix}", folder / "out"
    out.mkdir()
    for name in ("a.jpg", "b.jpg"):
        cv2.imwrite(str(folder / name), seeds.pictures()[0])
    shutil.copy(folder / "a.jpg", out / "a-emoji.jpg")
    path.write_bytes(data)
    code = run(
        *("annotate", folder / "a.jpg", folder / "b.jpg", "-o", out, "--report", path, "--resume"),
        *QUICK,
    )
    if code:
        hold(path.read_bytes() == data, f"exit code {code}, and another report")
    else:
        hold("b.jpg" in path.read_text("utf-8", "replace"), "the new row is missing")


def _redrawn(data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    seeds.redrawn(folder)
    (folder / "r.jsonl").write_bytes(data)
    out = folder / "out.mp4"
    code = run("annotate", folder / "in.mp4", "-o", out, "--from", folder / "r.jsonl", *QUICK)
    hold(out.exists() == (code == 0), f"exit code {code}, and its file")
    hold(not out.exists() or seeds.frames_in(out) == 3, "another number of frames")


def _theme(suffix: str, data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    theme = folder / "theme"
    shutil.copytree(assets.theme_folder("classic"), theme, ignore=shutil.ignore_patterns("*.svg", "happiness*"))
    (theme / f"happiness{suffix}").write_bytes(data)
    shutil.copy(assets.sample_photo(), folder / "face.png")
    code = run("annotate", folder / "face.png", "-o", folder / "out.png", "--theme", theme, *QUICK)
    hold((folder / "out.png").exists() == (code == 0), f"exit code {code}, and its file")


class Server:
    """A server that is started when it is needed."""

    def __init__(self) -> None:
        self._site: Site | None = None

    def __call__(self) -> Site:
        if self._site is None:
            many = replace(Limits(), photos_burst=10**6, body_seconds=3.0, cameras_each=16)
            self._running = site(Config(limits=many))
            self._site = self._running.__enter__()
        return self._site

    def end(self) -> None:
        if self._site is not None:
            self._running.__exit__(None, None, None)
            self._site = None


server = Server()


def _multipart(data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    here = server()
    head = (
        f"POST /api/photo HTTP/1.1\r\nHost: {here.host}\r\nConnection: close\r\nContent-Length: {len(data)}\r\n"
        "Content-Type: multipart/form-data; boundary=boundary\r\n\r\n"
    )
    answer = here.raw(head.encode() + data)
    hold(answer.startswith(b"HTTP/1.1 "), f"no answer: {answer[:80]!r}")
    status = int(answer[9:12])
    hold(status in ANSWERS, f"answer {status}")
    hold(here.alive(), "it serves no more")


def _frame(data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    _message(struct.pack("<I", 7) + data)


def _choice(data: bytes, folder: Path, whole: bytes, said: Said) -> None:
    _message(data.decode("utf-8", "replace"))


def _message(message: bytes | str) -> None:
    """Send it on a stream, and then a whole frame, which is answered if the stream goes on."""
    here = server()
    with connect(f"ws://{here.host}/api/camera", compression=None, proxy=None) as socket:
        try:
            socket.send(message)
            socket.send(struct.pack("<I", 8) + FRAME)
            deadline = time.monotonic() + 20
            while struct.unpack_from("<I", _bytes(socket.recv(20)))[0] != 8:
                hold(time.monotonic() < deadline, "the next frame isn't answered")
        except ConnectionClosed as end:
            code = end.rcvd.code if end.rcvd else 1006
            hold(code in ENDS, f"ended with {code}")
        except TimeoutError as error:
            raise Broken("the next frame isn't answered") from error
    hold(here.alive(), "it serves no more")


def _bytes(message: bytes | str) -> bytes:
    hold(isinstance(message, bytes), f"a text came: {message[:80]!r}")
    assert isinstance(message, bytes)
    return message


def _formats() -> Iterator[tuple[str, Format]]:
    for group, seed, cases in (
        (seeds.VIDEOS, seeds.video, 110),
        (seeds.ANIMATIONS, seeds.animation, 90),
        (seeds.PHOTOS, seeds.photo, 90),
    ):
        for name in group:
            suffix = seeds.SUFFIXES.get(name, f".{name}")
            yield name, Format(cases, partial(seed, form=name), partial(_media, suffix))
    yield "onnx", Format(60, seeds.model, _model)
    yield "card", Format(60, lambda folder: CARD.to_json().encode(), _card)
    for name in ("jsonl", "csv"):
        yield f"report-{name}", Format(80, partial(seeds.record, form=name), partial(_report, f".{name}"))
        yield f"resume-{name}", Format(60, partial(seeds.record, form=name), partial(_resumed, f".{name}"))
    yield "redraw", Format(80, seeds.redrawn, _redrawn)
    yield "theme-png", Format(80, partial(seeds.theme, form="png"), partial(_theme, ".png"))
    yield "theme-svg", Format(20, partial(seeds.theme, form="svg"), partial(_theme, ".svg"))
    yield "multipart", Format(150, seeds.multipart, _multipart)
    yield "frame", Format(100, partial(seeds.photo, form="jpg"), _frame)
    yield "choice", Format(60, seeds.choice, _choice)


FORMATS = dict(_formats())
