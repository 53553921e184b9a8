"""The page in a real browser: Debian's Chromium, driven by Playwright. What several test files need for that."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.video.stream
import numpy as np
import numpy.typing as npt
import pytest
from making import Picture
from serving import opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium, or set CHROMIUM to its path"),
]

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic")
FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

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

Open = Callable[..., "Page"]


def shoot_both(page: Page, folder: Path, state: str, **options: Any) -> None:
    """Take a picture of a page in the light and then in the dark, which it stays in."""
    assert page.viewport_size is not None
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=folder / f"{page.viewport_size['width']}-{scheme}-{state}.png", **options)


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


def upload(page: Page, data: bytes, name: str = "me.png", kind: str = "image/png") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})


def upload_all(page: Page, files: Sequence[tuple[str, bytes]]) -> None:
    """Choose several files at once: names and contents."""
    kinds = {"jpg": "image/jpeg", "png": "image/png", "txt": "text/plain", "heic": "image/heic"}
    chosen = [{"name": name, "mimeType": kinds[name.rsplit(".")[-1]], "buffer": data} for name, data in files]
    page.set_input_files("#file", chosen)  # type: ignore[arg-type]


def wait_ready(page: Page) -> None:
    """Wait until the photo that is looked at is drawn as it should be."""
    page.wait_for_selector("#result[data-state=ready]")


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


def camera(open_page: Open, footage: Path, **options: Any) -> Page:
    """Opens the page with a camera that plays a file."""
    page = open_page(*FAKE, f"--use-file-for-fake-video-capture={footage}", allow=True, **options)
    page.click("#tab-camera")
    return page


def yellows(picture: Picture) -> npt.NDArray[np.bool_]:
    """Where a picture is an emoji's yellow."""
    blue, green, red = (picture[..., channel].astype(int) for channel in range(3))
    found: npt.NDArray[np.bool_] = (red > 200) & (green > 140) & (blue < 120) & (red - blue > 100)
    return found


def yellow(picture: Picture) -> float:
    """Share of a picture that is an emoji's yellow."""
    return float(yellows(picture).mean())


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
