"""Idempotency-Key: the effect and the stored answer commit together, so a retry repeats neither."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency

from uploadm8.api.principal import Principal
from uploadm8.errors import ConflictError, InvalidRequestError
from uploadm8.infra.db.idempotency import IdempotencyKey
from uploadm8.infra.db.transaction import transaction

KEEP_HOURS = 24


class InProgressError(ConflictError):
    """A request with this Idempotency-Key is still being worked on."""

    code = "idempotency_in_progress"


class KeyReusedError(ConflictError):
    """This Idempotency-Key was used for a different request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Idempotency:
    """One request's key, if it sent one."""

    principal: Principal
    key: str | None
    request_hash: str

    async def once(
        self, action: Callable[[], Awaitable[Any]], *, status_code: int = 201
    ) -> Response[Any]:
        """Answer with the action's result, running it at most once per key.

        With a key the action runs inside one transaction with the stored answer (its own
        transactions join in), so a crash leaves neither; it must therefore not wait for slow
        outside services. A failed action stores nothing and may be tried again with the same key.

        Raises:
            InProgressError: another request with this key is running.
            KeyReusedError: the key was used with another path or body.
        """
        if self.key is None:
            return Response(await action(), status_code=status_code)
        async with transaction():
            await self._lock()
            stored = await self._stored()
            if stored is not None:
                return stored
            body = msgspec.json.encode(await action())
            await IdempotencyKey.raw(
                "INSERT INTO idempotency_keys (workspace_id, user_id, key, request_hash, status, body)"
                " VALUES ({}, {}, {}, {}, {}, {})",
                self.principal.workspace_id,
                self.principal.user_id,
                self.key,
                self.request_hash,
                status_code,
                body.decode(),
            )
        return _response(body, status_code)

    async def _lock(self) -> None:
        name = f"idem|{self.principal.workspace_id}|{self.principal.user_id}|{self.key}"
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        rows = await IdempotencyKey.raw("SELECT pg_try_advisory_xact_lock({}) AS got", number)
        if not rows[0]["got"]:
            raise InProgressError(action="Repeat the request in a moment.", retry_after=1)

    async def _stored(self) -> Response[Any] | None:
        rows = await IdempotencyKey.raw(
            "SELECT request_hash, status, body FROM idempotency_keys WHERE workspace_id={}"
            " AND user_id={} AND key={} AND created_at > now() - make_interval(hours => {})",
            self.principal.workspace_id,
            self.principal.user_id,
            self.key,
            KEEP_HOURS,
        )
        if not rows:
            await IdempotencyKey.raw(
                "DELETE FROM idempotency_keys WHERE workspace_id={} AND user_id={} AND key={}",
                self.principal.workspace_id,
                self.principal.user_id,
                self.key,
            )
            return None
        if rows[0]["request_hash"] != self.request_hash:
            raise KeyReusedError(action="Use a new key for a new request.")
        return _response(rows[0]["body"].encode(), rows[0]["status"], replayed=True)


def _response(body: bytes, status: int, *, replayed: bool = False) -> Response[Any]:
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(body, status_code=status, media_type="application/json", headers=headers)


async def provide_idempotency(
    request: Request[Any, Any, Any], principal: NamedDependency[Principal]
) -> Idempotency:
    """The dependency ``idempotency`` of controllers that create things."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 128 and key.isascii() and key.isprintable()):
        raise InvalidRequestError(
            "Idempotency-Key must be 1 to 128 printable ASCII characters.",
            code="invalid_idempotency_key",
        )
    digest = hashlib.sha256(f"{request.method} {request.scope['path']}\n".encode())
    digest.update(await request.body() if key is not None else b"")
    return Idempotency(principal, key, digest.hexdigest())
