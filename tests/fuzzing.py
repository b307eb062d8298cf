"""Requests made from the description of the API, with the ids of things that exist."""

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup

from api_client import Api, Someone
from routes import ROWS, MakeId, Owner
from uploadm8.domain.accounts.tables import User

# A slice in the ordinary run; `make fuzz` takes more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
_JSON = {"Content-Type": "application/json"}
_NEVER_ENDS = "/events"
# Stripe and the platforms are not set up in the tests of the API.
_NOT_SET_UP = re.compile(r'"code":"(\w+_off|platform_not_configured)"')

# What generators do not come up with: (body, headers).
NASTY: tuple[tuple[bytes, dict[str, str]], ...] = (
    (b"[" * 5000, _JSON),
    (b'{"a":' * 1500 + b"1" + b"}" * 1500, _JSON),
    (b'{"a":"' + b"x" * 1_000_000 + b'"}', _JSON),
    (b'{"a": NaN}', _JSON),
    (b'{"a": 9223372036854775808, "limit": 1e400}', _JSON),
    (b'{"name": "a\\u0000b", "email": "a\\u0000@example.com"}', _JSON),
    (b'{"name": "\\ud800", "email": "\\udfff@example.com"}', _JSON),
    (b'{"email": "a@example.com", "email": 5}', _JSON),
    (b'"just text"', _JSON),
    (b"\xff\xfe{}", _JSON),
    (b"", _JSON),
    (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}),
    (b"<a/>", {"Content-Type": "application/xml"}),
    (b"{}", {"Content-Type": "application/json; charset=utf-7"}),
)


def faults(case: Any, answer: httpx.Response) -> list[str]:
    """What is wrong with an answer, by the description and the conventions."""
    name, status = f"{case.method} {case.path} {answer.status_code}", answer.status_code
    found = conventions(name, answer)
    if found or status >= 500:
        return found
    if str(status) not in case.operation.definition.raw["responses"]:
        return [f"{name}: not in the description"]
    try:
        case.operation.validate_response(answer)
    except FailureGroup as group:
        return [f"{name}: {one}" for one in group.exceptions]
    return []


def conventions(name: str, answer: httpx.Response) -> list[str]:
    """What every answer must be, whatever was asked."""
    unset = answer.status_code == 503 and _NOT_SET_UP.search(answer.text)
    if answer.status_code >= 500 and not unset:
        return [f"{name}: {answer.text[:300]}"]
    kind = answer.headers.get("content-type", "")
    if answer.status_code >= 400 and answer.content and not kind.startswith("application/problem"):
        return [f"{name}: {kind}"]
    return []


async def attack(operation: Any, attackers: Sequence["Attacker"]) -> None:
    """All the examples of one operation, each sent by everybody: making one takes longer."""
    if operation.path.endswith(_NEVER_ENDS):
        return
    for one in attackers:
        await one.prepare(operation)
    loop = asyncio.get_running_loop()

    def examples() -> None:
        """Runs in a thread; the requests themselves run on the loop of the application."""

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            for one in attackers:
                asyncio.run_coroutine_threadsafe(one.send(case), loop).result(60)

        run()

    await asyncio.to_thread(examples)
    for one in attackers:
        await one.be_nasty(operation)


@dataclass
class Attacker:
    """Somebody who calls every operation.

    Attributes:
        who: anonymous, user or admin.
        calls: how many requests were made.
        met: of these, how many named something that is there.
    """

    api: Api
    who: str
    calls: int = 0
    met: int = 0
    someone: Someone | None = None
    owner: Owner | None = None
    ids: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    async def prepare(self, operation: Any) -> None:
        """Be signed in, and own what the operation is about."""
        await self._come_in()
        self.ids = await self._ids(operation)

    async def send(self, case: Any) -> None:
        """One example; most are about something that is there."""
        made = case.path_parameters
        if self.ids and self.calls % 3:
            case.path_parameters = {**(made or {}), **self.ids}
        answer = await self._request(case)
        case.path_parameters = made
        self.met += bool(self.ids) and answer.status_code != 404
        self.failures.extend(f"{self.who}: {fault}" for fault in faults(case, answer))

    async def _come_in(self) -> None:
        """Register, again after an operation that ended the session."""
        if self.someone is not None:
            me = await self.api.http.get("/api/auth/me", headers=self.someone.headers)
            if me.status_code == 200:
                return
        await self._become_someone()

    async def _become_someone(self) -> Owner:
        self.someone = await self.api.register()
        told = (await self.api.http.get("/api/auth/me", headers=self.someone.headers)).json()
        self.owner = Owner(UUID(told["user"]["id"]), UUID(told["workspace_id"]))
        if self.who == "admin":
            await User.raw("UPDATE users SET role='admin' WHERE id={}", self.owner.user_id)
        return self.owner

    async def _ids(self, operation: Any) -> dict[str, str]:
        row = ROWS.get(f"{operation.method.upper()} {operation.path}")
        names = [word[1:-1] for word in operation.path.split("/") if word.startswith("{")]
        if row is None or not names or self.owner is None:
            return {}
        thing = None if row.theirs is None else await self._thing(row.theirs, self.owner)
        found = {name: row.path.get(name, thing) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    async def _thing(self, make: MakeId, owner: Owner) -> str:
        try:
            return str(await make(owner))
        except asyncpg.UniqueViolationError:  # there can be only one, and it is there
            return str(await make(await self._become_someone()))

    @property
    def _headers(self) -> dict[str, str]:
        return {} if self.who == "anonymous" or self.someone is None else self.someone.headers

    async def _request(self, case: Any) -> httpx.Response:
        self.calls += 1
        wire = case.as_transport_kwargs(base_url="http://api.example.com")
        wire = {
            name: wire[name] for name in ("method", "url", "params", "json", "data") if name in wire
        }
        content = wire.pop("data", None)
        merged = {**{k: str(v) for k, v in (case.headers or {}).items()}, **self._headers}
        merged = {k: v for k, v in merged.items() if v.isascii() and v.isprintable()}
        if content is not None:
            wire["content"] = content if isinstance(content, bytes) else str(content).encode()
        return await self.api.http.request(**wire, headers=merged)

    async def be_nasty(self, operation: Any) -> None:
        """What generators do not come up with."""
        path = operation.path
        for word in [word[1:-1] for word in path.split("/") if word.startswith("{")]:
            path = path.replace(f"{{{word}}}", self.ids.get(word, "0"))
        chosen = [n for n in range(len(NASTY)) if EXAMPLES > 3 or n % 7 == len(path) % 7]
        for number in chosen:
            body, headers = NASTY[number]
            await self._try(operation.method, path, body, headers | self._headers, number)
        for method in ("HEAD", "TRACE") if EXAMPLES > 3 else ():
            await self._try(method, path, b"", self._headers, method)

    async def _try(
        self, method: str, path: str, body: bytes, headers: dict[str, str], what: object
    ) -> None:
        self.calls += 1
        answer = await self.api.http.request(method, path, content=body, headers=headers)
        self.failures += conventions(f"{method} {path} nasty {what} {answer.status_code}", answer)
