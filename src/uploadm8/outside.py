"""From settings to the outside parties: their addresses, and our credentials there."""

from uploadm8.config import Config
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Apps, Endpoints
from uploadm8.domain.platforms.clients.registry import Clients, build_clients
from uploadm8.infra.http import Http


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
    """A client for every platform, whether or not our app is registered there."""
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
