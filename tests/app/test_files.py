"""Output files appear whole under their name, or not at all."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emojicam.errors import OutputError, UsageError
from emojicam.files import MOST_PARTS, Part, part_name, refuse_existing, refuse_same, writing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "part"),
    [("a.mp4", "a.part.mp4"), ("a.tar.gz", "a.tar.part.gz"), ("a", "a.part"), (".hidden", ".hidden.part")],
)
def test_a_part_keeps_its_suffix(name: str, part: str) -> None:
    assert part_name(Path("out", name)) == Path("out", part)


# --- refused before any work ---


def test_what_is_there_is_refused_unless_it_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"a\.png: is already there; --overwrite replaces it"):
        refuse_existing(tmp_path / "a.png", overwrite=False)
    refuse_existing(tmp_path / "a.png", overwrite=True)
    refuse_existing(tmp_path / "b.png", overwrite=False)
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_its_place_and_one_that_is_not_there_are_refused(tmp_path: Path, overwrite: bool) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        refuse_existing(tmp_path, overwrite)
    with pytest.raises(OutputError, match="nowhere: no such folder"):
        refuse_existing(tmp_path / "nowhere" / "a.png", overwrite)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="for root nothing is read-only")
def test_a_folder_that_is_read_only_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(OutputError, match="can't be written to: Permission denied"):
        refuse_existing(tmp_path / "a.png", overwrite=False)


@pytest.mark.parametrize("link", [None, os.link, os.symlink])
def test_an_input_is_never_written_over(tmp_path: Path, link: object) -> None:
    source = tmp_path / ("a.mp4" if link is None else "source.mp4")
    source.write_bytes(b"mine")
    if callable(link):
        link(source, tmp_path / "a.mp4")
    with pytest.raises(UsageError, match=r"a\.mp4: the output would replace its own input"):
        refuse_same(source, tmp_path / "a.mp4")
    refuse_same(source, tmp_path / "b.mp4")


@pytest.mark.parametrize("name", [300 * "x" + ".png", 100 * "🙂" + ".png"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="can't be written"):
        refuse_existing(tmp_path / name, overwrite=True)


# --- a name of one's own until then ---


@pytest.mark.parametrize("name", ["a" * 251 + ".mp4", "ä" * 125 + ".mp4", "🙂" * 62 + ".mp4"])
def test_the_longest_name_has_a_part_too(tmp_path: Path, name: str) -> None:
    with Part(tmp_path / name) as part:
        part.write(b"x")
        (between,) = names(tmp_path)
        assert between.endswith(".part.mp4")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("kind", ["file", "link", "dangling", "folder", "pipe"])
def test_what_has_the_parts_name_is_somebodys_and_stays(tmp_path: Path, kind: str) -> None:
    path, taken, other = tmp_path / "a.mp4", tmp_path / "a.part.mp4", tmp_path / "other"
    if kind == "file":
        taken.write_bytes(b"mine")
    elif kind == "folder":
        taken.mkdir()
    elif kind == "pipe":
        os.mkfifo(taken)
    else:
        taken.symlink_to(other)
        if kind == "link":
            other.write_bytes(b"mine")
    before = names(tmp_path)
    with Part(path) as part:
        part.write(b"new")
        assert set(names(tmp_path)) == {*before, "a.part2.mp4"}
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == sorted([*before, "a.mp4"])
    assert other.exists() == (kind == "link")
    assert kind not in ("file", "link") or taken.read_bytes() == b"mine"


def test_two_runs_never_write_one_file_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with Part(path) as part:
        part.write(b"first")
        program = "import sys\nfrom pathlib import Path\nfrom emojicam.files import Part, refuse_existing\n"
        for second in (
            "refuse_existing(Path(sys.argv[1]), True)",
            "Part(Path(sys.argv[1]), overwrite=True).__enter__()",
        ):
            done = subprocess.run(
                [sys.executable, "-c", program + second, str(path)], capture_output=True, text=True, check=False
            )
            assert "a.bin: another run is writing it at the moment" in done.stderr
        assert names(tmp_path) == ["a.part.bin"]
    assert path.read_bytes() == b"first"


def test_of_many_that_begin_at_once_one_writes_and_all_others_are_told(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom emojicam.errors import OutputError\n"
        "from emojicam.files import Part\n"
        "time.sleep(max(0, float(sys.argv[2]) - time.time()))\n"
        "try:\n    with Part(Path(sys.argv[1])) as part:\n        part.write(b'x')\n        time.sleep(1.5)\n"
        "    print('wrote')\nexcept OutputError as error:\n    print(error)\n"
    )
    start = str(time.time() + 2)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "a.bin"), start], stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    said = sorted(run.communicate(timeout=60)[0].strip() for run in runs)
    assert said.count("wrote") == 1, said
    assert names(tmp_path) == ["a.bin"]


def test_a_part_that_a_dead_run_left_blocks_nobody_and_stays(tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom emojicam.files import Part\n"
        "part = Part(Path(sys.argv[1])).__enter__()\npart.write(b'torn')\npart.flush()\nos.kill(os.getpid(), 9)\n"
    )
    for number in (1, 2):
        subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.bin")], check=False)
        assert len(names(tmp_path)) == number
    with Part(tmp_path / "a.bin") as part:
        part.write(b"whole")
    assert names(tmp_path) == ["a.bin", "a.part.bin", "a.part2.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"whole"
    assert (tmp_path / "a.part.bin").read_bytes() == b"torn"


def test_where_all_parts_names_are_taken_that_is_said(tmp_path: Path) -> None:
    for number in range(1, MOST_PARTS + 1):
        part_name(tmp_path / "a.bin", number).touch()
    with pytest.raises(OutputError, match=rf"a\.bin: {MOST_PARTS} parts of earlier runs"), Part(tmp_path / "a.bin"):
        pass
    assert not (tmp_path / "a.bin").exists()


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_what_appears_under_the_name_meanwhile_stays_and_the_part_too(
    tmp_path: Path, links: bool, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "a.bin"

    def late() -> None:
        with Part(path) as part:
            part.write(b"ours")
            if what == "file":
                path.write_bytes(b"theirs")
            elif what == "folder":
                path.mkdir()
            else:
                path.symlink_to("nowhere")

    with pytest.raises(OutputError, match=r"a\.bin: has been made by another meanwhile, and stays") as caught:
        late()
    assert caught.value.__notes__ == [f"the whole file is {tmp_path / 'a.part.bin'}"]
    assert (tmp_path / "a.part.bin").read_bytes() == b"ours"
    assert what != "file" or path.read_bytes() == b"theirs"


def no_links(*names: object, **options: object) -> None:
    """What FAT answers."""
    raise OSError(errno.EPERM, "Operation not permitted")


def test_a_file_system_without_links_takes_whole_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    with Part(tmp_path / "a.bin") as part:
        part.write(b"x")
    assert names(tmp_path) == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"x"


# --- our own writing ---


def test_a_part_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with Part(path) as part:
        part.write(b"one ")
        part.write(memoryview(b"two"))
        assert names(tmp_path) == ["a.part.bin"]
    assert path.read_bytes() == b"one two"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_of_a_part_that_fails_nothing_is_left_and_the_old_file_stays(tmp_path: Path, kind: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail() -> None:
        with Part(path, overwrite=True) as part:
            part.write(b"new")
            raise kind("stop")

    with pytest.raises(kind):
        fail()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_part_is_refused_where_its_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(OutputError, match="is already there"), Part(tmp_path / "a.bin"):
        pass
    assert (tmp_path / "a.bin").read_bytes() == b"old"


FULL = """
from pathlib import Path
from emojicam.errors import OutputError
from emojicam.files import Part
try:
    with Part(Path("a.bin"), overwrite=True) as part:
        for _ in range(100):
            part.write(bytes(10_000))
except OutputError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of the kernel's")
def test_on_a_full_disk_the_old_file_stays_and_the_reason_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-B", "-c", FULL], cwd=tmp_path, capture_output=True, text=True, preexec_fn=limit, check=True
    )
    assert done.stdout == "a.bin: can't be written: File too large\n"
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


# --- another library's writing ---


def test_a_name_is_lent_and_the_file_gets_its_own_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"old")
    with writing(path) as part:
        assert part == tmp_path / "net.part.onnx"
        part.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["net.onnx"]


def test_several_processes_are_each_lent_a_name_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "cache.npy"
    with writing(path, own=True) as part:
        assert part.name == "cache.part.npy"
        part.write_bytes(b"mine")
        other = (
            "import sys\nfrom pathlib import Path\nfrom emojicam.files import writing\n"
            "with writing(Path(sys.argv[1]), own=True) as part:\n    part.write_bytes(b'theirs')\n"
        )
        subprocess.run([sys.executable, "-c", other, str(path)], check=True)
        assert path.read_bytes() == b"theirs"
        assert part.read_bytes() == b"mine"
    assert path.read_bytes() == b"mine"
    assert names(tmp_path) == ["cache.npy"]


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize(
    ("error", "raised", "says"),
    [
        (OSError(28, "No space left on device"), OutputError, "a.bin: can't be written: No space left on device"),
        (RuntimeError("unexpected pos 64\nof a zip"), OutputError, "a.bin: can't be written: unexpected pos 64"),
        (OutputError("net.onnx: differs from torch"), OutputError, "net.onnx: differs from torch"),
        (ValueError("a defect"), ValueError, "a defect"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_failure_leaves_nothing_and_keeps_the_old_file(
    tmp_path: Path, own: bool, error: BaseException, raised: type[BaseException], says: str
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail() -> None:
        with writing(path, own=own) as part:
            part.write_bytes(b"half")
            raise error

    with pytest.raises(raised) as caught:
        fail()
    assert str(caught.value).endswith(says)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]
