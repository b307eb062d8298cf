"""Sound of a source: AAC packets as they are, or PCM at 48 kHz without gap or overlap."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from uploadm8.core.video.source import AudioInfo, SourceInfo
from uploadm8.core.video.splices import Mender

RATE = 48_000
FRAME = 1024  # samples of one AAC packet
_SLACK = RATE // 100  # timestamps wander; only more than 10 ms is a gap or an overlap
_LONGEST_GAP = 3600 * RATE
_MOST_MOVED_S = Fraction(12, 1000)  # half a packet at 44.1 kHz; at 8 kHz it would be two pictures

Pcm = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One encoded packet; `pts` and `duration` in units of `base`, pts 0 is the origin."""

    data: bytes
    pts: int
    duration: int
    base: Fraction


def can_copy(audio: AudioInfo) -> bool:
    """Whether every platform takes the packets as they are: AAC-LC, at most 48 kHz, stereo."""
    return (
        audio.codec == "aac"
        and audio.profile in (None, "LC")
        and audio.rate <= RATE
        and audio.channels in (1, 2)
    )


class Sound:
    """The sound between two moments, in order.

    Attributes:
        copied: whether packets are handed on as they are.
        channels: 1 or 2.
        template: the source stream, for a copy.
    """

    def __init__(
        self, container: InputContainer, source: SourceInfo, origin: Fraction, length: Fraction
    ) -> None:
        """`origin` is the container time of the first picture; `length` the seconds wanted."""
        assert source.audio is not None  # noqa: S101 - callers have looked
        self.template: AudioStream = container.streams.audio[source.audio.number]
        for other in container.streams:
            if other.index != self.template.index:
                other.discard = av.stream.Discard.all
        self._container = container
        self._base = Fraction(self.template.time_base or Fraction(1, RATE))
        self._origin = origin
        self._length = length
        self.channels = min(2, source.audio.channels)
        self._mender = Mender(source.splices, self._base)
        self._spliced = bool(source.splices)
        self.copied = (
            source.kind.tells_times
            and not self._spliced
            and can_copy(source.audio)
            and self._starts_in_time()
        )
        self._rewind()

    def chunks(self) -> Iterator[Chunk]:
        """Packets of a copy; the first has pts 0."""
        first: int | None = None
        for packet in self._packets():
            if packet.pts is None or not packet.size:
                continue
            pts = packet.pts - round(self._origin / self._base)
            if pts * self._base < -_MOST_MOVED_S:
                continue
            if pts * self._base >= self._length:
                return
            if not self._sounds(packet):
                continue
            first = pts if first is None else first
            yield Chunk(bytes(packet), pts - first, packet.duration or FRAME, self._base)

    def pcm(self) -> Iterator[Pcm]:
        """Blocks of shape (channels, n), without gap from the origin to the end."""
        layout = "stereo" if self.channels == 2 else "mono"
        resampler = AudioResampler("fltp", layout, RATE)
        made, wanted = 0, int(self._length * RATE)
        for frame in self._frames():
            place = self._place(frame)
            block = _samples(resampler, frame)
            if place is not None:
                block = _fitted(block, made, place)
            block = block[:, : wanted - made]
            made += block.shape[1]
            if block.shape[1]:
                yield block
            if made >= wanted:
                return

    def _sounds(self, packet: "Packet[AudioStream]") -> bool:
        """Whether a packet can be decoded: a platform may refuse a whole file for one that cannot."""
        try:
            self.template.decode(packet)
        except av.FFmpegError:
            return False
        return True

    def _starts_in_time(self) -> bool:
        """Whether a packet begins near enough to the origin to be moved there."""
        self._rewind()
        for packet in self._packets():
            if packet.pts is None:
                continue
            late = packet.pts * self._base - self._origin
            if late >= -_MOST_MOVED_S:
                return late <= _MOST_MOVED_S
        return False

    def _rewind(self) -> None:
        early = self._origin - 1 if self._origin < 0 else max(Fraction(0), self._origin - 1)
        if self._spliced:
            self._container.seek(self._mender.begin_part(early), unsupported_byte_offset=True)
        else:
            self._container.seek(int(early / self._base), stream=self.template, backward=True)
        self.template.codec_context.flush_buffers()

    def _packets(self) -> "Iterator[Packet[AudioStream]]":
        demuxed = self._container.demux(self.template)
        while True:
            try:
                packet = next(demuxed, None)
            except av.FFmpegError:
                return
            if packet is None:
                return
            self._mender.mend(packet)
            yield packet

    def _frames(self) -> Iterator[AudioFrame]:
        for packet in self._packets():
            try:
                yield from self.template.decode(packet)
            except av.FFmpegError:
                continue  # the gap is filled with silence

    def _place(self, frame: AudioFrame) -> int | None:
        """Where the frame begins, in output samples after the origin."""
        if frame.pts is None or frame.time_base is None:
            return None
        return round((frame.pts * Fraction(frame.time_base) - self._origin) * RATE)


def open_sound(
    container: InputContainer, source: SourceInfo, origin: Fraction, length: Fraction
) -> Sound | None:
    """The sound of an opened source; None when it has none."""
    if source.audio is None:
        return None
    return Sound(container, source, origin, length)


def _samples(resampler: AudioResampler, frame: AudioFrame) -> Pcm:
    frame.pts = None  # places are kept here; the resampler would add its own idea of gaps
    blocks = [block.to_ndarray() for block in resampler.resample(frame)]
    return (
        np.concatenate(blocks, axis=1).astype(np.float32, copy=False) if blocks else _silence(2, 0)
    )


def _fitted(block: Pcm, made: int, place: int) -> Pcm:
    """The block with silence before it, or without what overlaps what was already made."""
    late = place - made
    if abs(late) <= _SLACK:
        return block
    if late < 0:
        return block[:, -late:]
    return np.concatenate((_silence(block.shape[0], min(late, _LONGEST_GAP)), block), axis=1)


def _silence(channels: int, samples: int) -> Pcm:
    return np.zeros((channels, samples), np.float32)
