"""Figures of posts, read back ever more seldom: people look at a post in its first days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from uploadm8.domain.platforms.clients.base import Metrics, Platform
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.tokens import with_token
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics, PublicationState
from uploadm8.errors import UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import PULL_METRICS
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue

log = structlog.get_logger(__name__)

AGES = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=8),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=4),
    timedelta(days=7),
    timedelta(days=14),
    timedelta(days=28),
)
"""How old a post is at each look; after the last one it is left alone."""

HIDDEN_PULL = -1
"""The number of the look that a platform's word about a hidden post caused."""


@dataclass(frozen=True, slots=True)
class MetricsJobs:
    """The handler of `publishing.pull_metrics`."""

    delivery: Delivery

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(PULL_METRICS, self.pull, self.skip),)

    async def pull(self, context: JobContext) -> None:
        """Read one post's figures and plan the next look."""
        row = await Publication.select().where(Publication.id == context.job.ref_id).first()
        if row is None or row["state"] != PublicationState.PUBLISHED or not row["platform_post_id"]:
            return
        post_id, pull = row["platform_post_id"], int(context.job.args["pull"])
        publisher = self.delivery.publishers[Platform(row["platform"])]
        figures = await with_token(
            self.delivery.accounts,
            row["account"],
            lambda access: publisher.metrics(access, [post_id]),
        )
        found = figures.get(post_id)
        if found is None and pull == HIDDEN_PULL:
            found = Metrics(gone="no longer public")
        async with transaction():
            await context.fence()
            if found is not None:
                await _keep(row["id"], pull, found)
            if pull != HIDDEN_PULL and (found is None or found.gone is None):
                await schedule_pull(row["id"], row["workspace"], pull + 1)

    async def skip(self, context: JobContext, error: UploadM8Error) -> None:
        """This look failed for good; the next one may succeed."""
        log.info("metrics_skipped", code=error.code)
        if context.job.ref_id is not None and context.job.workspace_id is not None:
            pull = int(context.job.args["pull"]) + 1
            if pull == HIDDEN_PULL + 1:
                return
            await schedule_pull(context.job.ref_id, context.job.workspace_id, pull)


async def schedule_pull(publication_id: UUID, workspace_id: UUID, pull: int) -> None:
    """Plan one look at a post, once; nothing happens after the last age."""
    if pull >= len(AGES):
        return
    row = await (
        Publication.select(Publication.published_at, Publication.platform, Publication.options)
        .where(Publication.id == publication_id)
        .first()
    )
    born = _born(row) if row else now()
    await enqueue(
        PULL_METRICS,
        ref_id=publication_id,
        workspace_id=workspace_id,
        args={"pull": pull},
        run_at=max(born + AGES[pull], now()),
        unique_key=f"metrics:{publication_id}:{pull}",
    )


def _born(row: dict[str, Any]) -> datetime:
    """When people could first see the post: a platform's own schedule may be days later."""
    options = read_options(Platform(row["platform"]), json_of(row["options"]))
    out: datetime = row["published_at"] or now()
    return max(out, options.public_at) if options.public_at else out


async def _keep(publication_id: UUID, pull: int, found: Metrics) -> None:
    values: tuple[Any, ...] = (found.views, found.likes, found.comments, found.shares)
    await PublicationMetrics.raw(
        "INSERT INTO publication_metrics"
        " (id, publication, pull, views, likes, comments, shares, more, gone)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (publication, pull) DO NOTHING",
        new_id(),
        publication_id,
        pull,
        *values,
        msgspec.json.encode(dict(found.more)).decode(),
        found.gone,
    )
