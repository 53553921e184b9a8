"""Pictures that stay on the disk until they are asked for."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from datafiles import numbered

from emojicam.models.data.packed import pack
from emojicam.models.data.rows import Decoded, Rows, digest, digests_of, mirrored


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


def test_batches_are_read_ahead_in_their_order(tmp_path: Path) -> None:
    rows = pack(numbered(tmp_path, 60), 12, 1, tmp_path / "x")["train"].images
    assert isinstance(rows, Rows)
    choices = [np.array([number, 0]) for number in range(20)]
    for read, chosen in zip(rows.in_turn(choices), choices, strict=True):
        assert (read == rows[chosen]).all()
    assert list(rows.in_turn([])) == []
    some = rows.in_turn(choices)
    next(some)
    some.close()  # who stops in the middle leaves no thread behind
    with pytest.raises(IndexError):
        list(rows.in_turn([np.array([0]), np.array([20])]))


def test_digests_tell_pictures_apart_wherever_they_are(tmp_path: Path) -> None:
    rows = pack(numbered(tmp_path, 30), 12, 1, tmp_path / "x")["train"].images
    assert isinstance(rows, Rows)
    whole = rows[:]
    assert digests_of(rows) == digests_of(whole) == [digest(image) for image in whole]
    assert len(set(digests_of(rows))) == 10


@pytest.mark.parametrize("array", [np.zeros((2, 3)), np.zeros((2, 1, 4, 4))])
def test_what_is_no_file_of_pictures_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(ValueError, match="not pictures"):
        Decoded(tmp_path / "x.npy")


def test_mirrored_pictures_stay_where_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (6, 3, 5, 5), dtype=np.uint8)
    np.save(tmp_path / "x.npy", pictures)
    rows = Rows(Decoded(tmp_path / "x.npy"), np.array([4, 1, 1]))
    turned = mirrored(rows)
    assert isinstance(turned, Rows)
    wanted = pictures[[4, 1, 1]][..., ::-1]
    assert np.array_equal(turned[:], wanted)
    assert np.array_equal(mirrored(pictures), pictures[..., ::-1])
    assert digests_of(turned) == digests_of(np.ascontiguousarray(wanted))
    assert turned.joined([rows]) is None
