"""Write one MP4: H.264 with true colour tags, AAC, index first, no edit list, nothing private."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from uploadm8.core.video.color import Color
from uploadm8.core.video.encoders import AUDIO_BITRATE, Settings
from uploadm8.core.video.inorder import InOrder
from uploadm8.core.video.rendition import RenditionSpec
from uploadm8.core.video.sound import FRAME, RATE, Chunk, Pcm, Sound

# Negative composition offsets let the first picture have time 0 without an edit list, which
# Instagram refuses and some players ignore (pictures and sound then drift apart by two pictures).
MP4_OPTIONS = {"movflags": "faststart+negative_cts_offsets", "use_editlist": "0"}
SEGMENT_OPTIONS = {**MP4_OPTIONS, "movflags": "negative_cts_offsets"}
UNDER_WAY = 3  # pictures on their way into an encoder: one at work, two waiting
_NO_PICTURE_TYPE = 0


def part_of(path: Path) -> Path:
    """Where a file grows until it is whole."""
    return path.with_name(path.name + ".part")


class Writer:
    """One output file; it appears under its name only when `close` has finished it.

    It encodes on a thread of its own, so that several files grow side by side while the next
    picture is decoded and drawn. A frame belongs to the writer until `UNDER_WAY` later ones came.

    Attributes:
        frames: pictures taken so far.
    """

    def __init__(
        self,
        path: Path,
        spec: RenditionSpec,
        settings: Settings,
        *,
        rate: Fraction,
        time_base: Fraction,
        color: Color,
        sound: Sound | None = None,
        is_segment: bool = False,
    ) -> None:
        """A segment is read again soon, so its index need not come first."""
        self.frames = 0
        self._path = path
        self._size = (spec.width, spec.height)
        options = SEGMENT_OPTIONS if is_segment else MP4_OPTIONS
        self._file = av.open(str(part_of(path)), "w", format="mp4", options=options)
        self._video = self._add_video(settings, rate, time_base, color)
        self._sound = SoundTrack(self._file, sound) if sound is not None else None
        self._heard: list[Chunk | Pcm] = []
        self._work = InOrder(path.stem)
        self._ends = False

    def picture(self, frame: VideoFrame, pts: int) -> None:
        """Encode a frame, to be shown at `pts` in units of the time base.

        Raises:
            FFmpegError, OSError: an earlier picture could not be encoded or written.
        """
        if (frame.width, frame.height) != self._size:
            raise ValueError(f"{frame.width}x{frame.height} frame for a {self._size} rendition")
        frame.pts = pts
        frame.time_base = self._video.codec_context.time_base
        frame.pict_type = _NO_PICTURE_TYPE  # the source's type would force key frames
        self._work.wait(UNDER_WAY - 1)
        self._work.put(self._encode, frame, self._taken())
        self.frames += 1

    def chunk(self, chunk: Chunk) -> None:
        """Add a packet of copied sound."""
        self._heard.append(chunk)

    def pcm(self, block: Pcm) -> None:
        """Encode a block of samples."""
        self._heard.append(block)

    def note(self, text: str) -> None:
        """Leave a comment in the file's header; only before the first picture."""
        self._file.metadata["comment"] = text

    def close(self) -> None:
        """Finish the file and give it its name."""
        self.finish()
        self._work.wait()
        self._work.end()
        part_of(self._path).replace(self._path)

    def finish(self) -> None:
        """Begin to `close`: the encoder's last pictures come while other files finish theirs."""
        if not self._ends:
            self._ends = True
            self._work.put(self._end, self._taken())

    def abandon(self) -> None:
        """Remove the unfinished file."""
        self._work.end()
        self._file.close()
        part_of(self._path).unlink(missing_ok=True)

    def _taken(self) -> list[Chunk | Pcm]:
        heard, self._heard = self._heard, []
        return heard

    def _encode(self, frame: VideoFrame, heard: list[Chunk | Pcm]) -> None:
        self._file.mux(self._video.encode(frame))
        self._listen(heard)

    def _end(self, heard: list[Chunk | Pcm]) -> None:
        self._file.mux(self._video.encode(None))
        self._listen(heard)
        if self._sound is not None:
            self._sound.flush()
        self._file.close()

    def _listen(self, heard: list[Chunk | Pcm]) -> None:
        if self._sound is None:
            return
        for piece in heard:
            if isinstance(piece, Chunk):
                self._sound.chunk(piece)
            else:
                self._sound.pcm(piece)

    def _add_video(
        self, settings: Settings, rate: Fraction, time_base: Fraction, color: Color
    ) -> VideoStream:
        stream = self._file.add_stream(settings.encoder.value, rate=rate)
        stream.width, stream.height = self._size
        stream.pix_fmt = settings.pixel_format
        stream.time_base = time_base
        context = stream.codec_context
        context.time_base = time_base
        context.gop_size = settings.gop
        context.thread_count = settings.threads
        context.color_range = color.range
        context.colorspace = color.matrix
        context.color_primaries = color.primaries
        context.color_trc = color.transfer
        stream.options = dict(settings.options)
        return stream


class SoundTrack:
    """The sound of one output file, copied or encoded."""

    def __init__(self, file: av.container.OutputContainer, sound: Sound) -> None:
        self._file = file
        self._waiting: list[Pcm] = []
        self._count = 0
        self._pts = 0
        self._copied = sound.copied
        if sound.copied:
            self._stream: AudioStream = file.add_stream_from_template(sound.template)
            self._stream.metadata.clear()
            return
        self._stream = file.add_stream("aac", rate=RATE)
        self._stream.codec_context.layout = "stereo" if sound.channels == 2 else "mono"
        self._stream.codec_context.bit_rate = AUDIO_BITRATE[sound.channels]

    def chunk(self, chunk: Chunk) -> None:
        """Add a copied packet; each file needs a packet object of its own."""
        packet = Packet(chunk.data)
        packet.stream = self._stream
        packet.time_base = chunk.base
        packet.pts = packet.dts = chunk.pts
        packet.duration = chunk.duration
        packet.is_keyframe = True
        self._file.mux(packet)

    def pcm(self, block: Pcm) -> None:
        """Encode what fills whole AAC frames, keep the rest."""
        self._waiting.append(block)
        self._count += block.shape[1]
        if self._count < FRAME:
            return
        joined = np.concatenate(self._waiting, axis=1)
        whole = self._count // FRAME * FRAME
        for start in range(0, whole, FRAME):
            self._encode(joined[:, start : start + FRAME])
        self._waiting, self._count = [joined[:, whole:]], self._count - whole

    def flush(self) -> None:
        """Encode the rest."""
        if self._copied or not self._pts + self._count:
            return
        if self._count:
            self._encode(np.concatenate(self._waiting, axis=1))
        self._mux(self._stream.encode(None))

    def _encode(self, samples: Pcm) -> None:
        layout = "stereo" if samples.shape[0] == 2 else "mono"
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), self._pts
        self._pts += samples.shape[1]
        self._mux(self._stream.encode(frame))

    def _mux(self, packets: "list[Packet[AudioStream]]") -> None:
        # The encoder's first packet is priming before time 0, which only an edit list could hide.
        self._file.mux([packet for packet in packets if packet.pts is not None and packet.pts >= 0])
