"""Who gets in, from where, under what name, and what every answer says about itself."""

from __future__ import annotations

import json

import httpx
import pytest
from serving import GOOD, TOKEN, Site, site

from emojicam.web.config import Config
from emojicam.web.guard import Keys

ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/login", 303),
    ("GET", "/static/page.css", 200),
    ("GET", "/static/app.js", 200),
    ("GET", "/emoji/0/fear.png", 200),
    ("GET", "/favicon.ico", 200),
    ("GET", "/api/docs", 200),
    ("GET", "/api/health", 200),
    ("GET", "/api/openapi.json", 200),
    ("GET", "/nothing", 404),
    ("GET", "/api/photo", 405),
    ("POST", "/api/photo", 415),
    ("HEAD", "/", 200),
    ("OPTIONS", "/api/photo", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_the_headers(here: Site, method: str, path: str, status: int) -> None:
    with here.client() as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert_secured(answer, here.host)
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers


def assert_secured(answer: httpx.Response, host: str) -> None:
    headers = answer.headers
    policy = headers["content-security-policy"]
    wanted = (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    assert all(part in policy.split("; ") for part in wanted)
    assert "unsafe" not in policy
    if host:
        assert f"connect-src 'self' ws://{host} wss://{host}" in policy.split("; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


# --- whose name, from where ---


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1", 200),
        ("127.0.0.2:1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example:8000", 421),
        ("192.168.0.7", 421),
        ("2130706433", 421),
        ("0x7f.1", 421),
        ("", 400),
        ("localhost; script-src *", 400),
        ("localhost@evil.example", 400),
        ("localhost/x", 400),
        ("a" * 300, 400),
    ],
)
def test_the_host_must_be_ours(here: Site, host: str, status: int) -> None:
    for method, path in (("GET", "/"), ("GET", "/api/health")):
        got = here.raw(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert got.split(b" ", 2)[1] == str(status).encode()
        assert b"evil" not in got
        assert b"script-src" not in got


def test_no_host_and_two_are_refused(here: Site) -> None:
    for lines in ("", "Host: localhost\r\nHost: evil.example\r\n"):
        got = here.raw(f"GET / HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
        assert got.split(b" ", 2)[1] == b"400"


def test_other_machines_may_use_an_address_but_no_foreign_name(locked: Site) -> None:
    for host, status in (("192.168.0.7:8000", 200), ("[fe80::1]", 200), ("evil.example", 421)):
        with locked.client() as client:
            assert client.get("/api/health", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "file://"},
        {"Origin": "chrome-extension://abc"},
        {"Origin": "http://[bad"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_post_from_another_page_is_refused(here: Site, headers: dict[str, str]) -> None:
    answer = here.send(GOOD, headers=headers)
    assert answer.status_code == 403
    assert_secured(answer, here.host)


def test_a_post_from_our_own_page_is_taken(here: Site) -> None:
    for headers in ({"Origin": here.url, "Sec-Fetch-Site": "same-origin"}, {"Origin": here.url.upper()}, {}):
        assert here.send(GOOD, headers=headers).status_code == 200


# --- the token ---


def test_without_the_token_nothing_is_shown(locked: Site) -> None:
    with locked.client() as client:
        for path in ("/", "/api/docs"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        for path in ("/api/openapi.json", "/emoji/0/fear.png", "/nothing"):
            assert client.get(path).status_code == 401
        for path in ("/login", "/static/page.css", "/api/health"):
            assert client.get(path).status_code == 200
    answer = locked.send(GOOD)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert_secured(answer, locked.host)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer ", 401),
        ("Bearer", 401),
        (TOKEN, 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer \xff\xfe", 401),
    ],
)
def test_the_bearer_must_fit(locked: Site, header: str, status: int) -> None:
    got = locked.raw(
        b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: "
        + header.encode("latin-1")
        + b"\r\n\r\n"
    )
    assert got.split(b" ", 2)[1] == str(status).encode()


def test_the_token_in_a_url_is_worth_nothing(locked: Site) -> None:
    with locked.client() as client:
        assert client.get("/api/openapi.json", params={"token": TOKEN}).status_code == 401


def test_a_cookie_is_worth_nothing_on_another_server(locked: Site) -> None:
    with locked.client() as client:
        client.post("/login", data={"token": TOKEN})
        cookies = dict(client.cookies)
    with site(Config(token=TOKEN)) as other, other.client(cookies=cookies) as client:
        assert client.get("/").status_code == 303


def test_tokens_are_compared_whole() -> None:
    keys = Keys(TOKEN)
    assert keys.fits(TOKEN)
    assert not any(keys.fits(wrong) for wrong in ("", TOKEN[:-1], TOKEN + " ", "é" * 21, "\udcff"))


def tried(here: Site, way: str, token: str, **headers: str) -> int:
    """The status with which a token is answered that is shown in some way."""
    with here.client(headers=headers) as client:
        if way == "login":
            return client.post("/login", data={"token": token}).status_code
        if way == "bearer":
            return client.get("/api/openapi.json", headers={"Authorization": f"Bearer {token}"}).status_code
        if way == "basic":
            return client.get("/api/docs", headers={"Authorization": f"Basic {token}"}).status_code
        if way == "cookie":
            return client.get("/api/openapi.json", headers={"Cookie": f"emojicam={token}"}).status_code
        if way == "query":
            return client.get("/api/openapi.json", params={"token": token}).status_code
        if way == "photo":
            return here.send(GOOD, headers={"Authorization": f"Bearer {token}", **headers}).status_code
    handshake = (
        f"Authorization: Bearer {token}\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\nUpgrade: websocket"
    )
    more = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
    got = here.raw(
        f"GET /api/camera HTTP/1.1\r\nHost: {here.host}\r\n{handshake}{more}\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode(),
        seconds=1,
    )
    return int(got.split(b" ", 2)[1])


WAYS = ["login", "bearer", "basic", "cookie", "query", "photo", "socket"]


@pytest.mark.parametrize("way", WAYS)
def test_wrong_tokens_have_one_rate_in_whatever_way_they_are_shown(way: str) -> None:
    with site(Config(token=TOKEN)) as here:
        assert [tried(here, way, f"guess {turn}") for turn in range(5)].count(429) == 0
        for other in WAYS:
            assert tried(here, other, "guess") == 429, other
        for right, status in (("login", 303), ("bearer", 200), ("photo", 200), ("socket", 101)):
            assert tried(here, right, TOKEN) == status, right


def test_guesses_say_when_to_go_on_and_end_the_connection() -> None:
    with site(Config(token=TOKEN)) as here, here.client() as client:
        answers = [client.get("/api/openapi.json", headers={"Authorization": "Bearer x"}) for _ in range(20)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 15
        assert_secured(answers[-1], here.host)
        assert answers[-1].headers["connection"] == "close"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 5
        assert client.get("/api/health", headers={"Authorization": "Bearer x"}).status_code == 200
        assert client.get("/", follow_redirects=True).status_code == 200  # who shows nothing is sent to the login
        assert client.post("/login", data={"token": TOKEN}).status_code == 303
        assert client.get("/", headers={"Authorization": "Bearer x"}).status_code == 200  # the cookie is right


def test_each_address_behind_a_proxy_has_its_own_rate() -> None:
    with site(Config(token=TOKEN, proxy=True)) as here:
        bad = {"X-Forwarded-For": "10.0.0.1"}
        assert [tried(here, "bearer", "guess", **bad) for _ in range(6)] == [401] * 5 + [429]
        assert tried(here, "bearer", "guess", **{"X-Forwarded-For": "10.0.0.2"}) == 401
        assert tried(here, "bearer", TOKEN, **bad) == 200
        assert tried(here, "login", TOKEN, **bad) == 303


def test_requests_without_a_token_are_no_guesses() -> None:
    with site(Config(token=TOKEN)) as here, here.client() as client:
        assert {client.get("/api/openapi.json").status_code for _ in range(20)} == {401}
        assert {client.get("/").status_code for _ in range(20)} == {303}


def test_a_refused_websocket_says_why(locked: Site) -> None:
    handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
    got = locked.raw(
        f"GET /api/camera HTTP/1.1\r\nHost: {locked.host}\r\n{handshake}\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert got.startswith(b"HTTP/1.1 403 ")
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"content-security-policy: default-src 'self'" in head.lower()
    assert "shows no token" in json.loads(body)["error"]
