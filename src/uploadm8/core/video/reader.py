"""Decode the pictures of a source in order, with their times after the common origin."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from uploadm8.core.video.groups import from_key
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.splices import Mender

Picture = tuple[Fraction, VideoFrame]

_BACK_S = (Fraction(0), Fraction(1, 4), Fraction(3), Fraction(30), Fraction(10**6))
_BACK_WITHOUT_KEYS_S = (Fraction(3), Fraction(30), Fraction(10**6))  # packets are not decoded there
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
        self._kind = source.kind
        self._begins = Fraction(source.start_s).limit_denominator(1_000_000)
        self._mender = Mender(source.splices, self._base)
        self._spliced = bool(source.splices)
        self._late: int | None = None
        self._first_decoded: int | None = None
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
        after_beginning = start + self._origin - self._begins
        for back in _BACK_S if self._kind.tells_keys else _BACK_WITHOUT_KEYS_S:
            pictures = self._from(start, back)
            first = next(pictures, None)
            # A seek goes by decoding times: the key frame it finds may be shown after `start`.
            if first is None or first[0] <= start + self._step * _LATE or back >= after_beginning:
                break
        else:
            return
        if first is not None:
            yield first
            yield from pictures

    def _from(self, start: Fraction, back: Fraction) -> Iterator[Picture]:
        beginning = self._begins if not self._kind.tells_keys else 0
        if start + self._origin > beginning or not self._at_start:
            self._seek(start - back)
        self._at_start = False
        self._last = -_LONG_AGO_S
        self._late = self._first_decoded = None
        packets = self._packets()
        if not self._kind.tells_keys:
            packets = from_key(packets, self._ticks(start))
        for packet in packets:
            yield from self._decode(packet)

    def one_group(self, first: Fraction, second: Fraction) -> bool:
        """Whether both times hang on the same key frame, as far as the container's index tells."""
        index = self._stream.index_entries
        keys = [index.search_timestamp(self._ticks(time)) for time in (first, second)]
        return keys[0] == keys[1] >= 0

    def _ticks(self, time: Fraction) -> int:
        return int((time + self._origin) / self._base)

    def _seek(self, time: Fraction) -> None:
        if self._spliced:
            place = self._mender.begin_part(time + self._origin)
            self._container.seek(place, unsupported_byte_offset=True)
        else:
            self._container.seek(self._ticks(time), stream=self._stream, backward=True)
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
            self._mender.mend(packet)
            yield packet

    def _decode(self, packet: "Packet[VideoStream]") -> Iterator[Picture]:
        stamp = packet.pts if self._kind.tells_times else packet.dts
        if stamp is not None:
            early = stamp * self._base - self._origin < self.needed_from
            self._stream.codec_context.skip_frame = "NONREF" if early else "DEFAULT"
        if self._first_decoded is None:
            self._first_decoded = packet.dts
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self.errors += 1
            return
        for frame in frames:
            stamp = self._stamp(frame)
            known = None if stamp is None else stamp * self._base - self._origin
            time = known if known is not None else max(Fraction(0), self._last) + self._step
            if time <= self._last:  # a second picture for the same moment can only be damage
                continue
            self._last = time
            self.decoded += 1
            yield time, frame

    def _stamp(self, frame: VideoFrame) -> int | None:
        """When a picture is shown, as far as it knows; of pictures in order of decoding, from that.

        A picture that comes out of the decoder has the decoding time of the packet that drove it
        out, which is later than its own by as many pictures as the decoder holds back.
        """
        if self._kind.tells_times:
            return frame.pts if frame.pts is not None else frame.dts
        if frame.dts is None or self._first_decoded is None:
            return None
        if self._late is None:
            self._late = frame.dts - self._first_decoded
        return frame.dts - self._late
