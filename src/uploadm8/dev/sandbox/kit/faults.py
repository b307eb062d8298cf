"""Scripted faults: which call fails next, how, and how often."""

from enum import StrEnum

from msgspec import Struct


class FaultKind(StrEnum):
    """What goes wrong.

    The first group happens before the request has any effect, the second after all of its
    effect, and the third is acted out by the route itself.
    """

    TOO_MANY = "429"
    SERVER_ERROR = "5xx"
    RESET_BEFORE = "reset_before"
    QUOTA = "quota"
    SLOW = "slow"
    REVOKE = "revoke"

    ACCEPT_THEN_RESET = "accept_then_reset"
    ACCEPT_THEN_500 = "accept_then_500"
    ACCEPT_THEN_HANG = "accept_then_hang"

    STALE_STATUS = "stale_status"
    RESET_MID = "reset_mid"
    PARTIAL = "partial"
    EXPIRE = "expire"


class Fault(Struct, forbid_unknown_fields=True):
    """A fault to play.

    Attributes:
        party: tiktok, google, meta, mailgun, discord, ... or * for all.
        route: a route name of that party, or * for all (GET /_sandbox/routes lists them).
        fault: what goes wrong.
        times: how many calls it hits; 0 is all calls until it is removed.
        after: how many matching calls pass unharmed first.
        retry_after: seconds put in Retry-After of the faults 429, 5xx and quota.
        delay_s: how long the fault `slow` waits.
        account: hit only calls acting for this account (its short name, page or channel id).
        status: the HTTP status of 5xx and accept_then_500.
    """

    party: str
    route: str
    fault: FaultKind
    times: int = 1
    after: int = 0
    retry_after: float | None = None
    delay_s: float = 2.0
    account: str | None = None
    status: int = 500
    id: int = 0
    hits: int = 0
    seen: int = 0


class FaultPlan:
    """The faults that are armed, in the order in which they were scripted."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._next_id = 1

    def arm(self, fault: Fault) -> Fault:
        fault.id, self._next_id = self._next_id, self._next_id + 1
        self._armed.append(fault)
        return fault

    def armed(self) -> list[Fault]:
        return list(self._armed)

    def clear(self) -> None:
        self._armed.clear()

    def take(self, party: str, route: str, account: str | None) -> Fault | None:
        """The first armed fault that hits this call; it is used up when its times are over."""
        for fault in self._armed:
            if fault.party not in (party, "*") or fault.route not in (route, "*"):
                continue
            if fault.account is not None and fault.account != account:
                continue
            fault.seen += 1
            if fault.seen <= fault.after:
                continue
            fault.hits += 1
            if fault.times and fault.hits >= fault.times:
                self._armed.remove(fault)
            return fault
        return None
