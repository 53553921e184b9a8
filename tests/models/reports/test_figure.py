"""The style of all our pictures."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
