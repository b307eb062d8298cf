"""The SQL that counts posts into cells (level, kind, key, n); rolled days and raw rows alike.

A level is a platform, or "" for all together. Kinds: `outcome`, `engagement`, `latency` (keyed by
whole seconds), `slot` (quarter hours since 1970 in which posts went out), `error` (class and code),
`upload` (outcomes of uploads by these posts) and `created` (states and outcomes of uploads).
"""

from uploadm8.domain.publishing.cohorts import LATEST_LOOK_SQL, OUTCOME_SQL, UPLOAD_OUTCOME_SQL

SLOT_S = 900  # every zone is a multiple of a quarter hour away from UTC
FIGURES = ("views", "likes", "comments", "shares")
POST_KINDS = ("outcome", "engagement", "latency", "slot", "error")

# A post on time waits for its time, and one of the manual queue for a person: neither is slow.
START_SQL = "greatest(p.accepted_at, p.publish_at)"
_OUT = "p.state='published' AND p.published_at IS NOT NULL"
_LEVELS = "CROSS JOIN LATERAL (VALUES (''), (p.platform)) l(level)"
_SUMS = ", ".join(
    ["count(m.at) FILTER (WHERE p.state='published') AS posts"]
    + [
        f"coalesce(sum(m.{f}) FILTER (WHERE p.state='published'), 0)::bigint AS {f}"
        for f in FIGURES
    ]
)
_PAIRS = ", ".join(f"('{name}', {name})" for name in ("posts", *FIGURES))


def posts_sql(where: str) -> str:
    """Cells of POST_KINDS over the posts `p` that meet a condition."""
    return f"""
        WITH post AS MATERIALIZED (
            SELECT p.id, p.platform, p.state, {OUTCOME_SQL} AS outcome,
                CASE WHEN {_OUT} AND p.schedule_mode <> 'queue' THEN greatest(round(
                    extract(epoch FROM p.published_at - {START_SQL})), 0)::bigint END AS seconds,
                CASE WHEN {_OUT} THEN
                    floor(extract(epoch FROM p.published_at) / {SLOT_S})::bigint END AS slot,
                CASE WHEN p.state='failed' THEN coalesce(p.error_class, 'unclassified') || ' '
                    || coalesce(p.error_code, 'unclassified') END AS error
            FROM publications p WHERE {where})
        SELECT l.level, c.kind, c.key, count(*) AS n FROM post p {_LEVELS}
            CROSS JOIN LATERAL (VALUES ('outcome', p.outcome), ('latency', p.seconds::text),
                ('slot', p.slot::text), ('error', p.error)) c(kind, key)
            WHERE c.key IS NOT NULL GROUP BY 1, 2, 3
        UNION ALL SELECT e.level, 'engagement', c.key, c.n FROM (
            SELECT l.level, {_SUMS} FROM post p {LATEST_LOOK_SQL} {_LEVELS} GROUP BY 1) e
            CROSS JOIN LATERAL (VALUES {_PAIRS}) c(key, n)"""


def uploads_sql(where: str) -> str:
    """Cells of `upload`: what the posts `p` that meet a condition make of their uploads."""
    return f"""
        SELECT level, 'upload' AS kind, outcome AS key, count(*) AS n FROM (
            SELECT l.level, {UPLOAD_OUTCOME_SQL} AS outcome FROM publications p {_LEVELS}
            WHERE {where} GROUP BY l.level, p.upload) each_upload GROUP BY 1, 3"""


def created_sql(where: str, scope: str, *, chosen: bool) -> str:
    """Cells of `created`: uploads `u` that meet a condition, by state and by their posts.

    Args:
        where: of the uploads.
        scope: which of their posts `p` count.
        chosen: whether an upload without such a post is left out.
    """
    return f"""
        SELECT level, 'created' AS kind, state || ' ' || outcome AS key, count(*) AS n FROM (
            SELECT '' AS level, u.state, {UPLOAD_OUTCOME_SQL} AS outcome FROM uploads u
            LEFT JOIN publications p ON p.upload=u.id AND {scope} WHERE {where}
            GROUP BY u.id {"HAVING count(p.id) > 0" if chosen else ""}
            UNION ALL SELECT p.platform, u.state, {UPLOAD_OUTCOME_SQL} FROM uploads u
            JOIN publications p ON p.upload=u.id AND {scope} WHERE {where}
            GROUP BY u.id, p.platform) each_upload GROUP BY 1, 3"""
