"""A track as bytes: numpy's own archive without pickles, so that reading it back runs no code."""

import io
import json
from dataclasses import asdict
from typing import Any

import numpy as np

from uploadm8.core.telemetry.track import Channel, Clock, Column, Provenance, Quality, Track

_META = "meta"


def dump_track(track: Track) -> bytes:
    """Write a track; `load_track` gives the same track back."""
    quality = asdict(track.quality)
    meta = {
        "format": track.format,
        "segments": list(track.segments),
        "holes": list(track.holes),
        "clock": track.clock.value,
        "start_utc": track.start_utc,
        "local_offset_s": track.local_offset_s,
        "quality": {**quality, "dropped": dict(track.quality.dropped)},
        "provenance": {
            name.value: column.provenance.value for name, column in track.columns.items()
        },
    }
    arrays: dict[str, Any] = {
        "t": track.t,
        _META: np.frombuffer(json.dumps(meta).encode(), np.uint8),
    }
    for name, column in track.columns.items():
        arrays[f"v_{name.value}"], arrays[f"ok_{name.value}"] = column.values, column.valid
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def load_track(data: bytes) -> Track:
    """Read what `dump_track` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        meta = json.loads(arrays[_META].tobytes())
        columns = {
            Channel(name): Column(arrays[f"v_{name}"], arrays[f"ok_{name}"], Provenance(made))
            for name, made in meta["provenance"].items()
        }
        quality = {**meta["quality"], "warnings": tuple(meta["quality"]["warnings"])}
        return Track(
            format=meta["format"],
            t=arrays["t"],
            columns=columns,
            segments=tuple(meta["segments"]),
            holes=tuple(meta["holes"]),
            clock=Clock(meta["clock"]),
            start_utc=meta["start_utc"],
            local_offset_s=meta["local_offset_s"],
            quality=Quality(**quality),
        )
