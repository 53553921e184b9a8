"""Training, evaluation and export on a small data set that the tests draw."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import ferfiles
import numpy as np
import pytest
import torch

from emojicam.cli import main
from emojicam.errors import InputError, OutputError, UsageError
from emojicam.export.to_onnx import Shipped, export
from emojicam.export.verify import verify
from emojicam.models import evaluate, recipe, registry, train
from emojicam.models.checkpoint import Checkpoint, load
from emojicam.models.data import sets
from emojicam.models.data.arrange import arrange
from emojicam.models.data.batches import Batch
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.fer import read_ferplus
from emojicam.models.heads import Heads
from emojicam.stream.emotions.classify import Classifier
from emojicam.stream.records.report import ReportWriter
from emojicam.stream.types import Face, Frame, Judged, Seen
from emojicam.training import answers, evaluation


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Faces]:
    folder = tmp_path_factory.mktemp("data")
    ferfiles.write(folder)
    return read_ferplus(folder)


@pytest.fixture(scope="module")
def run(splits: dict[str, Faces], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Checkpoint]:
    out = tmp_path_factory.mktemp("run")
    short = replace(
        recipe.load("mien"), epochs=3, batch=32, ema=0.0, mixup=0.2, second=0.5, augment={"erase": 0, "mirror": 0}
    )
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
    short = replace(recipe.load("mien"), epochs=1, batch=48)
    one, two = (train.train(short, splits, tmp_path / name, version="0", quiet=True)["ferplus"] for name in "ab")
    for a, b in zip(one.net.state_dict().values(), two.net.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(splits: dict[str, Faces], tmp_path: Path) -> None:
    plan = replace(recipe.load("mien"), epochs=2, batch=48, second=0.5)
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
    plan = replace(recipe.load("mien"), epochs=1, batch=48, second=0.0)
    assert set(train.train(plan, splits, tmp_path, version="0", quiet=True)) == {"ferplus"}
    assert not (tmp_path / "best-fer2013.pt").exists()


def test_nothing_known_of_a_face_counts_nothing() -> None:
    outputs = torch.randn(3, 7, generator=torch.Generator().manual_seed(0))
    first, second = torch.eye(2)[[0, 1, 0]], torch.zeros(3, 3)
    batch = Batch(torch.zeros(3, 1, 2, 2), [first, second], torch.full((3, 2), torch.nan))
    loss = Heads((2, 3), (1.0, 1.0), affect=1.0).loss(outputs, batch)
    assert loss == torch.nn.functional.cross_entropy(outputs[:, :2], first)


def test_bfloat16_is_used_where_the_processor_has_it() -> None:
    cpu = Path("/proc/cpuinfo")
    if not cpu.is_file():
        pytest.skip("nothing here says what the processor can do")
    flags = cpu.read_text().split()
    assert train.has_bf16(torch.device("cpu")) == bool({"avx512_bf16", "amx_bf16"} & set(flags))


def test_right_answers_are_counted_where_one_is_known() -> None:
    heads = Heads((3, 2), (1.0, 0.5))
    outputs = torch.tensor([[1, 0, 0, 9, 0], [0, 1, 0, 9, 0], [0, 0, 1, 9, 0], [1, 0, 0, 9, 0.0]])
    targets = torch.tensor([[0.6, 0.4, 0], [0.6, 0.4, 0], [0, 0, 1], [0, 0, 0]])
    assert heads.right(outputs, Batch(torch.zeros(4, 1, 4, 4), [targets, torch.zeros(4, 2)])) == (2, 3)


def test_valence_and_arousal_that_are_right_cost_nothing_and_flat_ones_cost() -> None:
    truth = torch.tensor([[0.5, -0.5], [-0.2, 0.3], [0.1, torch.nan], [0.9, 0.1]])
    batch = Batch(torch.zeros(4, 1, 2, 2), [torch.zeros(4, 2)], truth)
    heads = Heads((2,), (1.0,), affect=1.0)
    right = torch.cat([torch.zeros(4, 2), torch.atanh(truth.nan_to_num())], 1)
    flat = torch.zeros(4, 4)
    assert float(heads.loss(right, batch)) == pytest.approx(0, abs=1e-3)
    assert float(heads.loss(flat, batch)) > 1


def test_classes_can_be_weighed() -> None:
    outputs = torch.zeros(2, 2)
    batch = Batch(torch.zeros(2, 1, 2, 2), [torch.eye(2)])
    even = Heads((2,), (1.0,)).loss(outputs, batch)
    weighed = Heads((2,), (1.0,), class_weights=torch.tensor([0.5, 1.5])).loss(outputs, batch)
    assert weighed == pytest.approx(float(even))
    lean = torch.tensor([[2.0, 0.0], [2.0, 0.0]])  # the second face is answered wrong
    heavy = Heads((2,), (1.0,), class_weights=torch.tensor([0.5, 1.5])).loss(lean, batch)
    assert heavy > Heads((2,), (1.0,)).loss(lean, batch)


def test_the_exported_file_says_what_the_net_says_and_carries_the_card(
    run: tuple[Path, Checkpoint], exported: Path, splits: dict[str, Faces]
) -> None:
    classify = Classifier(exported)
    card = run[1].card
    assert replace(classify.card, sha256="") == card
    assert len(classify.card.sha256) == 64
    images = splits["test"].images
    with torch.inference_mode():
        expected = Shipped(run[1].net.eval(), card)(torch.from_numpy(images))[0].numpy()
    assert classify.probabilities(images) == pytest.approx(expected, abs=1e-4)


def test_checkpoint_and_onnx_file_are_measured_alike(
    run: tuple[Path, Checkpoint], exported: Path, splits: dict[str, Faces]
) -> None:
    test = splits["test"]
    one, two = (evaluate.measure(answers(path, test)[0], test) for path in (run[0] / "best.pt", exported))
    assert (one.confusion == two.confusion).all()
    assert one.ece == pytest.approx(two.ece, abs=1e-4)
    assert one.accuracy == pytest.approx(run[1].card.metrics["test_accuracy"], abs=1e-4)


def test_no_path_of_the_machine_is_left_in_the_exported_file(exported: Path) -> None:
    content = exported.read_bytes()
    assert str(Path(__file__).resolve().parent.parent.parent).encode() not in content
    assert b"site-packages" not in content


def test_a_file_that_answers_otherwise_is_not_left_behind(run: tuple[Path, Checkpoint], exported: Path) -> None:
    other = Shipped(registry.build("mien"), replace(run[1].card, temperature=0.01)).eval()
    faces = np.random.default_rng(0).integers(0, 256, (16, 1, 48, 48), dtype=np.uint8)
    with pytest.raises(OutputError, match="differs from torch"):
        verify(exported, other, faces)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x04\x95cposix\nsystem\n."])
def test_what_is_no_checkpoint_is_refused_and_not_executed(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "best.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not an emojicam checkpoint"):
        load(path)


def test_unknown_recipes_and_data_are_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no recipe is called 'nope'; there are: .*mien"):
        recipe.load("nope")
    with pytest.raises(UsageError, match="no data format is called 'nope'; there are: ferplus"):
        sets.read("nope", tmp_path, size=48, channels=1, cache=tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        sets.read("ferplus", tmp_path / "nowhere", size=48, channels=1, cache=tmp_path)
    (tmp_path / "own.toml").write_text("net = 3 = 4")
    with pytest.raises(InputError, match="not a recipe"):
        recipe.load(str(tmp_path / "own.toml"))


def test_figures_are_those_of_the_textbook() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    answer = np.array([0, 0, 1, 1, 1, 0])
    p = np.full((6, 3), 0.1)
    p[np.arange(6), answer] = 0.8
    images = np.zeros((6, 1, 2, 2), np.uint8)
    given = Answers("drawn", ("a", "b", "c"), np.eye(3, dtype=np.float32)[truth], truth, "drawn")
    faces = Faces(images, (given,))
    figures = evaluate.measure(np.log(p).astype(np.float32), faces)
    assert figures.accuracy == pytest.approx(4 / 6)
    assert figures.recall == pytest.approx([2 / 3, 1, 0])
    assert figures.precision[:2] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(figures.precision[2])
    assert figures.macro_f1 == pytest.approx((2 / 3 + 0.8 + 0) / 3)
    assert figures.ece == pytest.approx(0.8 - 4 / 6)
    low, high = figures.interval
    assert 0.29 < low < 0.31
    assert 0.90 < high < 0.91


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
    p, told = classify.read(splits["test"].images)
    assert p.shape == (24, 8)
    assert told is not None
    _, expected = evaluate.answers_of(done.net, done.card, splits["test"].images)
    assert told == pytest.approx(expected, abs=1e-4)
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
    assert plan.data in sets.FORMATS
    number = 4 if registry.entry(plan.net).size > 200 else 8  # newbase takes a second a face
    few = {split: faces.take(np.arange(number)) for split, faces in splits.items()}
    plan = replace(plan, epochs=1, batch=number // 2, balance_to=0, align=False)
    arranged = arrange(few, plan)
    teachers = []
    if plan.distil:
        train.train(replace(plan, distil=0.0), few, tmp_path / "teacher", version="0", quiet=True)
        teachers.append(tmp_path / "teacher" / "best.pt")
    run = tmp_path / "run"
    done = train.train(plan, few, run, version="0", quiet=True, teachers=teachers)
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


def test_a_model_is_measured_on_the_faces_that_its_recipe_leaves_it(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ferfiles.write(tmp_path / "data")
    data = ["--data", str(tmp_path / "data")]
    assert main(["train", "residual5", *data, "--epochs", "1", "-o", str(tmp_path / "run"), "--quiet"]) == 0
    model = str(tmp_path / "run" / "best.pt")
    assert main(["evaluate", model, *data, "-o", str(tmp_path / "page")]) == 3
    assert "the data set has neutral, happiness" in capfd.readouterr().err
    assert main(["evaluate", model, *data, "-o", str(tmp_path / "page"), "--recipe", "residual5"]) == 0
    faces = arrange(read_ferplus(tmp_path / "data"), recipe.load("residual5"))["test"]
    assert f"on {len(faces)} faces (test)" in capfd.readouterr().out


@pytest.mark.parametrize(("options", "twins"), [((), 5), (("--keep-twins",), 0)])
def test_training_images_that_stand_in_a_test_split_are_left_out_unless_asked(
    tmp_path: Path, options: tuple[str, ...], twins: int
) -> None:
    ferfiles.write(tmp_path / "data")
    for name in ("fer2013.csv", "fer2013new.csv"):
        header, *rows = (tmp_path / "data" / name).read_text().splitlines()
        copies = [row.replace("PrivateTest", "Training") for row in rows[-5:]]
        (tmp_path / "data" / name).write_text("\n".join([header, *copies, *rows]) + "\n")
    command = ["train", "cnn3", "--data", str(tmp_path / "data"), "--epochs", "1", "-o", str(tmp_path / "run")]
    assert main([*command, "--quiet", *options]) == 0
    said = f"{101 - twins} training faces ({twins} twins of test faces left out)"
    assert said in load(tmp_path / "run" / "best.pt").card.data


def test_oversampling_after_the_split_leaves_the_test_alone_and_before_it_leaks(splits: dict[str, Faces]) -> None:
    uneven = {name: faces.where(faces.majority % 3 != 1) for name, faces in splits.items()}
    honest = arrange(uneven, replace(recipe.load("balanced"), labels="ferplus", balance_to=20))
    counts = np.bincount(honest["train"].majority)
    assert set(counts[counts > 0]) == {20}
    assert len(honest["test"]) == len(uneven["test"])
    leaking = arrange(uneven, replace(recipe.load("balanced-leaking"), labels="ferplus", balance_to=20))
    train_set = {image.tobytes() for image in leaking["train"].images}
    assert any(image.tobytes() in train_set for image in leaking["test"].images)


def test_two_processes_share_a_run(tmp_path: Path) -> None:
    ferfiles.write(tmp_path / "data")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += ["-m", "emojicam", "train", "cnn3", "--data", str(tmp_path / "data"), "-o", str(tmp_path / "run")]
    done = subprocess.run([*command, "--epochs", "2"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1  # the leader alone talks
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert load(tmp_path / "run" / "best.pt").card.recipe == "cnn3"


def test_weights_of_another_net_are_refused_and_those_of_the_same_taken(
    splits: dict[str, Faces], run: tuple[Path, Checkpoint], tmp_path: Path
) -> None:
    plan = replace(recipe.load("mien"), labels="fer2013", epochs=1, batch=96, rate=0.0, ema=0.0)
    seven = train.train(plan, splits, tmp_path / "a", version="0", quiet=True, init=run[0] / "best.pt")["fer2013"]
    before, after = run[1].net.state_dict(), seven.net.state_dict()
    assert torch.equal(before["stages.0.conv1.weight"], after["stages.0.conv1.weight"])
    with pytest.raises(InputError, match="the weights of another net"):
        train.train(replace(plan, net="cnn3"), splits, tmp_path / "b", version="0", quiet=True, init=run[0] / "best.pt")


def test_imagenet_weights_are_taken_from_torchvisions_file_layout(tmp_path: Path) -> None:
    theirs = registry.build("vgg19")
    weights = {f"features.{name}": value for name, value in theirs.features.state_dict().items()}
    torch.save(weights | {"classifier.0.weight": torch.zeros(1)}, tmp_path / "vgg19-dcbb9e9d.pth")
    ours = registry.build("vgg19")
    ours.load_imagenet(tmp_path / "vgg19-dcbb9e9d.pth")
    assert torch.equal(ours.features[0].weight, theirs.features[0].weight)
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="not torchvision's VGG19"):
        ours.load_imagenet(tmp_path / "other.pth")
