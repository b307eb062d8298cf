"""Files that are no usable video, inspected as a worker does it: in the confined child process."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from media import Clip, make, picture
from sandbox_films import make_picture
from uploadm8.core.video.faults import FAULTS
from uploadm8.core.video.inspection import InspectTask, inspect_media
from uploadm8.errors import MediaError
from uploadm8.infra.jobs.child import run_in_child

pytestmark = pytest.mark.anyio

_KEY = "00112233445566778899aabbccddeeff"


def broken(path: Path) -> None:
    """The pictures' bytes are noise."""
    make(path, Clip(audio=None))
    data = bytearray(path.read_bytes())
    start, noise = data.index(b"mdat") + 4, np.random.default_rng(1)
    end = data.index(b"moov", start) - 4 if b"moov" in data[start:] else len(data)
    data[start:end] = noise.bytes(end - start)
    path.write_bytes(bytes(data))


def sound_only(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=48_000)
        for start in range(0, 48_000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def no_duration(path: Path) -> None:
    make(path, Clip(frames=1, audio=None))


def huge(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as file:
        video = file.add_stream("mpeg4", rate=2, options={"b": "200k"})
        video.width, video.height, video.pix_fmt = 8000, 4500, "yuv420p"
        for number in range(3):
            frame = av.VideoFrame(8000, 4500, "yuv420p")
            frame.pts = number
            file.mux(video.encode(frame))
        file.mux(video.encode(None))


def picture_disguised(path: Path) -> None:
    make_picture(path.with_suffix(".png")).rename(path)


def encrypted(path: Path) -> None:
    options = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": _KEY,
        "encryption_kid": _KEY,
    }
    with av.open(str(path), "w", format="mp4", options=options) as file:
        video = file.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        for number in range(45):
            frame = picture(Clip(), number)
            frame.pts, frame.time_base = number, Fraction(1, 30)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))


def truncated(path: Path) -> None:
    make(path, Clip(frames=90, noise=4))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (broken, "media_undecodable"),
        (sound_only, "media_no_video_stream"),
        (no_duration, "media_too_short"),
        (huge, "media_size_unsupported"),
        (picture_disguised, "media_not_video"),
        (encrypted, "media_encrypted"),
        (truncated, "media_truncated"),
        (empty, "media_empty"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_the_reason_is_told(tmp_path: Path, spoil: Callable[[Path], None], code: str) -> None:
    video = tmp_path / "video.mp4"
    spoil(video)
    with pytest.raises(MediaError) as caught:
        await run_in_child(inspect_media, InspectTask(video), scratch=tmp_path)
    assert caught.value.code == code
    assert caught.value.code in FAULTS
    assert caught.value.detail.endswith(".")
    assert caught.value.action
