"""A settable clock and the kinds of factories that the tests of billing share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

START = datetime(2026, 1, 15, 12, tzinfo=UTC)

MakeWorkspace = Callable[[], Awaitable[UUID]]
MakeSubscription = Callable[..., Awaitable[UUID]]


@dataclass
class Clock:
    """A time that a test moves."""

    at: datetime = field(default=START)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)
