"""Photos on the page, in a real browser: many at once, corrected by hand, in five languages. A red square is a face."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browsing import MARKS, Open, pixels, shoot_both, upload, upload_all, violations, wait_ready
from heicfiles import heic
from making import Picture
from PIL import Image
from serving import Site, opened, packed, painted, site

from emojicam.settings import Settings
from emojicam.stream.choices import Style
from emojicam.web.config import Config, Limits
from emojicam.web.words import read_words

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Locator, Page

pytestmark = MARKS

WORDS = read_words()
TWO = painted(640, 480, ((160, 240, 100), (480, 240, 100)))
LEFT, RIGHT = slice(0, 320), slice(320, 640)
FIVE = [
    ("one.png", packed(painted())),
    ("two.png", packed(TWO)),
    ("letter.txt", b"Dear Sir"),
    ("three.jpg", packed(painted(ground=60), "JPEG")),
    ("one.jpg", packed(painted(ground=120), "JPEG")),
]
SMALL = Limits(upload=100_000, pixels=400_000, photos_burst=10_000)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with painted models, a theme of its own beside ours, and room for small photos alone."""
    theme = tmp_path_factory.mktemp("themes") / "green"
    theme.mkdir()
    for place, label in enumerate(("neutral", *"happiness surprise sadness anger disgust fear contempt".split())):
        Image.new("RGBA", (64, 64), (0, 90 + 20 * place, 0, 255)).save(theme / f"{label}.png")
    settings = replace(Settings(), theme=str(theme))
    with site(Config(settings=settings, limits=SMALL)) as running:
        yield running


def opened_with(open_page: Open, data: bytes = packed(TWO), **options: Any) -> Page:
    page = open_page(viewport={"width": 1100, "height": 900}, **options)
    upload(page, data)
    wait_ready(page)
    return page


def same(one: Picture, other: Picture, part: slice) -> bool:
    return np.array_equal(one[:, part], other[:, part])


def redrawn(page: Page, before: Picture) -> Picture:
    """The result as soon as it is another one than it was."""
    for _ in range(50):
        wait_ready(page)
        after = pixels(page, "#after")
        if not np.array_equal(before, after):
            return after
        page.wait_for_timeout(50)
    raise AssertionError("nothing changed")


def box_of(what: Locator) -> tuple[float, float, float, float]:
    found = what.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["width"], found["height"]


def middle_of(what: Locator) -> tuple[float, float]:
    x, y, width, height = box_of(what)
    return x + width / 2, y + height / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a place of the photo, as shares of its width and height, is in the window."""
    left, top, width, height = box_of(page.locator("#spots"))
    return left + x * width, top + y * height


# --- many ------------------------------------------------------------------------------------------------------------


def test_five_photos_with_one_that_is_none_come_back_as_one_zip(open_page: Open) -> None:
    page = open_page()
    upload_all(page, FIVE)
    page.wait_for_function("() => document.querySelectorAll('.tile.done').length === 4")
    page.wait_for_selector("#save-all:not([disabled])")
    assert page.locator(".tile").count() == 5
    assert page.inner_text("#strip-said") == "4 of 5 photos are done."
    assert page.inner_text("#bad-list").startswith("letter.txt: This is no picture")
    assert page.locator(".thumb").nth(2).get_attribute("aria-label") == "letter.txt: can’t be used"
    with page.expect_download() as download:
        page.click("#save-all")
    assert download.value.suggested_filename == "emojicam.zip"
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["one-emoji.png", "two-emoji.png", "three-emoji.jpg", "one-emoji.jpg"]
        drawn = opened(archive.read("two-emoji.png"))
    assert drawn.shape == TWO.shape
    assert drawn[240, 160].tolist() == [0, 110, 0]  # happiness, in the theme's green
    errors: list[str] = open_page.errors  # type: ignore[attr-defined]
    assert len(errors) == 1  # Chromium reports the refusal in its console
    errors.clear()


def test_the_strip_is_used_by_mouse_and_by_keyboard(open_page: Open) -> None:
    page = open_page()
    upload_all(page, [FIVE[0], FIVE[1], FIVE[0]])
    page.wait_for_selector("#save-all:not([disabled])")
    page.locator(".thumb").nth(1).click()
    wait_ready(page)
    assert page.locator(".spot").count() == 2
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.locator(".spot").count() == 1
    with page.expect_download() as download:
        page.click("#save-all")
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert archive.namelist() == ["one-emoji.png", "two-emoji.png", "one-emoji-2.png"]
    page.locator(".thumb").first.focus()
    page.keyboard.press("Delete")
    assert page.locator(".tile").count() == 2
    page.locator(".drop-photo").nth(1).click(force=True)
    assert page.is_hidden("#strip-row")
    assert page.is_hidden("#save-all")
    with page.expect_download() as alone:
        page.click("#save-jpeg")
    assert alone.value.suggested_filename == "two-emoji.jpg"
    page.click("#another")
    assert page.is_visible("#drop")


def test_a_photo_taken_away_while_it_is_prepared_holds_up_no_other(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """() => {
            const { decode } = Image.prototype;
            Image.prototype.decode = async function () {
                Image.prototype.decode = decode;
                await new Promise((done) => (window.goOn = done));
                return decode.call(this);
            };
        }"""
    )
    upload_all(page, FIVE[:2])
    page.locator("#strip .drop-photo").first.click()
    page.evaluate("window.goOn()")
    wait_ready(page)
    assert page.locator("#faces li").count() == 2


def test_a_photo_that_the_server_has_no_time_for_is_tried_again(open_page: Open) -> None:
    page = open_page()
    refusals = [503]

    def refuse_once(route: Any) -> None:
        if refusals:
            route.fulfill(status=refusals.pop(), headers={"Retry-After": "1"}, json={"error": "there is a lot to do"})
        else:
            route.continue_()

    page.route("**/api/photo", refuse_once)
    upload(page, packed(TWO))
    page.wait_for_selector("#photo-notice:not([hidden])")
    assert "tried again" in page.inner_text("#photo-notice")
    wait_ready(page)
    assert page.is_hidden("#photo-notice")
    assert np.array_equal(pixels(page, "#before"), TWO)
    open_page.errors.clear()  # type: ignore[attr-defined]


def test_a_photo_that_is_too_large_is_made_smaller_and_stays_upright(open_page: Open) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned clockwise: what is on the left here comes up
    data = packed(painted(1200, 900, ((200, 450, 160),)), "JPEG", quality=99, exif=turned)
    page = opened_with(open_page, data)
    after = pixels(page, "#after")
    height, width = after.shape[:2]
    assert width * height <= SMALL.pixels
    assert width / height == pytest.approx(900 / 1200, abs=0.01)
    assert after[round(height * 200 / 1200), width // 2, 1] > 90  # the emoji
    assert f"{width} × {height}" in page.inner_text("#smaller")
    assert pixels(page, "#before").shape == after.shape


def test_a_photo_with_too_many_bytes_is_made_smaller_too(open_page: Open) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (500, 700, 3)).astype(np.uint8)
    data = packed(noise)
    assert len(data) > SMALL.upload
    page = opened_with(open_page, data)
    assert page.is_visible("#smaller")


def test_what_the_browser_cannot_show_goes_as_it_is(open_page: Open) -> None:
    page = open_page()
    upload_all(page, [("IMG 1.heic", heic(np.ascontiguousarray(painted()[..., ::-1])))])
    wait_ready(page)
    assert page.locator(".spot").count() == 1
    assert page.is_hidden("#at")  # there is no before
    with page.expect_download() as download:
        page.click("#save-jpeg")
    assert download.value.suggested_filename == "IMG 1-emoji.jpg"


# --- corrected -------------------------------------------------------------------------------------------------------


def test_a_face_is_corrected_by_mouse(open_page: Open) -> None:
    page = opened_with(open_page)
    first = pixels(page, "#after")
    assert page.locator(".number").all_inner_texts() == ["1", "2"]
    page.mouse.click(*place(page, 0.25, 0.5))
    assert page.locator("#menu .item").count() == 10
    page.click("#menu .item:has-text('Fear')")
    fear = redrawn(page, first)
    assert fear[240, 160].tolist() == [0, 210, 0]
    assert same(first, fear, RIGHT)
    assert page.locator("#faces b").all_inner_texts() == ["Afraid, as you chose", "Probably happy"]
    # No emoji, by the card; and blurred.
    page.locator(".change").nth(1).click()
    page.click("#menu .item:has-text('No emoji')")
    bare = redrawn(page, fear)
    assert same(bare, TWO, RIGHT)
    page.mouse.click(*place(page, 0.75, 0.5))
    page.click("#menu .item:has-text('Blur')")
    assert not same(redrawn(page, bare), TWO, RIGHT)
    # All of it is taken back, by button and keys.
    page.click("#undo")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert page.is_disabled("#undo")
    wait_ready(page)
    assert np.array_equal(redrawn(page, fear), first)


def test_faces_are_drawn_moved_and_sized_by_mouse(open_page: Open) -> None:
    page = opened_with(open_page, packed(painted(640, 480, ((160, 240, 100),))))
    before = pixels(page, "#after")
    # A box where a face is missing.
    drag(page, place(page, 0.65, 0.3), place(page, 0.9, 0.65))
    assert page.locator(".spot").count() == 2
    page.click("#menu .item:has-text('Sadness')")
    added = redrawn(page, before)
    assert added[228, 496].tolist() == [0, 150, 0]
    assert same(before, added, LEFT)
    # It is moved by its middle, and made larger by its corner.
    x, y = middle_of(page.locator(".spot").nth(1))
    drag(page, (x, y), (x, y + 60))
    moved = redrawn(page, added)
    assert middle_of(page.locator(".spot").nth(1))[1] == pytest.approx(y + 60, abs=2)
    size = box_of(page.locator(".spot").nth(1))[2]
    corner = middle_of(page.locator(".spot").nth(1).locator(".corner"))
    drag(page, corner, (corner[0] + 30, corner[1] + 30))
    redrawn(page, moved)
    assert box_of(page.locator(".spot").nth(1))[2] > 1.2 * size
    # And taken away again.
    page.mouse.click(*middle_of(page.locator(".spot").nth(1)))
    page.click("#menu .item:has-text('Remove')")
    assert page.locator(".spot").count() == 1
    wait_ready(page)
    assert np.array_equal(redrawn(page, moved), before)


def test_a_face_is_corrected_by_keyboard_alone(open_page: Open) -> None:
    page = opened_with(open_page)
    first = pixels(page, "#after")
    assert page.evaluate("document.activeElement.id") == "result-title"
    page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "Face 1: Probably happy"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Happiness"
    page.keyboard.press("Escape")
    assert page.is_hidden("#menu")
    assert page.evaluate(focused) == "Face 1: Probably happy"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    surprise = redrawn(page, first)
    assert surprise[240, 160].tolist() == [0, 130, 0]
    assert page.evaluate(focused) == "Face 1: Surprised, as you chose"
    x, y, width, _ = box_of(page.locator(".spot").first)
    page.keyboard.press("Shift+ArrowDown")
    for _ in range(4):
        page.keyboard.press("+")
    now = box_of(page.locator(".spot").first)
    assert now[1] + now[3] / 2 > y + width / 2 + 10
    assert now[2] > 1.2 * width
    assert now[0] < x
    moved = redrawn(page, surprise)
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Face 2: Probably happy"
    page.keyboard.press("Delete")
    assert same(redrawn(page, moved), TWO, slice(420, 640))
    for _ in range(10):
        page.keyboard.press("Control+z")
    wait_ready(page)
    assert np.array_equal(redrawn(page, moved), first)
    page.focus("#add-face")
    page.keyboard.press("Enter")
    assert page.locator(".spot").count() == 3
    assert page.evaluate(focused) == "Face 2: Happy, as you chose"  # it lies between the others


def touches(page: Page, line: CDPSession, *places: tuple[float, float]) -> None:
    """A finger that is laid on, drawn along, held still and lifted: else it would be a throw, which a tap ends."""
    for number, (x, y) in enumerate([*places, places[-1], places[-1]]):
        kind = "touchMove" if number else "touchStart"
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(40)
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_face_is_corrected_by_touch(open_page: Open) -> None:
    page = open_page(viewport={"width": 390, "height": 800}, has_touch=True)
    upload(page, packed(TWO))
    wait_ready(page)
    line = page.context.new_cdp_session(page)
    first = pixels(page, "#after")
    page.locator(".spot").first.tap()
    page.locator("#menu .item", has_text="Anger").tap()
    angry = redrawn(page, first)
    assert angry[240, 160].tolist() == [0, 170, 0]
    # The corner of the face that was chosen.
    size = box_of(page.locator(".spot").first)[2]
    x, y = middle_of(page.locator(".spot").first.locator(".corner"))
    touches(page, line, (x, y), (x + 5, y + 5), (x + 15, y + 15), (x + 25, y + 25))
    larger = redrawn(page, angry)
    assert box_of(page.locator(".spot").first)[2] > 1.2 * size
    # A finger on the photo moves the page; after a tap on the button it draws a box.
    start, end = place(page, 0.45, 0.05), place(page, 0.62, 0.3)
    touches(page, line, start, end)
    assert page.locator(".spot").count() == 2
    page.locator("#add-face").tap()
    assert page.is_visible("#add-hint")
    start, end = place(page, 0.45, 0.05), place(page, 0.62, 0.3)
    touches(page, line, start, (start[0] + 10, start[1] + 10), end)
    assert page.locator(".spot").count() == 3
    page.locator("#menu .item", has_text="Fear").tap()
    page.wait_for_selector("[aria-label='Face 2: Afraid, as you chose']")
    redrawn(page, larger)
    page.locator("#undo").tap()
    assert page.locator(".spot").nth(1).get_attribute("aria-label") == "Face 2: Happy, as you chose"


# --- looks -----------------------------------------------------------------------------------------------------------


def test_styles_and_themes_are_chosen_by_their_pictures(open_page: Open) -> None:
    page = opened_with(open_page)
    first = pixels(page, "#after")
    assert page.locator("#photo-look .styles img").count() == len(Style)
    assert page.locator("#photo-look .themes input").evaluate_all("all => all.map((one) => one.value)")[:2] == [
        "green",
        "classic",
    ]
    shown = page.locator("#photo-look img").evaluate_all(
        "all => Promise.all(all.map(async (one) => { await one.decode(); return one.naturalWidth; }))"
    )
    assert min(shown) >= 64
    page.click("#photo-look label:has(input[value=classic])")
    classic = redrawn(page, first)
    assert classic[240, 160, 2] > 150  # an emoji's yellow
    assert page.locator("#photo-look .styles img").first.get_attribute("src") == "/preview/1/cover.png"
    page.click("#photo-look label:has(input[value=badge])")
    assert redrawn(page, classic)[240, 160].tolist() == [0, 0, 255]  # the face is seen again


def test_a_result_is_shared_and_copied_where_the_browser_can(open_page: Open) -> None:
    page = open_page()
    assert page.evaluate("typeof navigator.share") == "undefined"
    page.evaluate(
        """() => {
            window.shared = [];
            navigator.canShare = () => true;
            navigator.share = async ({ files }) => shared.push(files[0].name, files[0].type);
        }"""
    )
    upload(page, packed(TWO, "JPEG"), "party.jpg", "image/jpeg")
    wait_ready(page)
    page.click("#share")
    assert page.evaluate("shared") == ["party-emoji.jpg", "image/jpeg"]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#copy")
    page.wait_for_selector("#toast:has-text('Copied')")
    size = page.evaluate(
        """async () => {
            const [item] = await navigator.clipboard.read();
            const picture = await createImageBitmap(await item.getType("image/png"));
            return [picture.width, picture.height];
        }"""
    )
    assert size == [640, 480]


def test_the_language_is_the_browsers_or_chosen_by_hand_and_remembered(open_page: Open) -> None:
    page = open_page(locale="de-DE")
    assert page.inner_text(".drop-title >> nth=0") == WORDS["de"]["drop.title"]
    upload(page, packed(TWO))
    wait_ready(page)
    assert page.locator("#faces b").first.inner_text() == "Wahrscheinlich fröhlich"
    page.select_option("#language", "fr")
    page.wait_for_selector("html[lang=fr]")
    assert page.locator("#faces b").first.inner_text() == "Probablement de la joie"
    assert page.inner_text("#add-face") == WORDS["fr"]["add.face"]
    assert page.locator(".spot").count() == 2  # the photo is still there
    page.reload()
    page.wait_for_selector("html[lang=fr]")
    assert page.inner_text(".drop-title >> nth=0") == WORDS["fr"]["drop.title"]
    assert page.context.cookies() == []
    assert page.evaluate("Object.entries(localStorage)") == [["language", "fr"]]


@pytest.mark.parametrize("tag", WORDS)
def test_it_is_accessible_in_every_state_and_language(open_page: Open, axe: str, tag: str) -> None:
    page = open_page(locale=tag)
    bad = violations(page, axe)
    upload_all(page, FIVE[:3])
    page.wait_for_selector("#save-all:not([disabled])")
    page.locator(".thumb").nth(1).click()
    page.click("#faces summary >> nth=0")
    bad += violations(page, axe)
    page.locator(".spot").first.focus()
    page.keyboard.press("Enter")
    bad += violations(page, axe)
    page.keyboard.press("Escape")
    page.locator(".thumb").nth(2).click()
    bad += violations(page, axe)
    assert bad == []
    open_page.errors.clear()  # type: ignore[attr-defined]  # the browser's own word of the refusal


@pytest.mark.parametrize(
    ("width", "height", "tag"), [(360, 740, "de"), (768, 1024, "fr"), (1280, 860, "es"), (2560, 1400, "zh")]
)
def test_it_fits_in_every_width_light_and_dark(
    open_page: Open, axe: str, shots: Path, width: int, height: int, tag: str
) -> None:
    phone = width < 500
    page = open_page(viewport={"width": width, "height": height}, locale=tag, has_touch=phone, is_mobile=phone)

    shoot_both(page, shots, "empty")
    upload_all(page, FIVE[:3])
    page.wait_for_selector("#save-all:not([disabled])")
    shoot_both(page, shots, "photos", full_page=True)
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [width, width]
    page.locator(".thumb").nth(1).click()
    page.locator(".change").first.click()
    shoot_both(page, shots, "menu")
    menu = box_of(page.locator("#menu"))
    assert menu[0] >= 0
    assert menu[0] + menu[2] <= width
    assert violations(page, axe) == []  # in the dark; the other tests have light
    open_page.errors.clear()  # type: ignore[attr-defined]  # the browser's own word of the refusal
