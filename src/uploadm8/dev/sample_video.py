"""Encode the sample drive: H.264 and AAC in an MP4 that carries its true creation time."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import av.container
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_scene import Scene
from uploadm8.dev.sample_sound import RATE, engine_sound

_BT709 = 1  # the number of BT.709 in ITU-T H.273, for matrix, transfer and primaries
_LIMITED_RANGE = 1
_SOUND_BLOCK = 1024


def encode_drive(
    path: Path,
    drive: Drive,
    start_utc: float,
    seconds: float,
    *,
    width: int,
    height: int,
    fps: int,
    seed: int,
) -> None:
    """Film the drive from second 0 on; width and height must be even.

    One thread paints while another encodes: both spend their time outside the interpreter.
    """
    scene = Scene(drive, width, height, seed=seed)
    sound = engine_sound(drive, seconds, seed=seed)
    created = datetime.fromtimestamp(start_utc, UTC).isoformat().replace("+00:00", "Z")
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        out.metadata["creation_time"] = created
        video = _video_stream(out, width, height, fps)
        audio = out.add_stream("aac", rate=RATE, layout="stereo")
        audio.bit_rate = 160_000
        sent = 0
        with ThreadPoolExecutor(max_workers=1) as encoder:
            encoded: Future[list[av.Packet[VideoStream]]] | None = None
            for n in range(round(seconds * fps)):
                frame = av.VideoFrame(width, height, "yuv420p")
                _fill_planes(frame, scene.paint(n / fps))
                frame.pts, frame.time_base = n, Fraction(1, fps)
                if encoded is not None:
                    out.mux(encoded.result())
                encoded = encoder.submit(video.encode, frame)
                sent = _send_sound(out, audio, sound, sent, until=n / fps)
            if encoded is not None:
                out.mux(encoded.result())
        out.mux(video.encode(None))
        _send_sound(out, audio, sound, sent, until=seconds)
        out.mux(audio.encode(None))


def _video_stream(
    out: av.container.OutputContainer, width: int, height: int, fps: int
) -> VideoStream:
    options = {"preset": "ultrafast", "crf": "20", "x264-params": f"keyint={2 * fps}"}
    video = out.add_stream("libx264", rate=fps, options=options)
    video.width, video.height, video.pix_fmt = width, height, "yuv420p"
    context = video.codec_context
    context.colorspace = context.color_trc = context.color_primaries = _BT709
    context.color_range = _LIMITED_RANGE
    return video


def _fill_planes(frame: av.VideoFrame, image: NDArray[np.uint8]) -> None:
    """Copy a 4:4:4 image into the planes of a 4:2:0 frame, averaging the chroma."""
    for i, plane in enumerate(frame.planes):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        target = rows[: plane.height, : plane.width]
        channel = cv2.extractChannel(image, i)
        if i:
            channel = cv2.resize(channel, (plane.width, plane.height), interpolation=cv2.INTER_AREA)
        target[:] = channel


def _send_sound(
    out: av.container.OutputContainer,
    audio: AudioStream,
    sound: NDArray[np.float32],
    sent: int,
    *,
    until: float,
) -> int:
    """Encode whole blocks of sound up to `until` seconds; how many samples have been sent."""
    while sent < min(round(until * RATE), sound.shape[1]):
        block = np.ascontiguousarray(sound[:, sent : sent + _SOUND_BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, sent, Fraction(1, RATE)
        out.mux(audio.encode(frame))
        sent += block.shape[1]
    return sent
