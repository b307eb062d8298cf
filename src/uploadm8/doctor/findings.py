"""What a check says."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from uploadm8.config import Config


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it runs, with something missing
    RED = "red"  # it must not run like this


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what was looked at, a stable name.
        says: one sentence; never a secret.
        action: what to do about it.
        passing: the server may just be away: no reason to refuse to start.
    """

    check: str
    level: Level
    says: str
    action: str = ""
    passing: bool = False


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, says)


def warn(check: str, says: str, action: str = "") -> Finding:
    """It works, but not as it should."""
    return Finding(check, Level.WARNING, says, action)


def red(check: str, says: str, action: str = "", *, passing: bool = False) -> Finding:
    """It must not run like this."""
    return Finding(check, Level.RED, says, action, passing)


Check = Callable[[Config], Awaitable[list[Finding]]]
