"""What a caption template may name, and the values that a video gives to it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

VARIABLES: Mapping[str, tuple[str, str]] = {
    "title": ("the upload's title", "Sunday ride over the pass"),
    "caption": ("the upload's own caption", "What a morning."),
    "hashtags": ("the upload's hashtags", "#ride #alps"),
    "account": ("the name of the account", "Alpine Rides"),
    "platform": ("where it is posted", "YouTube"),
    "date": ("the local day of filming", "23 November 2026"),
    "time": ("the local time of filming", "07:42"),
    "duration": ("how long the video is", "12:34"),
    "max_speed": ("the highest speed", "112 km/h"),
    "avg_speed": ("the mean speed while moving", "64 km/h"),
    "distance": ("the way that was covered", "42.2 km"),
    "elevation_gain": ("how much it went up", "1,204 m"),
    "max_altitude": ("the highest point", "2,757 m"),
    "place": ("the town where it begins", "Bormio"),
    "place_end": ("the town where it ends", "Prato"),
    "country": ("the country where it begins, in two letters", "IT"),
}
"""Name: what it is, and an example."""

EXAMPLES: Mapping[str, str] = {name: example for name, (_, example) in VARIABLES.items()}

_KMH, _MPH = 3.6, 2.236936
_FEET, _MILES = 3.280840, 1 / 1609.344


def values_of(
    upload: Mapping[str, Any],
    source: Mapping[str, Any],
    telemetry: Mapping[str, Any],
    *,
    imperial: bool,
    time_zone: str,
) -> dict[str, str | None]:
    """Every variable but those of the account.

    Args:
        upload: title, filename, caption, hashtags.
        source: what the probe found, with `places`.
        telemetry: the summary of the track; empty without one.
        imperial: miles and feet instead of kilometres and metres.
        time_zone: IANA zone that date and time are told in.
    """
    places = source.get("places") or {}
    start, end = places.get("start") or {}, places.get("end") or {}
    return {
        "title": upload["title"] or None,
        "caption": upload["caption"].strip() or None,
        "hashtags": " ".join(f"#{tag.lstrip('#')}" for tag in upload["hashtags"]) or None,
        **_when(telemetry.get("start_utc") or source.get("creation_time"), time_zone),
        "duration": _clock(source.get("duration_s")),
        "max_speed": _speed(telemetry.get("max_speed_mps"), imperial),
        "avg_speed": _speed(telemetry.get("mean_speed_mps"), imperial),
        "distance": _distance(telemetry.get("distance_m"), imperial),
        "elevation_gain": _height(telemetry.get("altitude_gain_m"), imperial),
        "max_altitude": _height(telemetry.get("altitude_max_m"), imperial),
        "place": start.get("name"),
        "place_end": end.get("name"),
        "country": start.get("country"),
    }


def _when(utc: str | None, time_zone: str) -> dict[str, str | None]:
    try:
        told = datetime.fromisoformat(utc or "")
    except ValueError:
        return {"date": None, "time": None}
    # Cameras without a zone write the local time.
    local = told.astimezone(ZoneInfo(time_zone)) if told.tzinfo else told
    return {"date": f"{local:%-d %B %Y}", "time": f"{local:%H:%M}"}


def _clock(seconds: float | None) -> str | None:
    if not seconds:
        return None
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _speed(mps: float | None, imperial: bool) -> str | None:
    if mps is None:
        return None
    return f"{mps * (_MPH if imperial else _KMH):.0f} {'mph' if imperial else 'km/h'}"


def _distance(metres: float | None, imperial: bool) -> str | None:
    if metres is None:
        return None
    return f"{metres * (_MILES if imperial else 0.001):,.1f} {'mi' if imperial else 'km'}"


def _height(metres: float | None, imperial: bool) -> str | None:
    if metres is None:
        return None
    return f"{metres * (_FEET if imperial else 1):,.0f} {'ft' if imperial else 'm'}"
