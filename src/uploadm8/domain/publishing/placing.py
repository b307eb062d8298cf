"""The time of a post that names none: the account's next weekly time, or a smart one."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.schedule import When
from uploadm8.domain.publishing.smart import choose
from uploadm8.domain.publishing.tables import ScheduleMode
from uploadm8.domain.publishing.weekly import next_time


async def placed(when: When, account_id: UUID, platform: Platform, now: datetime) -> When:
    """Choose the time of a smart schedule, and of the queue where the account has weekly times.

    In a transaction the account's weekly times stay locked, so that no two posts get the same.
    """
    if when.mode is ScheduleMode.SMART:
        slot = await choose(account_id, platform, when.time_zone, now)
        return replace(when, publish_at=slot.at, why=slot.why)
    if when.mode is ScheduleMode.QUEUE:
        free = await next_time(account_id, now)
        return when if free is None else replace(when, publish_at=free.at, why=free.why)
    return when
