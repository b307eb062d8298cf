"""How much rendering the workers that are alive could take on, here and everywhere."""

from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.processes import EVERY_S, host_prefix

_ALIVE_S = 3 * EVERY_S  # sooner than an operator is told: work is shared with those who are there


async def spare_render_slots() -> int:
    """Slots of living workers that no job holds and no due job is waiting for; may be negative."""
    rows = await JobRow.raw(
        "SELECT (SELECT COALESCE(sum(render_slots), 0) FROM processes"
        " WHERE seen_at > now() - make_interval(secs => {}::float8))"
        " - (SELECT count(*) FROM jobs WHERE queue={}"
        " AND (state='running' OR (state='queued' AND run_at<=now()))) AS spare",
        _ALIVE_S,
        Queue.TELEMETRY.value,
    )
    return int(rows[0]["spare"])


async def render_slots_here() -> int:
    """Slots of the living workers that share this machine's processors; at least one."""
    rows = await JobRow.raw(
        "SELECT COALESCE(sum(render_slots), 0) AS slots FROM processes"
        " WHERE seen_at > now() - make_interval(secs => {}::float8) AND starts_with(name, {})",
        _ALIVE_S,
        host_prefix("worker"),
    )
    return max(1, int(rows[0]["slots"]))
