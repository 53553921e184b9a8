"""A run's log, read and mended."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from evaluated import history

from emojicam.errors import InputError, UsageError
from emojicam.models.history import Best, read_history, rewind
from emojicam.models.reports import plots


def test_a_log_is_read_with_old_and_new_names(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 1, "train_loss": 2, "validation_accuracy": 0.5, "seconds": 30}\n', "utf-8")
    old = read_history(path)
    assert old.accuracies == {"validation": [0.5]}
    assert old.best("validation") == Best(1, 0.5)
    assert old.seconds == 30

    new = history()
    assert list(new.accuracies) == ["ferplus", "fer2013"]
    assert new.losses == {
        "training": [2, 1, pytest.approx(2 / 3)],
        "ferplus": [1, pytest.approx(1.1), pytest.approx(1.2)],
    }
    assert new.best("ferplus") == Best(2, 0.8)
    assert new.best("ferplus", "loss") == Best(1, 1.0)
    assert new.best("fer2013", "loss") is None


def test_a_log_of_an_interrupted_run_is_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [{"epoch": e, "train_loss": loss, "validation_accuracy": a} for e, loss, a in ((1, 3, 0.1), (2, 2, 0.2))]
    again = {"epoch": 2, "train_loss": math.nan, "validation_accuracy": 0.3}
    path.write_text("\n".join(json.dumps(row) for row in [*lines, again]) + '\n{"epoch": 3, "tra', "utf-8")
    found = read_history(path)
    assert found.epochs == (1, 2)
    assert found.best("validation") == Best(2, 0.3)
    assert math.isnan(found.losses["training"][1])
    assert plots.curves(found)[:4] == b"\x89PNG"


@pytest.mark.parametrize("text", ["", "[1]\n{}\n", '{"epoch": 1}\nnonsense\n', '{"loss": 1}\n'])
def test_what_is_no_log_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"metrics\.jsonl"):
        read_history(path)
    with pytest.raises(UsageError, match="no such file"):
        read_history(tmp_path / "nowhere")


def test_a_log_is_rewound_to_an_epoch(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(
        '{"epoch": 1, "a": 1}\nnonsense\n{"epoch": 2}\n{"epoch": 3}\n{"epoch": 2, "again": 1}\n{"epoch": 4, "tr'
    )
    rewind(path, 2)
    assert path.read_text() == '{"epoch": 1, "a": 1}\n{"epoch": 2}\n{"epoch": 2, "again": 1}\n'
    assert read_history(path).rows[1] == {"epoch": 2, "again": 1}
    rewind(path, 0)
    assert path.read_text() == ""
    rewind(tmp_path / "new.jsonl", 3)
    assert (tmp_path / "new.jsonl").read_text() == ""
    assert sorted(one.name for one in tmp_path.iterdir()) == ["metrics.jsonl", "new.jsonl"]
