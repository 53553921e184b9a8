"""Carry a source's sound into the output: packets are copied where the container takes the codec, else re-encoded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import av.audio.resampler
import av.audio.stream
import av.container
import av.error
import av.packet
from av.bitstream import BitStreamFilterContext

from emojicam.stream.media.clock import Clock
from emojicam.stream.media.container import open_media, packets_of
from emojicam.stream.media.words import language_in

if TYPE_CHECKING:  # generic in the stubs alone
    SoundPacket = av.packet.Packet[av.audio.stream.AudioStream]

COPIED = {
    ".mp4": {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"},
    ".mov": {"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s24le", "pcm_s16be"},
    ".mkv": None,
    ".webm": {"opus", "vorbis"},
}
"""Audio codecs that players play from each container; None: all that it holds."""


@dataclass(frozen=True)
class Codec:
    """A codec that sound is encoded with where it can't be copied.

    Attributes:
        name: As users know it.
        encoder: FFmpeg's name of the encoder.
        format: FFmpeg's name of the layout of samples that it takes.
        rates: Samples a second that it takes.
        piece: Samples that it takes at a time, at 48,000 a second.
        scales: At lower rates it takes fewer at a time, as many as last as long.
    """

    name: str
    encoder: str
    format: str
    rates: tuple[int, ...]
    piece: int
    scales: bool

    def samples(self, rate: int) -> int:
        """Count the samples that it takes at a time, at a rate."""
        return self.piece * rate // 48_000 if self.scales else self.piece


AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
AAC = Codec("AAC", "aac", "fltp", AAC_RATES, 1024, scales=False)
OPUS = Codec("Opus", "libopus", "flt", (8000, 12000, 16000, 24000, 48000), 960, scales=True)


class Tracks:
    """Every audio track of a source, written into an output in step with its pictures."""

    def __init__(self, source: Path | None, output: av.container.OutputContainer, suffix: str) -> None:
        """Open the source a second time and add a stream to `output` for each of its audio tracks.

        Args:
            source: The video file; None if it can't hold sound.
            output: The container that is written; not yet started.
            suffix: The output's suffix, with its dot.
        """
        self.notes: list[str] = []
        self.damaged = 0
        self._output = output
        self._tracks: dict[int, _Copy | _Encode] = {}
        self._lines: dict[int, _Line] = {}
        self._waiting: SoundPacket | None = None
        self._packets: Iterator[SoundPacket] = iter(())
        self._input = open_media(source) if source else None
        if self._input is None:
            return
        for stream in self._input.streams.audio:
            allowed = COPIED.get(suffix, set())
            try:
                # Of the codec, not of a decoder: FFmpeg's decoder of MP3 is called mp3float.
                codec = stream.codec_context.codec.canonical_name
                if not stream.codec_context.sample_rate:  # a track of which nothing but its header is there
                    raise ValueError
            except (AttributeError, ValueError):
                self.notes.append(f"audio track {stream.index} is of an unknown kind and left out")
                continue
            if (allowed is None or codec in allowed) and _holds(output.format.name, stream):
                self._tracks[stream.index] = _Copy(stream, output)
            else:
                self._tracks[stream.index] = again = _Encode(stream, output, OPUS if suffix == ".webm" else AAC)
                self.notes.append(
                    f"audio track {stream.index} ({codec}) is re-encoded as {again.name}, which {suffix} can hold"
                )
        subtitles = len(self._input.streams.subtitles)
        if subtitles:
            self.notes.append(f"{subtitles} subtitle track{'s are' if subtitles > 1 else ' is'} left out")
        self._packets = self._read(self._input)

    def advance(self, until: float | None) -> None:
        """Write the packets that belong before `until` (seconds), or all that are left."""
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                if until is None:
                    for track in self._tracks.values():
                        track.finish()
                return
            at = packet.dts if packet.dts is not None else packet.pts
            if until is not None and at is not None and packet.time_base and float(at * packet.time_base) > until:
                self._waiting = packet
                return
            try:
                good = self._tracks[packet.stream_index].write(packet)
            except (av.error.InvalidDataError, av.error.PatchWelcomeError):
                good = False
            self.damaged += not good

    def close(self) -> None:
        """Close the source's file."""
        if self._input is not None:
            self._input.close()

    def _read(self, container: av.container.InputContainer) -> Iterator[SoundPacket]:
        if not self._tracks:
            return
        clock = Clock(container)  # moves them as it moves the pictures
        streams = clock.streams([container.streams[i] for i in self._tracks])
        read = packets_of(
            container, streams, self._count_damage, unknown=lambda: None
        )  # who reads the pictures says it
        for packet in clock.moved(read):
            if not packet.size or packet.stream_index not in self._tracks:  # an empty one only says: this is the end
                continue
            line = self._lines.setdefault(packet.stream_index, _Line())
            if line.take(sound := cast("SoundPacket", packet)):
                yield sound
            else:
                self._count_damage()

    def _count_damage(self) -> None:
        self.damaged += 1


def _holds(form: str, source: av.audio.stream.AudioStream) -> bool:
    """Whether FFmpeg writes a track's codec into a container of that format: it is tried, with a header in memory."""
    try:
        with av.open(io.BytesIO(), "w", format=form) as trial:
            trial.add_stream_from_template(source)
            trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


class _Line:
    """The times of one track's packets, one behind the other."""

    def __init__(self) -> None:
        self._said: int | None = None
        self._placed: int | None = None
        self._end = self._same = 0

    def take(self, packet: SoundPacket) -> bool:
        """Give a packet a time behind the one before, if need be.

        The clock may be too coarse to tell two packets apart, or a group of them have the time of the first.

        Returns:
            False for one that goes back in time, by a damaged timestamp: no container takes it.
        """
        at = packet.dts if packet.dts is not None else packet.pts
        base, rate = packet.time_base, packet.stream.codec_context.sample_rate
        if at is None or not base:
            return True
        if self._said is not None and at < self._said:
            return False
        placed = at
        if self._placed is not None:
            placed = max(at, self._end if at == self._said else self._placed)
        self._same = self._same + 1 if placed == self._placed else 0
        self._said = at
        self._placed, self._end = placed, placed + (packet.duration or 0)
        packet.pts = placed + (packet.pts - at if packet.pts is not None else 0)
        packet.dts = placed
        if self._same and Fraction(1, rate) < base:  # a tick of a clock that is fine enough
            packet.pts, packet.dts = (round(one * base * rate) + self._same for one in (packet.pts, packet.dts))
            packet.duration = round((packet.duration or 0) * base * rate)
            packet.time_base = Fraction(1, rate)
        return True


class _Copy:
    def __init__(self, source: av.audio.stream.AudioStream, output: av.container.OutputContainer) -> None:
        self._output = output
        self._stream = output.add_stream_from_template(source)
        _label(source, self._stream)
        # In MPEG-TS each AAC packet says what it is (ADTS); elsewhere the file's header does. FFmpeg's muxer does this
        # by itself, but not while it holds the header back (`delay_moov`).
        bare = source.codec_context.codec.canonical_name == "aac" and not source.codec_context.extradata
        self._filter = BitStreamFilterContext("aac_adtstoasc", source) if bare else None

    def write(self, packet: SoundPacket) -> bool:
        for ready in self._filter.filter(packet) if self._filter else [packet]:
            ready.stream = self._stream
            self._output.mux(ready)
        return True

    def finish(self) -> None:
        """Do nothing: no packet waits in a copy."""


class _Encode:
    def __init__(self, source: av.audio.stream.AudioStream, output: av.container.OutputContainer, codec: Codec) -> None:
        self._output, self.name = output, codec.name
        rate = source.codec_context.sample_rate or 48_000
        if rate not in codec.rates:
            rate = 48_000
        # By their number: the channels of PCM in an AVI, say, have no names, which the encoder would refuse.
        layout = {1: "mono", 6: "5.1"}.get(source.codec_context.layout.nb_channels, "stereo")
        stream = output.add_stream(codec.encoder, rate=rate, layout=layout)
        assert isinstance(stream, av.audio.stream.AudioStream)
        self._stream = stream
        _label(source, stream)
        self._layout, self._rate, self._codec = layout, rate, codec
        self._resample = self._resampler()
        self._form: tuple[str, str, int] | None = None
        self._last: int | None = None

    def _resampler(self) -> av.audio.resampler.AudioResampler:
        codec, rate = self._codec, self._rate
        return av.audio.resampler.AudioResampler(codec.format, self._layout, rate, codec.samples(rate))

    def write(self, packet: SoundPacket) -> bool:
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            return False
        for frame in frames:
            _count_in_samples(frame, frame.sample_rate)
            form = frame.format.name, frame.layout.name, frame.sample_rate
            if self._form not in (None, form):  # another programme of a broadcast, say: mono after stereo
                self._encode(self._resample.resample(None))
                self._resample = self._resampler()
            self._form = form
            self._encode(self._resample.resample(frame))
        return True

    def finish(self) -> None:
        self._encode(self._resample.resample(None))
        self._output.mux(self._stream.encode(None))

    def _encode(self, frames: list[av.AudioFrame]) -> None:
        for frame in frames:
            _count_in_samples(frame, self._rate)
            if frame.pts is not None:
                if self._last is not None and frame.pts <= self._last:  # no muxer takes it
                    frame.pts = self._last + frame.samples
                self._last = frame.pts
            self._output.mux(self._stream.encode(frame))


def _count_in_samples(frame: av.AudioFrame, rate: int) -> None:
    """Give a frame a clock that ticks with each sample: AVI's ticks once a packet, and no part of one has a time."""
    if frame.pts is not None and frame.time_base:
        frame.pts, frame.time_base = round(frame.pts * frame.time_base * rate), Fraction(1, rate)


def _label(source: av.audio.stream.AudioStream, copy: av.audio.stream.AudioStream) -> None:
    """Copy a track's language and title; the first track stays the one that plays."""
    if title := source.metadata.get("title"):
        copy.metadata["title"] = title
    if language := source.metadata.get("language"):
        copy.metadata["language"] = language_in(language, copy.container.format.name)
    copy.disposition = source.disposition
