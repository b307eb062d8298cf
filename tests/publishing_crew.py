"""Workers as processes of their own, which really die and really freeze.

Starting Python takes seconds, so one process imports everything and forks a worker per order. A
worker claims the publishing job of one publication, runs it to its outcome, and ends.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from uuid import UUID

from conftest import BUCKET
from platform_clients import clients_of
from publishing_desk import build_desk
from sandbox_flows import Sandbox
from uploadm8.dev.embedded import ACCESS_KEY, SECRET_KEY
from uploadm8.domain.platforms.clients import chunks
from uploadm8.domain.publishing import confirmation
from uploadm8.infra import failpoints
from uploadm8.infra.db.engine import DB
from uploadm8.infra.jobs.catalog import PUBLISH, Queue
from uploadm8.infra.jobs.queue import claim
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.jobs.upkeep import renew_leases
from uploadm8.infra.storage.s3 import open_storage

LEASE_S = 2.0


@dataclass(frozen=True)
class Crew:
    """Where the workers come from.

    Attributes:
        origin: the process that forks them.
        places: addresses of the database, the storage and the sandbox.
    """

    origin: "Popen[str]"
    places: dict[str, str]

    def hire(self, publication: UUID, armed: str = "") -> int:
        """Start a worker on the job of a publication; returns its process id."""
        order = {**self.places, "publication": str(publication), "armed": armed}
        return int(self._say(order))

    async def outcome(self, worker: int, *, may_stop: bool = False) -> str:
        """Wait until the worker ended: "ended", "killed", or "stopped" if it may."""
        for _ in range(600):
            told = self._say({"wait": worker})
            if told != "running" and (told != "stopped" or may_stop):
                return told
            await asyncio.sleep(0.05)
        raise TimeoutError(f"worker {worker} neither ended nor died")

    def _say(self, order: dict[str, Any]) -> str:
        assert self.origin.stdin is not None
        assert self.origin.stdout is not None
        self.origin.stdin.write(json.dumps(order) + "\n")
        self.origin.stdin.flush()
        return self.origin.stdout.readline().strip()


@contextlib.contextmanager
def crew_at(places: dict[str, str]) -> Iterator[Crew]:
    """The process that workers are forked from, while the block runs."""
    command = [sys.executable, str(Path(__file__))]
    path = {"PYTHONPATH": str(Path(__file__).parent)}
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env={**os.environ, **path}) as origin:
        yield Crew(origin, places)
        assert origin.stdin is not None
        origin.stdin.close()


async def _work(order: dict[str, str]) -> None:
    failpoints.arm(order["armed"])
    confirmation.SECOND_LOOK_S = 0.3
    chunks.TIKTOK_WHOLE, chunks.TIKTOK_CHUNK = 5_000_000, 5_242_880  # the least TikTok takes
    DB.configure(order["database"], application="crew")
    await DB.open(4)
    sandbox = Sandbox(order["sandbox"], None)  # type: ignore[arg-type]  # only its address is used
    async with (
        open_storage(order["storage"], ACCESS_KEY, SECRET_KEY, BUCKET) as storage,
        clients_of(sandbox) as clients,
    ):
        desk = build_desk(sandbox, clients, Path(), storage)
        runner = Runner(desk.handlers, {Queue.JOBS: 1}, LEASE_S, 60, owner=f"crew:{os.getpid()}")
        renewing = asyncio.create_task(_renew(runner))
        row = await JobRow.select(JobRow.id).where(
            JobRow.kind == PUBLISH.name, JobRow.ref_id == UUID(order["publication"])
        )
        if (job := await claim(row[0]["id"], runner.owner, LEASE_S)) is not None:
            await runner.run(job)
        renewing.cancel()
    await DB.close()


async def _renew(runner: Runner) -> None:
    while True:
        await asyncio.sleep(0.2)
        await renew_leases(runner)


def _fork(order: dict[str, str]) -> int:
    if worker := os.fork():
        return worker
    code = 1
    try:
        sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123  lives as long as the worker
        asyncio.run(_work(order))
        code = 0
    finally:
        os._exit(code)


def _look(worker: int) -> str:
    done, status = os.waitpid(worker, os.WNOHANG | os.WUNTRACED)
    if done == 0:
        return "running"
    if os.WIFSTOPPED(status):
        return "stopped"
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return "killed"
    return "ended" if os.waitstatus_to_exitcode(status) == 0 else f"failed {status}"


async def _warm_up() -> None:
    """Load now what every worker would load for itself: botocore's tables, certificates."""
    nowhere = Sandbox("http://127.0.0.1:1", None)  # type: ignore[arg-type]
    async with open_storage(nowhere.base, ACCESS_KEY, SECRET_KEY, BUCKET), clients_of(nowhere):
        pass


def main() -> None:
    """Fork a worker per line, or tell how one is."""
    asyncio.run(_warm_up())
    sys.stdout, told = sys.stderr, sys.stdout  # workers log to stdout
    for line in sys.stdin:
        order = json.loads(line)
        answer = _look(order["wait"]) if "wait" in order else _fork(order)
        print(answer, file=told, flush=True)


if __name__ == "__main__":
    main()
