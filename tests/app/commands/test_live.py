"""The command `live`: a source goes to a window, a virtual camera and a file, and is found again when it is lost."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest
from livebench import HEIGHT, SIZE, WIDTH, Bench, as_emoji, run, yellow
from making import read_video

from emojicam.cli import main
from emojicam.errors import EmojicamError
from emojicam.stream.live import cameras, reconnect
from emojicam.stream.live.paced import looped
from emojicam.stream.types import Frame


def test_a_file_is_shown_recorded_and_sent_to_a_virtual_camera_at_once(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench()
    arguments = [clip, "--record", "out.mp4", "--report", "out.jsonl", "--virtual-camera", "--size", "640x360"]
    assert run(bench, *arguments, "--no-mirror") == 0
    assert len(bench.pictures) >= 5
    assert bench.opened == SIZE == bench.size
    assert bench.closed == ["emojicam", "camera"]
    for one in (
        bench.pictures[-1],
        np.asarray(cv2.cvtColor(bench.sent[-1].reshape(540, 640), cv2.COLOR_YUV2BGR_I420), np.uint8),
        read_video(Path("out.mp4"))[0][-1],
    ):
        assert yellow(one) > 0.25
    assert yellow(read_video(clip)[0][-1]) < 0.05
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert len(lines) == len(bench.pictures)
    assert {line["source"] for line in lines} == {"clip.mp4"}
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("emojicam: /dev/video10 runs: choose it in Zoom, Meet or Teams;")
    assert any(line.startswith("emojicam: out.mp4: ") and line.endswith(" frames") for line in told)
    assert told[-1].startswith("emojicam: clip.mp4: 25 frames, ")
    assert "; /dev/video10: " in told[-1]


def test_a_recording_keeps_the_times(clip: Path) -> None:
    bench = Bench()
    assert run(bench, clip, "--record", "out.mp4") == 0
    _, times = read_video(Path("out.mp4"))
    assert times[0] == 0
    assert 0.5 <= times[-1] <= 3.0  # the clip's second, and however slow the machine is
    assert times == sorted(times)


@pytest.mark.parametrize("name", ["emojicam-there.mp4", "there.mp4"])
def test_what_is_there_is_not_replaced(name: str, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_bytes(b"mine")
    assert main(["live", str(clip), "--no-window", "--record", name]) == 5
    assert Path(name).read_bytes() == b"mine"
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["gopher://me:secret@host/x"], 2, "gopher://host/x: a stream is one of rtsp"),
        (["none.mp4", "--loop"], 2, "none.mp4: no such file to show in a loop"),
        (["63"], 4, "63: no such camera"),
        (["none.mp4"], 2, "none.mp4: no such file, and neither a camera"),
        (["photo.png"], 3, "photo.png: a photo, which doesn't move: `emojicam annotate` takes it"),
        (["photo.png", "--loop"], 3, "photo.png: a photo"),
        (["empty.mp4"], 3, "empty.mp4: the file is empty"),
        (["."], 2, ".: a folder; one video file"),
        (["http:/me:secret@host/x"], 2, "http:…: an address begins with http://"),
        (["http://me:secret@127.0.0.1:99999/x"], 2, "not an address"),
        (["http://me:secret@nobody.invalid/x"], 4, "no server called nobody.invalid is known here"),
        (["--virtual-camera", "clip.mp4"], 2, "--virtual-camera clip.mp4: a file, not a virtual camera"),
        (["0", "--size", "big"], 2, "--size big: WIDTHxHEIGHT in px"),
        (["clip.mp4", "--no-window", "--virtual-camera", "63"], 4, "/dev/video63: no such device"),
        (["clip.mp4"], 4, "there is no screen for a window: --no-window"),
        (["http://127.0.0.1:9/x"], 4, "http://127.0.0.1:9/x: can't be read"),
        (["notes.txt", "--no-window"], 3, "notes.txt"),
        (["clip.mp4", "none.mp4"], 2, "none.mp4: no such file, and neither a camera"),
        (["empty.mp4", "63", "--no-window"], 3, "empty.mp4: the file is empty"),
        (["clip.mp4", "clip.mp4", "--virtual-camera", "10,11,12"], 2, "10,11,12: 2 streams want 2 devices"),
    ],
)
def test_what_cannot_be_shown_is_one_line(
    arguments: list[str],
    code: int,
    says: str,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("notes.txt").write_text("no video")
    Path("empty.mp4").write_bytes(b"")
    cv2.imwrite("photo.png", np.zeros((48, 64, 3), np.uint8))
    before = clip.read_bytes()
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["live", *arguments]) == code
    told = capsys.readouterr().err
    assert says in told
    assert "secret" not in told
    assert told.count("\n") <= 2
    assert clip.read_bytes() == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well(how: signal.Signals, clip: Path) -> None:
    command = [sys.executable, "-m", "emojicam", "live", clip, "--loop", "--no-window", "--record", "out.mp4"]
    program = subprocess.Popen(
        [*map(str, command), "--range", "near", "--codec-preset", "ultrafast"], stderr=subprocess.PIPE, text=True
    )
    part = Path("out.part.mp4")
    for _ in range(600):
        if part.exists() and part.stat().st_size > 20_000:
            break
        assert program.poll() is None, program.communicate()
        time.sleep(0.1)
    program.send_signal(how)
    told = program.communicate(timeout=60)[1].splitlines()
    assert program.returncode == 0
    assert told[-1].startswith("emojicam: clip.mp4: ")
    assert len(read_video(Path("out.mp4"))[0]) >= 5
    assert not part.exists()


def test_a_recording_has_the_size_of_the_pictures_not_of_the_card(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = list(looped(clip, loop=False, wait=lambda seconds: None))

    def slow(*arguments: object) -> Iterator[Frame]:
        yield from ()
        until.wait(0.5)  # a camera that takes its time to open: there are cards meanwhile
        for frame in frames:
            time.sleep(0.02)
            yield frame
        time.sleep(60)

    until = Event()
    monkeypatch.setattr(reconnect, "SILENCE", 0.1)
    monkeypatch.setattr("emojicam.opening.camera", slow)
    bench = Bench(lambda number, picture: "q" if picture.mean() > 60 and number > 12 else "")
    assert run(bench, "0", "--record", "out.mp4", "--report", "out.jsonl") == 0
    assert any(picture.mean() < 60 for picture in bench.pictures)  # the card
    pictures, times = read_video(Path("out.mp4"))
    assert pictures[0].shape == (HEIGHT, WIDTH, 3)
    told = [json.loads(line)["time"] for line in Path("out.jsonl").read_text().splitlines()]
    assert told[0] == times[0] == 0  # one clock for both, that begins with the first picture
    assert told[-1] == pytest.approx(times[-1], abs=0.1)


def test_what_a_crash_left_stays_where_nothing_is_recorded(clip: Path) -> None:
    Path("talk.part.mp4").write_bytes(b"the last hour")
    assert main(["live", "63", "--no-window", "--record", "talk.mp4"]) == 4
    assert Path("talk.part.mp4").read_bytes() == b"the last hour"


def test_the_file_that_is_shown_is_not_recorded_over(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = clip.read_bytes()
    assert main(["live", str(clip), "--no-window", "--record", "clip.mp4", "--overwrite"]) == 2
    assert clip.read_bytes() == before
    assert "would replace its own input" in capsys.readouterr().err


def test_a_file_for_each_of_several_streams_is_refused_before_anything_begins(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out-2.mp4").write_bytes(b"mine")
    assert main(["live", str(clip), str(clip), "--no-window", "--record", "out.mp4"]) == 5
    assert "out-2.mp4" in capsys.readouterr().err
    assert Path("out-2.mp4").read_bytes() == b"mine"
    clip.rename("out-1.mp4")
    assert main(["live", "out-1.mp4", "63", "--no-window", "--record", "out.mp4", "--overwrite"]) == 2
    assert "would replace its own input" in capsys.readouterr().err


def test_where_no_stream_can_be_opened_the_run_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "63", "62", "--no-window"]) == 4
    assert "no such camera" in capsys.readouterr().err.splitlines()[-1]


def test_a_broken_file_among_several_leaves_its_exit_code_and_the_others_run(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.mp4").write_bytes(clip.read_bytes()[:900])
    bench = Bench()
    assert run(bench, clip, "broken.mp4", clip, "--report", "out.jsonl") == 3
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert {line["source"] for line in lines} == {"clip.mp4 (1)", "clip.mp4 (2)"}
    told = capsys.readouterr().err
    assert told.count("broken.mp4") == 2  # what is wrong with it, and its count at the end
    assert "emojicam: clip.mp4 (2): 25 frames" in told


def test_a_camera_that_hangs_holds_up_no_other(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = list(looped(clip, loop=False, wait=lambda seconds: None))
    over = Event()

    def hangs(*arguments: object) -> Iterator[Frame]:
        yield from frames[:3]
        over.wait(60)

    monkeypatch.setattr(reconnect, "SILENCE", 0.2)
    monkeypatch.setattr("emojicam.opening.camera", hangs)
    bench = Bench(lambda number, picture: "q" if number >= 30 else "")
    assert run(bench, "0", clip, "--loop", "--report", "seen.jsonl") == 0
    over.set()
    last = bench.pictures[-1]
    left, right = last[60:-60, : last.shape[1] // 2 - 4], last[60:-60, last.shape[1] // 2 + 4 :]
    assert left.mean() < 60  # "no signal"
    assert as_emoji(right).sum() > 1000
    lines = [json.loads(line) for line in Path("seen.jsonl").read_text().splitlines()]
    assert sum(line["source"] == "clip.mp4" for line in lines) > 8
    assert "emojicam: camera 0: 3 frames, 1 stall, " in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "-5", "1000"])
def test_a_rate_that_makes_no_sense_is_wrong_usage(rate: str, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", str(clip), "--rate", rate]) == 2
    assert f"--rate {rate}: from 1 to 240" in capsys.readouterr().err


# --- from the network ---


class Server:
    """Sends a camera's pictures over HTTP, as many cameras do; what it does at each request is said beforehand."""

    def __init__(self, acts: list[Callable[[Server, BaseHTTPRequestHandler], None]]) -> None:
        self.acts = acts
        self.asked: list[str] = []
        self.over = Event()
        picture = np.full((96, 128, 3), 90, np.uint8)
        self.jpeg = cv2.imencode(".jpg", picture)[1].tobytes()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Do the next thing."""
        if "Authorization" not in request.headers:  # players say who they are when they are asked
            refuses(self, request)
            return
        self.asked.append(request.headers["Authorization"])
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        try:
            act(self, request)
        except OSError:
            pass  # the reader has gone

    def send(self, request: BaseHTTPRequestHandler, count: int) -> None:
        """So many pictures, 25 a second."""
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=edge")
        request.end_headers()
        for _ in range(count):
            head = f"--edge\r\nContent-Type: image/jpeg\r\nContent-Length: {len(self.jpeg)}\r\n\r\n"
            request.wfile.write(head.encode() + self.jpeg + b"\r\n")
            self.over.wait(0.04)


def then_stalls(seconds: float) -> Callable[[Server, BaseHTTPRequestHandler], None]:
    def act(server: Server, request: BaseHTTPRequestHandler) -> None:
        server.send(request, 25)
        server.over.wait(seconds)

    return act


def then_ends(server: Server, request: BaseHTTPRequestHandler) -> None:
    server.send(request, 25)


def refuses(server: Server, request: BaseHTTPRequestHandler) -> None:
    request.send_response(401)
    request.send_header("WWW-Authenticate", 'Basic realm="camera"')
    request.end_headers()


@contextmanager
def serving(*acts: Callable[[Server, BaseHTTPRequestHandler], None]) -> Iterator[tuple[Server, str]]:
    """The server, and its URL with user and password."""
    server = Server(list(acts))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield server, f"http://me:secret@127.0.0.1:{listening.server_port}/live?key=secret"
    finally:
        server.over.set()
        listening.shutdown()
        listening.server_close()


@pytest.mark.parametrize("slower", [0.1, pytest.param(1.0, marks=pytest.mark.slow)])
def test_a_stream_that_stalls_is_found_again_and_one_that_refuses_is_the_end(
    slower: float, inside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module, name in ((reconnect, "SILENCE"), (reconnect, "WATCHDOG"), (cameras, "TIMEOUT")):
        monkeypatch.setattr(module, name, getattr(module, name) * slower)
    monkeypatch.setattr(reconnect, "BACKOFF", tuple(pause * slower for pause in reconnect.BACKOFF))
    with serving(then_stalls(15 * slower), then_ends, refuses) as (server, url):
        bench = Bench()
        with pytest.raises(EmojicamError) as caught:
            run(bench, url, "--report", "seen.jsonl")
    port = url.split(":")[-1].split("/")[0]
    assert caught.value.exit_code == 4
    assert str(caught.value) == f"http://127.0.0.1:{port}/live: the server refuses user and password"
    assert server.asked == [f"Basic {base64.b64encode(b'me:secret').decode()}"] * 3
    told = capsys.readouterr().err
    assert "/live: sent nothing for " in told
    assert f"http://127.0.0.1:{port}/live: back" in told
    everything = told + str(caught.value) + Path("seen.jsonl").read_text()
    assert "secret" not in everything
    assert "me:" not in everything
    dark = [bool(picture.mean() < 60) for picture in bench.pictures]  # the card
    assert not dark[0]
    assert any(dark)
    assert not all(dark[dark.index(True) :])  # and pictures again


def test_opencv_is_loaded_before_pyav_whose_x11_library_would_keep_windows_from_opening() -> None:
    program = "import sys, emojicam.commands.live; print([name for name in sys.modules if name in ('av', 'cv2')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cv2', 'av']"


def test_a_driver_that_hangs_does_not_hang_the_end() -> None:
    program = """
import sys, time
from emojicam.commands import live
from emojicam import opening
def hangs(*arguments):
    print("inside", flush=True)
    time.sleep(600)
    yield
opening.camera = hangs
from emojicam.cli import main
sys.exit(main(["live", "0", "--no-window"]))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
