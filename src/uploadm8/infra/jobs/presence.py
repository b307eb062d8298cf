"""Which workers are alive, and how much rendering they could still take on."""

from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.tables import WorkerRow

ANNOUNCE_S = 5.0
_ALIVE_S = 3 * ANNOUNCE_S
_FORGET_S = 3600.0


async def announce(owner: str, render_slots: int) -> None:
    """Say that this worker is alive, and forget those that have been silent for an hour."""
    await WorkerRow.raw(
        "INSERT INTO workers (owner, render_slots) VALUES ({}, {})"
        " ON CONFLICT (owner) DO UPDATE SET seen_at=now(), render_slots=EXCLUDED.render_slots",
        owner,
        render_slots,
    )
    await WorkerRow.raw(
        "DELETE FROM workers WHERE seen_at < now() - make_interval(secs => {}::float8)", _FORGET_S
    )


async def leave(owner: str) -> None:
    """Say that this worker takes nothing more."""
    await WorkerRow.delete().where(WorkerRow.owner == owner)


async def spare_render_slots() -> int:
    """Slots of living workers that no job holds and no due job is waiting for; may be negative."""
    rows = await WorkerRow.raw(
        "SELECT (SELECT COALESCE(sum(render_slots), 0) FROM workers"
        " WHERE seen_at > now() - make_interval(secs => {}::float8))"
        " - (SELECT count(*) FROM jobs WHERE queue={}"
        " AND (state='running' OR (state='queued' AND run_at<=now()))) AS spare",
        _ALIVE_S,
        Queue.TELEMETRY.value,
    )
    return int(rows[0]["spare"])
