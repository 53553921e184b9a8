"""The page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.video.stream
import cv2
import making
import numpy as np
import numpy.typing as npt
import pytest
from making import MEDIA, Picture
from serving import Site, opened, packed, painted, site

from emojicam.settings import Settings
from emojicam.web.config import Config, Limits
from emojicam.web.pipeline import load

sync_api = pytest.importorskip("playwright.sync_api", reason='Playwright is not installed: pip install -e ".[browser]"')
if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium, or set CHROMIUM to its path"),
]

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic")
FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    limits = replace(Limits(), photos_burst=10_000)
    with site(Config(limits=limits), load=lambda: load(Settings())) as running:
        yield running


def footage(path: Path, pictures: Iterable[Picture]) -> Path:
    """What a fake camera plays, again and again, 30 frames a second: BGR of 640x480."""
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=30)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        stream.codec_context.options = {"qmin": "2", "qmax": "4"}
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def two_faces(tmp_path_factory: pytest.TempPathFactory, portrait: Picture) -> Path:
    """Two faces that turn, 3 s."""

    def picture(number: int) -> Picture:
        roll = 15 * np.sin(2 * np.pi * number / 90)
        return np.hstack([making.seen_at(portrait, (320, 480), 1.1, roll * side, 5 * side) for side in (1, -1)])

    return footage(tmp_path_factory.mktemp("camera") / "two.mjpeg", map(picture, range(90)))


@pytest.fixture(scope="module")
def real_faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, who are filmed; with bars above and below, forwards and backwards."""
    source = MEDIA / "two-faces-tilting.mp4"
    if not source.is_file():
        pytest.skip("no footage beside this checkout")
    with av.open(str(source)) as container:
        wide = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    bars = [cv2.copyMakeBorder(cv2.resize(one, (640, 360)), 60, 60, 0, 0, cv2.BORDER_CONSTANT) for one in wide]
    pictures = [np.asarray(one, np.uint8) for one in bars]
    return footage(tmp_path_factory.mktemp("camera") / "real.mjpeg", [*pictures, *pictures[::-1]])


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_api.sync_playwright() as running:
        yield running


Open = Callable[..., "Page"]


@pytest.fixture
def open_page(playwright: Playwright, here: Site) -> Iterator[Open]:
    """Opens the page in a browser of its own; at the end nothing may have gone wrong, or to another host."""
    browsers: list[Browser] = []
    requests: list[str] = []
    errors: list[str] = []

    def opened_page(*flags: str, path: str = "/", allow: bool = False, **options: Any) -> Page:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        browsers.append(browser)
        context = browser.new_context(**options)
        if allow:
            context.grant_permissions(["camera"])
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("websocket", lambda line: requests.append(line.url.replace("ws://", "http://")))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(here.url + path)
        return page

    opened_page.errors = errors  # type: ignore[attr-defined]
    yield opened_page
    for browser in browsers:
        browser.close()
    foreign = [url for url in requests if not url.startswith((here.url + "/", "data:", "blob:"))]
    assert foreign == []
    assert errors == []


def upload(page: Page, data: bytes, name: str = "me.png", kind: str = "image/png") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})


def pixels(page: Page, selector: str) -> Picture:
    """What an image or a canvas of the page shows."""
    url = page.evaluate(
        """selector => {
            const from = document.querySelector(selector), to = document.createElement("canvas");
            to.width = from.naturalWidth || from.width; to.height = from.naturalHeight || from.height;
            to.getContext("2d").drawImage(from, 0, 0);
            return to.toDataURL("image/png");
        }""",
        selector,
    )
    return opened(base64.b64decode(url.partition(",")[2]))


def yellows(picture: Picture) -> npt.NDArray[np.bool_]:
    """Where a picture is an emoji's yellow."""
    blue, green, red = (picture[..., channel].astype(int) for channel in range(3))
    found: npt.NDArray[np.bool_] = (red > 200) & (green > 140) & (blue < 120) & (red - blue > 100)
    return found


def yellow(picture: Picture) -> float:
    """Share of a picture that is an emoji's yellow."""
    return float(yellows(picture).mean())


# --- photo -----------------------------------------------------------------------------------------------------------


def test_a_photo_comes_back_with_its_emoji_bars_and_downloads(
    open_page: Open, portrait: Picture, tmp_path: Path
) -> None:
    page = open_page()
    before = making.seen_at(portrait, (640, 480))
    upload(page, packed(before))
    page.wait_for_selector("#result:not([hidden])")
    assert page.inner_text("#said").startswith("One face")
    after = pixels(page, "#after")
    assert after.shape == before.shape
    assert yellow(after[200:280, 280:360]) > 0.2
    assert np.array_equal(after[:30, :30], before[:30, :30])
    assert np.array_equal(pixels(page, "#before"), before)
    assert page.locator("#faces li").count() == 1
    assert page.locator("#faces dl div").count() == 8
    assert page.inner_text("#faces .best dt") == "happiness"
    for button, suffix, magic in (("#save-jpeg", "jpg", b"\xff\xd8"), ("#save-png", "png", b"\x89P")):
        with page.expect_download() as download:
            page.click(button)
        assert download.value.suggested_filename == f"emojicam.{suffix}"
        download.value.save_as(tmp_path / suffix)
        data = (tmp_path / suffix).read_bytes()
        assert data.startswith(magic)
        assert yellow(opened(data)[200:280, 280:360]) > 0.2
    # Another style, at once.
    with page.expect_response("**/api/photo"):
        page.check("input[value=badge]", force=True)
    page.wait_for_selector("#working", state="hidden")
    assert yellow(pixels(page, "#after")[200:280, 280:360]) < 0.2
    page.click("#another")
    assert page.is_visible("#drop")


def test_the_slider_works_by_keyboard_and_by_mouse(open_page: Open, portrait: Picture) -> None:
    page = open_page()
    upload(page, packed(making.seen_at(portrait, (640, 480))))
    page.wait_for_selector("#result:not([hidden])")
    clip = "getComputedStyle(document.querySelector('#before')).clipPath"
    assert "50%" in page.evaluate(clip)
    page.focus("#at")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.input_value("#at") == "53"
    assert "47%" in page.evaluate(clip)
    page.keyboard.press("Home")
    assert page.get_attribute("#at", "aria-valuetext") == "0 % before, 100 % after"


def test_several_faces_are_numbered_and_counted(open_page: Open, portrait: Picture) -> None:
    page = open_page()
    upload(page, packed(np.hstack([making.seen_at(portrait, (320, 480), 1.1)] * 2)))
    page.wait_for_selector("#result:not([hidden])")
    assert page.inner_text("#said").startswith("2 faces")
    assert page.locator(".mark").all_inner_texts() == ["1", "2"]
    assert page.locator("#faces li").count() == 2


def test_no_face_is_said(open_page: Open) -> None:
    page = open_page()
    upload(page, packed(painted(faces=())))
    page.wait_for_selector("#result:not([hidden])")
    assert "No face found" in page.inner_text("#said")
    assert "unchanged" in page.inner_text("#photo-status")


@pytest.mark.parametrize(
    ("data", "said", "refused"),
    [
        (b"Dear Sir", "no picture that can be read", True),
        (b"", "is empty", False),
        (bytes(10 * 1024 * 1024 + 1), "too large", False),
        (packed(np.zeros((5001, 5001, 3), np.uint8)), "too large", True),
        (packed(painted(), "JPEG")[:900], "damaged", True),
    ],
    ids=["text", "empty", "large", "many pixels", "torn"],
)
def test_what_is_wrong_with_a_file_is_said_kindly(open_page: Open, data: bytes, said: str, refused: bool) -> None:
    page = open_page()
    upload(page, data)
    page.wait_for_selector("#photo-notice:not([hidden])")
    assert said in page.inner_text("#photo-notice")
    assert page.is_visible("#drop")
    errors: list[str] = open_page.errors  # type: ignore[attr-defined]
    assert len(errors) == refused  # Chromium reports each refusal in its console
    errors.clear()
    upload(page, packed(painted(faces=())))
    page.wait_for_selector("#result:not([hidden])")
    assert page.is_hidden("#photo-notice")


def test_a_photo_can_be_dropped_and_pasted(open_page: Open, portrait: Picture) -> None:
    page = open_page()
    data = base64.b64encode(packed(making.seen_at(portrait, (640, 480)), "JPEG")).decode()
    give = """([data, kind]) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)), carried = new DataTransfer();
        carried.items.add(new File([bytes], "me.jpg", { type: "image/jpeg" }));
        const event = kind === "drop"
            ? new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: carried, bubbles: true });
        document.body.dispatchEvent(event);
    }"""
    for kind in ("drop", "paste"):
        page.evaluate(give, [data, kind])
        page.wait_for_selector("#result:not([hidden])")
        assert yellow(pixels(page, "#after")[200:280, 280:360]) > 0.2
        page.click("#another")


def test_everything_can_be_reached_by_keyboard(open_page: Open) -> None:
    page = open_page()
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached[:6] == ["skip", "brand", "tab-photo", "choose", "take", "sample"]
    page.focus("#tab-photo")
    page.keyboard.press("ArrowRight")
    assert page.is_visible("#start")
    assert page.evaluate("document.activeElement.id") == "tab-camera"


# --- camera ----------------------------------------------------------------------------------------------------------


def camera(open_page: Open, footage: Path, **options: Any) -> Page:
    page = open_page(*FAKE, f"--use-file-for-fake-video-capture={footage}", allow=True, **options)
    page.click("#tab-camera")
    return page


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
    page.click("#record")
    assert page.get_attribute("#record", "aria-pressed") == "true"
    page.wait_for_timeout(2500)
    page.click("#record")
    page.wait_for_selector("#clip:not([hidden])")
    with page.expect_download() as download:
        page.click("#save-clip")
    download.value.save_as(tmp_path / "clip.webm")
    with av.open(str(tmp_path / "clip.webm")) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(frames) > 10
    assert frames[-1].shape == (480, 640, 3)
    assert yellow(np.asarray(frames[-1][200:280, 120:200], np.uint8)) > 0.2


def test_a_photo_is_taken_with_the_camera(open_page: Open, two_faces: Path) -> None:
    page = open_page(*FAKE, f"--use-file-for-fake-video-capture={two_faces}", allow=True)
    page.click("#take")
    page.wait_for_selector("#live:not([hidden])")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.click("#shot")
    page.wait_for_selector("#result:not([hidden])")
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


# --- looks -----------------------------------------------------------------------------------------------------------

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {
        "color_scheme": "light",
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
    },
    "phone-dark": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}, "has_touch": True},
}


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: $SCREENSHOTS, or pytest's own folder."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, from npm, or from the file that $AXE names."""
    if given := os.environ.get("AXE"):
        return Path(given).read_text("utf-8")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here, and $AXE names no axe.min.js")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run([npm, "pack", "--silent", "axe-core@4"], cwd=folder, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("axe-core can't be fetched")
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder, "tar")
    return (folder / "package" / "axe.min.js").read_text("utf-8")


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
def test_it_is_accessible_and_fits_in_every_size_and_colour(
    open_page: Open, portrait: Picture, two_faces: Path, shots: Path, axe: str, look: str
) -> None:
    page = camera(open_page, two_faces, **LOOKS[look])
    bad = violations(page, axe)
    page.screenshot(path=shots / f"{look}-camera-off.png", full_page=True)
    page.click("#start")
    page.locator("#live-faces li").nth(1).wait_for(timeout=20_000)
    page.wait_for_timeout(1000)
    bad += violations(page, axe)
    page.screenshot(path=shots / f"{look}-camera.png", full_page=True)
    page.click("#tab-photo")
    bad += violations(page, axe)
    page.screenshot(path=shots / f"{look}-photo-empty.png", full_page=True)
    upload(page, packed(np.hstack([making.seen_at(portrait, (420, 560), 1.4)] * 2)))
    page.wait_for_selector("#result:not([hidden])")
    page.wait_for_timeout(300)
    bad += violations(page, axe)
    page.screenshot(path=shots / f"{look}-photo.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    page.goto(page.url.split("#")[0] + "api/docs")
    page.wait_for_selector("article")
    bad += violations(page, axe)
    page.screenshot(path=shots / f"{look}-docs.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert bad == []


def test_one_photo_looks_good(open_page: Open, shots: Path) -> None:
    page = open_page(**LOOKS["light"])
    page.click("#sample")
    page.wait_for_selector("#result:not([hidden])")
    page.wait_for_timeout(300)
    page.screenshot(path=shots / "light-sample.png")
    assert cv2.imread(str(shots / "light-sample.png")) is not None


def test_before_and_after_are_of_the_same_photo_whatever_went_wrong_between(open_page: Open, portrait: Picture) -> None:
    page = open_page()
    upload(page, packed(portrait))
    page.wait_for_selector("#result:not([hidden])")
    first = page.get_attribute("#before", "src")
    refusals = [503]

    def refuse_once(route: Any) -> None:
        if refusals:
            route.fulfill(status=refusals.pop(), json={"error": "there is a lot to do"})
        else:
            route.continue_()

    page.route("**/api/photo", refuse_once)
    upload(page, packed(np.ascontiguousarray(portrait[:, ::-1])))
    page.wait_for_selector("#photo-notice:not([hidden])")
    page.click("#photo-look label:has(input[value=badge])")
    page.wait_for_function("first => document.getElementById('before').src !== first", arg=first)
    page.wait_for_selector("#working", state="hidden")
    left = pixels(page, "#before")
    assert np.abs(left.astype(int) - portrait[:, ::-1]).mean() < 3
    open_page.errors.clear()  # type: ignore[attr-defined]  # the browser's own word of the 503
