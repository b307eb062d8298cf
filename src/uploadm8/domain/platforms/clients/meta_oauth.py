"""Facebook Login for pages and for the Instagram accounts linked to them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform, Profile, Tokens
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.meta_pages import pages_of
from uploadm8.domain.platforms.clients.oauth import (
    NO_ACCOUNT,
    expires,
    moment,
    require_scopes,
    with_query,
)
from uploadm8.domain.platforms.clients.transport import mapping, rows, text
from uploadm8.errors import Retry

SCOPES: Mapping[Platform, tuple[str, ...]] = {
    Platform.FACEBOOK: (
        "pages_show_list",
        "pages_read_engagement",
        "pages_manage_posts",
        "read_insights",
    ),
    Platform.INSTAGRAM: (
        "instagram_basic",
        "instagram_content_publish",
        "instagram_manage_insights",
        "pages_read_engagement",
        "pages_show_list",
    ),
}
NEEDED: Mapping[Platform, tuple[str, ...]] = {
    Platform.FACEBOOK: ("pages_show_list", "pages_read_engagement", "pages_manage_posts"),
    Platform.INSTAGRAM: (
        "instagram_basic",
        "instagram_content_publish",
        "pages_read_engagement",
        "pages_show_list",
    ),
}
_LASTING = ("pages_", "business_management", "read_insights", "ads_")
"""Permissions that Meta does not withdraw from an app that its person no longer signs in to."""
_PASSING = {Retry.TRANSIENT, Retry.RATE_LIMITED}


@dataclass(frozen=True, slots=True)
class MetaOAuth:
    """Connects Facebook pages or Instagram accounts; see clients.protocol.OAuth.

    The user token is made long-lived at once: page tokens derived from it have no expiry date.
    """

    graph: Graph
    extra_scopes: tuple[str, ...] = ()

    @property
    def platform(self) -> Platform:
        """Facebook or Instagram."""
        return self.graph.platform

    def uses_pkce(self, redirect_uri: str) -> bool:
        """Return False: the exchange is authenticated by the app's secret."""
        del redirect_uri
        return False

    def authorize_url(
        self, *, redirect_uri: str, state: str, verifier: str | None, prolong: bool = False
    ) -> str:
        """Build the consent address, asking again for what was declined before."""
        del verifier
        params = {
            "client_id": self.graph.app.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join((*SCOPES[self.platform], *self.extra_scopes)),
            "auth_type": "reauthorize" if prolong else "rerequest",
        }
        endpoints = self.graph.endpoints
        return with_query(f"{endpoints.meta_web}/{endpoints.meta_version}/dialog/oauth", params)

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str | None) -> Tokens:
        """Trade a code for a long-lived user token, and check what was granted."""
        del verifier
        clean = code.removesuffix("#_=_").removesuffix("#_")
        short = await self.graph.token_call({"redirect_uri": redirect_uri, "code": clean})
        tokens = await self._lengthen(self._token(short))
        listed = await self.graph.get("me/permissions", tokens.access, {})
        granted = frozenset(
            text(row, "permission") or ""
            for row in rows(listed, "data")
            if text(row, "status") == "granted"
        )
        require_scopes(self.platform, granted, NEEDED[self.platform])
        return replace(tokens, scopes=granted)

    async def profiles(self, tokens: Tokens) -> list[Profile]:
        """List the pages we may post to, or the Instagram accounts linked to them."""
        user = tokens.refresh or tokens.access
        told = await self._inspected(user)
        owner = text(told, "user_id") or await self._owner(user)
        tokens = replace(tokens, data_access_expires_at=self._data_access_ends(told))
        found = [
            profile
            async for page in pages_of(self.graph, user, tokens.scopes)
            if (profile := self._profile(page, tokens, owner)) is not None
        ]
        if not found:
            raise PlatformError(NO_ACCOUNT, platform=self.platform)
        return found

    async def refresh(self, tokens: Tokens, account_id: str) -> Tokens:
        """Extend the user token and derive the page token anew.

        Meta has no refresh token, and a page token outlives the user token it came from: when
        that one is refused, or the list of pages lacks the account, the page token decides.
        """
        if tokens.refresh is None:
            raise PlatformError(e.REVOKED, platform=self.platform)
        try:
            user = await self._lengthen(tokens.refresh)
        except PlatformError as error:
            if error.code != e.REVOKED.code:
                raise
            await self._require_live(tokens.access, account_id)
            return tokens
        told = await self._inspected(user.access)
        ends = self._data_access_ends(told) if told else tokens.data_access_expires_at
        user = replace(user, scopes=tokens.scopes, data_access_expires_at=ends)
        async for page in pages_of(self.graph, user.access, tokens.scopes):
            profile = self._profile(page, user, None)
            if profile is not None and profile.external_id == account_id:
                return profile.tokens
        await self._require_live(tokens.access, account_id)
        return replace(user, access=tokens.access)

    async def _require_live(self, page_token: str, account_id: str) -> None:
        """Have Meta itself say whether a page token still works.

        Raises:
            PlatformError: REVOKED when it does not; another when Meta could not be asked.
        """
        told = await self._inspected(page_token)
        if told.get("is_valid") is False:
            raise PlatformError(
                replace(e.REVOKED, sentence="The page is no longer shared with us."),
                platform=self.platform,
                platform_code=text(mapping(told, "error"), "subcode"),
            )
        await self.graph.get(account_id, page_token, {"fields": "id"})

    async def revoke(self, tokens: Tokens) -> None:
        """Withdraw every permission of the person; a dead token means it is done already."""
        try:
            await self.graph.delete("me/permissions", tokens.refresh or tokens.access)
        except PlatformError as error:
            if error.code != e.REVOKED.code:
                raise

    async def _owner(self, user: str) -> str | None:
        """Read the person's id, by which Meta's deletion requests name them."""
        try:
            return text(await self.graph.get("me", user, {"fields": "id"}), "id")
        except PlatformError as error:
            if error.retry in _PASSING:
                raise
            return None

    def _data_access_ends(self, told: Mapping[str, Any]) -> datetime | None:
        """When Meta will withdraw a permission that we cannot do without; None when it will not."""
        if all(scope.startswith(_LASTING) for scope in NEEDED[self.platform]):
            return None
        return moment(told, "data_access_expires_at")

    async def _inspected(self, token: str) -> Mapping[str, Any]:
        """What debug_token says; nothing when Meta refuses to say."""
        try:
            return await self.graph.inspect(token)
        except PlatformError as error:
            if error.retry in _PASSING:
                raise
            return {}

    async def _lengthen(self, token: str) -> Tokens:
        found = await self.graph.token_call(
            {"grant_type": "fb_exchange_token", "fb_exchange_token": token}
        )
        user = self._token(found)
        until = expires(found, "expires_in")
        return Tokens(access=user, refresh=user, refresh_expires_at=until)

    def _token(self, found: Mapping[str, Any]) -> str:
        token = text(found, "access_token")
        if token is None:
            raise PlatformError(e.GARBLED, platform=self.platform)
        return token

    def _profile(
        self, page: Mapping[str, Any], tokens: Tokens, owner: str | None
    ) -> Profile | None:
        """Make a profile of a page; None when it cannot be posted to."""
        page_id, token, tasks = text(page, "id"), text(page, "access_token"), page.get("tasks")
        if page_id is None or token is None:
            return None
        if isinstance(tasks, list) and "CREATE_CONTENT" not in tasks:
            return None
        linked = mapping(page, "instagram_business_account")
        of_page = replace(tokens, access=token, access_expires_at=None)
        if self.platform is Platform.FACEBOOK:
            picture = text(mapping(mapping(page, "picture"), "data"), "url")
            name = text(page, "name") or "Facebook page"
            return Profile(page_id, name, text(page, "username"), picture, owner, of_page)
        instagram_id = text(linked, "id")
        if instagram_id is None:
            return None
        handle = text(linked, "username")
        return Profile(
            external_id=instagram_id,
            name=handle or text(page, "name") or "Instagram",
            username=handle,
            avatar_url=text(linked, "profile_picture_url"),
            owner_id=owner,
            tokens=of_page,
            page_id=page_id,
        )
