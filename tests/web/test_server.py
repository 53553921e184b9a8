"""The server as a whole: its routes, its end, and nothing on the disk."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from making import Picture
from serving import GOOD, PaintedModels, Site, packed, site

from emojicam.stream.types import Frame
from emojicam.web.config import Config, Limits


@pytest.mark.skipif(sys.platform != "linux", reason="limits by the kernel, and /proc")
def test_nothing_is_written_to_disk(tmp_path: Path, portrait: Picture, detector_folder: Path) -> None:
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
    server = subprocess.Popen(
        [
            sys.executable,
            "-c",
            program,
            "web",
            "--no-browser",
            "--port",
            "0",
            "--detector-models",
            str(detector_folder),
        ],
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


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/photo"), ("PUT", "/api/photo"), ("POST", "/api/health")])
def test_other_methods_are_405(here: Site, method: str, path: str) -> None:
    with here.client() as client:
        assert client.request(method, path).status_code == 405


def test_what_is_not_there_is_404(here: Site) -> None:
    with here.client() as client:
        for path in (
            "/nothing",
            "/static/../server.py",
            "/static/%2e%2e/server.py",
            "/emoji/0/x.png",
            "/emoji/9/fear.png",
        ):
            assert client.get(path).status_code == 404, path


def test_a_defect_is_500_and_tells_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def stumble(frame: Frame) -> None:
        if frame.width == 99:
            raise ZeroDivisionError("SECRET")

    with site(models=PaintedModels(before=stumble)) as here:
        answer = here.send(packed(np.zeros((9, 99, 3), np.uint8)))
        assert answer.status_code == 500
        assert "SECRET" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert here.alive()
    assert "SECRET" in capfd.readouterr().err  # but in the log it is


def photos_from(here: Site, *addresses: str) -> list[int]:
    return [here.send(GOOD, headers={"X-Forwarded-For": address}).status_code for address in addresses]


def test_a_proxy_is_believed_only_if_it_is_there() -> None:
    limits = replace(Limits(), photos_burst=1, photos_a_second=0.001)
    with site(Config(limits=limits, proxy=True)) as here:
        assert photos_from(here, "10.0.0.1", "10.0.0.2", "10.0.0.1") == [200, 200, 429]
    with site(Config(limits=limits)) as here:
        assert photos_from(here, "10.0.0.1", "10.0.0.2") == [200, 429]
