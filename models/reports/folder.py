"""Write a report's folder: files that appear whole, and no picture of an earlier report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from emojicam.errors import OutputError, first_line
from emojicam.files import writing


def write_folder(folder: Path, files: Mapping[str, bytes], pictures: Collection[str], *, own: bool = False) -> None:
    """Write files into a folder; each is replaced when the new one is whole.

    Args:
        folder: The folder, which is made.
        files: What is to be in them, by name.
        pictures: Names, without `.png`, of all pictures that such a report may have: what isn't in `files` is removed.
        own: Several processes may do so at the same time.

    Raises:
        OutputError: The folder can't be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with writing(folder / name, own=own) as part:
                part.write_bytes(content)
        for name in pictures:
            if f"{name}.png" not in files:
                (folder / f"{name}.png").unlink(missing_ok=True)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{folder}: {first_line(error)}") from error
