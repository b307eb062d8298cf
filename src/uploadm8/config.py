"""Settings: every environment variable of the product, with its default and meaning."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(StrEnum):
    """Where the process runs; production refuses to start on weak or missing secrets."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class EmailVerification(StrEnum):
    """Whether a new user must prove the address before signing in."""

    REQUIRED = "required"
    OPTIONAL = "optional"


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _f(default: object, description: str) -> Any:
    return Field(default=default, description=description)


def _secret(description: str) -> Any:
    return Field(default=SecretStr(""), description=description)


_EXTRA_CONTAINERS = frozenset({"avi", "mpegts"})


class Config(BaseSettings):
    """Read once, by the roots (API, worker, CLI); everything else gets values."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # most of it is secret
    )

    app_env: Environment = _f(Environment.PRODUCTION, "production or development")
    database_url: SecretStr = _secret("postgres:// URL; required")
    database_pool_size: int = _f(10, "Connections per process")
    jwt_secret: SecretStr = _secret("Signs access tokens; at least 32 bytes; required")
    jwt_secret_previous: SecretStr = _secret("Accepted for verification for an hour after rotation")
    token_enc_keys: SecretStr = _secret("Key ring v1:BASE64_32_BYTES[,v2:...]; required")

    r2_account_id: str = _f("", "Cloudflare account")
    r2_access_key_id: str = _f("", "Storage access key")
    r2_secret_access_key: SecretStr = _secret("Storage secret key")
    r2_bucket_name: str = _f("uploadm8-media", "Bucket")
    r2_endpoint_url: str = _f(
        "", "Storage endpoint; default https://R2_ACCOUNT_ID.r2.cloudflarestorage.com"
    )

    redis_url: SecretStr = _secret("redis:// or rediss:// URL; required")
    upload_job_queue: str = _f("uploadm8:jobs", "namespace:queue of publishing work")
    telemetry_job_queue: str = _f(
        "uploadm8:telemetry", "namespace:queue of probing and rendering work"
    )

    stripe_secret_key: SecretStr = _secret("Stripe secret key; billing is off without it")
    stripe_webhook_secret: SecretStr = _secret(
        "Signs Stripe webhooks; the endpoint is off without it"
    )
    stripe_lookup_keys: str = _f("", "Comma list of offered price lookup keys; default all tiers")
    stripe_default_lookup_key: str = _f("uploadm8_creator_monthly", "Price preselected at checkout")
    stripe_success_url: str = _f(
        "https://app.uploadm8.com/billing-success.html?session_id={CHECKOUT_SESSION_ID}",
        "After checkout",
    )
    stripe_cancel_url: str = _f(
        "https://app.uploadm8.com/index.html#pricing", "After a canceled checkout"
    )
    stripe_portal_return_url: str = _f(
        "https://app.uploadm8.com/dashboard.html", "After the portal"
    )
    stripe_trial_days_default: int = _f(0, "Trial days of a first subscription")
    stripe_automatic_tax: bool = _f(False, "Let Stripe compute tax")

    tiktok_client_key: str = _f("", "TikTok app")
    tiktok_client_secret: SecretStr = _secret("TikTok app secret")
    google_client_id: str = _f("", "Google OAuth client")
    google_client_secret: SecretStr = _secret("Google OAuth client secret")
    meta_app_id: str = _f("", "Meta app")
    meta_app_secret: SecretStr = _secret("Meta app secret")
    meta_webhook_verify_token: SecretStr = _secret("What Meta sends as hub.verify_token; any words")
    meta_api_version: str = _f("v23.0", "Graph API version")

    tiktok_extra_scopes: str = _f("", "Comma list of scopes to ask beside the defaults")
    google_extra_scopes: str = _f("", "Comma list of scopes to ask beside the defaults")
    instagram_extra_scopes: str = _f(
        "", "Likewise; instagram_manage_comments allows first comments"
    )
    facebook_extra_scopes: str = _f("", "Likewise; pages_manage_engagement allows first comments")

    mailgun_api_key: SecretStr = _secret(
        "Mailgun key; mail goes to the log and a local outbox without it"
    )
    mailgun_domain: str = _f("", "Mailgun sending domain")
    mail_from: str = _f("UploadM8 <no-reply@uploadm8.com>", "Sender of all mail")

    admin_api_key: SecretStr = _secret("X-Admin-Key; at least 32 bytes, off otherwise")
    admin_discord_webhook_url: SecretStr = _secret("Operator alerts")
    retention_originals_days: int = _f(
        30, "An upload's files are deleted this long after its last post settled"
    )
    retention_renditions_days: int = _f(14, "The same for what was rendered from it")
    extra_containers: str = _f(
        "", "Comma list of further kinds of video file to accept: mpegts (TS, MTS, M2TS), avi"
    )
    alert_disk_free_mib: int = _f(4096, "Operators are told below this much room for renders")
    admins_need_two_step: bool | None = _f(
        None, "Refuse administrators without a second factor; default true in production"
    )
    bootstrap_admin_email: str = _f("", "Becomes the first admin when its address is verified")

    base_url: str = _f("https://auth.uploadm8.com", "Public URL of this API")
    frontend_url: str = _f("https://app.uploadm8.com", "Public URL of the front end")
    allowed_origins: str = _f("", "Comma list of browser origins; default FRONTEND_URL")

    log_level: str = _f("INFO", "DEBUG, INFO, WARNING or ERROR")
    access_token_minutes: int = _f(15, "Life of an access token")
    refresh_token_days: int = _f(30, "Idle life of a session")
    refresh_grace_seconds: int = _f(10, "How long the previous refresh token still answers")
    totp_window: int = _f(1, "Steps of 30 s before the current one whose code is accepted; 0 or 1")
    rate_limit_window_sec: int = _f(60, "Window of the general rate limit")
    rate_limit_max: int = _f(60, "Requests per window, per user or address")
    worker_concurrency: int = _f(1, "Renders at a time per worker process")
    publish_concurrency: int = _f(32, "Posts under way at a time per worker process")
    light_concurrency: int = _f(12, "Mails, webhooks and other small jobs at a time per process")
    job_timeout_seconds: int = _f(
        600, "Time limit of a job that has none of its own; a render gets 12 s more per second"
    )
    render_split_seconds: float = _f(
        60.0, "Longer videos are shared among the workers that are free"
    )
    render_hardware: bool = _f(
        False, "Render with a hardware encoder where one works, each video by one worker"
    )
    render_segment_seconds: float = _f(20.0, "Shortest part of a shared video")
    job_lease_seconds: float = _f(60.0, "A silent worker loses its job after this")
    account_spacing_seconds: float = _f(60.0, "Least time between two posts of one account")
    account_daily_caps: str = _f(
        "facebook=30", "Comma list of platform=posts an account may make in 24 hours"
    )
    port: int = _f(8000, "HTTP port")
    email_verification: EmailVerification | None = _f(
        None, "required or optional; default required with Mailgun, else optional"
    )
    trusted_proxies: str = _f("", "Comma list of proxy addresses whose X-Forwarded-For is believed")
    webhook_private_addresses: bool = _f(
        False, "Call webhooks on private addresses and by plain http; for development"
    )
    expose_docs: bool | None = _f(None, "Serve the OpenAPI page; default only in development")
    scratch_dir: Path = _f(Path(".uploadm8/scratch"), "Private working folder of renders")
    outbox_dir: Path = _f(Path(".uploadm8/outbox"), "Mail written here when Mailgun is not set")
    failpoints: str = _f("", "Named crash points for fault tests; refused in production")
    metrics_token: SecretStr = _secret(
        "Bearer token of /metrics; off without it outside development"
    )
    sentry_dsn: SecretStr = _secret("Error reports; off without it; needs uploadm8[sentry]")
    otel_exporter_otlp_endpoint: str = _f(
        "", "Base URL of an OTLP/HTTP collector of traces; off without it; needs uploadm8[tracing]"
    )
    trace_share: float = _f(1.0, "Share of traces that are recorded, 0 to 1")

    tiktok_web_base_url: str = _f("https://www.tiktok.com", "TikTok web host")
    tiktok_api_base_url: str = _f("https://open.tiktokapis.com", "TikTok API host")
    google_accounts_base_url: str = _f("https://accounts.google.com", "Google consent host")
    google_oauth_base_url: str = _f("https://oauth2.googleapis.com", "Google token host")
    google_api_base_url: str = _f("https://www.googleapis.com", "YouTube Data API host")
    youtube_analytics_base_url: str = _f(
        "https://youtubeanalytics.googleapis.com", "YouTube Analytics host"
    )
    meta_web_base_url: str = _f("https://www.facebook.com", "Meta consent host")
    meta_graph_base_url: str = _f("https://graph.facebook.com", "Graph API host")
    meta_graph_video_base_url: str = _f("https://graph-video.facebook.com", "Graph video host")
    meta_rupload_base_url: str = _f("https://rupload.facebook.com", "Meta byte upload host")
    stripe_api_base_url: str = _f("https://api.stripe.com", "Stripe host")
    mailgun_api_base_url: str = _f("https://api.mailgun.net", "Mailgun host")
    discord_base_url: str = _f("https://discord.com", "Discord host")

    @property
    def containers(self) -> tuple[str, ...]:
        """Kinds of video file that are accepted besides MP4, MOV, Matroska and WebM."""
        return _words(self.extra_containers)

    @property
    def origins(self) -> tuple[str, ...]:
        """Browser origins that may call the API."""
        return _words(self.allowed_origins) or (self.frontend_url.rstrip("/"),)

    @property
    def extra_scopes(self) -> dict[str, tuple[str, ...]]:
        """Scopes asked for beside the defaults, by platform."""
        return {
            "tiktok": _words(self.tiktok_extra_scopes),
            "youtube": _words(self.google_extra_scopes),
            "instagram": _words(self.instagram_extra_scopes),
            "facebook": _words(self.facebook_extra_scopes),
        }

    @property
    def lookup_keys(self) -> tuple[str, ...]:
        """Stripe lookup keys that are offered; empty means every tier."""
        return _words(self.stripe_lookup_keys)

    @property
    def proxies(self) -> tuple[str, ...]:
        """Addresses of trusted proxies."""
        return _words(self.trusted_proxies)

    @property
    def storage_endpoint(self) -> str:
        """The S3 endpoint in use."""
        return self.r2_endpoint_url or f"https://{self.r2_account_id}.r2.cloudflarestorage.com"

    @property
    def is_development(self) -> bool:
        """Whether conveniences that production must not have are on."""
        return self.app_env is Environment.DEVELOPMENT

    @property
    def two_step_for_admins(self) -> bool:
        """Whether administrators need a second factor."""
        asked = self.admins_need_two_step
        return not self.is_development if asked is None else asked

    @property
    def docs_exposed(self) -> bool:
        """Whether /schema is served."""
        return self.is_development if self.expose_docs is None else self.expose_docs

    @property
    def verification(self) -> EmailVerification:
        """Whether registration must be verified by mail."""
        if self.email_verification is not None:
            return self.email_verification
        has_mail = bool(self.mailgun_api_key.get_secret_value())
        return EmailVerification.REQUIRED if has_mail else EmailVerification.OPTIONAL

    @property
    def queue_namespace(self) -> str:
        """The Dramatiq namespace both queues share."""
        return self.upload_job_queue.partition(":")[0]

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [*self._secret_problems(), *self._queue_problems(), *self._url_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _secret_problems(self) -> list[str]:
        problems = [
            f"{name.upper()} is required"
            for name in ("database_url", "redis_url", "token_enc_keys")
            if not getattr(self, name).get_secret_value()
        ]
        if len(self.jwt_secret.get_secret_value().encode()) < 32:
            problems.append("JWT_SECRET must have at least 32 bytes")
        admin = self.admin_api_key.get_secret_value()
        if admin and len(admin.encode()) < 32:
            problems.append("ADMIN_API_KEY must have at least 32 bytes")
        if self.failpoints and not self.is_development:
            problems.append("FAILPOINTS is for tests and refused in production")
        return problems

    def _queue_problems(self) -> list[str]:
        names = (self.upload_job_queue, self.telemetry_job_queue)
        if any(len(name.split(":")) != 2 or not all(name.split(":")) for name in names):
            return ["UPLOAD_JOB_QUEUE and TELEMETRY_JOB_QUEUE must read namespace:queue"]
        if names[0].split(":")[0] != names[1].split(":")[0]:
            return ["UPLOAD_JOB_QUEUE and TELEMETRY_JOB_QUEUE must share one namespace"]
        return []

    def _url_problems(self) -> list[str]:
        problems = []
        for name in type(self).model_fields:
            if name in ("base_url", "frontend_url") or name.endswith("_base_url"):
                parts = urlsplit(getattr(self, name))
                if parts.scheme not in ("http", "https") or not parts.netloc:
                    problems.append(f"{name.upper()} must be an absolute http(s) URL")
        if not _EXTRA_CONTAINERS.issuperset(self.containers):
            problems.append("EXTRA_CONTAINERS may list avi and mpegts")
        if "*" in self.origins:
            problems.append("ALLOWED_ORIGINS must list exact origins")
        return problems
