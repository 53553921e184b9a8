"""The pages, what they load, and the door."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from serving import GOOD, TOKEN, Site, opened, site

from emojicam.web.config import Config, Limits
from emojicam.web.words import read_words

STATIC = Path(__file__).resolve().parent.parent.parent / "app" / "web" / "static"


def test_the_pages_hold_no_inline_script_or_style_and_name_no_other_host(here: Site) -> None:
    with here.client() as client:
        for path in ("/", "/api/docs"):
            text = client.get(path).text
            assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
            assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
            assert not re.search(r"(src|href|action)=\"(https?:)?//", text)
            assert "{{" not in text
        for name in [path.name for path in STATIC.iterdir() if path.suffix in (".css", ".js")]:
            text = client.get(f"/static/{name}").text
            assert not re.search(r"https?://(?!www\.w3\.org)", text)
            assert "innerHTML" not in text
            assert "eval(" not in text


def test_each_language_has_a_manifest_whose_icons_need_no_token(locked: Site) -> None:
    with locked.client() as client:
        told = {tag: client.get(f"/static/{tag}.webmanifest") for tag in read_words()}
        assert {answer.headers["content-type"] for answer in told.values()} == {"application/manifest+json"}
        assert len({answer.json()["description"] for answer in told.values()}) == len(told)
        icons = told["en"].json()["icons"]
        assert [icon["purpose"] for icon in icons] == ["any", "any", "maskable"]
        for icon in icons:
            height, width = opened(client.get(icon["src"]).content).shape[:2]
            assert icon["sizes"] == f"{width}x{height}"
        assert client.get("/static/xx.webmanifest").status_code == 404


def test_the_door(locked: Site) -> None:
    with locked.client() as client:
        wrong = client.post("/login", data={"token": "wrong"})
        assert wrong.status_code == 401
        assert "not the token" in wrong.text
        assert "set-cookie" not in wrong.headers
        right = client.post("/login", data={"token": TOKEN})
        assert (right.status_code, right.headers["location"]) == (303, "/")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert TOKEN not in cookie
        assert client.get("/").status_code == 200
        assert client.post("/api/photo", files={"photo": GOOD}).status_code == 200
        assert (
            client.post("/login", data={"token": TOKEN}, headers={"Origin": "http://evil.example"}).status_code == 403
        )
    with locked.client(cookies={"emojicam": TOKEN}) as client:
        assert client.get("/").status_code == 303
    with locked.client() as client:
        assert client.post("/login", content=b"token=" + b"x" * 9000).status_code == 413
        assert client.post("/login", content=b"\xff\xfe&&=%%%").status_code == 401


def test_guessing_is_slow() -> None:
    with site(Config(token=TOKEN)) as here, here.client() as client:
        codes = [client.post("/login", data={"token": f"guess {i}"}).status_code for i in range(8)]
    assert codes == [401] * 5 + [429] * 3


def test_a_login_that_takes_for_ever_is_given_up() -> None:
    limits = replace(Limits(), body_seconds=0.3)
    with site(Config(token="correct-horse-battery", limits=limits)) as here:
        request = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\ntoken="
        assert here.raw(request).startswith(b"HTTP/1.1 408 ")


def test_a_login_with_many_fields_is_refused() -> None:
    with site(Config(token="correct-horse-battery")) as here, here.client() as client:
        answer = client.post("/login", content=b"&".join(b"a=1" for _ in range(50)))
        assert (answer.status_code, answer.json()["error"]) == (400, "the form has too many fields")
