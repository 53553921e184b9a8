"""The film of how a net learns: whole whenever somebody looks."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from netfiles import checkpoint

from emojicam.errors import OutputError, UsageError
from emojicam.export.film_frame import HEIGHT, WIDTH
from emojicam.film import LAST, RATE, Film, chosen, encode, watched
from emojicam.models.checkpoint import Checkpoint
from emojicam.models.data.faces import Answers, Faces

LABELS = tuple(f"emotion {number}" for number in range(5))


def labelled(truth: list[int], shares: list[float], labels: tuple[str, ...] = LABELS) -> Faces:
    """Faces with a right label each, on which so many agree."""
    majority = np.array(truth, np.int64)
    targets = np.zeros((len(truth), len(labels)), np.float32)
    targets[np.arange(len(truth)), majority] = shares
    images = np.random.default_rng(0).integers(0, 256, (len(truth), 1, 48, 48), dtype=np.uint8)
    return Faces(images, (Answers("drawn", labels, targets, majority, "drawn"),))


FACES = labelled([0, 1, 2, 3, 4] * 3, [0.8] * 15)


@pytest.fixture(scope="module")
def net() -> Checkpoint:
    return checkpoint("cnn3")


def row(run: Path, epoch: int) -> dict[str, object]:
    """An epoch's line, which is written to the log."""
    run.mkdir(exist_ok=True)
    line: dict[str, object] = {"epoch": epoch, "epochs": 9, "train_accuracy": epoch / 10}
    with (run / "metrics.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    return line


def pictures(path: Path) -> list[npt.NDArray[np.uint8]]:
    with av.open(str(path)) as film:
        assert film.streams.video[0].average_rate == RATE
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def test_one_of_each_class_is_watched_and_then_another() -> None:
    truth = [4, 4, 0, 0, 0, 1, 2, 2]
    shares = [0.6, 0.9, 0.9, 1.0, 1.0, 0.5, 0.7, 0.7]
    faces = labelled(truth, shares)
    assert chosen(faces, 4).tolist() == [3, 5, 6, 1]
    assert chosen(faces, 6).tolist() == [3, 4, 5, 6, 7, 1]
    assert sorted(chosen(faces).tolist()) == list(range(8))
    assert chosen(faces, 2).tolist() == [3, 5]
    assert chosen(faces.take(np.arange(1))).tolist() == [0]


def test_the_net_is_asked_and_stays_as_it_is(net: Checkpoint) -> None:
    before = {name: value.clone() for name, value in net.net.state_dict().items()}
    found = watched(net, FACES.take(np.arange(3)))
    assert [one.truth for one in found] == [0, 1, 2]
    for one in found:
        assert sum(one.explained.p) == pytest.approx(1, abs=1e-5)
        assert one.explained.heats[0].shape == (48, 48)
    assert max(one.explained.heats[0].max() for one in found) == 1
    assert all(torch.equal(before[name], value) for name, value in net.net.state_dict().items())
    assert not any(module._forward_hooks for module in net.net.modules())


def test_a_film_has_a_picture_an_epoch_and_stays_on_the_last(net: Checkpoint, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with Film(tmp_path / "film.mp4", run) as film:
        for epoch in (1, 2, 3):
            film(net, FACES, row(run, epoch))
    found = pictures(tmp_path / "film.mp4")
    assert len(found) == 2 + LAST * RATE
    assert found[0].shape == (HEIGHT, WIDTH, 3)
    assert np.abs(found[1].astype(int) - found[0]).max() > 60  # another epoch
    assert np.abs(found[-1].astype(int) - found[2]).mean() < 2  # the same
    assert (found[0][5, 5] >= 250).all()  # white is white
    assert sorted(path.name for path in run.iterdir()) == ["metrics.jsonl"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "run"]


def test_a_film_can_be_seen_from_the_first_epoch_on_and_goes_on_after_an_interruption(
    net: Checkpoint, tmp_path: Path
) -> None:
    run, path = tmp_path / "run", tmp_path / "run" / "film.mp4"

    def interrupted() -> None:
        with Film(path, run) as film:
            film(net, FACES, row(run, 1))
            assert len(pictures(path)) == LAST * RATE
            film(net, FACES, row(run, 2))
            film(net, FACES, row(run, 3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    torn = pictures(path)
    assert len(torn) == 2 + LAST * RATE
    with Film(path, run) as film:
        for epoch in (3, 4):  # the third was not kept by the run
            film(net, FACES, row(run, epoch))
    whole = pictures(path)
    assert len(whole) == 3 + LAST * RATE
    assert np.abs(whole[0].astype(int) - torn[0]).mean() < 2
    with Film(path, run):
        pass  # nothing was left to do
    assert len(pictures(path)) == len(whole)


def test_a_run_that_is_begun_anew_has_a_film_of_its_own(net: Checkpoint, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "film").mkdir(parents=True)
    for number in (1, 7):
        cv2.imwrite(str(run / "film" / f"{number:06}.jpg"), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    with Film(tmp_path / "film.mp4", run) as film:
        film(net, FACES, row(run, 1))
    assert len(pictures(tmp_path / "film.mp4")) == LAST * RATE
    assert pictures(tmp_path / "film.mp4")[0].mean() > 100


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "000001.jpg").write_bytes(b"no picture")
    with pytest.raises(OutputError, match=r"000001\.jpg: not a picture of this film"):
        encode([tmp_path / "000001.jpg"], tmp_path / "film.mp4")


def test_a_film_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"film.gif: a film's name ends in \.mp4"):
        Film.refuse(tmp_path / "film.gif", overwrite=False)
    (tmp_path / "film.mp4").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is already there; --overwrite replaces it"):
        Film.refuse(tmp_path / "film.mp4", overwrite=False)
    Film.refuse(tmp_path / "film.mp4", overwrite=True)
    with pytest.raises(OutputError, match="no such folder"):
        Film.refuse(tmp_path / "nowhere" / "film.mp4", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
