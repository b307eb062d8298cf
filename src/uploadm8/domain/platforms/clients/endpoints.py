"""Where the platforms live and how our app is registered with each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

META_VERSION = "v23.0"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URL of every host, without a trailing slash; a sandbox stands in by other values."""

    tiktok_web: str = "https://www.tiktok.com"
    tiktok_api: str = "https://open.tiktokapis.com"
    google_accounts: str = "https://accounts.google.com"
    google_oauth: str = "https://oauth2.googleapis.com"
    google_api: str = "https://www.googleapis.com"
    youtube_analytics: str = "https://youtubeanalytics.googleapis.com"
    meta_web: str = "https://www.facebook.com"
    meta_graph: str = "https://graph.facebook.com"
    meta_graph_video: str = "https://graph-video.facebook.com"
    meta_rupload: str = "https://rupload.facebook.com"
    meta_version: str = META_VERSION

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, getattr(self, item.name).rstrip("/"))

    def base_urls(self) -> list[str]:
        """Return every base URL, for the allow-list of the HTTP client."""
        return [getattr(self, item.name) for item in fields(self) if item.name != "meta_version"]

    @property
    def graph(self) -> str:
        """Graph API with its version."""
        return f"{self.meta_graph}/{self.meta_version}"

    @property
    def graph_video(self) -> str:
        """Graph API host for video bytes, with its version."""
        return f"{self.meta_graph_video}/{self.meta_version}"


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """Our app as one platform knows it; empty when the platform is not set up here."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def configured(self) -> bool:
        """Whether both halves are set."""
        return bool(self.client_id and self.client_secret)


@dataclass(frozen=True, slots=True)
class Apps:
    """Our registrations; Meta's serves Facebook and Instagram.

    `extra_scopes` are asked for beside the defaults, by platform, for apps whose review includes
    more (for example instagram_manage_comments for first comments).
    """

    tiktok: AppCredentials = AppCredentials()
    google: AppCredentials = AppCredentials()
    meta: AppCredentials = AppCredentials()
    extra_scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
