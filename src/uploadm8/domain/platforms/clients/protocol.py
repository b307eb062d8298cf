"""The steps every platform's publisher offers, in the order in which they are driven.

prepare -> [persist handle] -> transfer -> [persist handle] -> ready -> [persist intent] -> commit
-> check until a verdict. Nothing becomes public before `commit`; after it only `check` decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from uploadm8.domain.platforms.clients.base import (
    Access,
    CommitResult,
    Draft,
    LiveLimits,
    Metrics,
    Platform,
    Profile,
    Readiness,
    Report,
    Tokens,
    Verdict,
)


class Publisher(Protocol):
    """Publishes to one platform. Every method may raise PlatformError.

    Handles are typed Any here because a publisher is only ever given its own.
    """

    @property
    def platform(self) -> Platform:
        """Which platform this is."""

    async def limits(self, access: Access) -> LiveLimits:
        """Ask what the account may do right now."""

    async def prepare(self, draft: Draft) -> Any:
        """Open the upload and return its handle; repeatable, publishes nothing."""

    async def transfer(self, draft: Draft, handle: Any, report: Report) -> Any:
        """Send the bytes that publish nothing yet, resuming; return the advanced handle.

        Raises:
            PlatformError: with `fresh_handle` when the upload must be prepared anew.
        """

    async def ready(self, draft: Draft, handle: Any) -> Readiness:
        """Tell whether commit may be called, or when to ask again."""

    async def commit(self, draft: Draft, handle: Any, *, again: bool = False) -> CommitResult:
        """Make the one irreversible call.

        Args:
            draft: the post.
            handle: as returned by transfer.
            again: whether this handle has been committed before without a verdict; answers that
                an earlier success would also explain are then Ambiguous.

        Raises:
            PlatformError: the platform certainly did not publish.
        """

    async def check(self, draft: Draft, handle: Any) -> Verdict:
        """Ask what became of the handle; never changes anything."""

    async def permalink(self, access: Access, post_id: str) -> str | None:
        """Read the public address of a post; None when the platform does not say yet."""

    async def metrics(self, access: Access, post_ids: Sequence[str]) -> Mapping[str, Metrics]:
        """Read what people did with posts; posts the platform does not know are left out."""


class OAuth(Protocol):
    """Connects accounts of one platform. Every method may raise PlatformError."""

    @property
    def platform(self) -> Platform:
        """Which platform this is."""

    def uses_pkce(self, redirect_uri: str) -> bool:
        """Tell whether this platform checks a code verifier for this redirect address."""

    def authorize_url(
        self, *, redirect_uri: str, state: str, verifier: str | None, prolong: bool = False
    ) -> str:
        """Build the address of the consent screen.

        Args:
            redirect_uri: where the browser comes back to.
            state: comes back with it.
            verifier: for PKCE, where it is used.
            prolong: the person is asked because the access to their data is about to end.
        """

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str | None) -> Tokens:
        """Trade a code for tokens with the granted scopes; refuses when a needed one is missing."""

    async def profiles(self, tokens: Tokens) -> list[Profile]:
        """List the accounts these tokens can post to."""

    async def refresh(self, tokens: Tokens, account_id: str) -> Tokens:
        """Get fresh tokens for an account; AUTH_REVOKED only when the platform is definite."""

    async def revoke(self, tokens: Tokens) -> None:
        """Give the access back; done as well when the platform no longer knows the token."""
