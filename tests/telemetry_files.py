"""One circular drive, clockwise at 15 m/s on a radius of 100 m, written in every text format."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

RADIUS_M = 100.0
SPEED_MPS = 15.0
LATERAL_G = SPEED_MPS**2 / RADIUS_M / 9.80665
SECONDS = 40
DISTANCE_M = SPEED_MPS * SECONDS
START = datetime(2024, 5, 1, 10, 0, tzinfo=UTC).timestamp()
LAT, LON = -33.5, 151.25  # southern and eastern: a lost sign shows
_DEGREE_M = 6_371_008.8 * math.pi / 180


@dataclass(frozen=True)
class Point:
    t: float
    lat: float
    lon: float
    course: float

    @property
    def utc(self) -> datetime:
        return datetime.fromtimestamp(round(START + self.t, 3), UTC)


def points(hz: float = 5.0) -> list[Point]:
    return [_point(i / hz) for i in range(round(SECONDS * hz) + 1)]


def _point(t: float) -> Point:
    angle = SPEED_MPS * t / RADIUS_M  # clockwise from north
    north, east = RADIUS_M * math.cos(angle), RADIUS_M * math.sin(angle)
    lon = LON + east / _DEGREE_M / math.cos(math.radians(LAT))
    return Point(t, LAT + north / _DEGREE_M, lon, (math.degrees(angle) + 90.0) % 360.0)


def _iso(point: Point) -> str:
    return point.utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _minutes(value: float, width: int, decimals: int = 6) -> str:
    whole = int(abs(value))
    return f"{whole:0{width}d}{(abs(value) - whole) * 60:0{decimals + 3}.{decimals}f}"


def gpx() -> str:
    body = "".join(
        f'<trkpt lat="{p.lat:.7f}" lon="{p.lon:.7f}"><ele>120.5</ele>'
        f"<time>{_iso(p)}</time></trkpt>\n"
        for p in points(1)
    )
    return f'<?xml version="1.0"?>\n<gpx version="1.1"><trk><trkseg>{body}</trkseg></trk></gpx>\n'


def tcx() -> str:
    body = "".join(
        f"<Trackpoint><Time>{_iso(p)}</Time><Position><LatitudeDegrees>{p.lat:.7f}</LatitudeDegrees>"
        f"<LongitudeDegrees>{p.lon:.7f}</LongitudeDegrees></Position>"
        f"<AltitudeMeters>120.5</AltitudeMeters><DistanceMeters>{SPEED_MPS * p.t}</DistanceMeters>"
        "<HeartRateBpm><Value>150</Value></HeartRateBpm><Extensions><ns3:TPX><ns3:Speed>15.0"
        "</ns3:Speed><ns3:Watts>200</ns3:Watts></ns3:TPX></Extensions></Trackpoint>\n"
        for p in points(1)
    )
    return (
        "<TrainingCenterDatabase><Activities><Activity><Lap><Track>"
        f"{body}</Track></Lap></Activity></Activities></TrainingCenterDatabase>\n"
    )


def _srt(text: Callable[[Point], str]) -> str:
    def stamp(t: float) -> str:
        return f"00:00:{int(t):02d},{round(t % 1 * 1000):03d}"

    return "".join(
        f"{i + 1}\n{stamp(p.t)} --> {stamp(p.t + 0.2)}\n{text(p)}\n\n"
        for i, p in enumerate(points(5))
    )


def dji_mavic_3() -> str:
    return _srt(
        lambda p: (
            f'<font size="28">FrameCnt: 1, DiffTime: 20ms\n{p.utc:%Y-%m-%d %H:%M:%S}.000\n'
            f"[iso: 100] [latitude: {p.lat:.7f}] [longitude: {p.lon:.7f}] "
            "[rel_alt: 20.500 abs_alt: 120.500] [ct: 5500] </font>"
        )
    )


def dji_matrice() -> str:
    return _srt(
        lambda p: (
            f"{p.utc:%Y.%m.%d %H:%M:%S}\r\nGPS({p.lat:.7f},{p.lon:.7f},120.5M) BAROMETER:20.5M\r"
        )
    )


def dji_phantom() -> str:
    return _srt(
        lambda p: (
            f"F/2.8, SS 30.15, ISO 260, EV -1.7, GPS ({p.lon:.7f}, {p.lat:.7f}, 17), D 22.2m, "
            "H 20.5m, H.S 15.00m/s, V.S 0.00m/s"
        )
    )


def _sentence(body: str) -> str:
    return f"${body}*{reduce(lambda a, b: a ^ b, body.encode()):02X}\r\n"


def nmea() -> str:
    lines = []
    for p in points(5):
        place = f"{_minutes(p.lat, 2)},S,{_minutes(p.lon, 3)},E"
        clock = f"{p.utc:%H%M%S}.{p.utc.microsecond // 10_000:02d}"
        knots = SPEED_MPS * 3600 / 1852
        lines.append(_sentence(f"GNGGA,{clock},{place},1,11,0.8,120.5,M,22.0,M,,"))
        lines.append(
            _sentence(f"GNRMC,{clock},A,{place},{knots:.3f},{p.course:.2f},{p.utc:%d%m%y},,,A")
        )
    return "".join(lines)


def racechrono_v3() -> str:
    head = (
        "This file is created using RaceChrono Pro v9.1.3 ( http://racechrono.com/ ).\nFormat,3\n"
        'Session title,"Ring"\nCreated,01/05/2024,12:00\n\n'
        "timestamp,lap_number,elapsed_time,bearing,latitude,longitude,speed,lateral_acc,speed\n"
        "unix time,,s,deg,deg,deg,m/s,G,m/s\n,,,100: gps,100: gps,100: gps,100: gps,calc,200: obd\n"
    )
    return head + "".join(
        f"{START + p.t:.3f},1,{p.t:.3f},{p.course:.2f},{p.lat:.7f},{p.lon:.7f},15.0,"
        f"{-LATERAL_G:.4f},14.2\n"
        for p in points(5)
    )


def racechrono_v1() -> str:
    head = (
        "This file is created using RaceChrono v1.30 ( http://www.racechrono.com/ ).\n"
        "Session title,Ring\n\n"
        "Lap #,Timestamp (s),Distance (m),Latitude (deg),Longitude (deg),Speed (km/h),"
        "Altitude (m)\n"
    )
    return head + "".join(
        f"1,{START + p.t:.3f},{SPEED_MPS * p.t:.2f},{p.lat:.7f},{p.lon:.7f},54.0,120.5\n"
        for p in points(5)
    )


def trackaddict() -> str:
    head = (
        "# RaceRender Data: TrackAddict 4.8.2 on iOS 17\n# Vehicle: car\n"
        '"Time","UTC Time","Lap","GPS_Update","Latitude","Longitude","Altitude (m)",'
        '"Altitude (ft)","Speed (MPH)","Heading","Accel X","Accel Y"\n'
    )
    rows = []
    for p in points(5):
        fix = f"{p.lat:.7f},{p.lon:.7f},120.5,395.3,33.554,{p.course:.1f}"
        rows.append(f"{p.t:.3f},{START + p.t:.3f},0,1,{fix},{LATERAL_G:.3f},0.0\n")
        rows.append(f"{p.t + 0.1:.3f},{START + p.t + 0.1:.3f},0,0,{fix},{LATERAL_G:.3f},0.0\n")
    return head + "".join(rows[:50]) + "# Lap 0: 00:00:05.000\n" + "".join(rows[50:])


def lap_timer() -> str:
    head = (
        "Harry's GPS LapTimer\nINDEX,LAPINDEX,DATE,TIME,TIME_LAP,LATITUDE,LONGITUDE,SPEED_KPH,"
        "SPEED_MPH,HEIGHT_M,HEIGHT_FT,HEADING_DEG,GPSFIX[NOFIX/2D/3D/UNKNOWN],SATELLITES\n"
    )
    return head + "".join(
        f"{i},0,{p.utc:%d-%b-%y},{p.utc:%H:%M:%S}.{p.utc.microsecond // 10_000:02d},0,{p.lat:.7f},"
        f"{p.lon:.7f},54.0,33.55,120.5,395.3,{p.course:.1f},{0 if i < 3 else 2},9\n".replace(
            f"{p.utc:%b}", f"{p.utc:%b}".upper()
        )
        for i, p in enumerate(points(5))
    )


def vbox() -> str:
    head = (
        "File created on 01/05/2024 at 12:00:00\n\n[header]\nsatellites\ntime\nlatitude\n"
        "longitude\n"
        "velocity kmh\nheading\nheight\n\n[comments]\nnone\n\n[column names]\n"
        "sats time lat long velocity heading height\n\n[data]\n"
    )
    return head + "".join(
        f"073 {p.utc:%H%M%S}.{p.utc.microsecond // 10_000:02d} {p.lat * 60:+.6f} "
        f"{-p.lon * 60:+.6f} 054.000 {p.course:06.2f} +0120.50\n"
        for p in points(5)
    )


def escort_map() -> str:
    return "".join(
        f"A,{p.utc:%d%m%y},{p.utc:%H%M%S},{_minutes(p.lat, 2, 4)},S,{_minutes(p.lon, 3, 4)},E,"
        f"54.00,{LATERAL_G:.2f},0.00,1.50;\n"
        for p in points(1)
    )


def headed_map() -> str:
    head = "# written by an older client\ntimestamp,lat,lng,speed_mph,altitude\n"
    return head + "".join(
        f"{START + p.t},{p.lat:.7f},{p.lon:.7f},33.554,395.3\n" for p in points(1)
    )


def positional_map() -> str:
    return "".join(f"{START + p.t} {p.lat:.7f} {p.lon:.7f} 33.554 395.3\n" for p in points(1))


def seventymai() -> str:
    return "$V02\n" + "".join(
        f"{START + p.t:.0f},A,{p.lat:.6f},{p.lon:.6f},{p.course:.0f},54.0,0,0,0,NO001.MP4,0\n"
        for p in points(1)
    )


def german_csv() -> str:
    head = "Datum egal;Zeit egal;;;\nDate;Time;Latitude;Longitude;Speed [km/h];Höhe;Altitude (m)\n"
    rows = (
        f"{p.utc:%d.%m.%Y};{p.utc:%H:%M:%S}.{p.utc.microsecond // 1000:03d};"
        + f"{p.lat:.7f};{p.lon:.7f};54.0;0;120.5\n".replace(".", ",")
        for p in points(5)
    )
    return head + "".join(rows)


FILES: dict[str, tuple[str, Callable[[], str]]] = {
    "gpx": ("gpx", gpx),
    "tcx": ("tcx", tcx),
    "dji-mavic-3": ("dji-srt", dji_mavic_3),
    "dji-matrice": ("dji-srt", dji_matrice),
    "dji-phantom": ("dji-srt", dji_phantom),
    "nmea": ("nmea", nmea),
    "racechrono-v3": ("racechrono", racechrono_v3),
    "racechrono-v1": ("racechrono", racechrono_v1),
    "trackaddict": ("trackaddict", trackaddict),
    "lap-timer": ("harrys-lap-timer", lap_timer),
    "vbox": ("vbox", vbox),
    "escort-map": ("escort-map", escort_map),
    "headed-map": ("csv", headed_map),
    "positional-map": ("positional-csv", positional_map),
    "70mai": ("70mai", seventymai),
    "german-csv": ("csv", german_csv),
}
