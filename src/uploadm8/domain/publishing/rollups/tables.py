"""Figures counted ahead, and which of them must be counted again."""

import uuid
from enum import StrEnum

from piccolo.columns import JSONB, UUID, Array, BigInt, BigSerial, Date, Integer, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.infra.db.engine import DB

EVERYONE = uuid.UUID(int=0)  # the workspace of what all workspaces did together


class Grain(StrEnum):
    """How long the span of a row is, in UTC."""

    DAY = "day"
    MONTH = "month"


def _numbers() -> Array:
    return Array(base_column=Integer(), null=True, default=None)


def _sums() -> Array:
    return Array(base_column=BigInt(), null=True, default=None)


class Rollup(Table, tablename="rollups", db=DB):
    """The figures of one day or month of a workspace, at one level; see counting.py.

    A level is "" (everything), a platform, or a connected account. Columns that begin alike are
    parallel arrays: the seconds of a latency and how many posts took them; a quarter hour in which
    posts went out, how many, how many of them were looked at early, and their early views; the same by
    quarter hours of UTC's week (months only); a quarter hour in which posts were accepted, and their
    figures (days only).
    """

    id = BigSerial(primary_key=True)
    workspace = UUID(default=None)
    grain = Varchar(length=5, default=None)
    first = Date(default=None)
    level = Varchar(length=36)
    platform = Varchar(length=16)
    published = Integer()
    failed = Integer()
    canceled = Integer()
    unknown = Integer()
    waiting = Integer()
    working = Integer()
    posts = Integer()  # that were looked at
    views = BigInt()
    likes = BigInt()
    comments = BigInt()
    shares = BigInt()
    cells = JSONB(default="{}")  # {kind: {key: number}}; see counting.py
    straddlers = Array(base_column=UUID(), null=True, default=None)  # uploads with posts elsewhere
    straddlers_have = _numbers()  # what each has here: the sum of BIT_OF its outcomes
    latency_s = _numbers()
    latency_n = _numbers()
    slot = _numbers()
    slot_n = _numbers()
    slot_early_n = _numbers()
    slot_early_views = _sums()
    week = _numbers()
    week_n = _numbers()
    week_early_n = _numbers()
    week_early_views = _sums()
    slot_from = Integer(null=True, default=None)
    slot_to = Integer(null=True, default=None)
    step = _numbers()
    step_published = _numbers()
    step_failed = _numbers()
    step_canceled = _numbers()
    step_unknown = _numbers()
    step_waiting = _numbers()
    step_working = _numbers()
    step_posts = _numbers()
    step_views = _sums()
    step_likes = _sums()
    step_comments = _sums()
    step_shares = _sums()

    unique_rollups_span = Unique([workspace, level, grain, first])


class RollupMark(Table, tablename="rollup_marks", db=DB):
    """Something about this span has changed since it was counted.

    Triggers append a row for every change, so that no two transactions wait for each other.
    """

    id = BigSerial(primary_key=True)
    workspace = UUID(default=None)
    grain = Varchar(length=5, default=Grain.DAY)
    day = Date(default=None)
