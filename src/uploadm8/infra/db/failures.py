"""What the database's failures mean to whoever asked for something: come again."""

import asyncpg

from uploadm8.errors import UnavailableError

# What asyncpg and the socket say while PostgreSQL restarts or fails over (measured, five kinds).
_AWAY = (
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
    TimeoutError,
)
_CROSSED = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,  # over lock_timeout
    asyncpg.QueryCanceledError,  # over statement_timeout: too much to do at this moment
)


class TryAgainError(UnavailableError):
    """Others were changing the same thing at this moment; this change was not made."""

    code = "try_again"


def as_unavailable(error: BaseException) -> UnavailableError | None:
    """The error to tell when asking again will help, as after a transaction that was rolled back."""
    if isinstance(error, _CROSSED):
        return TryAgainError(retry_after=1, action="Try again in a moment.")
    if isinstance(error, _AWAY):
        return UnavailableError(retry_after=2, action="Try again in a moment.")
    return None
