"""A source's sound in the output: copied where the container holds it, else encoded anew, and always in time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
import av.stream
import av.video.stream
import making
import numpy as np
import pytest
from making import read_sound, read_video, write_video
from recordings import SOUND, flv_tags, write_flv
from videofiles import copied, moving, onset, pitch, sound_packets

from emojicam.wiring import Annotator


def test_every_audio_track_is_copied_packet_by_packet_with_its_language(tmp_path: Path) -> None:
    source, target = tmp_path / "two.mp4", tmp_path / "out.mp4"
    write_video(source, moving(20), tones=(440, 660))
    notes = copied(source, target, preset="veryfast")
    assert notes == []
    with av.open(str(target)) as container:
        assert [track.metadata.get("language") for track in container.streams.audio] == ["eng", "deu"]
    for track in (0, 1):
        before, after = sound_packets(source, track), sound_packets(target, track)
        assert [content for _, content in after] == [content for _, content in before]
        assert [at for at, _ in after] == pytest.approx([at for at, _ in before], abs=0.001)
        assert read_sound(target, track)[1] == pytest.approx(read_sound(source, track)[1], abs=0.001)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_that_starts_later_than_the_pictures_stays_later(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / f"late{suffix}", tmp_path / f"out{suffix}"
    write_video(source, moving(25), tones=(440,), sound_starts=0.5)
    assert onset(source) == pytest.approx(0.5, abs=0.03)
    copied(source, target, preset="veryfast")
    assert onset(target) == pytest.approx(onset(source), abs=0.005)
    assert read_video(target)[1][0] == pytest.approx(read_video(source)[1][0], abs=0.001)


def test_a_video_without_sound_gets_none(tmp_path: Path) -> None:
    source, target = tmp_path / "silent.mp4", tmp_path / "out.mp4"
    write_video(source, moving())
    assert copied(source, target) == []
    with av.open(str(target)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


@pytest.mark.parametrize(
    ("name", "codec", "audio_codec"),
    [
        ("pcm.mov", "libx264", "pcm_s16le"),
        ("pcm.avi", "mpeg4", "pcm_s16le"),  # its channels have no names
        ("mulaw.mov", "libx264", "pcm_mulaw"),
        ("mp2.mkv", "libx264", "mp2"),
    ],
)
def test_sound_that_mp4_can_not_hold_is_encoded_as_aac_and_a_note_says_so(
    tmp_path: Path, name: str, codec: str, audio_codec: str
) -> None:
    source, target = tmp_path / name, tmp_path / "out.mp4"
    write_video(source, moving(25), codec=codec, audio_codec=audio_codec, tones=(440,), time_base=Fraction(1, 25))
    notes = copied(source, target)
    assert len(notes) == 1
    assert audio_codec in notes[0]
    assert "AAC" in notes[0]
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == "aac"
        assert container.streams.audio[0].metadata.get("language") == ("und" if name.endswith("avi") else "eng")
    (before, began), (after, begins) = read_sound(source), read_sound(target)
    assert pitch(after) == pytest.approx(440, abs=1)
    assert begins == pytest.approx(began, abs=0.001)
    assert len(after) / making.RATE == pytest.approx(len(before) / making.RATE, abs=0.04)


def write_with(path: Path, audio_codec: str, *, codec: str = "mpeg4", rate: int = 44_100, samples: int = 0) -> None:
    """Write a second of pictures with a mono tone of 440 Hz; of `samples` a packet, where it takes any."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(codec, rate=25)
        sound = container.add_stream(audio_codec, rate=rate, layout="mono")
        assert isinstance(pictures, av.video.stream.VideoStream)
        assert isinstance(sound, av.audio.stream.AudioStream)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound.bit_rate = 64_000
        form = sound.codec_context.codec.audio_formats[0].name
        sound.format = form
        resampler = av.audio.resampler.AudioResampler(format=form, layout="mono", rate=rate)
        sound.codec_context.open()
        for number, picture in enumerate(moving(25)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(64, 48, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        tone = (np.sin(np.arange(rate) * 2 * np.pi * 440 / rate) * 20_000).astype(np.int16)
        step = samples or sound.codec_context.frame_size or 1024
        for at in range(0, rate - step, step):
            heard = av.AudioFrame.from_ndarray(tone[None, at : at + step], format="s16", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = rate, at, Fraction(1, rate)
            for ready in resampler.resample(heard):
                container.mux(sound.encode(ready))
        container.mux(sound.encode(None))


def heard_in(path: Path) -> float:
    """The seconds of sound that can be decoded."""
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


@pytest.mark.parametrize(
    ("name", "codec", "audio_codec", "rate", "suffix"),
    [
        ("wma.asf", "wmv2", "wmav2", 44_100, ".mkv"),
        ("wma.wmv", "wmv2", "wmav1", 44_100, ".mkv"),
        ("adpcm.avi", "mpeg4", "adpcm_ms", 44_100, ".mkv"),
        ("mulaw.mov", "mpeg4", "pcm_mulaw", 8_000, ".mkv"),
        ("flash.flv", "flv", "adpcm_swf", 22_050, ".mkv"),
        ("flash.flv", "flv", "nellymoser", 22_050, ".mkv"),
        ("coarse.avi", "mpeg4", "wmav1", 44_100, ".mp4"),  # its clock ticks once a packet
        ("coarse.avi", "mpeg4", "wmav2", 44_100, ".mov"),
    ],
)
def test_sound_that_the_container_refuses_is_encoded_as_aac_whatever_the_container(
    tmp_path: Path, name: str, codec: str, audio_codec: str, rate: int, suffix: str
) -> None:
    source, target = tmp_path / name, tmp_path / f"out{suffix}"
    write_with(source, audio_codec, codec=codec, rate=rate)
    notes = copied(source, target)
    assert len(notes) == 1
    assert f"({audio_codec}) is re-encoded as AAC, which {suffix} can hold" in notes[0]
    assert heard_in(target) == pytest.approx(heard_in(source), abs=0.1)
    assert len(read_video(target)[0]) == 25


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(("audio_codec", "samples"), [("pcm_f32le", 40), ("pcm_s16le", 30)])
def test_sound_whose_clock_is_too_coarse_to_tell_packets_apart_is_kept_whole(
    tmp_path: Path, audio_codec: str, samples: int, suffix: str
) -> None:
    """As in Matroska, which counts milliseconds."""
    source, target = tmp_path / "fine.mkv", tmp_path / f"out{suffix}"
    write_with(source, audio_codec, samples=samples)
    times = [at for at, _ in sound_packets(source, 0)]
    assert len(set(times)) < len(times)
    assert not [note for note in copied(source, target) if "damaged" in note]
    assert heard_in(target) == pytest.approx(heard_in(source), abs=0.05)


def test_a_group_of_packets_with_the_time_of_its_first_is_spread(tmp_path: Path) -> None:
    """As in RealMedia and some Flash recordings."""
    source, target = tmp_path / "grouped.flv", tmp_path / "out.mkv"
    write_video(source, moving(25), tones=(440,))
    tags = flv_tags(source)
    sounds = [number for number, tag in enumerate(tags) if tag.kind == SOUND]
    for number in sounds[10:14]:
        tags[number] = replace(tags[number], time=tags[sounds[10]].time)
    write_flv(source, tags)
    assert copied(source, target) == []
    times = [at for at, _ in sound_packets(target, 0)]
    assert len(times) == len(sound_packets(source, 0))
    assert np.diff(times).max() < 0.03


def test_sound_that_changes_its_channels_goes_on(tmp_path: Path) -> None:
    """As in a broadcast from one programme to the next."""
    parts = []
    for number, layout in enumerate(("stereo", "mono", "stereo")):
        part = tmp_path / f"{number}.ts"
        with av.open(str(part), "w", container_options={"output_ts_offset": f"{number + 1}"}) as container:
            pictures = container.add_stream("libx264", rate=25)
            sound = container.add_stream("mp2", rate=making.RATE, layout=layout)
            assert isinstance(pictures, av.video.stream.VideoStream)
            assert isinstance(sound, av.audio.stream.AudioStream)
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
            pictures.options = {"preset": "ultrafast", "g": "1"}
            for index in range(25):
                container.mux(pictures.encode(av.VideoFrame.from_ndarray(moving(1)[0], format="bgr24")))
                samples = making.tone(440, 1)[index * 1920 : (index + 1) * 1920]
                tones = np.repeat((samples * 32767).astype(np.int16), 1 if layout == "mono" else 2)[None]
                frame = av.AudioFrame.from_ndarray(tones, format="s16", layout=layout)
                frame.sample_rate, frame.pts = making.RATE, index * 1920
                container.mux(sound.encode(frame))
            container.mux(pictures.encode(None))
            container.mux(sound.encode(None))
        parts.append(part.read_bytes())
    source, target = tmp_path / "programmes.ts", tmp_path / "out.mp4"
    source.write_bytes(b"".join(parts))
    copied(source, target)
    after, _ = read_sound(target)
    assert pitch(after) == pytest.approx(440, abs=2)
    assert len(after) / making.RATE == pytest.approx(3, abs=0.2)
    quarters = [float(np.abs(part).mean()) for part in np.array_split(after, 12)]
    assert min(quarters) > 0.1  # none of it is silent


@pytest.mark.parametrize(
    ("audio_codec", "name"),
    [
        ("libopus", "a.mkv"),
        ("flac", "a.mkv"),
        ("libmp3lame", "a.mkv"),
        ("ac3", "a.mkv"),
        ("libopus", "a.webm"),
        ("libmp3lame", "a.avi"),
    ],
)
def test_other_sound_that_mp4_holds_is_copied(tmp_path: Path, audio_codec: str, name: str) -> None:
    source, target = tmp_path / name, tmp_path / "out.mp4"
    codec = {".mkv": "libx264", ".webm": "libvpx-vp9", ".avi": "mpeg4"}[source.suffix]
    options = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx-vp9" else None
    base = Fraction(1, 25) if codec == "mpeg4" else Fraction(1, 12800)
    write_video(source, moving(25), codec=codec, audio_codec=audio_codec, tones=(440,), options=options, time_base=base)
    assert copied(source, target) == []
    assert [c for _, c in sound_packets(target, 0)] == [c for _, c in sound_packets(source, 0)]
    assert pitch(read_sound(target)[0]) == pytest.approx(440, abs=1)
    assert onset(target) == pytest.approx(onset(source), abs=0.02)


@pytest.mark.parametrize("audio_codec", ["aac", "libopus"])
def test_the_sound_of_a_webm_is_opus(tmp_path: Path, audio_codec: str) -> None:
    source, target = tmp_path / "in.mkv", tmp_path / "out.webm"
    write_video(source, moving(25), audio_codec=audio_codec, tones=(440,))
    again = ["audio track 1 (aac) is re-encoded as Opus, which .webm can hold"]
    assert copied(source, target) == (again if audio_codec == "aac" else [])
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == "opus"
    (before, began), (after, begins) = read_sound(source), read_sound(target)
    assert pitch(after) == pytest.approx(440, abs=1)
    assert len(after) == pytest.approx(len(before), abs=2048)
    assert onset(target) == pytest.approx(onset(source), abs=0.02)
    assert begins == pytest.approx(began, abs=0.03)


@pytest.mark.parametrize("rate", [8000, 22050, 44100])
def test_sound_of_any_rate_becomes_opus(tmp_path: Path, rate: int) -> None:
    source, target = tmp_path / "in.mkv", tmp_path / "out.webm"
    write_with(source, "pcm_s16le", samples=rate // 25, rate=rate)
    copied(source, target)
    assert heard_in(target) == pytest.approx(heard_in(source), abs=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_aac_of_a_television_recording_is_copied_without_its_packet_headers(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / "tv.ts", tmp_path / f"out{suffix}"
    write_video(source, moving(25), tones=(440,))
    assert copied(source, target) == []
    (before, began), (after, begins) = read_sound(source), read_sound(target)
    assert np.array_equal(after, before)
    late = (read_video(source)[1][0] - read_video(target)[1][0]) - (began - begins)
    assert late == pytest.approx(0, abs=0.001)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.extradata


@pytest.mark.parametrize(
    ("count", "note"),
    [(1, "1 damaged packet of sound was skipped"), (2, "2 damaged packets of sound were skipped")],
)
def test_sound_that_goes_back_a_little_is_skipped_and_counted(tmp_path: Path, count: int, note: str) -> None:
    source, target = tmp_path / "torn.flv", tmp_path / "out.mp4"
    write_video(source, moving(25), tones=(440,))
    tags = flv_tags(source)
    sounds = [number for number, tag in enumerate(tags) if tag.kind == SOUND]
    for number in sounds[20 : 20 + count]:
        tags[number] = replace(tags[number], time=tags[sounds[19]].time - 5)
    write_flv(source, tags)
    assert copied(source, target) == [note]
    assert pitch(read_sound(target)[0]) == pytest.approx(440, abs=3)
    assert len(read_video(target)[0]) == 25


def test_subtitles_are_left_out_and_a_note_says_so(tmp_path: Path, annotator: Annotator) -> None:
    source = tmp_path / "told.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        told = container.add_mux_stream("subrip")
        for index in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        words = av.Packet(b"hello")
        words.stream, words.pts, words.dts, words.duration = told, 0, 0, 100
        words.time_base = Fraction(1, 1000)
        container.mux(words)
    summary = annotator.video(source, tmp_path / "out.mp4")
    assert summary.notes == ["1 subtitle track is left out"]
    assert len(read_video(tmp_path / "out.mp4")[0]) == 5
