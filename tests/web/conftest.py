"""Servers that no test spoils, one for each file; and a browser for those who want one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import making
import numpy as np
import pytest
from browsing import CHROMIUM, FLAGS, Open, footage
from making import MEDIA, Picture
from serving import TOKEN, Site, site

from emojicam.web.config import Config, Limits

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    with site(Config(limits=replace(Limits(), photos_burst=10_000))) as running:
        yield running


@pytest.fixture(scope="module")
def locked() -> Iterator[Site]:
    """A server that other machines may reach, and that wants a token."""
    limits = replace(Limits(), logins_burst=1000)
    with site(Config(host="0.0.0.0", token=TOKEN, limits=limits)) as running:
        yield running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    api = pytest.importorskip("playwright.sync_api", reason='Playwright is not installed: pip install -e ".[browser]"')
    with api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser for all tests of a file that want nothing special of it."""
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    yield running
    running.close()


@pytest.fixture
def open_page(playwright: Playwright, browser: Browser, here: Site) -> Iterator[Open]:
    """Opens the page, with flags in a browser of its own; nothing may go wrong, or to another host."""
    browsers: list[Browser] = []
    pages: list[Page] = []
    requests: list[str] = []
    errors: list[str] = []

    def opened_page(*flags: str, path: str = "/", allow: bool = False, **options: Any) -> Page:
        if flags:
            browsers.append(playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags]))
        context = (browsers[-1] if flags else browser).new_context(**options)
        if allow:
            context.grant_permissions(["camera"])
        page = context.new_page()
        page.set_default_timeout(90_000)  # this machine may be busy
        pages.append(page)
        page.on("request", lambda request: requests.append(request.url))
        page.on("websocket", lambda line: requests.append(line.url.replace("ws://", "http://")))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(here.url + path)
        return page

    opened_page.errors = errors  # type: ignore[attr-defined]
    yield opened_page
    for page in pages:
        page.context.close()
    for running in browsers:
        running.close()
    foreign = [url for url in requests if not url.startswith((here.url + "/", "data:", "blob:"))]
    assert foreign == []
    assert errors == []


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
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()  # type: ignore[union-attr]
