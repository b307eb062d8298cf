"""Numbers and scales of the FIT profile that telemetry needs."""

from dataclasses import dataclass

from uploadm8.core.telemetry.track import Channel

EPOCH_UNIX = 631_065_600  # 1989-12-31T00:00:00Z
SYSTEM_TIME_BELOW = 0x1000_0000  # smaller timestamps count from power on

RECORD, LAP, EVENT, ACTIVITY = 20, 19, 21, 34
GPS_METADATA, FIELD_DESCRIPTION = 160, 206

TIMESTAMP = 253
LAP_START = 2
EVENT_KIND, EVENT_TYPE = 0, 1
TIMER, STARTED, STOPPED = 0, 0, (1, 4, 8, 9)
ACTIVITY_LOCAL_TIME = 5
FRACTIONAL_CADENCE, COMPRESSED_SPEED_DISTANCE = 53, 8
GPS_MILLISECONDS, GPS_UTC = 0, 6

_SEMICIRCLE = 180.0 / 2**31


@dataclass(frozen=True, slots=True)
class FieldScale:
    """A field of a message and how it becomes SI: value * scale + offset."""

    field: int
    channel: Channel
    scale: float = 1.0
    offset: float = 0.0


# In order of preference: of two fields for one channel the first wins where both are present.
RECORD_FIELDS = (
    FieldScale(0, Channel.LAT, _SEMICIRCLE),
    FieldScale(1, Channel.LON, _SEMICIRCLE),
    FieldScale(78, Channel.ALTITUDE, 1 / 5, -500.0),
    FieldScale(2, Channel.ALTITUDE, 1 / 5, -500.0),
    FieldScale(73, Channel.SPEED, 1 / 1000),
    FieldScale(6, Channel.SPEED, 1 / 1000),
    FieldScale(3, Channel.HEART_RATE),
    FieldScale(4, Channel.CADENCE),
    FieldScale(5, Channel.DISTANCE, 1 / 100),
    FieldScale(7, Channel.POWER),
    FieldScale(9, Channel.GRADE, 1 / 100),
    FieldScale(13, Channel.TEMPERATURE),
    FieldScale(32, Channel.VERTICAL_SPEED, 1 / 1000),
)

GPS_FIELDS = (
    FieldScale(1, Channel.LAT, _SEMICIRCLE),
    FieldScale(2, Channel.LON, _SEMICIRCLE),
    FieldScale(3, Channel.ALTITUDE, 1 / 5, -500.0),
    FieldScale(4, Channel.SPEED, 1 / 1000),
    FieldScale(5, Channel.COURSE, 1 / 100),
)

# Developer fields that name no native field are known by their names.
DEVELOPER_NAMES = {
    "power": Channel.POWER,
    "heart_rate": Channel.HEART_RATE,
    "heart rate": Channel.HEART_RATE,
    "cadence": Channel.CADENCE,
    "rpm": Channel.RPM,
    "throttle": Channel.THROTTLE,
    "gear": Channel.GEAR,
    "lean angle": Channel.LEAN,
    "lean": Channel.LEAN,
}
