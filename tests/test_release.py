"""A release: what stands against it, the files that a build makes, and the workflows that say the same as setup.cfg."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from scripts import loaded

ROOT = Path(__file__).resolve().parent.parent
NOBODY = ("-c", "user.name=Nobody", "-c", "user.email=nobody@localhost", "-c", "init.defaultBranch=main")


ready, repack = loaded(ROOT / ".ci" / "ready.py"), loaded(ROOT / ".ci" / "repack.py")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *NOBODY, *words], check=True)


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / {"version": "app/__init__.py", "changes": "CHANGELOG.md", "config": "setup.cfg"}[name]
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A repository that may be released."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    changes = "# Changes\n\n## Unreleased\n\n## 1.2.0, 2027-01-31\n\n- A hat.\n\n## 1.1.0, 2026-01-31\n\n- Shoes.\n"
    write(tmp_path, version='__version__ = "1.2.0"\n', changes=changes, config="url = https://host/house\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "ready")
    git(tmp_path, "tag", "v1.2.0")
    return tmp_path


def test_nothing_stands_against_what_is_ready(house: Path) -> None:
    assert list(ready.against(house)) == []
    assert ready.changes(house) == "- A hat."


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"config": "url = https://to-be-named.invalid/house\n"},
            "setup.cfg:1:url = https://to-be-named.invalid/house",
        ),
        ({"changes": "# Changes\n\n## 1.2.0\n\n- A hat.\n"}, 'no section "## 1.2.0, YEAR-MONTH-DAY"'),
        ({"changes": "# Changes\n\n## 1.2.0, 2027-01-31\n\n## 1.1.0\n\n- Shoes.\n"}, "or nothing in it"),
        (
            {"changes": "# C\n\n## Unreleased\n\n- A coat.\n\n## 1.2.0, 2027-01-31\n\n- A hat.\n"},
            "left under Unreleased",
        ),
        ({"version": '__version__ = "1.2.0.dev1"\n'}, "is no version to release"),
    ],
)
def test_a_release_is_refused(house: Path, files: dict[str, str], reason: str) -> None:
    write(house, **files)
    git(house, "commit", "-qam", "changed")
    git(house, "tag", "-f", f"v{ready.version(house)}")
    (said,) = [one for one in ready.against(house) if "YEAR" not in one or "YEAR" in reason or "nothing" in reason]
    assert reason in said


def test_a_release_needs_its_tag_and_a_clean_tree(house: Path) -> None:
    (house / "new.txt").write_text("new")
    git(house, "tag", "-d", "v1.2.0")
    assert list(ready.against(house)) == ["files have changed that are not committed", "no tag v1.2.0 on this commit"]


def test_the_placeholder_stands_in_one_file_or_none() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    assert len({place.partition(":")[0] for place in ready.placeholders(ROOT)}) <= 1


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    made = []
    for name, when in (("a", 100), ("b", 200)):
        path = tmp_path / f"{name}.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for member in ("two", "one") if name == "a" else ("one", "two"):
                info = tarfile.TarInfo(f"house/{member}")
                info.size, info.mtime, info.uid, info.uname = 3, when, when, name
                archive.addfile(info, io.BytesIO(member.encode()))
        repack.repack(path, 1_000_000_000)
        made.append(path.read_bytes())
        with tarfile.open(path) as archive:
            assert [(one.name, one.mtime) for one in archive] == [("house/one", 10**9), ("house/two", 10**9)]
            assert [archive.extractfile(one).read() for one in archive] == [b"one", b"two"]  # type: ignore[union-attr]
    assert made[0] == made[1]


SMALL = """[metadata]
name = small
version = attr: emojicam.__version__
url = {url}
[options]
packages = emojicam
package_dir =
    emojicam = app
"""


def built(root: Path, what: str, out: Path) -> Path:
    """Let setuptools build a file from a tree."""
    program = f"import sys; from setuptools import build_meta; print(build_meta.build_{what}(sys.argv[1]))"
    command = [sys.executable, "-W", "ignore", "-c", program, str(out)]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return out / done.stdout.splitlines()[-1]


@pytest.fixture
def small(house: Path) -> Path:
    """That repository with our setup.py, and little else to build."""
    pytest.importorskip("setuptools", "77", reason="setuptools isn't here, or can't read this setup.cfg")
    for name in ("setup.py", "app/revision.py"):
        (house / name).write_bytes((ROOT / name).read_bytes())
    (house / "README.md").write_text(
        "![hat](docs/hat.jpg) and [shoes](docs/shoes.md#laces), [out](https://host/x) [here](#here)\n"
    )
    write(house, config=SMALL.format(url="https://host/house"))
    git(house, "add", ".")
    git(house, "commit", "-qm", "small")
    return house


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="a script for Linux and macOS")
@pytest.mark.parametrize("words", [["--help"], ["--rehears"], ["dist", "--rehearse"], ["--rehearse", "FOLDER"]])
def test_a_release_empties_no_folder_of_somebody_s(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    given = [str(tmp_path) if word == "FOLDER" else word for word in words]
    done = subprocess.run(["bash", ROOT / ".ci" / "release", *given], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "")
    assert ("holds something else" if "FOLDER" in words else "usage: ") in done.stdout
    assert (tmp_path / "letter.txt").is_file()


def test_a_wheel_has_the_commit_and_links_that_lead_somewhere(small: Path, tmp_path: Path) -> None:
    now = ready.git(small, "rev-parse", "--short=12", "HEAD")[0]
    with zipfile.ZipFile(built(small, "wheel", tmp_path)) as wheel:
        assert wheel.read("emojicam/commit.txt").decode().strip() == now
        metadata = wheel.read("small-1.2.0.dist-info/METADATA").decode()
    assert "![hat](https://host/house/raw/v1.2.0/docs/hat.jpg)" in metadata
    assert (
        "[shoes](https://host/house/blob/v1.2.0/docs/shoes.md#laces), [out](https://host/x) [here](#here)" in metadata
    )


def test_a_source_archive_knows_the_commit_without_git(small: Path, tmp_path: Path) -> None:
    write(small, config=SMALL.format(url="https://to-be-named.invalid/house"))
    with tarfile.open(built(small, "sdist", tmp_path)) as archive:
        files = {one.name.partition("/")[2]: archive.extractfile(one) for one in archive}
        commit, info = (files[name].read().decode() for name in ("app/commit.txt", "PKG-INFO"))  # type: ignore[union-attr]
    now = ready.git(small, "rev-parse", "--short=12", "HEAD")[0]
    assert commit.strip() == f"{now}-dirty"
    assert "![hat](docs/hat.jpg)" in info  # no address: as it stands


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_version_stands_in_one_place() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    assert config["metadata"]["version"] == "attr: emojicam.__version__"
    assert ready.version(ROOT)


def test_the_checks_run_on_every_python_from_the_lowest_on() -> None:
    (listed,) = re.findall(r"^ +python: \[(.*)\]$", text(".github/workflows/checks.yml"), re.MULTILINE)
    pythons = re.findall(r"\d+\.\d+", listed)
    named = re.findall(r"Programming Language :: Python :: (3\.\d+)", text("setup.cfg"))
    assert set(named) <= set(pythons)
    assert re.search(r"python_requires = >=(.*)", text("setup.cfg"))[1] == pythons[0]  # type: ignore[index]


@pytest.mark.parametrize("name", ["checks.yml", "release.yml"])
def test_the_scripts_that_a_workflow_calls_are_there(name: str) -> None:
    called = re.findall(r"(?<![\w/])\.ci/[\w.]+", text(f".github/workflows/{name}"))
    assert called
    for script in called:
        assert (ROOT / script).is_file(), script


def test_the_job_that_uploads_may_do_nothing_else() -> None:
    publish = text(".github/workflows/release.yml").split("\n  publish:\n")[1].split("\n  note:\n")[0]
    assert "needs: [checks, build]" in publish
    assert re.search(r"permissions:\n +id-token: write[^\n]*\n +steps:", publish)
    assert "checkout" not in publish
    assert "secrets." not in text(".github/workflows/release.yml")


def test_what_the_note_hands_out_is_what_a_release_leaves() -> None:
    (command,) = re.findall(r"gh release create .*", text(".github/workflows/release.yml"))
    handed = re.findall(r"(?<= dist/)\S+", command)
    assert handed == ["CHANGES.md", "*.whl", "*.tar.gz", "SHA256SUMS", "sbom.cdx.json"]
    assert [name for name in handed if "*" not in name and name not in text(".ci/release")] == []
