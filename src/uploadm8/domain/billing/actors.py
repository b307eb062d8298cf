"""Billing's background work: apply an event, send a notice, sweep."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import structlog

from uploadm8.domain.billing.letters import write
from uploadm8.domain.billing.notices import NoticeKind
from uploadm8.domain.billing.service import Billing
from uploadm8.domain.billing.tables import BillingNotice
from uploadm8.domain.workspaces.recipients import managers_of
from uploadm8.infra.jobs.catalog import BILLING_NOTICE, BILLING_SWEEP, END_DUPLICATE, STRIPE_EVENT
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.mail.letter import render
from uploadm8.infra.mail.mailer import Mailer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BillingJobs:
    """The handlers of billing's job kinds."""

    billing: Billing
    mailer: Mailer
    frontend_url: str

    def handlers(self) -> Sequence[Handler]:
        """One for each kind."""
        return (
            Handler(STRIPE_EVENT, self.apply_event),
            Handler(BILLING_NOTICE, self.send_notice),
            Handler(END_DUPLICATE, self.billing.duplicates.end),
            Handler(BILLING_SWEEP, self.run_sweep),
        )

    async def apply_event(self, context: JobContext) -> None:
        """Read from Stripe what a recorded event is about."""
        event_id = str(context.job.args["event_id"])
        log.info(
            "stripe_event_applied",
            stripe_id=event_id,
            outcome=await self.billing.events.apply(event_id),
        )

    async def send_notice(self, context: JobContext) -> None:
        """Send a recorded notice to the owners and admins of its workspace."""
        rows = await BillingNotice.raw(
            "SELECT * FROM billing_notices WHERE id={} AND sent_at IS NULL", context.job.ref_id
        )
        if not rows:
            return
        notice = rows[0]
        kind = NoticeKind(notice["kind"])
        letter = write(kind, msgspec.json.decode(notice["facts"]), self.frontend_url)
        for address in (await managers_of(notice["workspace"])).values():
            await self.mailer.send(render(letter, address, kind.value.replace("_", "-")))
        await BillingNotice.raw(
            "UPDATE billing_notices SET sent_at=now() WHERE id={}", notice["id"]
        )

    async def run_sweep(self, _context: JobContext) -> None:
        """Look for lost news and wrong sums."""
        report = await self.billing.sweep.run()
        log.info(
            "billing_swept",
            recovered=report.recovered,
            reread=report.reread,
            miscounted=report.miscounted,
        )
