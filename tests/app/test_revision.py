"""The commit is known where a build wrote it or git can be asked, and is never somebody else's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import emojicam
from emojicam import revision

NOBODY = ("-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    """What git says in a folder."""
    done = subprocess.run(["git", "-C", str(folder), *NOBODY, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a package in `app`, and one commit."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    package = tmp_path / "house" / "app"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    git(package.parent, "init", "-q")
    git(package.parent, "add", ".")
    git(package.parent, "commit", "-q", "-m", "first")
    return package


def test_an_editable_install_asks_git(checkout: Path) -> None:
    now = git(checkout, "rev-parse", "--short=12", "HEAD")
    assert revision.commit(checkout) == now
    (checkout / "__init__.py").write_text("changed = True\n")
    assert revision.commit(checkout) == f"{now}-dirty"


def test_a_tag_does_not_stand_for_the_commit(checkout: Path) -> None:
    git(checkout, "tag", "-a", "v1.0.0", "-m", "first")
    assert revision.commit(checkout) == git(checkout, "rev-parse", "--short=12", "HEAD")


def test_what_a_build_wrote_goes_before_git(checkout: Path) -> None:
    (checkout / revision.NAME).write_text("0123456789ab\n")
    assert revision.commit(checkout) == "0123456789ab"


def test_the_repository_that_site_packages_lies_in_is_not_ours(checkout: Path) -> None:
    site = checkout.parent / ".venv" / "site-packages" / "emojicam"
    site.mkdir(parents=True)
    assert revision.commit(site) is None


def test_what_git_is_told_by_its_caller_is_not_passed_on(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = revision.commit(checkout)
    monkeypatch.setenv("GIT_DIR", str(checkout / "nowhere"))
    assert revision.commit(checkout) == now is not None


def test_a_broken_repository_has_no_commit(checkout: Path) -> None:
    (checkout.parent / ".git" / "HEAD").write_text("nonsense")
    assert revision.commit(checkout) is None


def test_the_version_is_said_with_the_commit_where_it_is_known() -> None:
    known = revision.commit()
    assert revision.described() == emojicam.__version__ + (f" (commit {known})" if known else "")
