"""All clients of one process, by platform."""

from collections.abc import Mapping
from dataclasses import dataclass

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Apps, Endpoints
from uploadm8.domain.platforms.clients.facebook import Facebook
from uploadm8.domain.platforms.clients.facebook_after import FacebookAfter
from uploadm8.domain.platforms.clients.instagram import Instagram
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.meta_oauth import MetaOAuth
from uploadm8.domain.platforms.clients.protocol import OAuth, Publisher
from uploadm8.domain.platforms.clients.tiktok import TikTok
from uploadm8.domain.platforms.clients.tiktok_api import TikTokApi
from uploadm8.domain.platforms.clients.tiktok_oauth import TikTokOAuth
from uploadm8.domain.platforms.clients.youtube import YouTube
from uploadm8.domain.platforms.clients.youtube_after import YouTubeAfter
from uploadm8.domain.platforms.clients.youtube_api import YouTubeApi
from uploadm8.domain.platforms.clients.youtube_oauth import YouTubeOAuth
from uploadm8.infra.http import Http


@dataclass(frozen=True, slots=True)
class Clients:
    """Publishers and OAuth clients; those of unconfigured platforms exist and are refused later.

    The steps after a post differ too much to share a shape: `youtube_after`, `facebook_after`,
    and Instagram's first comment on its publisher.
    """

    publishers: Mapping[Platform, Publisher]
    oauth: Mapping[Platform, OAuth]
    apps: Mapping[Platform, AppCredentials]
    youtube_after: YouTubeAfter
    instagram: Instagram
    facebook_after: FacebookAfter

    def configured(self, platform: Platform) -> bool:
        """Whether our app is registered with the platform."""
        return self.apps[platform].configured


def build_clients(http: Http, endpoints: Endpoints, apps: Apps) -> Clients:
    """Wire every client to one HTTP connection pool."""
    tiktok = TikTokApi(http, endpoints.tiktok_api)
    youtube = YouTubeApi(http, endpoints.google_api, endpoints.youtube_analytics)
    facebook = Graph(http, endpoints, apps.meta, Platform.FACEBOOK)
    instagram = Graph(http, endpoints, apps.meta, Platform.INSTAGRAM)
    reels = Instagram(instagram)

    def extra(platform: Platform) -> tuple[str, ...]:
        return tuple(apps.extra_scopes.get(platform, ()))

    return Clients(
        publishers={
            Platform.TIKTOK: TikTok(tiktok),
            Platform.YOUTUBE: YouTube(youtube),
            Platform.INSTAGRAM: reels,
            Platform.FACEBOOK: Facebook(facebook),
        },
        oauth={
            Platform.TIKTOK: TikTokOAuth(
                tiktok, endpoints.tiktok_web, apps.tiktok, extra(Platform.TIKTOK)
            ),
            Platform.YOUTUBE: YouTubeOAuth(
                youtube, endpoints, apps.google, extra(Platform.YOUTUBE)
            ),
            Platform.INSTAGRAM: MetaOAuth(instagram, extra(Platform.INSTAGRAM)),
            Platform.FACEBOOK: MetaOAuth(facebook, extra(Platform.FACEBOOK)),
        },
        apps={
            Platform.TIKTOK: apps.tiktok,
            Platform.YOUTUBE: apps.google,
            Platform.INSTAGRAM: apps.meta,
            Platform.FACEBOOK: apps.meta,
        },
        youtube_after=YouTubeAfter(youtube),
        instagram=reels,
        facebook_after=FacebookAfter(facebook),
    )
