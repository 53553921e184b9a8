"""Who gets in, from where, under what name; what every answer says; and that nothing is written to disk."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from making import Picture
from serving import Site, packed, painted, site

from emojicam.errors import UsageError
from emojicam.stream.faces import detector_files
from emojicam.web.config import Config, Limits, is_loopback
from emojicam.web.guard import Keys
from emojicam.web.limits import Rate

GOOD = packed(painted())
TOKEN = "correct-horse-battery"


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


# --- headers ---------------------------------------------------------------------------------------------------------

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


def test_the_pages_hold_no_inline_script_or_style_and_name_no_other_host(here: Site) -> None:
    with here.client() as client:
        for path in ("/", "/api/docs"):
            text = client.get(path).text
            assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
            assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
            assert not re.search(r"(src|href|action)=\"(https?:)?//", text)
            assert "{{" not in text
        for name in ("page.css", "app.js", "photo.js", "camera.js", "faces.js", "docs.js"):
            text = client.get(f"/static/{name}").text
            assert not re.search(r"https?://(?!www\.w3\.org)", text)
            assert "innerHTML" not in text
            assert "eval(" not in text


# --- whose name, from where ------------------------------------------------------------------------------------------


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


# --- the token -------------------------------------------------------------------------------------------------------


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


def test_a_cookie_is_worth_nothing_on_another_server(locked: Site) -> None:
    with locked.client() as client:
        client.post("/login", data={"token": TOKEN})
        cookies = dict(client.cookies)
    with site(Config(token=TOKEN)) as other, other.client(cookies=cookies) as client:
        assert client.get("/").status_code == 303


def test_guessing_is_slow() -> None:
    with site(Config(token=TOKEN)) as here, here.client() as client:
        codes = [client.post("/login", data={"token": f"guess {i}"}).status_code for i in range(8)]
    assert codes == [401] * 5 + [429] * 3


def test_tokens_are_compared_whole() -> None:
    keys = Keys(TOKEN)
    assert keys.fits(TOKEN)
    assert not any(keys.fits(wrong) for wrong in ("", TOKEN[:-1], TOKEN + " ", "é" * 21, "\udcff"))


@pytest.mark.parametrize(
    ("host", "token"),
    [
        ("0.0.0.0", ""),
        ("192.168.0.7", ""),
        ("::", ""),
        ("example.org", ""),
        ("0.0.0.0", "short"),
        ("127.0.0.1", "é" * 20),
    ],
)
def test_others_are_let_in_by_a_good_token_alone(host: str, token: str) -> None:
    with pytest.raises(UsageError, match="--token"):
        Config(host=host, token=token)


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "")))


def test_a_rate_counts_each_address_by_itself() -> None:
    now = [0.0]
    rate = Rate(2, 0.5, lambda: now[0])
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 2]
    assert rate.wait("b") == 0
    now[0] = 2
    assert [rate.wait("a") for _ in range(2)] == [0, 2]
    now[0] = 1000
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 2]


# --- nothing on disk -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="limits by the kernel, and /proc")
def test_nothing_is_written_to_disk(tmp_path: Path, portrait: Picture) -> None:
    """The kernel kills whoever writes a single byte to a file; and folders for temporary files stay empty."""
    program = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "import sys; sys.dont_write_bytecode = True\n"
        "from emojicam.cli import main\n"
        "sys.exit(main())\n"
    )
    folders = [tmp_path / name for name in ("current", "temporary", "cache")]
    for folder in folders:
        folder.mkdir()
    detector = detector_files.fetch(detector_files.SHORT, quiet=True).parent
    server = subprocess.Popen(
        [sys.executable, "-c", program, "web", "--no-browser", "--port", "0", "--detector-models", str(detector)],
        cwd=folders[0],
        env={
            **os.environ,
            "TMPDIR": str(folders[1]),
            "TEMP": str(folders[1]),
            "TMP": str(folders[1]),
            "XDG_CACHE_HOME": str(folders[2]),
        },
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        line = ""
        while "http://" not in line:
            line = server.stderr.readline()
            assert line, "the server ended"
        url = line.split()[1]
        loaded = {path for folder in folders for path in folder.rglob("*")}
        assert not any(path.suffix == ".db" for path in loaded)  # no library keeps a store of usage data
        # From now on: while they are loaded, libraries write to memory that the kernel counts as files.
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, 0))
        noise = os.urandom(6 * 1024 * 1024)  # 6 MB: Starlette's own parser would have spooled it to a file
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            for data in (packed(portrait), GOOD + noise, noise, b"", GOOD * 3):
                for accept in ("*/*", "application/json"):
                    client.post("/api/photo", files={"photo": data}, headers={"Accept": accept})
            answer = client.post("/api/photo", files={"photo": GOOD + noise})
            assert answer.status_code == 200
        regular = []
        for link in Path(f"/proc/{server.pid}/fd").iterdir():
            try:
                target = os.readlink(link)
                flags = Path(f"/proc/{server.pid}/fdinfo/{link.name}").read_text()
            except FileNotFoundError:  # a connection that is closed just now
                continue
            mode = int(flags.split("flags:")[1].split()[0], 8) & os.O_ACCMODE
            if target.startswith("/") and not target.startswith("/dev/") and mode != os.O_RDONLY:
                regular.append(target)
        assert regular == []
        assert {path for folder in folders for path in folder.rglob("*")} == loaded
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
    assert server.returncode == 0


def test_a_signal_ends_the_server_soon(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "emojicam", "web", "--no-browser", "--port", "0"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    while "http://" not in server.stderr.readline():
        assert server.poll() is None
    server.send_signal(signal.SIGTERM)
    began = time.monotonic()
    _, err = server.communicate(timeout=30)
    assert (server.returncode, err) == (0, "")
    assert time.monotonic() - began < 10
