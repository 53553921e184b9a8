"""What tests of the application share: a clip, a folder of files, and the small data set."""

from __future__ import annotations

from pathlib import Path

import ferfiles
import pytest
from commandline import write_clip, write_photo
from livebench import SIZE
from making import Picture, seen_at, write_video

from emojicam.models.data.faces import Faces


@pytest.fixture(scope="session")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Faces]:
    return ferfiles.splits(tmp_path_factory.mktemp("data"))


@pytest.fixture
def album(inside: Path) -> Path:
    """Two clips, three photos, and two files that are neither."""
    (inside / "album").mkdir()
    for name, count in (("a.mp4", 7), ("d.mp4", 5)):
        write_clip(inside / "album" / name, count)
    for name in ("b.png", "c.png", "f.png"):
        write_photo(inside / "album" / name)
    for name in ("e.mp4", "g.jpg"):
        (inside / "album" / name).write_text("neither")
    return inside / "album"


@pytest.fixture
def clip(portrait: Picture, inside: Path) -> Path:
    """A second of somebody who smiles."""
    path = inside / "clip.mp4"
    write_video(path, [seen_at(portrait, SIZE, 1.1, shift=n / 4) for n in range(25)])
    return path
