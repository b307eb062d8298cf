"""Real services for the tests: one PostgreSQL, Valkey and object store per test process."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

os.environ.setdefault("PICCOLO_CONF", "uploadm8.piccolo_app")

import asyncpg
import pytest
from hypothesis import settings

from lock_order import one_lock_order, watched_transactions
from uploadm8.dev.embedded import (
    ACCESS_KEY,
    SECRET_KEY,
    start_objectstore,
    start_postgres,
    start_valkey,
)
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.upgrade import upgrade
from uploadm8.infra.storage.s3 import Storage, open_storage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from api_client import Api

__all__ = ["one_lock_order", "watched_transactions"]

# The ordinary run makes the same examples each time: a change is judged by what it changed.
# `make explore` looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("exploring", deadline=None, print_blob=True)
settings.load_profile("exploring" if "EXPLORE" in os.environ else "repeatable")

BUCKET = "uploadm8-media"


@dataclass(frozen=True)
class Servers:
    """Where the embedded servers of this test process answer."""

    folder: Path
    database_url: str
    redis_url: str
    storage_url: str


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Start the embedded servers once, with the schema migrated."""
    folder = Path(tempfile.mkdtemp(prefix="um8test"))
    folder.chmod(0o755)
    started = [
        start_postgres(folder / "postgres"),
        start_valkey(folder / "valkey"),
        start_objectstore(folder / "objects", BUCKET),
    ]
    DB.configure(started[0].url, application="tests")
    asyncio.run(upgrade())
    database = asyncio.run(_clone(started[0].url))
    DB.configure(database, application="tests")
    yield Servers(folder, database, *(server.url for server in started[1:]))
    for server in started:
        server.process.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def _clone(template_url: str) -> str:
    """A database of this process's own, copied from the migrated template."""
    parts = urlsplit(template_url)
    name = f"tests_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    connection = await asyncpg.connect(parts._replace(path="/postgres").geturl())
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{parts.path[1:]}"')
    finally:
        await connection.close()
    return parts._replace(path=f"/{name}").geturl()


@pytest.fixture
async def db(servers: Servers) -> AsyncIterator[None]:
    """An open pool on an empty database; what a test commits is wiped afterwards."""
    await DB.open(10)
    try:
        yield
    finally:
        await wipe()
        await DB.close()


async def wipe() -> None:
    """Delete every row but the migration history, ignoring foreign keys while doing so."""
    assert DB.pool is not None
    async with DB.pool.acquire() as connection, connection.transaction():
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname='public' AND tablename <> 'migration'"
        )
        await connection.execute("SET LOCAL session_replication_role = replica")
        for row in tables:
            await connection.execute(f'DELETE FROM "{row["tablename"]}"')


@pytest.fixture(scope="module")
async def running_app(servers: Servers) -> AsyncIterator["Api"]:
    """One application for all tests of a module: building its routes takes a second."""
    from api_client import running

    async with running(servers) as opened:
        yield opened


@pytest.fixture
async def api(running_app: "Api") -> AsyncIterator["Api"]:
    """The application over HTTP, on an empty database and with fresh limits."""
    yield running_app
    await wipe()
    await running_app.app.state.services.redis.flushdb()


@pytest.fixture
def spans() -> Iterator["InMemorySpanExporter"]:
    """What is traced meanwhile, kept in memory."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from uploadm8.infra.opentelemetry import recorder, stop_tracing

    exporter = InMemorySpanExporter()
    tracing = recorder(SimpleSpanProcessor(exporter), 1.0, "web", "1")
    yield exporter
    stop_tracing(tracing)


@pytest.fixture
async def storage(servers: Servers) -> AsyncIterator[Storage]:
    """The real storage adapter on the embedded object store."""
    async with open_storage(servers.storage_url, ACCESS_KEY, SECRET_KEY, BUCKET) as opened:
        yield opened
