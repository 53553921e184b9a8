"""Scratch folders, of which a killed process leaves nothing for long."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from emojicam import scratch


def test_a_scratch_folder_is_gone_afterwards(tmp_path: Path) -> None:
    with scratch.scratch(tmp_path) as folder:
        (folder / "in").mkdir()
        (folder / "in" / "a.jpg").write_bytes(b"a")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from emojicam.scratch import scratch\n"
        "with scratch(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'film.mp4').write_bytes(b'x' * 1000); print(folder, flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    dead, living = (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    )
    assert dead.stdout is not None
    assert living.stdout is not None
    left, held = (Path(program.stdout.readline().strip()) for program in (dead, living) if program.stdout)
    dead.kill()
    dead.communicate()
    assert (left / "film.mp4").exists()
    with scratch.scratch(tmp_path):
        assert not left.exists()
        assert (held / "film.mp4").exists()
    living.communicate("")
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_ours_is_swept(tmp_path: Path) -> None:
    old = time.time() - 1000
    for name in ("emojicam-full", "emojicam-new", "emojicam-old", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "emojicam-full" / "photo.jpg").touch()
    (tmp_path / "emojicam-notes.txt").touch()
    for name in ("emojicam-full", "emojicam-old", "other", "emojicam-notes.txt"):
        os.utime(tmp_path / name, (old, old))
    scratch.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "emojicam-full",
        "emojicam-new",
        "emojicam-notes.txt",
        "other",
    ]
