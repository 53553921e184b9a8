"""What setup.cfg can't say: a build notes its commit, and on the package index the README's links lead somewhere."""

from __future__ import annotations

import configparser
import re
import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
REVISION = runpy.run_path(str(ROOT / "app" / "revision.py"))
RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)\s]+)\)")


def note_commit(package: Path) -> None:
    """Write the commit into a package's folder, where it is known."""
    commit = REVISION["commit"](ROOT / "app")
    if commit is not None:
        (package / REVISION["NAME"]).write_text(commit + "\n", "ascii")


def absolute(text: str, address: str, version: str) -> str:
    """Let relative links and pictures lead to a version's files in the repository."""

    def there(found: re.Match[str]) -> str:
        picture, words, place = found.groups()
        return f"{picture}[{words}]({address}/{'raw' if picture else 'blob'}/v{version}/{place})"

    return RELATIVE.sub(there, text)


def readme() -> str:
    """The README as the package index shows it; its links stay relative while there is no address."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    address = config["metadata"]["url"]
    text = (ROOT / "README.md").read_text("utf-8")
    said = re.search(r'^__version__ = "(.+)"$', (ROOT / "app" / "__init__.py").read_text("utf-8"), re.M)
    return text if ".invalid" in address or said is None else absolute(text, address, said[1])


class BuildPackage(build_py):
    """Copies the package; an editable install asks git when it runs."""

    def run(self) -> None:
        """Copy, and note the commit."""
        super().run()
        if not self.editable_mode:
            note_commit(Path(self.build_lib) / "emojicam")


class SourceArchive(sdist):
    """Packs the sources; git isn't there where they are unpacked."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Lay the files out, and note the commit beside them."""
        super().make_release_tree(base_dir, files)
        note_commit(Path(base_dir) / "app")


if __name__ == "__main__":
    setup(
        long_description=readme(),
        long_description_content_type="text/markdown",
        cmdclass={"build_py": BuildPackage, "sdist": SourceArchive},
    )
