"""What a run leaves: written whole or not at all, and read without being executed."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from runs import PLAN, short_run

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.models import registry
from emojicam.models.card import EMOTIONS, Card
from emojicam.models.checkpoint import load, save
from emojicam.models.data.faces import Faces

CARD = Card("cnn3", EMOTIONS)


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


def with_weights(change: Callable[[dict[str, torch.Tensor]], object]) -> dict[str, object]:
    return {"card": CARD.to_json(), "weights": change(registry.build("cnn3", 8).state_dict())}


MISFITS: dict[str, tuple[Callable[[], dict[str, object]], str]] = {
    "no card": (lambda: {"weights": {}}, "it holds no model card"),
    "a card that is no text": (lambda: {"card": 5, "weights": {}}, "it holds no model card"),
    "a broken card": (lambda: {"card": "{", "weights": {}}, "not a model card"),
    "a temperature of nan": (
        lambda: {"card": CARD.to_json().replace('"temperature": 1.0', '"temperature": NaN'), "weights": {}},
        "a temperature is positive",
    ),
    "a net that nobody knows": (
        lambda: {"card": replace(CARD, net="resnet9000").to_json(), "weights": {}},
        "no net is called 'resnet9000'",
    ),
    "no weights": (lambda: {"card": CARD.to_json()}, "its weights are not those of cnn3"),
    "weights in a list": (lambda: with_weights(lambda kept: list(kept.values())), "its weights are not those of cnn3"),
    "a weight that lacks": (lambda: with_weights(lambda kept: dict(list(kept.items())[1:])), "are not those of cnn3"),
    "weights that are words": (lambda: with_weights(lambda kept: dict.fromkeys(kept, "x")), "are not those of cnn3"),
    "another number of labels": (
        lambda: with_weights(lambda kept: kept) | {"card": replace(CARD, labels=("a", "b")).to_json()},
        "its weights are not those of cnn3",
    ),
}


@pytest.mark.parametrize("kind", MISFITS)
def test_what_does_not_belong_together_is_refused_in_a_line(kind: str, tmp_path: Path) -> None:
    make, said = MISFITS[kind]
    path = tmp_path / "best.pt"
    torch.save(make(), path)
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not an emojicam checkpoint: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("folder", "said"), [(False, "no such checkpoint"), (True, "is a folder, not a checkpoint")])
def test_a_path_without_a_checkpoint_is_wrong_usage(folder: bool, said: str, tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    if folder:
        path.mkdir()
    with pytest.raises(UsageError, match=said):
        load(path)
