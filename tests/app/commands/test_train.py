"""`emojicam train`: what is refused before hours of work, and what is told after them."""

from __future__ import annotations

from pathlib import Path

import av
import ferfiles
import pytest
import torch
from datafiles import class_folders

from emojicam.cli import main
from emojicam.models.checkpoint import load


def test_it_is_refused_before_the_data_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.pt").write_bytes(b"two hours of work")
    (tmp_path / "empty").mkdir()
    arguments = ["train", "cnn3", "--data", str(tmp_path / "empty"), "-o", str(tmp_path / "run")]
    assert main(arguments) == 5
    assert "holds a run already" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) != 5  # now it is the data that are missing


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


def test_a_run_is_told_in_a_line_and_left_with_its_curves(
    tmp_path: Path, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ferfiles.write(tmp_path / "data")
    command = ["train", "cnn3", "--data", str(tmp_path / "data"), "--epochs", "1", "--quiet"]
    assert main(command) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("runs/cnn3, fer2013: ") or line.startswith("runs/cnn3, ferplus: ")
    assert " % on the test split (" in line
    kept = {path.name for path in Path("runs/cnn3").iterdir()}
    assert {"best.pt", "last.pt", "metrics.jsonl", "curves.png"} <= kept
    assert main([*command[:4], "--epochs", "0"]) == 2
    assert "--epochs 0: at least 1" in capsys.readouterr().err
    for wrong in ("0", "-1", "nan", "inf"):
        assert main([*command[:4], f"--seconds={wrong}"]) == 2
        assert f"--seconds {wrong}: more than 0" in capsys.readouterr().err
    assert main([*command[:4], "--seed", "-1"]) == 2
    assert "--seed -1: 0 or more" in capsys.readouterr().err


def test_where_no_face_is_left_for_the_test_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    ferfiles.write(folder)
    faces = (folder / "fer2013.csv").read_text().splitlines(keepends=True)
    (folder / "fer2013.csv").write_text("".join(line for line in faces if "PrivateTest" not in line))
    command = ["train", "cnn3", "--data", str(folder), "--epochs", "1", "--quiet", "-o", str(tmp_path / "run")]
    assert main([*command, "--format", "fer2013"]) == 0
    assert capsys.readouterr().out.endswith(" % on the validation split, no test faces\n")
    assert "test_accuracy" not in load(tmp_path / "run" / "best.pt").card.metrics


def test_another_seed_gives_another_net(tmp_path: Path) -> None:
    ferfiles.write(tmp_path / "data")
    command = ["train", "cnn3", "--data", str(tmp_path / "data"), "--epochs", "1", "--quiet"]
    assert main([*command, "--seed", "7", "-o", str(tmp_path / "seven")]) == 0
    assert main([*command, "--seed", "8", "-o", str(tmp_path / "eight")]) == 0
    seven, eight = (load(tmp_path / name / "best.pt") for name in ("seven", "eight"))
    assert (seven.card.seed, eight.card.seed) == (7, 8)
    weights = next(iter(seven.net.state_dict()))
    assert not torch.equal(seven.net.state_dict()[weights], eight.net.state_dict()[weights])


def test_a_run_of_a_moment_has_one_epoch_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ferfiles.write(tmp_path / "data")
    command = ["train", "cnn3", "--data", str(tmp_path / "data"), "-o", str(tmp_path / "run"), "--seconds", "0.001"]
    assert main(command) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if " fit into " in line]
    assert len(said) == 1
    assert said[0].endswith("so 1 of 40 epochs fit into 0.001 s")
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 1


def test_data_of_another_format_are_read_where_it_is_said(tmp_path: Path) -> None:
    root = class_folders(tmp_path / "data", {name: 20 for name in ("happy", "sad")})
    command = ["train", "cnn3", "--data", str(root), "--format", "folders", "--epochs", "1", "--quiet"]
    assert main([*command, "-o", str(tmp_path / "run")]) == 0
    assert load(tmp_path / "run" / "best.pt").card.labels == ("happiness", "sadness")


def test_a_film_of_the_run_is_made_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ferfiles.write(tmp_path / "data")
    run = tmp_path / "run"
    command = ["train", "cnn3", "--data", str(tmp_path / "data"), "--epochs", "2", "-o", str(run), "--quiet"]
    assert main([*command, "--film"]) == 0
    assert f"{run / 'film.mp4'}: how it learnt\n" in capsys.readouterr().out
    with av.open(str(run / "film.mp4")) as film:
        assert len([frame.pts for frame in film.decode(video=0)]) == 7
    assert not (run / "film").exists()
    assert main([*command, "--film", "--resume"]) == 0  # a run that is done: the film stays
    with av.open(str(run / "film.mp4")) as film:
        assert len([frame.pts for frame in film.decode(video=0)]) == 7
    assert main([*command, "--overwrite", "--film", str(tmp_path / "film.avi")]) == 2
    assert main([*command, "--overwrite", "--film", str(tmp_path / "nowhere" / "film.mp4")]) == 5
    assert "nowhere: no such folder" in capsys.readouterr().err
