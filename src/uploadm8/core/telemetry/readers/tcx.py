"""Garmin TCX: activities, laps, tracks and their Activity Extension."""

from collections.abc import Callable, Mapping
from pathlib import Path

from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.text import decode_head
from uploadm8.core.telemetry.track import Channel
from uploadm8.core.telemetry.values import number
from uploadm8.core.telemetry.xml_points import XmlPoints
from uploadm8.core.telemetry.xml_stream import file_chunks

_FIELDS: dict[str, tuple[Channel, Callable[[str], float]]] = {
    "latitudedegrees": (Channel.LAT, number),
    "longitudedegrees": (Channel.LON, number),
    "altitudemeters": (Channel.ALTITUDE, number),
    "distancemeters": (Channel.DISTANCE, number),
    "value": (Channel.HEART_RATE, number),  # HeartRateBpm/Value is the only Value of a point
    "cadence": (Channel.CADENCE, number),
    "runcadence": (Channel.CADENCE, number),
    "speed": (Channel.SPEED, number),
    "watts": (Channel.POWER, number),
}


class _Tcx(XmlPoints):
    POINT = "trackpoint"
    FIELDS = _FIELDS

    def __init__(self) -> None:
        super().__init__()
        self._lap = 0
        self._tracks_in_lap = 0

    def outer(self, local: str) -> None:
        if local == "activity":
            self.segment_starts.append(self.rows.count)
        elif local == "lap":
            self._lap += 1
            self._tracks_in_lap = 0
        elif local == "track":
            # A lap begins without a pause; a second track within it means one.
            self._tracks_in_lap += 1
            if self._tracks_in_lap > 1:
                self.segment_starts.append(self.rows.count)

    def begin(self, attributes: Mapping[str, str]) -> None:
        if self._lap:
            self.rows.put(Channel.LAP, float(self._lap))


def read(path: Path) -> RawTrack:
    """Read all trackpoints; those without a position are pauses or indoor training.

    Raises:
        TelemetryError: telemetry_no_points, telemetry_damaged, telemetry_xml_forbidden.
    """
    tcx = _Tcx()
    damage = tcx.parse(file_chunks(path))
    if not tcx.rows.count:
        raise telemetry_error(Problem.DAMAGED if damage else Problem.NO_POINTS)
    return tcx.raw("tcx", damage)


def sniff(head: bytes) -> bool:
    """XML with a TrainingCenterDatabase root element."""
    text = decode_head(head)
    return text.startswith("<") and "TrainingCenterDatabase" in text


FORMAT = Format("tcx", sniff, read)
