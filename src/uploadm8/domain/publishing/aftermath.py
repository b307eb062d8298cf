"""What comes after a post is live; each step is a job of its own, and none can undo the post."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from uploadm8.domain.platforms.clients.base import Access, Live, Platform
from uploadm8.domain.platforms.clients.facebook import as_reel
from uploadm8.domain.platforms.clients.facebook_preflight import COMMENT_SCOPE as FB_COMMENT
from uploadm8.domain.platforms.clients.instagram_preflight import COMMENT_SCOPE as IG_COMMENT
from uploadm8.domain.platforms.clients.options import (
    FacebookOptions,
    Options,
    YouTubeOptions,
    read_options,
)
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.clients.youtube_preflight import MANAGING
from uploadm8.domain.platforms.tokens import with_token
from uploadm8.domain.publishing.announcements import announce_state
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.drafts import AskLaterError, facts_of
from uploadm8.domain.publishing.metrics import schedule_pull
from uploadm8.domain.publishing.record import Record
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.renditions.tables import Rendition
from uploadm8.domain.uploads.tables import Upload
from uploadm8.domain.uploads.views import thumbnail_out
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import AFTER_PUBLISH, POST_STEP
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue

ASK_FOR_ID = timedelta(days=1)
"""Moderation usually takes under a minute, sometimes hours; private posts never get an id."""

WAIT_FOR_URL = timedelta(minutes=10)
"""How long the news of a post waits for its address."""
ONCE_PUBLIC = timedelta(minutes=1)  # after the platform's own schedule

COMMENTING: Mapping[Platform, frozenset[str]] = {
    Platform.YOUTUBE: MANAGING,
    Platform.INSTAGRAM: frozenset({IG_COMMENT}),
    Platform.FACEBOOK: frozenset({FB_COMMENT}),
}
"""Any one of these permissions is needed to comment; YouTube's cover playlists as well."""

Step = Callable[[Access, str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Handlers of `publishing.after` and of its steps."""

    delivery: Delivery
    clients: Clients

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(AFTER_PUBLISH, self.after), Handler(POST_STEP, self.step))

    async def after(self, context: JobContext) -> None:
        """Learn the post's id and address, then start what follows. Idempotent."""
        row = await published_row(context)
        if row is None:
            return
        if row["public_url"] is not None or not _gets_an_id(row) or _is_old_news(row):
            await announce_state(row["id"])
        if row["platform_post_id"] is None:
            await self._learn_id(context, row)
            return
        if row["public_url"] is None:
            await self._learn_url(row)
            await announce_state(row["id"])
        options = read_options(Platform(row["platform"]), json_of(row["options"]))
        upload = await Upload.select().where(Upload.id == row["upload"]).first()
        chosen = upload is not None and thumbnail_out(upload).chosen
        reel = await _is_reel(row, options)
        steps = wanted_steps(options, reel=reel, thumbnail_chosen=chosen)
        public_at = options.public_at if options.public_at and options.public_at > now() else None
        async with transaction():
            for step, value in steps:
                later = public_at + ONCE_PUBLIC if public_at and step == "first_comment" else None
                await enqueue(
                    POST_STEP,
                    ref_id=row["id"],
                    workspace_id=row["workspace"],
                    args={"step": step, "value": value},
                    run_at=later,
                    unique_key=f"step:{row['id']}:{step}:{value}"[:200],
                )
            await schedule_pull(row["id"], row["workspace"], 0)

    async def step(self, context: JobContext) -> None:
        """Do one step: every one can be repeated without doubling what it makes."""
        row = await published_row(context)
        if row is None or row["platform_post_id"] is None:
            return
        args, post_id = context.job.args, row["platform_post_id"]

        async def do(access: Access) -> None:
            if args["step"] == "thumbnail":
                await self._thumbnail(row, access)
            else:
                steps = self._steps(Platform(row["platform"]), access)
                await steps[args["step"]](access, post_id, args["value"])

        await with_token(self.delivery.accounts, row["account"], do)

    async def _thumbnail(self, row: dict[str, Any], access: Access) -> None:
        """Set the still picture of the rendition, if one was made."""
        rendition = await Rendition.select().where(Rendition.id == row["rendition"]).first()
        if rendition is None or rendition["still_key"] is None:
            return
        platform, post_id = Platform(row["platform"]), row["platform_post_id"]
        youtube = self.clients.youtube_after
        waits = platform is Platform.YOUTUBE and now() - row["published_at"] < ASK_FOR_ID
        if waits and not await youtube.processed(access, post_id):
            raise AskLaterError("YouTube still processes it.", retry_after=_pause(row))
        key, storage = rendition["still_key"], self.delivery.storage
        stored = await storage.head(key)
        image = b"".join([piece async for piece in storage.read(key, 0, stored.size)])
        after = youtube if platform is Platform.YOUTUBE else self.clients.facebook_after
        kind = "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"
        await after.thumbnail(access, post_id, image, kind)

    def _steps(self, platform: Platform, access: Access) -> Mapping[str, Step]:
        youtube, facebook = self.clients.youtube_after, self.clients.facebook_after
        comments: Mapping[Platform, Step] = {
            Platform.YOUTUBE: youtube.first_comment,
            Platform.INSTAGRAM: self.clients.instagram.first_comment,
            Platform.FACEBOOK: facebook.first_comment,
        }
        allowed = bool(access.scopes & COMMENTING.get(platform, frozenset()))
        return {
            "first_comment": comments[platform] if allowed else _nothing,
            "playlist": youtube.add_to_playlist if allowed else _nothing,
            "collaborator": facebook.invite,
        }

    async def _learn_id(self, context: JobContext, row: dict[str, Any]) -> None:
        if now() - row["published_at"] > ASK_FOR_ID or not _gets_an_id(row):
            return
        publisher = self.delivery.publishers[Platform(row["platform"])]
        handle = Record(context, row["id"], self.delivery.cipher).handle_of(row)
        verdict = await publisher.check(await self.delivery.draft_of(row), handle)
        if not isinstance(verdict, Live) or verdict.post_id is None:
            raise AskLaterError(retry_after=_pause(row))
        await Publication.raw(
            "UPDATE publications SET platform_post_id = {}, public_url = {} WHERE id = {}"
            " AND platform_post_id IS NULL AND NOT EXISTS (SELECT 1 FROM publications p"
            " WHERE p.account = {} AND p.platform_post_id = {})",
            verdict.post_id,
            verdict.url,
            row["id"],
            row["account"],
            verdict.post_id,
        )
        raise AskLaterError(retry_after=0.0)  # once more, now with an id

    async def _learn_url(self, row: dict[str, Any]) -> None:
        publisher = self.delivery.publishers[Platform(row["platform"])]
        post_id = row["platform_post_id"]
        url = await with_token(
            self.delivery.accounts,
            row["account"],
            lambda access: publisher.permalink(access, post_id),
        )
        if url is None:
            raise AskLaterError(retry_after=30.0)
        await Publication.update({Publication.public_url: url}).where(Publication.id == row["id"])


async def published_row(context: JobContext) -> dict[str, Any] | None:
    """The publication a job is about, if it is published."""
    row = await Publication.select().where(Publication.id == context.subject).first()
    return row if row is not None and row["state"] == PublicationState.PUBLISHED else None


def wanted_steps(
    options: Options, *, reel: bool, thumbnail_chosen: bool = False
) -> list[tuple[str, str]]:
    """The steps that a post's options ask for, or its upload's chosen thumbnail.

    On Facebook only reels have collaborators.
    """
    steps = [("playlist", one) for one in getattr(options, "playlist_ids", ())]
    takes_one = isinstance(options, YouTubeOptions | FacebookOptions)
    if getattr(options, "thumbnail", None) or (thumbnail_chosen and takes_one):
        steps.append(("thumbnail", "still"))
    if reel and isinstance(options, FacebookOptions):
        steps += [("collaborator", one) for one in options.collaborators]
    if options.first_words:
        steps.append(("first_comment", options.first_words))
    return steps


async def _is_reel(row: Mapping[str, Any], options: Options) -> bool:
    if not isinstance(options, FacebookOptions):
        return False
    rendition = await Rendition.select().where(Rendition.id == row["rendition"]).first()
    return rendition is not None and as_reel(options, facts_of(rendition))


def _pause(row: Mapping[str, Any]) -> float:
    """Seconds until the next question: the older the post, the longer."""
    age: float = (now() - row["published_at"]).total_seconds()
    return min(max(30.0, age / 4), 1_800.0)


def _is_old_news(row: Mapping[str, Any]) -> bool:
    return bool(now() - row["published_at"] > WAIT_FOR_URL)


def _gets_an_id(row: Mapping[str, Any]) -> bool:
    """Whether TikTok ever tells an id: not for private posts, nor for drafts in the inbox."""
    options = json_of(row["options"])
    return not (options.get("mode") == "inbox" or options.get("privacy") == "SELF_ONLY")


async def _nothing(access: Access, post_id: str, value: str) -> None:
    """A step the account has not granted, as preflight said."""
    del access, post_id, value
