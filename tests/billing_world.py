"""Billing against the sandbox of Stripe: a moving clock, real webhooks over HTTP, real jobs."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from litestar import Litestar

from uploadm8.api.problems import EXCEPTION_HANDLERS
from uploadm8.app import DEPENDENCIES
from uploadm8.dev.sandbox import SandboxConfig, sandbox_env
from uploadm8.dev.sandbox.serve import running
from uploadm8.dev.sandbox.stripe.events import signature
from uploadm8.domain.billing.actors import BillingJobs
from uploadm8.domain.billing.controllers import BillingController
from uploadm8.domain.billing.gateway import open_gateway
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.plans import PLANS, Tier
from uploadm8.domain.billing.service import Billing, build_billing
from uploadm8.domain.billing.setup import set_up
from uploadm8.domain.billing.tables import BillingNotice, Customer
from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.queue import claim_next
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.mail.letter import Mail

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
GOOD_CARD, BAD_CARD = "4242424242424242", "4000000000000341"

MakeWorkspace = Callable[[], Awaitable[UUID]]
MakeSubscription = Callable[..., Awaitable[UUID]]


@dataclass
class Clock:
    """A time that a test moves."""

    at: datetime = field(default=START)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class SandboxClock:
    """The sandbox's time: ours, moved ahead."""

    ahead_s: float = 0.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.ahead_s, UTC)


@dataclass
class Outgoing:
    """Takes mail instead of a mail service, and keeps it for reading."""

    sent: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        self.sent.append(mail)


@dataclass
class World:
    """A customer's view of billing, with Stripe's time in our hands."""

    base: str
    http: httpx.AsyncClient
    billing: Billing
    clock: SandboxClock
    mail: Outgoing
    webhook_url: str = ""

    async def deliver(self, body: bytes, *, signed: str | None = None) -> httpx.Response:
        """Send a webhook as Stripe does."""
        headers = {"stripe-signature": signature(body) if signed is None else signed}
        return await self.http.post(self.webhook_url, content=body, headers=headers)

    async def advance(self, **span: float) -> None:
        """Let time pass at Stripe and here, and let all its consequences arrive."""
        seconds = timedelta(**span).total_seconds()
        await self.post("/_sandbox/clock", {"advance_s": seconds})
        self.clock.ahead_s += seconds
        await self.settle()

    async def settle(self, workers: int = 1) -> int:
        """Deliver every webhook and do every job; how many events stayed undelivered."""
        left = (await self.post("/stripe-web/_flush", {}))["undelivered"]
        await self.run_jobs(workers)
        return int(left)

    async def run_jobs(self, workers: int = 1) -> None:
        """Work until no light job is left, with so many workers at once."""
        actors = BillingJobs(self.billing, self.mail, "https://app.example.com")
        handlers = {handler.kind.name: handler for handler in actors.handlers()}
        runner = Runner(handlers, {Queue.LIGHT: workers}, lease_s=60, default_timeout_s=60)

        async def work() -> None:
            while await JobRow.count().where(JobRow.state.is_in(["queued", "running"])):
                failed = await JobRow.select(JobRow.kind, JobRow.error_code).where(
                    (JobRow.state == "dead") | (JobRow.error_code == "internal_error")
                )
                assert failed == []
                job = await claim_next(Queue.LIGHT.value, runner.owner, 60)
                if job is None:
                    await asyncio.sleep(0.05)
                else:
                    await runner.run(job)

        await asyncio.gather(*(work() for _ in range(workers)))

    async def buy(self, workspace: UUID, tier: Tier, card: str = GOOD_CARD) -> None:
        """Go through checkout, to the end of its consequences."""
        url = await self.billing.checkout.start(workspace, PLANS[tier].lookup_key)
        answer = await self.http.post(url, data={"card": card})
        assert answer.status_code == 302, answer.text
        await self.settle()

    async def portal(self, workspace: UUID, **form: str) -> None:
        """Press a button of the customer portal."""
        customer = await self.customer(workspace)
        await self.post("/stripe-web/_portal", {"customer": customer, **form})
        await self.settle()

    async def customer(self, workspace: UUID) -> str:
        rows = await Customer.select(Customer.stripe_id).where(Customer.workspace == workspace)
        return str(rows[0]["stripe_id"])

    async def notices(self, workspace: UUID) -> list[str]:
        """The kinds of what the workspace was told, oldest first."""
        return (
            await BillingNotice.select(BillingNotice.kind)
            .where(BillingNotice.workspace == workspace)
            .order_by(BillingNotice.id)
            .output(as_list=True)
        )

    async def switch(self, **settings: Any) -> None:
        answer = await self.http.put(f"{self.base}/_sandbox/config", json=settings)
        answer.raise_for_status()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.http.post(f"{self.base}{path}", json=body)
        answer.raise_for_status()
        return answer.json()


@asynccontextmanager
async def stripe_world(folder: Path, **options: Any) -> AsyncIterator[World]:
    """Billing with the sandbox behind it, and its webhook on a real port."""
    config = SandboxConfig(data=folder, remember=False)
    with running(config) as base:
        env = sandbox_env(base)
        values = BillingOptions(
            secret_key=env["STRIPE_SECRET_KEY"],
            webhook_secret=env["STRIPE_WEBHOOK_SECRET"],
            api_base_url=env["STRIPE_API_BASE_URL"],
            success_url="https://app.example.com/done?session_id={CHECKOUT_SESSION_ID}",
            cancel_url="https://app.example.com/pricing",
            portal_return_url="https://app.example.com/dashboard",
            **options,
        )
        clock = SandboxClock()
        async with (
            open_gateway(values) as gateway,
            httpx.AsyncClient(timeout=30, trust_env=False) as http,
        ):
            await set_up(gateway)
            world = World(base, http, build_billing(values, gateway, clock), clock, Outgoing())
            async with _webhook_server(world.billing) as url:
                world.webhook_url = url
                await world.switch(stripe_webhook_url=url)
                await world.settle()
                yield world


@asynccontextmanager
async def _webhook_server(billing: Billing) -> AsyncIterator[str]:
    app = Litestar(
        [BillingController],
        dependencies=DEPENDENCIES,
        exception_handlers=dict(EXCEPTION_HANDLERS),
        openapi_config=None,
        logging_config=None,
    )
    app.state.services = SimpleNamespace(billing=billing)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/api/billing/webhook"
    finally:
        server.should_exit = True
        await serving
