"""Does the speed a file states fit its own positions? Finds a file that says km/h and means mph."""

import numpy as np

from uploadm8.core.telemetry.path import Legs
from uploadm8.core.telemetry.track import FloatArray

MIN_LEGS = 8
MIN_SPEED_MPS = 3.0
MIN_UNNAMED_MPS = 1.2  # where only positions can tell the unit, a walk must do
MAX_SPREAD = 0.15  # half the distance of the quartiles, as a share of the median
TOLERANCE = 0.07

KMH, MPH, KNOT = 1 / 3.6, 0.44704, 1852 / 3600
_UNITS = {"m/s": 1.0, "km/h": KMH, "mph": MPH, "knots": KNOT}
_TOO_SLOW = (
    "The file names no speed unit and moves too little to find it out, "
    "so speed is taken from positions."
)
# Ratios of stated to true speed if a value in one unit was read as another. Of units that
# several confusions share, the plainest sentence comes first.
_CONFUSIONS = [
    (stated / true, said, meant)
    for said, stated in _UNITS.items()
    for meant, true in _UNITS.items()
    if abs(stated / true - 1.0) > 0.2
]


def check_speed_unit(
    speed: FloatArray, t: FloatArray, legs: Legs, *, certain: bool
) -> tuple[float, str | None]:
    """Compare stated speed with distance over time on legs that clearly move.

    Args:
        speed: m/s as the reader understood it, NaN where absent.
        t: seconds.
        legs: legs between positions of the same track.
        certain: whether the file names the unit.

    Returns:
        Factor to multiply the speed with (0 means: do not believe it), and a sentence if the
        factor is not 1.
    """
    ratios = _ratios(speed, t, legs, MIN_SPEED_MPS if certain else MIN_UNNAMED_MPS)
    if len(ratios) < MIN_LEGS:
        return (1.0, None) if certain else (0.0, _TOO_SLOW)
    low, ratio, high = np.percentile(ratios, (25, 50, 75)).tolist()
    if abs(ratio - 1.0) <= 0.15 or high - low > 2 * MAX_SPREAD * ratio:
        return 1.0, None
    matches = [c for c in _CONFUSIONS if abs(ratio / c[0] - 1.0) <= TOLERANCE]
    if matches:
        factor, said, meant = min(matches, key=lambda c: abs(ratio / c[0] - 1.0))
        if not certain:
            return 1.0 / factor, f"The file names no speed unit; its positions show {meant}."
        sentence = (
            f"Speeds are {ratio:.2f} times what the positions show, as if {meant} had been "
            f"labelled {said}; they were corrected."
        )
        return 1.0 / factor, sentence
    if certain:
        return 1.0, f"Speeds are {ratio:.2f} times what the positions show."
    return 0.0, "Speeds do not fit the positions in any unit, so speed is taken from positions."


def _ratios(speed: FloatArray, t: FloatArray, legs: Legs, least_mps: float) -> FloatArray:
    known = np.flatnonzero(~np.isnan(speed))
    if len(known) < 2 or not len(legs.first):
        return np.empty(0)
    v, at = speed[known], t[known]
    run = np.concatenate(([0.0], np.cumsum((v[1:] + v[:-1]) / 2 * np.diff(at))))
    # Only legs with a stated speed near both ends count; a hole would be bridged otherwise.
    seen = np.searchsorted(known, legs.last, side="right") - np.searchsorted(known, legs.first)
    stated = np.interp(legs.t1, at, run) - np.interp(legs.t0, at, run)
    usable = (legs.speed > least_mps) & (stated > 0.0) & (seen >= 2)
    ratios: FloatArray = stated[usable] / legs.metres[usable]
    return ratios
