"""Nothing leaves this machine: whoever opens a network socket here is killed by the kernel."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import making
import pytest
from making import Picture, write_video

FILTER = '''
import ctypes, platform, struct, sys

def forbid_the_network():
    """Kill this process, and all it starts, on socket(AF_INET or AF_INET6)."""
    arch, socket = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    kill, allow = 0x80000000, 0x7FFF0000
    lines = [
        (load, 0, 0, 4),  # seccomp_data.arch
        (equal, 1, 0, arch),
        (give, 0, 0, kill),
        (load, 0, 0, 0),  # .nr
        (equal, 0, 3, socket),
        (load, 0, 0, 16),  # .args[0], its lower half
        (equal, 2, 0, 2),  # AF_INET
        (equal, 1, 0, 10),  # AF_INET6
        (give, 0, 0, allow),
        (give, 0, 0, kill),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    header = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(program))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, seccomp, by_filter = 38, 22, 2
    zero = ctypes.c_ulong(0)
    if libc.prctl(no_new_privileges, ctypes.c_ulong(1), zero, zero, zero) != 0:
        sys.exit("no filter: no_new_privs")
    if libc.prctl(seccomp, ctypes.c_ulong(by_filter), ctypes.c_char_p(header), zero, zero) != 0:
        sys.exit("no filter: errno %d" % ctypes.get_errno())

forbid_the_network()
'''


def run(program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program under the filter."""
    done = subprocess.run(
        [sys.executable, "-c", FILTER + program, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "no filter" in done.stderr:
        pytest.skip(f"seccomp can't be had here ({done.stderr.strip()})")
    return done


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="seccomp is Linux's"
)


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "import socket; socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket, threading; t = threading.Thread(target=socket.socket); t.start(); t.join()",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
    ],
    ids=["IPv4", "IPv6", "UDP", "thread", "urllib"],
)
def test_the_filter_kills_whoever_opens_a_network_socket(tmp_path: Path, program: str) -> None:
    assert run(program, cwd=tmp_path).returncode == -signal.SIGSYS


def test_the_filter_kills_the_children_too(tmp_path: Path) -> None:
    child = "import socket; socket.socket()"
    program = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {child!r}]).returncode)"
    assert run(program, cwd=tmp_path).stdout == f"{-signal.SIGSYS}\n"


def test_the_filter_lets_everything_else_pass(tmp_path: Path) -> None:
    done = run("import socket; socket.socketpair()[0].close(); print('alive')", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "alive\n")


@pytest.mark.usefixtures("detector_folder")  # the filter would kill who fetches them
def test_annotating_a_photo_and_a_clip_opens_no_network_socket(tmp_path: Path, portrait: Picture) -> None:
    cv2.imwrite(str(tmp_path / "me.png"), making.seen_at(portrait, (320, 240), 0.8))
    pictures = [making.seen_at(portrait, (320, 240), 0.8, shift=2 * i) for i in range(10)]
    write_video(tmp_path / "clip.mp4", pictures, tones=(440,))
    program = """
import os, time
from emojicam.cli import main
code = main()
# MediaPipe is closed by now; what a library would send later, it has two seconds for.
time.sleep(2)
print("alive", len(os.listdir("/proc/self/task")) > 0)
sys.exit(code)
"""
    done = run(program, "annotate", "me.png", "clip.mp4", "--report", "r.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "alive True"
    assert (tmp_path / "me-emoji.png").exists()
    assert (tmp_path / "clip-emoji.mp4").exists()


@pytest.mark.usefixtures("detector_folder")
def test_the_python_functions_open_no_network_socket(tmp_path: Path, portrait: Picture) -> None:
    cv2.imwrite(str(tmp_path / "me.png"), making.seen_at(portrait, (320, 240), 0.8))
    program = """
import emojicam
(face,) = emojicam.analyze("me.png")
print(face.emotion.label)
"""
    done = run(program, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "happiness\n"), done.stderr


def test_nothing_is_kept_of_the_user_but_what_was_asked_for(
    tmp_path: Path, portrait: Picture, detector_folder: Path
) -> None:
    """No library leaves a number for the user, or a file of what was done, in the home folder."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    cv2.imwrite(str(work / "me.png"), making.seen_at(portrait, (320, 240), 0.8))
    homes = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "XDG_CONFIG_HOME": str(home / ".config")}
    command = [sys.executable, "-m", "emojicam", "annotate", "me.png", "--detector-models", str(detector_folder)]
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | homes
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in work.iterdir()) == ["me-emoji.png", "me.png"]
    # MediaPipe loads matplotlib, which keeps a list of the fonts there are.
    fonts = home / ".cache" / "matplotlib"
    assert [path for path in home.rglob("*") if path.is_file() and not path.is_relative_to(fonts)] == []
