"""What a run does to files that are there, and what it says when something is wrong with what it is given."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import ferfiles
import numpy as np
import pytest
import torch

from emojicam.cli import main
from emojicam.errors import EmojicamError, InputError, OutputError
from emojicam.export.to_onnx import Shipped, export
from emojicam.export.verify import verify
from emojicam.models import evaluate, recipe, train
from emojicam.models.card import EMOTIONS, Card, Crop
from emojicam.models.checkpoint import Checkpoint, save
from emojicam.models.data.faces import Answers, Faces
from emojicam.models.data.fer import read_ferplus
from emojicam.models.history import read_history
from emojicam.training import evaluation

PLAN = replace(recipe.load("cnn3"), labels="ferplus", epochs=2, batch=48)


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Faces]:
    folder = tmp_path_factory.mktemp("data")
    ferfiles.write(folder)
    return read_ferplus(folder)


def run(splits: dict[str, Faces], out: Path, plan: recipe.Recipe = PLAN, **options: bool) -> Checkpoint:
    return train.train(plan, splits, out, version="0", quiet=True, **options)["ferplus"]  # type: ignore[arg-type]


def test_a_run_that_is_there_is_not_replaced_unless_asked(splits: dict[str, Faces], tmp_path: Path) -> None:
    run(splits, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(OutputError, match="holds a run already; --resume goes on with it, --overwrite begins anew"):
        run(splits, tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    run(splits, tmp_path, replace(PLAN, epochs=1), overwrite=True)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 1


def test_it_is_refused_before_the_data_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.pt").write_bytes(b"two hours of work")
    (tmp_path / "empty").mkdir()
    arguments = ["train", "cnn3", "--data", str(tmp_path / "empty"), "-o", str(tmp_path / "run")]
    assert main(arguments) == 5
    assert "holds a run already" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) != 5  # now it is the data that are missing


def test_a_log_that_was_cut_short_or_ran_ahead_is_mended_by_going_on(splits: dict[str, Faces], tmp_path: Path) -> None:
    def tear(row: dict[str, object]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.train(PLAN, splits, tmp_path, version="0", quiet=True, on_epoch=tear)
    with (tmp_path / "metrics.jsonl").open("a") as log:
        log.write('{"epoch": 2, "train_loss": 9.0}\n{"epoch": 3, "tr')
    run(splits, tmp_path, resume=True)
    history = read_history(tmp_path / "metrics.jsonl")
    assert history.epochs == (1, 2)
    assert history.rows[1]["train_loss"] != 9.0


def test_a_run_does_not_go_on_with_other_classes(splits: dict[str, Faces], tmp_path: Path) -> None:
    run(splits, tmp_path, replace(PLAN, epochs=1))
    last = torch.load(tmp_path / "last.pt", weights_only=True)
    last["recipe"] = json.dumps(json.loads(last["recipe"]) | {"labels": "fer2013"})
    torch.save(last, tmp_path / "last.pt")
    with pytest.raises(InputError, match="begun with data of other classes"):
        train.train(replace(PLAN, epochs=1, labels="fer2013"), splits, tmp_path, version="0", quiet=True, resume=True)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_faces_is_said(split: str, splits: dict[str, Faces], tmp_path: Path) -> None:
    none = splits[split].take(np.arange(0))
    with pytest.raises(InputError, match="no labelled face to"):
        run(splits | {split: none}, tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('net = "cnn3"\ndata = "ferplus"\nepochs = 1\nshares = [0.5, 0.1, 0.1]', "shares are"),
        ('net = "cnn3"\ndata = "ferplus"\nepochs = 1\n# \xff', "not a recipe"),
        ('net = "cnn3"\ndata = "ferplus"\nepochs = 1\n[augment]\nshfit = 3', "augment knows shift, scale"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_before_the_data_are_read(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_bytes(text.encode("latin-1"))
    arguments = ["train", str(tmp_path / "own.toml"), "--data", str(tmp_path / "nowhere"), "-o", str(tmp_path / "run")]
    assert main(arguments) == 3
    assert says in capsys.readouterr().err


def test_a_folder_that_cannot_be_one_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").write_text("a file")
    assert main(["train", "cnn3", "--data", str(tmp_path), "-o", str(tmp_path / "run")]) == 5
    assert "run: can't be made" in capsys.readouterr().err


def test_a_disk_that_is_full_is_said(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = run(splits, tmp_path / "run", replace(PLAN, epochs=1))
    (tmp_path / "best.pt.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"best\.pt: can't be written"):
        save(done, tmp_path / "best.pt")


def test_twins_are_told_by_the_pictures_as_the_data_set_has_them(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = run(splits, tmp_path, replace(PLAN, epochs=1))
    save(done, tmp_path / "best.pt")
    validation, test = splits["validation"], splits["test"]
    images = np.concatenate([np.asarray(test.images[:5]), np.asarray(validation.images[5:])])
    copied = splits | {"validation": replace(validation, images=images)}
    cut = replace(test, images=255 - np.asarray(test.images))
    report = evaluation(str(tmp_path / "best.pt"), copied | {"test": cut}, "test", None, "drawn", uncut=test)
    assert report.variants["without faces that stand in another split"].faces == len(test) - 5


def test_the_report_says_what_the_epoch_was_chosen_by(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = run(splits, tmp_path, replace(PLAN, epochs=1, choose="loss"))
    assert done.card.choose == "loss"
    assert evaluation(str(tmp_path / "best.pt"), splits, "test", None, "drawn").choose == "loss"


def test_valence_and_arousal_are_measured_by_checkpoint_and_file_alike(
    splits: dict[str, Faces], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    known = {
        name: replace(faces, affect=rng.uniform(-1, 1, (len(faces), 2)).astype(np.float32))
        for name, faces in splits.items()
    }
    done = run(known, tmp_path, replace(PLAN, epochs=1, affect=1.0))
    export(done, tmp_path / "net.onnx")
    one, two = (
        evaluation(str(tmp_path / name), known, "test", None, "drawn").affect for name in ("best.pt", "net.onnx")
    )
    assert one is not None
    assert two is not None
    assert one.valence.faces == len(known["test"])
    assert one.valence.rmse == pytest.approx(two.valence.rmse, abs=1e-4)


def test_an_answer_that_is_no_number_is_no_proof(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = run(splits, tmp_path, replace(PLAN, epochs=1))
    for parameter in done.net.parameters():
        parameter.data[...] = float("nan")
    with pytest.raises(EmojicamError, match="differs from torch by nan"):
        export(done, tmp_path / "net.onnx")
    assert not list(tmp_path.glob("*.onnx*"))


def test_all_faces_are_compared_not_only_the_first(splits: dict[str, Faces], tmp_path: Path) -> None:
    done = run(splits, tmp_path, replace(PLAN, epochs=1))
    export(done, tmp_path / "net.onnx")
    faces = np.repeat(np.asarray(splits["test"].images[:1]), 40, axis=0)
    faces[33] = 255 - faces[33]

    class Odd(Shipped):
        def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, ...]:
            (told,) = super().forward(faces)
            return (told + (faces.flatten(1).float().mean(1, keepdim=True) > 255 - 128.5).float(),)

    level = float(faces[0].mean())
    odd = Odd(done.net, done.card).eval()
    assert (level > 255 - 128.5) != (255 - level > 255 - 128.5)
    with pytest.raises(OutputError, match="differs from torch by 1"):
        verify(tmp_path / "net.onnx", odd, faces if level < 128 else 255 - faces)


def black_and_white(side: int) -> Faces:
    """A black face and a white one."""
    images = np.repeat(np.array([0, 255], np.uint8), side * side).reshape(2, 1, side, side)
    targets = np.eye(8, dtype=np.float32)[:2]
    return Faces(images, (Answers("ferplus", EMOTIONS, targets, np.array([0, 1]), "drawn"),))


def test_of_large_pictures_fewer_are_measured_at_a_time() -> None:
    seen: list[int] = []

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, faces: torch.Tensor) -> torch.Tensor:
            seen.append(len(faces))
            return torch.zeros(len(faces), 8)

    for side in (48, 224):
        card = Card("cnn3", EMOTIONS, crop=Crop().at(side))
        evaluate.answers_of(Net(), card, np.zeros((600, 1, side, side), np.uint8))
    assert seen == [512, 88, *[23] * 26, 2]


def test_mean_and_deviation_are_those_of_the_faces(tmp_path: Path) -> None:
    faces = black_and_white(48).take(np.array([0, 1, 1, 1]))
    splits = {name: faces for name in ("train", "validation", "test")}
    card = run(splits, tmp_path, replace(PLAN, epochs=1, levels="standard", twins="keep")).card
    assert card.mean == (191.25,) * card.channels
    assert card.std == (110.42,) * card.channels
