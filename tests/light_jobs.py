"""Run the light jobs of an application by hand, with its own collaborators."""

from typing import Any

from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.queue import claim_next
from uploadm8.infra.jobs.runner import Runner
from uploadm8.services import Services
from uploadm8.worker import handlers


async def run_light_jobs(services: Services) -> int:
    """Run what is due now, and what comes of it; how many jobs that were."""
    runner = Runner(handlers(services), {Queue.LIGHT: 1}, lease_s=60, default_timeout_s=60)
    count = 0
    while (job := await claim_next(Queue.LIGHT.value, runner.owner, 60)) is not None:
        await runner.run(job)
        count += 1
    return count


def services_of(app: Any) -> Services:
    """The collaborators of a running application."""
    services: Services = app.state.services
    return services
