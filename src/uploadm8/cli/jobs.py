"""`uploadm8 jobs`: look at background work; give dead jobs another life."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import click

T = TypeVar("T")


@click.group()
def jobs() -> None:
    """Background work, as Postgres records it."""


@jobs.command()
def status() -> None:
    """Count jobs by queue and state, with the age of the oldest that is due."""

    async def ask() -> None:
        from uploadm8.infra.jobs.tables import JobRow

        rows = await JobRow.raw(
            "SELECT queue, state, count(*) AS n,"
            " max(extract(epoch FROM now() - run_at)) FILTER (WHERE state='queued' AND run_at <= now()) AS age"
            " FROM jobs GROUP BY queue, state ORDER BY queue, state"
        )
        for row in rows:
            due = "" if row["age"] is None else f"  oldest due {row['age']:.0f} s"
            click.echo(f"{row['queue']:<10} {row['state']:<10} {row['n']:>8}{due}")

    _run(ask)


@jobs.command()
@click.option("--limit", default=50, show_default=True)
def dead(limit: int) -> None:
    """List dead jobs, newest first, with why they died."""

    async def ask() -> None:
        from uploadm8.infra.jobs.tables import JobRow, JobState

        rows = await (
            JobRow.select()
            .where(JobRow.state == JobState.DEAD)
            .order_by(JobRow.finished_at, ascending=False)
            .limit(limit)
        )
        for row in rows:
            click.echo(
                f"{row['id']}  {row['finished_at']:%Y-%m-%d %H:%M:%S}  {row['kind']:<22}"
                f" {row['error_code']}: {row['error_detail']}"
            )

    _run(ask)


@jobs.command()
@click.argument("job_ids", nargs=-1, type=UUID)
@click.option("--all", "every", is_flag=True, help="Every dead job.")
def requeue(job_ids: tuple[UUID, ...], *, every: bool) -> None:
    """Queue dead jobs again, with all their attempts."""

    async def act() -> int:
        from uploadm8.infra.jobs.queue import requeue_dead
        from uploadm8.infra.jobs.tables import JobRow, JobState

        ids = list(job_ids)
        if every:
            ids = (
                await JobRow.select(JobRow.id)
                .where(JobRow.state == JobState.DEAD)
                .output(as_list=True)
            )
        return sum([await requeue_dead(job_id) for job_id in ids])

    click.echo(f"{_run(act)} jobs were queued again.")


def _run(work: Callable[[], Awaitable[T]]) -> T:
    from uploadm8.infra.db.engine import DB
    from uploadm8.starting import read_config

    async def connected() -> T:
        await DB.open(2)
        try:
            return await work()
        finally:
            await DB.close()

    DB.configure(read_config().database_url.get_secret_value(), application="uploadm8 jobs")
    return asyncio.run(connected())
