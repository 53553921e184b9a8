"""What a run leaves: written whole or not at all, and read without being executed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from runs import PLAN, short_run

from emojicam.errors import InputError, OutputError
from emojicam.models.checkpoint import load, save
from emojicam.models.data.faces import Faces


def test_a_disk_that_is_full_is_said(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = short_run(splits, tmp_path / "run", replace(PLAN, epochs=1))
    (tmp_path / "best.pt.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"best\.pt: can't be written"):
        save(done, tmp_path / "best.pt")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x04\x95cposix\nsystem\n."])
def test_what_is_no_checkpoint_is_refused_and_not_executed(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not an emojicam checkpoint"):
        load(path)
