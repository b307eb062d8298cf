"""The whole product as processes, driven as a customer would, with a ledger of what was posted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from uploadm8.dev.processes import Process
from uploadm8.dev.rest_client import RestClient
from uploadm8.dev.sample import SamplePaths
from uploadm8.dev.stack import Stack

OPTIONS: dict[str, dict[str, Any]] = {
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE"},
    "youtube": {"privacy": "public", "made_for_kids": False},
    "instagram": {},
    "facebook": {},
}
LAST_STATES = {"published", "failed", "canceled", "unknown", "needs_reconnect", "held"}


@dataclass
class World:
    """A running stack and a customer with an account on every platform."""

    stack: Stack
    client: RestClient
    accounts: dict[str, str]
    clip: SamplePaths

    def restart_worker(self, failpoints: str = "") -> Process:
        """Kill -9 the worker and start another, armed or not."""
        for process in [p for p in self.stack.processes if p.name == "worker"]:
            process.kill()
            self.stack.processes.remove(process)
        return self.stack.start_worker(env={"FAILPOINTS": failpoints})

    def presign(self, path: Path, **more: Any) -> dict[str, Any]:
        """Announce a file."""
        body = {
            "filename": path.name,
            "content_type": "video/mp4",
            "size_bytes": max(1, path.stat().st_size),
            "renditions": {"short_side": 720},
            **more,
        }
        told: dict[str, Any] = self.client.call("POST", "/api/uploads/presign", json=body)
        return told

    def send(self, path: Path, telemetry: Path | None = None, **more: Any) -> str:
        """Announce, send and complete; returns the upload's id."""
        presigned = self.presign(path, **more)
        upload = str(presigned["id"])
        self.client.put_file(presigned, path, lambda _: None)
        if telemetry is not None:
            size = {"filename": telemetry.name, "size_bytes": telemetry.stat().st_size}
            told = self.client.call("POST", f"/api/uploads/{upload}/telemetry", json=size)
            self.client.put_file(told, telemetry, lambda _: None)
            self.client.call("POST", f"/api/uploads/{upload}/telemetry/complete")
        self.client.call("POST", f"/api/uploads/{upload}/complete")
        return upload

    def targets(self) -> list[dict[str, Any]]:
        """Every account, with the options its platform insists on."""
        return [{"account_id": a, "options": OPTIONS[p]} for p, a in self.accounts.items()]

    def settle(self, upload: str) -> dict[str, Any]:
        """Wait until the upload and all its publications have come to an end."""

        def done(detail: dict[str, Any]) -> bool:
            if detail["state"] in {"rejected", "canceled", "expired"}:
                return True
            ended = all(p["state"] in LAST_STATES for p in detail["publications"])
            return detail["state"] == "ready" and ended

        return self.client.follow(upload, lambda _: None, done)

    def posts(self) -> list[dict[str, Any]]:
        """Every public post of the sandbox."""
        told: Any = httpx.get(f"{self.stack.sandbox_url}/_sandbox/ledger", timeout=30).json()
        found: list[dict[str, Any]] = told["posts"] if isinstance(told, dict) else told
        return found

    def used(self) -> int:
        """Uploads counted against this month's quota."""
        told = self.client.call("GET", "/api/billing/usage")
        return int(told["used"])
