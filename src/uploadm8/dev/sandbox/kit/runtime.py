"""The parts of one running sandbox, handed to every party."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx

from uploadm8.dev.sandbox.config import SandboxConfig, Settings
from uploadm8.dev.sandbox.kit.consent import Screen
from uploadm8.dev.sandbox.kit.faults import FaultPlan
from uploadm8.dev.sandbox.kit.identity import Account, seeded_accounts
from uploadm8.dev.sandbox.kit.ledger import Ledger, Visibility
from uploadm8.dev.sandbox.kit.media import MediaStore
from uploadm8.dev.sandbox.kit.state import State
from uploadm8.dev.sandbox.kit.tokens import Vault

SNAPSHOT = "state.pickle"


class Runtime:
    """State and services of one sandbox.

    Parties add their own entries to
    `on_due` (kind of timeline event to what happens then),
    `screens` (party to its consent screen),
    `on_revoked` (party to what follows when an account takes its authorization away),
    `on_deletion` (party to its request to delete an account's data) and
    `on_removed` (platform to what follows when a post is taken down).
    """

    def __init__(self, config: SandboxConfig) -> None:
        config.data.mkdir(parents=True, exist_ok=True)
        self._first_settings = config.settings
        self.settings: Settings = config.settings
        self.data: Path = config.data
        self.base_url = config.base_url
        self.remember = config.remember
        self.state = State.load(self.data / SNAPSHOT) if config.remember else State()
        self.vault = Vault(self.state)
        self.faults = FaultPlan()
        self.ledger = Ledger(self.state)
        self.media = MediaStore(self.data, self.state)
        self.on_due: dict[str, Callable[[str], Awaitable[None]]] = {}
        self.on_revoked: dict[str, Callable[[str], None]] = {}
        self.on_deletion: dict[str, Callable[[str], Awaitable[dict[str, Any]]]] = {}
        self.on_removed: dict[str, Callable[[str], None]] = {}
        self.screens: dict[str, Screen] = {}
        self.background: set[asyncio.Task[None]] = set()
        self._seeds: list[Callable[[], None]] = []
        self.seed(self._seed_accounts)

    def seed(self, plant: Callable[[], None]) -> None:
        """Run `plant` now and after every reset: it adds what exists from the start."""
        self._seeds.append(plant)
        plant()

    def reset(self) -> None:
        """Return to the first moment: no posts, tokens or faults, the settings of the start."""
        self.state.clear()
        self.faults.clear()
        self.ledger.clear()
        self.settings = self._first_settings
        for plant in self._seeds:
            plant()

    def _seed_accounts(self) -> None:
        for party, accounts in seeded_accounts().items():
            known = self.accounts(party)
            for name, account in accounts.items():
                known.setdefault(name, account)

    def accounts(self, party: str) -> MutableMapping[str, Account]:
        """The accounts of a party by short name."""
        return self.state.table(f"accounts.{party}", cast("type[Account]", object))

    async def settle(self) -> None:
        """Let everything happen whose time has come."""
        while event := self.state.pop_due():
            handler = self.on_due.get(event.kind)
            if handler:
                await handler(event.key)

    def run_soon(self, work: Awaitable[None]) -> None:
        """Start background work that the sandbox gives a little time when it closes."""
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def finish_background(self, grace_s: float) -> None:
        """Let background work end within `grace_s` seconds, then cancel what is left."""
        if self.background:
            _, late = await asyncio.wait(list(self.background), timeout=grace_s)
            for task in late:
                task.cancel()

    def remove_post(self, platform: str, post_id: str) -> bool:
        """Take a post down, as its author or the platform does; False when there is none."""
        post = self.ledger.get(platform, post_id)
        if post is None or post.visibility is Visibility.DELETED:
            return False
        post.visibility = Visibility.DELETED
        self.on_removed[platform](post_id)
        return True

    def post_webhook(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """Deliver a webhook, with up to three tries, without making anyone wait for it."""
        for _ in range(self.settings.webhook_copies if url else 0):
            self.run_soon(_deliver(url, body, {"content-type": "application/json"} | headers))

    def revoke_account(self, party: str, account: str, why: str = "revoked") -> int:
        """End every grant of an account; returns how many there were."""
        hit = self.vault.revoke_account(party, account, why)
        if hit and party in self.on_revoked:
            self.on_revoked[party](account)
        return len(hit)

    def save(self) -> None:
        if self.remember:
            self.state.save(self.data / SNAPSHOT)


@cache
def _tls() -> ssl.SSLContext:
    """Loading the certificates takes 20 ms, so it is done once."""
    return ssl.create_default_context()


async def _deliver(url: str, body: bytes, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=_tls()) as client:
        for pause_s in (0.5, 2.0, 0.0):
            try:
                answer = await client.post(url, content=body, headers=headers)
                if answer.is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(pause_s)


def compact_json(value: Any) -> bytes:
    """JSON bytes as a webhook sender writes them (signed exactly as sent)."""
    return json.dumps(value, separators=(",", ":")).encode()
