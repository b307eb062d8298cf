"""TikTok's side of the bytes: chunk PUTs, pulls, processing, the post, and webhooks."""

import hashlib
import hmac
import secrets
import time
from pathlib import Path
from typing import Any

from uploadm8.dev.sandbox.config import TIKTOK_CLIENT
from uploadm8.dev.sandbox.kit.identity import TIKTOK
from uploadm8.dev.sandbox.kit.ledger import Post, Visibility
from uploadm8.dev.sandbox.kit.media import DownloadError, append_body, download
from uploadm8.dev.sandbox.kit.runtime import compact_json
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route
from uploadm8.dev.sandbox.tiktok.chunks import ChunkPlan, parse_content_range
from uploadm8.dev.sandbox.tiktok.replies import Door
from uploadm8.dev.sandbox.tiktok.rules import media_fault
from uploadm8.dev.sandbox.tiktok.tables import Publish, Stage

_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm"})


class Delivery:
    """Receives a video and turns it into a post or a draft."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.publishes = self.runtime.state.table("tiktok.publishes", Publish)
        self._by_upload = self.runtime.state.table("tiktok.uploads", str)
        self.runtime.on_removed[TIKTOK] = self._removed
        self.runtime.on_due |= {
            "tiktok.processed": self._processed,
            "tiktok.moderated": self._moderated,
        }

    def routes(self) -> list[Route]:
        return [Route("PUT", "/video/", "chunk", self.put_chunk)]

    def open_upload(self, publish: Publish) -> None:
        """Give a publish an address for its bytes."""
        publish.upload_id = secrets.token_hex(8)
        publish.upload_token = secrets.token_urlsafe(18)
        publish.expires_at = publish.created_at + self.runtime.settings.tiktok_upload_url_life_s
        publish.path = str(self.runtime.media.new_upload())
        self._by_upload[publish.upload_id] = publish.id

    def owner(self, call: Call) -> str | None:
        """The account whose upload a PUT belongs to."""
        publish = self._find(call)
        return publish.account if publish else None

    async def put_chunk(self, call: Call) -> Reply:
        publish = self._find(call)
        if publish is None or publish.plan is None:
            return Reply(404)
        call.account = publish.account
        if self.runtime.state.now() >= publish.expires_at or call.fault == "expire":
            return Reply(403)
        header = parse_content_range(call.headers.get("content-range", ""))
        if header is None or not self._headers_fit(call, publish.plan, header):
            return Reply(400)
        first, last, _ = header
        if first != publish.received or publish.closed:
            return self._repeat(publish, last)
        if call.content_length != publish.plan.length_at(first):
            return Reply(400)
        # Whole chunks count only: what came of a broken one is overwritten by the next try.
        written = await append_body(call, Path(publish.path), first)
        if publish.received != first:
            return self._repeat(publish, last)
        publish.received, publish.content_type = first + written, call.content_type
        if publish.received < publish.plan.size:
            return self._progress(publish, 206)
        publish.closed = True
        await self._take_in(publish)
        return self._progress(publish, 201)

    async def pull(self, publish_id: str) -> None:
        """Download from a verified address, without following redirects."""
        publish = self.publishes[publish_id]
        path = self.runtime.media.new_upload()
        publish.path = str(path)
        try:
            publish.received = await download(publish.video_url, path, follow_redirects=False)
        except DownloadError:
            self.fail(publish, "video_pull_failed")
            return
        if publish.stage is Stage.DOWNLOADING:
            await self._take_in(publish)

    def fail(self, publish: Publish, reason: str) -> None:
        """End a publish without a post."""
        publish.stage, publish.fail_reason = Stage.FAILED, reason
        publish.ended_at = self.runtime.state.now()
        self._announce(publish, "post.publish.failed", reason=reason)

    def announce_removed(self, account: str, reason: int = 1) -> None:
        """Tell the app that the user took its authorization away."""
        self._send(account, "authorization.removed", {"reason": reason})

    def _find(self, call: Call) -> Publish | None:
        publish = self.publishes.get(self._by_upload.get(call.query.get("upload_id", ""), ""))
        token = call.query.get("upload_token", "")
        return publish if publish and hmac.compare_digest(token, publish.upload_token) else None

    def _headers_fit(self, call: Call, plan: ChunkPlan, header: tuple[int, int, int]) -> bool:
        first, last, total = header
        refuses = self.runtime.settings.tiktok_put_refuses_authorization
        return (
            call.content_type in _TYPES
            and total == plan.size
            and last < total
            and call.content_length == last - first + 1
            and not (refuses and "authorization" in call.headers)
        )

    def _repeat(self, publish: Publish, last: int) -> Reply:
        stored = last < publish.received
        if stored and self.runtime.settings.tiktok_repeated_chunk == 206:
            return self._progress(publish, 206)
        tells = self.runtime.settings.tiktok_416_tells_progress
        return self._progress(publish, 416) if tells else Reply(416)

    def _progress(self, publish: Publish, status: int) -> Reply:
        total = publish.plan.size if publish.plan else publish.received
        count = publish.received
        end = count if self.runtime.settings.tiktok_range_end == "count" else max(0, count - 1)
        return Reply(status, headers=(("content-range", f"bytes 0-{end}/{total}"),))

    async def _take_in(self, publish: Publish) -> None:
        media = await self.runtime.media.adopt(Path(publish.path))
        publish.sha256 = media.sha256
        delay = self.runtime.settings.tiktok_processing_s
        self.runtime.state.schedule(delay, "tiktok.processed", publish.id)

    async def _processed(self, publish_id: str) -> None:
        publish = self.publishes[publish_id]
        account = self.door.account(publish.account)
        media = self.runtime.media.get(publish.sha256)
        if publish.stage is Stage.FAILED or media is None:
            return
        fault = media_fault(media.probe, account) if self.runtime.settings.check_media else None
        if fault:
            self.fail(publish, fault)
            return
        if publish.draft:
            publish.stage = Stage.INBOX
            self._announce(publish, "post.publish.inbox_delivered")
            return
        self._make_post(publish, media.size)
        publish.stage, publish.ended_at = Stage.COMPLETE, self.runtime.state.now()
        self._announce(publish, "post.publish.complete")
        if publish.info["privacy_level"] == "PUBLIC_TO_EVERYONE":
            delay = self.runtime.settings.tiktok_moderation_s
            self.runtime.state.schedule(delay, "tiktok.moderated", publish.id)

    def _make_post(self, publish: Publish, size: int) -> None:
        account, state = self.door.account(publish.account), self.runtime.state
        publish.post_id = str(7_560_000_000_000_000_000 + state.next_number() * 1009)
        is_public = publish.info["privacy_level"] == "PUBLIC_TO_EVERYONE"
        self.runtime.ledger.add(
            Post(
                platform=TIKTOK,
                account=account.id,
                account_name=f"@{account.username}",
                post_id=publish.post_id,
                title="",
                caption=publish.info.get("title", ""),
                sha256=publish.sha256,
                size=size,
                created_at=state.now(),
                published_at=state.now(),
                path=f"/tiktok-web/@{account.username}/video/{publish.post_id}",
                visibility=Visibility.PUBLIC if is_public else Visibility.RESTRICTED,
                options=publish.info | {"publish_id": publish.id},
            )
        )

    async def _moderated(self, publish_id: str) -> None:
        publish = self.publishes[publish_id]
        publish.public = True
        self._announce(publish, "post.publish.publicly_available", post_id=publish.post_id)

    def _removed(self, post_id: str) -> None:
        for publish in self.publishes.values():
            if publish.post_id == post_id and publish.public:
                publish.public = False
                event = "post.publish.no_longer_publicaly_available"
                self._announce(publish, event, post_id=post_id)

    def _announce(self, publish: Publish, event: str, **extra: str) -> None:
        kind = "INBOX_SHARE" if publish.draft else self.runtime.settings.tiktok_publish_type
        content = {"publish_id": publish.id, "publish_type": kind} | extra
        self._send(publish.account, event, content)

    def _send(self, account: str, event: str, content: dict[str, Any]) -> None:
        # Signed with the machine's time: the app does not follow the sandbox's clock.
        now = int(time.time())
        body = compact_json(
            {
                "client_key": TIKTOK_CLIENT.id,
                "event": event,
                "create_time": int(self.runtime.state.now()),
                "user_openid": f"open-{account}",
                "content": compact_json(content).decode(),
            }
        )
        message = f"{now}.".encode() + body
        proof = hmac.new(TIKTOK_CLIENT.secret.encode(), message, hashlib.sha256).hexdigest()
        signature = {"tiktok-signature": f"t={now},s={proof}"}
        self.runtime.post_webhook(self.runtime.settings.tiktok_webhook_url, body, signature)
