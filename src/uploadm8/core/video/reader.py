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


class Reader:
    """Pictures from any point on; damaged packets are counted and skipped.

    Attributes:
        decoded: pictures handed out.
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
        self._last = -self._step
        self.decoded = 0
        self.errors = 0
        for other in container.streams:
            if other.index != stream.index:
                other.discard = (
                    av.stream.Discard.all
                )  # sound is read through a container of its own

    def pictures(self, start: Fraction) -> Iterator[Picture]:
        """Pictures in display order, beginning at or before `start` seconds after the origin."""
        if start > 0 or self._origin > 0:
            self._seek(start)
        self._last = -self._step * 1_000_000
        for packet in self._packets():
            yield from self._decode(packet)

    def _seek(self, start: Fraction) -> None:
        # Two pictures early: where pictures are reordered, a key frame found by its decoding time
        # may be shown late.
        ticks = int((start + self._origin - 2 * self._step) / self._base)
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
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self.errors += 1
            return
        for frame in frames:
            stamp = frame.pts if frame.pts is not None else frame.dts
            known = None if stamp is None else stamp * self._base - self._origin
            time = known if known is not None else self._last + self._step
            if time <= self._last:  # a second picture for the same moment can only be damage
                continue
            self._last = time
            self.decoded += 1
            yield time, frame
