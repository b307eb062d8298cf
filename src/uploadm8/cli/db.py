"""`uploadm8 db`: bring the database to the current schema."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

T = TypeVar("T")


@click.group()
def db() -> None:
    """The database schema."""
    os.environ.setdefault("PICCOLO_CONF", "uploadm8.piccolo_app")


@db.command()
def upgrade() -> None:
    """Run the pending migrations; safe to start from several processes at once."""
    from uploadm8.infra.db.upgrade import upgrade as run

    asyncio.run(_with_database(run))
    click.echo("The database is up to date.")


@db.command()
def check() -> None:
    """Tell which migrations are pending; exit code 1 when there are any."""
    from uploadm8.infra.db.upgrade import pending

    names = asyncio.run(_with_database(pending))
    for name in names:
        click.echo(name)
    if names:
        raise SystemExit(1)
    click.echo("No migration is pending.")


async def _with_database(work: Callable[[], Awaitable[T]]) -> T:
    from uploadm8.infra.db.engine import DB

    url = _database_url()
    DB.configure(url, application="uploadm8 db", statement_timeout_s=0)
    return await work()


def _database_url() -> str:
    from dotenv import dotenv_values

    values = {**dotenv_values(".env"), **os.environ}
    url = values.get("DATABASE_URL")
    if not url:
        raise click.UsageError("DATABASE_URL is not set.")
    return str(url)
