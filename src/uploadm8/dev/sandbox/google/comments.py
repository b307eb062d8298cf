"""YouTube comments: the creator's own, on their video."""

from typing import Any

from uploadm8.dev.sandbox.google.data import listing, read_json
from uploadm8.dev.sandbox.google.replies import COMMENT, Door, parts_of, query_of, refuse
from uploadm8.dev.sandbox.google.videos import YOUTUBE, Videos
from uploadm8.dev.sandbox.kit.ledger import Post
from uploadm8.dev.sandbox.kit.values import text_member, whole_number
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route, json_reply

_PATH = "/youtube/v3/commentThreads"
_PARTS = frozenset({"id", "snippet", "replies"})
_LIST = {"part", "videoId", "maxResults", "order", "pageToken", "textFormat"}


class Comments:
    """The resource commentThreads."""

    def __init__(self, door: Door, videos: Videos) -> None:
        self.door, self.runtime, self.videos = door, door.runtime, videos

    def routes(self) -> list[Route]:
        return [
            Route("GET", _PATH, "comments", self.list_threads),
            Route("POST", _PATH, "comment", self.insert),
        ]

    async def list_threads(self, call: Call) -> Reply:
        self.door.enter(call, COMMENT)
        self.door.spend(1)
        query = query_of(call, _LIST)
        parts_of(query, _PARTS)
        count = whole_number(query.get("maxResults", "20"))
        if count is None or not 1 <= count <= 100:
            raise refuse(400, "invalidParameter", "maxResults is 1 to 100.", "global")
        post = self._post(query.get("videoId", ""))
        threads = [_thread(post, i) for i in range(len(post.comments))]
        return listing("commentThreadListResponse", threads[::-1][:count])

    async def insert(self, call: Call) -> Reply:
        account = self.door.enter(call, COMMENT)
        self.door.spend(50)
        self.door.channel(account)
        parts_of(query_of(call, {"part"}), _PARTS)
        body = await read_json(call)
        text = text_member(body, "snippet", "topLevelComment", "snippet", "textOriginal")
        if not text or len(text) > 10_000:
            raise refuse(400, "commentTextRequired", "The comment has no text.", "youtube.comment")
        post = self._post(text_member(body, "snippet", "videoId"))
        if self.videos.table[post.post_id].status.get("selfDeclaredMadeForKids"):
            raise refuse(403, "commentsDisabled", "Comments are off.", "youtube.comment")
        post.comments.append(text)
        return json_reply(_thread(post, len(post.comments) - 1))

    def _post(self, video_id: str) -> Post:
        known = video_id in self.videos.table
        post = self.runtime.ledger.get(YOUTUBE, video_id) if known else None
        if post is None:
            raise refuse(404, "videoNotFound", "The video cannot be found.", "youtube.comment")
        return post


def _thread(post: Post, index: int) -> dict[str, Any]:
    name, text = f"Ug{post.post_id}{index}", post.comments[index]
    words = {"textOriginal": text, "textDisplay": text, "videoId": post.post_id, "likeCount": 0}
    top = {"kind": "youtube#comment", "etag": name, "id": name, "snippet": words}
    return {
        "kind": "youtube#commentThread",
        "etag": name,
        "id": name,
        "snippet": {"videoId": post.post_id, "topLevelComment": top, "totalReplyCount": 0},
    }
