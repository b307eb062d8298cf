"""What someone set out to do at Stripe: on record before Stripe is asked, whatever it answers."""

from typing import Any
from uuid import UUID

from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction


async def intend(action: Action, workspace_id: UUID, **details: Any) -> None:
    """Commit an entry about an act of a person on the workspace's billing.

    What came of it is the system's entry about the subscription.
    """
    async with transaction():
        await record(
            action,
            workspace_id=workspace_id,
            subject=("workspace", workspace_id),
            details=details,
        )
