"""The whole product as processes, driven as a customer would, with a ledger of what was posted."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from uploadm8.dev.embedded import start_postgres, start_valkey
from uploadm8.dev.processes import Process
from uploadm8.dev.rest_client import ApiProblemError, RestClient
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

    def fault(self, party: str, route: str, fault: str, **more: Any) -> None:
        """Let a call of a platform go wrong once."""
        body = {"party": party, "route": route, "fault": fault} | more
        self.sandbox("POST", "faults", json=body)

    def armed(self) -> list[dict[str, Any]]:
        """The faults that no call has met yet."""
        found: list[dict[str, Any]] = self.sandbox("GET", "faults")
        return found

    def sandbox(self, method: str, path: str, **kwargs: Any) -> Any:
        """Use a control of the sandbox."""
        url = f"{self.stack.sandbox_url}/_sandbox/{path}"
        answer = httpx.request(method, url, timeout=30, **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def lose(self, server: str) -> None:
        """Stop PostgreSQL, or kill Valkey and forget its data; then start it at the same place."""
        process = self.stack.process(server)
        variable = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}[server]
        port = urlsplit(self.stack.env[variable]).port
        folder = self.stack.home / server
        if server == "postgres":
            process.stop()
            started = start_postgres(folder, port=port)
        else:
            process.kill()
            shutil.rmtree(folder)
            started = start_valkey(folder, port=port)
        self.stack.processes[self.stack.processes.index(process)] = started.process

    def patient_get(self, path: str) -> dict[str, Any]:
        """Read, waiting through the seconds in which the database is away."""
        for _ in range(40):
            try:
                found: dict[str, Any] = self.client.call("GET", path)
            except ApiProblemError as problem:
                if problem.problem.get("status") != 503:
                    raise
                time.sleep(0.5)
            else:
                return found
        raise TimeoutError("the API did not come back")

    def objects(self, upload: str, part: str = "") -> list[Path]:
        """Stored objects of an upload; folders may vanish meanwhile."""
        files = (
            Path(folder, name)
            for folder, _, names in os.walk(self.stack.home / "objects")
            for name in names
        )
        return [path for path in files if upload in str(path) and part in str(path)]

    def used(self) -> int:
        """Uploads counted against this month's quota."""
        told = self.client.call("GET", "/api/billing/usage")
        return int(told["used"])
