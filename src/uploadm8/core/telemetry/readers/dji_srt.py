"""DJI subtitles: every variant of the text, from .SRT files or subtitle tracks of the video."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.formats import HEAD_BYTES, Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.text import decode_head, read_lines
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray
from uploadm8.core.telemetry.values import NAN, clock_seconds, number, unix_time

_NUMBER = r"([-+]?\d+(?:\.\d+)?)"
_CUE = re.compile(r"(\d{1,3}:\d{2}:\d{2}[,.]\d{1,3})\s*-->", re.ASCII)
# Bounded repeats from a word's first letter keep the search linear on hostile text.
_KEY = re.compile(r"(?<![a-z_])([a-z_]{1,20})\s{0,4}:\s{0,4}" + _NUMBER, re.ASCII | re.IGNORECASE)
_GPS = re.compile(
    rf"GPS\s*\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*(?:,\s*{_NUMBER}\s*(m?)\s*)?\)",
    re.ASCII | re.IGNORECASE,
)
_FLIGHT = (  # of the one-line variant; a value may be "n/a"
    (re.compile(rf"\bH\s+{_NUMBER}m", re.ASCII), "height"),
    (re.compile(rf"\bH\.S\s+{_NUMBER}m/s", re.ASCII), "along"),
    (re.compile(rf"\bV\.S\s+{_NUMBER}m/s", re.ASCII), "upward"),
)
_DATE = re.compile(
    r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{3}))?", re.ASCII
)
_SIGNS = re.compile(
    r"GPS\s*\(|\[\s*(?:latitude|iso|rel_alt)\b|HOME\s*\(|\bF/\d|(?:Frame|Srt)Cnt|BAROMETER:",
    re.IGNORECASE,
)
_MAX_CUE = 4_096  # characters of one cue; a real one has 700 at most

# Where an altitude may stand, best first, and what it is measured from. The plain "altitude" is
# above take-off or above the sea, depending on the firmware, and does not say which.
_ALTITUDES = (
    ("abs_alt", "msl"),
    ("altitude", None),
    ("rel_alt", "relative"),
    ("barometer", "relative"),
    ("hb", "relative"),
    ("height", "relative"),
    ("gps_m", None),
)


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: its start on the clock of the video (NaN if not given), and its text."""

    t: float
    text: str


def parse_cues(cues: Iterable[Cue], name: str = "dji-srt") -> RawTrack:
    """Rows of DJI subtitles.

    The order of GPS(a, b) is longitude first, except where the third value is in metres
    (Matrice); a value beyond 90 anywhere in the file tells for certain. The date in the text is
    local time without a zone, so it gives no UTC; it times only cues that have no time.

    Raises:
        TelemetryError: telemetry_no_points, telemetry_no_position.
    """
    rows = Rows()
    values: list[dict[str, float]] = []
    empty = total = 0
    dates: list[float] = []
    for cue in cues:
        total += 1
        found = _values(cue.text[:_MAX_CUE])
        if not found:
            empty += 1
            continue
        values.append(found)
        dates.append(_local_date(cue.text))
        rows.end_row(cue.t)
    if not values:
        raise telemetry_error(
            Problem.NO_POSITION if total else Problem.NO_POINTS,
            "The subtitles hold camera settings, but no position." if total else None,
        )
    columns, datum = _columns(values)
    return RawTrack(
        format=name,
        t=_times(rows.times(), dates),
        columns=columns,
        clock=Clock.VIDEO,
        altitude_datum=datum,
        dropped={"empty_cue": empty},
    )


def _values(text: str) -> dict[str, float]:
    """The numbers of one cue that we know, by the name DJI gives them."""
    known = {"latitude", "longitude", "longtitude", *(name for name, _ in _ALTITUDES)}
    found = {
        key.lower(): number(value) for key, value in _KEY.findall(text) if key.lower() in known
    }
    if "longtitude" in found:  # the spelling of the Mavic 2 generation
        found["longitude"] = found.pop("longtitude")
    if gps := _GPS.search(text):
        found["gps_a"], found["gps_b"] = number(gps[1]), number(gps[2])
        if gps[3]:
            found["gps_m" if gps[4] else "satellites"] = number(gps[3])
    for pattern, name in _FLIGHT:
        if match := pattern.search(text):
            found[name] = number(match[1])
    return found


def _columns(values: list[dict[str, float]]) -> tuple[dict[Channel, FloatArray], str | None]:
    def column(name: str) -> FloatArray:
        return np.array([found.get(name, NAN) for found in values], dtype=np.float64)

    lat, lon = column("latitude"), column("longitude")
    a, b = column("gps_a"), column("gps_b")
    if np.isfinite(a).any():
        metres = bool(np.isfinite(column("gps_m")).any())
        with np.errstate(invalid="ignore"):
            latitude_first = bool((np.abs(b) > 90.0).any()) or (
                metres and not (np.abs(a) > 90.0).any()
            )
        gps_lat, gps_lon = (a, b) if latitude_first else (b, a)
        lat = np.where(np.isnan(lat), gps_lat, lat)
        lon = np.where(np.isnan(lon), gps_lon, lon)
    columns = {
        Channel.LAT: lat,
        Channel.LON: lon,
        Channel.SPEED: column("along"),
        Channel.VERTICAL_SPEED: column("upward"),
        Channel.SATELLITES: column("satellites"),
    }
    datum = None
    for name, measured_from in _ALTITUDES:
        altitude = column(name)
        if np.isfinite(altitude).any():
            columns[Channel.ALTITUDE], datum = altitude, measured_from
            break
    return {c: v for c, v in columns.items() if np.isfinite(v).any()}, datum


def _local_date(text: str) -> float:
    found = _DATE.search(text)
    if not found:
        return NAN
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    milliseconds = int(found[7]) if found[7] else 0
    return unix_time(year, month, day, hour * 3600 + minute * 60 + second + milliseconds / 1e3)


def _times(t: FloatArray, dates: list[float]) -> FloatArray:
    if np.isfinite(t).any():
        return t
    local = np.array(dates, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(local))
    return local - local[known[0]] if len(known) else t


def read(path: Path) -> RawTrack:
    """Read a .SRT file; its cue times are the clock of the video."""
    with path.open("rb") as file:
        timed = "-->" in decode_head(file.read(HEAD_BYTES))
    lines = read_lines(path)
    return parse_cues(_timed_cues(lines) if timed else _blocks(lines))


def _timed_cues(lines: Iterable[str]) -> Iterator[Cue]:
    start: float | None = None
    text = ""
    for line in lines:
        if found := _CUE.search(line):
            if start is not None:
                yield Cue(start, text)
            start, text = clock_seconds(found[1]), ""
        elif len(text) < _MAX_CUE:
            text += line + "\n"
    if start is not None:
        yield Cue(start, text)


def _blocks(lines: Iterable[str]) -> Iterator[Cue]:
    text = ""
    for line in lines:
        if line.strip():
            text += line + "\n" if len(text) < _MAX_CUE else ""
        elif text:
            yield Cue(NAN, text)
            text = ""
    if text:
        yield Cue(NAN, text)


def is_dji(text: str) -> bool:
    """Whether a subtitle has DJI's words in it."""
    return bool(_SIGNS.search(text))


def sniff(head: bytes) -> bool:
    """Subtitles (or numbered blocks) with DJI's words in them."""
    text = decode_head(head)[:8192]
    return text[:1].isdigit() and ("-->" in text or "[latitude" in text) and is_dji(text)


FORMAT = Format("dji-srt", sniff, read)
