"""Decode the pictures of a source in order, with their times after the common origin."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from uploadm8.core.video.source import SourceInfo

Picture = tuple[Fraction, VideoFrame]

_BACK_S = (Fraction(0), Fraction(1, 4), Fraction(3), Fraction(30), Fraction(10**6))
_LATE = Fraction(7, 20)  # of a picture's time: as much as a picture may be shown early
_LONG_AGO_S = Fraction(10**9)


class Reader:
    """Pictures from any point on; damaged packets are counted and skipped.

    Attributes:
        decoded: pictures handed out.
        needed_from: seconds before which only those pictures are wanted that others are made from.
        errors: packets that could not be decoded.
    """

    def __init__(
        self, container: InputContainer, stream: VideoStream, source: SourceInfo, origin: Fraction
    ) -> None:
        """`origin` is the container time, in seconds, that counts as 0."""
        self._container = container
        self._stream = stream
        self._base = Fraction(stream.time_base or Fraction(1, 1000))
        self._origin = origin
        self._step = 1 / source.nominal_fps
        self._last = -_LONG_AGO_S
        self._at_start = True
        self.needed_from = -_LONG_AGO_S
        self.decoded = 0
        self.errors = 0
        for other in container.streams:
            if other.index != stream.index:
                other.discard = (
                    av.stream.Discard.all
                )  # sound is read through a container of its own

    def pictures(self, start: Fraction) -> Iterator[Picture]:
        """Pictures in display order, beginning at or before `start` seconds after the origin."""
        for back in _BACK_S:
            pictures = self._from(start, back)
            first = next(pictures, None)
            # A seek goes by decoding times: the key frame it finds may be shown after `start`.
            if first is None or first[0] <= start + self._step * _LATE or back >= start:
                break
        else:
            return
        if first is not None:
            yield first
            yield from pictures

    def _from(self, start: Fraction, back: Fraction) -> Iterator[Picture]:
        if start + self._origin > 0 or not self._at_start:
            self._seek(start - back)
        self._at_start = False
        self._last = -_LONG_AGO_S
        for packet in self._packets():
            yield from self._decode(packet)

    def one_group(self, first: Fraction, second: Fraction) -> bool:
        """Whether both times hang on the same key frame, as far as the container's index tells."""
        index = self._stream.index_entries
        keys = [index.search_timestamp(self._ticks(time)) for time in (first, second)]
        return keys[0] == keys[1] >= 0

    def _ticks(self, time: Fraction) -> int:
        return int((time + self._origin) / self._base)

    def _seek(self, time: Fraction) -> None:
        ticks = self._ticks(time)
        self._container.seek(ticks, stream=self._stream, backward=True)
        self._stream.codec_context.flush_buffers()

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        demuxed = self._container.demux(self._stream)
        while True:
            try:
                packet = next(demuxed, None)
            except av.FFmpegError:  # the file ends in the middle of a packet
                self.errors += 1
                packet = None
            if packet is None:
                return
            yield packet

    def _decode(self, packet: "Packet[VideoStream]") -> Iterator[Picture]:
        if packet.pts is not None:
            early = packet.pts * self._base - self._origin < self.needed_from
            self._stream.codec_context.skip_frame = "NONREF" if early else "DEFAULT"
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self.errors += 1
            return
        for frame in frames:
            stamp = frame.pts if frame.pts is not None else frame.dts
            known = None if stamp is None else stamp * self._base - self._origin
            time = known if known is not None else max(Fraction(0), self._last) + self._step
            if time <= self._last:  # a second picture for the same moment can only be damage
                continue
            self._last = time
            self.decoded += 1
            yield time, frame
