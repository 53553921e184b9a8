"""Read the frames of video files, and what a sink must know to write a video like its source."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import av.error
import av.packet
import av.stream
import av.video.codeccontext
import av.video.frame
import av.video.reformatter
import av.video.stream
import cv2
import numpy as np
from av.sidedata.sidedata import SideDataContainer

from emojicam.errors import InputError
from emojicam.stream.choices import DECODER, Decoder
from emojicam.stream.i420 import Colour, Pixels, joined, planes
from emojicam.stream.media.clock import Clock
from emojicam.stream.media.container import open_media, packets_of
from emojicam.stream.media.decoders import LAYOUTS, Opens, ProvenDecoder, planes_of, proven
from emojicam.stream.media.extent import extent_of
from emojicam.stream.media.playing import Playing, playing_of
from emojicam.stream.media.words import NONE, Words, words_of
from emojicam.stream.types import Format, Frame

MOST_PIXELS = 7680 * 4320
"""Pixels of one frame of a video at most: 8K. Each frame is held several times over."""


MOST_SKIPPED = 300
"""Frames at the start of a video that are skipped at most because the decoder lacks what they refer to."""


LENGTH_IN_HEADER = ("matroska,webm", "flv", "mxf", "rm", "mov,mp4,m4a,3gp,3g2,mj2")
"""FFmpeg's names of formats whose header says how long the file is. Of others it guesses from the last packet."""

NEAR = 3
"""Pictures before a gap of an MPEG-TS among which one is marked as damaged if the gap is damage."""

UNKNOWN = 2**31
"""A number of frames that only says that nobody could go back to write it."""

SHORT = Fraction(1, 2)
"""Seconds by which a file may be shorter than it says: some count the last frame twice, some the silence behind it."""


@dataclass(frozen=True)
class VideoInfo:
    """The facts about a source that a sink must know to write a video like it.

    Attributes:
        sound: The file that may hold sound; None if the source has none.
        width: Width of the upright picture in px, even.
        height: Height of the upright picture in px, even.
        time_base: Seconds per tick of the source's timestamps.
        rate: Nominal frames a second.
        frames: Expected number of frames, or None where nobody knows.
        sample_aspect: Width of a pixel over its height.
        colour: The meaning of the I420 levels.
        tags: FFmpeg's numbers for colour range, matrix, primaries and transfer, as the source has them.
        words: What the source says of itself, and a copy says as well.
        playing: How it is to be played, if it is an animation; None: it is a film.
    """

    sound: Path | None
    width: int
    height: int
    time_base: Fraction
    rate: Fraction
    frames: int | None
    sample_aspect: Fraction
    colour: Colour
    tags: ColourTags
    words: Words = NONE
    playing: Playing | None = None


@dataclass(frozen=True)
class ColourTags:
    """FFmpeg's numbers for a video's colours; 2 is "unspecified" for all but the range, where it is 0."""

    range: int = 0
    matrix: int = 2
    primaries: int = 2
    transfer: int = 2


BT601_TAGS = ColourTags(range=1, matrix=6)
"""The tags of what has the colours `i420.BT601`: limited range, the matrix of SMPTE 170M."""

RANGE_FULL = 2
MATRIX_RGB, MATRIX_BT709, MATRIX_UNKNOWN = 0, 1, 2


class VideoFile:
    """The frames of a video file as I420, upright, with their own timestamps.

    Odd sizes lose their last row or column (4:2:0 video has even sides). Damaged packets are skipped, missing or
    backward timestamps are replaced by the next one that fits, a change of size is undone: `notes` has the counts.
    """

    live = False

    def __init__(self, path: Path, decoder: Decoder = DECODER, chip: Opens | None = None) -> None:
        """Open the file, and decode the first frame to know what it holds.

        Args:
            path: The file.
            decoder: What decodes its pictures, if it gives the same ones.
            chip: Opens a graphics chip's decoder; None: this machine's.

        Raises:
            UsageError: It isn't there, or can't be read.
            InputError: It isn't a video, or has no picture that can be decoded.
        """
        self.path = path
        self._asked, self._chip = decoder, chip
        self._damaged = self._retimed = self._scaled = self._skipped = self._lost = self._corrupt = self._empty = 0
        self._interlaced = self._others = self._ends_torn = self._followed = False
        self._shortfall: str | None = None
        self._packets = self._gaps = 0
        self._marked = -NEAR - 1
        self._latest: int | None = None
        self._step = self._turns = 0
        self._container = open_media(path)
        try:
            self._open()
        except BaseException:
            self._container.close()
            raise

    def _open(self) -> None:
        self._clock = Clock(self._container)
        stream = self._clock.picture
        if stream is None:
            raise InputError(f"{self.path}: has no video stream")
        if not hasattr(stream, "width"):
            raise InputError(f"{self.path}: its video is of a kind that can't be decoded")
        if stream.width * stream.height > MOST_PIXELS:
            raise InputError(f"{self.path}: {stream.width}x{stream.height} px is more than 8K, the largest taken")
        art = av.stream.Disposition.attached_pic
        self._angles = sum(not one.disposition & art for one in self._container.streams.video) - 1
        # Decoding is never what the others wait for, up to Full HD; frame threads would cost a quarter more CPU time.
        stream.thread_type = "AUTO" if stream.width * stream.height > 1920 * 1088 else "SLICE"
        self._stream = stream
        self._proven: ProvenDecoder | None = None
        self._decoder = _decoder_with_alpha(stream)
        if self._decoder is None:
            self._proven = proven(self._asked, stream, self._chip)
        size = self.path.stat().st_size
        self._lost = sum(entry.pos + entry.size > size for entry in stream.index_entries)
        if "mov" in self._container.format.name:
            self._empty = sum(not entry.size for entry in stream.index_entries)
        self._decoded = self._decode()
        first = next(self._decoded, None)
        if first is None:
            raise InputError(f"{self.path}: no frame of its video can be decoded")
        self._first: av.video.frame.VideoFrame | None = first
        self._turn = _turn(first, stream.codec_context.name)
        self._interlaced = first.interlaced_frame
        self._first_size = first.width, first.height
        # What is thinner than two pixels is scaled to them; what is odd loses its last row or column.
        self._native = (max(2, first.width), max(2, first.height))
        width, height = self._native[0] & ~1, self._native[1] & ~1
        aspect = stream.sample_aspect_ratio or Fraction(1)
        if self._turn.swap:
            width, height = height, width
            aspect = 1 / aspect if aspect else aspect
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        duration = None
        if stream.duration and stream.time_base:
            duration = float(stream.duration * stream.time_base)
        elif self._container.duration:
            duration = self._container.duration / 1_000_000
        tags, colour = _colours(first)
        self.info = VideoInfo(
            sound=self.path,
            width=width,
            height=height,
            time_base=stream.time_base or 1 / Fraction(rate),
            rate=Fraction(rate).limit_denominator(1001 * 240),
            frames=stream.frames or (round(duration * float(rate)) if duration else None),
            sample_aspect=Fraction(aspect),
            colour=colour,
            tags=tags,
            words=words_of(self._container, stream, self._clock.began or Fraction(0)),
            playing=playing_of(self.path),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def again(self) -> VideoFile:
        """Open the same file once more."""
        return VideoFile(self.path, self._asked, self._chip)

    @property
    def whole(self) -> bool:
        """Whether nothing damaged has been read so far: a second reading gives the same frames then."""
        return not (self._undecoded or self._corrupt or self._lost or self._skipped)

    def close(self) -> None:
        """Close the file, and let go of what it took.

        The decoding generator and this object hold each other: a file that is opened again and again, as a loop does,
        would leave decoders and frames behind until Python looks for such circles.
        """
        with suppress(ValueError):  # a thread that hangs is inside it, and its error is what counts
            self._decoded.close()
        self._first = None
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        """Give each frame once, in order; this can be done once."""
        base = self.info.time_base
        step = max(1, round(1 / (self.info.rate * base)))
        last: int | None = None
        index = 0
        for frame in self._frames():
            pts = frame.pts
            if pts is None or (last is not None and pts <= last):
                if last is not None:
                    self._retimed += 1
                pts = 0 if last is None else last + step
            last = pts
            self._scaled += (frame.width, frame.height) != self._first_size
            yield Frame(index, float(pts * base), self._upright(frame), Format.I420, self.info.colour)
            index += 1
        self._shortfall = self._compare(index, ((last or 0) + step) * base, step * base)

    def _compare(self, frames: int, end: Fraction, step: Fraction) -> str | None:
        """Compare what was read with what the file says it has.

        Args:
            frames: That were read.
            end: Seconds at which the last of them ends.
            step: Seconds that a frame is shown.

        Returns:
            A note for the user, if some is missing.
        """
        if self._lost:
            return f"the file was cut off: its last {_counted(self._lost, 'frame is', 'frames are')} missing"
        read = f"{_counted(frames, 'frame was', 'frames were')} read, up to {float(end):,.2f} s"
        extent = extent_of(self.path, self._container.format.name)
        self._followed = extent.followed
        said, missing = self._said_length(extent.fragments), extent.missing
        reached = max(end, self._clock.reached) + max(self._clock.began or 0, 0)
        short = said is not None and reached + (step if extent.torn else max(SHORT, 2 * step)) < said
        what = "was cut off" if extent.torn and not extent.broken else "was cut off or is damaged"
        if short and said is not None:
            return f"the file {what}: {read}; it says that it is {float(said):,.2f} s long"
        if self._container.format.name == "ivf" and frames < self._stream.frames < UNKNOWN:
            return f"the file {what}: {read}; it says that it has {self._stream.frames:,} frames"
        if extent.torn:
            longer = f"it says that it is {missing:,} bytes longer" if missing > 1 else "its end is missing"
            return f"the file {what}: {read}; {longer}"
        if extent.broken or self._gaps or self._listed() > self._packets:
            return f"the file is damaged in its middle: {read}"
        if self._ends_torn:
            return f"the file was cut off: {read}; the last of it is torn"
        return None

    def _listed(self) -> int:
        """The number of pictures that an AVI's index has; 0 of other files."""
        if self._container.format.name != "avi":
            return 0
        return sum(entry.size > 0 for entry in self._stream.index_entries)

    def _said_length(self, fragments: bool) -> Fraction | None:
        """The seconds that the file's header says it is long; None if it says nothing, or not of what is read here."""
        container, form = self._container, self._container.format.name
        if self._clock.jumps or form not in LENGTH_IN_HEADER:
            return None
        if "mov" in form:  # each track says it; without fragments its index has said it already
            length, base = self._stream.duration, self._stream.time_base
            return length * base if length and base and fragments else None
        said = Fraction(container.duration, 1_000_000) if container.duration else None
        tags = [
            _seconds(one.metadata.get("DURATION", "")) for one in (*container.streams.video, *container.streams.audio)
        ]
        if any(tags) and said is not None:
            return min(said, max(tags))
        # Subtitles may last longer than all else.
        return None if len(container.streams) > len(tags) else said

    def _frames(self) -> Iterator[av.video.frame.VideoFrame]:
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._decoded

    def _decode(self) -> Generator[av.video.frame.VideoFrame]:
        # Before the first keyframe a decoder lacks what the frames refer to: it leaves them out, or makes grey of them.
        early: list[int] = []
        left = 0
        started = keyed = False
        # Packet by packet: one that is damaged costs its own frames, not the rest of the file.
        read = packets_of(
            self._container, self._clock.streams([self._stream]), self._count_damage, unknown=self._note_other
        )
        for packet in self._clock.moved(read):
            if packet.stream_index != self._stream.index:
                continue
            if packet.size:
                self._look(packet)
            elif packet.dts is not None and self._stream.codec_context.name == "theora":
                continue  # the picture before is shown on; the decoder would take it for the end
            keyed = keyed or packet.is_keyframe
            if not keyed and packet.size and packet.pts is not None:
                early.append(packet.pts)
            try:
                frames = (self._proven or self._decoder or self._stream.codec_context).decode(packet)
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self._count_damage()
                continue
            for frame in frames:
                if not started and frame.is_corrupt and len(early) + left < MOST_SKIPPED:
                    left += frame.pts not in early  # a keyframe, but a damaged one
                    continue
                if not started:
                    self._skipped = left + sum(frame.pts is not None and pts < frame.pts for pts in early)
                started = True
                self._corrupt += frame.is_corrupt
                yield frame

    def _look(self, packet: av.packet.Packet[av.stream.Stream]) -> None:
        """Notice what is missing before a packet of the pictures, or of its end."""
        self._packets += 1
        if self._container.format.name != "mpegts":
            self._ends_torn = packet.is_corrupt
            return
        # MPEG-TS counts its packets; but where recordings were joined the count jumps, and nothing is missing.
        if packet.dts is not None:
            step = packet.dts - self._latest if self._latest is not None else 0
            usual = packet.duration or self._step
            joined, self._turns = self._clock.turns != self._turns, self._clock.turns
            self._gaps += step > 1.5 * usual > 0 and self._packets - self._marked <= NEAR and not joined
            self._latest, self._step = packet.dts, step
        if packet.is_corrupt:
            self._marked = self._packets

    @property
    def _refused(self) -> bool:
        """Whether a chip was asked for and has been let go."""
        return self._asked is Decoder.HARDWARE and self._proven is not None and self._proven.refused

    @property
    def _undecoded(self) -> int:
        return self._damaged + (self._proven.damaged if self._proven is not None else 0)

    def _count_damage(self) -> None:
        self._damaged += 1

    def _note_other(self) -> None:
        self._others = True

    @property
    def notes(self) -> list[str]:
        """Notes for the user about the file, once all frames are read."""
        (width, height), undecoded = self._native, self._undecoded
        counts = {
            self._shortfall or "": self._shortfall,
            _counted(undecoded, "damaged packet was skipped", "damaged packets were skipped"): undecoded,
            _counted(self._empty, "frame is empty in the file", "frames are empty in the file"): self._empty,
            _counted(self._corrupt, "frame is damaged in part", "frames are damaged in part"): self._corrupt,
            _counted(
                self._skipped,
                "frame before the first that is whole was skipped",
                "frames before the first that is whole were skipped",
            ): self._skipped,
            _counted(
                self._retimed,
                "frame without a usable timestamp was given one",
                "frames without a usable timestamp were given one",
            ): self._retimed,
            _counted(self._scaled, "frame of another size was", "frames of another size were")
            + f" scaled to the first one's, {width}x{height}": self._scaled,
            "the video is interlaced, and stays so": self._interlaced,
            "decoded by software: the graphics chip doesn't give the same pictures": self._refused,
            "another recording stands behind its end in the same file, and is not read": self._followed,
            f"{_counted(self._angles, 'further video track is', 'further video tracks are')} left out": self._angles,
            "the file goes on with tracks that its beginning lacks: they are left out": self._others,
        }
        return [*self._clock.notes, *(note for note, happened in counts.items() if happened)]

    def _upright(self, frame: av.video.frame.VideoFrame) -> Pixels:
        return _turned(_i420(frame, self._native, self.info.colour), self._turn)


def _seconds(text: str) -> Fraction:
    """Read a length as Matroska's tags have it (00:01:02.500000000); 0 if it isn't one."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", text.strip())
    return 3600 * int(found[1]) + 60 * int(found[2]) + Fraction(found[3]) if found else Fraction(0)


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _decoder_with_alpha(stream: av.video.stream.VideoStream) -> av.video.codeccontext.VideoCodecContext | None:
    """Make the decoder that knows of a WebM's transparency, which FFmpeg's own leave out; None where there is none."""
    decoder = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
    if decoder is None or stream.metadata.get("alpha_mode") != "1":
        return None
    context = cast("av.video.codeccontext.VideoCodecContext", av.CodecContext.create(decoder, "r"))
    context.thread_count = stream.codec_context.thread_count
    return context


@dataclass(frozen=True)
class _Turn:
    """The turn to an upright picture: first rows and columns are swapped, then the columns, then the rows reversed."""

    swap: bool = False
    columns: bool = False
    rows: bool = False


NAMED_PROFILES = ("png", "apng")
"""Decoders whose colour profiles have names: where PyAV (18.1) is asked for such a frame's side data, it frees the name
twice, and the process dies."""


def _quarter_turns(frame: av.video.frame.VideoFrame) -> _Turn:
    """Read a frame's display matrix without its mirror, where it can't be had as a whole."""
    turns = round(frame.rotation / 90) % 4  # counter-clockwise
    return _Turn(swap=turns % 2 == 1, columns=turns in (2, 3), rows=turns in (1, 2))


def _turn(frame: av.video.frame.VideoFrame, codec: str = "") -> _Turn:
    """Read what a frame's display matrix asks of a player: quarter turns, and for some front cameras a mirror.

    PyAV does not apply it, and its `frame.rotation` is blind to the mirror.
    """
    if codec in NAMED_PROFILES:
        return _quarter_turns(frame)
    try:
        # Not `frame.side_data`: the frame keeps that (PyAV 18), and so holds itself, until Python looks for such
        # circles: with a loop's every round another large picture stayed.
        matrix = cast("bytes | None", SideDataContainer(frame).get("DISPLAYMATRIX"))  # type: ignore[call-arg]
    except ValueError:  # there is side data of which PyAV doesn't know: a camera's EXIF in Motion JPEG
        return _quarter_turns(frame)
    if matrix is None:
        return _Turn()
    # The picture's x goes to (a, b), its y to (c, d).
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return _Turn(swap=False, columns=a < 0, rows=d < 0)
    return _Turn(swap=True, columns=c < 0, rows=b < 0)


def _colours(frame: av.video.frame.VideoFrame) -> tuple[ColourTags, Colour]:
    matrix = int(frame.colorspace)
    if matrix == MATRIX_RGB:  # converted once, by the matrix that players take for that size
        matrix = MATRIX_UNKNOWN
    full = int(frame.color_range) == RANGE_FULL or frame.format.name.startswith("yuvj")
    bt709 = matrix == MATRIX_BT709 or (matrix == MATRIX_UNKNOWN and frame.height >= 720)
    tags = ColourTags(
        RANGE_FULL if full else int(frame.color_range), matrix, int(frame.color_primaries), int(frame.color_trc)
    )
    if frame.format.is_rgb:
        tags = ColourTags(1, MATRIX_BT709 if bt709 else 6, 2, 2)
        full = False
    return tags, Colour(bt709=bt709, full=full)


def _i420(frame: av.video.frame.VideoFrame, size: tuple[int, int], colour: Colour) -> Pixels:
    """Copy a decoded frame's planes: writing into the decoder's own buffer would damage later frames."""
    width, height = size
    if frame.format.has_palette or any(component.is_alpha for component in frame.format.components):
        frame = _on_white(frame, colour)
    if frame.format.name not in (*LAYOUTS, "nv12") or (frame.width, frame.height) != size:
        matrix = av.video.reformatter.Colorspace.ITU709 if colour.bt709 else av.video.reformatter.Colorspace.ITU601
        levels = av.video.reformatter.ColorRange.JPEG if colour.full else av.video.reformatter.ColorRange.MPEG
        source = None if frame.format.is_rgb else matrix
        frame = frame.reformat(
            width, height, "yuv420p", src_colorspace=source, dst_colorspace=matrix, dst_color_range=levels
        )
    even_w, even_h = width & ~1, height & ~1
    out = np.empty((even_h * 3 // 2, even_w), np.uint8)
    for plane, place in zip(planes_of(frame), planes(out), strict=True):
        place[:] = plane[: place.shape[0], : place.shape[1]]
    return out


def _on_white(frame: av.video.frame.VideoFrame, colour: Colour) -> av.video.frame.VideoFrame:
    """Lay a frame on white where it is transparent; what was made invisible is neither drawn on nor shown.

    In RGB, before the chroma is halved and anything is scaled: else hidden colours would leak across the edge.
    """
    matrix = av.video.reformatter.Colorspace.ITU709 if colour.bt709 else av.video.reformatter.Colorspace.ITU601
    rgba = frame.reformat(
        format="rgba",
        src_colorspace=None if frame.format.is_rgb else matrix,
        dst_color_range=av.video.reformatter.ColorRange.JPEG,
    ).to_ndarray()
    pixels = np.asarray(rgba, np.uint8)
    alpha = pixels[..., 3]
    if int(alpha.min()) == 255:
        return frame
    shown = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGBA2mRGBA), cv2.COLOR_RGBA2RGB)  # each times its share
    ground = cv2.cvtColor(255 - alpha, cv2.COLOR_GRAY2RGB)
    return av.VideoFrame.from_ndarray(np.asarray(cv2.add(shown, ground), np.uint8), format="rgb24")


def upright_i420(frame: av.video.frame.VideoFrame) -> Pixels:
    """Make an I420 picture of one decoded frame, upright, its sides even: uint8 (3H/2)xW."""
    size = max(2, frame.width), max(2, frame.height)
    return _turned(_i420(frame, size, _colours(frame)[1]), _turn(frame))


def colours_of(frame: av.video.frame.VideoFrame) -> Colour:
    """The meaning of a decoded frame's levels."""
    return _colours(frame)[1]


def _turned(pixels: Pixels, turn: _Turn) -> Pixels:
    """Make an I420 picture upright."""
    if turn == _Turn():
        return pixels
    swapped = [plane.T if turn.swap else plane for plane in planes(pixels)]
    down, across = -1 if turn.rows else 1, -1 if turn.columns else 1
    return joined(*(plane[::down, ::across] for plane in swapped))
