"""The pages, what they load, and the login of those who have a token. All of it is read once, at the start."""

from __future__ import annotations

import asyncio
import html
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from emojicam import assets
from emojicam.stream.choices import THEME, Style
from emojicam.web.config import Config
from emojicam.web.guard import COOKIE, Keys
from emojicam.web.in_thread import in_thread
from emojicam.web.pictures import ICONS, MASKED, Maker, app_icons, icon, pictures
from emojicam.web.shared import address, shared
from emojicam.web.uploads import CLOSE
from emojicam.web.words import FIRST, Words, filled, preferred, read_words

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

SHOWN = ("happiness", "surprise", "anger")
"""Emotions whose emoji show a theme."""


@dataclass(frozen=True)
class File:
    """Something that is served as it is."""

    content: bytes
    media: str


@dataclass(frozen=True)
class Pages:
    """Everything that a visitor may fetch.

    Attributes:
        words: Of each language, by its tag.
        index: The page that puts emoji on faces, in each language.
        docs: The page about the API.
        login: The page that asks for the token, in each language.
        files: What the pages load, by path: below `/static/`, and the favicon.
        pictures: What makes the pictures that the pages show, by path: below `/emoji/` and `/preview/`; and the app's
            icons, below `/static/`.
        keys: What knows the token.
    """

    words: Mapping[str, Words]
    index: Mapping[str, str]
    docs: str
    login: Mapping[str, str]
    files: dict[str, File]
    pictures: dict[str, Maker]
    keys: Keys

    async def home(self, request: Request) -> Response:
        """Answer `GET /` with the page."""
        return HTMLResponse(self.index[self._language(request)])

    async def api(self, request: Request) -> Response:
        """Answer `GET /api/docs` with the page about the API."""
        return HTMLResponse(self.docs)

    async def file(self, request: Request) -> Response:
        """Answer `GET /static/…` and `GET /favicon.ico` with a file, or with an icon of the app."""
        file = self.files.get(request.url.path)
        if file is None:
            return await self.picture(request)
        return Response(file.content, media_type=file.media)

    async def picture(self, request: Request) -> Response:
        """Answer `GET /emoji/…` and `GET /preview/…` with a small picture."""
        maker = self.pictures.get(request.url.path)
        if maker is None:
            raise HTTPException(404, "there is nothing here")
        return Response(await in_thread(shared(request).frame_threads, maker), media_type="image/png")

    async def door(self, request: Request) -> Response:
        """Answer `GET /login` with the page that asks for the token; who is known already is sent on to `/`."""
        if self.keys.remembers(request.headers):
            return RedirectResponse("/", 303)
        return HTMLResponse(self.login[self._language(request)].replace("{{said}}", ""))

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
                said = self._wrong(request, "login.many")
                return HTMLResponse(said, 429, {"Retry-After": str(math.ceil(seconds))})
            return HTMLResponse(self._wrong(request, "login.wrong"), 401)
        answer = RedirectResponse("/", 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, self.keys.cookie, httponly=True, samesite="strict", secure=secure)
        return answer

    def _wrong(self, request: Request, word: str) -> str:
        language = self._language(request)
        said = html.escape(self.words[language][word])
        return self.login[language].replace("{{said}}", f'<p class="notice bad" role="alert">{said}</p>')

    def _language(self, request: Request) -> str:
        return preferred(request.headers.get("accept-language", ""), self.words)


def read_pages(config: Config, labels: tuple[str, ...], keys: Keys) -> Pages:
    """Read the pages and all that they load.

    Args:
        config: What the server was told.
        labels: The model's emotions.
        keys: What knows the token.
    """
    words = read_words()
    index = _template("index")
    for mark, text in _fillings(config, labels, words).items():
        index = index.replace(mark, text)
    return Pages(
        words=words,
        index=_in_each_language(index, words),
        docs=_template("docs"),
        login=_in_each_language(_template("login"), words),
        files=_files() | _manifests(words),
        pictures=pictures(config.themes, labels) | app_icons(assets.theme_folder(THEME), "happiness"),
        keys=keys,
    )


def _template(name: str) -> str:
    return resources.files("emojicam.web").joinpath("templates", f"{name}.html").read_text("utf-8")


def _in_each_language(template: str, words: Mapping[str, Words]) -> dict[str, str]:
    pages = {}
    for tag, one in words.items():
        here = template.replace("{{language}}", tag).replace(f'value="{tag}"', f'value="{tag}" selected')
        pages[tag] = filled(here, one)
    return pages


def _files() -> dict[str, File]:
    folder = resources.files("emojicam.web").joinpath("static")
    files = {}
    for place, entries in (("/static", folder.iterdir()), ("/static/words", folder.joinpath("words").iterdir())):
        for entry in entries:
            if media := TYPES.get(Path(entry.name).suffix):
                files[f"{place}/{entry.name}"] = File(entry.read_bytes(), media)
    files["/static/sample.png"] = File(assets.sample_photo().read_bytes(), "image/png")
    brand = File(icon(assets.theme_folder(THEME), "happiness"), "image/png")
    files["/favicon.ico"] = files["/static/icon.png"] = brand
    return files


def _manifests(words: Mapping[str, Words]) -> dict[str, File]:
    """Say, in each language, what the page is when it is installed as an app."""
    icons = [
        {"src": f"/static/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png", "purpose": "any"}
        for side in ICONS
    ]
    masked = {"src": MASKED, "sizes": f"{ICONS[-1]}x{ICONS[-1]}", "type": "image/png", "purpose": "maskable"}
    made = {}
    for tag, one in words.items():
        manifest = {
            "id": "/",
            "name": "emojicam",
            "lang": tag,
            "description": one["page.about"],
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#fbf7ef",
            "theme_color": "#fbf7ef",
            "icons": [*icons, masked],
            "shortcuts": [{"name": one[f"page.{name}"], "url": f"/#{name}"} for name in ("camera", "clip")],
        }
        content = json.dumps(manifest, ensure_ascii=False).encode()
        made[f"/static/{tag}.webmanifest"] = File(content, TYPES[".webmanifest"])
    return made


def _fillings(config: Config, labels: tuple[str, ...], words: Mapping[str, Words]) -> dict[str, str]:
    """Make the HTML for each of the page's placeholders, with what it tells of this server."""
    chosen = config.settings.style.value
    known, styles, themes = words[FIRST], [], []
    for style in Style:
        shown = f'<img data-style="{style.value}" alt="" width="96" height="72">{_named(known, "style", style.value)}'
        styles.append(_choice("style", style.value, shown, style.value == chosen))
    for number, name in enumerate(config.themes):
        some = [label for label in SHOWN if label in labels] or labels[:1]
        images = "".join(f'<img src="/emoji/{number}/{label}.png" alt="">' for label in some)
        shown = f'<span class="some">{images}</span>{_named(known, "theme", name)}'
        themes.append(_choice("theme", name, shown, not number, f' data-folder="{number}"'))
    return {
        "{{bytes}}": str(config.limits.upload),
        "{{pixels}}": str(config.limits.pixels),
        "{{megabytes}}": str(config.limits.upload // (1024 * 1024)),
        "{{megapixels}}": str(config.limits.pixels // 1_000_000),
        "{{styles}}": "".join(styles),
        "{{themes}}": "".join(themes),
        "{{labels}}": html.escape("|".join(labels)),
        "{{parade}}": "".join(f'<img src="/emoji/0/{label}.png" alt="" width="68" height="68">' for label in labels),
        "{{privacy}}": "privacy.here" if config.local else "privacy.there",
        "{{languages}}": "".join(
            f'<option value="{tag}" lang="{tag}">{one["language"]}</option>' for tag, one in words.items()
        ),
    }


def _named(words: Words, family: str, name: str) -> str:
    """The word for a style or a theme; of one that has none, its own name."""
    key = f"{family}.{name}"
    return f'<b data-word="{key}"></b>' if key in words else f"<b>{html.escape(name.capitalize())}</b>"


def _choice(name: str, value: str, shown: str, checked: bool, more: str = "") -> str:
    mark = " checked" if checked else ""
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{html.escape(value)}"{more}{mark}>'
        f"<span>{shown}</span></label>"
    )
