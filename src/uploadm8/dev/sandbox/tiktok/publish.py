"""TikTok Content Posting: creator info, init, status, cancel."""

from typing import Any

from uploadm8.dev.sandbox.kit.forms import MalformedBodyError, has_json_type, json_object
from uploadm8.dev.sandbox.kit.identity import TikTokAccount
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route
from uploadm8.dev.sandbox.tiktok.chunks import ChunkPlan
from uploadm8.dev.sandbox.tiktok.delivery import Delivery
from uploadm8.dev.sandbox.tiktok.replies import Door, failure, ok, refuse
from uploadm8.dev.sandbox.tiktok.rules import InitRules, privacy_options
from uploadm8.dev.sandbox.tiktok.tables import Publish, Stage

_DAY_S = 86_400
_BASE = "/v2/post/publish"


class TikTokPublish:
    """The routes that make a post and tell what became of it."""

    def __init__(self, door: Door, delivery: Delivery) -> None:
        self.door, self.runtime, self.delivery = door, door.runtime, delivery
        self.publishes = delivery.publishes

    def routes(self) -> list[Route]:
        return [
            Route("POST", f"{_BASE}/creator_info/query/", "creator_info", self.creator_info),
            Route("POST", f"{_BASE}/video/init/", "video_init", self.video_init),
            Route("POST", f"{_BASE}/inbox/video/init/", "inbox_init", self.inbox_init),
            Route("POST", f"{_BASE}/status/fetch/", "status", self.status),
            Route("POST", f"{_BASE}/cancel/", "cancel", self.cancel),
        ]

    async def creator_info(self, call: Call) -> Reply:
        account, _ = self.door.enter(call, {"video.publish"})
        limit = self.runtime.settings.tiktok_creator_info_per_minute
        self.door.limit("creator_info", account, limit)
        if not has_json_type(call):
            raise self._rules.invalid("Content-Type must be application/json; charset=UTF-8")
        if (await call.body()).strip() not in (b"", b"{}"):
            raise self._rules.invalid("this endpoint takes no body")
        asked = self.runtime.state.table("tiktok.asked", int)
        asked[account.id] = asked.get(account.id, 0) + 1
        stop = self._stop_reason(account)
        if stop:
            # The codes that mean "not now" come with status 200 on this endpoint.
            return failure(200, stop[0], stop[1])
        return ok(
            {
                "creator_avatar_url": f"{call.base}/avatars/tiktok/{account.id}.svg",
                "creator_username": account.username,
                "creator_nickname": account.nickname,
                "privacy_level_options": privacy_options(account),
                "comment_disabled": account.comment_disabled,
                "duet_disabled": account.duet_disabled or account.private,
                "stitch_disabled": account.stitch_disabled or account.private,
                "max_video_post_duration_sec": account.max_duration_s,
            }
        )

    async def video_init(self, call: Call) -> Reply:
        account, _ = self.door.enter(call, {"video.publish"})
        self.door.limit("video_init", account, self.runtime.settings.tiktok_init_per_minute)
        body = await self._json(call, {"post_info", "source_info"})
        rules = self._rules
        info = rules.post_info(body["post_info"], account)
        plan, url = rules.source(body["source_info"])
        self._check_audit(account, info)
        if stop := self._stop_reason(account):
            raise refuse(403, *stop)
        self._require_asked(account)
        twin = self._identical(account, info, plan)
        if twin:
            return self._started(call, twin)
        self.runtime.state.window_add(f"tiktok.posts.{account.id}")
        return self._started(call, self._begin(account, info, plan, url, draft=False))

    async def inbox_init(self, call: Call) -> Reply:
        account, _ = self.door.enter(call, {"video.upload"})
        self.door.limit("inbox_init", account, self.runtime.settings.tiktok_init_per_minute)
        body = await self._json(call, {"source_info"})
        plan, url = self._rules.source(body["source_info"])
        window = f"tiktok.drafts.{account.id}"
        limit = self.runtime.settings.tiktok_pending_drafts
        if not self.runtime.state.window_take(window, limit, _DAY_S):
            raise refuse(403, "spam_risk_too_many_pending_share", "Too many pending drafts.")
        return self._started(call, self._begin(account, {}, plan, url, draft=True))

    async def status(self, call: Call) -> Reply:
        account, _ = self.door.enter(call, {"video.publish", "video.upload"})
        self.door.limit("status", account, self.runtime.settings.tiktok_status_per_minute)
        publish = self._own(account, await self._json(call, {"publish_id"}))
        stage = publish.stage
        if call.fault == "stale_status" and stage is not Stage.DOWNLOADING:
            stage = Stage.UPLOADING
        data: dict[str, Any] = {"status": stage.value}
        if stage is Stage.FAILED:
            data["fail_reason"] = publish.fail_reason
        visible = publish.public and stage is Stage.COMPLETE
        data["publicaly_available_post_id"] = [int(publish.post_id)] if visible else []
        counter = "uploaded_bytes" if publish.plan else "downloaded_bytes"
        as_text = self.runtime.settings.tiktok_counters_as_strings
        data[counter] = str(publish.received) if as_text else publish.received
        return ok(data)

    async def cancel(self, call: Call) -> Reply:
        account, _ = self.door.enter(call, {"video.publish", "video.upload"})
        publish = self._own(account, await self._json(call, {"publish_id"}))
        if publish.stage is not Stage.DOWNLOADING:
            raise refuse(400, "publish_not_cancellable", "Only a pull under way can be cancelled.")
        self.delivery.fail(publish, "publish_cancelled")
        return ok()

    @property
    def _rules(self) -> InitRules:
        return InitRules(self.runtime.settings)

    async def _json(self, call: Call, members: set[str]) -> dict[str, Any]:
        if not has_json_type(call):
            raise self._rules.invalid("Content-Type must be application/json; charset=UTF-8")
        try:
            body = json_object(await call.body())
        except MalformedBodyError as error:
            raise self._rules.invalid(str(error)) from error
        if set(body) != members:
            raise self._rules.invalid(f"the members must be {', '.join(sorted(members))}")
        return body

    def _own(self, account: TikTokAccount, body: dict[str, Any]) -> Publish:
        publish = self.publishes.get(str(body["publish_id"]))
        now, kept = self.runtime.state.now(), self.runtime.settings.tiktok_status_retention_s
        gone = (
            publish is not None and publish.ended_at is not None and now > publish.ended_at + kept
        )
        if publish is None or gone:
            raise refuse(400, "invalid_publish_id", "The publish_id does not exist.")
        if publish.account != account.id:
            code = "token_not_authorized_for_specified_publish_id"
            raise refuse(400, code, "The publish_id belongs to another user.")
        return publish

    def _stop_reason(self, account: TikTokAccount) -> tuple[str, str] | None:
        if account.banned:
            return "spam_risk_user_banned_from_posting", "The user is banned from posting."
        posted = self.runtime.state.window_count(f"tiktok.posts.{account.id}", _DAY_S)
        if posted >= self.runtime.settings.tiktok_daily_posts:
            return "spam_risk_too_many_posts", "The daily post cap from the API was reached."
        if not self.runtime.settings.tiktok_audited and self._is_sixth_user(account):
            return "reached_active_user_cap", "The daily quota of active publishing users is used."
        return None

    def _require_asked(self, account: TikTokAccount) -> None:
        """Each direct post uses up one query of creator_info."""
        asked = self.runtime.state.table("tiktok.asked", int)
        if asked.get(account.id, 0) > 0:
            asked[account.id] -= 1
        elif self.runtime.settings.tiktok_creator_info_first:
            raise self._rules.invalid("creator_info must be queried before each direct post")

    def _is_sixth_user(self, account: TikTokAccount) -> bool:
        state = self.runtime.state
        active = {
            name
            for name in self.runtime.accounts("tiktok")
            if state.window_count(f"tiktok.posts.{name}", _DAY_S)
        }
        return len(active - {account.id}) >= self.runtime.settings.tiktok_active_user_cap

    def _check_audit(self, account: TikTokAccount, info: dict[str, Any]) -> None:
        if self.runtime.settings.tiktok_audited:
            return
        if not account.private or info["privacy_level"] != "SELF_ONLY":
            code = "unaudited_client_can_only_post_to_private_accounts"
            raise refuse(403, code, "This client has not been audited.")

    def _identical(
        self, account: TikTokAccount, info: dict[str, Any], plan: ChunkPlan | None
    ) -> Publish | None:
        if not self.runtime.settings.tiktok_deduplicates_inits:
            return None
        for publish in self.publishes.values():
            same = (publish.account, publish.info, publish.plan) == (account.id, info, plan)
            if same and publish.received == 0 and plan:
                return publish
        return None

    def _begin(
        self,
        account: TikTokAccount,
        info: dict[str, Any],
        plan: ChunkPlan | None,
        url: str,
        *,
        draft: bool,
    ) -> Publish:
        state = self.runtime.state
        kind = f"v_{'inbox' if draft else 'pub'}_{'file' if plan else 'url'}"
        publish = Publish(
            id=f"{kind}~v2-1.{7_500_000_000_000_000_000 + state.next_number()}",
            account=account.id,
            draft=draft,
            info=info,
            created_at=state.now(),
            plan=plan,
            video_url=url,
            stage=Stage.UPLOADING if plan else Stage.DOWNLOADING,
        )
        self.publishes[publish.id] = publish
        if plan:
            self.delivery.open_upload(publish)
        else:
            self.runtime.run_soon(self.delivery.pull(publish.id))
        return publish

    def _started(self, call: Call, publish: Publish) -> Reply:
        data = {"publish_id": publish.id}
        if publish.plan:
            data["upload_url"] = (
                f"{call.base}/tiktok-api/video/?upload_id={publish.upload_id}"
                f"&upload_token={publish.upload_token}"
            )
        return ok(data)
