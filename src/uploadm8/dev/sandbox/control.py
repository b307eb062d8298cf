"""The controls under /_sandbox: faults, clock, switches, consent, accounts, ledger."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Any

import msgspec
from litestar import Litestar, Request, delete, get, post, put
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from uploadm8.dev.sandbox.config import Settings
from uploadm8.dev.sandbox.control_accounts import account_handlers, consent_handlers
from uploadm8.dev.sandbox.kit.faults import Fault
from uploadm8.dev.sandbox.kit.ledger import as_json
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Party

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


class ClockStep(msgspec.Struct, forbid_unknown_fields=True):
    """How far to move the sandbox's clock, in seconds."""

    advance_s: float


def control_app(runtime: Runtime, parties: Sequence[Party], lifespan: Lifespan) -> Litestar:
    """The application that holds the controls and the lifespan of the whole sandbox."""
    handlers = [
        *_time(runtime),
        *_switches(runtime),
        *_faults(runtime, parties),
        *account_handlers(runtime),
        *consent_handlers(runtime, parties),
        *_ledger(runtime),
    ]
    return Litestar(
        route_handlers=handlers, lifespan=[lifespan], openapi_config=None, logging_config=None
    )


def _time(runtime: Runtime) -> list[BaseRouteHandler]:
    @get("/_sandbox/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @get("/_sandbox/clock")
    async def clock() -> dict[str, float]:
        return {"now": runtime.state.now()}

    @post("/_sandbox/clock", status_code=200)
    async def move_clock(data: JSONBody[ClockStep]) -> dict[str, float]:
        if data.advance_s < 0:
            raise ClientException("time only moves forward")
        now = runtime.state.advance(data.advance_s)
        await runtime.settle()
        return {"now": now}

    @post("/_sandbox/reset", status_code=204)
    async def reset() -> None:
        runtime.reset()

    return [health, clock, move_clock, reset]


def _switches(runtime: Runtime) -> list[BaseRouteHandler]:
    @get("/_sandbox/config")
    async def read_config() -> Settings:
        return runtime.settings

    @put("/_sandbox/config")
    async def change_config(data: JSONBody[dict[str, Any]]) -> Settings:
        try:
            merged = msgspec.to_builtins(runtime.settings) | data
            runtime.settings = msgspec.convert(merged, Settings)
        except msgspec.ValidationError as error:
            raise ClientException(str(error)) from error
        return runtime.settings

    return [read_config, change_config]


def _faults(runtime: Runtime, parties: Sequence[Party]) -> list[BaseRouteHandler]:
    @get("/_sandbox/routes")
    async def routes() -> list[dict[str, str]]:
        return [
            {
                "party": party.name,
                "route": name,
                "method": route.method,
                "path": party.prefix + route.template,
            }
            for party in parties
            for route in party.routes
            for name in route.names
        ]

    @get("/_sandbox/faults")
    async def faults() -> list[Fault]:
        return runtime.faults.armed()

    @post("/_sandbox/faults")
    async def arm(data: JSONBody[Fault]) -> Fault:
        names = {(p.name, name) for p in parties for r in p.routes for name in r.names}
        known = any(data.party in (p, "*") and data.route in (r, "*") for p, r in names)
        if not known:
            raise ClientException(f"{data.party} has no route {data.route}")
        return runtime.faults.arm(data)

    @delete("/_sandbox/faults")
    async def disarm() -> None:
        runtime.faults.clear()

    return [routes, faults, arm, disarm]


def _ledger(runtime: Runtime) -> list[BaseRouteHandler]:
    @get("/_sandbox/ledger")
    async def ledger(
        request: Request[Any, Any, Any],
        platform: FromQuery[str | None] = None,
        account: FromQuery[str | None] = None,
    ) -> dict[str, Any]:
        await runtime.settle()
        base = runtime.base_url or str(request.base_url).rstrip("/")
        counts = runtime.ledger.counts
        return {
            "now": runtime.state.now(),
            "posts": as_json(runtime.ledger.posts(platform, account), base),
            "calls": [
                {"party": party, "route": route, "status": status, "count": count}
                for (party, route, status), count in sorted(counts.items())
            ],
        }

    @get("/_sandbox/calls")
    async def calls(
        party: FromQuery[str | None] = None, route: FromQuery[str | None] = None
    ) -> list[dict[str, Any]]:
        """The last calls one by one, oldest first."""
        return [
            asdict(record)
            for record in runtime.ledger.calls
            if party in (None, record.party) and route in (None, record.route)
        ]

    @delete("/_sandbox/ledger")
    async def forget() -> None:
        runtime.ledger.clear()

    @delete("/_sandbox/posts/{platform:str}/{post_id:str}")
    async def take_down(platform: FromPath[str], post_id: FromPath[str]) -> None:
        if not runtime.remove_post(platform, post_id):
            raise NotFoundException(f"{platform} has no post {post_id}")

    @get("/", status_code=302)
    async def home() -> Redirect:
        return Redirect("/posts")

    return [ledger, calls, forget, take_down, home]
