"""What happens elsewhere when an account closes; part of the composition of services."""

from contextlib import suppress
from uuid import UUID

from uploadm8.domain.billing.gateway import BillingOffError
from uploadm8.domain.billing.service import Billing
from uploadm8.domain.platforms.service import Platforms
from uploadm8.domain.publishing.service import Publications
from uploadm8.domain.workspaces.closing import Closing, OfWorkspace
from uploadm8.errors import ConflictError, UnavailableError
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.storage.keys import workspace_prefix
from uploadm8.infra.storage.s3 import Storage
from uploadm8.people import People
from uploadm8.personal_data import archive, erase_rows

_OPEN = ("draft", "scheduled", "queued", "preparing", "transferring", "retry_wait", "missed")


class StillRevokingError(UnavailableError):
    """A platform has not confirmed yet that its access was given back."""

    code = "still_revoking"


def build_closing(
    people: People,
    storage: Storage,
    billing: Billing,
    platforms: Platforms,
    publications: Publications,
) -> Closing:
    """Put the steps together: money first, then platforms, objects, rows."""

    async def lock(workspace_id: UUID) -> None:
        rows = await JobRow.raw(
            "SELECT id FROM publications WHERE workspace={} AND state=ANY({}::text[])",
            workspace_id,
            list(_OPEN),
        )
        for row in rows:
            with suppress(ConflictError):
                await publications.cancel(workspace_id, row["id"])

    async def end_subscription(workspace_id: UUID) -> None:
        with suppress(BillingOffError):
            await billing.changes.end_now(workspace_id)

    async def give_access_back(workspace_id: UUID) -> None:
        for account in await platforms.accounts.of_workspace(workspace_id):
            await platforms.accounts.disconnect(workspace_id, account["id"])
        rows = await JobRow.raw(
            "SELECT 1 FROM jobs WHERE workspace_id={} AND kind='platforms.revoke_account'"
            " AND state IN ('queued','running') LIMIT 1",
            workspace_id,
        )
        if rows:
            raise StillRevokingError

    async def delete_objects(workspace_id: UUID) -> None:
        await storage.delete_prefix(workspace_prefix(workspace_id))

    steps: tuple[OfWorkspace, ...] = (
        end_subscription,
        give_access_back,
        delete_objects,
        erase_rows,
    )
    return Closing(
        people.accounts.sessions,
        people.credentials.links,
        people.post,
        storage,
        lock,
        steps,
        archive,
    )
