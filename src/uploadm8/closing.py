"""What happens elsewhere when an account closes; part of the composition of services."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import msgspec

from uploadm8.domain.billing.gateway import BillingOffError
from uploadm8.domain.billing.service import Billing
from uploadm8.domain.platforms.service import Platforms
from uploadm8.domain.publishing.service import Publications
from uploadm8.domain.settings.service import SettingsService
from uploadm8.domain.workspaces.closing import EXPORT_LIFE_S, Closing
from uploadm8.errors import ConflictError, UnavailableError
from uploadm8.infra.jobs.cancel import cancel_of_workspace
from uploadm8.infra.jobs.catalog import INSPECT_UPLOAD, PUBLISH, RENDER_UPLOAD, REVOKE_ACCOUNT
from uploadm8.infra.jobs.queue import has_open
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.storage.keys import workspace_prefix
from uploadm8.infra.storage.s3 import Storage
from uploadm8.people import People
from uploadm8.personal_data import archive, erase_rows

_OPEN = ("draft", "scheduled", "queued", "preparing", "transferring", "retry_wait", "missed")


class StillRevokingError(UnavailableError):
    """A platform has not confirmed yet that its access was given back."""

    code = "still_revoking"


class StillWorkingError(UnavailableError):
    """Work on the workspace's videos has not stopped yet, and would write what is to be erased."""

    code = "still_working"


@dataclass(frozen=True, slots=True)
class _Steps:
    """Each may run again after a crash."""

    storage: Storage
    billing: Billing
    platforms: Platforms
    publications: Publications
    settings: SettingsService

    async def lock(self, workspace_id: UUID) -> None:
        rows = await JobRow.raw(
            "SELECT id FROM publications WHERE workspace={} AND state=ANY({}::text[])",
            workspace_id,
            list(_OPEN),
        )
        for row in rows:
            with suppress(ConflictError):
                await self.publications.cancel(workspace_id, row["id"])

    async def stop_work(self, workspace_id: UUID) -> None:
        await self.lock(workspace_id)
        await cancel_of_workspace(workspace_id, INSPECT_UPLOAD, RENDER_UPLOAD)
        if await has_open(workspace_id, INSPECT_UPLOAD, RENDER_UPLOAD, PUBLISH):
            raise StillWorkingError

    async def end_subscription(self, workspace_id: UUID) -> None:
        with suppress(BillingOffError):
            await self.billing.changes.end_now(workspace_id)

    async def give_access_back(self, workspace_id: UUID) -> None:
        for account in await self.platforms.accounts.of_workspace(workspace_id):
            await self.platforms.accounts.disconnect(workspace_id, account["id"])
        if await has_open(workspace_id, REVOKE_ACCOUNT):
            raise StillRevokingError

    async def delete_objects(self, workspace_id: UUID) -> None:
        await self.storage.delete_prefix(workspace_prefix(workspace_id))

    async def copy(self, user_id: UUID, workspaces: list[UUID]) -> bytes:
        told = [msgspec.to_builtins(await self.settings.get(one)) for one in workspaces]
        media = []
        for workspace_id in workspaces:
            async for key in self.storage.list_keys(workspace_prefix(workspace_id)):
                url = await self.storage.presign_get(key, expires_s=EXPORT_LIFE_S)
                media.append({"object": key, "download_url": url})
        return await archive(user_id, workspaces, {"settings": told, "media": media})


def build_closing(
    people: People,
    storage: Storage,
    billing: Billing,
    platforms: Platforms,
    publications: Publications,
    settings: SettingsService,
) -> Closing:
    """Put the steps together: work stops, then money, platforms, objects, rows."""
    steps = _Steps(storage, billing, platforms, publications, settings)
    return Closing(
        people.accounts.sessions,
        people.credentials.links,
        people.post,
        storage,
        steps.lock,
        {
            "work": steps.stop_work,
            "subscription": steps.end_subscription,
            "access": steps.give_access_back,
            "objects": steps.delete_objects,
            "rows": erase_rows,
        },
        steps.copy,
    )
