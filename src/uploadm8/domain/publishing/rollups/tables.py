"""Counted days, and which of them must be counted again."""

from piccolo.columns import JSONB, UUID, BigSerial, Date, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId


class DayRollup(Table, tablename="day_rollups", db=DB):
    """The figures of one UTC day of a workspace: of all platforms (""), or of one."""

    id = UUID(primary_key=True, default=RowId())
    workspace = UUID(default=None)
    day = Date(default=None)
    platform = Varchar(length=16)
    cells = JSONB(default="{}")  # {kind: {key: number}}, as counting.py counts them

    unique_day_rollups_day = Unique([workspace, day, platform])


class RollupMark(Table, tablename="rollup_marks", db=DB):
    """Something about this day has changed since it was counted; written by triggers.

    Every change appends a row, so that no two transactions wait for each other.
    """

    id = BigSerial(primary_key=True)
    workspace = UUID(default=None)
    day = Date(default=None)
