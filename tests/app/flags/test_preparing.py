"""The commands that get things ready, and the help on all of them."""

from __future__ import annotations

import pytest

from emojicam.cli import build_parser, main
from emojicam.commands.completion import CompletionOptions
from emojicam.commands.doctor import DoctorOptions
from emojicam.commands.fetch import FetchOptions
from emojicam.flags import preparing
from emojicam.settings import options_of


def test_what_is_typed_reaches_the_commands() -> None:
    parse = build_parser().parse_args
    assert options_of(DoctorOptions, parse(["doctor", "--json"])) == DoctorOptions(json=True)
    assert options_of(FetchOptions, parse(["fetch", "--quiet"])) == FetchOptions(quiet=True)
    for shell in preparing.SHELLS:
        assert options_of(CompletionOptions, parse(["completion", shell])) == CompletionOptions(shell)


def test_help_is_in_the_group_and_knows_every_command() -> None:
    program = build_parser()
    (group,) = (group for group in program.groups if group.title == preparing.TITLE)
    assert list(group.commands) == ["doctor", "fetch", "completion", "help"]
    (named,) = (action for action in program.commands.choices["help"]._actions if action.dest == "command")
    assert {*(named.choices or ()), "help"} == set(program.commands.choices)


@pytest.mark.parametrize("command", ["", "annotate", "completion"])
def test_help_prints_what_the_flag_prints(capfd: pytest.CaptureFixture[str], command: str) -> None:
    assert main(["help", *command.split()]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    assert capfd.readouterr().out == out


def test_of_a_command_that_there_is_not_help_says_which_was_meant(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["help", "anotate"])
    assert stopped.value.code == 2
    assert capfd.readouterr().err == "emojicam help: no command 'anotate'; did you mean annotate?\n"
