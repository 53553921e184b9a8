"""The real Ray and a real S3 server, on this machine: nodes and workers are killed, and nothing is lost.

`pytest -m cluster -n 0`; skipped where Ray or moto is missing.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import gsserver
import numpy as np
import pytest
import s3server
from clusters import Nodes, beside_each_other, workers
from commandline import QUICK, wait_until, write_clip
from making import Picture, read_video, seen_at, write_video
from namespaces import NotPermitted, in_namespaces
from PIL import Image
from s3server import KEY, SECRET

pytestmark = pytest.mark.cluster

SIZE = (320, 240)


@pytest.fixture(autouse=True)
def _ray() -> None:
    pytest.importorskip("ray")


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path, as Ray's sockets need; the scratch folders of the run are in it, too."""
    folder = Path(tempfile.mkdtemp(prefix="ec", dir="/tmp"))
    yield folder
    assert list(folder.glob("emojicam-*")) == [], "what is left in scratch folders"
    shutil.rmtree(folder)


@pytest.fixture
def server() -> Iterator[s3server.Server]:
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    with s3server.s3() as running:
        yield running


@pytest.fixture
def gs_server() -> Iterator[gsserver.Server]:
    pytest.importorskip("gcp_storage_emulator")
    pytest.importorskip("gcsfs")
    with gsserver.gs() as running:
        yield running


def emojicam(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "emojicam", *map(str, arguments), *QUICK]


def run(
    *arguments: str | Path, cwd: Path, environment: dict[str, str] | None = None, on: Nodes | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(on.inside if on else ()), *emojicam(*arguments)],
        cwd=cwd,
        env={**os.environ, **(on.environment if on else {}), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def everything(folder: Path, portrait: Picture) -> int:
    """Files of all kinds; how many there are."""
    folder.mkdir()
    pictures = [seen_at(portrait, SIZE, 0.8, shift=2 * n) for n in range(12)]
    for number in range(8):
        cv2.imwrite(str(folder / f"photo{number}.jpg"), pictures[number])
    images = [Image.fromarray(picture[..., ::-1]) for picture in pictures]
    for name in ("flat.png", "a.webp", "b.tif", "c.bmp", "still.gif"):
        images[0].save(folder / name)
    images[0].putalpha(128)
    images[0].save(folder / "clear.tiff")
    images[1].save(folder / "moves.gif", save_all=True, append_images=images[2:], duration=80, loop=0)
    images[1].save(folder / "moves.webp", save_all=True, append_images=images[2:], duration=80)
    for name in ("clip.mp4", "clip2.mp4", "clip.mov", "clip.mkv", "clip.m4v", "sound.mp4"):
        write_video(folder / name, pictures, tones=(440,) if name == "sound.mp4" else ())
    write_video(folder / "old.avi", pictures, codec="mpeg4")
    write_video(folder / "small.webm", pictures, codec="libvpx", options={"deadline": "realtime"})
    return len(list(folder.iterdir()))


def assert_same(one: Path, two: Path) -> None:
    """Photos and animations to the byte; of films times and frames, which an encoder's threads may change a little."""
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in two.iterdir())
    for path in one.iterdir():
        other = two / path.name
        if path.read_bytes() != other.read_bytes():
            assert path.suffix in (".mp4", ".mov", ".mkv", ".m4v", ".webm"), path.name
            (pictures, times), (others, theirs) = read_video(path), read_video(other)
            assert times == theirs, path.name
            for picture, same in zip(pictures, others, strict=True):
                assert np.abs(picture.astype(int) - same).mean() < 1, path.name


@dataclass(frozen=True)
class Alone:
    """What one machine makes of 24 files, and of a photo beside a broken file.

    Attributes:
        folder: Holds the files in `in` and `torn`, results in `one`, the report `one.jsonl`.
        done: What it said of the 24.
        torn: What it said of the two.
    """

    folder: Path
    done: subprocess.CompletedProcess[str]
    torn: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, portrait: Picture, detector_folder: Path) -> Alone:
    folder = tmp_path_factory.mktemp("alone")
    assert everything(folder / "in", portrait) == 24
    (folder / "torn").mkdir()
    shutil.copy(folder / "in" / "photo0.jpg", folder / "torn")
    (folder / "torn" / "broken.mp4").write_bytes((folder / "in" / "clip.mp4").read_bytes()[:2000])
    done = run("annotate", "in", "-o", "one/", "--report", "one.jsonl", cwd=folder)
    return Alone(folder, done, run("annotate", "torn", "-o", "one-torn/", cwd=folder))


CLOUDS = {"169.254.169.254", "metadata.google.internal"}
"""Where clouds tell a machine about itself."""


@contextmanager
def permitted(folder: Path) -> Iterator[Nodes]:
    """Two nodes in two network namespaces, where this user may make some; but for what docs/cluster.md says of the head
    nothing is sent to others.
    """
    try:
        with in_namespaces(folder) as nodes:
            yield nodes
        sent = {path.name.split("-")[2]: set(path.read_text().split()) for path in folder.glob("away-*")}
        assert "169.254.169.254" in sent["head"] <= CLOUDS
        assert sent["node"] == set()
    except NotPermitted as error:
        pytest.skip(f"no network namespaces here: {error}")


@pytest.mark.parametrize(
    ("name", "started"), [("beside", beside_each_other), ("namespaces", permitted)], ids=["beside", "namespaces"]
)
def test_a_node_is_killed_and_every_result_is_that_of_one_machine(
    alone: Alone, short: Path, name: str, started: Callable[[Path], AbstractContextManager[Nodes]]
) -> None:
    folder = alone.folder
    with started(short) as two:
        program = subprocess.Popen(
            [
                *two.inside,
                *emojicam("annotate", "in", "-o", name, "--report", f"{name}.jsonl", "--cluster", two.address),
            ],
            cwd=folder,
            env=two.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with program:
            assert program.stdout is not None
            first = [program.stdout.readline() for _ in range(4)]
            two.kill()
            out, err = program.communicate(timeout=250)
        torn = run("annotate", "torn", "-o", f"{name}-torn", "--cluster", two.address, cwd=folder, on=two)
    assert (program.returncode, err) == (0, "emojicam: given out again because a worker was lost: 1 file\n")
    assert (alone.done.returncode, alone.done.stderr) == (0, "")
    said = sorted("".join([*first, out]).replace(f"{name}/", "one/").splitlines())
    assert said == sorted(alone.done.stdout.splitlines())
    assert (folder / f"{name}.jsonl").read_bytes() == (folder / "one.jsonl").read_bytes()
    assert_same(folder / "one", folder / name)
    assert (torn.returncode, torn.stderr) == (alone.torn.returncode, alone.torn.stderr) == (3, torn.stderr)
    assert_same(folder / "one-torn", folder / f"{name}-torn")


def statistics(scratch: Path) -> set[tuple[str, str]]:
    """What the servers of Ray whose scratch folder is given are told of its statistics."""
    told = set()
    for server in Path("/proc").glob("[0-9]*/exe"):
        try:
            lines = (server.parent / "environ").read_text().split("\0")
            if server.readlink().name in ("gcs_server", "raylet") and f"TMPDIR={scratch}" in lines:
                variables = dict(line.partition("=")[::2] for line in lines)
                told.add((server.readlink().name, variables.get("RAY_USAGE_STATS_ENABLED", "")))
        except OSError:
            continue
    return told


@pytest.mark.usefixtures("detector_folder")
def test_interrupted_workers_close_what_they_write(inside: Path, short: Path) -> None:
    write_clip(inside / "a.mp4", 1500, size=(160, 120))
    program = subprocess.Popen(
        emojicam("annotate", "a.mp4", "-o", "out/", "--cluster", "local"),
        cwd=inside,
        env={**os.environ, "TMPDIR": str(short)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = inside / "out" / "a-emoji.part.mp4"
    wait_until(lambda: part.exists() and part.stat().st_size > 300_000, program)
    assert statistics(short) == {("gcs_server", "0"), ("raylet", "0")}
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=100)
    assert (program.returncode, out) == (130, "")
    assert err.startswith("emojicam: interrupted; ")
    assert err.count("\n") == 1
    assert len(read_video(part)[0]) == int(err.split(" frames are in out/a-emoji.part.mp4")[0].split(" ")[-1])


@pytest.mark.usefixtures("detector_folder")
@pytest.mark.parametrize("name", ["server", "gs_server"])
def test_a_worker_that_is_killed_while_it_uploads_leaves_no_half_object(
    inside: Path, short: Path, name: str, request: pytest.FixtureRequest
) -> None:
    server: s3server.Server | gsserver.Server = request.getfixturevalue(name)
    noise = np.random.default_rng(0).integers(0, 256, (2500, 2500, 3), np.uint8)
    server.put("inbox", "day/noise.png", cv2.imencode(".png", noise)[1].tobytes())
    server.put("inbox", "day/broken.mp4", b"neither")
    server.put("inbox", "day/notes.txt", b"neither")
    seen: list[dict[str, int]] = []

    def kill_once(method: str, query: str) -> None:
        if server.is_half_way(method, query) and not seen:
            seen.append(server.keys("outbox"))
            for worker in workers():
                os.kill(worker, signal.SIGKILL)

    server.watch = kill_once
    store = f"{server.scheme}://"
    arguments = ["annotate", f"{store}inbox/day/", "-o", f"{store}outbox/res/", "--cluster", "local"]
    environment = {**server.environment, "TMPDIR": str(short)}
    done = run(*arguments, "--report", f"{store}outbox/seen.jsonl", cwd=inside, environment=environment)
    assert done.stderr.splitlines() == [
        f"emojicam: {store}inbox/day/: 1 file left out: 1 .txt",
        f"emojicam: {store}inbox/day/broken.mp4: neither a photo nor a video that can be read",
        f"emojicam: given out again because a worker was lost: {done.stderr.split('lost: ')[-1].splitlines()[0]}",
        "emojicam: 1 of 2 inputs could not be annotated",
    ]
    assert (done.returncode, done.stdout) == (3, f"{store}outbox/res/noise-emoji.png: no face found\n")
    assert seen == [{}]
    assert list(server.keys("outbox")) == ["res/noise-emoji.png", "seen.jsonl"]
    assert server.uploads("outbox") == []
    again = run(*arguments, "--resume", cwd=inside, environment=environment)
    assert "emojicam: 1 of 2 inputs were annotated before" in again.stderr


def azure(endpoint: str) -> str:
    """How Azure's store is found, with a key that is none."""
    key = base64.b64encode(SECRET.encode()).decode()
    return f"DefaultEndpointsProtocol=http;AccountName=me;AccountKey={key};BlobEndpoint={endpoint}/me;"


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs"), ("az", "adlfs")])
def test_wrong_credentials_are_one_line_without_a_secret(inside: Path, scheme: str, package: str) -> None:
    pytest.importorskip(package)
    cv2.imwrite("me.png", np.full((48, 64, 3), 90, np.uint8))
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
    with s3server.refusing() as endpoint:
        where = {"AWS_ENDPOINT_URL": endpoint, "STORAGE_EMULATOR_HOST": endpoint}
        environment = {**keys, **where, "AZURE_STORAGE_CONNECTION_STRING": azure(endpoint)}
        source = run("annotate", f"{scheme}://inbox/a.jpg", cwd=inside, environment=environment)
        target = run("annotate", "me.png", "-o", f"{scheme}://outbox/", cwd=inside, environment=environment)
    why = "the store refuses the credentials, or there are none"
    assert (source.returncode, source.stderr) == (3, f"emojicam: {scheme}://inbox/a.jpg: {why}\n")
    assert (target.returncode, target.stderr) == (5, f"emojicam: {scheme}://outbox/me-emoji.png: {why}\n")
    for done in (source, target):
        assert not any(word in done.stdout + done.stderr for word in (SECRET, KEY, azure("").split("Key=")[1][:20]))


@pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")
@pytest.mark.usefixtures("detector_folder")
def test_a_cluster_of_this_machine_talks_to_nobody_else(inside: Path, short: Path, server: s3server.Server) -> None:
    """Every connection of Ray's processes and ours, as the kernel sees it: to the loopback device, with the store."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    server.put("inbox", "me.png", cv2.imencode(".png", np.full((48, 64, 3), 90, np.uint8))[1].tobytes())
    home = inside / "home"
    home.mkdir()
    command = ["strace", "-f", "-qq", "-e", "trace=connect,bind", "-o", str(inside / "calls")]
    ours = emojicam("annotate", "s3://inbox/me.png", "-o", "s3://outbox/", "--cluster", "local")
    cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": cache, "TMPDIR": str(short), **server.environment}
    began = time.monotonic()
    done = subprocess.run([*command, *ours], env=environment, capture_output=True, text=True, timeout=280, check=False)
    if "ptrace" in done.stderr:
        pytest.skip("strace may not look here")
    assert (done.returncode, done.stderr) == (0, ""), time.monotonic() - began
    calls = [line for line in (inside / "calls").read_text().splitlines() if "AF_INET" in line]
    assert len(calls) > 10
    near = ('inet_addr("127.0.0.1")', '"::ffff:127.0.0.1"', '"::1"', "sin_port=htons(0)")
    assert [line for line in calls if not any(one in line for one in near)] == []
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert not Path("/tmp/ray").exists() or Path("/tmp/ray").stat().st_mtime < time.time() - 300
