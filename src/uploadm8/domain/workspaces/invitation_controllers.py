"""/api/invitations: offering places in a workspace, and taking them."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import given, needs, public
from uploadm8.api.idempotency import Idempotency
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.controllers import signed_in
from uploadm8.domain.accounts.schemas import Done, LinkToken, SignedIn
from uploadm8.domain.accounts.sessions import Client
from uploadm8.domain.workspaces.invitations import Invitations
from uploadm8.domain.workspaces.joining import Joining
from uploadm8.domain.workspaces.schemas import (
    InvitationList,
    InvitationOffer,
    InvitationView,
    Joined,
    JoinRequest,
    NewInvitation,
)

_LINK = public("the token of the mailed link is the credential", limit="30/minute")


class InvitationsController(Controller):
    """Offers of a place; part of tiers with team seats."""

    path = "/api/invitations"
    tags = ["Team"]
    dependencies = {"invitations": given("invitations")}

    @get("/", summary="List open invitations", **needs("admin"))
    async def list(
        self, principal: NamedDependency[Principal], invitations: NamedDependency[Invitations]
    ) -> InvitationList:
        """Newest first; each that has not expired holds a seat."""
        return InvitationList(await invitations.list(principal.workspace_id))

    @post("/", summary="Invite someone", **needs("admin", session=True, limit="30/hour"))
    async def invite(
        self,
        data: JSONBody[NewInvitation],
        principal: NamedDependency[Principal],
        invitations: NamedDependency[Invitations],
        idempotency: NamedDependency[Idempotency],
    ) -> Response[InvitationView]:
        """Mails a link that works once, for seven days, and holds a seat until then."""
        return await idempotency.once(lambda: invitations.invite(principal, data))

    @post(
        "/{invitation_id:uuid}/resend",
        summary="Send an invitation again",
        status_code=200,
        **needs("admin", session=True),
    )
    async def resend(
        self,
        invitation_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        invitations: NamedDependency[Invitations],
    ) -> InvitationView:
        """A new link for seven days; the one before stops working. At most five mails."""
        return await invitations.resend(principal, invitation_id)

    @delete(
        "/{invitation_id:uuid}", summary="Withdraw an invitation", **needs("admin", session=True)
    )
    async def revoke(
        self,
        invitation_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        invitations: NamedDependency[Invitations],
    ) -> None:
        """Its link stops working and its seat is free."""
        await invitations.revoke(principal, invitation_id)


class JoiningController(Controller):
    """The invited person's side."""

    path = "/api/invitations"
    tags = ["Team"]
    dependencies = {"joining": given("joining")}

    @post("/look", summary="Look at an invitation", status_code=200, **_LINK)
    async def look(
        self, data: JSONBody[LinkToken], joining: NamedDependency[Joining]
    ) -> InvitationOffer:
        """Who invites whom to what, and whether the address has an account already."""
        return await joining.look(data.token)

    @post("/accept", summary="Join with my account", status_code=200, **needs(session=True))
    async def accept(
        self,
        data: JSONBody[LinkToken],
        principal: NamedDependency[Principal],
        joining: NamedDependency[Joining],
    ) -> Joined:
        """For the account with the invited address; 403 for any other."""
        return Joined(await joining.accept(data.token, principal.user_id))

    @post("/join", summary="Join with a new account", **_LINK)
    async def join(
        self,
        data: JSONBody[JoinRequest],
        joining: NamedDependency[Joining],
        client: NamedDependency[Client],
    ) -> Response[SignedIn]:
        """Makes an account for the invited address, which counts as verified, and signs in."""
        user, pair = await joining.join(data, client)
        return signed_in(joining.accounts, user, pair, data.transport, status_code=201)

    @post("/decline", summary="Decline an invitation", status_code=200, **_LINK)
    async def decline(self, data: JSONBody[LinkToken], joining: NamedDependency[Joining]) -> Done:
        """Its seat is free again."""
        await joining.decline(data.token)
        return Done()
