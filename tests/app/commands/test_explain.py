"""`emojicam explain`: a picture of where the model looked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnxfiles import write_model
from PIL import Image

from emojicam import assets
from emojicam.cli import main


@pytest.mark.parametrize("kind", ["tiny", "eight bits", "broken"])
def test_a_model_that_cannot_be_explained_is_refused(
    inside: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = onnx.load(str(write_model(inside / "m.onnx")))
    if kind == "eight bits":  # as a quantised one has it
        model.graph.node.append(helper.make_node("QuantizeLinear", ["rows", "scale"], ["small"]))
        model.graph.initializer.append(numpy_helper.from_array(np.float32(1), "scale"))
    if kind == "broken":
        model.metadata_props[0].value = "{"
    Path("m.onnx").write_bytes(model.SerializeToString())
    assert main(["explain", str(assets.sample_photo()), "--model", "m.onnx"]) == 3
    err = capfd.readouterr().err
    assert err.startswith("emojicam: m.onnx: ")
    assert err.count("\n") == 1
    assert not Path("astronaut-explained.png").exists()


def test_explain_draws_a_row_for_each_face(inside: Path, capfd: pytest.CaptureFixture[str]) -> None:
    photo = str(assets.sample_photo())
    assert main(["explain", photo]) == 0
    assert capfd.readouterr().out == "astronaut-explained.png: 1 face\n"
    with Image.open("astronaut-explained.png") as picture:
        assert picture.width > 800
        assert picture.height > 300
    assert main(["explain", photo]) == 5
    assert "already there" in capfd.readouterr().err
    assert main(["explain", photo, "--most", "0"]) == 2
    Image.new("RGB", (200, 200), "grey").save("grey.png")
    capfd.readouterr()
    assert main(["explain", "grey.png"]) == 0
    assert "no face found" in capfd.readouterr().err
    assert not Path("grey-explained.png").exists()
