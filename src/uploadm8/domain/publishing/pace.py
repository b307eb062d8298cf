"""How fast one account may post: a minute between posts, and the platform's own daily cap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.tables import AccountPace
from uploadm8.domain.publishing.turns import Turn, day_is_full_for_s, turn_of
from uploadm8.errors import InvalidRequestError, Retry, UnavailableError
from uploadm8.infra.clock import now

DAILY_CAPS: Mapping[Platform, int] = {Platform.FACEBOOK: 30}
"""Posts per account in any 24 h, where the platform fixes a number and offers no counter.

Facebook allows 30 reels per page. Instagram and TikTok tell what is left when they are asked, which
preflight does; YouTube's cap depends on the channel and answers for itself.
"""

LEAD_S = 15 * 60.0
"""How long before its turn a post is handed to its platform: TikTok's address lives for an hour."""

LOOK_AGAIN_S = 3_600.0  # a place in line may come nearer when others leave it
ROOM_AGAIN_S = 3_600.0
IN_FLIGHT_AGAIN_S = 60.0
_SLACK_S = 1.0
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

    async def require_near(
        self, publication_id: UUID, account_id: UUID, platform: Platform
    ) -> None:
        """Make sure that a post's turn is near before anything of it is sent.

        Raises:
            PaceError: with the seconds until it is worth another look.
        """
        cap = self.daily_caps.get(platform)
        if self.spacing_s <= 0 and cap is None:
            return
        turn = await turn_of(publication_id, account_id, self.spacing_s)
        if cap is not None:
            full_s = await day_is_full_for_s(account_id, cap, turn.ahead)
            if full_s > LEAD_S:
                raise _capped(platform, cap, min(full_s - LEAD_S, LOOK_AGAIN_S))
        if turn.wait_s > LEAD_S + _SLACK_S:
            raise _in_line(turn, min(turn.wait_s - LEAD_S, LOOK_AGAIN_S))

    async def take_turn(
        self,
        publication_id: UUID,
        account_id: UUID,
        platform: Platform,
        room: Room | None = None,
    ) -> None:
        """Count a commit of the account; the caller's transaction makes it, so it is exact.

        Raises:
            PaceError: with the seconds until its turn.
        """
        cap = self.daily_caps.get(platform)
        if self.spacing_s <= 0 and cap is None and room is None:
            return
        await _lock(account_id)
        if cap is not None:
            full_s = await day_is_full_for_s(account_id, cap)
            if full_s > 0:
                raise _capped(platform, cap, full_s)
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
            turn = await turn_of(publication_id, account_id, self.spacing_s)
            raise _in_line(turn, max(0.1, turn.wait_s))


async def _lock(account_id: UUID) -> None:
    """Lock the account's row until the end of the transaction, making it the first time."""
    lock = "SELECT 1 FROM account_paces WHERE account = {} FOR NO KEY UPDATE"
    if not await AccountPace.raw(lock, account_id):
        await AccountPace.raw(
            "INSERT INTO account_paces (account) VALUES ({}) ON CONFLICT DO NOTHING", account_id
        )
        await AccountPace.raw(lock, account_id)


def _in_line(turn: Turn, again_in_s: float) -> PaceError:
    at = now() + timedelta(seconds=turn.wait_s)
    reasons = {0: "This account has just posted", 1: "Another post of this account goes first"}
    reason = reasons.get(turn.ahead, f"{turn.ahead} posts of this account go first")
    return PaceError(
        f"{reason}; the turn of this one comes at about {at:%H:%M on %d %B} UTC.",
        action="Nothing to do: posts of one account are kept apart.",
        retry_after=again_in_s,
    )


def _capped(platform: Platform, cap: int, again_in_s: float) -> PaceError:
    return PaceError(
        f"With those in line the account has made the {cap} posts that {platform.label} allows in"
        " a day.",
        code="account_daily_cap",
        action="Nothing to do: we post it when the platform allows it again.",
        retry_after=again_in_s,
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
