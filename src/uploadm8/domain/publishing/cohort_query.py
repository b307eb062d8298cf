"""Query parameters that say which posts to count; the same for analytics, KPIs and exports."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from uploadm8.api.principal import Principal
from uploadm8.api.ranges import DEFAULT_DAYS, LONGEST_DAYS, Range, read_range
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import Cohort, Outcome, zone_of
from uploadm8.errors import FieldError, InvalidRequestError
from uploadm8.infra.clock import now

E = TypeVar("E", bound=StrEnum)

Days = Annotated[
    int | None,
    QueryParameter(
        description=f"Length of the range, 1 to {LONGEST_DAYS}; {DEFAULT_DAYS} when not said."
    ),
]
Start = Annotated[datetime | None, QueryParameter(description="Where the range begins.")]
End = Annotated[datetime | None, QueryParameter(description="Where it ends; now when not said.")]
Zone = Annotated[
    str | None,
    QueryParameter(
        description="IANA zone of days and hours; the workspace's own when not said.",
        max_length=64,
    ),
]
OnPlatform = Annotated[
    str | None, QueryParameter(name="platform", description=f"One of {', '.join(Platform)}.")
]
Status = Annotated[
    str | None, QueryParameter(name="status", description=f"One of {', '.join(Outcome)}.")
]
Account = Annotated[
    UUID | None, QueryParameter(name="account_id", description="A connected account.")
]


async def provide_cohort(
    principal: NamedDependency[Principal],
    days: Days = None,
    start: Start = None,
    end: End = None,
    time_zone: Zone = None,
    on_platform: OnPlatform = None,
    status: Status = None,
    account_id: Account = None,
) -> Cohort:
    """The caller's own posts."""
    zone = time_zone or await zone_of(principal.workspace_id)
    return Cohort(
        read_range(now(), days, start, end, zone),
        principal.workspace_id,
        one_of("platform", on_platform, Platform),
        account_id,
        one_of("status", status, Outcome),
    )


def provide_everyones(
    days: Days = None,
    start: Start = None,
    end: End = None,
    time_zone: Zone = None,
    on_platform: OnPlatform = None,
    status: Status = None,
) -> Cohort:
    """Everybody's posts, for administrators; days are UTC's unless said otherwise."""
    span: Range = read_range(now(), days, start, end, time_zone or "UTC")
    return Cohort(
        span,
        platform=one_of("platform", on_platform, Platform),
        outcome=one_of("status", status, Outcome),
    )


COHORT = {"cohort": Provide(provide_cohort)}
EVERYONES = {"cohort": Provide(provide_everyones, sync_to_thread=False)}


def one_of(field: str, text: str | None, kind: type[E]) -> E | None:
    """A member by its value; an empty parameter, as forms send it, asks for no filter.

    Raises:
        InvalidRequestError: code ``invalid_filter``.
    """
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        message = f"must be one of {', '.join(kind)}"
        raise InvalidRequestError(
            f"{field} {message}.", code="invalid_filter", fields=[FieldError(field, message)]
        ) from None
