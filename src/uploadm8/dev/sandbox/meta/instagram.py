"""Instagram content publishing: containers, their media, publishing, the limit."""

import secrets
from pathlib import Path

import httpx

from uploadm8.dev.sandbox.kit.identity import META
from uploadm8.dev.sandbox.kit.ledger import Post
from uploadm8.dev.sandbox.kit.media import DownloadError, Media, Probe, download
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import Reply, Route, json_reply
from uploadm8.dev.sandbox.meta.container_rules import CREATE, check_container
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.replies import invalid, refuse
from uploadm8.dev.sandbox.meta.tables import Container, IgContainer, IgMedia

INSTAGRAM = "instagram"
_DAY_S = 86_400
_MAX_BYTES = 300_000_000
_PUBLISH = ("instagram_basic", "instagram_content_publish")


class InstagramPublishing:
    """The edges of an Instagram account that make posts."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.containers = self.runtime.state.table("instagram.containers", IgContainer)
        self.media = self.runtime.state.table("instagram.media", IgMedia)
        self.runtime.on_removed[INSTAGRAM] = self._remove
        self.runtime.on_due["instagram.processed"] = self._processed

    def routes(self) -> list[Route]:
        route = self.door.route
        return [
            route("POST", "/{node}/media", "ig_create", self.create),
            route("POST", "/{node}/media_publish", "ig_publish", self.publish),
            route("GET", "/{node}/content_publishing_limit", "ig_limit", self.limit),
        ]

    async def create(self, graph: Graph) -> Reply:
        account, _ = self.door.instagram(graph, graph.node)
        self.door.require(graph.grant, *_PUBLISH)
        params = graph.only(CREATE, ["media_type"])
        check_container(params, allow_video=self.runtime.settings.instagram_allows_video_type)
        resumable = params.get("upload_type") == "resumable"
        if resumable == ("video_url" in params) or params.get("upload_type", "") not in (
            "",
            "resumable",
        ):
            raise invalid("Give either video_url or upload_type=resumable")
        window = f"instagram.containers.{account.id}"
        limit = self.runtime.settings.instagram_containers_per_day
        if self.runtime.state.window_count(window, _DAY_S) >= limit:
            raise refuse(9, "The account reached its limit of containers.", 2207042)
        later = self.runtime.settings.instagram_bad_url == "later"
        if not resumable and not later and not await _is_fetchable(params["video_url"]):
            raise refuse(9004, "The media could not be fetched from this URI.", 2207052)
        self.runtime.state.window_add(window)
        container = IgContainer(
            id=str(17_900_000_000_000_000 + self.runtime.state.next_number()),
            ig_id=account.id,
            account=graph.grant.account,
            params=params,
            created_at=self.runtime.state.now(),
            resumable=resumable,
            path=str(self.runtime.media.new_upload()),
        )
        self.containers[container.id] = container
        answer = {"id": container.id}
        if resumable:
            version = graph.call.params.get("version", "v26.0")
            where = f"/meta-rupload/ig-api-upload/{version}/{container.id}"
            answer["uri"] = graph.call.base + where
        else:
            self.runtime.run_soon(self.fetch(container, params["video_url"]))
        return json_reply(answer)

    async def publish(self, graph: Graph) -> Reply:
        account, _ = self.door.instagram(graph, graph.node)
        self.door.require(graph.grant, *_PUBLISH)
        creation = graph.only({"creation_id"}, ["creation_id"])["creation_id"]
        container = self.containers.get(creation)
        if container is None or container.ig_id != account.id:
            raise refuse(24, "The media with this creation_id cannot be found.", 2207008)
        match self.status_of(container):
            case Container.IN_PROGRESS:
                raise refuse(9007, "The media is not ready for publishing.", 2207027)
            case Container.ERROR:
                raise refuse(-1, "The media could not be processed.", 2207053)
            case Container.EXPIRED | Container.PUBLISHED:
                raise refuse(24, "This creation_id has expired or was published.", 2207008)
            case Container.FINISHED:
                pass
        if self._used(account.id) >= self.runtime.settings.instagram_quota_total:
            raise refuse(9, "The account reached its daily limit of posts.", 2207042)
        self.runtime.state.window_add(f"instagram.posts.{account.id}")
        return json_reply({"id": self._publish(container, f"@{account.username}").id})

    async def limit(self, graph: Graph) -> Reply:
        account, _ = self.door.instagram(graph, graph.node)
        self.door.require(graph.grant, *_PUBLISH)
        since = graph.only({"since"}).get("since", "0")
        if whole_number(since) is None:
            raise invalid("since must be Unix seconds")
        config = {
            "quota_total": self.runtime.settings.instagram_quota_total,
            "quota_duration": _DAY_S,
        }
        asked = {name for name in graph.params.get("fields", "quota_usage").split(",") if name}
        row = {"quota_usage": self._used(account.id), "config": config}
        if not asked <= set(row):
            raise invalid(f"Tried accessing nonexisting field ({sorted(asked - set(row))[0]})")
        return json_reply({"data": [{name: row[name] for name in row if name in asked}]})

    def status_of(self, container: IgContainer) -> Container:
        """The status now; a container that was not published in time has expired."""
        age = self.runtime.state.now() - container.created_at
        expired = age >= self.runtime.settings.instagram_container_life_s
        if expired and container.status is not Container.PUBLISHED:
            container.status, container.status_text = Container.EXPIRED, "Expired"
        return container.status

    async def received(self, container: IgContainer) -> None:
        """All bytes are here: process them."""
        media = await self.runtime.media.adopt(Path(container.path))
        container.sha256 = media.sha256
        delay = self.runtime.settings.instagram_processing_s
        self.runtime.state.schedule(delay, "instagram.processed", container.id)

    async def fetch(self, container: IgContainer, url: str) -> None:
        """Download the video from the address the app gave."""
        try:
            container.received = await download(url, Path(container.path), follow_redirects=True)
        except DownloadError as error:
            self._fail(container, 2207052 if error.status else 2207003)
            return
        await self.received(container)

    async def _processed(self, container_id: str) -> None:
        container = self.containers[container_id]
        media = self.runtime.media.get(container.sha256)
        if container.status is not Container.IN_PROGRESS or media is None:
            return
        offset = int(container.params.get("thumb_offset", "0"))
        if self.runtime.settings.check_media and not _is_playable(media):
            self._fail(container, 2207026)
        elif offset and offset >= media.probe.duration_s * 1000:
            self._fail(container, 2207057)
        else:
            container.status = Container.FINISHED
            container.status_text = "Finished: Media has been uploaded and it is ready."

    def _remove(self, media_id: str) -> None:
        self.media.pop(media_id, None)

    def _fail(self, container: IgContainer, subcode: int) -> None:
        container.status = Container.ERROR
        container.status_text = f"Error: Media upload has failed with error code {subcode}"

    def _used(self, ig_id: str) -> int:
        return self.runtime.state.window_count(f"instagram.posts.{ig_id}", _DAY_S)

    def _publish(self, container: IgContainer, name: str) -> IgMedia:
        state, stored = self.runtime.state, self.runtime.media.get(container.sha256)
        media = IgMedia(
            id=str(18_000_000_000_000_000 + state.next_number()),
            shortcode=secrets.token_urlsafe(8),
            ig_id=container.ig_id,
            account=container.account,
            created_at=state.now(),
        )
        self.media[media.id] = media
        state.table("instagram.shortcodes", str)[media.shortcode] = media.id
        container.status, container.media_id = Container.PUBLISHED, media.id
        container.status_text = "Published: Media has been successfully published."
        self.runtime.ledger.add(
            Post(
                platform=INSTAGRAM,
                account=container.ig_id,
                account_name=name,
                post_id=media.id,
                title="",
                caption=container.params.get("caption", ""),
                sha256=container.sha256,
                size=stored.size if stored else 0,
                created_at=media.created_at,
                published_at=media.created_at,
                path=f"/instagram-web/reel/{media.shortcode}/",
                options={k: v for k, v in container.params.items() if k != "caption"}
                | {"container": container.id, "user": f"{META}:{container.account}"},
            )
        )
        return media


def _is_playable(media: Media) -> bool:
    probe: Probe = media.probe
    return (
        probe.ok
        and media.size <= _MAX_BYTES
        and probe.content_type == "video/mp4"
        and 2.95 <= probe.duration_s <= 900.5
        and 22.9 <= probe.fps <= 60.5
        and 0 < probe.width <= 1920
        and 0.01 <= probe.width / probe.height <= 10
    )


async def _is_fetchable(url: str) -> bool:
    try:
        async with (
            httpx.AsyncClient(timeout=20, follow_redirects=True, trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            return answer.status_code == 200
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
