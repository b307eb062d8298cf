"""The log of the sample drive as a phone or watch would write it: GPX 1.1 at 10 Hz."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from uploadm8.dev.sample_drive import Drive

RATE_HZ = 10.0
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="UploadM8 sample" xmlns="http://www.topografix.com/GPX/1/1" \
xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
<metadata><name>Golden hour drive</name><time>{start}</time></metadata>
<trk><name>Golden hour drive</name><trkseg>
"""
_POINT = (
    '<trkpt lat="{lat:.7f}" lon="{lon:.7f}"><ele>{ele:.2f}</ele><time>{time}</time><extensions>'
    "<gpxtpx:TrackPointExtension><gpxtpx:hr>{hr:.0f}</gpxtpx:hr>"
    "<gpxtpx:speed>{speed:.3f}</gpxtpx:speed><gpxtpx:course>{course:.2f}</gpxtpx:course>"
    "</gpxtpx:TrackPointExtension></extensions></trkpt>\n"
)


def write_gpx(
    path: Path, drive: Drive, start_utc: float, seconds: float, *, margin_s: float, offset_s: float
) -> None:
    """Write the drive from -margin_s to seconds + margin_s, its clock ahead by `offset_s`."""
    t = np.arange(round((seconds + 2 * margin_s) * RATE_HZ) + 1) / RATE_HZ - margin_s
    s = drive.distance(t)
    latitude, longitude = drive.coordinates(s)
    speed = drive.speed(t)
    effort = np.clip(speed / 36.0, 0, 1)
    columns = {
        "lat": latitude,
        "lon": longitude,
        "ele": drive.altitude(s),
        "hr": 92 + 26 * effort + 2 * np.sin(t / 3.1),
        "speed": speed,
        "course": np.degrees(drive.heading(s)) % 360.0,
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    with path.open("w", encoding="utf-8") as out:
        out.write(_HEAD.format(start=_stamp(start_utc)))
        for when, row in zip(t.tolist(), rows, strict=True):
            values = dict(zip(columns, row, strict=True))
            out.write(_POINT.format(time=_stamp(start_utc + when + offset_s), **values))
        out.write("</trkseg></trk></gpx>\n")


def _stamp(utc: float) -> str:
    moment = datetime.fromtimestamp(round(utc, 3), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
