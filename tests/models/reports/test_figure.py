"""The style of all our pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from emojicam.models.reports import figure


def test_without_matplotlib_the_install_line_is_said() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from emojicam.models.reports import figure, report_page\n"
        "try: figure.need_matplotlib()\n"
        "except ImportError as error: print(error, error.exit_code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == 'matplotlib is not installed: pip install "emojicam[train]" 4\n'


@pytest.mark.parametrize("theme", [figure.LIGHT, figure.DARK])
def test_letters_and_colours_stand_out(theme: figure.Theme) -> None:
    assert figure.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert figure.contrast(theme.ink, theme.ground) >= 7
    assert figure.contrast(theme.faint, theme.ground) >= 4.5
    assert min(figure.contrast(colour, theme.ground) for colour in (*theme.series, theme.gap)) >= 2


DRAWN = """
import hashlib
from emojicam.models.reports.figure import LIGHT, drawing, png
with drawing(3, 2, LIGHT) as figure:
    axes = figure.add_subplot()
    axes.set_title("a_b $1")
    axes.plot([1, 2])
    print(hashlib.sha256(png(figure)).hexdigest())
import matplotlib
print(matplotlib.rcParams["axes.linewidth"])
"""


def drawn(folder: Path, **environment: str) -> list[str]:
    command = [sys.executable, "-c", DRAWN]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_what_settings_files_wish_for_changes_no_picture_of_ours(tmp_path: Path) -> None:
    (plain := tmp_path / "plain").mkdir()
    digest, width = drawn(plain)
    (tmp_path / "elsewhere.rc").write_text("text.usetex: True\n")
    for number, wishes in enumerate(
        (
            "text.usetex: True\naxes.linewidth: 7\n",
            "backend: nonsense\naxes.linewidth: 7\n",
            "font.family: Nothing Sans\nsavefig.bbox: tight\npath.effects: 3\naxes.linewidth: 7\n",
            "no.such.thing: 1\nlines.marker: o\naxes.linewidth: 7\n",
        )
    ):
        (folder := tmp_path / str(number)).mkdir()
        (folder / "matplotlibrc").write_text(wishes)
        assert drawn(folder) == [digest, "7.0"], wishes
    assert drawn(plain, MATPLOTLIBRC=str(tmp_path / "elsewhere.rc")) == [digest, width]
    assert drawn(plain, MPLBACKEND="nonsense") == [digest, width]


def test_settings_that_are_no_text_are_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_bytes(b"\xff\xfe\0")
    program = (
        "from emojicam.models.reports import figure\n"
        "try: figure.need_matplotlib()\n"
        "except Exception as error: print(error, error.exit_code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("matplotlib can't be loaded, perhaps for a matplotlibrc: ")
    assert done.stdout.endswith(" 4\n")


def test_a_drawing_is_given_as_pixels() -> None:
    with figure.drawing(2, 1, figure.LIGHT, layout=None) as drawn:
        drawn.add_axes((0, 0, 0.5, 1)).set_axis_off()
        drawn.patches.append(plain := Rectangle((0, 0), 0.5, 1, transform=drawn.transFigure, color="#ff0000"))
        picture = figure.pixels(drawn)
    assert plain in drawn.patches
    assert (picture.shape, picture.dtype) == ((figure.DPI, 2 * figure.DPI, 3), np.uint8)
    assert picture[90, 90].tolist() == [255, 0, 0]
    assert picture[90, 270].tolist() == [255, 255, 255]
