"""Units of every shown quantity, and how its numbers are written."""

from dataclasses import dataclass

from uploadm8.core.hud.spec import Units

MINUS = "\u2212"
ABSENT = "\u2013"  # shown for a short gap


@dataclass(frozen=True, slots=True)
class Quantity:
    """A factor from SI and the unit's symbol."""

    factor: float
    symbol: str

    def of(self, si: float) -> float:
        """The SI value in this unit."""
        return si * self.factor


@dataclass(frozen=True, slots=True)
class UnitSystem:
    """One choice of units.

    Attributes:
        speed: from m/s.
        height: from m; also for ways shorter than one tenth of `distance`'s unit.
        distance: from m, for long ways.
        pace: from m, for time per way.
        climb: from m/s, for vertical speed.
        climb_decimals: how exactly that is shown.
        celsius: whether temperatures are in Celsius; else in Fahrenheit.
    """

    speed: Quantity
    height: Quantity
    distance: Quantity
    pace: Quantity
    climb: Quantity
    climb_decimals: int
    celsius: bool

    def distance_text(self, metres: float) -> tuple[str, str]:
        """Number and symbol of a way: metres or feet when short, two decimals below 100."""
        far = self.distance.of(metres)
        if far < 0.1:
            return number(self.height.of(metres)), self.height.symbol
        return f"{far:.2f}" if far < 100 else f"{far:.1f}", self.distance.symbol

    def climb_text(self, speed: float) -> tuple[str, str]:
        """Number, with its sign, and symbol of a vertical speed in m/s."""
        return number(self.climb.of(speed), self.climb_decimals, signed=True), self.climb.symbol

    def temperature_text(self, celsius: float) -> tuple[str, str]:
        """Number and symbol of a temperature."""
        if self.celsius:
            return number(celsius), "\u00b0C"
        return number(celsius * 1.8 + 32), "\u00b0F"

    def pace_text(self, speed: float) -> str | None:
        """Minutes and seconds per distance unit; None slower than half an hour per unit."""
        per_unit = 1 / max(speed * self.pace.factor, 1e-9)
        if per_unit > 1800:
            return None
        minutes, seconds = divmod(round(per_unit), 60)
        return f"{minutes}:{seconds:02d}"


_FOOT = Quantity(1 / 0.3048, "ft")
_FOOT_A_MINUTE = Quantity(60 / 0.3048, "ft/min")
_MILE_M, _NAUTICAL_MILE_M = 1609.344, 1852.0
UNIT_SYSTEMS = {
    Units.METRIC: UnitSystem(
        speed=Quantity(3.6, "km/h"),
        height=Quantity(1.0, "m"),
        distance=Quantity(1e-3, "km"),
        pace=Quantity(1e-3, "/km"),
        climb=Quantity(1.0, "m/s"),
        climb_decimals=1,
        celsius=True,
    ),
    Units.IMPERIAL: UnitSystem(
        speed=Quantity(3600 / _MILE_M, "mph"),
        height=_FOOT,
        distance=Quantity(1 / _MILE_M, "mi"),
        pace=Quantity(1 / _MILE_M, "/mi"),
        climb=_FOOT_A_MINUTE,
        climb_decimals=0,
        celsius=False,
    ),
    # Knots, nautical miles and feet are the alternative units that aviation uses everywhere
    # (ICAO Annex 5); temperatures stay in Celsius there.
    Units.NAUTICAL: UnitSystem(
        speed=Quantity(3600 / _NAUTICAL_MILE_M, "kn"),
        height=_FOOT,
        distance=Quantity(1 / _NAUTICAL_MILE_M, "nmi"),
        pace=Quantity(1 / _NAUTICAL_MILE_M, "/nmi"),
        climb=_FOOT_A_MINUTE,
        climb_decimals=0,
        celsius=True,
    ),
}


def number(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """A number with a true minus sign, and never a minus zero."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed else text


def gear_text(gear: float) -> str:
    """R for -1, N for 0, else the number."""
    return {-1: "R", 0: "N"}.get(round(gear), str(round(gear)))


def duration_text(seconds: float, decimals: int = 0) -> str:
    """1:02:03, 2:03 or 2:03.4."""
    ticks = int(seconds * 10**decimals + 1e-6)
    whole, fraction = divmod(ticks, 10**decimals)
    minutes, s = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{s:02d}" if hours else f"{minutes}:{s:02d}"
    return f"{text}.{fraction:0{decimals}d}" if decimals else text
