"""/api/account: delete the account, keep it after all, get a copy of one's data."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from uploadm8.api.guards import given, needs, public
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.schemas import Done, LinkToken
from uploadm8.domain.workspaces.closing import Closing
from uploadm8.domain.workspaces.schemas import DeletionScheduled, ExportView


class AccountController(Controller):
    """Leaving, and taking one's data along."""

    path = "/api/account"
    tags = ["Account"]
    dependencies = {"closing": given("closing")}

    @post(
        "/delete",
        status_code=202,
        summary="Delete the account",
        **needs(session=True, fresh_s=300),
    )
    async def delete(
        self, principal: NamedDependency[Principal], closing: NamedDependency[Closing]
    ) -> DeletionScheduled:
        """Locks it at once and erases it in 7 days; needs step-up. A mailed link undoes it."""
        return DeletionScheduled(await closing.request(principal.user_id))

    @post(
        "/delete/cancel",
        status_code=200,
        summary="Keep the account",
        **public("the token of the mailed link is the credential", limit="30/minute"),
    )
    async def keep(self, data: JSONBody[LinkToken], closing: NamedDependency[Closing]) -> Done:
        """Within 7 days of the deletion; sign in again afterwards."""
        await closing.undo(data.token)
        return Done()

    @post(
        "/export",
        status_code=202,
        summary="Ask for a copy of your data",
        **needs(session=True, fresh_s=300),
    )
    async def ask_export(
        self, principal: NamedDependency[Principal], closing: NamedDependency[Closing]
    ) -> ExportView:
        """JSON and CSV in a ZIP, once a day; a mail says when it is ready."""
        return await closing.ask_export(principal.user_id)

    @get("/export", summary="Get the copy of your data", **needs(session=True))
    async def export(
        self, principal: NamedDependency[Principal], closing: NamedDependency[Closing]
    ) -> ExportView:
        """The copy of the last 24 hours, with a link once it is ready."""
        return await closing.export(principal.user_id)
