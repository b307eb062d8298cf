"""Facebook reels: start and finish."""

from uploadm8.dev.sandbox.kit.forms import Fields
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route, json_reply
from uploadm8.dev.sandbox.kit.words import words
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.pages import FACEBOOK, PUBLISH, PageVideos, reel_fault
from uploadm8.dev.sandbox.meta.replies import invalid, missing_object, refuse
from uploadm8.dev.sandbox.meta.selection import select
from uploadm8.dev.sandbox.meta.tables import Phase

_FINISH = words("upload_phase video_id video_state description title scheduled_publish_time place")
_NAMES = ("reel_start", "reel_finish")


class Reels:
    """The edge video_reels of a page."""

    def __init__(self, door: Door, videos: PageVideos) -> None:
        self.door, self.runtime, self.videos = door, door.runtime, videos

    def routes(self) -> list[Route]:
        edge = self.door.route("POST", "/{node}/video_reels", "reel_start", self.post)
        edge.refine, edge.names = self._name, _NAMES
        return [
            edge,
            self.door.route("GET", "/{node}/video_reels", "reels", self.list_reels),
            self.door.route("POST", "/{node}/collaborators", "collaborators", self.invite),
        ]

    async def post(self, graph: Graph) -> Reply:
        page = self.door.page(graph, *PUBLISH, task="CREATE_CONTENT")
        phase = graph.params.get("upload_phase")
        if phase == "finish":
            return await self._finish(graph)
        if phase != "start":
            raise invalid("Param upload_phase must be one of {START, FINISH}")
        graph.only({"upload_phase"})
        video = self.videos.create(page, graph.grant.account, reel=True)
        version = graph.call.params.get("version", "v26.0")
        where = f"{graph.call.base}/meta-rupload/video-upload/{version}/{video.id}"
        return json_reply({"video_id": video.id, "upload_url": where})

    async def list_reels(self, graph: Graph) -> Reply:
        page = self.door.page(graph, "pages_read_engagement")
        graph.only({"since", "until", "limit"})
        rows = [
            select(
                {
                    "id": video.id,
                    "description": video.description,
                    "created_time": int(video.created_at),
                    "permalink_url": f"{graph.call.base}/meta-web/reel/{video.id}",
                    "post_id": video.post_id,
                    "published": video.publish_status == "published",
                },
                graph.params.get("fields"),
                ["id", "description"],
                "Video",
            )
            for video in reversed(list(self.videos.table.values()))
            if video.reel and video.page_id == page.id and video.publishing is not Phase.NOT_STARTED
        ]
        return json_reply({"data": rows})

    async def invite(self, graph: Graph) -> Reply:
        video = self.videos.table.get(graph.node)
        if video is None or video.account != graph.grant.account:
            raise missing_object(graph.node)
        target = graph.only({"target_id"}, ["target_id"])["target_id"]
        if not video.reel:
            raise invalid("Collaborators can be invited to reels only")
        window = f"facebook.invites.{video.page_id}"
        if not self.runtime.state.window_take(window, 10, 86_400):
            raise refuse(613, "(#613) Too many collaborator invites today.")
        invited = video.options.get("collaborators", "")
        video.options["collaborators"] = f"{invited},{target}".lstrip(",")
        self.runtime.ledger.note(FACEBOOK, video.id, collaborators=video.options["collaborators"])
        return json_reply({"success": True})

    async def _finish(self, graph: Graph) -> Reply:
        page = self.door.page(graph)
        params = graph.only(_FINISH, ["video_id", "video_state"])
        state, at = params["video_state"], params.get("scheduled_publish_time")
        if state not in {"PUBLISHED", "SCHEDULED", "DRAFT"}:
            raise invalid("Param video_state must be one of {PUBLISHED, SCHEDULED, DRAFT}")
        if (state == "SCHEDULED") != (at is not None):
            raise invalid("scheduled_publish_time goes with video_state SCHEDULED")
        video = self.videos.table.get(params["video_id"])
        if video is None or video.page_id != page.id or not video.reel:
            raise missing_object(params["video_id"])
        if video.publishing is not Phase.NOT_STARTED:
            raise refuse(100, "The upload session is invalid or already finished.", 1363041)
        when = self.videos.check_schedule(video, at)
        media = self.runtime.media.get(video.sha256)
        if video.uploading is not Phase.COMPLETE or media is None:
            raise refuse(6000, "There was a problem uploading your video file.")
        if self.runtime.settings.check_media and (fault := reel_fault(media)):
            raise fault
        if state != "DRAFT":
            self.videos.check_daily(page)
        video.title, video.description = params.get("title", ""), params.get("description", "")
        kept = ("place", "video_state")
        video.options |= {name: params[name] for name in kept if name in params}
        self.videos.finish(video, page, state, when)
        answer: dict[str, object] = {"success": True}
        if self.runtime.settings.facebook_finish_extras:
            answer |= {"post_id": video.post_id, "message": "Your reel is being processed."}
        return json_reply(answer)

    async def _name(self, call: Call) -> str:
        fields: Fields = await self.door.read(call)
        phase = dict(fields.pairs).get("upload_phase")
        return "reel_finish" if phase == "finish" else "reel_start"
