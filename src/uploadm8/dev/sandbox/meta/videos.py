"""Ordinary page videos: by address, in chunks, by handle, or whole."""

import secrets
from pathlib import Path

from uploadm8.dev.sandbox.kit.forms import Fields, SentFile
from uploadm8.dev.sandbox.kit.identity import FacebookPage
from uploadm8.dev.sandbox.kit.media import DownloadError, download, size_of
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route, json_reply
from uploadm8.dev.sandbox.kit.words import words
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.pages import PUBLISH, PageVideos
from uploadm8.dev.sandbox.meta.replies import invalid, refuse
from uploadm8.dev.sandbox.meta.resumable import AppUploads
from uploadm8.dev.sandbox.meta.tables import FbVideo, Phase

_TEXT = words(
    "title description published scheduled_publish_time unpublished_content_type "
    "is_ai_generated content_tags embeddable"
)
_CHUNKED = frozenset({"upload_phase", "upload_session_id"})
_NAMES = ("video_start", "video_transfer", "video_finish", "video_cancel", "video_create")


class OrdinaryVideos:
    """The edge videos of a page, on graph and graph-video alike."""

    def __init__(self, door: Door, videos: PageVideos, uploads: AppUploads) -> None:
        self.door, self.runtime, self.videos, self.uploads = door, door.runtime, videos, uploads

    def routes(self) -> list[Route]:
        edge = self.door.route("POST", "/{node}/videos", "video_create", self.post)
        edge.refine, edge.names = self._name, _NAMES
        return [edge]

    async def post(self, graph: Graph) -> Reply:
        page = self.door.page(graph, *PUBLISH, task="CREATE_CONTENT")
        match graph.params.get("upload_phase"):
            case "start":
                return self._start(graph, page)
            case "transfer":
                return self._transfer(graph, page)
            case "finish":
                return await self._finish(graph, page)
            case "cancel":
                return self._cancel(graph, page)
            case None:
                return await self._create(graph, page)
            case _:
                raise invalid("Param upload_phase must be one of {start, transfer, finish, cancel}")

    def _start(self, graph: Graph, page: FacebookPage) -> Reply:
        size = whole_number(graph.only({"upload_phase", "file_size"}, ["file_size"])["file_size"])
        if not size:
            raise invalid("Param file_size must be a positive number")
        video = self.videos.create(page, graph.grant.account, reel=False)
        video.session, video.total = secrets.token_hex(8), size
        video.uploading = Phase.IN_PROGRESS
        ids = {"upload_session_id": video.session, "video_id": video.id}
        return json_reply(ids | self._window(video))

    def _transfer(self, graph: Graph, page: FacebookPage) -> Reply:
        params = graph.only(_CHUNKED | {"start_offset"}, ["upload_session_id", "start_offset"])
        video = self._session(params, page)
        chunk = graph.fields.files.get("video_file_chunk")
        if chunk is None or set(graph.fields.files) != {"video_file_chunk"}:
            raise invalid("The multipart part video_file_chunk is required")
        if video.uploading is Phase.COMPLETE or params["start_offset"] != str(video.received):
            chunk.path.unlink()
            message = "The start offset is not the expected one."
            raise refuse(6001, message, 1363037, data=self._window(video))
        window = min(self.runtime.settings.facebook_chunk_bytes, video.total - video.received)
        if chunk.size != window:
            chunk.path.unlink()
            raise refuse(6000, "There was a problem uploading your video file.", 1363019)
        keep = chunk.size // 2 if graph.call.fault == "partial" else chunk.size
        _append(Path(video.path), video.received, chunk, keep)
        video.received += keep
        return json_reply(self._window(video))

    async def _finish(self, graph: Graph, page: FacebookPage) -> Reply:
        params = graph.only(_CHUNKED | _TEXT | {"thumb"}, ["upload_session_id"])
        video = self._session(params, page)
        if video.publishing is not Phase.NOT_STARTED:
            raise refuse(100, "The upload session is already finished.", 1363041)
        if video.received != video.total:
            raise refuse(6000, "There was a problem uploading your video file.", 1363019)
        state, at = self._state(video, params)
        # Claimed before the first await, so that a second finish is refused.
        video.publishing = Phase.IN_PROGRESS
        await self.videos.uploaded(video)
        self._post(video, page, params, state, at)
        return json_reply({"success": True})

    def _cancel(self, graph: Graph, page: FacebookPage) -> Reply:
        params = graph.only(_CHUNKED, ["upload_session_id"])
        self._session(params, page).cancelled = True
        return json_reply({"success": True})

    async def _create(self, graph: Graph, page: FacebookPage) -> Reply:
        names = {"file_url", "fbuploader_video_file_chunk"}
        params = graph.only(_TEXT | names | {"thumb"})
        given = [*(names & set(params)), *({"source"} & set(graph.fields.files))]
        if len(given) != 1:
            raise invalid("Give one of file_url, fbuploader_video_file_chunk and source")
        video = self.videos.create(page, graph.grant.account, reel=False)
        state, at = self._state(video, params)
        if "file_url" in params:
            try:
                await download(params["file_url"], Path(video.path), follow_redirects=True)
            except DownloadError as error:
                raise refuse(389, "Unable to fetch video file from URL.") from error
        elif "fbuploader_video_file_chunk" in params:
            handle = params["fbuploader_video_file_chunk"]
            self.uploads.take(handle, graph.grant.account).replace(video.path)
        else:
            graph.fields.files["source"].path.replace(video.path)
        video.received = video.total = size_of(video.path)
        if video.total < 1024:
            raise refuse(382, "The video file you tried to upload is too small.")
        await self.videos.uploaded(video)
        self._post(video, page, params, state, at)
        return json_reply({"id": video.id})

    def _post(
        self,
        video: FbVideo,
        page: FacebookPage,
        params: dict[str, str],
        state: str,
        at: float | None,
    ) -> None:
        video.title, video.description = params.get("title", ""), params.get("description", "")
        kept = ("is_ai_generated", "content_tags", "embeddable")
        video.options |= {name: params[name] for name in kept if name in params}
        self.videos.finish(video, page, state, at)

    def _state(self, video: FbVideo, params: dict[str, str]) -> tuple[str, float | None]:
        published = params.get("published", "true").lower()
        at, kind = params.get("scheduled_publish_time"), params.get("unpublished_content_type")
        if published not in {"true", "false", "1", "0"}:
            raise invalid("Param published must be a boolean")
        if kind not in {None, "SCHEDULED", "DRAFT"}:
            raise invalid("Param unpublished_content_type must be one of {SCHEDULED, DRAFT}")
        if published in {"true", "1"}:
            if at is not None or kind is not None:
                raise invalid("A published post cannot be scheduled")
            return "PUBLISHED", None
        when = self.videos.check_schedule(video, at)
        return ("DRAFT", None) if when is None else ("SCHEDULED", when)

    def _session(self, params: dict[str, str], page: FacebookPage) -> FbVideo:
        wanted = params["upload_session_id"]
        for video in self.videos.table.values():
            if video.session == wanted and video.page_id == page.id and not video.cancelled:
                return video
        raise refuse(6000, "The upload session is invalid.", 1363041)

    def _window(self, video: FbVideo) -> dict[str, str]:
        end = min(video.total, video.received + self.runtime.settings.facebook_chunk_bytes)
        return {"start_offset": str(video.received), "end_offset": str(end)}

    async def _name(self, call: Call) -> str:
        fields: Fields = await self.door.read(call)
        phase = dict(fields.pairs).get("upload_phase", "create")
        return f"video_{phase}" if f"video_{phase}" in _NAMES else "video_create"


def _append(path: Path, offset: int, chunk: SentFile, keep: int) -> None:
    left = keep
    with path.open("r+b") as file, chunk.path.open("rb") as source:
        file.seek(offset)
        file.truncate()
        while left and (piece := source.read(min(left, 1 << 18))):
            left -= file.write(piece)
    chunk.path.unlink()
