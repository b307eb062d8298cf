"""RawTrack: what a format reader hands over, before any cleaning."""

from dataclasses import dataclass, field

import numpy as np

from uploadm8.core.telemetry.track import Channel, Clock, FloatArray


@dataclass(slots=True)
class RawTrack:
    """Rows exactly as a file gives them, converted to SI units and nothing else.

    Attributes:
        format: short name of the format.
        t: seconds, one per row, in file order; NaN where the row has no usable time.
        columns: values per channel, one per row; NaN means absent in this row.
        clock: what t = 0 means; with Clock.UTC `t` holds Unix seconds.
        segment_starts: row indices where a new segment begins (0 is implied).
        start_utc: Unix time of t = 0 for a VIDEO clock whose date is known.
        local_offset_s: local zone minus UTC, when told.
        altitude_datum: "msl", "wgs84", "relative", "barometric" or None.
        speed_unit_certain: False when the unit of SPEED was guessed and may be checked.
        dropped: rows the reader itself left out of `t`, by reason.
        warnings: sentences for the user about what was odd or lost.
        no_fix: rows flagged by the receiver as having no position fix.
    """

    format: str
    t: FloatArray
    columns: dict[Channel, FloatArray]
    clock: Clock
    segment_starts: list[int] = field(default_factory=list)
    start_utc: float | None = None
    local_offset_s: float | None = None
    altitude_datum: str | None = None
    speed_unit_certain: bool = True
    dropped: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    no_fix: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None
