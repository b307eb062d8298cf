"""Workers that erase an account and die by SIGKILL on the way; run as a script by a test.

    python eraser.py FOLDER DATABASE_URL REDIS_URL STORAGE_URL STEP...

For each step a process of its own takes the job over, which is killed right before that step; the
last one ends it. Prints how each ended: ``killed``, ``waits`` or ``done``. The modules are loaded once.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from api_client import config_for
from conftest import Servers
from uploadm8.closing import StillRevokingError
from uploadm8.infra import failpoints
from uploadm8.infra.db.engine import DB
from uploadm8.infra.jobs.catalog import ERASE_ACCOUNT
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim
from uploadm8.infra.jobs.upkeep import reap
from uploadm8.services import open_services

WAITS = 3


async def take_over(servers: Servers) -> None:
    """What a worker does with the job of one that is gone."""
    config = config_for(servers)
    DB.configure(config.database_url.get_secret_value(), application="eraser")
    async with open_services(config, "worker") as services:
        await DB.rows("UPDATE jobs SET lease_until=now() - interval '1 s' WHERE state='running'")
        await reap()
        # Giving access back is a job of its own, which would have been done meanwhile.
        await DB.rows("DELETE FROM jobs WHERE kind='platforms.revoke_account'")
        rows = await DB.rows(
            "UPDATE jobs SET state='queued', run_at=now() WHERE kind=$1 RETURNING id",
            ERASE_ACCOUNT.name,
        )
        job = await claim(rows[0]["id"], f"eraser-{os.getpid()}", 60)
        assert job is not None
        await services.closing.run_erase(JobContext(job, "eraser"))


def worker(servers: Servers, step: str) -> int:
    """The wait status of a process that dies before `step`."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    os.dup2(2, 1)  # what it logs is no answer of ours
    failpoints.arm(f"before_erase@{step}:kill" if step else "")
    try:
        asyncio.run(take_over(servers))
    except StillRevokingError:
        os._exit(WAITS)
    os._exit(0)


def main() -> None:
    folder, database, redis, storage, *steps = sys.argv[1:]
    servers = Servers(Path(folder), database, redis, storage)
    for step in [*steps, ""]:
        told = "waits"
        while told == "waits":
            told = how(worker(servers, step))
            sys.stdout.write(f"{told}\n")


def how(status: int) -> str:
    """A wait status in a word."""
    if os.WIFSIGNALED(status):
        return "killed" if os.WTERMSIG(status) == signal.SIGKILL else "crashed"
    return {0: "done", WAITS: "waits"}.get(os.WEXITSTATUS(status), "failed")


if __name__ == "__main__":
    main()
