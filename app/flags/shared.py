"""The flags that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from emojicam.models.data.formats import FORMATS

Options: TypeAlias = "argparse.ArgumentParser | argparse._ArgumentGroup"

REPORT = "record what was seen: .jsonl (a line a frame) or .csv (a row a face)"
PLOT = "draw a timeline of each person's emotions (extra: train)"
SUBTITLES = "write what was seen as subtitles, with emoji"


def add_overwrite(parser: Options, about: str = "replace files that are already there") -> None:
    """Add the flag by which files that are there may be replaced."""
    parser.add_argument("--overwrite", action="store_true", help=about)


def add_data(parser: Options, about: str = "folder with the data set") -> None:
    """Add the flag that names the folder of a data set."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=about)


def add_format(parser: Options, default: str | None, otherwise: str = "as the recipe has it") -> None:
    """Add the flag that names the format of a data set.

    Args:
        parser: Takes it.
        default: The format, if none is named.
        otherwise: What the help says where that is no format by itself.
    """
    about = f"format of the data set (default: {default or otherwise})"
    parser.add_argument("--format", choices=tuple(FORMATS), default=default, help=about)


def add_device(parser: Options) -> None:
    """Add the flag that says where to train."""
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (default: %(default)s)"
    )


def add_teacher(parser: Options) -> None:
    """Add the flag that names the models to learn from."""
    parser.add_argument(
        "--teacher",
        action="append",
        default=[],
        metavar="MODEL",
        help="a finished model to learn from, if the recipe does so: a shipped one, an ONNX file or a checkpoint; "
        "may be given several times",
    )
