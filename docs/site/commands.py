"""Writes the help of every command as Markdown, for the page docs/reference/commands.md."""

from __future__ import annotations

import os
from collections.abc import Iterator

from emojicam.cli import build_parser

COLUMNS = "90"
"""Width of the help texts, in letters: what a page shows beside its navigation."""


def written() -> str:
    """Write a section for each group of commands, and in it one for each command with its help."""
    os.environ["COLUMNS"] = COLUMNS  # argparse takes the width from here
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    program = build_parser()
    for group in program.groups:
        yield f"\n## To {group.title}\n"
        for name in group.commands:
            text = program.commands.choices[name].format_help().strip()
            yield f"### `{name}`\n\n```text\n{text}\n```\n"
