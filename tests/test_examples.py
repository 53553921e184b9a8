"""Each of the examples runs: the notebook, the bot, the set-up for OBS, the training run."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import making
import numpy as np
import pytest
from making import Picture
from scripts import loaded

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
NOTEBOOK = EXAMPLES / "photo_to_plot.ipynb"

LARGEST = 300_000
"""Bytes of an example's file at most."""


def test_examples_are_small_and_the_page_names_each() -> None:
    page = (EXAMPLES / "README.md").read_text("utf-8")
    for path in EXAMPLES.iterdir():
        if path.name not in ("README.md", "__pycache__"):
            assert path.name in page
    for path in EXAMPLES.rglob("*"):
        assert not path.is_file() or path.stat().st_size < LARGEST, path


# --- the notebook ----------------------------------------------------------------------------------------------------


def shown(notebook: Any) -> list[set[str]]:
    """The kinds of what each cell shows, without what it says of libraries."""
    outputs = [cell.get("outputs", []) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [{kind for one in cell for kind in one.get("data", {})} - {"image/jpeg"} for cell in outputs]


def test_the_notebook_that_is_kept_shows_pictures_and_no_paths() -> None:
    text = NOTEBOOK.read_text("utf-8")
    assert [kinds & {"image/png", "text/html"} for kinds in shown(json.loads(text)) if kinds] == [
        *({"text/html"}, {"image/png"}, {"text/html"}, {"image/png"}, {"text/html"}, {"image/png"})
    ]
    assert not re.search(r"/(home|tmp|root|Users)/", text)


@pytest.mark.filterwarnings("ignore")  # of Jupyter's own
def test_the_notebook_runs_and_shows_what_is_kept(tmp_path: Path) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert shown(notebook) == shown(json.loads(NOTEBOOK.read_text("utf-8")))


# --- the bot ---------------------------------------------------------------------------------------------------------


class FakeChat:
    """Gives messages and keeps what is sent."""

    def __init__(self, messages: list[Any]) -> None:
        self._messages = messages
        self.sent: dict[str, Any] = {}
        self.threads: set[str] = set()

    def messages(self) -> Iterator[Any]:
        yield from self._messages

    def send(self, chat: str, answer: Any) -> None:
        self.threads.add(threading.current_thread().name)
        self.sent[chat] = answer


def jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


def test_the_bot_answers_whatever_is_sent(portrait: Picture) -> None:
    bot = loaded(EXAMPLES / "bot.py", "example_bot")
    face = making.seen_at(portrait, (320, 240), 0.8)
    photos = {
        "ann": jpeg(face),
        "bob": jpeg(np.full((90, 90, 3), 99, np.uint8)),
        "cy": b"GIF89a",
        "dee": b"x" * 11_000_000,
    }
    chat = FakeChat([bot.Message("eve"), *(bot.Message(name, photo) for name, photo in photos.items())])
    with bot.Bot() as running:
        running.serve(chat)
    assert {name: answer.text for name, answer in chat.sent.items()} == {
        "ann": "I'd say: 1 × happiness.",
        "bob": "I see no face in it.",
        "cy": "I can't read that as a photo.",
        "dee": "That photo is larger than 10 MB.",
        "eve": bot.HELP,
    }
    assert "MainThread" not in chat.threads
    drawn = cv2.imdecode(np.frombuffer(chat.sent["ann"].photo, np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    difference = np.abs(drawn.astype(int) - face)
    assert difference[90:150, 130:190].mean() > 20, "the face is covered"
    assert difference[:20, :20].mean() < 5, "the rest is as it was"
    assert all(answer.photo is None for name, answer in chat.sent.items() if name != "ann")


def test_a_folder_stands_for_a_chat(tmp_path: Path) -> None:
    bot = loaded(EXAMPLES / "bot.py", "example_bot")
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "me.png").write_bytes(b"a photo")
    (tmp_path / "in" / "kept").mkdir()
    chat = bot.Folders(tmp_path / "in", tmp_path / "out")
    assert next(chat.messages()) == bot.Message("me.png", b"a photo")
    chat.send("me.png", bot.Answer("Hello.", b"another"))
    assert (tmp_path / "out" / "me-emoji.jpg").read_bytes() == b"another"


def test_an_answer_that_cannot_be_sent_is_told_and_the_next_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    bot = loaded(EXAMPLES / "bot.py", "example_bot")

    class Broken(FakeChat):
        def send(self, chat: str, answer: Any) -> None:
            if chat == "ann":
                raise ConnectionError("the chat is gone")
            super().send(chat, answer)

    chat = Broken([bot.Message("ann"), bot.Message("bob")])
    with bot.Bot(threads=1) as running:
        running.serve(chat)
    assert set(chat.sent) == {"bob"}
    assert capsys.readouterr().err == "an answer was not sent: ConnectionError('the chat is gone')\n"


def test_the_bot_needs_both_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bot = loaded(EXAMPLES / "bot.py", "example_bot")
    with pytest.raises(SystemExit) as ended:
        bot.main([str(tmp_path), str(tmp_path / "out")])
    assert ended.value.code == 2
    assert "out: no such folder" in capsys.readouterr().err


# --- OBS -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="a shell script, for Linux")
@pytest.mark.parametrize("there", [True, False])
def test_the_set_up_for_obs_makes_the_camera_and_starts(tmp_path: Path, there: bool) -> None:
    called = tmp_path / "called"
    for name in ("sudo", "emojicam"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> "{called}"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    device = tmp_path / "video42"
    if there:
        device.touch()
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "EMOJICAM_DEVICE": str(device)}
    subprocess.run(["sh", EXAMPLES / "obs" / "start.sh", "1", "--style", "blur"], env=environment, check=True)
    lines = called.read_text().splitlines()
    assert len(lines) == (1 if there else 2)
    assert lines[-1].startswith(f"emojicam live 1 --virtual-camera {device} --no-window")
    assert lines[-1].endswith("--cover-all-on-loss --style blur")
    if not there:
        assert lines[0].startswith("sudo modprobe v4l2loopback")


# --- a model of one's own --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_model_is_trained_on_a_folder_of_ones_own(tmp_path: Path, portrait: Picture) -> None:
    pytest.importorskip("torch")
    draw = np.random.default_rng(5)
    for number, emotion in enumerate(("happy", "sad", "surprise")):
        (tmp_path / "faces" / emotion).mkdir(parents=True)
        for face in range(12):
            picture = making.seen_at(portrait, (96, 96), 0.6, roll=float(draw.uniform(-9, 9)))
            light = np.clip(picture.astype(int) * (1 + number) // 3, 0, 255).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "faces" / emotion / f"{face}.png"), light)
    cv2.imwrite(str(tmp_path / "me.png"), making.seen_at(portrait, (320, 240), 0.8))
    command = [sys.executable, str(EXAMPLES / "own_model.py"), "faces", "-o", "run", "--epochs", "1", "--try", "me.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"best.pt", "model.onnx", "me-emoji.png", "report"} <= {path.name for path in (tmp_path / "run").iterdir()}
    from emojicam.stream.emotions.classify import Classifier

    assert set(Classifier(tmp_path / "run" / "model.onnx").card.labels) == {"happiness", "sadness", "surprise"}


@pytest.mark.slow
def test_the_training_run_ends_where_a_step_fails(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "own_model.py"), "nowhere", "-o", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "emojicam export" not in done.stdout
