"""The clip that the demo makes from the sample photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emojicam import assets, sample_clip
from emojicam.errors import OutputError
from emojicam.stream.media.photos import read_photo


def test_the_clip_ends_where_it_begins() -> None:
    photo = read_photo(assets.sample_photo()).bgr
    assert np.array_equal(sample_clip.view(photo, 0), sample_clip.view(photo, 1))
    assert np.abs(sample_clip.view(photo, 0).astype(int) - sample_clip.view(photo, 0.5)).mean() > 5


def test_the_tune_is_as_long_as_the_clip_and_never_too_loud() -> None:
    tune = sample_clip.tune()
    assert len(tune) == sample_clip.SECONDS * sample_clip.SAMPLE_RATE
    assert 0.1 < np.abs(tune).max() <= 1


def test_a_clip_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"clip\.mp4: can't be written: No such file or directory"):
        sample_clip.make_clip(np.zeros((64, 64, 3), np.uint8), tmp_path / "nowhere" / "clip.mp4")
