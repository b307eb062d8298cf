"""What a caption template may name, and the values that a video gives to it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from uploadm8.core.hud.spec import Units
from uploadm8.core.hud.units import UNIT_SYSTEMS, Quantity

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


def values_of(
    upload: Mapping[str, Any],
    source: Mapping[str, Any],
    telemetry: Mapping[str, Any],
    *,
    units: Units,
    time_zone: str,
) -> dict[str, str | None]:
    """Every variable but those of the account.

    Args:
        upload: title, filename, caption, hashtags.
        source: what the probe found, with `places`.
        telemetry: the summary of the track; empty without one.
        units: of speeds, ways and heights, as the HUD shows them.
        time_zone: IANA zone that date and time are told in.
    """
    places = source.get("places") or {}
    start, end = places.get("start") or {}, places.get("end") or {}
    system = UNIT_SYSTEMS[units]
    return {
        "title": upload["title"] or None,
        "caption": upload["caption"].strip() or None,
        "hashtags": " ".join(f"#{tag.lstrip('#')}" for tag in upload["hashtags"]) or None,
        **_when(telemetry.get("start_utc") or source.get("creation_time"), time_zone),
        "duration": _clock(source.get("duration_s")),
        "max_speed": _told(telemetry.get("max_speed_mps"), system.speed),
        "avg_speed": _told(telemetry.get("mean_speed_mps"), system.speed),
        "distance": _told(telemetry.get("distance_m"), system.distance, decimals=1),
        "elevation_gain": _told(telemetry.get("altitude_gain_m"), system.height),
        "max_altitude": _told(telemetry.get("altitude_max_m"), system.height),
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


def _told(si: float | None, quantity: Quantity, decimals: int = 0) -> str | None:
    return None if si is None else f"{quantity.of(si):,.{decimals}f} {quantity.symbol}"
