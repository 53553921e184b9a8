"""`emojicam web` on the command line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from emojicam.cli import main


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_taken_is_4(capfd: pytest.CaptureFixture[str], taken: int) -> None:
    assert main(["web", "--no-browser", "--port", str(taken)]) == 4
    out, err = capfd.readouterr()
    assert out == ""
    assert err == f"emojicam: port {taken} of 127.0.0.1 is taken by another program: --port {taken + 1}, say\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--host", "0.0.0.0"], 2, "lets other machines in: give --token"),
        (["--host", "0.0.0.0", "--token", "short"], 2, "at least 12"),
        (["--host", "no.such.host.invalid", "--token", "correct-horse-battery"], 2, "no such address"),
        (["--host", "203.0.113.7", "--token", "correct-horse-battery"], 4, "can't be used"),
        (["--port", "70000"], 2, "from 0 to 65535"),
        (["--port", "0", "--theme", "baroque"], 2, "'baroque'"),
        (["--port", "0", "--model", "mine.onnx"], 2, "mine.onnx: no such model"),
        (["--port", "0", "--detector-models", "nowhere"], 2, "nowhere"),
    ],
)
def test_wrong_usage_is_one_line(
    capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert main(["web", "--no-browser", *arguments]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err


def test_a_missing_extra_is_named() -> None:
    program = (
        "import sys\nfor name in ('starlette', 'uvicorn'): sys.modules[name] = None\n"
        "from emojicam.cli import main\nsys.exit(main(['web', '--no-browser']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 4
    assert done.stderr == 'emojicam: Starlette or uvicorn is not installed: pip install "emojicam[web]"\n'


def test_for_other_machines_it_says_what_that_means_and_makes_up_a_token() -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "emojicam", "web", "--no-browser", "--port", "0", "--host", "0.0.0.0", "--token"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    assert server.stderr is not None
    lines = [server.stderr.readline() for _ in range(3)]
    server.terminate()
    server.communicate(timeout=30)
    assert lines[0].startswith("emojicam: the token is ")
    assert len(lines[0].split()[-1]) >= 32
    assert lines[1].startswith("emojicam: http://localhost:")
    assert "not encrypted" in lines[2]
    assert not any(lines[0].split()[-1] in line for line in lines[1:])
