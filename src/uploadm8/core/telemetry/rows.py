"""Rows: grows columns row by row in little memory, absent cells as NaN."""

from array import array

import numpy as np

from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.track import Channel, FloatArray
from uploadm8.core.telemetry.values import NAN

MAX_ROWS = 2_000_000

_NAN_BYTES = array("d", [NAN]).tobytes()


class Rows:
    """Values of one row are put in any order, then `end_row` closes it.

    Attributes:
        count: rows closed so far.
    """

    __slots__ = ("_columns", "_t", "count")

    def __init__(self) -> None:
        self.count = 0
        self._t = array("d")
        self._columns: dict[Channel, array[float]] = {}

    def put(self, channel: Channel, value: float) -> None:
        """Set a channel of the open row; a later value replaces an earlier one, NaN never does."""
        if value != value:  # noqa: PLR0124 - the quick test for NaN
            return
        column = self._columns.get(channel)
        if column is None:
            column = self._columns[channel] = array("d")
        missing = self.count - len(column)
        if missing > 0:
            column.frombytes(_NAN_BYTES * missing)
        if missing < 0:
            column[-1] = value
        else:
            column.append(value)

    def end_row(self, t: float) -> None:
        """Close the row with its time in seconds (NaN if it has none)."""
        self._t.append(t)
        self.count += 1
        if self.count > MAX_ROWS:
            raise telemetry_error(Problem.TOO_LARGE, f"The file has more than {MAX_ROWS:,} points.")

    def extend(self, t: FloatArray, columns: dict[Channel, FloatArray]) -> None:
        """Append whole rows at once; no row may be open."""
        for channel, values in columns.items():
            column = self._columns.setdefault(channel, array("d"))
            column.frombytes(_NAN_BYTES * (self.count - len(column)))
            column.frombytes(values.tobytes())
        self._t.frombytes(t.tobytes())
        self.count += len(t)
        self._refuse_too_many()

    def _refuse_too_many(self) -> None:
        if self.count > MAX_ROWS:
            raise telemetry_error(Problem.TOO_LARGE, f"The file has more than {MAX_ROWS:,} points.")

    def drop_row(self) -> None:
        """Forget what was put into the open row."""
        for column in self._columns.values():
            if len(column) > self.count:
                column.pop()

    def times(self) -> FloatArray:
        """The times, one per row."""
        return np.frombuffer(self._t, dtype=np.float64) if self.count else np.empty(0)

    def columns(self) -> dict[Channel, FloatArray]:
        """All channels that were ever put, padded to the number of rows; an open row is lost."""
        self.drop_row()
        for column in self._columns.values():
            column.frombytes(_NAN_BYTES * (self.count - len(column)))
        return {
            channel: np.frombuffer(column, dtype=np.float64)
            for channel, column in self._columns.items()
            if self.count
        }
