"""Events: listed by API, and delivered to the webhook, signed, in as much disorder as asked for."""

import asyncio
import hashlib
import hmac
import random
import time

import httpx

from uploadm8.dev.sandbox.config import STRIPE_WEBHOOK_SECRET
from uploadm8.dev.sandbox.kit.runtime import compact_json
from uploadm8.dev.sandbox.stripe.door import Request
from uploadm8.dev.sandbox.stripe.replies import Json, listing
from uploadm8.dev.sandbox.stripe.world import API_VERSION, World

_TRIES = 3
_BOUNDS = {
    "gt": lambda at, bound: at > bound,
    "gte": lambda at, bound: at >= bound,
    "lt": lambda at, bound: at < bound,
    "lte": lambda at, bound: at <= bound,
}


def signature(body: bytes, secret: str = STRIPE_WEBHOOK_SECRET) -> str:
    """The Stripe-Signature header of a body sent now."""
    stamp = int(time.time())
    signed = hmac.digest(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={signed.hex()}"


class Events:
    """Keeps what happened, and tells the webhook about it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = random.Random(5)
        self._busy: asyncio.Event | None = None

    def retrieve(self, request: Request) -> Json:
        return self.world.get("event", request.id)

    def list_all(self, request: Request) -> Json:
        params = request.params
        rows = self.world.newest("event", type=params.get("type"))
        created = params.get("created")
        bounds = created if isinstance(created, dict) else {}
        rows = [
            row
            for row in rows
            if all(_BOUNDS[name](row["created"], bound) for name, bound in bounds.items())
        ]
        wanted = params.get("delivery_success")
        if wanted is not None:
            undelivered = self.world.private("undelivered")
            rows = [row for row in rows if (row["id"] not in undelivered) is wanted]
        return listing("/v1/events", rows, params)

    def endpoints(self, request: Request) -> Json:
        """The webhook endpoints of the account: the one that events are delivered to."""
        url = self.world.runtime.settings.stripe_webhook_url
        endpoint: Json = {
            "id": "we_sandbox",
            "object": "webhook_endpoint",
            "api_version": API_VERSION,
            "application": None,
            "created": 0,
            "description": None,
            "enabled_events": ["*"],
            "livemode": False,
            "metadata": {},
            "status": "enabled",
            "url": url,
        }
        return listing("/v1/webhook_endpoints", [endpoint] if url else [], request.params)

    def kick(self) -> None:
        """Deliver what is waiting, without making anyone wait for it."""
        settings = self.world.runtime.settings
        if (
            self._busy is not None
            or not settings.stripe_webhook_url
            or settings.stripe_webhook_paused
        ):
            return
        if any(tries < _TRIES for tries in self.world.private("undelivered").values()):
            self._busy = asyncio.Event()
            self.world.runtime.run_soon(self._deliver_all())

    async def flush(self) -> int:
        """Wait until nothing is on its way; how many events could not be delivered."""
        self.kick()
        while self._busy is not None:
            await self._busy.wait()
        return len(self.world.private("undelivered"))

    async def _deliver_all(self) -> None:
        undelivered = self.world.private("undelivered")
        try:
            async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
                while batch := [e for e, tries in undelivered.items() if tries < _TRIES]:
                    for event_id in self._mixed(batch):
                        await self._deliver(client, event_id)
        finally:
            done, self._busy = self._busy, None
            if done is not None:
                done.set()

    def _mixed(self, batch: list[str]) -> list[str]:
        """The batch as the settings want it: repeated, shuffled."""
        settings = self.world.runtime.settings
        sent = [event for event in batch for _ in range(settings.stripe_webhook_copies)]
        if settings.stripe_webhook_disorder:
            self._rng.shuffle(sent)
        return sent

    async def _deliver(self, client: httpx.AsyncClient, event_id: str) -> None:
        body = compact_json(self.world.get("event", event_id))
        headers = {"content-type": "application/json", "stripe-signature": signature(body)}
        url = self.world.runtime.settings.stripe_webhook_url
        undelivered = self.world.private("undelivered")
        try:
            answer = await client.post(url, content=body, headers=headers)
            delivered = answer.is_success
        except httpx.HTTPError:
            delivered = False
        if delivered:
            undelivered.pop(event_id, None)
            self.world.get("event", event_id)["pending_webhooks"] = 0
        elif event_id in undelivered:
            undelivered[event_id] += 1
