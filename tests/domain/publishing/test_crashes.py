"""Workers are killed and frozen at every named step, on every platform; others take over."""

import asyncio
import os
import re
import signal
import struct
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from conftest import Servers
from publishing_crew import LEASE_S, Crew, crew_at
from publishing_desk import Desk
from publishing_truth import require_truth
from sandbox_flows import Sandbox
from uploadm8.domain import publishing
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.tables import Publication, PublishAttempt
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.jobs.upkeep import reap

pytestmark = pytest.mark.anyio

FREE = 12_000_000
FOLDER = Path(publishing.__file__).parent
STEPS = (
    "before_prepare",
    "after_prepare",
    "after_handle",
    "after_transfer",
    "after_intent",
    "after_commit",
    "before_check",
    "before_published",
)
IN_TRANSFER = "in_transfer"  # only a film of several chunks gets there everywhere


def test_every_named_step_of_the_code_has_its_kill() -> None:
    """A new failpoint without a kill -9 on all four platforms fails here."""
    code = "".join(path.read_text() for path in FOLDER.rglob("*.py"))
    named = set(re.findall(r"""\bfailpoint\(\s*["'](\w+)["']""", code))
    assert named == {*STEPS, IN_TRANSFER}
    assert len(re.findall(r"\bfailpoint\(", code)) == len(
        re.findall(r"""\bfailpoint\(\s*["']\w+["'],\s*\S*platform\)""", code)
    ), "a step whose name or platform is not written out cannot be enumerated"


@pytest.fixture(scope="module")
def crew(servers: Servers, running_sandbox: Sandbox) -> Iterator[Crew]:
    places = {
        "database": servers.database_url,
        "storage": servers.storage_url,
        "sandbox": running_sandbox.base,
    }
    with crew_at(places) as hired:
        yield hired


def padded(film: Path, longer: Path) -> Path:
    """The film with a free box behind it, so that no platform takes it in one piece."""
    longer.write_bytes(film.read_bytes() + struct.pack(">I4s", FREE, b"free") + bytes(FREE - 8))
    return longer


async def kill_all(
    desk: Desk, crew: Crew, step: str, platforms: tuple[Platform, ...]
) -> list[UUID]:
    """A worker for each platform, each of which dies by SIGKILL at the step."""
    publications = [await desk.publication(platform) for platform in platforms]
    workers = [
        crew.hire(publication, f"{step}@{platform}:kill")
        for publication, platform in zip(publications, platforms, strict=True)
    ]
    assert [await crew.outcome(worker) for worker in workers] == ["killed"] * len(platforms)
    return publications


async def take_over(desk: Desk, crew: Crew, publications: list[UUID]) -> None:
    """Let the leases end and other workers finish."""
    await JobRow.raw("UPDATE jobs SET lease_until = now() - interval '1 s' WHERE state='running'")
    await reap()
    for _ in range(6):
        await JobRow.raw("UPDATE jobs SET run_at = now() WHERE state = 'queued'")
        waiting = [p for p in publications if (await desk.row(p))["state"] != "published"]
        for worker in [crew.hire(publication) for publication in waiting]:
            assert await crew.outcome(worker) == "ended"


async def all_published(desk: Desk, publications: list[UUID]) -> None:
    for publication in publications:
        row = await desk.row(publication)
        assert row["state"] == "published", (row["platform"], row["error_detail"])
    await require_truth(desk)


@pytest.mark.parametrize("step", STEPS)
async def test_kill_9_at_a_step_leaves_exactly_one_post_everywhere(
    desk: Desk, crew: Crew, step: str
) -> None:
    publications = await kill_all(desk, crew, step, tuple(Platform))
    await take_over(desk, crew, publications)
    await all_published(desk, publications)


async def test_kill_9_in_mid_transfer_leaves_exactly_one_post(
    desk: Desk, crew: Crew, tmp_path: Path
) -> None:
    desk.film = padded(desk.film, tmp_path / "long.mp4")
    publications = await kill_all(desk, crew, IN_TRANSFER, tuple(Platform))
    await take_over(desk, crew, publications)
    await all_published(desk, publications)


@pytest.mark.parametrize("step", ["after_handle", "after_intent", "before_published"])
async def test_a_worker_frozen_past_its_lease_writes_nothing_when_it_wakes(
    desk: Desk, crew: Crew, step: str
) -> None:
    publications = [await desk.publication(platform) for platform in Platform]
    frozen = [
        crew.hire(publication, f"{step}@{platform}:freeze")
        for publication, platform in zip(publications, Platform, strict=True)
    ]
    for worker in frozen:
        assert await crew.outcome(worker, may_stop=True) == "stopped"
    while await JobRow.exists().where(JobRow.state == "running"):
        await asyncio.sleep(LEASE_S / 4)  # real leases, really running out
        await reap()
    await take_over(desk, crew, publications)
    before = await Publication.select().order_by(Publication.id)
    attempts = await PublishAttempt.count()
    for worker in frozen:
        os.kill(worker, signal.SIGCONT)
        assert await crew.outcome(worker) == "ended"
    assert await Publication.select().order_by(Publication.id) == before
    assert await PublishAttempt.count() == attempts
    await all_published(desk, publications)
