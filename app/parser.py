"""The parser of the command line: help in groups, and for a mistyped word the one that was meant."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from emojicam import console
from emojicam.interrupt import Interrupt
from emojicam.meant import closest, meant

Run = Callable[[argparse.Namespace, Interrupt], int]
"""The work of a command: takes what was typed, and gives the exit code."""

WIDEST = 100
"""Columns of a help text at most, however wide the terminal is."""

COMMAND = "COMMAND"
"""The placeholder for the name of a command, in help texts."""

EXPERTS = "for experts"
"""The title of the options that few need; they stand behind all others."""


def experts(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """The group of a parser's options that few need; it is made when it is first asked for."""
    there = (group for group in parser._action_groups if group.title == EXPERTS)
    return next(there, None) or parser.add_argument_group(EXPERTS)


class Help(argparse.HelpFormatter):
    """Lays out a help text: usage without the list of all options, paragraphs whose lines stay as they were broken."""

    def __init__(self, prog: str) -> None:
        """Take the terminal's width, if that is no more than is read well."""
        columns = min(shutil.get_terminal_size().columns, WIDEST)
        super().__init__(prog, max_help_position=26, width=columns - 2)

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Show what must be given; all that may be is one word."""
        options = argparse.Action([], "option", nargs="*", metavar="OPTION")
        shown = [action for action in actions if action.required or not action.option_strings]
        super().add_usage(usage, [options, *shown], groups, prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        paragraphs = text.split("\n\n")
        return "\n\n".join(one if "\n" in one else fill(one, width, indent) for one in paragraphs)


_WORDINGS = {
    r"^argument ": "",
    r"^the following arguments are required: ": "needs ",
    r"invalid int value: (.*)": r"\1 is no whole number",
    r"invalid float value: (.*)": r"\1 is no number",
    r"expected one argument": "needs a value",
    r"^ambiguous option: (\S+) could match": r"\1 may be any of",
}
"""Our words, by the pattern of those that argparse has for the same."""


class Parser(argparse.ArgumentParser):
    """The parser of one command.

    Attributes:
        others: Those of all commands, by name: an option may be one of theirs.
    """

    def __init__(self, **given: Any) -> None:
        """Take what `argparse.ArgumentParser` takes."""
        super().__init__(formatter_class=Help, add_help=False, **given)
        self.add_argument("-h", "--help", action="help", help="show this help")
        self._positionals.title = "what it takes"
        self.others: Mapping[str, argparse.ArgumentParser] = {}

    def parse_known_args(  # type: ignore[override]  # its overloads say no more than this
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse; an unknown option is told before anything that is missing, as it may be just that."""
        typed = list(sys.argv[1:] if args is None else args)
        for word in self._options_in(typed):
            if not self._takes(word):
                self.error(self._unknown(word))
        given, left = super().parse_known_args(typed, namespace)
        if left:
            self.error(f"too many arguments: {' '.join(left)}")
        return given, left

    def _options_in(self, typed: Sequence[str]) -> Iterator[str]:
        """The words that are options, without their values."""
        for word in typed:
            if word == "--":
                return
            if word.startswith("-") and word != "-" and " " not in word and not _is_number(word):
                yield word.partition("=")[0]

    def _takes(self, option: str) -> bool:
        """Whether an option is one of ours; it may be shortened, or have its value right behind its one letter."""
        ours = self._option_string_actions
        if option.startswith("--"):
            return any(one.startswith(option) for one in ours)
        return option[:2] in ours and f"-{option}" not in ours  # -out is meant to be --out, not -o with "ut"

    def _unknown(self, option: str) -> str:
        """Say that there is no such option, and which was meant."""
        takers = [name for name, command in self.others.items() if option in command._option_string_actions]
        if takers:
            have = f"{', '.join(takers)} {'has' if len(takers) == 1 else 'have'} it"
            return f"no option {option} here; {have} (see {self.prog} --help)"
        return f"no option {option}{self._meant(option, self._option_string_actions)}"

    def _meant(self, word: str, words: Iterable[str]) -> str:
        return meant(word, words) or f"; see {self.prog} --help"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        words = [str(one) for one in action.choices]
        if action.metavar == COMMAND:
            self.error(self._no_command(str(value), words))
        raise argparse.ArgumentError(action, f"{value!r} is none of {', '.join(words)}{meant(str(value), words)}")

    def _no_command(self, word: str, words: Iterable[str]) -> str:
        program = self.prog.split()[0]  # of `help`, too: its own help lists no commands
        return f"no command {word!r}{meant(word, words) or f'; see {program} --help'}"

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong with what was typed, and end with exit code 2."""
        said = " ".join(message.split())
        for pattern, ours in _WORDINGS.items():
            said = re.sub(pattern, ours, said)
        where = "" if "?" in said or "--help" in said else f" (see {self.prog} --help)"
        self.exit(2, f"{self.prog}: {said}{where}\n")

    def _print_message(self, message: str, file: object = None) -> None:
        """Print as all else is printed: argparse itself passes over what can't be."""
        (console.show if file is sys.stdout else console.say)(message.removesuffix("\n"))


class Group:
    """Commands that stand together in the help of the program."""

    def __init__(self, title: str, program: Program) -> None:
        """Begin without a command."""
        self.title = title
        self.program = program
        self.commands: dict[str, str] = {}
        """Each command's name, and what it does."""

    def command(
        self,
        name: str,
        run: Run,
        about: str,
        *examples: tuple[str, str],
        more: str = "",
        makes_files: bool = False,
    ) -> Parser:
        """Add a command.

        Args:
            name: What is typed.
            run: Does the work.
            about: What it does, in half a line, without a full stop.
            examples: Command lines behind `emojicam`, each with what it does in a few words, or "".
            more: Sentences for its own help.
            makes_files: Its result is files, so that all is well though nobody reads its output.

        Returns:
            Its parser, to which its flags are added.
        """
        self.commands[name] = about
        described = "\n\n".join([f"{about[0].upper()}{about[1:]}.", *([more] if more else [])])
        parser = self.program.commands.add_parser(name, help=about, description=described, epilog=_listed(examples))
        parser.set_defaults(run=run, makes_files=makes_files)
        parser.others = self.program.commands.choices
        return parser


def _listed(examples: Sequence[tuple[str, str]]) -> str:
    """The examples, one below the other; what each does stands behind it where there is room, else below."""
    lines = ["examples:"]
    for line, does in examples:
        typed = f"  emojicam {line}"
        if len(typed) < 43 and does:
            lines.append(f"{typed:<44}{does}")
        else:
            lines += [typed, f"{'':<44}{does}"] if does else [typed]
    return "\n".join(lines)


class Program(Parser):
    """The parser of the program: of all commands, in groups.

    Attributes:
        commands: All of them; `Group.command` adds one.
        groups: In the order in which the help has them.
    """

    def __init__(self, *, usual: str, **given: Any) -> None:
        """Take what `argparse.ArgumentParser` takes.

        Args:
            usual: The command that somebody means who names a file and no command.
            given: The rest.
        """
        super().__init__(**given)
        self._usual = usual
        self.commands = self.add_subparsers(title="commands", prog=self.prog, metavar=COMMAND, parser_class=Parser)
        self.groups: list[Group] = []

    def group(self, title: str) -> Group:
        """Begin a group of commands."""
        self.groups.append(Group(title, self))
        return self.groups[-1]

    def format_help(self) -> str:
        """Lay out the help: the commands first, by group."""
        parts = Help(self.prog)
        parts.add_usage(None, self._actions, [])
        parts.add_text(self.description)
        for group in self.groups:
            parts.start_section(group.title)
            for name, about in group.commands.items():
                parts.add_argument(argparse.Action([], name, metavar=name, help=about.replace("%", "%%")))
            parts.end_section()
        parts.start_section("options")
        parts.add_arguments(action for action in self._actions if action.option_strings)
        parts.end_section()
        parts.add_text(self.epilog)
        return parts.format_help()

    def _options_in(self, typed: Sequence[str]) -> Iterator[str]:
        """The options before the command: what stands behind it is the command's."""
        before = next((place for place, word in enumerate(typed) if not word.startswith("-")), len(typed))
        return super()._options_in(typed[:before])

    def _unknown(self, option: str) -> str:
        for name, command in self.commands.choices.items():
            if option in command._option_string_actions:
                return f"{option} stands behind a command: {self.prog} {name} {option} … (see {self.prog} --help)"
        return super()._unknown(option)

    def _no_command(self, word: str, words: Iterable[str]) -> str:
        if f"--{word}" in self._option_string_actions:
            return f"no command {word!r}; did you mean {self.prog} --{word}?"
        if not closest(word, words) and (Path(word).suffix or os.path.exists(word)):
            return f"no command {word!r}; did you mean {self.prog} {self._usual} {word}?"
        return super()._no_command(word, words)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
