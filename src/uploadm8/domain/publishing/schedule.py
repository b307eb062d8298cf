"""When to publish: an instant from what the user asked, right across daylight saving."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from uploadm8.domain.publishing.tables import ScheduleMode
from uploadm8.domain.uploads.schemas import Schedule
from uploadm8.errors import FieldError, InvalidRequestError

SLACK = timedelta(seconds=60)
FARTHEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class When:
    """The resolved schedule; `publish_at` is None for now, the manual queue, and smart at first."""

    mode: ScheduleMode
    publish_at: datetime | None
    time_zone: str
    why: str | None = None


def resolve(schedule: Schedule, now: datetime, workspace_zone: str) -> When:
    """Resolve a schedule.

    A local time that a clock change skips moves forward by the gap; one that it repeats is taken
    the first time it comes.

    Raises:
        InvalidRequestError: ``invalid_schedule`` with the field at fault.
    """
    zone_name = schedule.time_zone or workspace_zone
    zone = zone_named(zone_name)
    mode = ScheduleMode(schedule.mode)
    if mode is not ScheduleMode.AT:
        if schedule.at is not None:
            raise _wrong("schedule.at", f"is only for mode at, not {mode.value}")
        return When(mode, None, zone_name)
    if schedule.at is None:
        raise _wrong("schedule.at", "is required for mode at")
    instant = _instant(schedule.at, zone)
    if instant < now - SLACK:
        raise _wrong("schedule.at", f"is in the past ({instant.isoformat()})")
    if instant > now + FARTHEST:
        raise _wrong("schedule.at", "is more than a year ahead")
    return When(mode, instant, zone_name)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("schedule.at", "is not an RFC 3339 date and time") from None
    if given.tzinfo is not None:
        return given.astimezone(UTC)
    # fold=0 is the first of a repeated hour; a skipped hour maps past the gap on the way to UTC.
    return given.replace(tzinfo=zone, fold=0).astimezone(UTC)


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        InvalidRequestError: ``invalid_schedule``: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise _wrong(
            "schedule.time_zone", "is not an IANA time zone, such as Europe/Berlin"
        ) from None


def _wrong(field: str, message: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{field} {message}.", code="invalid_schedule", fields=[FieldError(field, message)]
    )
