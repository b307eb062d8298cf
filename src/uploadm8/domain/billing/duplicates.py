"""A second subscription of one customer, from two checkouts paid at once: ended and paid back."""

from dataclasses import dataclass
from uuid import UUID

import stripe
import structlog

from uploadm8.domain.billing.gateway import StripeGateway, StripeRefusedError, translated
from uploadm8.domain.billing.intent import intend
from uploadm8.domain.billing.notices import NoticeKind, record_notice
from uploadm8.domain.billing.shapes import (
    StripeInvoice,
    StripeInvoicePayment,
    StripePaidInvoice,
    StripeSubscription,
    read,
)
from uploadm8.domain.billing.sync import Sync, duplicates_of
from uploadm8.domain.billing.tables import Subscription
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.handlers import JobContext

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Pays back first and ends then: as long as the second one lives, the job finds it again."""

    gateway: StripeGateway
    sync: Sync

    async def end(self, context: JobContext) -> None:
        """The job: nothing happens unless there is still an older one beside it."""
        stripe_id = str(context.job.args["subscription"])
        rows = await Subscription.raw(
            "SELECT workspace, stripe_customer_id FROM billing_subscriptions WHERE stripe_id={}",
            stripe_id,
        )
        if not rows:
            return
        customer: str = rows[0]["stripe_customer_id"]
        found = duplicates_of(await self.gateway.subscriptions(customer))
        second = next((one for one in found if one.id == stripe_id), None)
        if second is not None:
            await self._end(rows[0]["workspace"], second)
            await self.sync.customer(customer)

    async def _end(self, workspace_id: UUID, second: StripeSubscription) -> None:
        await intend(Action.DUPLICATE_ENDED, workspace_id, subscription=second.id)
        back = await self._pay_back(second)
        with translated():
            await self.gateway.v1.subscriptions.cancel_async(
                second.id, {"prorate": False, "invoice_now": False}
            )
        async with transaction():
            await record_notice(
                workspace_id,
                NoticeKind.DUPLICATE_ENDED,
                about=second.id,
                facts={"paid_back_cents": back, "currency": "usd"},
            )
        log.warning("duplicate_subscription_ended", subscription=second.id, paid_back_cents=back)

    async def _pay_back(self, second: StripeSubscription) -> int:
        """Refund what was paid on its bill; returns how much, in cents."""
        invoice = second.latest_invoice
        invoice_id = invoice.id if isinstance(invoice, StripeInvoice) else invoice
        if invoice_id is None:
            return 0
        with translated():
            answer = await self.gateway.v1.invoices.retrieve_async(
                invoice_id, {"expand": ["payments"]}
            )
        paid = read(StripePaidInvoice, answer)
        for payment in paid.payments.data if paid.payments else ():
            await self._refund(second.id, payment)
        return paid.amount_paid

    async def _refund(self, stripe_id: str, payment: StripeInvoicePayment) -> None:
        if payment.status != "paid":
            return
        params: stripe.params.RefundCreateParams = {
            "reason": "duplicate",
            "metadata": {"duplicate_subscription": stripe_id},
        }
        if payment.payment.payment_intent is not None:
            params["payment_intent"] = payment.payment.payment_intent
        elif payment.payment.charge is not None:
            params["charge"] = payment.payment.charge
        else:
            return
        try:
            with translated():
                await self.gateway.v1.refunds.create_async(
                    params, {"idempotency_key": f"refund-duplicate-{payment.id}"}
                )
        except StripeRefusedError as error:
            if error.extra.get("stripe_code") != "charge_already_refunded":
                raise
