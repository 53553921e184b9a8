"""Files of torch's are input: what is wrong with one is said in a line, without what torch advises."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from emojicam.errors import InputError
from emojicam.models.torchfiles import read_torch_file


class Anything:
    """What is no plain value."""


def saved(value: object) -> bytes:
    made = io.BytesIO()
    torch.save(value, made)
    return made.getvalue()


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("weights/data.pkl", b"\x80\x02}.")
    return made.getvalue()


WHOLE = saved({"a": torch.ones(5000)})

BROKEN: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"weights\n" * 99,
    "cut": lambda: WHOLE[: len(WHOLE) // 2],
    "its beginning alone": lambda: WHOLE[:100],
    "a pickle that runs a program": lambda: b"\x80\x04\x95cposix\nsystem\n.",
    "a pickle of a newer protocol": lambda: b"\x80\x05}\x94.",
    "another zip archive": zipped,
    "an object": lambda: saved({"a": Anything()}),
    "a list": lambda: saved([1, 2]),
    "a tensor": lambda: saved(torch.zeros(3)),
    "other names": lambda: saved({1: torch.zeros(3)}),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_wrong_is_said_in_a_line_of_ours(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(BROKEN[kind]())
    with pytest.raises(InputError) as caught:
        read_torch_file(path, "a net")
    said = str(caught.value)
    assert said.startswith(f"{path}: not a net: ")
    assert len(said) < len(str(path)) + 100
    assert not any(word in said for word in ("\n", "\x1b", "weights_only", "torch.load", "PyTorch", ".cc", "can still"))


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read: Is a directory"):
        read_torch_file(tmp_path, "a net")


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(WHOLE)
    assert torch.equal(read_torch_file(path, "a net")["a"], torch.ones(5000))
