"""The version and, where it is known, the commit. `setup.py` asks here, too, before anything is installed.

Needs the standard library alone.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

NAME = "commit.txt"
"""The file beside this one into which a build writes the commit."""

_TOOK_LONG = 5.0
"""Seconds after which git is not waited for."""

_HERE = Path(__file__).resolve().parent


def of_checkout(root: Path) -> str | None:
    """Ask git for the commit of a checkout.

    Args:
        root: Its top folder. A folder somewhere inside of one is none: `site-packages` may lie in anybody's.

    Returns:
        The first twelve digits, with `-dirty` behind them where files were changed since; None where it isn't known.
    """
    if not (root / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            [*command, "--exclude=*"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TOOK_LONG,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def commit(here: Path = _HERE) -> str | None:
    """The commit that this package was built from.

    Args:
        here: The package's folder.

    Returns:
        What the build wrote; of an editable install what git says now; None where neither knows.
    """
    try:
        return (here / NAME).read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return of_checkout(here.parent)


def described() -> str:
    """The version, and the commit in brackets where it is known."""
    from emojicam import __version__

    known = commit()
    return f"{__version__} (commit {known})" if known else __version__
