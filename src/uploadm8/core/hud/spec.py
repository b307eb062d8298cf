"""HudSpec: what a user asks of the HUD, as the JSON that is sent, saved and shared."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class ThemeName(StrEnum):
    """The looks."""

    GLASS = "glass"
    MINIMAL = "minimal"
    SPORT = "sport"
    RACING = "racing"
    DASHCAM = "dashcam"
    DRONE = "drone"


class Preset(StrEnum):
    """What was filmed; decides which widgets the automatic layout shows, and where."""

    CAR = "car"
    MOTORCYCLE = "motorcycle"
    BIKE = "bike"
    RUN = "run"
    DRONE = "drone"
    BOAT = "boat"


class Units(StrEnum):
    """km/h, m, km; mph, ft, mi; knots, feet, nautical miles."""

    METRIC = "metric"
    IMPERIAL = "imperial"
    NAUTICAL = "nautical"


class WidgetKind(StrEnum):
    """Every widget; each is hidden while its channels are absent."""

    SPEED = "speed"
    MAP = "map"
    ALTITUDE = "altitude"
    COMPASS = "compass"
    G_FORCE = "g_force"
    LEAN = "lean"
    ENGINE = "engine"
    LAP = "lap"
    STATS = "stats"
    HEART_RATE = "heart_rate"
    POWER = "power"
    CADENCE = "cadence"
    GRADE = "grade"
    DISTANCE = "distance"
    CLOCK = "clock"
    COORDINATES = "coordinates"
    MAX_SPEED = "max_speed"
    TEXT = "text"
    LOGO = "logo"


class StatField(StrEnum):
    """The numbers a `stats` panel can show side by side."""

    SPEED = "speed"
    CLOCK = "clock"
    DATE = "date"
    ELAPSED = "elapsed"
    DISTANCE = "distance"
    ALTITUDE = "altitude"
    GRADE = "grade"
    HEART_RATE = "heart_rate"
    POWER = "power"
    CADENCE = "cadence"
    VERTICAL_SPEED = "vertical_speed"
    TEMPERATURE = "temperature"
    RPM = "rpm"
    GEAR = "gear"
    LEAN = "lean"
    G_FORCE = "g_force"
    COURSE = "course"
    HOME_DISTANCE = "home_distance"
    PACE = "pace"
    LAP = "lap"
    SATELLITES = "satellites"
    COORDINATES = "coordinates"


class Anchor(StrEnum):
    """Where in the safe area a widget stands; several at one anchor move out of each other's way."""

    TOP_LEFT = "top_left"
    TOP = "top"
    TOP_RIGHT = "top_right"
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom_right"


HexColor = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$", description="#rrggbb")]
Scale = Annotated[float, Meta(ge=0.5, le=2.0)]
ShortText = Annotated[str, Meta(max_length=80)]


class WidgetEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One widget of a layout.

    Attributes:
        kind: which widget.
        anchor: where it stands; None = where the automatic layout would put it.
        scale: its size relative to the others.
        style: `arc`, `digital` or `bar` for speed, None = the theme's; `whole` or `follow` for map,
            None = `whole`.
        fields: what a `stats` panel shows, 1 to 6 fields.
        text: what a `text` widget says; None = HudSpec.text.
    """

    kind: WidgetKind
    anchor: Anchor | None = None
    scale: Scale = 1.0
    style: Literal["arc", "digital", "bar", "whole", "follow"] | None = None
    fields: Annotated[tuple[StatField, ...], Meta(max_length=6)] = ()
    text: ShortText | None = None


class SafeDriving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No speed that could embarrass its driver.

    Attributes:
        mode: `none`; `cap` shows no speed above `limit_kmh`, anywhere; `hide` shows no speed.
        limit_kmh: the cap, in km/h whatever the units.
    """

    mode: Literal["none", "cap", "hide"] = "none"
    limit_kmh: Annotated[float, Meta(gt=0, le=1000)] = 130.0


class HudSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A HUD, complete: with the telemetry and a frame format it determines every pixel.

    Attributes:
        name: what the user calls this HUD.
        theme: the look.
        preset: what was filmed; with `widgets` None it decides the layout.
        units: of every number.
        accent: the theme's own accent when None.
        scale: size of everything; 1 = made for the frame.
        opacity: of the panels; the less, the darker the shadow of the numbers and lines on them.
        widgets: the layout; None = the preset's, arranged automatically.
        safe_driving: cap or hide speed.
        time_zone: IANA name; None = the zone of the first position, else the offset the file tells,
            else UTC.
        clock_24h: 17:05, or 5:05 PM.
        text: what a `text` widget says, such as a name; shown by the automatic layout when given.
        logo: a PNG of at most 2 MB; shown by the automatic layout when given.
        summary_card: show maxima, distance and map during the last seconds.
        animate: ease the panels in and out; False = complete from the first frame.
    """

    name: ShortText | None = None
    theme: ThemeName = ThemeName.GLASS
    preset: Preset = Preset.CAR
    units: Units = Units.METRIC
    accent: HexColor | None = None
    scale: Scale = 1.0
    opacity: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    widgets: Annotated[tuple[WidgetEntry, ...], Meta(max_length=16)] | None = None
    safe_driving: SafeDriving = SafeDriving()
    time_zone: str | None = None
    clock_24h: bool = True
    text: ShortText | None = None
    logo: Annotated[bytes, Meta(max_length=2_000_000)] | None = None
    summary_card: bool = False
    animate: bool = True
