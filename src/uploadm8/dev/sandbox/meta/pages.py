"""Facebook page videos after their bytes: rules, publication, processing."""

from pathlib import Path
from typing import Any

from uploadm8.dev.sandbox.kit.identity import FacebookPage
from uploadm8.dev.sandbox.kit.ledger import Post, Visibility
from uploadm8.dev.sandbox.kit.media import Media
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import RefusedError
from uploadm8.dev.sandbox.meta.callbacks import Callbacks
from uploadm8.dev.sandbox.meta.door import Door
from uploadm8.dev.sandbox.meta.replies import invalid, refuse
from uploadm8.dev.sandbox.meta.tables import FbVideo, Phase

FACEBOOK = "facebook"
PUBLISH = ("pages_show_list", "pages_read_engagement", "pages_manage_posts")
_DAY_S = 86_400
_REEL_AHEAD_S = (600, 29 * _DAY_S)
_VIDEO_AHEAD_S = (600, 183 * _DAY_S)


class PageVideos:
    """All page videos, reels or not, and what happens once one is finished."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.table = self.runtime.state.table("facebook.videos", FbVideo)
        self.callbacks = Callbacks(door.runtime)
        self.runtime.on_removed[FACEBOOK] = self._remove
        self.runtime.on_due |= {
            "facebook.processed": self._processed,
            "facebook.publish": self._due,
        }

    def create(self, page: FacebookPage, account: str, *, reel: bool) -> FbVideo:
        """A video without bytes yet."""
        number = self.runtime.state.next_number()
        video = FbVideo(
            id=str(1_000_000_000_000_000 + number),
            page_id=page.id,
            account=account,
            reel=reel,
            created_at=self.runtime.state.now(),
            path=str(self.runtime.media.new_upload()),
            post_id=f"{page.id}_{122_000_000_000_000 + number}",
        )
        self.table[video.id] = video
        return video

    async def uploaded(self, video: FbVideo) -> Media:
        """All bytes are here."""
        media = await self.runtime.media.adopt(Path(video.path))
        video.sha256, video.uploading = media.sha256, Phase.COMPLETE
        return media

    def check_schedule(self, video: FbVideo, value: str | None) -> float | None:
        """The time to publish at; code 100 when it is out of the window."""
        if value is None:
            return None
        nearest, farthest = _REEL_AHEAD_S if video.reel else _VIDEO_AHEAD_S
        at = whole_number(value)
        if at is None or not nearest <= at - self.runtime.state.now() <= farthest:
            raise invalid("The specified scheduled publish time is invalid.")
        return float(at)

    def check_daily(self, page: FacebookPage) -> None:
        """Refuse the 31st reel of a day."""
        window = f"facebook.reels.{page.id}"
        limit = self.runtime.settings.facebook_reels_per_day
        if not self.runtime.state.window_take(window, limit, _DAY_S):
            raise refuse(613, "(#613) The page reached its daily limit of reels from the API.")

    def finish(self, video: FbVideo, page: FacebookPage, state: str, at: float | None) -> None:
        """Make the post: from here on it exists, whatever processing finds."""
        now = self.runtime.state.now()
        video.publish_status = {"PUBLISHED": "published", "SCHEDULED": "scheduled"}.get(
            state, "draft"
        )
        video.publishing, video.processing = Phase.IN_PROGRESS, Phase.IN_PROGRESS
        video.publish_time = at or now
        media = self.runtime.media.get(video.sha256)
        seen = {"PUBLISHED": Visibility.PUBLIC, "SCHEDULED": Visibility.SCHEDULED}
        self.runtime.ledger.add(
            Post(
                platform=FACEBOOK,
                account=page.id,
                account_name=page.name,
                post_id=video.id,
                title=video.title,
                caption=video.description,
                sha256=video.sha256,
                size=media.size if media else 0,
                created_at=now,
                published_at=now if state == "PUBLISHED" else None,
                publish_at=at,
                path=f"/meta-web/{'reel' if video.reel else 'watch'}/{video.id}",
                visibility=seen.get(state, Visibility.DRAFT),
                options=dict(video.options) | {"post_id": video.post_id, "reel": video.reel},
            )
        )
        delay = self.runtime.settings.facebook_processing_s
        self.runtime.state.schedule(delay, "facebook.processed", video.id)
        if at is not None and state == "SCHEDULED":
            self.runtime.state.schedule_at(at, "facebook.publish", video.id)

    def status(self, video: FbVideo, *, stale: bool = False) -> dict[str, Any]:
        """The status field; `stale` shows it as it was before finish."""
        processing = Phase.NOT_STARTED if stale else video.processing
        publishing = Phase.NOT_STARTED if stale else video.publishing
        whole = {
            (Phase.ERROR, True): "error",
            (Phase.ERROR, False): "upload_failed",
            (Phase.COMPLETE, True): "ready",
            (Phase.IN_PROGRESS, True): "processing",
        }
        uploaded = video.uploading is Phase.COMPLETE
        fallback = "upload_complete" if uploaded else "uploading"
        processed: dict[str, Any] = {"status": self._spell(processing)}
        if video.error and not stale:
            processed["error"] = {"message": video.error}
        return {
            "video_status": whole.get((processing, uploaded), fallback),
            "uploading_phase": {
                "status": self._spell(video.uploading),
                "bytes_transfered": video.received,
                "source_file_size": video.total,
            },
            "processing_phase": processed,
            "publishing_phase": {
                "status": self._spell(publishing),
                "publish_status": "draft" if stale else video.publish_status,
                "publish_time": int(video.publish_time or 0),
            },
            "copyright_check_status": {"status": self._spell(processing)},
        }

    def _spell(self, phase: Phase) -> str:
        done = self.runtime.settings.facebook_spelling
        return done if phase is Phase.COMPLETE else phase.value

    def _remove(self, video_id: str) -> None:
        self.table.pop(video_id, None)

    async def _processed(self, video_id: str) -> None:
        video = self.table.get(video_id)
        if video is None:
            return
        media = self.runtime.media.get(video.sha256)
        readable = media is not None and media.probe.ok
        if readable or not self.runtime.settings.check_media:
            video.processing = Phase.COMPLETE
            if video.publish_status == "published":
                video.publishing = Phase.COMPLETE
            self.callbacks.announce_video(video)
            return
        video.processing = video.publishing = Phase.ERROR
        video.publish_status, video.error = "error", "The video file cannot be read."
        post = self.runtime.ledger.get(FACEBOOK, video.id)
        if post:
            post.visibility = Visibility.DELETED

    async def _due(self, video_id: str) -> None:
        video, post = self.table.get(video_id), self.runtime.ledger.get(FACEBOOK, video_id)
        if video and post and video.publish_status == "scheduled":
            video.publish_status, video.publishing = "published", Phase.COMPLETE
            post.visibility, post.published_at = Visibility.PUBLIC, video.publish_time


def reel_fault(media: Media) -> RefusedError | None:
    """The refusal of a video that cannot be a reel, or None."""
    probe = media.probe
    if not probe.ok:
        return None
    ratio = probe.width / probe.height if probe.height else 0
    checks = (
        (1363040, 9 / 16 - 0.01 <= ratio <= 16 / 9 + 0.01, "The aspect ratio is not supported."),
        (1363127, min(probe.width, probe.height) >= 540, "The resolution is below 540 x 960."),
        (1363128, 2.95 <= probe.duration_s <= 90.5, "The duration is not 3 to 90 seconds."),
        (1363129, 23.9 <= probe.fps <= 60.5, "The frame rate is not 24 to 60 fps."),
    )
    for code, fine, message in checks:
        if not fine:
            return refuse(code, message, code)
    return None
