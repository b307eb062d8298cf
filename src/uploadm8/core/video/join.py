"""Join segments without decoding them: same pictures, same times, sound made in one piece."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from uploadm8.core.video.faults import fault
from uploadm8.core.video.job import Output, RenderJob, Span
from uploadm8.core.video.opening import opened
from uploadm8.core.video.probe import probe
from uploadm8.core.video.segments import needs, note_of, segment_path
from uploadm8.core.video.sound import open_sound
from uploadm8.core.video.soundpump import SoundPump
from uploadm8.core.video.timeline import Timeline
from uploadm8.core.video.writer import MP4_OPTIONS, SoundTrack, part_of

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One segment: where it lies, and the times of its packets in decoding order."""

    path: Path
    times: Times
    base: Fraction
    extradata: bytes


def join(job: RenderJob, output: Output, spans: Sequence[Span], folder: Path) -> int:
    """Write an output from its segments; the number of frames is returned.

    Raises:
        MediaError: segments_differ, when one is missing or was made for another job.
    """
    pieces = [
        _read(job, output, folder, number)
        for number, span in enumerate(spans)
        if needs(output, span)
    ]
    if len({(piece.base, piece.extradata) for piece in pieces if len(piece.times)}) > 1:
        raise fault("segments_differ", what="they were encoded with different settings")
    shown = np.concatenate([piece.times for piece in pieces])
    with ExitStack() as stack:
        source = job.known or probe(job.source, job.limits)
        timeline = Timeline.of(source, job.trim)
        end = timeline.end_for(output.spec)
        heard = stack.enter_context(opened(job.source, job.limits))
        sound = open_sound(heard, source, timeline.origin, end)
        file = av.open(str(part_of(output.path)), "w", format="mp4", options=dict(MP4_OPTIONS))
        stack.callback(file.close)
        with av.open(str(pieces[0].path), format="mov") as first:
            stream = file.add_stream_from_template(first.streams.video[0])
        stream.metadata.clear()
        track = SoundTrack(file, sound) if sound is not None else None
        pump = SoundPump(sound, {track: end} if track is not None else {})
        _copy(file, stream, pieces, decoding_times(shown), pump)
        pump.rest()
        if track is not None:
            track.flush()
    part_of(output.path).replace(output.path)
    return len(shown)


def decoding_times(shown: Times) -> Times:
    """Decoding times for packets in decoding order that are shown at these distinct times.

    The k-th packet is decoded at the time of the picture that is shown `delay` places earlier,
    with the smallest delay that lets every packet be decoded before it is shown.
    """
    ordered = np.sort(shown)
    rank = np.searchsorted(ordered, shown)
    delay = int(np.max(np.arange(len(shown)) - rank, initial=0))
    step = int(np.min(np.diff(ordered), initial=1)) if len(ordered) > 1 else 1
    before = ordered[0] - step * np.arange(delay, 0, -1)
    return np.concatenate([before, ordered])[: len(shown)]


def _read(job: RenderJob, output: Output, folder: Path, number: int) -> _Piece:
    path = segment_path(folder, output, number)
    note = note_of(job, output, number, folder)
    if note is None:
        raise fault("segments_differ", what=f"number {number} is missing or belongs elsewhere")
    with av.open(str(path), format="mov") as file:
        stream = file.streams.video[0]
        base = Fraction(stream.time_base or 1)
        stamps = [p.pts for p in file.demux(stream) if p.pts is not None]
        times = np.asarray(stamps, np.int64)
        return _Piece(
            path,
            times + round(Fraction(note.first) / base),
            base,
            bytes(stream.codec_context.extradata or b""),
        )


def _copy(
    file: OutputContainer,
    stream: VideoStream,
    pieces: Sequence[_Piece],
    decoded: Times,
    pump: SoundPump,
) -> None:
    place = 0
    for piece in pieces:
        for packet, time in zip(_packets(piece.path), piece.times, strict=True):
            packet.stream = stream
            packet.pts, packet.dts, packet.time_base = int(time), int(decoded[place]), piece.base
            pump.until(time * piece.base)
            file.mux(packet)
            place += 1


def _packets(path: Path) -> Iterator["Packet[VideoStream]"]:
    with av.open(str(path), format="mov") as file:
        for packet in file.demux(file.streams.video[0]):
            if packet.pts is not None:
                yield packet
