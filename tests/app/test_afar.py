"""Files that lie in stores: their copies' names, and the work on them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import write_photo

from emojicam import afar, batch, stores
from emojicam.addresses import Address
from emojicam.errors import InputError, OutputError, UsageError
from emojicam.plan import Job
from emojicam.settings import Settings
from emojicam.stores import Listing
from emojicam.stream.media.container import Kind
from emojicam.wiring import Annotator

pytest.importorskip("fsspec")


@pytest.fixture
def memory(inside: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A store with two photos, one of them with a wrong suffix, and one file that is neither."""
    (inside / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(inside / "scratch"))
    files = stores.store("memory")
    content = write_photo(inside / "a.png").read_bytes()
    for name, data in (("a.png", content), ("b.heic", content), ("c.jpg", b"neither")):
        files.pipe_file(f"/bucket/{name}", data)
    yield files
    assert list((inside / "scratch").iterdir()) == [], "what is left in scratch folders"
    files.rm("/bucket", recursive=True)


def at(name: str) -> Address:
    return Address(f"memory://bucket/{name}")


def planned(source: Address | Path, out: str | None, *, overwrite: bool = False) -> Job:
    return afar.job(source, out, several=False, overwrite=overwrite, listing=Listing())


@pytest.mark.usefixtures("memory")
def test_where_a_result_goes_is_told_by_the_names() -> None:
    assert planned(at("a.png"), None) == Job(at("a.png"), Path("a-emoji.png"), Kind.PHOTO)
    assert planned(at("a.png"), "out/").target == Path("out/a-emoji.png")
    assert planned(at("a.png"), "x.jpg").target == Path("x.jpg")
    assert [str(result) for result in afar.results(planned(at("b.heic"), "out/"))] == [
        "out/b-emoji.jpg",
        "out/b-emoji.png",
    ]
    with pytest.raises(UsageError, match=r"x\.mp4: a photo is written as"):
        planned(at("a.png"), "x.mp4")
    with pytest.raises(UsageError, match=r"bucket/none\.png: no such object"):
        planned(at("none.png"), None)


def annotated(annotator: Annotator, job: Job) -> batch.Outcome:
    work = batch.Work(Settings(), Path("seen.jsonl"))
    (outcome,) = batch.one_by_one(annotator, work, [job])
    return outcome


def test_an_object_becomes_an_object_named_by_its_content(annotator: Annotator, memory: Any) -> None:
    outcome = annotated(annotator, Job(at("b.heic"), at("out/b-emoji.jpg"), Kind.PHOTO))
    assert outcome.error is None
    assert outcome.job.target == at("out/b-emoji.png")
    assert [Path(name).name for name in memory.ls("/bucket/out", detail=False)] == ["b-emoji.png"]
    assert '"source": "memory://bucket/b.heic"' in Path("seen.jsonl").read_text()


def test_a_failure_names_the_object_and_nothing_that_is_gone(annotator: Annotator, memory: Any) -> None:
    outcome = annotated(annotator, Job(at("c.jpg"), at("out/c-emoji.jpg"), Kind.PHOTO))
    assert isinstance(outcome.error, InputError)
    assert str(outcome.error) == "memory://bucket/c.jpg: neither a photo nor a video that can be read"
    memory.pipe_file("/bucket/a-emoji.png", b"mine")
    Path("seen.jsonl").unlink()
    outcome = annotated(annotator, Job(Path("a.png"), at("a-emoji.png"), Kind.PHOTO))
    assert str(outcome.error) == "memory://bucket/a-emoji.png: is already there; --overwrite replaces it"
    assert memory.cat_file("/bucket/a-emoji.png") == b"mine"


def test_what_is_done_already_is_found_under_each_of_its_names(memory: Any) -> None:
    jobs = [Job(at(name), at(f"out/{result}"), Kind.PHOTO) for name, result in (("b.heic", "b-emoji.jpg"),)]
    assert batch.whole(jobs, Listing()) == ([], jobs)
    memory.pipe_file("/bucket/out/b-emoji.png", b"newer")
    assert batch.whole(jobs, Listing()) == (jobs, [])


def test_a_report_goes_to_a_store_also_when_the_run_is_interrupted(memory: Any) -> None:
    def interrupted() -> None:
        with afar.report_near(at("seen.jsonl"), resume=False, overwrite=False, listing=Listing()) as path:
            assert path is not None
            path.write_text("one\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert memory.cat_file("/bucket/seen.jsonl") == b"one\n"
    with afar.report_near(at("seen.jsonl"), resume=True, overwrite=False, listing=Listing()) as path:
        assert path is not None
        path.write_text(path.read_text() + "two\n")
    assert memory.cat_file("/bucket/seen.jsonl") == b"one\ntwo\n"
    lent = afar.report_near(at("seen.jsonl"), resume=False, overwrite=False, listing=Listing())
    with pytest.raises(OutputError, match=r"seen\.jsonl: is already there"), lent:
        raise AssertionError


@pytest.mark.usefixtures("memory")
def test_a_report_that_can_not_be_put_there_is_kept_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        with afar.report_near(at("seen.jsonl"), resume=False, overwrite=False, listing=Listing()) as path:
            assert path is not None
            path.write_text("hours of work\n")

    monkeypatch.setattr(stores.store("memory"), "put_file", denied)
    with pytest.raises(OutputError) as error:
        lost()
    assert error.value.__notes__ == ["it is in seen.jsonl"]
    assert Path("seen.jsonl").read_text() == "hours of work\n"


def denied(*anything: object, **more: object) -> None:
    raise PermissionError("SECRET")
