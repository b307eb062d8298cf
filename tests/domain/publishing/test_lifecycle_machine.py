"""Random lives of publications on a real database: people, workers and the platform interfere."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from conftest import Servers, wipe
from model_platform import CHECKS, COMMITS, ModelPlatform
from publishing_desk import CIPHER, a_publication, publications_with
from uploadm8.domain.platforms.clients.base import Access, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.limits import AccountLimits
from uploadm8.domain.publishing.actors import PublishingJobs
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.pace import Pace
from uploadm8.domain.publishing.schemas import Reschedule, Verdict
from uploadm8.domain.publishing.sweep import PublicationSweep
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.uploads.schemas import Schedule
from uploadm8.errors import ConflictError
from uploadm8.infra import failpoints
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.jobs.catalog import SWEEP_PUBLICATIONS, Queue
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import ClaimedJob, claim, enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.jobs.upkeep import reap

T = TypeVar("T")
S = PublicationState
STEPS = ("after_prepare", "after_handle", "after_intent", "after_commit", "before_published")
RESTING = {S.PUBLISHED, S.FAILED, S.CANCELED, S.UNKNOWN, S.HELD, S.DRAFT}
MOMENT = 30.0


class Accounts:
    """Gives out a token to whoever asks."""

    async def access(self, account_id: UUID, *, refused: Access | None = None) -> Access:
        return Access("token", "account")

    async def needs_reconnect(self, account_id: UUID, error: PlatformError) -> None:
        """No platform of this test says so."""


class Lives(RuleBasedStateMachine):
    """A few publications of one workspace."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.platform = ModelPlatform()
        self.user, self.workspace = UUID(int=0), UUID(int=0)
        self.trusted_wrongly: set[UUID] = set()
        self.zombies: list[ClaimedJob] = []

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def ask(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What a person may be refused."""
        try:
            return self.do(work)
        except ConflictError:
            return None

    @initialize()
    def begin(self) -> None:
        async def begin() -> None:
            await DB.open(5)
            row = await a_publication(Platform.TIKTOK)
            self.user, self.workspace = row["created_by"], row["workspace"]

        self.do(begin())
        delivery = Delivery(
            Accounts(),
            {Platform.TIKTOK: self.platform},
            None,  # type: ignore[arg-type]  # bytes stay unread
            CIPHER,
            Pace(0),
        )
        jobs = PublishingJobs(delivery).handlers() + PublicationSweep().handlers()
        self.runner = Runner(
            {job.kind.name: job for job in jobs}, {Queue.JOBS: 1}, lease_s=60, default_timeout_s=60
        )
        self.service = publications_with(cast("AccountLimits", None))  # no new targets

    def rows(self) -> list[dict[str, Any]]:
        return self.do(Publication.select().order_by(Publication.id).run())

    def one(self, pick: int) -> dict[str, Any]:
        rows = self.rows()
        return rows[pick % len(rows)]

    @rule(pick=st.integers(0, 9))
    def cancel(self, pick: int) -> None:
        self.ask(self.service.cancel(self.workspace, self.one(pick)["id"]))

    @rule(pick=st.integers(0, 9))
    def retry(self, pick: int) -> None:
        self.ask(self.service.retry(self.workspace, self.one(pick)["id"]))

    @rule(pick=st.integers(0, 9))
    def release(self, pick: int) -> None:
        self.ask(self.service.release(self.workspace, self.one(pick)["id"]))

    @rule(pick=st.integers(0, 9))
    def post_again(self, pick: int) -> None:
        if len(self.rows()) < 4:
            self.ask(self.service.post_again(self.workspace, self.user, self.one(pick)["id"]))

    @rule(pick=st.integers(0, 9), mode=st.sampled_from(["now", "queue", "at"]))
    def reschedule(self, pick: int, mode: str) -> None:
        at = now().isoformat() if mode == "at" else None
        wish = Reschedule(schedule=Schedule(mode=mode, at=at, time_zone="UTC" if at else None))
        self.ask(self.service.reschedule(self.workspace, self.one(pick)["id"], wish))

    @rule(pick=st.integers(0, 9), outcome=st.sampled_from(["published", "not_published"]))
    def settle(self, pick: int, outcome: str) -> None:
        row = self.one(pick)
        verdict = Verdict(outcome=outcome)
        if self.ask(self.service.settle(self.workspace, row["id"], verdict)) is not None:
            self.trusted_wrongly.add(row["id"])

    @rule(
        commits=st.lists(st.sampled_from(COMMITS), max_size=3),
        checks=st.lists(st.sampled_from(CHECKS), max_size=4),
    )
    def platform_misbehaves(self, commits: list[str], checks: list[str]) -> None:
        self.platform.commits.extend(commits)
        self.platform.checks.extend(checks)

    @rule(
        commit=st.sampled_from(["answer lost", "request lost"]),
        mood=st.sampled_from(["busy", "down"]),
    )
    def nobody_hears_of_an_outcome(self, commit: str, mood: str) -> None:
        """Until the patience with the platform is over."""
        self.platform.commits.appendleft(commit)
        self.platform.checks.extendleft([mood] * 12)
        for _ in range(4):
            self.do(self._work(None))
            self.time_passes(minutes=12)
        self.platform.checks.clear()

    @rule(crash=st.sampled_from([None, None, *STEPS]))
    def work(self, crash: str | None) -> None:
        """A worker takes the next due job; it may fall silent in the middle."""
        self.do(self._work(crash))

    @rule()
    def work_twice_at_once(self) -> None:
        async def both() -> None:
            await asyncio.gather(self._work(None), self._work(None))

        self.do(both())

    @rule(pick=st.integers(0, 9))
    def the_owner_insists(self, pick: int) -> None:
        """Looks on the platform, sees nothing, and tries again at once."""
        self.nobody_hears_of_an_outcome(commit="answer lost", mood="busy")
        unknown = [at for at, row in enumerate(self.rows()) if row["state"] == S.UNKNOWN]
        pick = unknown[pick % len(unknown)] if unknown else pick
        self.settle(pick=pick, outcome="not_published")
        self.retry(pick=pick)
        for _ in range(3):
            self.do(self._work(None))

    @rule()
    def leases_end(self) -> None:
        async def end() -> None:
            await JobRow.raw("UPDATE jobs SET lease_until = now() - interval '1 s'")
            await reap()

        self.do(end())

    @rule()
    def a_silent_worker_wakes_up(self) -> None:
        """It goes on with the job that it had, whoever has it now."""
        if self.zombies:
            job = self.zombies.pop()
            self.do(self.runner.run(job))

    @rule(minutes=st.sampled_from([1, 40]))
    def time_passes(self, minutes: int) -> None:
        async def age() -> None:
            by = f"interval '{minutes} minutes'"
            await JobRow.raw(f"UPDATE jobs SET run_at = run_at - {by} WHERE state = 'queued'")
            for column in ("commit_intent_at", "handle_at", "updated_at"):
                await Publication.raw(f"UPDATE publications SET {column} = {column} - {by}")
            await Publication.raw(f"UPDATE publish_attempts SET at = at - {by}")

        self.do(age())

    @rule()
    def sweep(self) -> None:
        async def run() -> None:
            job_id = await enqueue(SWEEP_PUBLICATIONS)
            assert job_id is not None
            if (job := await claim(job_id, "sweeper", 60)) is not None:
                await self.runner.run(job)

        self.do(run())

    async def _work(self, crash: str | None) -> None:
        rows = await JobRow.raw(
            "SELECT id FROM jobs WHERE state = 'queued' AND run_at <= now() AND queue = 'jobs'"
            " ORDER BY run_at LIMIT 1"
        )
        job = await claim(rows[0]["id"], self.runner.owner, 60) if rows else None
        if job is None:
            return
        if crash is None:
            await self.runner.run(job)
            return
        failpoints.arm(f"{crash}@tiktok:error")
        try:
            await self.runner.handlers[job.kind].run(JobContext(job, self.runner.owner))
        except Exception:  # noqa: BLE001  whatever it was, the worker says nothing any more
            pass
        finally:
            failpoints.arm("")
        self.zombies.append(job)

    @invariant()
    def every_slot_has_at_most_one_post(self) -> None:
        for row in self.rows() if self.workspace.int else ():
            posts = self.platform.posts_of(row["id"])
            assert posts <= 1, "I1"
            if row["id"] in self.trusted_wrongly:
                continue
            if row["state"] == S.PUBLISHED:
                assert posts == 1, "I2"
            if row["state"] in (S.FAILED, S.CANCELED, S.HELD):
                assert posts == 0, "I3"

    def teardown(self) -> None:
        """Once nothing breaks any more, everything comes to an end."""
        try:
            if self.workspace.int:
                self._finish()
        finally:
            if self.workspace.int:
                self.do(wipe())
                self.do(DB.close())
            self.loop.close()

    def _finish(self) -> None:
        self.platform.commits.clear()
        self.platform.checks.clear()
        for _ in range(12):
            self.leases_end()
            self.time_passes(minutes=20)
            self.sweep()
            for _ in range(len(self.rows()) * 3):
                self.do(self._work(None))
            if {row["state"] for row in self.rows()} <= RESTING:
                break
        self.every_slot_has_at_most_one_post()
        states = {row["state"] for row in self.rows()}
        assert states <= RESTING, f"I4: {states - RESTING}"


@pytest.mark.usefixtures("servers")
def test_no_life_of_a_publication_makes_two_posts_or_loses_one(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploadm8.domain.publishing.confirmation.INLINE_WAIT_S", 0.0)
    Lives.TestCase.settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    Lives.TestCase().runTest()
