"""The time, as an aware UTC datetime; decisions about jobs use the database's clock instead."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)
