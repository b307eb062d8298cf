"""Read back what a render wrote, and shorthands for jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from media import number_of
from uploadm8.core.video.cadence import Cadence
from uploadm8.core.video.job import Output, RenderJob
from uploadm8.core.video.planes import planes_of
from uploadm8.core.video.probe import probe
from uploadm8.core.video.rendition import RenditionSpec


@dataclass(frozen=True, slots=True)
class Film:
    """Everything in a written file."""

    times: list[float]
    numbers: list[int]
    luma: list[NDArray[np.uint8]]
    keys: list[int]
    tags: tuple[int, int, int, int]
    sound_start: float | None
    sound: NDArray[np.float32]
    rate: int
    metadata: dict[str, str]

    def beeps(self) -> list[float]:
        """Times at which a beep begins."""
        loud = np.abs(self.sound) > 0.25
        gap = self.rate // 20
        starts = [i for i in np.flatnonzero(loud) if not loud[max(0, i - gap) : i].any()]
        return [(self.sound_start or 0) + float(i / self.rate) for i in starts]

    def flashes(self) -> list[float]:
        """Times of the white pictures."""
        return [t for t, y in zip(self.times, self.luma, strict=True) if y[40:].mean() > 200]


def watch(path: Path, scale: float = 1.0) -> Film:
    """Decode a whole file."""
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        frames = list(file.decode(video))
        luma = [planes_of(f.reformat(format="yuv420p")).y.copy() for f in frames]
        context = video.codec_context
        tags = (
            int(context.color_range),
            int(context.colorspace),
            int(context.color_primaries),
            int(context.color_trc),
        )
        start, sound, rate = _listen(path)
        return Film(
            times=[float(f.time or 0) for f in frames],
            numbers=[number_of(y, scale) for y in luma],
            luma=luma,
            keys=[i for i, f in enumerate(frames) if f.key_frame],
            tags=tags,
            sound_start=start,
            sound=sound,
            rate=rate,
            metadata=dict(file.metadata),
        )


def _listen(path: Path) -> tuple[float | None, NDArray[np.float32], int]:
    with av.open(str(path)) as file:
        if not file.streams.audio:
            return None, np.zeros(0, np.float32), 48_000
        blocks = list(file.decode(file.streams.audio[0]))
        sound = np.concatenate([b.to_ndarray()[0] for b in blocks]).astype(np.float32)
        return float(blocks[0].time or 0), sound, blocks[0].sample_rate


def spec(width: int = 320, height: int = 180, **changes: object) -> RenditionSpec:
    """A small rendition."""
    values: dict[str, object] = {"name": f"{width}x{height}", "safe_area": "none"}
    return RenditionSpec(width=width, height=height, **{**values, **changes})  # type: ignore[arg-type]


def job(source: Path, folder: Path, *specs: RenditionSpec, **changes: object) -> RenderJob:
    """A job that writes each spec to a file of its name."""
    outputs = tuple(Output(s, folder / f"{s.name}.mp4") for s in specs)
    return RenderJob(source, outputs, **changes)  # type: ignore[arg-type]


def boxes(path: Path) -> Sequence[bytes]:
    """The names of the top-level boxes."""
    data, place, names = path.read_bytes(), 0, []
    while place + 8 <= len(data):
        names.append(data[place + 4 : place + 8])
        place += max(8, int.from_bytes(data[place : place + 4], "big"))
    return names


def cadence_of(source: Path) -> Cadence:
    """What `probe` says of the pictures of a file."""
    found = probe(source)
    return Cadence(
        found.frames, found.frames, found.fps, found.nominal_fps, found.variable, found.duration_s
    )
