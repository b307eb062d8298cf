"""The hourly look for news that never came, and for numbers that do not add up."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from uploadm8.domain.billing.entitlements import Clock
from uploadm8.domain.billing.subscriptions import as_copy
from uploadm8.domain.billing.sync import Sync
from uploadm8.domain.billing.tables import QuotaPeriod, StripeCall, StripeEvent, Subscription
from uploadm8.domain.billing.webhook import Webhook
from uploadm8.errors import UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction

log = structlog.get_logger(__name__)

LOOK_BACK = timedelta(days=30)  # Stripe lists events for 30 days
OVERDUE = timedelta(hours=1)  # how late a renewal's news may be before we ask
KEEP_EVENTS = timedelta(days=90)
_BATCH = 500


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found.

    Attributes:
        recovered: events recorded now that the webhook had not taken.
        reread: customers read again from Stripe.
        miscounted: quota periods whose numbers differ from their ledger; an alarm if not 0.
    """

    recovered: int
    reread: int
    miscounted: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """Repairs by the same paths that the webhook uses."""

    sync: Sync
    webhook: Webhook
    clock: Clock = now

    async def run(self) -> SweepReport:
        """Do all of it; one customer's failure does not keep the others from being read."""
        recovered = reread = 0
        if self.sync.gateway.is_on:
            recovered = await self._recover_events()
            reread = await self._reread_overdue()
        await self._warn()
        miscounted = await count_drift()
        await _prune()
        return SweepReport(recovered, reread, miscounted)

    async def _recover_events(self) -> int:
        recovered = 0
        since = int((self.clock() - LOOK_BACK).timestamp())
        async for event in self.sync.gateway.undelivered(since):
            try:
                recovered += await self.webhook.record(event)
            except UploadM8Error as error:
                log.warning("event_not_recovered", stripe_id=event.get("id"), error_code=error.code)
        return recovered

    async def _reread_overdue(self) -> int:
        rows = await Subscription.raw(
            "SELECT DISTINCT stripe_customer_id FROM billing_subscriptions s"
            " WHERE (status IN ('trialing', 'active', 'past_due') AND period_end < {})"
            " OR status='past_due' OR EXISTS (SELECT 1 FROM stripe_events e WHERE"
            " e.stripe_customer_id=s.stripe_customer_id AND e.handled_at IS NULL"
            " AND e.received_at < now() - interval '1 hour') LIMIT {}",
            self.clock() - OVERDUE,
            _BATCH,
        )
        done = 0
        for row in rows:
            try:
                await self.sync.customer(row["stripe_customer_id"])
                done += 1
            except UploadM8Error as error:
                log.warning("reread_failed", error_code=error.code)
        return done

    async def _warn(self) -> None:
        rows = await Subscription.raw(
            "SELECT * FROM billing_subscriptions WHERE status IN ('trialing', 'past_due')"
        )
        for row in rows:
            copy = as_copy(row)
            async with transaction():
                await self.sync.reactions.to_due_trial(copy)
                await self.sync.reactions.to_grace_ending(copy)


async def count_drift() -> int:
    """Quota periods whose counters differ from their ledger; each is reported, none is changed."""
    rows = await QuotaPeriod.raw(
        "SELECT * FROM (SELECT q.id, q.used, q.reserved,"
        " count(*) FILTER (WHERE l.kind='reserve') AS reserves,"
        " count(*) FILTER (WHERE l.kind='commit') AS commits,"
        " count(*) FILTER (WHERE l.kind='release') AS releases,"
        " count(*) FILTER (WHERE l.kind='release' AND EXISTS (SELECT 1 FROM quota_ledger c WHERE"
        " c.upload_id=l.upload_id AND c.kind='commit')) AS returned"
        " FROM quota_periods q LEFT JOIN quota_ledger l ON l.period=q.id GROUP BY q.id) AS counted"
        " WHERE used<>commits-returned OR reserved<>reserves-commits-(releases-returned)"
    )
    for row in rows:
        log.error("quota_drift", period=str(row["id"]), used=row["used"], reserved=row["reserved"])
    return len(rows)


async def _prune() -> None:
    await StripeEvent.raw(
        "DELETE FROM stripe_events WHERE handled_at < now() - make_interval(days => {})",
        KEEP_EVENTS.days,
    )
    await StripeCall.raw("DELETE FROM stripe_calls WHERE created_at < now() - interval '3 days'")
