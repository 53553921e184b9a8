"""One clock for a file: pictures and sound stay together, whatever the timestamps do."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
from making import RATE, read_sound, read_video, write_video
from recordings import FLASH, PART, PICTURE, SOUND, beeps, flashes, flv_tags, joined, write_flv, write_recording
from videofiles import copied, frames_of, moving, onset, sound_packets

from emojicam.stream.media.sources import VideoFile

WRAP = 2**33 / 90_000
"""Seconds after which MPEG's clock begins again at 0."""

TOGETHER = 0.04
"""Seconds by which sound and pictures may be apart."""

CONTAINERS = [".mp4", ".m4v", ".mov", ".mkv"]


def notes_of(path: Path) -> list[str]:
    with VideoFile(path) as video:
        list(video)
        return video.notes


def assert_together(path: Path, parts: int, apart: float = PART) -> None:
    seen, heard = flashes(path), beeps(path)
    assert len(seen) == len(heard) == parts
    assert heard == pytest.approx(seen, abs=TOGETHER)
    assert all(apart - TOGETHER <= b - a <= apart + 0.15 for a, b in itertools.pairwise(seen))


# --- where a file begins ---


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("before", [0.2, 0.7, 3.0])
def test_a_clock_that_runs_over_hides_no_frame_and_no_sound(tmp_path: Path, suffix: str, before: float) -> None:
    source, target = tmp_path / "tv.ts", tmp_path / f"out{suffix}"
    write_recording(source, starts=WRAP - before)
    copied(source, target, preset="veryfast")
    assert len(read_video(target)[0]) == 25
    assert read_video(target)[1][0] == pytest.approx(0, abs=0.05)
    assert len(read_sound(target)[0]) == len(read_sound(source)[0])
    assert_together(target, 1)
    assert flashes(target) == pytest.approx([FLASH], abs=0.05)
    (note,) = notes_of(source)
    told = re.fullmatch(r"the times began at -(.*) s: pictures and sound were moved to begin at 0", note)
    assert told is not None
    assert float(told[1]) == pytest.approx(before, abs=0.05)


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("name", ["late.ts", "late.mkv", "late.mp4", "late.flv"])
def test_what_begins_after_an_hour_begins_at_once(tmp_path: Path, name: str, suffix: str) -> None:
    source, target = tmp_path / name, tmp_path / f"out{suffix}"
    write_recording(source, starts=3600)
    copied(source, target)
    assert read_video(target)[1][0] == pytest.approx(0, abs=0.1)
    assert_together(target, 1)
    assert "moved to begin at 0" in notes_of(source)[0]


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mp4"])
def test_what_begins_after_some_seconds_keeps_its_times_and_its_sound_bit_by_bit(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / name, tmp_path / "out.mkv"
    write_recording(source, starts=2)
    notes = copied(source, target) + notes_of(source)
    assert notes == []
    assert read_video(target)[1] == pytest.approx(read_video(source)[1], abs=0.001)
    assert onset(target) == pytest.approx(onset(source), abs=0.002)
    if name != "a.ts":  # whose packets have headers of their own
        assert [c for _, c in sound_packets(target, 0)] == [c for _, c in sound_packets(source, 0)]


# --- where recordings were joined ---


@pytest.mark.parametrize(
    ("suffix", "starts"),
    [
        (".ts", (0, 0)),
        (".ts", (0, 0, 0)),
        (".ts", (0, 0.5)),  # back by half a second
        (".ts", (0, 0.8)),  # back by less than sound and pictures lie apart
        (".ts", (3, 2)),
        (".ts", (0, 7200)),
        (".ts", (7200, 0)),
        (".ts", (7200, 100)),
        (".ts", (0, 40_000, 0)),
        (".ts", (WRAP - 0.5, 0)),  # runs over, and then jumps
        (".mpg", (0, 0)),
        (".mpg", (0, 7200)),
        (".flv", (0, 0)),
        (".flv", (100, 7200, 0)),
        (".mkv", (0, 0)),
    ],
)
def test_pictures_and_sound_of_joined_recordings_stay_together(
    tmp_path: Path, suffix: str, starts: tuple[float, ...]
) -> None:
    parts = [tmp_path / f"{number}{suffix}" for number in range(len(starts))]
    for part, at in zip(parts, starts, strict=True):
        write_recording(part, starts=at)
    source, target = tmp_path / f"joined{suffix}", tmp_path / "out.mp4"
    joined(source, parts)
    notes = copied(source, target)
    assert not any("damaged" in note for note in notes)
    assert_together(target, len(parts))
    assert len(read_video(target)[0]) == sum(len(read_video(part)[0]) for part in parts)
    times = "once" if len(parts) == 2 else "2 times"
    told = [note for note in notes_of(source) if "began at" not in note]
    assert len(told) == 1
    assert told[0].startswith(f"the clock jumped {times}, as where recordings are joined")
    length = len(read_sound(target)[0]) / sum(len(read_sound(part)[0]) for part in parts)
    assert length == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("starts", [(0, 0), (0, 7200), (7200, 0, 100)])
def test_both_readings_of_joined_recordings_give_the_same_times(tmp_path: Path, starts: tuple[float, ...]) -> None:
    parts = [tmp_path / f"{number}.ts" for number in range(len(starts))]
    for part, at in zip(parts, starts, strict=True):
        write_recording(part, starts=at)
    source = tmp_path / "joined.ts"
    joined(source, parts)
    first = [frame.time for frame in frames_of(source)]
    with VideoFile(source) as video, video.again() as again:
        assert [frame.time for frame in again] == first
    assert first == sorted(set(first))


@pytest.mark.parametrize("early", [-12, -3, 3, 12])
@pytest.mark.parametrize(("second", "apart"), [(0, PART), (5000, 5), (7_200_000, PART)])
def test_sound_that_jumps_some_packets_before_or_after_the_pictures(
    tmp_path: Path, early: int, second: int, apart: float
) -> None:
    part, source, target = tmp_path / "part.flv", tmp_path / "joined.flv", tmp_path / "out.mp4"
    write_recording(part)
    first = [tag for tag in flv_tags(part) if tag.kind in (SOUND, PICTURE)]
    tags = first + [replace(tag, time=tag.time + second) for tag in first]
    kinds = [tag.kind for tag in tags]
    ahead = SOUND if early > 0 else PICTURE
    places = [n for n, kind in enumerate(kinds) if kind == ahead][-abs(early) :]
    kinds = [ahead] * abs(early) + [kind for n, kind in enumerate(kinds) if n not in places]
    lanes = {kind: iter([tag for tag in tags if tag.kind == kind]) for kind in (SOUND, PICTURE)}
    write_flv(source, [next(lanes[kind]) for kind in kinds])
    notes = copied(source, target) + notes_of(source)
    assert_together(target, 2, apart)
    assert sum("jumped" in note for note in notes) == (apart == PART)
    assert not any("damaged" in note or "usable" in note for note in notes)


def test_tracks_whose_numbers_change_where_recordings_were_joined_go_on(tmp_path: Path) -> None:
    one, two, source, target = (tmp_path / name for name in ("1.ts", "2.ts", "joined.ts", "out.mp4"))
    write_recording(one)
    write_recording(two, options={"mpegts_start_pid": "0x300"})
    joined(source, [one, two])
    copied(source, target)
    assert_together(target, 2)
    assert len(read_video(target)[0]) == 50


@pytest.mark.parametrize("other", [{"mpegts_service_id": "7"}, {"mpegts_pmt_start_pid": "0x1100"}])
def test_tracks_of_another_programme_are_left_out_and_a_note_says_so(tmp_path: Path, other: dict[str, str]) -> None:
    one, two, source = (tmp_path / name for name in ("1.ts", "2.ts", "joined.ts"))
    write_recording(one)
    write_recording(two, options={"mpegts_start_pid": "0x300", **other})
    joined(source, [one, two])
    assert len(frames_of(source)) == 25
    (note,) = notes_of(source)
    assert "left out" in note


# --- what is no jump ---


@pytest.mark.parametrize("pause", [2, 9, 31, 50])
def test_a_pause_stays_a_pause(tmp_path: Path, pause: int) -> None:
    source = tmp_path / "idle.ts"
    ticks = [512 * index + (pause * 12_800 if index >= 10 else 0) for index in range(20)]
    write_video(source, moving(20), pts=ticks)
    assert notes_of(source) == []
    times = [frame.time for frame in frames_of(source)]
    assert times[10] - times[9] == pytest.approx(pause + 0.04, abs=0.001)


def test_a_first_packet_of_sound_at_the_end_of_the_clock_moves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "early.ts", tmp_path / "out.mp4"
    # So long a pause that the muxer lets the pictures go first; AAC begins a moment before 0.
    ticks = [512 * index + (20 * 12_800 if index >= 10 else 0) for index in range(20)]
    write_video(source, moving(20), pts=ticks, tones=(440,))
    assert copied(source, target) + notes_of(source) == []
    assert read_video(target)[1] == pytest.approx([tick / 12_800 for tick in ticks], abs=0.03)
    assert len(read_sound(target)[0]) > 20 * RATE


@pytest.mark.parametrize("kind", [SOUND, PICTURE])
@pytest.mark.parametrize("wrong", [0, 500_000, 9_000_000])
def test_one_damaged_time_moves_nothing_else(tmp_path: Path, kind: int, wrong: int) -> None:
    source, target = tmp_path / "torn.flv", tmp_path / "out.mkv"
    write_recording(source)
    before = read_video(source)[1]
    tags = flv_tags(source)
    number = [n for n, tag in enumerate(tags) if tag.kind == kind][15]
    tags[number] = replace(tags[number], time=wrong)
    write_flv(source, tags)
    notes = copied(source, target) + notes_of(source)
    assert not any("jumped" in note for note in notes)
    after = read_video(target)[1]
    assert len(after) == 25
    assert after == pytest.approx(before, abs=0.05)
    assert_together(target, 1)
