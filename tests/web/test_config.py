"""What a server is told when it starts: who may come in, and what there is to choose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from serving import packed, painted

from emojicam.errors import UsageError
from emojicam.web.config import Config, is_loopback


@pytest.mark.parametrize(
    ("host", "token"),
    [
        ("0.0.0.0", ""),
        ("192.168.0.7", ""),
        ("::", ""),
        ("example.org", ""),
        ("0.0.0.0", "short"),
        ("127.0.0.1", "é" * 20),
    ],
)
def test_others_are_let_in_by_a_good_token_alone(host: str, token: str) -> None:
    with pytest.raises(UsageError, match="--token"):
        Config(host=host, token=token)


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "")))


def theme(folder: Path, *labels: str) -> Path:
    folder.mkdir()
    for label in labels:
        (folder / f"{label}.png").write_bytes(packed(painted(64, 64, ((32, 32, 20),))))
    return folder


def test_a_theme_that_lacks_a_picture_is_not_offered(tmp_path: Path) -> None:
    own = theme(tmp_path / "mine", "joy", "grief")
    config = replace(Config(), labels=("joy", "grief"))
    config = replace(config, settings=replace(config.settings, theme=str(own)))
    assert list(config.themes) == ["mine"]
    assert "classic" in replace(config, labels=("happiness",)).themes


def test_ones_own_theme_may_be_called_as_one_of_ours(tmp_path: Path) -> None:
    own = theme(tmp_path / "classic", "happiness")
    config = Config()
    config = replace(config, settings=replace(config.settings, theme=str(own)))
    assert config.themes["classic"] == own
