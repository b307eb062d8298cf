"""argon2id password hashes, computed by at most two threads."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from uploadm8.errors import FieldError, InvalidRequestError, UnavailableError
from uploadm8.infra.metrics.catalog import HASH_REFUSED, HASH_SECONDS, HASH_WAITING
from uploadm8.infra.security.strength import weakness

T = TypeVar("T")

_THREADS = 2
_MAX_WAITING = 32

# The OWASP minimum set; argon2-cffi's own default costs three times as much.
_HASHER = PasswordHasher(
    time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
# Verified against when there is no such account, so that the answer takes as long.
_DUMMY = _HASHER.hash("no account has this password")


class HashingBusyError(UnavailableError):
    """Too many people are signing in at this moment."""

    code = "sign_in_busy"


@dataclass(slots=True)
class Passwords:
    """Hashes and verifies without blocking the event loop.

    The threads are bounded: argon2 is made to be expensive, and unbounded sign-ins would take the
    whole machine.
    """

    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
    )
    _waiting: int = 0

    async def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            HashingBusyError: too many are waiting.
        """
        return await self._run(lambda: _HASHER.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; as slow for an absent account as for a present one.

        Raises:
            HashingBusyError: too many are waiting.
        """
        return await self._run(lambda: _matches(stored or _DUMMY, password)) and stored is not None

    async def check_strength(self, password: str, about: Sequence[str]) -> None:
        """Refuse a password that is easy to guess.

        Args:
            password: the new password.
            about: what an attacker would try for this person.

        Raises:
            InvalidRequestError: code ``weak_password``.
        """
        reason = await self._run(lambda: weakness(password, about))
        if reason is not None:
            raise InvalidRequestError(
                "The password is too easy to guess.",
                code="weak_password",
                action="Take a few unrelated words.",
                fields=[FieldError("password", reason)],
            )

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters and should be made again."""
        return _HASHER.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _THREADS + _MAX_WAITING:
            HASH_REFUSED.inc()
            raise HashingBusyError(retry_after=1, action="Try again in a second.")
        self._waiting += 1
        began = time.monotonic()
        HASH_WAITING.set(self._waiting)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
            HASH_WAITING.set(self._waiting)
            HASH_SECONDS.observe(time.monotonic() - began)


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
