"""Throttles for guessing: counted in PostgreSQL, before the guess is looked at.

Redis may be away, and a general limit may then let requests through; these may not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog

from uploadm8.domain.accounts.tables import Attempt
from uploadm8.errors import TooManyRequestsError
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.signing import Signer

log = structlog.get_logger(__name__)

_WINDOW_S = 900
_FREE = 5  # failures of an account before it has to wait
_LONGEST_WAIT_S = 900
_OFF = 100  # failures in a row, after which only a reset helps
_ADDRESS_MAX = 30
_ACCOUNTS_MAX = 20  # distinct accounts tried from one address within an hour
_ALARM_PER_MINUTE = 200

# Requests that send mail or make accounts: (per account and hour, per address and hour).
_HOURLY: Mapping[str, tuple[int, int]] = {"reset": (3, 10), "register": (10, 60)}


class SignInThrottledError(TooManyRequestsError):
    """Too many failed attempts."""

    code = "sign_in_throttled"


class SignInOffError(TooManyRequestsError):
    """The password of this account is switched off after too many failures."""

    code = "sign_in_off"


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts per account (whether or not it exists), per address, and overall."""

    signer: Signer

    async def begin(self, email: str, address: str) -> str:
        """Record an attempt to sign in as a failure until `succeed` is called.

        Recorded first, so that guesses sent at once cannot all pass the check.

        Returns:
            The account's key for `succeed`.

        Raises:
            SignInThrottledError: wait first.
            SignInOffError: a reset is needed.
        """
        account = self.account_key(email)
        async with transaction():
            await self._lock(account, address)
            await self._check_account(account)
            await self._check_address(address)
            await self._record("login", account, address)
        await self._alarm()
        return account

    async def succeed(self, account: str) -> None:
        """Forget the account's failures."""
        await Attempt.raw(
            "DELETE FROM sign_in_attempts WHERE kind='login' AND account_key={}", account
        )

    async def hourly(self, kind: str, email: str, address: str) -> bool:
        """Record a request of a kind in `_HOURLY`; whether the account's share was left.

        Raises:
            TooManyRequestsError: the address has used up its own share.
        """
        per_account, per_address = _HOURLY[kind]
        account = self.account_key(email)
        async with transaction():
            await self._lock(account, address)
            rows = await Attempt.raw(
                "SELECT count(*) FILTER (WHERE account_key={}) AS account,"
                " count(*) FILTER (WHERE address={}) AS address FROM sign_in_attempts"
                " WHERE kind={} AND at > now() - interval '1 hour'"
                " AND (account_key={} OR address={})",
                account,
                address,
                kind,
                account,
                address,
            )
            if rows[0]["address"] >= per_address:
                raise TooManyRequestsError(retry_after=600, action="Try again later.")
            await self._record(kind, account, address)
        return bool(rows[0]["account"] < per_account)

    def account_key(self, email: str) -> str:
        """The account's name in the counters; no address is kept in them."""
        return self.signer.pseudonym("attempts", email.strip().lower())

    async def _lock(self, account: str, address: str) -> None:
        # Always account before address, so that two attempts cannot wait for each other.
        for key in (f"attempt|{account}", f"attempt|{address}"):
            await Attempt.raw("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))", key)

    async def _check_account(self, account: str) -> None:
        rows = await Attempt.raw(
            "SELECT count(*) AS ever,"
            " count(*) FILTER (WHERE at > now() - make_interval(secs => {})) AS recent,"
            " extract(epoch FROM now() - max(at))::float8 AS idle"
            " FROM sign_in_attempts WHERE kind='login' AND account_key={}",
            _WINDOW_S,
            account,
        )
        ever, recent, idle = rows[0]["ever"], rows[0]["recent"], rows[0]["idle"]
        if ever >= _OFF:
            raise SignInOffError(retry_after=_LONGEST_WAIT_S, action="Reset the password by mail.")
        if recent < _FREE:
            return
        left = min(2.0 ** (recent - _FREE), _LONGEST_WAIT_S) - idle
        if left > 0:
            raise SignInThrottledError(
                retry_after=left, action="Wait, or reset the password by mail."
            )

    async def _check_address(self, address: str) -> None:
        rows = await Attempt.raw(
            "SELECT count(*) FILTER (WHERE at > now() - make_interval(secs => {})) AS recent,"
            " count(DISTINCT account_key) AS accounts FROM sign_in_attempts"
            " WHERE kind='login' AND address={} AND at > now() - interval '1 hour'",
            _WINDOW_S,
            address,
        )
        if rows[0]["recent"] >= _ADDRESS_MAX:
            raise SignInThrottledError(retry_after=_WINDOW_S, action="Wait before trying again.")
        if rows[0]["accounts"] >= _ACCOUNTS_MAX:
            log.warning("password_spraying", address=address)
            raise SignInThrottledError(retry_after=3600, action="Wait before trying again.")

    async def _record(self, kind: str, account: str, address: str) -> UUID:
        row = new_id()
        await Attempt.raw(
            "INSERT INTO sign_in_attempts (id, kind, account_key, address) VALUES ({}, {}, {}, {})",
            row,
            kind,
            account,
            address,
        )
        return row

    async def _alarm(self) -> None:
        rows = await Attempt.raw(
            "SELECT count(*) AS failures FROM sign_in_attempts"
            " WHERE kind='login' AND at > now() - interval '1 minute'"
        )
        if rows[0]["failures"] > _ALARM_PER_MINUTE:
            log.error("sign_in_storm", failures_per_minute=rows[0]["failures"])
