"""Pictures that stay on the disk until they are asked for."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from datafiles import numbered

from emojicam.models.data.packed import pack
from emojicam.models.data.rows import Rows


def test_rows_are_indexed_like_an_array(tmp_path: Path) -> None:
    faces = pack(numbered(tmp_path, 30), 12, 1, tmp_path / "x")["train"]
    rows = faces.images
    assert isinstance(rows, Rows)
    whole = np.asarray(rows)
    assert whole.shape == rows.shape == (10, 1, 12, 12)
    assert (rows[3] == whole[3]).all()
    assert (rows[-1] == whole[-1]).all()
    assert (rows[2:9:3] == whole[2:9:3]).all()
    order = np.array([4, 0, 4])
    assert (rows[order] == whole[order]).all()
    assert (rows[whole[:, 0, 0, 0] > 50] == whole[whole[:, 0, 0, 0] > 50]).all()
    assert (np.array(list(rows)) == whole).all()
    assert rows[:2].flags.writeable
    assert rows[0].flags.writeable
    with pytest.raises(IndexError):
        rows[10]


def test_a_worker_process_gets_the_files_name_and_reads_the_same(tmp_path: Path) -> None:
    rows = pack(numbered(tmp_path, 30, side=32), 32, 3, tmp_path / "x")["train"].images
    assert isinstance(rows, Rows)
    sent = pickle.dumps(rows)
    assert len(sent) < 1000
    assert (pickle.loads(sent)[:] == rows[:]).all()
