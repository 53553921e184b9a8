"""The pages, what they load, and the login of those who have a token. All of it is read once, at the start."""

from __future__ import annotations

import asyncio
import html
import io
import math
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qs

from PIL import Image
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from emojicam import assets
from emojicam.stream.choices import THEME, Style
from emojicam.web.config import Config
from emojicam.web.guard import COOKIE, Keys
from emojicam.web.shared import address, shared
from emojicam.web.uploads import CLOSE

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

ICON = 128
"""Side in px of the emoji that the page shows."""


@dataclass(frozen=True)
class File:
    """Something that is served as it is."""

    content: bytes
    media: str


@dataclass(frozen=True)
class Pages:
    """Everything that a visitor may fetch.

    Attributes:
        index: The page that puts emoji on faces.
        docs: The page about the API.
        login: The page that asks for the token.
        files: What the pages load, by path: below `/static/` and `/emoji/`, and the favicon.
        keys: What knows the token.
    """

    index: str
    docs: str
    login: str
    files: dict[str, File]
    keys: Keys

    async def home(self, request: Request) -> Response:
        """Answer `GET /` with the page."""
        return HTMLResponse(self.index)

    async def api(self, request: Request) -> Response:
        """Answer `GET /api/docs` with the page about the API."""
        return HTMLResponse(self.docs)

    async def file(self, request: Request) -> Response:
        """Answer `GET /static/…`, `GET /emoji/…` and `GET /favicon.ico` with a file."""
        file = self.files.get(request.url.path)
        if file is None:
            raise HTTPException(404, "there is nothing here")
        return Response(file.content, media_type=file.media)

    async def door(self, request: Request) -> Response:
        """Answer `GET /login` with the page that asks for the token; who is known already is sent on to `/`."""
        if self.keys.remembers(request.headers):
            return RedirectResponse("/", 303)
        return HTMLResponse(self.login.replace("{{said}}", ""))

    async def enter(self, request: Request) -> Response:
        """Answer `POST /login`: the token in, a cookie out."""
        body = b""
        try:
            async with asyncio.timeout(shared(request).config.limits.body_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > 4096:
                        raise HTTPException(413, "that is no token", CLOSE)
        except TimeoutError as error:
            raise HTTPException(408, "the form took too long to arrive", CLOSE) from error
        except ClientDisconnect as error:
            raise HTTPException(400, "the form broke off") from error
        try:
            tokens = parse_qs(body.decode("ascii", "replace"), max_num_fields=10).get("token", [""])
        except ValueError as error:
            raise HTTPException(400, "the form has too many fields") from error
        if not self.keys.needed or not self.keys.fits(tokens[0]):
            if seconds := self.keys.wrong(address(request)):
                said = self._wrong("That is not the token, and there were too many tries. Wait a little.")
                return HTMLResponse(said, 429, {"Retry-After": str(math.ceil(seconds))})
            return HTMLResponse(self._wrong("That is not the token."), 401)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, self.keys.cookie, httponly=True, samesite="strict", secure=secure)
        return answer

    def _wrong(self, said: str) -> str:
        return self.login.replace("{{said}}", f'<p class="notice bad" role="alert">{said}</p>')


def read_pages(config: Config, labels: tuple[str, ...], keys: Keys) -> Pages:
    """Read the pages and all that they load.

    Args:
        config: What the server was told.
        labels: The model's emotions.
        keys: What knows the token.

    Raises:
        UsageError: A theme lacks a picture.
    """
    here = resources.files("emojicam.web")
    pages = {name: here.joinpath("templates", f"{name}.html").read_text("utf-8") for name in ("index", "docs", "login")}
    for mark, text in _fillings(config, labels).items():
        pages["index"] = pages["index"].replace(mark, text)
    files = {}
    for entry in here.joinpath("static").iterdir():
        if media := TYPES.get(Path(entry.name).suffix):
            files[f"/static/{entry.name}"] = File(entry.read_bytes(), media)
    files["/static/sample.png"] = File(assets.sample_photo().read_bytes(), "image/png")
    for number, folder in enumerate(config.themes.values()):
        for label in labels:
            files[f"/emoji/{number}/{label}.png"] = File(_icon(folder, label), "image/png")
    icon = File(_icon(assets.theme_folder(THEME), "happiness"), "image/png")
    files["/favicon.ico"] = files["/static/icon.png"] = icon
    return Pages(pages["index"], pages["docs"], pages["login"], files, keys)


def _fillings(config: Config, labels: tuple[str, ...]) -> dict[str, str]:
    """Make the HTML for each of the page's placeholders, with what it tells of this server."""
    chosen = config.settings.style.value
    styles = [_choice("style", style.value, style.value.capitalize(), style.value == chosen) for style in Style]
    themes = []
    for number, name in enumerate(config.themes):
        shown = f'<img src="/emoji/{number}/{labels[0]}.png" alt="">{html.escape(name)}'
        themes.append(_choice("theme", name, shown, not number, f' data-folder="{number}"'))
    where = "this computer" if config.local else "the computer that serves this page"
    return {
        "{{upload}}": config.limits.upload_words,
        "{{bytes}}": str(config.limits.upload),
        "{{most}}": config.limits.photo,
        "{{styles}}": "".join(styles),
        "{{themes}}": "".join(themes),
        "{{parade}}": "".join(f'<img src="/emoji/0/{label}.png" alt="" width="68" height="68">' for label in labels),
        "{{privacy}}": f"Pictures stay in the memory of {where}. Nothing is stored, nothing is sent anywhere else.",
    }


def _choice(name: str, value: str, shown: str, checked: bool, more: str = "") -> str:
    mark = " checked" if checked else ""
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{html.escape(value)}"{more}{mark}>'
        f"<span>{shown}</span></label>"
    )


def _icon(folder: Path, label: str) -> bytes:
    picture = Image.fromarray(assets.emoji(str(folder), label))
    picture.thumbnail((ICON, ICON), Image.Resampling.LANCZOS)
    memory = io.BytesIO()
    picture.save(memory, "PNG")
    return memory.getvalue()
