"""Which processes are alive: each says so in the database every few seconds."""

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from piccolo.columns import BigInt, Integer, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from uploadm8 import __version__
from uploadm8.infra.db.engine import DB

EVERY_S = 5.0
DEAD_AFTER_S = 45.0
_FORGET_AFTER_S = 24 * 3600.0


class ProcessRow(Table, tablename="processes", db=DB):
    """A web or worker process, and when it was last heard of."""

    name = Varchar(length=160, primary_key=True, default=None)
    role = Varchar(length=16, default=None)
    version = Varchar(length=40, default=None)
    started_at = Timestamptz(default=TimestamptzNow())
    seen_at = Timestamptz(default=TimestamptzNow())
    disk_free_bytes = BigInt(null=True, default=None)  # where a worker renders
    render_slots = Integer(default=0)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """This process's sign of life.

    Attributes:
        role: ``web`` or ``worker``.
        disk: where it needs room, for a worker.
        render_slots: how many renders it takes on at a time.
    """

    role: str
    disk: Path | None = None
    render_slots: int = 0

    async def beat(self) -> None:
        """Say that this process is alive, and forget those that died long ago."""
        await ProcessRow.raw(
            "INSERT INTO processes (name, role, version, disk_free_bytes, render_slots)"
            " VALUES ({}, {}, {}, {}, {}) ON CONFLICT (name) DO UPDATE SET seen_at=now(),"
            " disk_free_bytes=excluded.disk_free_bytes, render_slots=excluded.render_slots",
            process_name(self.role),
            self.role,
            __version__,
            None if self.disk is None else free_bytes(self.disk),
            self.render_slots,
        )
        await ProcessRow.raw(
            "DELETE FROM processes WHERE seen_at < now() - make_interval(secs => {}::float8)",
            _FORGET_AFTER_S,
        )

    async def stop(self) -> None:
        """Say goodbye, so that nobody counts us until we would be missed."""
        await ProcessRow.raw("DELETE FROM processes WHERE name={}", process_name(self.role))


async def alive() -> dict[str, int]:
    """How many processes of each role were heard of lately."""
    rows = await ProcessRow.raw(
        "SELECT role, count(*) AS n FROM processes"
        " WHERE seen_at > now() - make_interval(secs => {}::float8) GROUP BY role",
        DEAD_AFTER_S,
    )
    return {row["role"]: row["n"] for row in rows}


def free_bytes(folder: Path) -> int:
    """Room on the disk of a folder, which may not exist yet."""
    while not folder.exists():
        folder = folder.absolute().parent
    return shutil.disk_usage(folder).free


def process_name(role: str) -> str:
    """What this process is called in logs, metrics and the database."""
    return f"{host_prefix(role)}{os.getpid()}"[:160]


def host_prefix(role: str) -> str:
    """How the names begin of all processes of that role on this machine."""
    return f"{role}:{socket.gethostname()}:"
