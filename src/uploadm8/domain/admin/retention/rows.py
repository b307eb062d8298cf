"""Rows that have served their purpose; docs/operations.md shows this table to operators."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from uploadm8.infra.audit.tables import KEEP_DAYS
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.metrics.catalog import REMOVED

log = structlog.get_logger(__name__)

BATCH = 1000
MOST = 20  # batches of one rule in one run: the rest waits for the next


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a table that go.

    Attributes:
        what: how it is counted.
        where: SQL condition on the rows that go.
        change: SQL of what is emptied instead of deleting the row.
    """

    what: str
    table: str
    where: str
    change: str | None = None

    @property
    def sql(self) -> str:
        """One batch, oldest ids first, without those that somebody holds; returns the ids.

        The ids are an array, which is read once: `IN (SELECT ... LIMIT)` may be read again for
        every row, and finds others each time, since what is deleted no longer counts.
        """
        rows = (
            f"ARRAY(SELECT id FROM {self.table} WHERE {self.where} ORDER BY id LIMIT {BATCH}"
            " FOR UPDATE SKIP LOCKED)"
        )
        act = (
            f"UPDATE {self.table} SET {self.change}" if self.change else f"DELETE FROM {self.table}"
        )
        return f"{act} WHERE id = ANY({rows}) RETURNING id"


# The unique key of periodic work is its kind and period; that of anything else still keeps it single.
_PERIODIC = "starts_with(unique_key, kind || ':')"
RULES: tuple[Rule, ...] = (
    Rule("sign_in_attempts", "sign_in_attempts", "at < now() - interval '30 days'"),
    Rule("mailed_links", "mailed_links", "expires_at < now() - interval '30 days'"),
    Rule("idempotency_keys", "idempotency_keys", "created_at < now() - interval '24 hours'"),
    Rule(
        "sessions",
        "sessions",
        "COALESCE(revoked_at, LEAST(idle_expires_at, expires_at)) < now() - interval '90 days'",
    ),
    Rule("oauth_flows", "oauth_flows", "expires_at < now() - interval '1 day'"),
    Rule("oauth_choices", "oauth_choices", "expires_at < now() - interval '1 day'"),
    Rule(
        "jobs",
        "jobs",
        "finished_at < now() - interval '14 days' AND state IN ('succeeded', 'canceled')"
        f" AND (unique_key IS NULL OR {_PERIODIC})",
    ),
    Rule(
        "jobs",
        "jobs",
        "finished_at < now() - interval '90 days' AND state IN ('succeeded', 'canceled', 'dead')",
    ),
    Rule("webhook_deliveries", "webhook_deliveries", "settled_at < now() - interval '30 days'"),
    Rule("workspace_events", "workspace_events", "at < now() - interval '90 days'"),
    Rule(
        "stripe_payloads",
        "stripe_events",
        "handled_at < now() - interval '30 days' AND payload <> '{}'::jsonb",
        "payload='{}'::jsonb",
    ),
    Rule("stripe_events", "stripe_events", "handled_at < now() - interval '400 days'"),
    Rule("audit_log", "audit_log", f"at < now() - interval '{KEEP_DAYS} days'"),
)


async def forget_rows(rules: tuple[Rule, ...] = RULES) -> Mapping[str, int]:
    """Remove what is over, in batches; returns how many of each."""
    removed: dict[str, int] = {}
    for rule in rules:
        for _ in range(MOST):
            rows = await JobRow.raw(rule.sql.replace("{}", "{{}}"))
            removed[rule.what] = removed.get(rule.what, 0) + len(rows)
            if len(rows) < BATCH:
                break
    for what, count in removed.items():
        if count:
            REMOVED.labels(what).inc(count)
            log.info("retention_removed", what=what, count=count)
    return removed
