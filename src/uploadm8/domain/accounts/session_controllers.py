"""/api/auth/sessions and /api/auth/two-step: devices and the second factor."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from uploadm8.api.guards import given, needs
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.schemas import (
    Code,
    RecoveryCodes,
    SessionList,
    SessionView,
    TwoStepSecret,
)
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.accounts.totp import SecondFactor
from uploadm8.errors import NotFoundError


class SessionsController(Controller):
    """Signed-in devices."""

    path = "/api/auth/sessions"
    tags = ["Authentication"]
    dependencies = {"accounts": given("accounts")}

    @get("/", summary="List sessions", **needs(session=True))
    async def list(
        self, principal: NamedDependency[Principal], accounts: NamedDependency[Accounts]
    ) -> SessionList:
        """The live sessions of the caller, last seen first; at most 20."""
        rows = await accounts.sessions.live(principal.user_id)
        return SessionList(
            [
                SessionView(
                    id=row["id"],
                    device=row["user_agent"][:200] or "unknown",
                    ip=row["ip"],
                    created_at=row["created_at"],
                    last_seen_at=row["last_seen_at"],
                    current=row["id"] == principal.session_id,
                )
                for row in rows
            ]
        )

    @delete("/{session_id:uuid}", summary="End a session", **needs(session=True))
    async def end(
        self,
        session_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        accounts: NamedDependency[Accounts],
    ) -> None:
        """Sign a device out; its access tokens stop working at once."""
        if not await accounts.sessions.revoke(principal.user_id, session_id, "revoked"):
            raise NotFoundError


class TwoStepController(Controller):
    """Two-step sign-in with an authenticator app."""

    path = "/api/auth/two-step"
    tags = ["Authentication"]
    dependencies = {"second_factor": given("second_factor")}

    @post(
        "/", status_code=200, summary="Begin two-step sign-in", **needs(session=True, fresh_s=300)
    )
    async def begin(
        self,
        principal: NamedDependency[Principal],
        second_factor: NamedDependency[SecondFactor],
    ) -> TwoStepSecret:
        """A secret for the authenticator app; in force once activated with a first code."""
        return TwoStepSecret(*await second_factor.begin(principal.user_id))

    @post(
        "/activate",
        status_code=200,
        summary="Turn two-step sign-in on",
        **needs(session=True, limit="10/minute"),
    )
    async def activate(
        self,
        data: JSONBody[Code],
        principal: NamedDependency[Principal],
        second_factor: NamedDependency[SecondFactor],
    ) -> RecoveryCodes:
        """Needs a code of the app; answers with the recovery codes."""
        return RecoveryCodes(await second_factor.activate(principal.user_id, data.code))

    @post(
        "/recovery-codes",
        status_code=200,
        summary="Replace the recovery codes",
        **needs(session=True, fresh_s=300, limit="10/minute"),
    )
    async def renew_codes(
        self,
        data: JSONBody[Code],
        principal: NamedDependency[Principal],
        second_factor: NamedDependency[SecondFactor],
    ) -> RecoveryCodes:
        """Needs step-up and a code of the app."""
        return RecoveryCodes(await second_factor.renew_codes(principal.user_id, data.code))

    @post(
        "/turn-off",
        status_code=204,
        summary="Turn two-step sign-in off",
        **needs(session=True, fresh_s=300, limit="10/minute"),
    )
    async def turn_off(
        self,
        data: JSONBody[Code],
        principal: NamedDependency[Principal],
        second_factor: NamedDependency[SecondFactor],
    ) -> None:
        """Needs step-up and a code of the app, or a recovery code."""
        await second_factor.turn_off(principal.user_id, data.code)
