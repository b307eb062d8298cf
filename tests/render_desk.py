"""The upload's jobs, run here one by one: real database, store and child processes, no worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from api_client import Api, running
from conftest import Servers
from numbers_world import Shop, open_shop
from uploadm8.domain.billing.plans import Tier
from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.queue import claim_next
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.services import Services
from uploadm8.worker import handlers

SMALL = {"short_side": 720, "aspects": ["16:9"]}


@dataclass(frozen=True)
class Desk:
    """A workspace of the highest tier, and everything that works on its uploads."""

    api: Api
    shop: Shop

    @property
    def services(self) -> Services:
        found: Services = self.api.app.state.services
        return found

    async def call(
        self, method: str, path: str, status: int = 200, someone: Any = None, **more: Any
    ) -> httpx.Response:
        headers = (someone or self.shop.someone).headers
        answer = await self.api.http.request(method, path, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer

    async def send(self, video: Path, log: Path | None = None, **more: Any) -> UUID:
        """Announce, send and complete a video and the log beside it."""
        body = {**sized(video), "content_type": "video/mp4", "renditions": SMALL, **more}
        told = (await self.call("POST", "/api/uploads/presign", 201, json=body)).json()
        await put(told, video)
        upload = UUID(told["id"])
        base = f"/api/uploads/{upload}"
        if log is not None:
            told = (await self.call("POST", f"{base}/telemetry", 201, json=sized(log))).json()
            await put(told, log)
            await self.call("POST", f"{base}/telemetry/complete", 202)
        await self.call("POST", f"{base}/complete", 202)
        return upload

    async def detail(self, upload: UUID) -> dict[str, Any]:
        found: dict[str, Any] = (await self.call("GET", f"/api/uploads/{upload}")).json()
        return found

    def runner(self, limit_s: float = 120.0) -> Runner:
        return Runner(
            handlers=handlers(self.services),
            slots={Queue.TELEMETRY: 1},
            lease_s=60.0,
            default_timeout_s=limit_s,
        )

    async def work(self, limit_s: float = 120.0, most: int = 10) -> int:
        """Do what is due of probing and rendering; returns how many jobs were done."""
        runner = self.runner(limit_s)
        for count in range(most):
            job = await claim_next(Queue.TELEMETRY.value, runner.owner, runner.lease_s)
            if job is None:
                return count
            await runner.run(job)
        return most

    async def job(self, upload: UUID, kind: str) -> dict[str, Any]:
        row = await JobRow.select().where(JobRow.ref_id == upload, JobRow.kind == kind).first()
        assert row is not None
        return row

    def children(self, upload: UUID) -> list[int]:
        """Processes at work in the upload's folder."""
        folder = str(self.services.scratch.root.resolve() / str(upload))
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and str((entry / "cwd").readlink()).startswith(folder):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


def sized(path: Path) -> dict[str, Any]:
    return {"filename": path.name, "size_bytes": path.stat().st_size}


async def put(presigned: dict[str, Any], path: Path) -> None:
    data = await asyncio.to_thread(path.read_bytes)
    async with httpx.AsyncClient(trust_env=False) as http:
        url, headers = presigned["upload_url"], presigned["headers"]
        (await http.put(url, content=data, headers=headers)).raise_for_status()


@asynccontextmanager
async def open_desk(servers: Servers, scratch: Path, **settings: Any) -> AsyncIterator[Desk]:
    async with running(servers, scratch_dir=scratch, **settings) as api:
        shop = await open_shop(api)
        await shop.upgrade(Tier.AGENCY)
        yield Desk(api, shop)
