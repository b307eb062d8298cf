"""Invoices, refunds and disputes, copied from Stripe for the list and for the record."""

from typing import Any
from uuid import UUID

import structlog
from piccolo.table import Table

from uploadm8.domain.billing.shapes import (
    StripeDispute,
    StripeInvoice,
    StripeRefund,
    instant,
)
from uploadm8.domain.billing.tables import Invoice, MoneyNote, NoteKind
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.ids import new_id

log = structlog.get_logger(__name__)


async def keep_invoice(workspace_id: UUID, found: StripeInvoice) -> None:
    """Write an invoice as Stripe has it now."""
    await upsert(
        Invoice,
        {
            "workspace": workspace_id,
            "stripe_id": found.id,
            "stripe_subscription_id": found.subscription_id,
            "number": found.number,
            "status": found.status or "draft",
            "billing_reason": found.billing_reason,
            "currency": found.currency,
            "total_cents": found.total,
            "paid_cents": found.amount_paid,
            "due_cents": found.amount_due,
            "attempts": found.attempt_count,
            "next_attempt_at": instant(found.next_payment_attempt),
            "hosted_url": found.hosted_invoice_url,
            "pdf_url": found.invoice_pdf,
            "period_start": instant(found.period_start),
            "period_end": instant(found.period_end),
            "stripe_created_at": instant(found.created),
        },
    )


async def keep_refund(workspace_id: UUID, found: StripeRefund) -> None:
    """Note a refund with its latest status."""
    await _keep_note(workspace_id, NoteKind.REFUND, found)


async def keep_dispute(workspace_id: UUID, found: StripeDispute) -> None:
    """Note a dispute with its latest status; whoever runs this should look at it."""
    await _keep_note(workspace_id, NoteKind.DISPUTE, found)
    log.warning("dispute", workspace=str(workspace_id), dispute=found.id, status=found.status)


async def _keep_note(
    workspace_id: UUID, kind: NoteKind, found: StripeRefund | StripeDispute
) -> None:
    known = await MoneyNote.raw(
        "SELECT 1 FROM billing_notes WHERE stripe_id={} AND status IS NOT DISTINCT FROM {}",
        found.id,
        found.status,
    )
    if not known:
        await record(
            Action.REFUND_NOTED if kind is NoteKind.REFUND else Action.DISPUTE_NOTED,
            workspace_id=workspace_id,
            subject=(kind.value, found.id),
            details={
                "amount_cents": found.amount,
                "currency": found.currency,
                "status": found.status,
            },
        )
    charge = found.charge if isinstance(found.charge, str) or not found.charge else found.charge.id
    await upsert(
        MoneyNote,
        {
            "workspace": workspace_id,
            "kind": kind.value,
            "stripe_id": found.id,
            "charge_id": charge,
            "amount_cents": found.amount,
            "currency": found.currency,
            "status": found.status,
            "reason": found.reason,
            "stripe_created_at": instant(found.created),
        },
    )


async def upsert(table: type[Table], values: dict[str, Any]) -> dict[str, Any]:
    """Write a whole row by its `stripe_id`; the row as it is now."""
    columns = list(values)
    changed = ", ".join(f"{name}=EXCLUDED.{name}" for name in columns)
    rows: list[dict[str, Any]] = await table.raw(
        f"INSERT INTO {table._meta.tablename} (id, {', '.join(columns)}, synced_at)"  # noqa: S608, SLF001
        f" VALUES ({{}}, {', '.join('{}' for _ in columns)}, now())"
        f" ON CONFLICT (stripe_id) DO UPDATE SET {changed}, synced_at=now() RETURNING *",
        new_id(),
        *values.values(),
    )
    return rows[0]
