"""How much rendering the workers that are alive could still take on."""

from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.processes import EVERY_S

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
