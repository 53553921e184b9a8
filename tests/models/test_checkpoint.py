"""What a run leaves: written whole or not at all, and read without being executed."""

from __future__ import annotations

import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from runs import PLAN, short_run

from emojicam.errors import InputError, OutputError
from emojicam.models.checkpoint import load, save
from emojicam.models.data.faces import Faces


def test_a_disk_that_is_full_is_said(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = short_run(splits, tmp_path / "run", replace(PLAN, epochs=1))
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match=r"best\.pt: can't be written"):
            save(done, tmp_path / "best.pt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert not list(tmp_path.glob("best*"))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x04\x95cposix\nsystem\n."])
def test_what_is_no_checkpoint_is_refused_and_not_executed(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not an emojicam checkpoint"):
        load(path)
