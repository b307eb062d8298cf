"""The controls of accounts: who exists, who consents, who leaves."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from litestar import get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, JSONBody

from uploadm8.dev.sandbox.kit.consent import Decision
from uploadm8.dev.sandbox.kit.identity import twin
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Call, Party, RefusedError


class AccountName(msgspec.Struct, forbid_unknown_fields=True):
    """An account of a party, by its short name, and why it lost its grants."""

    party: str
    account: str
    why: str = "revoked"


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account to add: like an existing one, under another short name."""

    party: str
    account: str
    like: str


def account_handlers(runtime: Runtime) -> list[BaseRouteHandler]:
    """Accounts, the end of their grants, and requests to delete their data."""

    @get("/_sandbox/accounts")
    async def accounts() -> dict[str, list[dict[str, Any]]]:
        return {
            party: [{"account": name} | asdict(a) for name, a in runtime.accounts(party).items()]
            for party in runtime.screens
        }

    @post("/_sandbox/accounts")
    async def add(data: JSONBody[NewAccount]) -> dict[str, Any]:
        known = runtime.accounts(data.party)
        if data.like not in known or data.account in known:
            raise ClientException(f"{data.party}: {data.like} must exist, {data.account} must not")
        made = twin(known[data.like], data.account, runtime.state.next_number())
        known[data.account] = made
        return {"account": data.account} | asdict(made)

    @post("/_sandbox/revoke", status_code=200)
    async def revoke(data: JSONBody[AccountName]) -> dict[str, int]:
        if data.account not in runtime.accounts(data.party):
            raise NotFoundException(f"{data.party} has no account {data.account}")
        return {"grants": runtime.revoke_account(data.party, data.account, data.why)}

    @post("/_sandbox/delete-data", status_code=200)
    async def delete_data(data: JSONBody[AccountName]) -> dict[str, Any]:
        if data.party not in runtime.on_deletion or data.account not in runtime.accounts(
            data.party
        ):
            raise NotFoundException(f"{data.party} has no such request for {data.account}")
        try:
            return await runtime.on_deletion[data.party](data.account)
        except (httpx.HTTPError, ValueError) as error:
            raise ClientException(f"the application did not answer: {error}") from error

    return [accounts, add, revoke, delete_data]


def consent_handlers(runtime: Runtime, parties: Sequence[Party]) -> list[BaseRouteHandler]:
    """The consent form for scripts."""
    screens_by_prefix = {
        p.prefix: runtime.screens[p.name] for p in parties if p.name in runtime.screens
    }

    @get("/_sandbox/consent")
    async def consent(
        url: FromQuery[str],
        account: FromQuery[str] = "",
        deny: FromQuery[bool] = False,
        scopes: FromQuery[str | None] = None,
        assets: FromQuery[str | None] = None,
    ) -> dict[str, str]:
        """Fill in the consent form that `url` shows, and tell where it would redirect."""
        parts = urlsplit(url)
        screen = screens_by_prefix.get("/" + parts.path.split("/", 2)[1]) if parts.path else None
        if screen is None:
            raise ClientException("this is not the authorize address of a party in this sandbox")
        decision = Decision(
            account=account or screen.choices()[0].id,
            deny=deny,
            scopes=_names(scopes),
            assets=_names(assets),
        )
        try:
            asked = screen.parse(_as_call(parts.path, parts.query))
            return {"callback_url": screen.decide(asked, decision)}
        except RefusedError as refusal:
            raise ClientException(refusal.reply.body.decode()) from refusal

    return [consent]


def _names(value: str | None) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset(part for part in value.replace(",", " ").split() if part)


def _as_call(path: str, query: str) -> Call:
    async def nothing() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    return Call("GET", path, "", {}, query, nothing)
