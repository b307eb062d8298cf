"""What operators are told about, and how much there is of it."""

from enum import StrEnum

from piccolo.columns import BigInt, BigSerial, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import one_of


class AlertState(StrEnum):
    """Where an alert is."""

    PENDING = "pending"  # seen, but not for long enough to wake anybody
    FIRING = "firing"
    RESOLVED = "resolved"


class AlertRow(Table, tablename="operator_alerts", db=DB):
    """One thing that is or was wrong; one row each, shared by all processes."""

    key = Varchar(length=120, primary_key=True, default=None)  # name, or name:subject
    name = Varchar(length=40, default=None)
    state = Varchar(length=12, default=AlertState.PENDING)
    summary = Text()
    since = Timestamptz(default=TimestamptzNow())
    resolved_at = Timestamptz(null=True, default=None)
    told = Varchar(length=12, null=True, default=None)  # the state that operators were told of
    telling_until = Timestamptz(null=True, default=None)  # a process is telling them now

    check_operator_alerts_state = one_of("state", AlertState)


class RowCount(Table, tablename="row_counts", db=DB):
    """Rows of a table: the sum of its last count and of what triggers noted since; see counts.py."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=40, default=None)
    n = BigInt()
