"""Standard Webhooks 1.0: what is sent, and the headers that prove where it comes from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from standardwebhooks.webhooks import Webhook

from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of


def body_of(event: Mapping[str, Any]) -> bytes:
    """The body of an event's row, the same at every try: type, timestamp, data."""
    facts = json_of(event["facts"])
    return msgspec.json.encode(
        {"type": event["kind"], "timestamp": event["at"], "data": facts}, order="deterministic"
    )


def signed_headers(
    event_id: UUID, body: bytes, secrets: Sequence[str], at: datetime | None = None
) -> dict[str, str]:
    """Headers of one call; each secret adds a signature, so that a rotation breaks nobody."""
    at = at or now()
    name = f"msg_{event_id}"
    signatures = [Webhook(secret).sign(name, at, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
