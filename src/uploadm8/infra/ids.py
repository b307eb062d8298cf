"""Row ids: UUIDv7, so that new rows land together in the index and sort by age."""

from uuid import UUID

from uuid_utils import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(bytes=uuid7().bytes)


def new_id_text() -> str:
    """A fresh UUIDv7 as text, where it is never needed as anything else."""
    return str(uuid7())
