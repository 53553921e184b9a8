"""The command `explain`: where in each face of a photo the model looked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emojicam.console import say, show
from emojicam.errors import UsageError
from emojicam.files import Part, refuse_existing
from emojicam.training import explained, need_torch


@dataclass(frozen=True)
class ExplainOptions:
    """The options of `emojicam explain`.

    Attributes:
        photo: The photo.
        model: A shipped model's name, or an ONNX file.
        most: How many faces at most, the largest first.
        out: Where to draw it; None: NAME-explained.png in the current folder.
        overwrite: A file that is there may be replaced.
        quiet: Print only errors.
    """

    photo: Path
    model: str
    most: int
    out: Path | None
    overwrite: bool
    quiet: bool


def explain(options: ExplainOptions) -> int:
    """Draw where in each face the model looked."""
    need_torch()
    if options.most < 1:
        raise UsageError(f"--most {options.most}: at least 1")
    out = options.out or Path(f"{options.photo.stem}-explained.png")
    refuse_existing(out, options.overwrite)
    picture, faces = explained(options.photo, options.model, options.most, quiet=options.quiet)
    if picture is None:
        say(f"emojicam: {options.photo}: no face found, so nothing is explained")
        return 0
    with Part(out, overwrite=options.overwrite) as part:
        part.write(picture)
    if not options.quiet:
        show(f"{out}: {faces} face{'s' if faces > 1 else ''}")
    return 0
