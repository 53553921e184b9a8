"""Nothing that a run writes has the place of something that it reads or writes besides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emojicam.errors import UsageError
from emojicam.places import Places, takes_cases_alike


def file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_different_files_are_all_right_whether_they_are_there_or_not(tmp_path: Path) -> None:
    places = Places()
    places.reads(file(tmp_path / "a.mp4"))
    places.reads(file(tmp_path / "b.mp4"))
    places.reads(tmp_path / "a.mp4")
    places.writes(file(tmp_path / "there.mp4"), "one")
    places.writes(tmp_path / "not-yet.mp4", "two")
    places.writes(tmp_path / "none" / "not-yet.mp4", "three")


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_link_to_an_input_is_that_input(tmp_path: Path, link: object) -> None:
    places = Places()
    places.reads(file(tmp_path / "a.mp4"))
    assert callable(link)
    link(tmp_path / "a.mp4", tmp_path / "b.mp4")
    with pytest.raises(UsageError, match=r"b\.mp4: the result would replace .*a\.mp4, which is an input"):
        places.writes(tmp_path / "b.mp4", "the result")


def test_a_folder_has_its_name_and_those_of_links_to_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for one, two in (("real", "link"), ("link", "real/../real"), ("real", "./real")):
        places = Places()
        places.writes(tmp_path / one / "a.jsonl", "the report")
        with pytest.raises(UsageError, match="the timeline would replace the report"):
            places.writes(tmp_path / two / "a.jsonl", "the timeline")


def test_an_input_that_has_the_place_of_a_result_is_told_of_too(tmp_path: Path) -> None:
    places = Places()
    places.writes(tmp_path / "a.mp4", "the result of b.mp4")
    with pytest.raises(UsageError, match=r"the result of b\.mp4 would replace .*a\.mp4, which is an input"):
        places.reads(tmp_path / "a.mp4")


def test_a_link_that_leads_nowhere_is_the_file_that_it_would_lead_to(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to("target.png")
    places = Places()
    places.writes(tmp_path / "target.png", "the result")
    with pytest.raises(UsageError, match="the timeline would replace the result"):
        places.writes(tmp_path / "link.png", "the timeline")


def test_names_are_told_apart_by_case_as_the_file_system_does(tmp_path: Path) -> None:
    file(tmp_path / "seen")
    alike = (tmp_path / "SEEN").exists()
    assert takes_cases_alike(tmp_path) == alike
    for alike in (False, True):
        places = Places({tmp_path: alike}.__getitem__)
        places.writes(tmp_path / "ä-emoji.png", "one")
        if alike:
            for name in ("Ä-EMOJI.png", "a\u0308-emoji.PNG"):
                with pytest.raises(UsageError, match="two would replace one"):
                    places.writes(tmp_path / name, "two")
        else:
            places.writes(tmp_path / "Ä-EMOJI.png", "two")
