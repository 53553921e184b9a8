"""Clips on the page, in a real browser: one in, one out: length, frames and sound. A red square is a face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.audio.stream
import av.video.stream
import numpy as np
import numpy.typing as npt
import pytest
from browsing import MARKS, Open
from making import Picture
from serving import Site, painted, site

from emojicam.web.config import Config, Limits
from emojicam.web.words import read_words

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = MARKS

WORDS = read_words()
SECONDS, RATE, SAMPLES = 4.0, 24, 48000
TURN = 2.0
"""Seconds after which the clip becomes brighter and its tone begins."""

FORMS = {"mp4": ("h264", "aac"), "webm": ("vp8", "libopus")}


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    with site(Config(limits=replace(Limits(), photos_burst=10_000))) as running:
        yield running


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a clip of a form, with sound or without, once."""
    folder = tmp_path_factory.mktemp("clips")

    def made(form: str, *, sound: bool = True, seconds: float = SECONDS) -> Path:
        path = folder / f"{'party' if sound else 'still'}-{seconds:g}.{form}"
        if not path.exists():
            write_clip(path, form, sound=sound, seconds=seconds)
        return path

    return made


def write_clip(path: Path, form: str, *, sound: bool, seconds: float) -> None:
    """A red square that moves; after `TURN` seconds it is brighter around it, and there is a tone of 440 Hz."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(FORMS[form][0], rate=RATE)
        assert isinstance(video, av.video.stream.VideoStream)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        audio = container.add_stream(FORMS[form][1], rate=SAMPLES, layout="mono") if sound else None
        for number in range(round(RATE * seconds)):
            ground = 150 if number >= RATE * TURN else 60
            frame = av.VideoFrame.from_ndarray(painted(faces=((100 + number, 120, 60),), ground=ground), format="bgr24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if isinstance(audio, av.audio.stream.AudioStream):
            at = np.arange(round(SAMPLES * seconds)) / SAMPLES
            tone = (0.3 * np.sin(2 * np.pi * 440 * at) * (at >= TURN)).astype(np.float32)
            for start in range(0, len(tone), 960):
                piece = av.AudioFrame.from_ndarray(tone[None, start : start + 960], format="fltp", layout="mono")
                piece.sample_rate, piece.pts = SAMPLES, start
                container.mux(audio.encode(piece))
            container.mux(audio.encode(None))


@dataclass(frozen=True)
class Heard:
    """A clip that came out.

    Attributes:
        length: Seconds, by its header.
        pictures: BGR.
        times: Seconds of each.
        sound: Samples, 48,000 a second, from the beginning of the file; empty without sound.
    """

    length: float
    pictures: list[Picture]
    times: list[float]
    sound: npt.NDArray[np.float32]


def decoded(path: Path) -> Heard:
    with av.open(str(path)) as container:
        assert container.duration is not None
        length = container.duration / av.time_base
        pictures, times, pieces = [], [], []
        resampler = av.AudioResampler("fltp", "mono", SAMPLES)
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                pictures.append(frame.to_ndarray(format="bgr24"))
                times.append(float(frame.time or 0))
            elif isinstance(frame, av.AudioFrame):
                if not pieces:
                    pieces.append(np.zeros(round((frame.time or 0) * SAMPLES), np.float32))
                pieces.extend(one.to_ndarray()[0] for one in resampler.resample(frame))
    return Heard(length, pictures, times, np.concatenate(pieces) if pieces else np.zeros(0, np.float32))


def chosen(open_page: Open, path: Path, **options: Any) -> Page:
    """Opens the page and chooses a clip."""
    page = open_page(path="/#clip", **options)
    page.set_input_files("#clip-file", path)
    page.wait_for_selector("#panel-clip[data-state=ready]")
    return page


def saved(page: Page, folder: Path, press: Callable[[], None]) -> tuple[str, Path]:
    """Waits until the clip is done, and downloads it."""
    page.wait_for_selector("#panel-clip[data-state=done]")
    with page.expect_download() as download:
        press()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return download.value.suggested_filename, target


def red(picture: Picture) -> float:
    """Share of a picture that is a face that was left uncovered."""
    blue, green, found = (picture[..., channel].astype(int) for channel in range(3))
    return float(((found > 150) & (green < 90) & (blue < 90)).mean())


def onset(sound: npt.NDArray[np.float32]) -> float:
    """Seconds after which a tone begins."""
    return float(np.argmax(np.abs(sound) > 0.1)) / SAMPLES


# --- one in, one out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_clip_comes_back_with_its_length_frames_and_sound(
    open_page: Open, clips: Callable[..., Path], tmp_path: Path, figure: Callable[[str], None], form: str
) -> None:
    page = chosen(open_page, clips(form))
    page.click("#clip-run")
    name, path = saved(page, tmp_path, lambda: page.click("#clip-recorded .save"))
    assert name == "party-4-emoji.webm"
    clip = decoded(path)
    bright = next(time for time, one in zip(clip.times, clip.pictures, strict=True) if one[10, 10].mean() > 110)
    apart = onset(clip.sound) - bright
    figure(
        f"clip on the page, {form}: {SECONDS} s in, {clip.length:.3f} s out, {len(clip.pictures)} of "
        f"{round(RATE * SECONDS)} frames, sound {1000 * apart:.0f} ms behind the picture"
    )
    assert clip.length == pytest.approx(SECONDS, abs=0.4)
    assert clip.times[-1] == pytest.approx(SECONDS, abs=0.4)
    assert len(clip.pictures) > SECONDS * RATE / 3
    assert clip.pictures[0].shape == (240, 320, 3)
    assert max(red(one) for one in clip.pictures) < 0.005  # from the first frame on
    assert bright == pytest.approx(TURN, abs=0.25)
    assert abs(apart) < 0.15
    assert len(clip.sound) / SAMPLES == pytest.approx(SECONDS, abs=0.4)
    heard = clip.sound[round(3 * SAMPLES) : round(3.5 * SAMPLES)]
    assert np.argmax(np.abs(np.fft.rfft(heard))) / 0.5 == pytest.approx(440, abs=4)
