"""The page's camera in a real browser."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest
from browsing import (
    FAKE,
    LOOKS,
    MARKS,
    Open,
    camera,
    footage,
    pixels,
    shoot_both,
    violations,
    wait_ready,
    yellow,
    yellows,
)
from PIL import Image
from serving import Site, site

from emojicam.settings import Settings
from emojicam.web.config import Config, Limits
from emojicam.web.pipeline import load
from emojicam.web.words import read_words

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = MARKS


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    """A server with the real models."""
    limits = replace(Limits(), photos_burst=10_000)
    with site(Config(limits=limits), load=lambda: load(Settings())) as running:
        yield running


def frames_a_second(page: Page, what: str, figure: Callable[[str], None]) -> int:
    """What the page says of its speed, which is noted as a figure."""
    fps, trip = page.inner_text("#fps"), page.inner_text("#trip")
    p95 = page.get_attribute("#meter", "data-p95")
    figure(f"camera page, 640x480, {what}: {fps} fps, {trip} ms median, p95 {p95} ms")
    return int(fps)


def test_the_camera_shows_emoji_on_both_faces_and_really_stops(
    open_page: Open, two_faces: Path, figure: Callable[[str], None]
) -> None:
    page = camera(open_page, two_faces)
    page.evaluate(
        """() => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            window.streams = [];
            navigator.mediaDevices.getUserMedia = async (wish) => {
                const stream = await ask(wish);
                streams.push(stream);
                return stream;
            };
        }"""
    )
    assert page.evaluate("streams.length") == 0  # nothing is asked before the click
    page.click("#start")
    page.wait_for_selector("#live:not([hidden])")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.wait_for_timeout(4000)
    shown = pixels(page, "#live")
    assert shown.shape == (480, 640, 3)
    assert yellow(shown[200:280, 120:200]) > 0.2
    assert yellow(shown[200:280, 440:520]) > 0.2
    # How quick it is, is another test's question; this machine may be busy.
    assert frames_a_second(page, "two faces", figure) >= 5
    page.click("#stop")
    states = page.evaluate("streams.flatMap((stream) => stream.getTracks().map((track) => track.readyState))")
    assert states == ["ended"]
    assert page.is_hidden("#live")
    assert page.is_visible("#start")
    # And again, ended by leaving for the other tab.
    page.click("#start")
    page.wait_for_selector("#live:not([hidden])")
    page.click("#tab-photo")
    states = page.evaluate("streams.flatMap((stream) => stream.getTracks().map((track) => track.readyState))")
    assert states == ["ended", "ended"]


def test_real_people_have_their_emoji(
    open_page: Open, real_faces: Path, shots: Path, figure: Callable[[str], None]
) -> None:
    page = camera(open_page, real_faces, **LOOKS["light"])
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.wait_for_timeout(8000)
    counts = []
    for _ in range(10):
        _, _, stats, _ = cv2.connectedComponentsWithStats(yellows(pixels(page, "#live")).astype(np.uint8))
        counts.append(int((stats[1:, cv2.CC_STAT_AREA] > 1500).sum()))
        page.wait_for_timeout(100)
    page.screenshot(path=shots / "light-people.png")
    assert np.median(counts) == 2
    assert frames_a_second(page, "two real people", figure) >= 5


def test_a_clip_is_recorded_and_downloaded(open_page: Open, two_faces: Path, tmp_path: Path) -> None:
    page = camera(open_page, two_faces)
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    began = time.monotonic()
    page.click("#record")
    assert page.get_attribute("#record", "aria-pressed") == "true"
    page.wait_for_timeout(2500)
    page.click("#record")
    most = time.monotonic() - began
    page.wait_for_selector("#camera-recorded:not([hidden])")
    with page.expect_download() as download:
        page.click("#camera-recorded .save")
    download.value.save_as(tmp_path / "clip.webm")
    with av.open(str(tmp_path / "clip.webm")) as container:
        assert container.duration is not None
        assert 1.8 < container.duration / av.time_base < most + 0.5
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(frames) > 4  # the more the quicker the machine
    assert frames[-1].shape == (480, 640, 3)
    assert yellow(np.asarray(frames[-1][200:280, 120:200], np.uint8)) > 0.2


def test_a_photo_is_taken_after_a_countdown_that_can_be_stopped(open_page: Open, two_faces: Path, shots: Path) -> None:
    page = camera(open_page, two_faces, **LOOKS["light"])
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.focus("#later")
    page.keyboard.press("Enter")
    assert page.inner_text("#count") == "3"
    page.screenshot(path=shots / "light-countdown.png")
    page.keyboard.press("Escape")
    assert page.is_hidden("#count")
    page.wait_for_timeout(1200)
    assert page.is_visible("#live")
    page.click("#later")
    page.click("#later")
    assert page.get_attribute("#later", "aria-pressed") == "false"
    page.click("#later")
    page.wait_for_function("() => document.querySelector('#count').textContent === '1'")
    wait_ready(page)
    assert page.inner_text("#said").startswith("2 faces")


def test_the_camera_fills_the_screen_and_comes_back(open_page: Open, two_faces: Path, shots: Path) -> None:
    page = camera(open_page, two_faces, **LOOKS["light"])
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.click("#full")
    page.wait_for_function("() => document.fullscreenElement?.id === 'booth'")
    page.wait_for_timeout(500)
    page.screenshot(path=shots / "light-full-screen.png")
    width, height, above = page.evaluate(
        "(({ width, bottom }) => [width, innerHeight - bottom, innerWidth])"
        "(document.querySelector('#screen').getBoundingClientRect())"
    )
    assert width == above
    assert height < 120  # the buttons are below
    assert page.get_attribute("#full", "title") == "Leave full screen"
    page.click("#full")
    page.wait_for_function("() => document.fullscreenElement === null")
    page.focus("#full")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.click("#shot")
    wait_ready(page)
    assert page.evaluate("document.fullscreenElement") is None


def test_another_camera_is_chosen(open_page: Open) -> None:
    page = open_page("--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream", allow=True)
    page.click("#tab-camera")
    assert page.is_hidden("#which-row")
    page.evaluate(
        """() => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            window.devices = [];
            navigator.mediaDevices.getUserMedia = async (wish) => {
                const stream = await ask(wish);
                devices.push(stream.getVideoTracks()[0].getSettings().deviceId);
                return stream;
            };
        }"""
    )
    page.click("#start")
    page.wait_for_selector("#which-row:not([hidden])")
    names = page.locator("#which option").all_inner_texts()
    assert len(names) == 2
    assert len(set(names)) == 2
    first = page.input_value("#which")
    page.focus("#which")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => devices.length === 2")
    assert page.evaluate("devices") == [first, page.input_value("#which")]
    assert first != page.input_value("#which")


def test_the_view_is_mirrored_or_not(open_page: Open, tmp_path: Path) -> None:
    half = np.zeros((480, 640, 3), np.uint8)
    half[:, :320] = 255
    page = camera(open_page, footage(tmp_path / "half.mjpeg", [half] * 10))
    page.click("#start")
    page.wait_for_function("() => +document.querySelector('#fps').textContent > 0")
    shown = pixels(page, "#live")
    assert shown[240, 100].mean() < 50
    assert shown[240, 540].mean() > 200
    page.uncheck("#mirror")
    page.wait_for_timeout(1500)
    shown = pixels(page, "#live")
    assert shown[240, 100].mean() > 200
    assert shown[240, 540].mean() < 50


def test_faces_have_a_sentence_and_their_bars_behind_a_click(open_page: Open, two_faces: Path) -> None:
    page = camera(open_page, two_faces)
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    card = page.locator("#live-faces li").first
    assert "happy" in card.locator("b").inner_text()
    assert page.locator("#live-faces small").all_inner_texts() == ["Face 1", "Face 2"]  # as labels have them
    assert card.locator("dl").is_hidden()
    card.locator("summary").focus()
    page.keyboard.press("Enter")
    assert card.locator("dl div").count() == 8
    page.wait_for_timeout(1200)  # it stays open while its face changes
    assert card.locator("dl").is_visible()


def test_a_recording_that_ends_on_the_full_screen_is_shown_and_stays_till_there_is_another(
    open_page: Open, two_faces: Path
) -> None:
    page = camera(open_page, two_faces)
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.click("#full")
    page.wait_for_function("() => document.fullscreenElement !== null")
    recorded(page)
    assert page.evaluate("document.fullscreenElement") is None
    assert page.locator("#camera-recorded .save").is_visible()
    first = page.get_attribute("#camera-recorded .save", "href")
    page.evaluate("for (let time = 0; time < 2; time++) document.querySelector('#record').click()")
    page.wait_for_selector("#camera-notice:not([hidden])")
    assert "too short" in page.inner_text("#camera-notice")
    assert page.get_attribute("#camera-recorded .save", "href") == first
    page.click("#record")
    assert page.is_hidden("#camera-notice")


def test_the_camera_begins_without_what_it_showed_before(open_page: Open, two_faces: Path) -> None:
    page = camera(open_page, two_faces)
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.click("#stop")
    page.evaluate("window.WebSocket.prototype.send = () => {}")  # so that nothing new can come
    page.click("#start")
    page.wait_for_selector("#live:not([hidden])")
    assert pixels(page, "#live").max() == 0


def recorded(page: Page) -> None:
    """Record for two seconds."""
    page.click("#record")
    page.wait_for_timeout(2000)
    page.click("#record")
    page.wait_for_selector("#camera-recorded:not([hidden])")


def test_it_works_by_touch(open_page: Open, two_faces: Path) -> None:
    page = open_page(
        *FAKE,
        f"--use-file-for-fake-video-capture={two_faces}",
        allow=True,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    page.wait_for_selector("#clip-look input", state="attached")
    page.tap("#tab-camera")
    page.tap("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.tap("#camera-look .choice:has(input[value=solid])")
    page.tap("#mirror")
    assert not page.is_checked("#mirror")
    page.tap("#live-faces summary >> nth=0")
    assert page.locator("#live-faces dl").first.is_visible()
    page.tap("#full")
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.tap("#full")
    page.wait_for_function("() => document.fullscreenElement === null")
    page.wait_for_timeout(1000)
    assert yellow(pixels(page, "#live")) < 0.01
    page.tap("#later")
    page.wait_for_selector("#count:not([hidden])")
    wait_ready(page)


def test_it_works_by_keyboard_alone(open_page: Open, two_faces: Path) -> None:
    page = open_page(*FAKE, f"--use-file-for-fake-video-capture={two_faces}", allow=True)
    page.wait_for_selector("#clip-look input", state="attached")
    page.focus("#tab-photo")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    reached = [page.evaluate("document.activeElement.id")]
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
    assert reached[:7] == ["shot", "later", "stop", "cover", "classic", "mirror", "sharp"]
    page.focus("#record")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2500)
    page.keyboard.press("Enter")
    page.wait_for_selector("#camera-recorded:not([hidden])")
    page.locator("#camera-recorded .drop-it").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "record"
    page.focus("#stop")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "start"


def test_a_recording_is_shared_where_the_browser_can(open_page: Open, two_faces: Path) -> None:
    page = camera(open_page, two_faces)
    page.evaluate(
        """() => {
            window.shared = [];
            navigator.canShare = ({ files }) => files.length === 1;
            navigator.share = async ({ files: [file] }) => void shared.push([file.name, file.type, file.size > 1000]);
        }"""
    )
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    recorded(page)
    page.click("#camera-recorded .share")
    assert page.evaluate("shared") == [["emojicam.webm", "video/webm", True]]


@pytest.mark.parametrize("tag", read_words())
def test_it_is_accessible_in_every_state_and_language(open_page: Open, two_faces: Path, axe: str, tag: str) -> None:
    page = camera(open_page, two_faces, locale=tag)
    bad = violations(page, axe)
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.click("#live-faces summary >> nth=0")
    page.click("#later")
    bad += violations(page, axe)
    page.keyboard.press("Escape")
    page.click("#record")
    page.wait_for_timeout(1000)
    bad += violations(page, axe)
    page.click("#record")
    page.wait_for_selector("#camera-recorded:not([hidden])")
    page.click("#full")
    page.wait_for_function("() => document.fullscreenElement !== null")
    bad += violations(page, axe)
    page.click("#full")
    page.click("#stop")
    bad += violations(page, axe)
    assert bad == []


@pytest.mark.parametrize(
    ("width", "height", "tag"), [(360, 740, "fr"), (768, 1024, "de"), (1280, 860, "en"), (2560, 1400, "es")]
)
def test_it_fits_in_every_width_light_and_dark(
    open_page: Open, two_faces: Path, axe: str, shots: Path, width: int, height: int, tag: str
) -> None:
    phone = width < 500
    size = {"width": width, "height": height}
    page = camera(open_page, two_faces, viewport=size, locale=tag, has_touch=phone, is_mobile=phone)

    def shoot(state: str) -> None:
        shoot_both(page, shots, f"camera-{state}", full_page=True)
        assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [width, width]

    shoot("off")
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.click("#record")
    shoot("recording")
    page.click("#record")
    page.wait_for_selector("#camera-recorded:not([hidden])")
    shoot("recorded")
    assert violations(page, axe) == []  # in the dark; the other tests have light


def test_it_can_be_installed_as_an_app(open_page: Open) -> None:
    page = open_page(locale="de")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    told = json.loads(manifest["data"])
    assert told["description"] == read_words()["de"]["page.about"]
    for icon in told["icons"]:
        answer = page.request.get(page.url.rstrip("/") + icon["src"])
        with Image.open(io.BytesIO(answer.body())) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
    wrong = {error["errorId"] for error in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert wrong <= {"in-incognito"}  # as all pages of a test are
    assert page.is_hidden("#install")
    page.evaluate(
        """() => {
            const offer = new Event("beforeinstallprompt", { cancelable: true });
            offer.prompt = async () => { window.asked = true; };
            dispatchEvent(offer);
        }"""
    )
    page.click("#install")
    assert page.evaluate("asked")
    assert page.is_hidden("#install")


def test_a_photo_is_taken_with_the_camera(open_page: Open, two_faces: Path) -> None:
    page = open_page(*FAKE, f"--use-file-for-fake-video-capture={two_faces}", allow=True)
    page.click("#take")
    page.wait_for_selector("#live:not([hidden])")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.click("#shot")
    wait_ready(page)
    assert page.inner_text("#said").startswith("2 faces")
    assert page.is_hidden("#panel-camera")


@pytest.mark.parametrize(
    ("name", "said"),
    [("NotAllowedError", "may not be used"), ("NotFoundError", "No camera was found"), ("NotReadableError", "is busy")],
)
def test_why_there_is_no_camera_is_said(open_page: Open, name: str, said: str) -> None:
    page = open_page()
    page.evaluate(
        "name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name); }; }", name
    )
    page.click("#tab-camera")
    page.click("#start")
    page.wait_for_selector("#camera-notice:not([hidden])")
    assert said in page.inner_text("#camera-notice")
    assert page.is_enabled("#start")


def test_without_a_camera_the_real_error_is_said(open_page: Open) -> None:
    page = open_page("--use-fake-device-for-media-stream=device-count=0", "--use-fake-ui-for-media-stream")
    page.click("#tab-camera")
    page.click("#start")
    page.wait_for_selector("#camera-notice:not([hidden])")
    assert "No camera was found" in page.inner_text("#camera-notice")
