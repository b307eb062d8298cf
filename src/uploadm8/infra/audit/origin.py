"""Who is acting and from where: set at the door, known to whatever runs on a request's behalf."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from uploadm8.infra.audit.tables import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes:
        user_id: the person, also behind an API key; None for scripts and the system.
        key_id: the API key that was used.
    """

    kind: ActorKind
    user_id: UUID | None = None
    key_id: UUID | None = None


SYSTEM = Actor(ActorKind.SYSTEM)


@dataclass(slots=True)
class Origin:
    """A request, and who it turned out to come from."""

    request_id: str
    address: str
    actor: Actor = SYSTEM


_origin: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


def enter(request_id: str, address: str) -> None:
    """Begin a request; nobody is known to act yet."""
    _origin.set(Origin(request_id, address))


def leave() -> None:
    """End a request."""
    _origin.set(None)


def identify(actor: Actor) -> None:
    """Say who the current request comes from; outside of one nothing happens."""
    origin = _origin.get()
    if origin is not None:
        origin.actor = actor


def current() -> Origin | None:
    """The request this code runs for; None in a job or a command."""
    return _origin.get()


def user(user_id: UUID) -> Actor:
    """The person a public route acts for, such as whoever signs in."""
    return Actor(ActorKind.USER, user_id)
