"""What threatens planned posts: an account's access that ends before their time."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.views import foreseeable_end
from uploadm8.domain.publishing.schemas import PublicationWarning
from uploadm8.domain.publishing.tables import PublicationState

S = PublicationState
AHEAD = (S.DRAFT, S.HELD, S.SCHEDULED, S.QUEUED, S.RETRY_WAIT)
_ACCOUNT = (
    ConnectedAccount.id,
    ConnectedAccount.platform,
    ConnectedAccount.state,
    ConnectedAccount.display_name,
    ConnectedAccount.access_expires_at,
    ConnectedAccount.refresh_expires_at,
    ConnectedAccount.data_access_expires_at,
    ConnectedAccount.refresh_token_enc,
)


async def warnings_of(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, list[PublicationWarning]]:
    """Say for each publication what threatens it; those that are over have no warnings."""
    ahead = [row for row in rows if row["state"] in AHEAD]
    if not ahead:
        return {}
    accounts: list[dict[str, Any]] = await ConnectedAccount.select(*_ACCOUNT).where(
        ConnectedAccount.id.is_in(list({row["account"] for row in ahead}))
    )
    by_id = {account["id"]: account for account in accounts}
    return {row["id"]: _warnings(row, by_id[row["account"]]) for row in ahead}


def _warnings(row: Mapping[str, Any], account: Mapping[str, Any]) -> list[PublicationWarning]:
    action = f"Reconnect it: GET /oauth/{account['platform']}/start?reconnect={account['id']}"
    if account["state"] != AccountState.ACTIVE:
        message = f"The platform no longer lets us post to {account['display_name']}."
        return [PublicationWarning(code="account_not_connected", message=message, action=action)]
    ends, at = foreseeable_end(account), row["publish_at"]
    if ends is None or at is None or ends > at:
        return []
    message = f"The access to {account['display_name']} ends on {ends:%d %B %Y}, before this post."
    return [PublicationWarning(code="access_ends_before", message=message, action=action)]
