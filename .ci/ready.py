"""Say what stands against a release; `.ci/release` asks first.

usage: python .ci/ready.py [--changes]

Prints a line for each reason, and ends with exit code 1 if there is one. --changes prints what CHANGELOG.md says of
this version instead.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PLACEHOLDER = "TO-BE-NAMED"
"""Stands where an address, a name or a digest is still to be filled in, in small letters or large."""

ITSELF = (".ci", "tests")
"""Where the placeholder is spoken of."""

VERSION = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


def git(root: Path, *words: str) -> list[str]:
    """The lines that git says of a checkout."""
    return subprocess.run(
        ["git", "-C", str(root), *words], check=True, capture_output=True, text=True
    ).stdout.splitlines()


def version(root: Path) -> str:
    """The version, from its one place."""
    found = re.search(r'^__version__ = "(.*)"$', (root / "app" / "__init__.py").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def changes(root: Path) -> str:
    """What CHANGELOG.md says of this version; "" where it says nothing."""
    sections = re.split(r"^## ", (root / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    named = rf"{re.escape(version(root))}, \d{{4}}-\d\d-\d\d\n"
    return next((re.sub(r"^.*\n", "", one).strip() for one in sections if re.match(named, one)), "")


def placeholders(root: Path) -> list[str]:
    """The lines that still have the placeholder."""
    command = ["git", "-C", str(root), "grep", "-nIi", PLACEHOLDER, "--", ".", *(f":!{place}" for place in ITSELF)]
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()


def against(root: Path) -> Iterator[str]:
    """The reasons why this checkout can't be released."""
    number = version(root)
    if not VERSION.fullmatch(number):
        yield f"app/__init__.py: {number!r} is no version to release"
    yield from (f"still to be filled in: {place}" for place in placeholders(root))
    if not changes(root):
        yield f'CHANGELOG.md: no section "## {number}, YEAR-MONTH-DAY", or nothing in it'
    if re.search(r"^## Unreleased\s+[^#\s]", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        yield "CHANGELOG.md: something is left under Unreleased"
    if git(root, "status", "--porcelain"):
        yield "files have changed that are not committed"
    if f"v{number}" not in git(root, "tag", "--points-at", "HEAD"):
        yield f"no tag v{number} on this commit"


def main(given: list[str]) -> int:
    """Print the reasons; 1 if there is one."""
    if given == ["--changes"]:
        print(changes(ROOT))
        return 0
    if given:
        print(__doc__)
        return 2
    reasons = list(against(ROOT))
    print(*(reasons or [f"{version(ROOT)} is ready"]), sep="\n")
    return int(bool(reasons))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
