"""Look into an upload: what the video is, what its telemetry says, how the two line up."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from uploadm8.core.hud.clock import zone_name
from uploadm8.core.telemetry.places import places_of
from uploadm8.core.telemetry.preview import geojson, preview, summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.store import dump_track
from uploadm8.core.telemetry.track import Track
from uploadm8.core.telemetry.zones import Zone, hide_zones
from uploadm8.core.video.alignment import Alignment, align
from uploadm8.core.video.containers import EVERYWHERE
from uploadm8.core.video.limits import DEFAULT_LIMITS
from uploadm8.core.video.probe import probe
from uploadm8.core.video.quick_still import KeptPicture, keep_pictures
from uploadm8.core.video.source import SourceInfo
from uploadm8.errors import TelemetryError, UploadM8Error

PREVIEW_POINTS = 1_000


@dataclass(frozen=True, slots=True)
class InspectTask:
    """What to look at.

    Attributes:
        source: the video, on local disk.
        telemetry: the telemetry file beside it, if one was sent.
        offset_s: the log's time at the first picture, when the user has set it.
        zones: where no position may be shown.
        containers: the kinds of file that are accepted.
    """

    source: Path
    telemetry: Path | None = None
    offset_s: float | None = None
    zones: tuple[Zone, ...] = ()
    containers: frozenset[str] = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found; everything but the problem is plain JSON.

    Attributes:
        source: facts of the video.
        summary: facts of the telemetry file that was sent; None without one, or when unreadable.
        embedded: facts of telemetry inside the video, when no file was sent.
        preview: thinned channels and the GeoJSON line of the telemetry used.
        sync: how telemetry and video were lined up, and the IANA zone of the first position.
        telemetry_problem: why the telemetry file cannot be used.
        warnings: code and sentence of what is odd.
        track: the telemetry used, as bytes for `load_track`.
        pictures: pictures of the video for quick stills.
    """

    source: dict[str, Any]
    summary: dict[str, Any] | None = None
    embedded: dict[str, Any] | None = None
    preview: dict[str, Any] | None = None
    sync: dict[str, Any] | None = None
    telemetry_problem: UploadM8Error | None = None
    warnings: list[dict[str, Any]] = field(default_factory=list)
    track: bytes | None = None
    pictures: tuple[KeptPicture, ...] = ()


def inspect_media(task: InspectTask, emit: Callable[[Any], None]) -> Inspection:
    """Probe the video and read its telemetry.

    Raises:
        MediaError: the video cannot be used.
    """
    source = probe(task.source, replace(DEFAULT_LIMITS, containers=task.containers))
    emit({"probed": True})
    facts = source_facts(source)
    try:
        track = find_track(task.source, task.telemetry, task.zones)
    except TelemetryError as error:
        return Inspection(source=facts, telemetry_problem=error)
    pictures = tuple(keep_pictures(task.source))
    if track is None:
        return Inspection(source=facts, warnings=_without_track(source), pictures=pictures)
    aligned = align(track, source, task.source, task.offset_s)
    facts["places"] = {end: asdict(place) for end, place in places_of(track).items()}
    told = summary(track)
    return Inspection(
        source=facts,
        summary=told if task.telemetry is not None else None,
        embedded=told if task.telemetry is None else None,
        preview={**preview(track, PREVIEW_POINTS), "geojson": geojson(track)},
        sync={**aligned.as_json(), "time_zone": zone_name(track)},
        warnings=[{"code": "telemetry", "detail": text} for text in track.quality.warnings]
        + _doubts(aligned),
        track=dump_track(track),
        pictures=pictures,
    )


def find_track(video: Path, telemetry: Path | None, zones: Sequence[Zone] = ()) -> Track | None:
    """The track of the file that was sent, else the one inside the video, else None.

    Positions inside the privacy zones are gone from it.

    Raises:
        TelemetryError: a file was sent and cannot be read.
    """
    if telemetry is not None:
        return hide_zones(read_track(telemetry), zones)
    try:
        return hide_zones(read_track(video), zones)
    except TelemetryError:
        return None


def source_facts(source: SourceInfo) -> dict[str, Any]:
    """The facts of a video as plain JSON."""
    audio = source.audio
    return {
        "container": source.container,
        "size_bytes": source.size_bytes,
        "duration_s": round(source.duration_s, 3),
        "frames": source.frames,
        "codec": source.codec,
        "width": source.width,
        "height": source.height,
        "rotation": source.rotation,
        "fps": round(float(source.fps), 3),
        "nominal_fps": str(source.nominal_fps),
        "variable_frame_rate": source.variable,
        "interlaced": source.interlaced,
        "location": source.location,
        "bit_depth": source.bit_depth,
        "hdr": source.hdr,
        "audio": None
        if audio is None
        else {"codec": audio.codec, "rate": audio.rate, "channels": audio.channels},
        "parts": len(source.splices) + 1,
        "creation_time": source.creation_date or source.creation_time,
        "telemetry_streams": list(source.telemetry),
    }


def _without_track(source: SourceInfo) -> list[dict[str, Any]]:
    if not source.telemetry:
        return []
    names = ", ".join(name.strip() for name in source.telemetry)
    return [
        {
            "code": "embedded_telemetry_unusable",
            "detail": f"The video carries telemetry ({names}) without a usable position or speed.",
        }
    ]


def _doubts(aligned: Alignment) -> list[dict[str, Any]]:
    if not aligned.needs_review:
        return []
    return [{"code": "sync_needs_review", "detail": aligned.reason}]
