"""API keys: personal access tokens with scopes and an expiry, accepted wherever a bearer is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.letters import LetterKind
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.workspaces.schemas import ApiKeyView, NewApiKey
from uploadm8.domain.workspaces.tables import ApiKey
from uploadm8.errors import ConflictError, FieldError, InvalidRequestError, NotFoundError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.clock import now
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.tokens import random_token, token_hash

PREFIX = "um8_"
MAX_KEYS = 50
_SCOPE = re.compile(r"(\*|[a-z][a-z-]{1,30}):(read|write)")
_VIEW = "id, name, hint, scopes, expires_at, last_used_at, created_at"
_INSERT = (
    'INSERT INTO api_keys (id, "user", workspace, name, token_hash, hint, scopes, expires_at)'  # noqa: S608
    f" VALUES ({{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}, {{}}) RETURNING {_VIEW}"
)


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """A user's keys in one workspace."""

    post: Post

    async def create(self, owner: Principal, new: NewApiKey) -> tuple[ApiKeyView, str]:
        """Make a key; the token in the answer is shown this once.

        Raises:
            InvalidRequestError: an unknown scope, or an expiry in the past.
            ConflictError: the user has too many keys.
        """
        _check(new)
        token = PREFIX + random_token()
        async with transaction():
            await lock_row(User, owner.user_id)
            if len(await self._live(owner.user_id)) >= MAX_KEYS:
                raise ConflictError(
                    f"You have {MAX_KEYS} keys already.",
                    code="too_many_api_keys",
                    action="Revoke one that is not used.",
                )
            rows = await ApiKey.raw(
                _INSERT,
                new_id(),
                owner.user_id,
                owner.workspace_id,
                new.name.strip(),
                token_hash(token),
                token[:10],
                sorted(set(new.scopes)),
                new.expires_at,
            )
            facts = {"Name": new.name.strip(), "Scopes": ", ".join(sorted(set(new.scopes)))}
            await self.post.notify(owner.user_id, LetterKind.API_KEY_CREATED, facts)
            await record(
                Action.API_KEY_MADE,
                workspace_id=owner.workspace_id,
                subject=("api_key", rows[0]["id"]),
                details={"scopes": sorted(set(new.scopes))},
            )
        return ApiKeyView(**rows[0]), token

    async def list(self, owner: Principal) -> list[ApiKeyView]:
        """The user's keys of the workspace that are not revoked, newest first."""
        rows = await ApiKey.raw(
            f'SELECT {_VIEW} FROM api_keys WHERE "user"={{}} AND workspace={{}}'  # noqa: S608
            " AND revoked_at IS NULL ORDER BY id DESC",
            owner.user_id,
            owner.workspace_id,
        )
        return [ApiKeyView(**row) for row in rows]

    async def revoke(self, owner: Principal, key_id: UUID) -> None:
        """End a key at once.

        Raises:
            NotFoundError: it is not the user's, or revoked already.
        """
        async with transaction():
            rows = await ApiKey.raw(
                'UPDATE api_keys SET revoked_at=now() WHERE id={} AND "user"={}'
                " AND revoked_at IS NULL RETURNING workspace",
                key_id,
                owner.user_id,
            )
            if not rows:
                raise NotFoundError
            await record(
                Action.API_KEY_REVOKED,
                workspace_id=rows[0]["workspace"],
                subject=("api_key", key_id),
            )

    async def _live(self, user_id: UUID) -> Sequence[object]:
        rows: Sequence[object] = await ApiKey.raw(
            'SELECT id FROM api_keys WHERE "user"={} AND revoked_at IS NULL', user_id
        )
        return rows


def _check(new: NewApiKey) -> None:
    wrong = [
        FieldError(f"scopes[{place}]", "reads subject:read or subject:write, subject may be *")
        for place, scope in enumerate(new.scopes)
        if not _SCOPE.fullmatch(scope)
    ]
    if new.expires_at is not None and _is_past(new.expires_at):
        wrong.append(FieldError("expires_at", "is in the past"))
    if not new.name.strip():
        wrong.append(FieldError("name", "is empty"))
    if wrong:
        raise InvalidRequestError(fields=wrong)


def _is_past(at: datetime) -> bool:
    return at <= now()
