"""Parts of the composition root about outside parties: from settings to collaborators."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

from uploadm8.config import Config
from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.notifications.choices import Choices
from uploadm8.domain.notifications.service import NotificationServices, build_notifications
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Apps, Endpoints
from uploadm8.domain.platforms.clients.registry import Clients, build_clients
from uploadm8.domain.platforms.service import Platforms, build_platforms
from uploadm8.domain.publishing.reconnect import ask_sooner, look_for_hidden, requeue_parked
from uploadm8.domain.settings.service import SettingsService
from uploadm8.domain.workspaces.events import EventKind
from uploadm8.infra.discord import Discord
from uploadm8.infra.http import Http
from uploadm8.infra.mail.mailer import Mailer
from uploadm8.infra.outbound import open_outbound
from uploadm8.infra.security.cipher import Cipher


def billing_options(config: Config) -> BillingOptions:
    """The STRIPE_* settings."""
    return BillingOptions(
        secret_key=config.stripe_secret_key.get_secret_value(),
        webhook_secret=config.stripe_webhook_secret.get_secret_value(),
        api_base_url=config.stripe_api_base_url,
        lookup_keys=config.lookup_keys,
        default_lookup_key=config.stripe_default_lookup_key,
        success_url=config.stripe_success_url,
        cancel_url=config.stripe_cancel_url,
        portal_return_url=config.stripe_portal_return_url,
        trial_days=config.stripe_trial_days_default,
        automatic_tax=config.stripe_automatic_tax,
    )


def base_urls(config: Config) -> list[str]:
    """The base URLs of every outside party: plain http is allowed to these only."""
    ours = {"base_url", "frontend_url"}
    names = [name for name in Config.model_fields if name.endswith("_base_url")]
    return [getattr(config, name) for name in names if name not in ours]


def platform_clients(config: Config, http: Http) -> Clients:
    """Clients of the platforms, by the TIKTOK_*, GOOGLE_* and META_* settings."""
    endpoints = Endpoints(
        tiktok_web=config.tiktok_web_base_url,
        tiktok_api=config.tiktok_api_base_url,
        google_accounts=config.google_accounts_base_url,
        google_oauth=config.google_oauth_base_url,
        google_api=config.google_api_base_url,
        youtube_analytics=config.youtube_analytics_base_url,
        meta_web=config.meta_web_base_url,
        meta_graph=config.meta_graph_base_url,
        meta_graph_video=config.meta_graph_video_base_url,
        meta_rupload=config.meta_rupload_base_url,
        meta_version=config.meta_api_version,
    )
    apps = Apps(
        tiktok=AppCredentials(
            config.tiktok_client_key, config.tiktok_client_secret.get_secret_value()
        ),
        google=AppCredentials(
            config.google_client_id, config.google_client_secret.get_secret_value()
        ),
        meta=AppCredentials(config.meta_app_id, config.meta_app_secret.get_secret_value()),
        extra_scopes=config.extra_scopes,
    )
    return build_clients(http, endpoints, apps)


def connect_platforms(
    config: Config, http: Http, cipher: Cipher, choices: Choices, mailer: Mailer
) -> Platforms:
    """The platforms with everything around them."""
    return build_platforms(
        platform_clients(config, http),
        cipher,
        base_url=config.base_url,
        frontend_url=config.frontend_url,
        allow_account=choices.entitlements.check_accounts,
        mailer=mailer,
        wants_mail=partial(choices.wants_mail, kind=EventKind.ACCOUNT_NEEDS_RECONNECT),
        connected=requeue_parked,
        posts_moved=ask_sooner,
        post_hidden=look_for_hidden,
        verify_token=config.meta_webhook_verify_token.get_secret_value(),
    )


def build_settings(
    cipher: Cipher, discord_base_url: str, entitlements: Entitlements
) -> SettingsService:
    """The settings, which ask the tier about what not everybody has."""

    async def allow(workspace_id: UUID, feature: str) -> None:
        await entitlements.require(workspace_id, Feature(feature))

    return SettingsService(cipher, discord_base_url, allow)


@asynccontextmanager
async def open_notifications(
    config: Config, http: Http, cipher: Cipher, choices: Choices, mailer: Mailer
) -> AsyncIterator[NotificationServices]:
    """Mail, Discord and signed webhooks."""
    async with open_outbound(allow_private=config.webhook_private_addresses) as outbound:
        discord = Discord(http, config.discord_base_url)
        yield build_notifications(choices, cipher, outbound, discord, mailer, config.frontend_url)
