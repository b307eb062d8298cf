"""Uploads a month: reserved at presign, committed at complete, released when they come to nothing."""

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uploadm8.domain.billing.entitlements import Entitlement, Entitlements
from uploadm8.domain.billing.plans import PLANS, Resource, Tier, first_with_room
from uploadm8.domain.billing.tables import QuotaEntry, QuotaPeriod
from uploadm8.domain.workspaces.events import EventKind, announce
from uploadm8.errors import NotFoundError, PaymentRequiredError
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id

TOLD_PERCENT = (50, 60, 70, 80, 90, 100)


@dataclass(frozen=True, slots=True)
class Usage:
    """The uploads of the current period.

    Attributes:
        used: uploads that arrived.
        reserved: uploads on their way.
        remaining: what may still be started; never negative.
        resets_at: when the next period begins.
    """

    tier: Tier
    limit: int
    used: int
    reserved: int
    remaining: int
    starts_at: datetime
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Quota:
    """Exact under concurrency; replays of any call change nothing."""

    entitlements: Entitlements

    async def reserve(self, workspace_id: UUID, upload_id: UUID) -> None:
        """Take a place for an upload, in the transaction that records it.

        The period's row stays locked until that transaction ends, so reservations of one
        workspace follow each other.

        Raises:
            PaymentRequiredError: code ``quota_exceeded``, with limit, used, resets_at and tiers.
        """
        if not DB.transaction_exists():
            raise RuntimeError("a reservation belongs into the transaction that records the upload")
        if await DB.rows("SELECT 1 FROM quota_ledger WHERE upload_id=$1 LIMIT 1", upload_id):
            return
        entitlement = await self.entitlements.of(workspace_id)
        taken = await QuotaPeriod.raw(
            "INSERT INTO quota_periods AS q (id, workspace, starts_at, ends_at, upload_limit,"
            " reserved, used) VALUES ({}, {}, {}, {}, {}, 1, 0)"
            " ON CONFLICT (workspace, starts_at) DO UPDATE SET reserved=q.reserved+1,"
            " upload_limit=EXCLUDED.upload_limit, ends_at=EXCLUDED.ends_at"
            " WHERE q.reserved+q.used < EXCLUDED.upload_limit RETURNING id",
            new_id(),
            workspace_id,
            entitlement.period.starts_at,
            entitlement.period.ends_at,
            entitlement.limits.uploads,
        )
        if not taken:
            raise _exceeded(entitlement, await self.usage(workspace_id))
        if not await _write(taken[0]["id"], upload_id, "reserve"):
            await _count(taken[0]["id"], reserved=-1)  # the same call at the same time came first

    async def commit(self, upload_id: UUID) -> bool:
        """Count a reserved upload as used; False if it already was, or was released."""
        async with transaction():
            period_id, kinds = await _locked(upload_id)
            if "release" in kinds or not await _write(period_id, upload_id, "commit"):
                return False
            await self._announce(await _count(period_id, reserved=-1, used=1))
            return True

    async def release(self, upload_id: UUID) -> bool:
        """Give an upload's place back to the period it was taken from; False if it already was.

        After a commit too: an upload that we failed to turn into anything is not charged.
        """
        async with transaction():
            period_id, kinds = await _locked(upload_id)
            if not await _write(period_id, upload_id, "release"):
                return False
            if "commit" in kinds:
                await _count(period_id, used=-1)
            else:
                await _count(period_id, reserved=-1)
            return True

    async def usage(self, workspace_id: UUID) -> Usage:
        """The numbers of the current period, without a row for it being needed."""
        entitlement = await self.entitlements.of(workspace_id)
        period = entitlement.period
        rows = await QuotaPeriod.raw(
            "SELECT used, reserved FROM quota_periods WHERE workspace={} AND starts_at={}",
            workspace_id,
            period.starts_at,
        )
        used, reserved = (rows[0]["used"], rows[0]["reserved"]) if rows else (0, 0)
        limit = entitlement.limits.uploads
        return Usage(
            tier=entitlement.tier,
            limit=limit,
            used=used,
            reserved=reserved,
            remaining=max(0, limit - used - reserved),
            starts_at=period.starts_at,
            resets_at=period.ends_at,
        )

    async def _announce(self, row: "_Row") -> None:
        """Tell of each share that this very upload reached; who is told chooses the shares."""
        for percent in TOLD_PERCENT:
            if row.used == math.ceil(row.limit * percent / 100):
                await announce(
                    row.workspace_id,
                    EventKind.QUOTA_USED,
                    f"{row.id}:{row.limit}:{percent}",
                    facts={
                        "percent": percent,
                        "used": row.used,
                        "limit": row.limit,
                        "resets_at": row.ends_at,
                    },
                )


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    workspace_id: UUID
    ends_at: datetime
    limit: int
    used: int


async def _locked(upload_id: UUID) -> tuple[UUID, set[str]]:
    """Lock the period that the upload was reserved in; what the ledger says of the upload."""
    rows = await QuotaPeriod.raw(
        "SELECT id FROM quota_periods WHERE id=(SELECT period FROM quota_ledger WHERE upload_id={}"
        " AND kind='reserve') FOR NO KEY UPDATE",
        upload_id,
    )
    if not rows:
        raise NotFoundError("No place was reserved for this upload.", code="not_reserved")
    kinds = (
        await QuotaEntry.select(QuotaEntry.kind)
        .where(QuotaEntry.upload_id == upload_id)
        .output(as_list=True)
    )
    return rows[0]["id"], set(kinds)


async def _write(period_id: UUID, upload_id: UUID, kind: str) -> bool:
    rows = await QuotaEntry.raw(
        "INSERT INTO quota_ledger (id, period, upload_id, kind, at) VALUES ({}, {}, {}, {}, now())"
        " ON CONFLICT (upload_id, kind) DO NOTHING RETURNING id",
        new_id(),
        period_id,
        upload_id,
        kind,
    )
    return bool(rows)


async def _count(period_id: UUID, *, reserved: int = 0, used: int = 0) -> _Row:
    rows = await QuotaPeriod.raw(
        "UPDATE quota_periods SET reserved=reserved+{}, used=used+{} WHERE id={}"
        " RETURNING id, workspace, ends_at, upload_limit, used",
        reserved,
        used,
        period_id,
    )
    row = rows[0]
    return _Row(row["id"], row["workspace"], row["ends_at"], row["upload_limit"], row["used"])


def _exceeded(entitlement: Entitlement, usage: Usage) -> PaymentRequiredError:
    needed = first_with_room(Resource.UPLOADS, entitlement.limits.uploads + 1)
    plan = PLANS[usage.tier]
    instead = (
        f"Change to {needed.name} ({needed.limits.uploads} uploads), or wait" if needed else "Wait"
    )
    return PaymentRequiredError(
        f"All {usage.limit} uploads of the {plan.name} tier are used up or reserved in this period.",
        code="quota_exceeded",
        action=f"{instead} until {usage.resets_at:%Y-%m-%d %H:%M} UTC.",
        extra={
            "resource": Resource.UPLOADS.value,
            "limit": usage.limit,
            "used": usage.used,
            "reserved": usage.reserved,
            "resets_at": usage.resets_at.isoformat().replace("+00:00", "Z"),
            "tier": usage.tier.value,
            "required_tier": needed.tier.value if needed else None,
            "required_lookup_key": needed.lookup_key if needed else None,
        },
    )
