"""The SQL that counts posts and uploads of spans of time; rolled spans and raw rows alike.

A row of figures has a span and a level: "" (everything), a platform, or a connected account.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from uploadm8.domain.publishing.cohorts import BIT_OF, BIT_SQL, LATEST_LOOK_SQL, Outcome

SLOTS_A_WEEK = 672
MONDAY = 288  # slots from the Monday before 1970 began, a Thursday
SLOT_S = 900  # every zone is a multiple of a quarter hour away from UTC
EARLY_HOURS = 50  # a look this soon after a post went out tells how it does, whatever its age
ENGAGEMENT = ("posts", "views", "likes", "comments", "shares")
FIGURES = ENGAGEMENT[1:]
COUNTS = (*(outcome.value for outcome in Outcome), *ENGAGEMENT)
LATENCY = ("latency_s", "latency_n")
SLOTS = ("slot", "slot_n", "slot_early_n", "slot_early_views")
WEEK = ("week", "week_n", "week_early_n", "week_early_views", "slot_from", "slot_to")
STEPS = ("step", *(f"step_{name}" for name in COUNTS))
STRADDLERS = ("straddlers", "straddlers_have")
COLUMNS = (*COUNTS, "cells", *STRADDLERS, *LATENCY, *SLOTS, *WEEK, *STEPS)

# A post on time waits for its time, and one of the manual queue for a person: neither is slow.
START_SQL = "greatest(p.accepted_at, p.publish_at)"


class Level(StrEnum):
    """What rows are split by; the value is SQL for a level and its platform."""

    ALL = "('', '')"
    PLATFORM = "(p.platform, p.platform::text)"
    ACCOUNT = "(p.account::text, p.platform::text)"


class Part(StrEnum):
    """What is counted of a span."""

    FIGURES = "figures"  # what has become of posts
    ENGAGEMENT = "engagement"  # and, with FIGURES or STEPS, what people made of them
    LATENCY = "latency"
    SLOTS = "slots"
    EARLY = "early"  # with SLOTS or WEEK, early looks too
    WEEK = "week"
    STEPS = "steps"
    ERRORS = "errors"
    UPLOADS = "uploads"
    CREATED = "created"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to `stop` of a workspace; `first` is the date that stands for it."""

    workspace: UUID
    first: date
    start: datetime
    stop: datetime


def arguments(spans: Collection[Span]) -> list[list[Any]]:
    """The first four arguments of `counted_sql`."""
    fields = ("workspace", "first", "start", "stop")
    return [[getattr(span, name) for span in spans] for name in fields]


_SPANS = (
    "SELECT * FROM unnest($1::uuid[], $2::date[], $3::timestamptz[], $4::timestamptz[])"
    " AS s (workspace, first, start, stop)"
)
_LEVELS = "SELECT p.*, l.level, l.of FROM posts p CROSS JOIN LATERAL"
_KEY = "owner, first, level"
_OUT = "p.state='published' AND p.published_at IS NOT NULL"
_EARLY = (
    "LEFT JOIN LATERAL (SELECT e.views FROM publication_metrics e WHERE e.publication=p.id"
    f" AND e.views IS NOT NULL AND e.at <= p.published_at + interval '{EARLY_HOURS} hours'"
    " AND p.state='published' ORDER BY e.pull DESC LIMIT 1) e ON true"
)
_LOOKED = "CASE WHEN p.state='published' THEN m.{0} END AS {0}"
_OUTCOMES = ", ".join(
    f"(count(*) FILTER (WHERE p.have={bit}))::int AS {of}" for of, bit in BIT_OF.items()
)
_ENGAGEMENT = ", ".join(
    (
        "count(p.at)::int AS posts",
        *(f"coalesce(sum(p.{name}), 0)::bigint AS {name}" for name in FIGURES),
    )
)


def _arrays(names: Collection[str], each: str) -> str:
    columns = ", ".join(f"array_agg({name}) AS {name}" for name in names)
    return f"SELECT {_KEY}, {columns} FROM ({each}) each GROUP BY {_KEY}"


_PART_SQL = {
    Part.FIGURES: f"SELECT {_KEY}, p.of, {_OUTCOMES} FROM levels p GROUP BY {_KEY}, p.of",
    Part.ENGAGEMENT: f"SELECT {_KEY}, {_ENGAGEMENT} FROM levels p GROUP BY {_KEY}",
    Part.LATENCY: _arrays(
        LATENCY,
        f"SELECT {_KEY}, seconds AS latency_s, count(*)::int AS latency_n FROM detailed"
        f" WHERE seconds IS NOT NULL GROUP BY {_KEY}, seconds",
    ),
    Part.SLOTS: _arrays(
        SLOTS,
        f"SELECT {_KEY}, slot, count(*)::int AS slot_n, count(early)::int AS slot_early_n,"
        " coalesce(sum(early), 0)::bigint AS slot_early_views FROM detailed"
        f" WHERE slot IS NOT NULL GROUP BY {_KEY}, slot",
    ),
    Part.WEEK: f"SELECT {_KEY}, array_agg(week) AS week, array_agg(n) AS week_n, array_agg(early_n)"
    " AS week_early_n, array_agg(early_views) AS week_early_views, min(slot_from) AS slot_from,"
    f" max(slot_to) AS slot_to FROM (SELECT {_KEY}, (slot + {MONDAY}) % {SLOTS_A_WEEK} AS week,"
    " count(*)::int AS n, count(early)::int AS early_n, coalesce(sum(early), 0)::bigint AS early_views,"
    " min(slot) AS slot_from, max(slot) AS slot_to FROM detailed WHERE slot IS NOT NULL"
    f" GROUP BY {_KEY}, (slot + {MONDAY}) % {SLOTS_A_WEEK}) each GROUP BY {_KEY}",
    Part.STEPS: _arrays(
        STEPS,
        f"SELECT {_KEY}, step, "
        + ", ".join(f"{name} AS step_{name}" for name in COUNTS)
        + f" FROM (SELECT {_KEY}, step, {_OUTCOMES}, {_ENGAGEMENT} FROM detailed p GROUP BY {_KEY}, step) sums",
    ),
    Part.ERRORS: f"SELECT {_KEY}, jsonb_object_agg(error, n) AS error FROM (SELECT {_KEY}, error,"
    f" count(*) AS n FROM detailed WHERE error IS NOT NULL GROUP BY {_KEY}, error) x GROUP BY {_KEY}",
    # A row of its own for each upload that other spans tell of too, one for all others alike.
    Part.UPLOADS: f"SELECT {_KEY}, array_agg(straddler) FILTER (WHERE straddler IS NOT NULL)"
    " AS straddlers, array_agg(have) FILTER (WHERE straddler IS NOT NULL) AS straddlers_have,"
    " jsonb_object_agg(have, n) FILTER (WHERE straddler IS NULL) AS upload"
    f" FROM (SELECT {_KEY}, have, straddler, count(*) AS n FROM (SELECT {_KEY}, bit_or(have) AS have,"
    f" CASE WHEN bool_or(straddles) THEN upload END AS straddler FROM detailed GROUP BY {_KEY}, upload)"
    f" uploads GROUP BY {_KEY}, have, straddler) x GROUP BY {_KEY}",
    Part.CREATED: f"SELECT {_KEY}, of, jsonb_object_agg(state || ' ' || have, n) AS created"
    f" FROM (SELECT {_KEY}, of, state, have, count(*) AS n FROM begun GROUP BY {_KEY}, of, state, have)"
    f" x GROUP BY {_KEY}, of",
}
_CELLS = {Part.ERRORS: "error", Part.UPLOADS: "upload", Part.CREATED: "created"}
_COLUMNS_OF = {
    Part.FIGURES: tuple(Outcome),
    Part.ENGAGEMENT: ENGAGEMENT,
    Part.LATENCY: LATENCY,
    Part.SLOTS: SLOTS,
    Part.WEEK: WEEK,
    Part.STEPS: STEPS,
    Part.UPLOADS: STRADDLERS,
}


def counted_sql(
    parts: Collection[Part],
    levels: Collection[Level],
    *,
    everyone: bool = False,
    narrowed: str = "true",
    detailed: str = "true",
    by_id: bool = False,
) -> str:
    """Rows of ``owner, first, level, platform`` and `COLUMNS`, null where nothing was counted.

    Args:
        parts: what to count; FIGURES or CREATED must be among them, for the keys.
        levels: what to split by.
        everyone: count all workspaces together.
        narrowed: which posts `p` count; arguments begin at $5.
        detailed: of which levels more is counted than FIGURES and CREATED.
        by_id: name every upload; else only those that have posts elsewhere, which takes looking.
    """
    own = "true" if everyone else "{0}.workspace=span.workspace"
    values = ", ".join(levels)
    with_queries = [
        f"span AS MATERIALIZED ({_SPANS})",
        f"posts AS MATERIALIZED ({_posts(parts, own.format('p'), narrowed, by_id=by_id)})",
        f"levels AS ({_LEVELS} (VALUES {values}) l (level, of))",
        f"detailed AS (SELECT * FROM levels WHERE {detailed})",
    ]
    if Part.CREATED in parts:
        with_queries.append(f"begun AS ({_begun(own.format('u'), values, narrowed)})")
    queried = [part for part in parts if part in _PART_SQL]
    with_queries += [f"{part} AS ({_PART_SQL[part]})" for part in queried]
    keyed = [part for part in (Part.FIGURES, Part.CREATED) if part in parts]
    keys = " UNION ".join(f"SELECT {_KEY}, of FROM {part}" for part in keyed)
    joined = " ".join(f"LEFT JOIN {part} USING ({_KEY})" for part in queried)
    return (
        f"WITH {', '.join(with_queries)} SELECT k.owner, k.first, k.level, k.of AS platform,"
        f" {_columns(parts)} FROM ({keys}) k (owner, first, level, of) {joined}"
    )


def _begun(own: str, values: str, narrowed: str) -> str:
    """Uploads begun in the spans; each looks its few posts up, whatever the planner expects."""
    return f"""
        SELECT span.workspace AS owner, span.first, l.*, u.state FROM span
        JOIN uploads u ON {own} AND u.created_at >= span.start AND u.created_at < span.stop
        CROSS JOIN LATERAL (
            SELECT l.level, l.of, coalesce(bit_or({BIT_SQL}), 0) AS have
            FROM (SELECT 1) one LEFT JOIN publications p ON p.upload=u.id AND {narrowed}
            CROSS JOIN LATERAL (VALUES {values}) l (level, of)
            WHERE l.level IS NOT NULL GROUP BY l.level, l.of) l"""


def _posts(parts: Collection[Part], own: str, narrowed: str, *, by_id: bool) -> str:
    looks, early = Part.ENGAGEMENT in parts, Part.EARLY in parts
    straddles = (
        "EXISTS (SELECT 1 FROM publications o WHERE o.upload=p.upload"
        " AND (o.accepted_at < span.start OR o.accepted_at >= span.stop))"
        if Part.UPLOADS in parts and not by_id
        else "true"
    )
    seen = ("at", *FIGURES)
    shown = ", ".join((_LOOKED if looks else "NULL::bigint AS {0}").format(name) for name in seen)
    return f"""
        SELECT span.workspace AS owner, span.first, p.id, p.upload, p.platform, p.account, {BIT_SQL} AS have,
            floor(extract(epoch FROM p.accepted_at) / {SLOT_S})::int AS step,
            CASE WHEN {_OUT} AND p.schedule_mode <> 'queue' THEN greatest(round(
                extract(epoch FROM p.published_at - {START_SQL})), 0)::int END AS seconds,
            CASE WHEN {_OUT} THEN
                floor(extract(epoch FROM p.published_at) / {SLOT_S})::int END AS slot,
            CASE WHEN p.state='failed' THEN coalesce(p.error_class, 'unclassified') || ' '
                || coalesce(p.error_code, 'unclassified') END AS error,
            {straddles} AS straddles, {"e.views" if early else "NULL::bigint"} AS early, {shown}
        FROM span JOIN publications p ON {own} AND p.accepted_at >= span.start
            AND p.accepted_at < span.stop AND {narrowed}
        {LATEST_LOOK_SQL if looks else ""} {_EARLY if early else ""}"""


def _columns(parts: Collection[Part]) -> str:
    cells = ", ".join(f"'{kind}', {kind}" for part, kind in _CELLS.items() if part in parts)
    present = {name for part in parts for name in _COLUMNS_OF.get(part, ())}
    found = {
        name: name if name in present else f"NULL::{_kind(name)} AS {name}" for name in COLUMNS
    }
    for name in COUNTS:
        found[name] = f"coalesce({name if name in present else 'NULL'}, 0) AS {name}"
    found["cells"] = f"jsonb_strip_nulls(jsonb_build_object({cells})) AS cells"
    return ", ".join(found.values())


def _kind(column: str) -> str:
    if column == "straddlers":
        return "uuid[]"
    if column == "straddlers_have":
        return "int[]"
    if column in ("slot_from", "slot_to"):
        return "int"
    return "bigint[]" if column.rpartition("_")[2] in FIGURES else "int[]"
