"""One clock for a file: whatever its timestamps do, all its tracks are moved by the same time.

A recording's clock may begin anywhere, run over (MPEG-TS counts 26.5 hours), and jump where recordings were joined. The
packets of all tracks are looked at together here, so that pictures and sound stay together, and whoever reads the file
once more, or reads another of its tracks, is given the same times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av.audio.codeccontext
import av.container
import av.packet
import av.stream
import av.video.stream

if TYPE_CHECKING:  # generic in the stubs alone
    Packet = av.packet.Packet[av.stream.Stream]
    Numbered = list[tuple[int, Packet]]

MAY_JUMP = 0x0200
"""FFmpeg's flag (AVFMT_TS_DISCONT) of formats whose clock may jump: MPEG-TS, MPEG-PS."""

LATEST_START = 10
"""Seconds after which a file begins at the latest; one that begins later is moved to 0: players would wait for it."""

AHEAD = 60
"""Seconds of a step ahead that count as a jump, in formats whose clocks may jump. Shorter ones are pauses."""

BACK = Fraction(1, 10)
"""Seconds of a step back that count as a jump."""

BACK_GUESSED = Fraction(1, 2)
"""The same where the container has no decoding times and FFmpeg makes them up, at times in the order of showing."""

UNEVEN = Fraction(1, 50)
"""Seconds by which a packet comes off its time at least, to be taken for the one at which its track has jumped."""

LEAD = Fraction(1, 40)
"""Seconds before 0 at which sound may begin: what a codec needs to get going, and no one hears."""

REORDERED = 10
"""Seconds between the decoding and the showing of a picture at most; more are damage."""

REORDERED_PICTURES = 17
"""The same in pictures, for an AVI, whose ticks are pictures: H.264 may hold back 16 of them. FFmpeg makes up when each
is shown, and behind damage one alone may get the time of the file's end: all that follow would have to come after."""

SURE = 2
"""Packets behind a jump that must agree with it: one alone is a damaged timestamp."""

BEGINNING = 100
"""Packets among which the file's earliest time is looked for."""

LOOKED_AT, BYTES_LOOKED_AT = 600, 48 << 20
"""Packets, and their bytes, among which all tracks have jumped where one did."""


@dataclass
class _Track:
    """A track as far as it was read; times are in ticks, unless it says seconds.

    Attributes:
        base: Seconds of a tick.
        second: Ticks of a second.
        offset: Seconds by which it is moved.
        shift: The same in ticks.
        last: Decoding time of its last packet, as the file has it.
        step: From one packet to the next.
        end: Where the last of it ends, moved.
        wait: From the decoding to the showing of its last packet.
        turn: The packet's number at which it takes another offset (-1: at its next jump), and that offset.
        begun: Its first packet was looked at.
        turns: Times that it took another offset.
        farthest: Ticks between the decoding and the showing of a packet at most.
    """

    base: Fraction
    second: int
    offset: Fraction = Fraction(0)
    shift: int = 0
    last: int | None = None
    step: int = 0
    end: int | None = None
    wait: int = 0
    turn: tuple[int, Fraction] | None = None
    begun: bool = False
    turns: int = 0
    farthest: int = 0

    @property
    def stood(self) -> Fraction | None:
        return None if self.last is None else self.last * self.base

    @property
    def ended(self) -> Fraction | None:
        return None if self.end is None else self.end * self.base

    def decoded(self, packet: Packet) -> Fraction | None:
        return None if packet.dts is None else packet.dts * self.base

    def shown(self, packet: Packet) -> Fraction | None:
        at = packet.pts if packet.pts is not None else packet.dts
        return None if at is None else at * self.base

    def ends(self, packet: Packet) -> int | None:
        """The tick at which a packet ends, as the file has it."""
        at = packet.pts if packet.pts is not None else packet.dts
        return None if at is None else at + (packet.duration or self.step)

    def set_offset(self, offset: Fraction) -> None:
        self.offset, self.shift = offset, round(offset / self.base)

    def take_turn(self) -> None:
        assert self.turn is not None
        self.set_offset(self.turn[1])
        self.turn = self.last = None
        self.turns += 1

    def straighten(self, packet: Packet) -> None:
        """Take a damaged time from a packet: of sound the next that fits stands for it, of a picture none."""
        fits = packet.stream.type == "audio" and self.last is not None
        packet.dts = packet.pts = self.last + self.step if fits and self.last is not None else None

    def move(self, packet: Packet) -> None:
        """Move a packet's times, and note where it stands."""
        pts, dts = packet.pts, packet.dts
        if pts is not None and dts is not None:
            # Where MPEG-PS tells no time FFmpeg takes it from the next packet, even if the clock jumps between them.
            if abs(pts - dts) > self.farthest:
                packet.pts = pts = dts + self.wait
            self.wait = pts - dts
        if dts is not None:
            if self.last is not None and 0 < dts - self.last < self.second:
                self.step = dts - self.last
            self.last = dts
        ends = self.ends(packet)
        if ends is not None:
            ends += self.shift
            self.end = ends if self.end is None else max(ends, self.end)
        if self.shift:
            packet.pts = None if pts is None else pts + self.shift
            packet.dts = None if dts is None else dts + self.shift


class Clock:
    """Gives the packets of a file times that begin at 0 or soon after, and never jump.

    Attributes:
        began: Seconds at which the file began, if it was moved to begin at 0; otherwise None.
        jumps: Times that its clock jumped so far, and what followed was moved.
        picture: The track with the pictures; None if there is none.
    """

    def __init__(self, container: av.container.InputContainer) -> None:
        """Look at a file's tracks; nothing is read."""
        self.began: Fraction | None = None
        self.jumps = 0
        self.picture = _picture_of(container)
        sounds = [one for one in container.streams.audio if one.codec_context and one.codec_context.sample_rate]
        self._all: list[av.stream.Stream] = [*([self.picture] if self.picture else []), *sounds]
        bases = {one.index: one.time_base or Fraction(1, 90_000) for one in self._all}
        self._tracks = {index: _Track(base, round(1 / base)) for index, base in bases.items()}
        for track in self._tracks.values():
            track.farthest = REORDERED * track.second
        if self.picture and container.format.name == "avi":
            self._tracks[self.picture.index].farthest = REORDERED_PICTURES
        # An index keeps the clock of MP4 and QuickTime: nothing jumps, and each track is read for itself.
        self._indexed = "mov" in container.format.name
        # Of FLV FFmpeg doesn't say so, but servers that record streams write the clock as it comes.
        self._may_jump_ahead = bool(container.format.flags & MAY_JUMP) or container.format.name == "flv"
        self._back = BACK if self._may_jump_ahead else BACK_GUESSED

    def streams(self, wanted: list[av.stream.Stream]) -> list[av.stream.Stream]:
        """Tell which tracks must be read for the sake of those that are wanted."""
        return wanted if self._indexed or not wanted else self._all

    @property
    def reached(self) -> Fraction:
        """Seconds at which the last of what was read so far ends, of all tracks; 0 if nothing was read."""
        return max((end for track in self._tracks.values() if (end := track.ended) is not None), default=Fraction(0))

    @property
    def turns(self) -> int:
        """Times that the pictures were moved by another time so far."""
        return self._tracks[self.picture.index].turns if self.picture else 0

    @property
    def notes(self) -> list[str]:
        """Notes for the user, once all is read."""
        notes = []
        what = "pictures and sound" if len(self._all) > 1 else "pictures"
        if self.began is not None:
            notes.append(f"the times began at {float(self.began):,.2f} s: {what} were moved to begin at 0")
        if self.jumps:
            times = "once" if self.jumps == 1 else f"{self.jumps} times"
            notes.append(
                f"the clock jumped {times}, as where recordings are joined: what follows was moved up to what stands"
                " before" + (", pictures and sound together" if len(self._all) > 1 else "")
            )
        return notes

    def moved(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        """Give the packets of `streams` with their times moved."""
        ahead = _Ahead(packets)
        self._begin(ahead)
        for number, packet in ahead:
            track = self._tracks.get(packet.stream_index)
            if track is None or not packet.size:  # an empty one only says that the end is reached
                yield packet
                continue
            if not track.begun and not self._indexed:
                self._check_first(track, [(number, packet), *ahead.look(LOOKED_AT)], packet.stream_index)
                track.begun = True
            jumped = not self._indexed and self._jumps(track, packet)
            if track.turn is not None and (jumped or 0 <= track.turn[0] <= number):
                track.take_turn()
            elif jumped:
                self._jump(number, packet, ahead)
            track.move(packet)
            yield packet

    def _begin(self, ahead: _Ahead) -> None:
        if self._indexed:
            starts = [one.start_time * self._tracks[one.index].base for one in self._all if one.start_time is not None]
        else:
            packets = ahead.look(BEGINNING)
            for index, track in self._tracks.items():
                self._check_first(track, packets, index)
            starts = self._starts(packets)
        earliest = min(starts, default=Fraction(0))
        if earliest < 0 or earliest > LATEST_START:
            self.began = earliest
            for track in self._tracks.values():
                track.set_offset(-earliest)

    def _check_first(self, track: _Track, packets: Numbered, index: int) -> None:
        """Straighten the time of a track's first packet, if those behind agree on another clock.

        Sound that begins a moment before 0 has a first packet at the end of MPEG's clock.
        """
        own = [
            (packet, at)
            for _, packet in packets
            if packet.stream_index == index and (at := track.decoded(packet)) is not None
        ]
        track.begun = len(own) > SURE
        if len(own) <= SURE or not self._is_jump(own[0][1], own[1][1]) or self._is_jump(own[1][1], own[2][1]):
            return
        first, second, third = (packet for packet, _ in own[: SURE + 1])
        if first.dts is not None and second.dts is not None and third.dts is not None:
            moved = 2 * second.dts - third.dts - first.dts
            first.pts, first.dts = None if first.pts is None else first.pts + moved, first.dts + moved

    def _starts(self, packets: Numbered) -> list[Fraction]:
        """Find the times at which something is shown or heard, before any jump."""
        starts = []
        for index, track in self._tracks.items():
            own = [(n, packet) for n, packet in packets if packet.size and packet.stream_index == index]
            for _, packet in self._before_next_jump(track, own):
                at = track.shown(packet)
                if at is None or packet.is_discard:
                    continue
                at += _left_out(packet)
                starts.append(max(at, Fraction(0)) if packet.stream.type == "audio" and at >= -LEAD else at)
        return starts

    def _jumps(self, track: _Track, packet: Packet) -> bool:
        if track.last is None or packet.dts is None:
            return False
        if 0 <= packet.dts - track.last <= track.second:  # as most do; fractions take ten times as long to compare
            return False
        return self._is_jump(track.stood, packet.dts * track.base)

    def _is_jump(self, last: Fraction | None, at: Fraction) -> bool:
        return last is not None and (at < last - self._back or (self._may_jump_ahead and at > last + AHEAD))

    def _before_next_jump(self, track: _Track, packets: Numbered) -> Numbered:
        last: Fraction | None = None
        for count, (_, packet) in enumerate(packets):
            at = track.decoded(packet)
            if at is not None:
                if self._is_jump(last, at):
                    return packets[:count]
                last = at
        return packets

    def _jump(self, number: int, packet: Packet, ahead: _Ahead) -> None:
        """Find out what a step of one track's clock means, and prepare all tracks for it."""
        first, track = packet.stream_index, self._tracks[packet.stream_index]
        window: dict[int, Numbered] = {index: [] for index in self._tracks}
        for n, one in [(number, packet), *ahead.look(LOOKED_AT)]:
            if one.size and one.stream_index in window:
                window[one.stream_index].append((n, one))
        own = self._before_next_jump(track, window[first])
        times = [at for _, one in own if (at := track.decoded(one)) is not None]
        old, new, rest = track.stood, times[0], times[1 : 1 + SURE]
        assert old is not None
        if not rest or not all(abs(at - new) < abs(at - old) for at in rest):
            track.straighten(packet)
            return
        turns = {first: number}
        for index, other in self._tracks.items():
            turn = self._turn_of(other, window[index], number, old, times[-1]) if index != first else None
            if turn is not None:
                turns[index] = turn
        # What stands before ends in no track later than what follows begins.
        offset = max(gap for index, turn in turns.items() for gap in self._gaps(index, turn, window[index]))
        for index, other in self._tracks.items():
            if other.end is None:
                other.set_offset(offset)  # its first packet is still to come
            else:
                other.turn = turns.get(index, -1), offset
        track.take_turn()
        self.jumps += 1

    def _turn_of(self, track: _Track, packets: Numbered, number: int, old: Fraction, new: Fraction) -> int | None:
        """Find the packet at which a track jumps where another one did.

        Args:
            track: The track.
            packets: Those of it behind the other's jump.
            number: Of the packet at which the other one jumped.
            old: Seconds at which the other one stood before.
            new: Seconds at which it stands at the end of what was looked at.

        Returns:
            A packet's number; None if the track doesn't jump among these.
        """
        last, step = track.stood, track.step * track.base
        oddest, oddest_at = UNEVEN, number
        for n, packet in packets:
            at = track.decoded(packet)
            if at is None:
                continue
            if last is not None:
                if self._is_jump(last, at):
                    return n
                if abs(at - last - step) > oddest:
                    oddest, oddest_at = abs(at - last - step), n
            last = at
        # A small jump can be none for a track that ended earlier than the other, or begins later.
        return oddest_at if last is not None and abs(last - new) < abs(last - old) else None

    def _gaps(self, index: int, turn: int, packets: Numbered) -> list[Fraction]:
        """Find the offset at which a track goes on without a gap; none if it has nothing before or behind."""
        track = self._tracks[index]
        ends = [
            (end + track.shift) * track.base for n, one in packets if n < turn and (end := track.ends(one)) is not None
        ]
        behind = self._before_next_jump(track, [(n, one) for n, one in packets if n >= turn])
        begins = [at for _, one in behind if (at := track.shown(one)) is not None]
        return [max([track.ended, *ends]) - min(begins)] if track.ended is not None and begins else []


class _Ahead:
    """Packets with their numbers, of which some can be looked at before they are taken."""

    def __init__(self, packets: Iterable[Packet]) -> None:
        self._packets = iter(packets)
        self._waiting: deque[Packet] = deque()
        self._taken = 0

    def __iter__(self) -> Iterator[tuple[int, Packet]]:
        while True:
            packet = self._waiting.popleft() if self._waiting else next(self._packets, None)
            if packet is None:
                return
            self._taken += 1
            yield self._taken - 1, packet

    def look(self, most: int) -> Numbered:
        """Look at the next packets: `most`, or as many as memory is set aside for."""
        size = sum(packet.size for packet in self._waiting)
        while len(self._waiting) < most and size < BYTES_LOOKED_AT:
            packet = next(self._packets, None)
            if packet is None:
                break
            self._waiting.append(packet)
            size += packet.size
        return list(enumerate(self._waiting, self._taken))


def _picture_of(container: av.container.InputContainer) -> av.video.stream.VideoStream | None:
    """Find the track that players show: the first with pictures that is no cover art (a video of one picture)."""
    art = av.stream.Disposition.attached_pic
    return next((one for one in container.streams.video if not one.disposition & art), None)


def _left_out(packet: Packet) -> Fraction:
    """The seconds at a packet's beginning that players leave out."""
    if packet.stream.type != "audio" or not packet.has_sidedata("skip_samples"):
        return Fraction(0)
    context = packet.stream.codec_context
    assert isinstance(context, av.audio.codeccontext.AudioCodecContext)
    samples = int.from_bytes(bytes(packet.get_sidedata("skip_samples"))[:4], "little")
    return Fraction(samples, context.sample_rate)
