"""The page in a real browser, with the real models: photos, and how all of it looks."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import making
import numpy as np
import pytest
from browsing import LOOKS, MARKS, Open, camera, pixels, upload, violations, wait_ready, yellow
from making import Picture
from serving import Site, opened, packed, painted, site

from emojicam.settings import Settings
from emojicam.web.config import Config, Limits
from emojicam.web.pipeline import load

pytestmark = MARKS


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    """A server with the real models."""
    limits = replace(Limits(), photos_burst=10_000)
    with site(Config(limits=limits), load=lambda: load(Settings())) as running:
        yield running


def test_a_photo_comes_back_with_its_emoji_bars_and_downloads(
    open_page: Open, portrait: Picture, tmp_path: Path
) -> None:
    page = open_page()
    before = making.seen_at(portrait, (640, 480))
    upload(page, packed(before))
    wait_ready(page)
    assert page.inner_text("#said").startswith("One face")
    after = pixels(page, "#after")
    assert after.shape == before.shape
    assert yellow(after[200:280, 280:360]) > 0.2
    assert np.array_equal(after[:30, :30], before[:30, :30])
    assert np.array_equal(pixels(page, "#before"), before)
    assert page.locator("#faces li").count() == 1
    assert page.inner_text("#faces b") == "Probably happy"
    assert page.is_hidden("#faces dl")
    page.click("#faces summary")
    assert page.locator("#faces dl div").count() == 8
    assert page.inner_text("#faces .best dt") == "happiness"
    for button, suffix, magic in (("#save-jpeg", "jpg", b"\xff\xd8"), ("#save-png", "png", b"\x89P")):
        with page.expect_download() as download:
            page.click(button)
        assert download.value.suggested_filename == f"me-emoji.{suffix}"
        download.value.save_as(tmp_path / suffix)
        data = (tmp_path / suffix).read_bytes()
        assert data.startswith(magic)
        assert yellow(opened(data)[200:280, 280:360]) > 0.2
    # Another style, at once.
    with page.expect_response("**/api/draw"):
        page.check("#photo-look input[value=badge]", force=True)
    wait_ready(page)
    assert yellow(pixels(page, "#after")[200:280, 280:360]) < 0.2
    page.click("#another")
    assert page.is_visible("#drop")


def test_the_slider_works_by_keyboard_and_by_mouse(open_page: Open, portrait: Picture) -> None:
    page = open_page()
    upload(page, packed(making.seen_at(portrait, (640, 480))))
    wait_ready(page)
    clip = "getComputedStyle(document.querySelector('#before')).clipPath"
    assert "100%" in page.evaluate(clip)  # all emoji are seen at first
    page.focus("#at")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.input_value("#at") == "3"
    assert "97%" in page.evaluate(clip)
    page.keyboard.press("Home")
    assert page.get_attribute("#at", "aria-valuetext") == "0 % before, 100 % after"
    grip = page.locator("#at").bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + 20, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2, steps=3)
    page.mouse.up()
    assert 45 <= int(page.input_value("#at")) <= 55
    assert page.locator(".spot").count() == 1  # nothing was drawn by that


def test_several_faces_are_numbered_and_counted(open_page: Open, portrait: Picture) -> None:
    page = open_page()
    upload(page, packed(np.hstack([making.seen_at(portrait, (320, 480), 1.1)] * 2)))
    wait_ready(page)
    assert page.inner_text("#said").startswith("2 faces")
    assert page.locator(".number").all_inner_texts() == ["1", "2"]
    assert page.locator("#faces li").count() == 2


def test_no_face_is_said(open_page: Open) -> None:
    page = open_page()
    upload(page, packed(painted(faces=())))
    wait_ready(page)
    assert "No face found" in page.inner_text("#said")
    assert "unchanged" in page.inner_text("#photo-status")


@pytest.mark.parametrize(
    ("data", "said", "refused"),
    [
        (b"Dear Sir", "no picture that can be read", True),
        (b"", "is empty", False),
        (bytes(10 * 1024 * 1024 + 1), "too large", False),
        (packed(painted(), "JPEG")[:900], "damaged", True),
    ],
    ids=["text", "empty", "large", "torn"],
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
    wait_ready(page)
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
        wait_ready(page)
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
    wait_ready(page)
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
    wait_ready(page)
    page.wait_for_timeout(300)
    page.screenshot(path=shots / "light-sample.png")
    assert cv2.imread(str(shots / "light-sample.png")) is not None
