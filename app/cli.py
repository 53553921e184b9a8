"""The command line: parse what was typed, run the command, end with its exit code."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import NoReturn

from emojicam import console, revision
from emojicam.console import complain
from emojicam.errors import (
    EmojicamError,
    OutputError,
    UsageError,
    first_line,
    lacks_library,
    without_library,
)
from emojicam.flags import developing, looking, preparing, using
from emojicam.interrupt import EXIT_CODE, Interrupt
from emojicam.parser import Program, Run

EPILOG = """start with:
  emojicam demo                 a photo and a clip that come with it
  emojicam annotate party.jpg   a photo of yours
  emojicam help annotate        what a command takes

(extra: NAME) needs `pip install "emojicam[NAME]"`.

exit codes: 0 done, 1 a defect, 2 wrong usage or no such path, 3 the input or model can't be used, \
4 a device or an optional part is missing, 5 the output can't be written, 130 interrupted"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: Without the program's name; by default those it was started with.

    Returns:
        The exit code.
    """
    console.prepare()
    parser = build_parser()
    try:
        given = parser.parse_args(arguments)
    except SystemExit:  # the help or the version was printed, or what is wrong with the arguments
        if _lost() is not None:
            return OutputError.exit_code
        raise
    if given.run is None:
        parser.print_help()
        return 0 if _lost() is None else OutputError.exit_code
    run: Run = given.run
    try:
        _need_folder()
        with Interrupt() as interrupt:
            code = run(given, interrupt)
    except EmojicamError as error:
        complain(error, str(error))
        return error.exit_code
    except KeyboardInterrupt as interrupted:
        complain(interrupted, "interrupted")
        return EXIT_CODE
    except (ImportError, OSError) as error:
        if not lacks_library(error):
            raise
        told = without_library(first_line(error))
        complain(error, str(told))
        return told.exit_code
    if _lost() is not None:
        # Files that were made are there all the same; of other commands what they say is all that there is.
        return code if given.makes_files else code or OutputError.exit_code
    return code


def _need_folder() -> None:
    """Find out whether the current folder is there, from which all paths are counted, those of libraries too.

    Raises:
        UsageError: It isn't.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise UsageError(f"the current folder can't be used ({error.strerror}): go to one that is there") from error


def _lost() -> OSError | None:
    """Say why standard output took no more, if that is a fault; who has closed it (`| head`) wants no more of it."""
    if console.lost is None or isinstance(console.lost, BrokenPipeError):
        return None
    complain(console.lost, f"standard output: can't be written: {console.lost.strerror}")
    return console.lost


class _Version(argparse.Action):
    """Prints the version and ends; git is asked for the commit only then."""

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> NoReturn:
        console.show(f"emojicam {revision.described()}")
        parser.exit()


def build_parser() -> Program:
    """The parser of all commands; nothing that takes long is imported for it."""
    program = Program(
        prog="emojicam",
        usual="annotate",
        description="See the faces in a photo or video, read each one's emotion, and lay the matching emoji over it. "
        "Nothing leaves this machine but for a store or a cluster that you name.",
        epilog=EPILOG,
    )
    said = "show the version, and the commit where it is known"
    program.add_argument("--version", action=_Version, nargs=0, help=said)
    program.set_defaults(run=None)
    for group in (using, looking, preparing, developing):
        group.add_commands(program)
    preparing.add_help(program)
    return program
