"""The answers already given to requests with an Idempotency-Key."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId


class IdempotencyKey(Table, tablename="idempotency_keys", db=DB):
    """A key, the request it came with, and the answer it got; kept for 24 hours."""

    id = UUID(primary_key=True, default=RowId())
    workspace_id = UUID(default=None)
    user_id = UUID(default=None)
    key = Varchar(length=128, default=None)
    request_hash = Varchar(length=64, default=None)
    status = Integer(default=None)
    body = Text(default=None)
    created_at = Timestamptz(default=TimestamptzNow(), index=True)

    unique_idempotency_keys_owner_key = Unique([workspace_id, user_id, key])
