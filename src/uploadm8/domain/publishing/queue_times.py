"""The weekly times of accounts, as users set them."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo

from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.publishing.schedule import zone_named
from uploadm8.domain.publishing.schemas import WeeklyTimeIn, WeeklyTimes, WeeklyTimesOut
from uploadm8.domain.publishing.smart import planned_times
from uploadm8.domain.publishing.tables import PostingTimes
from uploadm8.domain.publishing.targets import workspace_zone
from uploadm8.domain.publishing.weekly import DAYS, WeeklyTime, free_time, read_times
from uploadm8.errors import NotFoundError
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import to_json


@dataclass(frozen=True, slots=True)
class QueueTimes:
    """Every method is scoped by the workspace."""

    gate: Gate

    async def of(self, workspace_id: UUID, account_id: UUID) -> WeeklyTimesOut:
        """Return an account's weekly times and the next free one."""
        await _require_account(workspace_id, account_id)
        row = await PostingTimes.select().where(PostingTimes.account == account_id).first()
        zone = row["time_zone"] if row else await workspace_zone(workspace_id)
        times = sorted(read_times(row["times"])) if row else []
        free = free_time(times, await planned_times(account_id, now()), ZoneInfo(zone), now())
        return WeeklyTimesOut(
            account_id=account_id,
            times=[WeeklyTimeIn(day=DAYS[one.day], at=f"{one.at:%H:%M}") for one in times],
            time_zone=zone,
            next_free=free.at if free else None,
        )

    async def set(
        self, workspace_id: UUID, account_id: UUID, wanted: WeeklyTimes
    ) -> WeeklyTimesOut:
        """Replace an account's weekly times; posts that have a time already keep it.

        Raises:
            PaymentRequiredError: the tier has no scheduling.
            InvalidRequestError: ``invalid_schedule`` for an unknown zone.
        """
        await _require_account(workspace_id, account_id)
        if wanted.times:
            await self.gate.require(workspace_id, Feature.SCHEDULING)
        zone = wanted.time_zone or await workspace_zone(workspace_id)
        zone_named(zone)
        times = {
            WeeklyTime(DAYS.index(one.day), time.fromisoformat(one.at)) for one in wanted.times
        }
        await PostingTimes.raw(
            "INSERT INTO posting_times (account, time_zone, times) VALUES ({}, {}, {})"
            " ON CONFLICT (account) DO UPDATE SET time_zone = EXCLUDED.time_zone,"
            " times = EXCLUDED.times, updated_at = now()",
            account_id,
            zone,
            to_json(sorted(times)),
        )
        return await self.of(workspace_id, account_id)


async def _require_account(workspace_id: UUID, account_id: UUID) -> None:
    known = await ConnectedAccount.exists().where(
        ConnectedAccount.id == account_id,
        ConnectedAccount.workspace == workspace_id,
        ConnectedAccount.state != AccountState.DISCONNECTED,
    )
    if not known:
        raise NotFoundError("There is no such connected account.", code="account_not_found")
