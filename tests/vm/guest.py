"""Runs in the guest: footage goes into one loopback, `emojicam live` takes it from there and feeds another, and
OpenCV, ffmpeg and Chromium look at that; then everything is stopped, killed, started again and misused.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

OUT, JOB = Path("/run/out"), Path("/run/job")
FACE_CAMERA, VIRTUAL, OPEN, WEBCAM = "/dev/video10", "/dev/video11", "/dev/video12", "/dev/video20"
FACE = (slice(135, 315), slice(225, 405))
"""Of the footage, 640x480: where the face is, and its emoji will be."""

LIVE = ("live", FACE_CAMERA, "--no-window", "--range", "near", "--size", "640x480", "--rate", "10")
CHROMIUM = (
    *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio"),
    "--use-fake-ui-for-media-stream",
)
failures = 0


def say(text: str) -> None:
    """A line of the log, with the guest's time."""
    uptime = Path("/proc/uptime").read_text().split()[0]
    print(f"[{uptime}] {text}", flush=True)  # noqa: T201


def check(what: str, passed: bool, found: object = "") -> None:
    """Note how something went."""
    global failures
    failures += not passed
    say(f"{'PASS' if passed else 'FAIL'}  {what}" + (f": {found}" if found != "" else ""))


def emojicam(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The command line, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "emojicam", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/tmp",
        **options,
    )


def answer(*arguments: str, **options: Any) -> tuple[int, str]:
    """The exit code and the last line of a command that ends by itself."""
    program = emojicam(*arguments, **options)
    try:
        text = program.communicate(timeout=120)[0].strip()
    except subprocess.TimeoutExpired:
        program.kill()
        text = "it ran on: " + program.communicate()[0].strip()
    return program.returncode, text.splitlines()[-1] if text else ""


class Running:
    """`emojicam live`, and what it says."""

    def __init__(self, *more: str) -> None:
        self.program = emojicam(*LIVE, "--virtual-camera", VIRTUAL, *more)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.program.stdout is not None
        self.lines.extend(iter(self.program.stdout.readline, ""))

    def says(self, text: str, seconds: float = 120) -> bool:
        """Whether it says something within a while."""
        return waited(lambda: any(text in line for line in self.lines), seconds)

    def stop(self, how: signal.Signals) -> int:
        """Send a signal, and wait for the end; what it said is logged."""
        self.program.send_signal(how)
        code = self.program.wait(60)
        self._reader.join(10)
        for line in self.lines:
            say(f"      {line.rstrip()}")
        return code


def waited(happened: Callable[[], bool], seconds: float) -> bool:
    """Whether something happens within a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happened():
            return True
        time.sleep(0.5)
    return False


def kinds(device: str) -> str:
    """What a device says that it is."""
    return subprocess.run(["v4l2-ctl", "-d", device, "--info"], capture_output=True, text=True, check=False).stdout


def emoji(picture: Any) -> float:
    """How much of the face's place has the emoji's yellow."""
    if picture is None or picture.shape[:2] != (480, 640):
        return -1.0
    part = picture[FACE]
    return float(((part[..., 2] > 180) & (part[..., 1] > 120) & (part[..., 0] < 120)).mean())


def seen_by_opencv(seconds: float = 90, wanted: Callable[[Any], bool] = lambda picture: emoji(picture) > 0.3) -> float:
    """The last share of the emoji that OpenCV sees, as soon as the picture is as it should be."""
    until, share = time.monotonic() + seconds, -1.0
    while time.monotonic() < until:
        if "Video Capture" not in kinds(VIRTUAL):
            time.sleep(0.5)
            continue
        camera = cv2.VideoCapture(VIRTUAL, cv2.CAP_V4L2)
        try:
            for _ in range(10):
                there, picture = camera.read()
                share = emoji(picture) if there else -1.0
                if there and wanted(picture):
                    cv2.imwrite(str(OUT / "opencv.png"), picture)
                    return share
        finally:
            camera.release()
    return share


def seen_by_ffmpeg() -> float:
    """The share of the emoji in a frame that ffmpeg takes."""
    target = OUT / "ffmpeg.png"
    take = ["ffmpeg", "-loglevel", "error", "-f", "v4l2", "-i", VIRTUAL, "-frames:v", "1", "-y", str(target)]
    subprocess.run(take, timeout=90, check=False)
    return emoji(cv2.imread(str(target)))


def seen_by_chromium(label: str) -> dict[str, Any]:
    """What a page's getUserMedia gets from the camera of that name."""
    got: dict[str, Any] = {}
    done = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((JOB / "page.html").read_bytes())

        def do_POST(self) -> None:
            got.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            done.set()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/?label={label}&frames=5"
    for _ in range(2):  # about one start in ten hangs under emulation
        profile = tempfile.mkdtemp()
        browser = subprocess.Popen(
            [*CHROMIUM, f"--user-data-dir={profile}", page],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        answered = done.wait(150)
        browser.kill()
        browser.wait()
        shutil.rmtree(profile, ignore_errors=True)
        if answered:
            break
    server.shutdown()
    if "picture" in got:
        data = base64.b64decode(got.pop("picture").split(",")[1])
        (OUT / "chromium.png").write_bytes(data)
        got["emoji"] = emoji(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    return got


class Footage:
    """What the face camera shows, as long as it is plugged in."""

    def plug(self) -> None:
        """It begins."""
        feed = ["ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(OUT / "face.mp4")]
        self._feeder = subprocess.Popen([*feed, "-pix_fmt", "yuv420p", "-f", "v4l2", FACE_CAMERA])
        waited(lambda: "Video Capture" in kinds(FACE_CAMERA), 30)

    def unplug(self) -> None:
        """It ends."""
        self._feeder.kill()
        self._feeder.wait()


def examine() -> None:
    """What `doctor` says before anything runs."""
    program = emojicam("doctor", "--json")
    lines = json.loads(program.communicate(timeout=180)[0])
    rows = {line["found"].split(" ")[0].rstrip(":"): line for line in lines if "camera" in line["about"]}
    check(
        "doctor finds the virtual camera that is ready", rows.get(VIRTUAL, {}).get("verdict") == "ok", rows.get(VIRTUAL)
    )
    found = rows.get(OPEN, {})
    check("doctor finds exclusive_caps=0", "exclusive_caps=0" in found.get("found", ""), found)
    found = rows.get(WEBCAM, {})
    formats = "YUYV to 3840×2160 at " in found.get("found", "")
    check("doctor finds the webcam and its formats", found.get("verdict") == "ok" and formats, found)


def refusals() -> None:
    """What can't be a virtual camera is refused with the reason."""
    code, line = answer(*LIVE, "--virtual-camera", WEBCAM)
    check("a webcam is no virtual camera", code == 4 and "your webcam, not a virtual one" in line, line)
    code, line = answer(*LIVE, "--virtual-camera", OPEN)
    check("exclusive_caps=0 is refused", code == 4 and "exclusive_caps=0" in line, line)
    code, line = answer(*LIVE, "--virtual-camera", "15")
    check(
        "a number that isn't there", code == 4 and "no such device; virtual cameras: /dev/video10 (Face)" in line, line
    )
    Path("/root").chmod(0o755)  # in the guest's memory alone
    code, line = answer(*LIVE, "--virtual-camera", VIRTUAL, user=65534)
    check("who may not use it is told", code == 4 and "add yourself to the group video" in line, line)


def end_to_end() -> None:
    """From camera to meeting, with interruptions."""
    run = Running()
    check("live says that the camera runs", run.says(f"{VIRTUAL} runs"), run.lines[-1:])
    check("OpenCV sees the emoji on the face", (share := seen_by_opencv()) > 0.3, round(share, 2))
    check("ffmpeg sees it", (share := seen_by_ffmpeg()) > 0.3, round(share, 2))
    page = seen_by_chromium("emojicam")
    check("Chromium's getUserMedia sees it", page.get("emoji", -1) > 0.3, page)
    code, line = answer(*LIVE, "--virtual-camera", VIRTUAL)
    check("a second writer is told of the first", code == 4 and "another program writes to it: " in line, line)
    check("Ctrl-C ends it well", run.stop(signal.SIGINT) == 0, run.lines[-1:])
    check("the device is free again", "Video Output" in kinds(VIRTUAL))


def again(footage: Footage) -> None:
    """Stopped, started, killed, started; then the camera is unplugged and comes back."""
    run = Running()
    check("started again, OpenCV sees the emoji", (share := seen_by_opencv(240)) > 0.3, round(share, 2))
    run.stop(signal.SIGKILL)
    run = Running()
    check("started after kill -9, OpenCV sees the emoji", (share := seen_by_opencv(240)) > 0.3, round(share, 2))
    footage.unplug()
    check("the camera's loss is told", run.says("trying again in", 60), run.lines[-1:])
    dark = seen_by_opencv(60, lambda picture: float(np.median(picture)) < 60)
    check("meanwhile there is a card", dark < 0.05, round(dark, 2))
    footage.plug()
    check("the camera's return is told", run.says(": back", 120), run.lines[-1:])
    check("and the emoji is back", (share := seen_by_opencv(240)) > 0.3, round(share, 2))
    check("SIGTERM ends it well", run.stop(signal.SIGTERM) == 0, run.lines[-1:])


def webcam() -> None:
    """A camera that the kernel pretends is read."""
    quick = ("--no-window", "--range", "near", "--codec-preset", "ultrafast")
    run = emojicam("live", WEBCAM, *quick, "--size", "640x360", "--rate", "10", "--record", "/tmp/webcam.mp4")
    part = Path("/tmp/webcam.part.mp4")
    begun = waited(part.exists, 120)
    time.sleep(15)
    run.send_signal(signal.SIGINT)
    text = run.communicate(timeout=60)[0]
    frames = int(cv2.VideoCapture("/tmp/webcam.mp4").get(cv2.CAP_PROP_FRAME_COUNT))
    check("a webcam is read and recorded", begun and run.returncode == 0 and frames > 3, (frames, text[-300:]))


def main() -> int:
    """Everything."""
    say(f"Linux {os.uname().release}, {os.cpu_count()} cores")
    examine()
    refusals()
    webcam()
    footage = Footage()
    footage.plug()
    end_to_end()
    again(footage)
    say("all passed" if not failures else f"{failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
