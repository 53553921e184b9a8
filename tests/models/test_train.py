"""Training, evaluation and export on a small data set that the tests draw."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import PLAN, short_run

from emojicam.errors import InputError, OutputError, UsageError
from emojicam.export.to_onnx import Answering, export
from emojicam.export.verify import verify
from emojicam.models import evaluate, recipe, registry, train
from emojicam.models.card import EMOTIONS
from emojicam.models.checkpoint import Checkpoint, load
from emojicam.models.data import sets
from emojicam.models.data.arrange import arrange
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.history import read_history
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Face, Frame, Judged, Seen
from emojicam.training import evaluation, opened, taught_by

MIEN = replace(recipe.load("mien"), distil=0.0, blend=0.0, decide=False)
"""The recipe without its teachers and their pupil's decision."""


@pytest.fixture(scope="module")
def run(splits: dict[str, Faces], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Checkpoint]:
    out = tmp_path_factory.mktemp("run")
    short = replace(MIEN, epochs=3, batch=32, ema=0.0, mixup=0.2, second=0.5, augment={"erase": 0, "mirror": 0})
    return out, train.train(short, splits, out, version="0.0.0", quiet=True)["ferplus"]


@pytest.fixture(scope="module")
def exported(run: tuple[Path, Checkpoint], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "small.onnx"
    export(run[1], path)
    return path


def test_a_run_keeps_its_best_epoch_with_a_card_and_a_line_for_each(run: tuple[Path, Checkpoint]) -> None:
    out, done = run
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert all(0 <= line["train_accuracy"] <= 1 for line in lines)
    kept = load(out / "best.pt")
    assert kept.card == done.card
    assert kept.card.metrics["validation_accuracy"] == pytest.approx(
        max(line["ferplus_validation_accuracy"] for line in lines), abs=1e-4
    )
    assert kept.card.metrics["test_faces"] == 24
    assert "96 training faces (0 twins" in kept.card.data


def test_the_same_seed_gives_the_same_weights(splits: dict[str, Faces], tmp_path: Path) -> None:
    short = replace(MIEN, epochs=1, batch=48)
    one, two = (train.train(short, splits, tmp_path / name, version="0", quiet=True)["ferplus"] for name in "ab")
    for a, b in zip(one.net.state_dict().values(), two.net.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(splits: dict[str, Faces], tmp_path: Path) -> None:
    plan = replace(MIEN, epochs=2, batch=48, second=0.5)
    whole = train.train(plan, splits, tmp_path / "whole", version="0", quiet=True)

    def tear(row: dict[str, object]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train(plan, splits, tmp_path / "torn", version="0", quiet=True, on_epoch=tear)
    mended = train.train(plan, splits, tmp_path / "torn", version="0", quiet=True, resume=True)
    assert set(whole) == set(mended) == {"ferplus", "fer2013"}
    one, two = (torch.load(tmp_path / name / "last.pt", weights_only=True)["net"] for name in ("whole", "torn"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert len((tmp_path / "torn" / "metrics.jsonl").read_text().splitlines()) == 2
    with pytest.raises(InputError, match=r"begun with another recipe \(rate differ\)"):
        train.train(replace(plan, rate=1.0), splits, tmp_path / "torn", version="0", quiet=True, resume=True)


def test_the_second_label_set_is_a_model_of_its_own(splits: dict[str, Faces], run: tuple[Path, Checkpoint]) -> None:
    seven = load(run[0] / "best-fer2013.pt")
    assert seven.card.labels == splits["train"].by("fer2013").labels
    assert seven.card.metrics["test_faces"] == 24
    assert seven.net(torch.zeros(2, 1, 48, 48)).shape == (2, 7)


def test_one_label_set_alone_can_be_learnt(splits: dict[str, Faces], tmp_path: Path) -> None:
    plan = replace(MIEN, epochs=1, batch=48, second=0.0)
    assert set(train.train(plan, splits, tmp_path, version="0", quiet=True)) == {"ferplus"}
    assert not (tmp_path / "best-fer2013.pt").exists()


def test_the_exported_file_says_what_the_net_says_and_carries_the_card(
    run: tuple[Path, Checkpoint], exported: Path, splits: dict[str, Faces]
) -> None:
    classify = Classifier(exported)
    card = run[1].card
    assert replace(classify.card, sha256="") == card
    assert len(classify.card.sha256) == 64
    images = splits["test"].images
    with torch.inference_mode():
        expected = Answering(run[1].net.eval(), card)(torch.from_numpy(images))[0].numpy()
    assert classify.probabilities(images) == pytest.approx(expected, abs=1e-4)


def test_checkpoint_and_onnx_file_are_measured_alike(
    run: tuple[Path, Checkpoint], exported: Path, splits: dict[str, Faces]
) -> None:
    test = splits["test"]
    one, two = (evaluate.measure(opened(path).answers(test).decided, test) for path in (run[0] / "best.pt", exported))
    assert (one.confusion == two.confusion).all()
    assert one.ece == pytest.approx(two.ece, abs=1e-4)
    assert one.accuracy == pytest.approx(run[1].card.metrics["test_accuracy"], abs=1e-4)


def test_no_path_of_the_machine_is_left_in_the_exported_file(exported: Path) -> None:
    content = exported.read_bytes()
    assert str(Path(__file__).resolve().parent.parent.parent).encode() not in content
    assert b"site-packages" not in content


def test_a_file_that_answers_otherwise_is_not_left_behind(run: tuple[Path, Checkpoint], exported: Path) -> None:
    other = Answering(registry.build("mien"), replace(run[1].card, temperature=0.01)).eval()
    faces = np.random.default_rng(0).integers(0, 256, (16, 1, 48, 48), dtype=np.uint8)
    with pytest.raises(OutputError, match="differs from torch"):
        verify(exported, other, faces)


def test_valence_and_arousal_are_learnt_exported_and_reported(splits: dict[str, Faces], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def with_affect(faces: Faces) -> Faces:
        # The pattern's class tells both; one face in five is not known.
        told = np.stack([faces.majority / 4 - 0.9, 0.9 - faces.majority / 4], 1).astype(np.float32)
        told[rng.random(len(faces)) < 0.2] = np.nan
        return replace(faces, affect=told)

    known = {name: with_affect(faces) for name, faces in splits.items()}
    plan = replace(recipe.load("cnn3"), labels="ferplus", epochs=3, batch=16, affect=1.0)
    done = train.train(plan, known, tmp_path, version="0", quiet=True)["ferplus"]
    assert done.card.affect
    assert {"test_valence_ccc", "test_arousal_rmse", "validation_valence_rmse"} <= set(done.card.metrics)
    export(done, tmp_path / "affect.onnx")
    classify = Classifier(tmp_path / "affect.onnx")
    answered = classify.read(splits["test"].images)
    assert answered["probabilities"].shape == (24, 8)
    expected = evaluate.answers_of(done.net, done.card, splits["test"].images).affect
    assert expected is not None
    assert answered["affect"] == pytest.approx(expected, abs=1e-4)
    face = Face(box=(8, 8, 30, 30), score=1, eyes=((15, 18), (32, 18)), roll=0)
    frame = Frame(0, 0.0, np.dstack([splits["test"].images[0, 0]] * 3))
    judged = classify(Seen(frame, (face,)))
    assert judged.faces[0].emotion.valence is not None
    with ReportWriter(tmp_path / "seen.csv", classify.card.labels, affect=True) as record:
        record.add("here", judged)
        record.add("here", Judged(frame, ()))
    rows = [line.split(",") for line in (tmp_path / "seen.csv").read_text().splitlines()]
    assert rows[0][-2:] == ["valence", "arousal"]
    assert len(rows[0]) == len(rows[1]) == len(rows[2])
    assert float(rows[1][-2]) == pytest.approx(judged.faces[0].emotion.valence, abs=1e-4)


def test_a_net_for_large_rgb_pictures_learns_from_small_grey_ones(splits: dict[str, Faces], tmp_path: Path) -> None:
    plan = replace(recipe.load("cnn3"), net="basic1", labels="ferplus", epochs=1, batch=32)
    done = train.train(plan, splits, tmp_path, version="0", quiet=True)["ferplus"]
    assert (done.card.channels, done.card.crop.size) == (1, 48)
    export(done, tmp_path / "net.onnx", splits["test"].images)
    assert Classifier(tmp_path / "net.onnx").probabilities(splits["test"].images).shape == (24, 8)


@pytest.mark.parametrize("name", recipe.names())
def test_every_recipe_learns_is_measured_and_exported(name: str, splits: dict[str, Faces], tmp_path: Path) -> None:
    plan = recipe.load(name)
    assert plan.data in sets.READERS
    number = 4 if registry.entry(plan.net).size > 200 else 8  # newbase takes a second a face
    few = {split: faces.take(np.arange(number)) for split, faces in splits.items()}
    plan = replace(plan, epochs=1, batch=number // 2, balance_to=0, align=False, share=1.0)
    arranged = arrange(few, plan)
    teachers = []
    if plan.distil:
        train.train(replace(plan, distil=0.0, blend=0.0), few, tmp_path / "teacher", version="0", quiet=True)
        teachers.append(taught_by(str(tmp_path / "teacher" / "best.pt"), torch.device("cpu")))
    run = tmp_path / "run"
    begun = tmp_path / "teacher" / "best.pt" if plan.blend else None
    done = train.train(plan, few, run, version="0", quiet=True, teachers=teachers, init=begun)
    chosen = next(iter(done.values()))
    assert chosen.card.recipe == name
    assert chosen.card.metrics["test_faces"] == len(arranged["test"])
    steps = math.ceil(len(arranged["train"]) / plan.batch)
    assert steps >= 2
    state = torch.load(run / "last.pt", weights_only=True)
    if plan.optimiser != "sgd":
        assert max(int(kept["step"]) for kept in state["optimiser"]["state"].values()) >= 2
    report = evaluation(str(run / "best.pt"), arranged, "test", None, "drawn")
    assert report.figures.faces == len(arranged["test"])
    assert report.figures.labels == chosen.card.labels
    assert export(chosen, run / "net.onnx", arranged["test"].images) <= 1e-4
    answers = Classifier(run / "net.onnx").probabilities(np.asarray(arranged["test"].images))
    assert answers.shape == (len(arranged["test"]), len(chosen.card.labels))
    shutil.rmtree(run)  # up to 0.9 GB each


def test_weights_of_another_net_are_refused_and_those_of_the_same_taken(
    splits: dict[str, Faces], run: tuple[Path, Checkpoint], tmp_path: Path
) -> None:
    plan = replace(MIEN, labels="fer2013", epochs=1, batch=96, rate=0.0, ema=0.0)
    seven = train.train(plan, splits, tmp_path / "a", version="0", quiet=True, init=run[0] / "best.pt")["fer2013"]
    before, after = run[1].net.state_dict(), seven.net.state_dict()
    assert torch.equal(before["stages.0.conv1.weight"], after["stages.0.conv1.weight"])
    with pytest.raises(InputError, match="the weights of another net"):
        train.train(replace(plan, net="cnn3"), splits, tmp_path / "b", version="0", quiet=True, init=run[0] / "best.pt")


def test_a_run_that_is_there_is_not_replaced_unless_asked(splits: dict[str, Faces], tmp_path: Path) -> None:
    short_run(splits, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(OutputError, match="holds a run already; --resume goes on with it, --overwrite begins anew"):
        short_run(splits, tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    short_run(splits, tmp_path, replace(PLAN, epochs=1), overwrite=True)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 1


def test_a_log_that_was_cut_short_or_ran_ahead_is_mended_by_going_on(splits: dict[str, Faces], tmp_path: Path) -> None:
    def tear(row: dict[str, object]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train(PLAN, splits, tmp_path, version="0", quiet=True, on_epoch=tear)
    with (tmp_path / "metrics.jsonl").open("a") as log:
        log.write('{"epoch": 2, "train_loss": 9.0}\n{"epoch": 3, "tr')
    short_run(splits, tmp_path, resume=True)
    history = read_history(tmp_path / "metrics.jsonl")
    assert history.epochs == (1, 2)
    assert history.rows[1]["train_loss"] != 9.0


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_faces_is_said(split: str, splits: dict[str, Faces], tmp_path: Path) -> None:
    none = splits[split].take(np.arange(0))
    with pytest.raises(InputError, match="no labelled face to"):
        short_run(splits | {split: none}, tmp_path)


def black_and_white(side: int) -> Faces:
    """A black face and a white one."""
    images = np.repeat(np.array([0, 255], np.uint8), side * side).reshape(2, 1, side, side)
    targets = np.eye(8, dtype=np.float32)[:2]
    return Faces(images, (Answers("ferplus", EMOTIONS, targets, np.array([0, 1]), "drawn"),))


def test_mean_and_deviation_are_those_of_the_faces(tmp_path: Path) -> None:
    faces = black_and_white(48).take(np.array([0, 1, 1, 1]))
    splits = {name: faces for name in ("train", "validation", "test")}
    card = short_run(splits, tmp_path, replace(PLAN, epochs=1, levels="standard", twins="keep")).card
    assert card.mean == (191.25,) * card.channels
    assert card.std == (110.42,) * card.channels


class Clock:
    """A clock that is advanced by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def test_seconds_bound_the_epochs_and_the_rate_ends_with_the_last(
    splits: dict[str, Faces], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    monkeypatch.setattr(train, "time", clock)

    def watch(checkpoint: Checkpoint, faces: Faces, row: dict[str, object]) -> None:
        clock.now += 10
        if row["epoch"] == 2 and not (tmp_path / "torn").exists():
            (tmp_path / "torn").touch()
            raise KeyboardInterrupt

    plan = replace(PLAN, epochs=9, seconds=45, schedule="cosine", rate=1e-3)
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train.train(plan, splits, run, version="0", watch=watch)
    train.train(plan, splits, run, version="0", watch=watch, resume=True)
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[-1]["epochs"] == 6
    assert "cnn3: an epoch takes 10 s, so 5 of 9 epochs fit into 45 s" in capsys.readouterr().err
    state = torch.load(run / "last.pt", weights_only=True)
    assert 0 < state["optimiser"]["param_groups"][0]["lr"] < 0.1 * plan.rate


def test_a_bound_that_is_never_reached_changes_nothing(splits: dict[str, Faces], tmp_path: Path) -> None:
    one, two = (short_run(splits, tmp_path / f"{s}", replace(PLAN, seconds=s)) for s in (0.0, 1e9))
    for a, b in zip(one.net.state_dict().values(), two.net.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_blended_run_keeps_what_it_began_from(splits: dict[str, Faces], tmp_path: Path) -> None:
    first = train.train(replace(PLAN, epochs=1), splits, tmp_path / "first", version="0", quiet=True)
    begun = next(iter(first.values())).net.state_dict()
    plan = replace(PLAN, epochs=1, rate=0.01, seed=2)
    nets = {}
    for share in (0.0, 0.5, 1.0):
        out = tmp_path / f"blend {share}"
        done = train.train(
            replace(plan, blend=share), splits, out, version="0", quiet=True, init=tmp_path / "first" / "best.pt"
        )
        nets[share] = next(iter(done.values())).net
    for name, parameter in nets[1.0].named_parameters():
        torch.testing.assert_close(parameter, begun[name])
        half = (begun[name] + dict(nets[0.0].named_parameters())[name]) / 2
        torch.testing.assert_close(dict(nets[0.5].named_parameters())[name], half)
    two = train.train(
        replace(PLAN, epochs=1, keep=("neutral", "happiness")), splits, tmp_path / "two", version="0", quiet=True
    )
    assert two
    with pytest.raises(InputError, match="another net, or of one with other classes"):
        train.train(
            replace(plan, blend=0.5),
            splits,
            tmp_path / "other",
            version="0",
            quiet=True,
            init=tmp_path / "two" / "best.pt",
        )
    with pytest.raises(UsageError, match="goes on from a net that knows faces already: --init"):
        train.refuse(replace(PLAN, blend=0.5), tmp_path / "none", resume=False, overwrite=False)
