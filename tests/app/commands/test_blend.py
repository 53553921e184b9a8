"""`emojicam blend`: the mean of some nets, as a net of its own."""

from __future__ import annotations

from pathlib import Path

import ferfiles
import pytest
import torch
from netfiles import checkpoint

from emojicam.cli import main
from emojicam.models.card import Card
from emojicam.models.checkpoint import Checkpoint, load, save

LABELS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


@pytest.fixture
def nets(tmp_path: Path) -> tuple[Path, Path]:
    """Two checkpoints; the second one's weights are twice those of the first."""
    ferfiles.write(tmp_path / "data")
    made = checkpoint("mien", 7)
    save(Checkpoint(Card("mien", LABELS), made.net), tmp_path / "one.pt")
    with torch.no_grad():
        for parameter in made.net.parameters():
            parameter *= 2
    save(Checkpoint(Card("mien", LABELS), made.net), tmp_path / "two.pt")
    return tmp_path / "one.pt", tmp_path / "two.pt"


def test_weights_are_meant_by_what_each_counts(
    nets: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one, two = nets
    command = ["blend", f"{one}:3", str(two), "-o", str(tmp_path / "mean.pt"), "--data", str(tmp_path / "data")]
    assert main(command) == 0
    assert "% on the test split" in capfd.readouterr().out
    mean = load(tmp_path / "mean.pt")
    assert mean.card.labels == LABELS
    assert mean.card.metrics["validation_faces"] == 24
    for ours, theirs in zip(mean.net.parameters(), load(one).net.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs * 1.25)
    assert main(command) == 5
    assert "mean.pt" in capfd.readouterr().err


def test_nets_of_another_kind_have_no_mean(
    nets: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one, _ = nets
    save(checkpoint("cnn3", 7), tmp_path / "other.pt")
    command = ["blend", str(one), str(tmp_path / "other.pt"), "-o", str(tmp_path / "m.pt"), "--data", str(tmp_path)]
    assert main(command) == 3
    assert capfd.readouterr().err.count("\n") == 1
    assert not (tmp_path / "m.pt").exists()


@pytest.mark.parametrize("weight", ["0", "-1", "much", "inf"])
def test_a_weight_is_a_number_above_nothing(
    weight: str, nets: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["blend", f"{nets[0]}:{weight}", "-o", str(tmp_path / "m.pt"), "--data", str(tmp_path / "data")]
    assert main(command) == 2
    assert "FILE:WEIGHT" in capfd.readouterr().err
