"""One ASGI application in which every outside party answers under its own path prefix."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from uploadm8.dev.sandbox.config import SandboxConfig
from uploadm8.dev.sandbox.control import control_app
from uploadm8.dev.sandbox.discord import discord_parties
from uploadm8.dev.sandbox.google.parties import google_parties
from uploadm8.dev.sandbox.kit.dispatch import Dispatcher
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Party
from uploadm8.dev.sandbox.mailgun import mailgun_parties
from uploadm8.dev.sandbox.meta.parties import meta_parties
from uploadm8.dev.sandbox.stripe.parties import stripe_parties
from uploadm8.dev.sandbox.tiktok.parties import tiktok_parties
from uploadm8.dev.sandbox.web import web_parties

PartyFactory = Callable[[Runtime], list[Party]]

# Each entry builds the hosts of one outside party; add a party by adding its factory.
PARTIES: Sequence[PartyFactory] = (
    tiktok_parties,
    google_parties,
    meta_parties,
    mailgun_parties,
    discord_parties,
    stripe_parties,
    web_parties,
)

_TICK_S = 0.25
_GRACE_S = 3.0
_SAVE_EVERY_S = 2.0


class SandboxApp:
    """The ASGI application: parties by prefix, everything else to the control application."""

    def __init__(self, runtime: Runtime, parties: Sequence[Party], control: Litestar) -> None:
        self.runtime = runtime
        self._dispatcher = Dispatcher(runtime, parties)
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        party = self._dispatcher.party_for(scope) if scope["type"] == ScopeType.HTTP else None
        if party is None:
            await self._control(scope, receive, send)
        else:
            await self._dispatcher.answer(party, scope, receive, send)


def create_app(config: SandboxConfig, factories: Sequence[PartyFactory] = PARTIES) -> SandboxApp:
    """Build a sandbox; give it to uvicorn, or to an in-process client."""
    runtime = Runtime(config)
    parties = [party for factory in factories for party in factory(runtime)]

    @contextlib.asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        clockwork = asyncio.create_task(_clockwork(runtime))
        try:
            yield
        finally:
            clockwork.cancel()
            await runtime.finish_background(_GRACE_S)
            runtime.save()

    return SandboxApp(runtime, parties, control_app(runtime, parties, lifespan))


async def _clockwork(runtime: Runtime) -> None:
    """Let time pass where nobody asks: due events happen, and the memory is kept on disk."""
    saved_total, save_again_at = runtime.ledger.total, 0.0
    while True:
        await asyncio.sleep(_TICK_S)
        await runtime.settle()
        started = time.monotonic()
        if runtime.ledger.total == saved_total or started < save_again_at:
            continue
        saved_total = runtime.ledger.total
        runtime.save()
        # A large memory is written less often: saving takes two percent of the time at most.
        finished = time.monotonic()
        save_again_at = finished + max(_SAVE_EVERY_S, 50 * (finished - started))
