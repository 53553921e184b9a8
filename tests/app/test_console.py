"""What the user reads, and where."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import write_photo

from emojicam.console import complain, prepare, say, show
from emojicam.errors import OutputError


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    write_photo(tmp_path / "x.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    command = [sys.executable.encode(), b"-m", b"emojicam", b"annotate", b"caf\xe9.png"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, timeout=120, env={**os.environ, "PYTHONUTF8": "1"}
    )
    assert (done.returncode, done.stdout) == (0, b"caf\\udce9-emoji.png: no face found\n")
    assert os.path.exists(os.fsencode(tmp_path) + b"/caf\xe9-emoji.png")


def test_messages_go_to_stderr_and_results_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    say("a message")
    show("a result")
    assert capsys.readouterr() == ("a result\n", "a message\n")


def test_a_complaint_is_one_line_with_what_is_left_behind_it(capsys: pytest.CaptureFixture[str]) -> None:
    error = OutputError("out.mp4: can't be written:\nthe disk is full")
    error.add_note("its first 3 frames are in out.part.mp4")
    error.add_note("and more\nin a.part.mp4")
    complain(error, str(error))
    assert capsys.readouterr() == (
        "",
        "emojicam: out.mp4: can't be written: the disk is full; its first 3 frames are in out.part.mp4; "
        "and more in a.part.mp4\n",
    )
    complain(KeyboardInterrupt(), "interrupted")
    assert capsys.readouterr().err == "emojicam: interrupted\n"


def test_what_an_encoding_lacks_is_printed_as_an_escape() -> None:
    program = "from emojicam.console import prepare, say, show\nprepare()\nshow('6×4 \\udce9')\nsay('6×4 \\udce9')\n"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
    assert done.stdout == done.stderr == rb"6\xd74 \udce9" + os.linesep.encode()


def test_streams_that_are_no_files_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.StringIO()
    monkeypatch.setattr(sys, "stdout", kept)
    prepare()
    show("kept")
    assert kept.getvalue() == "kept\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's words")
@pytest.mark.parametrize("arguments", ["--help", "--version", "", "annotate --help", "models"])
@pytest.mark.parametrize(
    ("where", "code", "says"),
    [("| true", 0, ""), (">/dev/full", 5, "emojicam: standard output: can't be written: No space left on device\n")],
)
def test_of_what_only_prints_a_full_output_is_a_failure_and_a_closed_one_is_none(
    arguments: str, where: str, code: int, says: str, tmp_path: Path
) -> None:
    command = f'(sleep 0.1; "{sys.executable}" -m emojicam {arguments}; echo $? >rc) {where}'
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (int((tmp_path / "rc").read_text()), done.stderr) == (code, says)


def test_without_stderr_a_message_is_not_printed_as_a_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    say("a message")
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_message_that_goes_nowhere_does_not_change_the_exit_code() -> None:
    """Python 3.11.2 tries again at the end what stderr did not take, and ends with 120."""
    program = "from emojicam.console import prepare, say\nprepare()\nsay('lost')\nsay('lost')\n"
    with open("/dev/full", "w") as full:
        assert subprocess.run([sys.executable, "-c", program], stderr=full, check=False).returncode == 0
