"""The command `completion`: a script for each shell, on standard output."""

from __future__ import annotations

import pytest

from emojicam.cli import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_names_every_command(capfd: pytest.CaptureFixture[str], shell: str) -> None:
    assert main(["completion", shell]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert all(command in out for command in ("annotate", "live", "report", "train", "help"))


def test_a_shell_that_it_does_not_know_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["completion", "bsh"])
    assert stopped.value.code == 2
    assert "'bsh' is none of bash, zsh, fish; did you mean bash?" in capfd.readouterr().err
