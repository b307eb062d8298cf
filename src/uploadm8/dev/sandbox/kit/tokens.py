"""OAuth grants: one-use codes, access and refresh tokens with a life, revocation."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from uploadm8.dev.sandbox.kit.state import State


class TokenKind(StrEnum):
    """What a token is good for."""

    ACCESS = "access"
    REFRESH = "refresh"
    USER = "user"
    PAGE = "page"


@dataclass(slots=True)
class Grant:
    """What one account allowed one client; every token hangs on it."""

    id: str
    party: str
    account: str
    client_id: str
    scopes: frozenset[str]
    assets: frozenset[str] = frozenset()
    created_at: float = 0.0
    revoked: bool = False
    revoked_why: str = ""


@dataclass(slots=True)
class Token:
    """A bearer credential; `subject` is the page of a page token; `expires_at` None is never."""

    value: str
    kind: TokenKind
    grant: str
    issued_at: float
    expires_at: float | None
    subject: str = ""
    retired_at: float | None = None
    long_lived: bool = False


@dataclass(slots=True)
class Code:
    """An authorization code as issued, with all that its exchange must repeat exactly."""

    value: str
    grant: Grant
    redirect_uri: str
    expires_at: float
    challenge: str | None = None
    used: bool = False
    offline: bool = True


@dataclass(slots=True)
class Vault:
    """All grants, codes and tokens of the sandbox."""

    state: State

    def new_code(self, code: Code) -> Code:
        self.state.table("oauth.codes", Code)[code.value] = code
        return code

    def code(self, value: str) -> Code | None:
        return self.state.table("oauth.codes", Code).get(value)

    def new_grant(
        self,
        party: str,
        account: str,
        client_id: str,
        scopes: Iterable[str],
        assets: Iterable[str] = (),
    ) -> Grant:
        """Describe a grant; it counts from the moment a code or token is issued on it."""
        return Grant(
            id=secrets.token_hex(8),
            party=party,
            account=account,
            client_id=client_id,
            scopes=frozenset(scopes),
            assets=frozenset(assets),
            created_at=self.state.now(),
        )

    def issue(
        self, grant: Grant, kind: TokenKind, prefix: str, life_s: float | None, subject: str = ""
    ) -> Token:
        """Mint a token on a grant; `life_s` None never expires."""
        now = self.state.now()
        token = Token(
            value=prefix + secrets.token_urlsafe(32),
            kind=kind,
            grant=grant.id,
            issued_at=now,
            expires_at=None if life_s is None else now + life_s,
            subject=subject,
        )
        self.state.table("oauth.grants", Grant)[grant.id] = grant
        self.state.table("oauth.tokens", Token)[token.value] = token
        return token

    def token(self, value: str | None) -> Token | None:
        return self.state.table("oauth.tokens", Token).get(value or "")

    def grant_of(self, token: Token) -> Grant:
        return self.state.table("oauth.grants", Grant)[token.grant]

    def is_live(self, token: Token) -> bool:
        """Neither expired, retired nor revoked."""
        now = self.state.now()
        alive = token.expires_at is None or now < token.expires_at
        current = token.retired_at is None or now < token.retired_at
        return alive and current and not self.grant_of(token).revoked

    def live_scopes(self, party: str, account: str) -> frozenset[str]:
        """Everything that an account's live grants allow."""
        grants = self.state.table("oauth.grants", Grant).values()
        own = [g for g in grants if (g.party, g.account) == (party, account) and not g.revoked]
        return frozenset(scope for grant in own for scope in grant.scopes)

    def revoke(self, grant: Grant, why: str = "revoked") -> None:
        grant.revoked, grant.revoked_why = True, why

    def revoke_account(self, party: str, account: str, why: str = "revoked") -> list[Grant]:
        """Revoke every live grant of an account, as its owner does in the platform's settings."""
        grants = self.state.table("oauth.grants", Grant).values()
        hit = [g for g in grants if (g.party, g.account) == (party, account) and not g.revoked]
        for grant in hit:
            self.revoke(grant, why)
        return hit


def base64url_challenge(verifier: str) -> str:
    """The S256 challenge of RFC 7636."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hex_challenge(verifier: str) -> str:
    """TikTok's S256 challenge: lowercase hex instead of base64url."""
    return hashlib.sha256(verifier.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
