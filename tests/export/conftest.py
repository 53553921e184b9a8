"""The small data set, drawn once."""

from __future__ import annotations

import ferfiles
import pytest

from emojicam.models.data.faces import Faces


@pytest.fixture(scope="session")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Faces]:
    return ferfiles.splits(tmp_path_factory.mktemp("data"))
