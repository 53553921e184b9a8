"""`emojicam evaluate`: what is told of a model, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import ferfiles
import numpy as np
import pytest
from PIL import Image

from emojicam.cli import main
from emojicam.models import recipe
from emojicam.models.card import EMOTIONS
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


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
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
