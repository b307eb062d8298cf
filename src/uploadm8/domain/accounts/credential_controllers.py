"""/api/auth: verification, reset, password, address, step-up."""

from typing import Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from uploadm8.api.guards import given, needs, public
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.credentials import CredentialChanges
from uploadm8.domain.accounts.schemas import (
    Address,
    CheckMail,
    Done,
    LinkToken,
    NewAddress,
    NewPassword,
    PasswordChange,
    StepUp,
    Tokens,
)
from uploadm8.domain.accounts.sessions import Client, Pair
from uploadm8.errors import UnauthenticatedError

_LINK = public("the token of the mailed link is the credential", limit="30/minute")
_ASKS_MAIL = public("whoever asks has no credential", limit="10/minute")


class CredentialController(Controller):
    """What a user signs in with."""

    path = "/api/auth"
    tags = ["Authentication"]
    dependencies = {"credentials": given("credentials")}

    @post("/verify-email", status_code=200, summary="Verify the address", **_LINK)
    async def verify(
        self, data: JSONBody[LinkToken], credentials: NamedDependency[CredentialChanges]
    ) -> Done:
        """Follow the link of the verification mail."""
        await credentials.verify_email(data.token)
        return Done()

    @post("/verify-email/resend", status_code=202, summary="Mail a new verification", **_ASKS_MAIL)
    async def resend(
        self,
        data: JSONBody[Address],
        credentials: NamedDependency[CredentialChanges],
        client: NamedDependency[Client],
    ) -> CheckMail:
        """Answers alike for known and unknown addresses."""
        await credentials.request("verify", data.email, client)
        return CheckMail()

    @post("/password-reset", status_code=202, summary="Ask for a reset", **_ASKS_MAIL)
    async def ask_reset(
        self,
        data: JSONBody[Address],
        credentials: NamedDependency[CredentialChanges],
        client: NamedDependency[Client],
    ) -> CheckMail:
        """Mails a link that works for 30 minutes; answers alike for known and unknown addresses."""
        await credentials.request("reset", data.email, client)
        return CheckMail()

    @post("/password-reset/confirm", status_code=200, summary="Set a new password", **_LINK)
    async def reset(
        self, data: JSONBody[NewPassword], credentials: NamedDependency[CredentialChanges]
    ) -> Done:
        """Ends every session and does not sign in; two-step sign-in stays on."""
        await credentials.reset_password(data.token, data.password)
        return Done()

    @post("/password", status_code=200, summary="Change the password", **needs(session=True))
    async def change_password(
        self,
        data: JSONBody[PasswordChange],
        principal: NamedDependency[Principal],
        credentials: NamedDependency[CredentialChanges],
        client: NamedDependency[Client],
    ) -> Response[Tokens]:
        """Other sessions end; this one goes on with the tokens in the answer."""
        pair = await credentials.change_password(
            *_session(principal), data.current_password, data.new_password, client
        )
        return _tokens(pair)

    @post("/step-up", status_code=200, summary="Prove who you are", **needs(session=True))
    async def step_up(
        self,
        data: JSONBody[StepUp],
        principal: NamedDependency[Principal],
        credentials: NamedDependency[CredentialChanges],
        client: NamedDependency[Client],
    ) -> Response[Tokens]:
        """Allows dangerous acts for the next 5 minutes."""
        pair = await credentials.step_up(*_session(principal), data.password, data.code, client)
        return _tokens(pair)

    @post(
        "/email",
        status_code=202,
        summary="Change the address",
        **needs(session=True, fresh_s=300, limit="10/hour"),
    )
    async def ask_new_email(
        self,
        data: JSONBody[NewAddress],
        principal: NamedDependency[Principal],
        credentials: NamedDependency[CredentialChanges],
    ) -> CheckMail:
        """Mails a confirmation to the new address; needs step-up."""
        await credentials.ask_new_email(principal.user_id, data.new_email)
        return CheckMail()

    @post("/email/confirm", status_code=200, summary="Confirm the new address", **_LINK)
    async def confirm_email(
        self, data: JSONBody[LinkToken], credentials: NamedDependency[CredentialChanges]
    ) -> Done:
        """The old address gets a link that undoes the change for 72 hours."""
        await credentials.confirm_new_email(data.token)
        return Done()

    @post("/email/undo", status_code=200, summary="Undo the change of address", **_LINK)
    async def undo_email(
        self, data: JSONBody[LinkToken], credentials: NamedDependency[CredentialChanges]
    ) -> Done:
        """The old address returns, every session ends, and a reset link is mailed to it."""
        await credentials.undo_new_email(data.token)
        return Done()


def _session(principal: Principal) -> tuple[Any, Any]:
    if principal.session_id is None:
        raise UnauthenticatedError
    return principal.user_id, principal.session_id


def _tokens(pair: Pair) -> Response[Tokens]:
    return Response(Tokens(pair.access, pair.refresh, pair.expires_in), status_code=200)
