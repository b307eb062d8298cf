"""How fast one account may post: a minute between posts, and the platform's own daily cap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.tables import AccountPace
from uploadm8.errors import InvalidRequestError, Retry, UnavailableError

DAILY_CAPS: Mapping[Platform, int] = {Platform.FACEBOOK: 30}
"""Posts per account in any 24 h, where the platform fixes a number and offers no counter.

Facebook allows 30 reels per page. Instagram and TikTok tell what is left when they are asked, which
preflight does; YouTube's cap depends on the channel and answers for itself.
"""


ROOM_AGAIN_S = 3_600.0
IN_FLIGHT_AGAIN_S = 60.0
_CLOCKS_APART = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Room:
    """How many posts a platform said were left for an account, and when it said so."""

    left: int
    asked_at: datetime


class PaceError(UnavailableError):
    """The account posts as fast as it may; this post has a turn."""

    code = "account_spacing"
    retry = Retry.RATE_LIMITED


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of one account, whatever its platform.

    Attributes:
        spacing_s: least seconds between two commits of one account; 0 switches it off.
        daily_caps: commits per account in any 24 hours.
    """

    spacing_s: float = 60.0
    daily_caps: Mapping[Platform, int] = field(default_factory=lambda: DAILY_CAPS)

    async def take_turn(
        self, account_id: UUID, platform: Platform, room: Room | None = None
    ) -> None:
        """Count a commit of the account; the caller's transaction makes it, so it is exact.

        Raises:
            PaceError: with the seconds until the turn that was reserved. Raised before anything
                but the reservation is written; the caller must commit that.
        """
        await AccountPace.raw(
            "INSERT INTO account_paces (account) VALUES ({}) ON CONFLICT DO NOTHING", account_id
        )
        await AccountPace.raw(
            "SELECT 1 FROM account_paces WHERE account = {} FOR UPDATE", account_id
        )
        await self._daily(account_id, platform)
        if room is not None:
            await _require_room(account_id, platform, room)
        if self.spacing_s <= 0:
            return
        taken = await AccountPace.raw(
            "UPDATE account_paces SET last_commit_at = clock_timestamp() WHERE account = {}"
            " AND (last_commit_at IS NULL OR last_commit_at <="
            " clock_timestamp() - make_interval(secs => {}::float8)) RETURNING account",
            account_id,
            self.spacing_s,
        )
        if not taken:
            raise PaceError(
                "Another post of this account has just gone out.",
                action="Nothing to do: posts of one account are kept apart.",
                retry_after=await self._reserve(account_id),
            )

    async def _reserve(self, account_id: UUID) -> float:
        """Give out turns one after the other, so that those who wait do not all come back at once."""
        rows = await AccountPace.raw(
            "UPDATE account_paces SET next_free_at = GREATEST(next_free_at, last_commit_at"
            " + make_interval(secs => {}::float8), clock_timestamp())"
            " + make_interval(secs => {}::float8) WHERE account = {} RETURNING"
            " extract(epoch FROM next_free_at - clock_timestamp())::float8 AS left_s",
            self.spacing_s,
            self.spacing_s,
            account_id,
        )
        return max(0.5, float(rows[0]["left_s"]) - self.spacing_s)

    async def _daily(self, account_id: UUID, platform: Platform) -> None:
        cap = self.daily_caps.get(platform)
        if cap is None:
            return
        rows = await AccountPace.raw(
            "SELECT extract(epoch FROM min(at) + interval '24 hours' - now())::float8 AS left_s"
            " FROM (SELECT first_commit_at AS at FROM publications WHERE account = {}"
            " AND first_commit_at > now() - interval '24 hours'"
            " ORDER BY first_commit_at DESC LIMIT {}) AS recent HAVING count(*) >= {}",
            account_id,
            cap,
            cap,
        )
        if rows:
            raise PaceError(
                f"The account has made the {cap} posts that {platform.label} allows in a day.",
                code="account_daily_cap",
                action="Nothing to do: we post it when the platform allows it again.",
                retry_after=max(1.0, float(rows[0]["left_s"])),
            )


async def _require_room(account_id: UUID, platform: Platform, room: Room) -> None:
    """Posts that were on their way when the platform was asked may be missing in its count."""
    rows = await AccountPace.raw(
        "SELECT count(*) AS n FROM publications WHERE account = {} AND (state IN"
        " ('committing', 'confirming') OR first_commit_at > {})",
        account_id,
        room.asked_at - _CLOCKS_APART,
    )
    if room.left > rows[0]["n"]:
        return
    raise PaceError(
        f"The account has made as many posts as {platform.label} allows at the moment.",
        code="account_daily_cap",
        action="Nothing to do: we post it when the platform allows it again.",
        retry_after=ROOM_AGAIN_S if room.left <= 0 else IN_FLIGHT_AGAIN_S,
    )


def read_caps(text: str) -> dict[Platform, int]:
    """Read ``facebook=30,youtube=50``; empty means no caps of our own.

    Raises:
        InvalidRequestError: an unknown platform, or not a number.
    """
    caps = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = entry.partition("=")
        if name not in set(Platform) or not number.isdigit():
            raise InvalidRequestError(f"ACCOUNT_DAILY_CAPS has a wrong entry: {entry}.")
        caps[Platform(name)] = int(number)
    return caps
