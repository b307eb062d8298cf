"""Connecting an account: a state that works once, the exchange, and the choice among several."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

import msgspec
import structlog

from uploadm8.domain.platforms.accounts import Accounts
from uploadm8.domain.platforms.clients.base import Platform, Profile
from uploadm8.domain.platforms.clients.oauth import new_verifier
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.tables import ConnectedAccount, OAuthChoice, OAuthFlow
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.errors import InvalidRequestError, NotFoundError, UnavailableError, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.failures import as_unavailable
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id

log = structlog.get_logger(__name__)

STATE_LIFE = timedelta(minutes=10)
CHOICE_LIFE = timedelta(hours=1)
PROLONG_AHEAD = timedelta(days=30)


class StateError(InvalidRequestError):
    """The sign-in was not started here, has been used, or is older than ten minutes."""

    code = "invalid_state"


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser; `state` also goes into its cookie."""

    authorize_url: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """What the platform's redirect brought along."""

    state: str | None = None
    code: str | None = None
    error: str | None = None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class Flows:
    """Starts and finishes connections.

    Attributes:
        base_url: our public address; a https one demands the cookie at the callback.
        frontend_url: where the browser ends up.
    """

    clients: Clients
    vault: Vault
    accounts: Accounts
    base_url: str
    frontend_url: str

    async def start(
        self,
        workspace_id: UUID,
        user_id: UUID,
        platform: Platform,
        *,
        reconnect: UUID | None = None,
    ) -> Started:
        """Record a flow and build the consent address.

        Raises:
            UnavailableError: our app is not registered with the platform here.
            NotFoundError: there is no such account to reconnect.
            PaymentRequiredError: the tier is full and nothing of this platform could be reconnected.
        """
        if not self.clients.configured(platform):
            raise UnavailableError(
                f"{platform.label} is not set up on this installation.",
                code="platform_not_configured",
            )
        prolong = False
        if reconnect is not None:
            ends = (await self.accounts.one(workspace_id, reconnect))["data_access_expires_at"]
            prolong = ends is not None and ends < now() + PROLONG_AHEAD
        else:
            await self._refuse_when_full(workspace_id, platform)
        oauth = self.clients.oauth[platform]
        state, flow_id = secrets.token_urlsafe(32), new_id()
        redirect_uri = self.redirect_uri(platform)
        verifier = new_verifier() if oauth.uses_pkce(redirect_uri) else None
        expires_at = now() + STATE_LIFE
        await OAuthFlow.insert(
            OAuthFlow(
                id=flow_id,
                state_hash=_hash(state),
                workspace=workspace_id,
                user=user_id,
                platform=platform,
                verifier_enc=self.vault.seal_verifier(flow_id, verifier),
                reconnect_account_id=reconnect,
                expires_at=expires_at,
            )
        )
        url = oauth.authorize_url(
            redirect_uri=redirect_uri, state=state, verifier=verifier, prolong=prolong
        )
        return Started(url, state, expires_at)

    async def finish(self, platform: Platform, callback: Callback) -> str:
        """Consume the state, connect what was granted, and return where to send the browser.

        Failures are told by `?error=<our code>`, never in the platform's words.
        """
        try:
            await self._finish(platform, callback)
        except UploadM8Error as error:
            log.info("oauth_failed", platform=platform, code=error.code)
            return self._front(error=error.code)
        except Exception as error:
            crossed = as_unavailable(error)
            if crossed is None:
                log.exception("oauth_crashed", platform=platform)
                return self._front(error="internal_error")
            log.warning("oauth_unavailable", platform=platform, error=repr(error)[:300])
            return self._front(error=crossed.code)
        return self._front(connected=platform.value)

    async def choose(
        self, workspace_id: UUID, choice_id: UUID, external_ids: list[str]
    ) -> list[UUID]:
        """Connect the accounts picked among those found behind one sign-in; works once.

        Raises:
            NotFoundError: there is no such choice, or it is older than an hour.
            InvalidRequestError: an id is not among the found ones.
            PaymentRequiredError: the tier does not allow that many; the choice stays open.
        """
        async with transaction():
            await lock_workspace(workspace_id)
            rows: list[dict[str, Any]] = await OAuthChoice.raw(
                "DELETE FROM oauth_choices WHERE id = {} AND workspace = {}"
                " AND expires_at > now() RETURNING *",
                choice_id,
                workspace_id,
            )
            if not rows:
                raise NotFoundError("There is nothing to choose any more.", code="choice_not_found")
            found = {one.external_id: one for one in self.vault.open_profiles(rows[0])}
            if not external_ids or not set(external_ids) <= set(found):
                raise InvalidRequestError(
                    "Choose among the accounts that were found.",
                    code="unknown_account",
                    action="GET /api/platforms lists them.",
                )
            picked = [found[one] for one in dict.fromkeys(external_ids)]
            platform = Platform(rows[0]["platform"])
            return await self.accounts.connect(workspace_id, rows[0]["user"], platform, picked)

    def redirect_uri(self, platform: Platform) -> str:
        """Return the callback address registered with the platform."""
        return f"{self.base_url.rstrip('/')}/oauth/{platform.value}/callback"

    async def _finish(self, platform: Platform, callback: Callback) -> None:
        flow = await self._consume(platform, callback)
        if callback.error is not None:
            denied = callback.error in {"access_denied", "user_denied"}
            raise InvalidRequestError(code="access_denied" if denied else "platform_refused")
        if not callback.code:
            raise InvalidRequestError(code="code_missing")
        oauth = self.clients.oauth[platform]
        tokens = await oauth.exchange(
            callback.code,
            redirect_uri=self.redirect_uri(platform),
            verifier=self.vault.open_verifier(flow),
        )
        profiles = await self._narrowed(flow, await oauth.profiles(tokens))
        if len(profiles) == 1:
            await self.accounts.connect(flow["workspace"], flow["user"], platform, profiles)
        else:
            await self._offer(flow, platform, profiles)

    async def _consume(self, platform: Platform, callback: Callback) -> dict[str, Any]:
        """Delete the flow of a state and return it; whatever happens next, the state is used up."""
        state = callback.state or ""
        rows: list[dict[str, Any]] = await OAuthFlow.raw(
            "DELETE FROM oauth_flows WHERE state_hash = {} AND expires_at > now() RETURNING *",
            _hash(state),
        )
        if not rows or rows[0]["platform"] != platform:
            raise StateError
        # The cookie ties the flow to the browser that began it. Over plain http, which only local
        # installations use, a command-line client may finish without one.
        if callback.cookie is None and not self.base_url.startswith("https://"):
            return rows[0]
        if not secrets.compare_digest(_hash(callback.cookie or ""), _hash(state)):
            raise StateError
        return rows[0]

    async def _narrowed(self, flow: dict[str, Any], profiles: list[Profile]) -> list[Profile]:
        """Keep only the account to be reconnected, when that is what the flow is for."""
        if flow["reconnect_account_id"] is None:
            return profiles
        account = await self.accounts.one(flow["workspace"], flow["reconnect_account_id"])
        same = [one for one in profiles if one.external_id == account["external_id"]]
        if not same:
            raise InvalidRequestError(code="another_account")
        return same

    async def _offer(
        self, flow: dict[str, Any], platform: Platform, profiles: list[Profile]
    ) -> None:
        choice_id = new_id()
        shown = [
            {"external_id": one.external_id, "name": one.name, "username": one.username}
            for one in profiles
        ]
        await OAuthChoice.insert(
            OAuthChoice(
                id=choice_id,
                workspace=flow["workspace"],
                user=flow["user"],
                platform=platform,
                options=msgspec.json.encode(shown).decode(),
                profiles_enc=self.vault.seal_profiles(choice_id, profiles),
                expires_at=now() + CHOICE_LIFE,
            )
        )

    async def _refuse_when_full(self, workspace_id: UUID, platform: Platform) -> None:
        known = await ConnectedAccount.exists().where(
            ConnectedAccount.workspace == workspace_id, ConnectedAccount.platform == platform
        )
        if not known:
            async with transaction():
                await self.accounts.allow_account(workspace_id)

    def _front(self, **query: str) -> str:
        parts = urlsplit(self.frontend_url)
        return urlunsplit(parts._replace(path=parts.path or "/", query=urlencode(query)))


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
