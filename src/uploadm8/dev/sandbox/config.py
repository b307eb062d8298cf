"""Switches and limits of the sandbox, and the product variables that point to it."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

_PREFIXES = {
    "TIKTOK_WEB_BASE_URL": "/tiktok-web",
    "TIKTOK_API_BASE_URL": "/tiktok-api",
    "GOOGLE_ACCOUNTS_BASE_URL": "/google-accounts",
    "GOOGLE_OAUTH_BASE_URL": "/google-oauth",
    "GOOGLE_API_BASE_URL": "/google-api",
    "YOUTUBE_ANALYTICS_BASE_URL": "/youtube-analytics",
    "META_WEB_BASE_URL": "/meta-web",
    "META_GRAPH_BASE_URL": "/meta-graph",
    "META_GRAPH_VIDEO_BASE_URL": "/meta-graph-video",
    "META_RUPLOAD_BASE_URL": "/meta-rupload",
    "MAILGUN_API_BASE_URL": "/mailgun",
    "DISCORD_BASE_URL": "/discord",
    "STRIPE_API_BASE_URL": "/stripe",
}

_CLIENTS = {
    "TIKTOK_CLIENT_KEY": "sandbox-tiktok-key",
    "TIKTOK_CLIENT_SECRET": "sandbox-tiktok-secret",
    "GOOGLE_CLIENT_ID": "sandbox-google.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": "sandbox-google-secret",
    "META_APP_ID": "820000000000001",
    "META_APP_SECRET": "sandbox-meta-secret",
    "META_WEBHOOK_VERIFY_TOKEN": "sandbox-verify-token",
    "MAILGUN_API_KEY": "sandbox-mailgun-key",
    "MAILGUN_DOMAIN": "mg.example.com",
    "STRIPE_SECRET_KEY": "sk_test_sandbox",
    "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
}


def sandbox_env(base: str) -> dict[str, str]:
    """The product's variables for a sandbox at `base` (scheme and host, no trailing slash)."""
    root = base.rstrip("/")
    urls = {name: root + prefix for name, prefix in _PREFIXES.items()}
    return urls | _CLIENTS


def webhook_urls(app_url: str) -> dict[str, str]:
    """The switches that send webhooks to an UploadM8 at `app_url` (its BASE_URL)."""
    root = app_url.rstrip("/")
    return {
        "tiktok_webhook_url": f"{root}/api/webhooks/tiktok",
        "meta_webhook_url": f"{root}/api/webhooks/meta/deauthorize",
        "meta_events_url": f"{root}/api/webhooks/meta",
        "meta_deletion_url": f"{root}/api/webhooks/meta/data-deletion",
        "stripe_webhook_url": f"{root}/api/billing/webhook",
    }


class Client(Struct, frozen=True):
    """A client registered with a party."""

    id: str
    secret: str


TIKTOK_CLIENT = Client(_CLIENTS["TIKTOK_CLIENT_KEY"], _CLIENTS["TIKTOK_CLIENT_SECRET"])
GOOGLE_CLIENT = Client(_CLIENTS["GOOGLE_CLIENT_ID"], _CLIENTS["GOOGLE_CLIENT_SECRET"])
META_CLIENT = Client(_CLIENTS["META_APP_ID"], _CLIENTS["META_APP_SECRET"])
MAILGUN_KEY = _CLIENTS["MAILGUN_API_KEY"]
MAILGUN_DOMAIN = _CLIENTS["MAILGUN_DOMAIN"]
STRIPE_SECRET_KEY = _CLIENTS["STRIPE_SECRET_KEY"]
STRIPE_WEBHOOK_SECRET = _CLIENTS["STRIPE_WEBHOOK_SECRET"]


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be changed while the sandbox runs (PUT /_sandbox/config takes any part of it).

    Where a vendor's documents are silent or contradict each other, the first value is the
    default here and the others are as legitimate: a client has to cope with all of them.
    """

    redirect_uris: tuple[str, ...] = ()
    """Registered callback addresses; empty registers whatever the first request says."""
    code_life_s: float = 600
    webhook_copies: int = 1
    """How often each webhook is delivered; platforms promise at least once."""
    check_media: bool = True
    """Probe received media and refuse what the platform would."""

    tiktok_client_type: Literal["web", "desktop"] = "web"
    tiktok_oauth_error_status: Literal[400, 200] = 400
    tiktok_access_life_s: float = 86_400
    tiktok_refresh_life_s: float = 31_536_000
    tiktok_refresh_grace_s: float = 0
    """How long a rotated refresh token still works."""
    tiktok_invalid_param: Literal["invalid_params", "invalid_param"] = "invalid_params"
    tiktok_missing_field_scope: Literal["error", "omit"] = "error"
    tiktok_creator_info_first: bool = True
    """Each direct post must be preceded by a query of creator_info of its own."""
    tiktok_audited: bool = True
    tiktok_active_user_cap: int = 5
    tiktok_init_per_minute: int = 6
    tiktok_status_per_minute: int = 30
    tiktok_creator_info_per_minute: int = 20
    tiktok_display_per_minute: int = 600
    tiktok_daily_posts: int = 15
    tiktok_pending_drafts: int = 5
    tiktok_min_chunk_bytes: int = 5_000_000
    tiktok_max_chunk_bytes: int = 67_108_864
    tiktok_max_last_chunk_bytes: int = 134_217_728
    tiktok_upload_url_life_s: float = 3600
    tiktok_repeated_chunk: Literal[416, 206] = 416
    tiktok_range_end: Literal["count", "last"] = "count"
    """Whether Content-Range of an answer ends in the number of bytes or in the last byte."""
    tiktok_416_tells_progress: bool = True
    """Whether a chunk out of place is answered with a Content-Range."""
    tiktok_put_refuses_authorization: bool = True
    tiktok_counters_as_strings: bool = False
    tiktok_branded_private: Literal["reject", "accept"] = "reject"
    tiktok_deduplicates_inits: bool = False
    tiktok_publish_type: str = "DIRECT_PUBLISH"
    tiktok_verified_urls: tuple[str, ...] = ()
    """URL prefixes that PULL_FROM_URL accepts."""
    tiktok_processing_s: float = 1.0
    tiktok_moderation_s: float = 1.0
    """From PUBLISH_COMPLETE to a public post id."""
    tiktok_status_retention_s: float = 7 * 86_400
    tiktok_webhook_url: str = ""

    google_access_life_s: float = 3599
    google_refresh_life_s: float | None = None
    """604800 plays a consent screen in testing."""
    google_refresh_tokens_per_account: int = 100
    """Live refresh tokens per account and client; the oldest one beyond dies silently."""
    youtube_inserts_per_day: int = 100
    youtube_units_per_day: int = 10_000
    youtube_channel_uploads_per_day: int = 50
    youtube_limit_appears: Literal["start", "end"] = "start"
    youtube_session_life_s: float = 7 * 86_400
    youtube_session_gone: Literal[404, 410] = 404
    youtube_done_status: Literal[200, 201] = 200
    youtube_range_prefix: Literal["bytes=", ""] = "bytes="
    youtube_misaligned_chunk: Literal["reject", "keep_aligned"] = "reject"
    youtube_wrong_offset: Literal[308, 416, 400] = 308
    youtube_category_required: bool = False
    youtube_past_publish_at: Literal["publish", "reject"] = "publish"
    youtube_short_thumbnail: Literal["after_processing", "any_time"] = "after_processing"
    youtube_processing_s: float = 1.5

    meta_user_token_life_s: float = 5400
    meta_long_token_life_s: float = 5_183_944
    meta_omit_expires_in: bool = False
    meta_require_proof: bool = False
    meta_list_rows: int = 100
    """Most rows of a list in one answer."""
    meta_business_pages: tuple[str, ...] = ()
    """Pages that are found through the person's business only."""
    meta_unlisted_pages: tuple[str, ...] = ()
    """Pages that lists leave out though their tokens work."""
    meta_error_status: Literal[400, 403] = 400
    """HTTP status of missing permissions and throttling."""
    meta_rupload_error_status: Literal[400, 500] = 400
    meta_webhook_url: str = ""
    meta_events_url: str = ""
    """Where changes of pages and of permissions go, signed by X-Hub-Signature-256."""
    meta_deletion_url: str = ""
    instagram_quota_total: int = 50
    instagram_containers_per_day: int = 400
    instagram_container_life_s: float = 86_400
    instagram_processing_s: float = 1.0
    instagram_bad_url: Literal["create", "later"] = "create"
    instagram_allows_video_type: bool = False
    facebook_reels_per_day: int = 30
    facebook_processing_s: float = 1.0
    facebook_spelling: Literal["complete", "completed"] = "complete"
    facebook_finish_extras: bool = False
    facebook_chunk_bytes: int = 4_194_304

    discord_limit: int = 5
    discord_period_s: float = 2.0

    stripe_webhook_url: str = ""
    stripe_webhook_copies: int = 1
    """How often each event is delivered."""
    stripe_webhook_disorder: bool = False
    stripe_webhook_paused: bool = False
    """Keep events undelivered, as when the endpoint is down."""
    stripe_cancel_shape: Literal["both", "flag", "date"] = "both"
    """Which of cancel_at_period_end and cancel_at says that a subscription will end."""


class SandboxConfig(Struct, kw_only=True):
    """How a sandbox is built.

    Attributes:
        data: folder for media, uploads and the snapshot of the state.
        base_url: scheme and host of the URLs handed back; by default those of each request.
        settings: switches and limits at the start.
        remember: keep accounts, tokens and posts over a restart.
    """

    data: Path
    base_url: str | None = None
    settings: Settings = Settings()
    remember: bool = True
