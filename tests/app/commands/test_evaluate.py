"""`emojicam evaluate`: what is told of a model, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import ferfiles
import numpy as np
import pytest
from netfiles import checkpoint
from PIL import Image

from emojicam.cli import main
from emojicam.models import recipe
from emojicam.models.card import EMOTIONS
from emojicam.models.checkpoint import save
from emojicam.models.data.arrange import arrange
from emojicam.models.data.fer import read_ferplus


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


def test_a_shipped_model_is_measured_and_its_report_written(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ferfiles.write(inside / "data")
    assert main(["evaluate", "mien", "--data", "data", "--split", "validation", "-o", "page"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("mien on 24 faces (validation): accuracy ")
    assert [line.split()[0] for line in lines[-9:-1]] == list(EMOTIONS)
    assert lines[-1] == "page/index.html: the report"
    figures = json.loads((inside / "page" / "metrics.json").read_text())
    assert figures["faces"] == 24
    assert f"accuracy {100 * figures['accuracy']:.2f} %" in lines[0]
    assert lines[1].split("  ")[-1] == "faces"
    names = [line.strip().split("  ")[0] for line in lines[2:-9]]
    assert names == ["as above", *figures["variants"]]
    for name in ("accuracy", "macro_recall"):
        low, high = (100 * figures[f"{name}_{end}"] for end in ("low", "high"))
        assert f"{100 * figures[name]:.1f} ({low:.1f} to {high:.1f})" in lines[2]


def test_folders_of_pictures_are_found_by_their_names(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same emotions whatever their order: once as the model calls them, once otherwise, once without one."""
    names = dict(zip(EMOTIONS, ("Neutral", "happy", "0_surprised", "sad", "Angry", "disgust", "fearful"), strict=False))
    said = []
    for folder, called in (("plain", dict.fromkeys(EMOTIONS)), ("other", names), ("fewer", names)):
        rng = np.random.default_rng(0)
        for number, emotion in enumerate(EMOTIONS[:-1] if folder == "fewer" else EMOTIONS):
            for picture in range(2):
                place = inside / folder / "test" / (called.get(emotion) or emotion) / f"{picture}.png"
                place.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(ferfiles.pattern(number, rng)).save(place)
        assert main(["evaluate", "mien", "--format", "folders", "--data", folder, "-o", f"page-{folder}"]) == 0
        said.append(capsys.readouterr())
    assert said[0].out.replace("plain", "other") == said[1].out
    assert (said[0].err, said[1].err) == ("", "")
    assert said[2].err == "emojicam: fewer: the data set has no contempt\n"
    assert "on 14 faces" in said[2].out
    assert "nan" not in said[2].out


def test_models_are_measured_together_and_alone(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ferfiles.write(inside / "data")
    made = checkpoint("mien", 8)
    order = (*EMOTIONS[4:], *EMOTIONS[:4])
    save(replace(made, card=replace(made.card, labels=order)), inside / "own.pt")
    assert main(["evaluate", "own.pt", "mien", "--together", "--data", "data"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("2 models together on 24 faces (test): accuracy ")
    assert lines[-1] == "evaluation/together/index.html: the report"
    together = json.loads((inside / "evaluation" / "together" / "metrics.json").read_text())
    assert together["details"]["Together"] == "the geometric mean of the probabilities of 2 models"
    for model in ("mien", "own.pt"):
        assert main(["evaluate", model, "--data", "data", "-o", "alone"]) == 0
        alone = json.loads((inside / "alone" / "metrics.json").read_text())
        assert together["variants"][f"{model} alone"]["log_loss"] == pytest.approx(alone["log_loss"])
    assert main(["evaluate", "mien", "own.pt", "--together", "--data", "data", "-o", "turned"]) == 0
    turned = json.loads((inside / "turned" / "metrics.json").read_text())
    assert turned["labels"] == list(EMOTIONS)
    assert turned["log_loss"] == pytest.approx(together["log_loss"])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["mien", "--together", "--data", "data"], 2, "--together is for two models and more"),
        (["mien", "mien-fer2013", "--data", "data"], 2, "--together is for two models and more"),
        (["mien", "mien-fer2013", "--together", "--data", "data"], 3, "mien-fer2013: knows anger, disgust"),
        (["mien", "none.pt", "--together", "--data", "data"], 2, "none.pt: no such checkpoint"),
        (["none.pt", "--data", "data"], 2, "none.pt: no such checkpoint"),
        (["nothing", "--data", "data"], 2, "nothing: no such model file"),
        (["mien", "--data", "nowhere"], 2, "nowhere: no such folder"),
        (
            ["mien", "--data", "data", "--labels", "rafdb"],
            2,
            "no labels are called 'rafdb'; there are: ferplus, fer2013",
        ),
        (["mien", "--data", "data", "--recipe", "nope"], 2, "no recipe is called 'nope'"),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    arguments: list[str], code: int, says: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ferfiles.write(inside / "data")
    assert main(["evaluate", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1
    assert not (inside / "evaluation").exists()
