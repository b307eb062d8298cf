"""Row ids: UUIDv7, so that new rows land together in the index and sort by age."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return UUID(int=uuid7().int)
