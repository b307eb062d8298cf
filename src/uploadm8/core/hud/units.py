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
        height: from m.
        distance: from m, for long ways.
        short: from m, for ways shorter than one tenth of `distance`'s unit.
        pace: from m, for time per way.
    """

    speed: Quantity
    height: Quantity
    distance: Quantity
    short: Quantity
    pace: Quantity

    def distance_text(self, metres: float) -> tuple[str, str]:
        """Number and symbol of a way: metres or feet when short, two decimals below 100."""
        far = self.distance.of(metres)
        if far < 0.1:
            return number(self.short.of(metres)), self.short.symbol
        return f"{far:.2f}" if far < 100 else f"{far:.1f}", self.distance.symbol

    def pace_text(self, speed: float) -> str | None:
        """Minutes and seconds per distance unit; None slower than half an hour per unit."""
        per_unit = 1 / max(speed * self.pace.factor, 1e-9)
        if per_unit > 1800:
            return None
        minutes, seconds = divmod(round(per_unit), 60)
        return f"{minutes}:{seconds:02d}"


_METRE = Quantity(1.0, "m")
_FOOT = Quantity(1 / 0.3048, "ft")
UNIT_SYSTEMS = {
    Units.METRIC: UnitSystem(
        Quantity(3.6, "km/h"), _METRE, Quantity(1e-3, "km"), _METRE, Quantity(1e-3, "/km")
    ),
    Units.IMPERIAL: UnitSystem(
        Quantity(3600 / 1609.344, "mph"),
        _FOOT,
        Quantity(1 / 1609.344, "mi"),
        _FOOT,
        Quantity(1 / 1609.344, "/mi"),
    ),
    Units.NAUTICAL: UnitSystem(
        Quantity(3600 / 1852, "kn"),
        _METRE,
        Quantity(1 / 1852, "nmi"),
        _METRE,
        Quantity(1 / 1852, "/nmi"),
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


def duration_text(seconds: float, decimals: int = 0) -> str:
    """1:02:03, 2:03 or 2:03.4."""
    ticks = int(seconds * 10**decimals + 1e-6)
    whole, fraction = divmod(ticks, 10**decimals)
    minutes, s = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{s:02d}" if hours else f"{minutes}:{s:02d}"
    return f"{text}.{fraction:0{decimals}d}" if decimals else text
