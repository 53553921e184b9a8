"""Clips on the page, in a real browser: one in, one out: length, frames and sound. A red square is a face."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.audio.stream
import av.video.stream
import making
import numpy as np
import numpy.typing as npt
import pytest
from browsing import MARKS, Open, shoot_both, violations, wait_ready, yellow
from making import Picture
from serving import Site, packed, painted, site

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


def clip_page(open_page: Open, **options: Any) -> Page:
    """Opens the page where clips are put."""
    page = open_page(path="/#clip", **options)
    page.wait_for_selector("#panel-clip:not([hidden])")
    return page


def chosen(open_page: Open, path: Path, **options: Any) -> Page:
    """Opens the page and chooses a clip."""
    page = clip_page(open_page, **options)
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
    assert len(clip.pictures) > SECONDS * RATE / 6  # the more the quicker the machine
    assert clip.pictures[0].shape == (240, 320, 3)
    assert max(red(one) for one in clip.pictures) < 0.005  # from the first frame on
    assert bright == pytest.approx(TURN, abs=0.4)
    assert -0.1 - SECONDS / len(clip.pictures) < apart < 0.15  # a change is seen when the next frame is sent
    assert len(clip.sound) / SAMPLES == pytest.approx(SECONDS, abs=0.4)
    heard = clip.sound[round(3 * SAMPLES) : round(3.5 * SAMPLES)]
    assert np.argmax(np.abs(np.fft.rfft(heard))) / 0.5 == pytest.approx(440, abs=4)


def test_a_clip_without_sound_comes_back_without(open_page: Open, clips: Callable[..., Path], tmp_path: Path) -> None:
    page = chosen(open_page, clips("mp4", sound=False, seconds=2.0))
    page.click("#clip-run")
    _, path = saved(page, tmp_path, lambda: page.click("#clip-recorded .save"))
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert decoded(path).length == pytest.approx(2.0, abs=0.4)


def test_the_result_can_be_jumped_in_and_taken_for_a_clip_again(
    open_page: Open, clips: Callable[..., Path], tmp_path: Path
) -> None:
    page = chosen(open_page, clips("webm"))
    page.click("#clip-run")
    _, path = saved(page, tmp_path, lambda: page.click("#clip-recorded .save"))
    jumped = page.evaluate(
        """async () => {
            const video = document.querySelector("#clip-recorded video");
            const there = new Promise((done) => video.addEventListener("seeked", done));
            video.currentTime = 3;
            await there;
            return [video.duration, video.currentTime];
        }"""
    )
    assert jumped == [pytest.approx(SECONDS, abs=0.4), pytest.approx(3, abs=0.05)]
    segment = bytes.fromhex("18538067")  # as large as its clusters, whose size the browser leaves open
    assert path.read_bytes().split(segment, 1)[1].startswith(b"\x01" + 7 * b"\xff")
    page.set_input_files("#clip-file", path)
    page.wait_for_selector("#panel-clip[data-state=ready]")
    assert page.inner_text("#clip-name") == "party-4-emoji.webm"


def test_style_and_theme_change_while_it_plays(open_page: Open, clips: Callable[..., Path], tmp_path: Path) -> None:
    page = chosen(open_page, clips("webm"))
    page.click("#clip-run")
    page.wait_for_function("() => document.querySelector('#clip-bar').value > 1")
    page.check("#clip-look input[value=solid]", force=True)
    _, path = saved(page, tmp_path, lambda: page.click("#clip-recorded .save"))
    clip = decoded(path)
    assert yellow(clip.pictures[0]) > 0.03
    assert yellow(clip.pictures[-1]) < 0.002
    assert max(red(one) for one in clip.pictures) < 0.005


def test_it_waits_while_the_page_is_not_seen(open_page: Open, clips: Callable[..., Path], tmp_path: Path) -> None:
    page = chosen(open_page, clips("mp4"))
    turn = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.click("#clip-run")
    page.wait_for_function("() => document.querySelector('#clip-bar').value > 1")
    page.evaluate(turn, True)
    assert page.evaluate("() => document.querySelector('#clip-source').paused")
    page.wait_for_timeout(3000)
    page.evaluate(turn, False)
    _, path = saved(page, tmp_path, lambda: page.click("#clip-recorded .save"))
    clip = decoded(path)
    assert clip.length == pytest.approx(SECONDS, abs=0.9)  # not three seconds more
    assert len(clip.sound) / SAMPLES == pytest.approx(SECONDS, abs=0.9)


# --- cancelled, refused ----------------------------------------------------------------------------------------------


def test_it_can_be_cancelled_and_played_again(open_page: Open, clips: Callable[..., Path]) -> None:
    page = chosen(open_page, clips("mp4"))
    page.click("#clip-run")
    page.wait_for_function("() => document.querySelector('#clip-bar').value > 0.5")
    page.click("#clip-cancel")
    assert page.is_visible("#clip-source")
    assert page.evaluate("() => document.querySelector('#clip-source').paused")
    assert page.inner_text("#clip-status") == "Cancelled. Nothing is kept."
    page.click("#clip-run")
    page.wait_for_function("() => document.querySelector('#clip-bar').value > 0.2")
    assert re.fullmatch(r"0:0\d of 0:04", page.inner_text("#clip-time"))
    page.click("#clip-cancel")


@pytest.mark.parametrize(("name", "data"), [("letter.mp4", b"Dear Sir"), ("empty.webm", b"")])
def test_what_is_no_clip_is_refused_kindly(open_page: Open, name: str, data: bytes, clips: Callable[..., Path]) -> None:
    page = clip_page(open_page)
    page.set_input_files("#clip-file", {"name": name, "mimeType": "video/mp4", "buffer": data})
    page.wait_for_selector("#clip-notice:not([hidden])")
    assert "can’t play that file" in page.inner_text("#clip-notice")
    assert page.is_visible("#clip-choose")
    page.set_input_files("#clip-file", clips("mp4"))
    page.wait_for_selector("#panel-clip[data-state=ready]")
    assert page.is_hidden("#clip-notice")


def test_a_clip_that_is_too_long_is_refused(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    making.write_video(path, [painted()] * 3, pts=[0, 12800, 601 * 12800])
    page = clip_page(open_page)
    page.set_input_files("#clip-file", path)
    page.wait_for_selector("#clip-notice:not([hidden])")
    assert "longer than 10 minutes" in page.inner_text("#clip-notice")


def test_the_servers_word_is_said_when_it_ends_the_line(open_page: Open, clips: Callable[..., Path]) -> None:
    page = clip_page(open_page)
    page.route_web_socket("**/api/camera", lambda line: line.close(code=1013, reason="all places are taken"))
    page.set_input_files("#clip-file", clips("mp4"))
    page.click("#clip-run")
    page.wait_for_selector("#clip-notice:not([hidden])")
    assert "All places are taken" in page.inner_text("#clip-notice")
    assert page.is_visible("#clip-run")


# --- by touch, by keyboard, dropped ----------------------------------------------------------------------------------


DROP = """(files) => {
    const carried = new DataTransfer();
    for (const [data, name, type] of files) {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        carried.items.add(new File([bytes], name, { type }));
    }
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    page.wait_for_selector("#clip-look input", state="attached")
    kinds = {".webm": "video/webm", ".png": "image/png"}
    page.evaluate(DROP, [[base64.b64encode(data).decode(), name, kinds[Path(name).suffix]] for name, data in files])


def test_a_clip_that_is_dropped_on_the_photos_is_played_and_a_photo_goes_back(
    open_page: Open, clips: Callable[..., Path]
) -> None:
    page = open_page()
    drop(page, ("party.webm", clips("webm").read_bytes()))
    page.wait_for_selector("#panel-clip[data-state=ready]")
    assert page.get_attribute("#tab-clip", "aria-selected") == "true"
    assert page.is_hidden("#clip-notice")
    drop(page, ("me.png", packed(painted())))
    wait_ready(page)
    assert page.is_hidden("#panel-clip")


def test_of_several_clips_it_is_said_which_is_played(open_page: Open, clips: Callable[..., Path]) -> None:
    page = open_page()
    clip = clips("webm").read_bytes()
    drop(page, ("party.webm", clip), ("beach.webm", clip))
    page.wait_for_selector("#panel-clip[data-state=ready]")
    assert page.inner_text("#clip-name") == "party.webm"
    assert page.inner_text("#clip-notice") == WORDS["en"]["clip.alone"].format(name="party.webm")


def test_a_clip_among_photos_is_told_where_it_belongs(open_page: Open, clips: Callable[..., Path]) -> None:
    page = open_page()
    drop(page, ("Meeting v1.2.png", packed(painted())), ("party.webm", clips("webm").read_bytes()))
    wait_ready(page)
    assert page.inner_text("#bad-list") == f"party.webm: {WORDS['en']['refused.clip']}"


def test_it_works_by_touch(open_page: Open, clips: Callable[..., Path], tmp_path: Path) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.tap("#tab-clip")
    with page.expect_file_chooser() as chooser:
        page.tap("#clip-choose")
    chooser.value.set_files(clips("mp4", seconds=2.0))
    page.wait_for_selector("#panel-clip[data-state=ready]")
    page.tap("#clip-look .choice:has(input[value=badge])")
    page.tap("#clip-run")
    page.tap("#clip-hear")
    name, path = saved(page, tmp_path, lambda: page.tap("#clip-recorded .save"))
    assert name == "party-2-emoji.webm"
    assert decoded(path).length == pytest.approx(2.0, abs=0.4)
    page.tap("#clip-recorded .drop-it")
    assert page.is_visible("#clip-run")


def test_it_works_by_keyboard_alone(open_page: Open, clips: Callable[..., Path], tmp_path: Path) -> None:
    page = open_page()
    page.wait_for_selector("#clip-look input", state="attached")
    page.on("filechooser", lambda chooser: None)  # from now on; else a key is quicker than Playwright
    page.focus("#tab-photo")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.id") == "tab-clip"
    page.keyboard.press("Tab")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(clips("mp4", seconds=2.0))
    page.wait_for_selector("#panel-clip[data-state=ready]")
    assert page.evaluate("document.activeElement.id") == "clip-run"
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel-clip[data-state=running]")
    assert page.evaluate("document.activeElement.id") == "clip-cancel"
    name, _ = saved(page, tmp_path, lambda: page.keyboard.press("Enter"))  # the download has the focus
    assert name == "party-2-emoji.webm"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "clip-run"


# --- how it looks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", WORDS)
def test_it_is_accessible_in_every_state_and_language(
    open_page: Open, clips: Callable[..., Path], axe: str, tag: str
) -> None:
    page = clip_page(open_page, locale=tag)
    bad = violations(page, axe)
    page.set_input_files("#clip-file", {"name": "a.mp4", "mimeType": "video/mp4", "buffer": b"Dear Sir"})
    page.wait_for_selector("#clip-notice:not([hidden])")
    bad += violations(page, axe)
    page.set_input_files("#clip-file", clips("mp4"))
    page.wait_for_selector("#panel-clip[data-state=ready]")
    bad += violations(page, axe)
    page.click("#clip-run")
    page.wait_for_function("() => document.querySelector('#clip-bar').value > 0.2")
    bad += violations(page, axe)
    page.wait_for_selector("#panel-clip[data-state=done]")
    bad += violations(page, axe)
    assert bad == []


@pytest.mark.parametrize(
    ("width", "height", "tag"), [(360, 740, "de"), (768, 1024, "fr"), (1280, 860, "en"), (2560, 1400, "zh")]
)
def test_it_fits_in_every_width_light_and_dark(
    open_page: Open, clips: Callable[..., Path], axe: str, shots: Path, width: int, height: int, tag: str
) -> None:
    phone = width < 500
    size = {"width": width, "height": height}
    page = clip_page(open_page, viewport=size, locale=tag, has_touch=phone, is_mobile=phone)

    def shoot(state: str) -> None:
        shoot_both(page, shots, f"clip-{state}", full_page=True)
        assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [width, width]

    shoot("empty")
    page.set_input_files("#clip-file", clips("mp4"))
    page.wait_for_selector("#panel-clip[data-state=ready]")
    shoot("ready")
    page.click("#clip-run")
    page.wait_for_function("() => document.querySelector('#clip-bar').value > 0.2")
    shoot("running")
    page.wait_for_selector("#panel-clip[data-state=done]")
    shoot("done")
    assert violations(page, axe) == []  # in the dark; the other tests have light
