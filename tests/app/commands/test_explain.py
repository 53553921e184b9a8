"""`emojicam explain`: a picture of where the model looked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from emojicam import assets
from emojicam.cli import main


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
