"""Tokens at rest: encrypted for their row and field, opened only to be used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.platforms.clients.base import Profile, Tokens
from uploadm8.infra.security.cipher import Cipher

_ACCOUNTS = "connected_accounts"
_CHOICES = "oauth_choices"
_FLOWS = "oauth_flows"


@dataclass(frozen=True, slots=True)
class Vault:
    """Encrypts and decrypts what the platforms entrusted to us."""

    cipher: Cipher

    def seal(self, account_id: UUID, tokens: Tokens) -> dict[str, Any]:
        """Return the columns of an account that hold these tokens."""
        return {
            "access_token_enc": self._seal(_ACCOUNTS, account_id, "access_token", tokens.access),
            "refresh_token_enc": self._seal(_ACCOUNTS, account_id, "refresh_token", tokens.refresh),
            "access_expires_at": tokens.access_expires_at,
            "refresh_expires_at": tokens.refresh_expires_at,
            "data_access_expires_at": tokens.data_access_expires_at,
            "scopes": msgspec.json.encode(sorted(tokens.scopes)).decode(),
        }

    def open(self, row: Mapping[str, Any]) -> Tokens:
        """Read the tokens of an account's row.

        Raises:
            DecryptError: the key is missing, or the row was tampered with.
        """
        account_id = row["id"]
        access = self._open(_ACCOUNTS, account_id, "access_token", row["access_token_enc"])
        return Tokens(
            access=access or "",
            access_expires_at=row["access_expires_at"],
            refresh=self._open(_ACCOUNTS, account_id, "refresh_token", row["refresh_token_enc"]),
            refresh_expires_at=row["refresh_expires_at"],
            scopes=read_scopes(row["scopes"]),
            data_access_expires_at=row["data_access_expires_at"],
        )

    def seal_verifier(self, flow_id: UUID, verifier: str | None) -> str | None:
        """Encrypt the code verifier of a flow."""
        return self._seal(_FLOWS, flow_id, "verifier", verifier)

    def open_verifier(self, row: Mapping[str, Any]) -> str | None:
        """Read the code verifier of a flow's row."""
        return self._open(_FLOWS, row["id"], "verifier", row["verifier_enc"])

    def seal_profiles(self, choice_id: UUID, profiles: list[Profile]) -> str:
        """Encrypt found accounts with their tokens."""
        written = msgspec.json.encode(profiles).decode()
        return self.cipher.encrypt(written, table=_CHOICES, row=choice_id, field="profiles")

    def open_profiles(self, row: Mapping[str, Any]) -> list[Profile]:
        """Read the accounts of a choice's row."""
        written = self.cipher.decrypt(
            row["profiles_enc"], table=_CHOICES, row=row["id"], field="profiles"
        )
        return msgspec.json.decode(written, type=list[Profile])

    def _seal(self, table: str, row: UUID, field: str, text: str | None) -> str | None:
        if text is None:
            return None
        return self.cipher.encrypt(text, table=table, row=row, field=field)

    def _open(self, table: str, row: UUID, field: str, blob: str | None) -> str | None:
        if blob is None:
            return None
        return self.cipher.decrypt(blob, table=table, row=row, field=field)


def read_scopes(written: Any) -> frozenset[str]:
    """Read the scopes column, which Piccolo gives as text or as a list."""
    found = msgspec.json.decode(written) if isinstance(written, str) else written
    return frozenset(map(str, found or ()))
