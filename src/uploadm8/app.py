"""The API's composition root: settings, services, controllers, Litestar, on one screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.serialization import encode_json
from litestar.types import ControllerRouterHandler

from uploadm8.api.context import Edge
from uploadm8.api.described import described
from uploadm8.api.guards import Door, provide_principal, without_tasks
from uploadm8.api.health import healthz, readyz
from uploadm8.api.idempotency import provide_idempotency
from uploadm8.api.openapi import openapi_config
from uploadm8.api.problems import EXCEPTION_HANDLERS
from uploadm8.api.requests import StrictRequest
from uploadm8.config import Config
from uploadm8.doctor.examine import require_fit
from uploadm8.domain.accounts.controllers import AuthController, provide_client
from uploadm8.domain.accounts.credential_controllers import CredentialController
from uploadm8.domain.accounts.session_controllers import SessionsController, TwoStepController
from uploadm8.domain.admin.controllers import AdminController
from uploadm8.domain.admin.metrics_controllers import metrics
from uploadm8.domain.admin.people_controllers import AdminPeopleController
from uploadm8.domain.admin.read_controllers import AdminReadsController
from uploadm8.domain.admin.work_controllers import AdminWorkController
from uploadm8.domain.analytics.controllers import AnalyticsController
from uploadm8.domain.audit.controllers import AuditController
from uploadm8.domain.billing.controllers import BillingController
from uploadm8.domain.captions.controllers import CaptionTemplatesController
from uploadm8.domain.kpi.controllers import KpiController
from uploadm8.domain.notifications.controllers import WebhooksController
from uploadm8.domain.platforms.controllers import OAuthController, PlatformsController
from uploadm8.domain.platforms.webhook_controllers import PlatformWebhooksController
from uploadm8.domain.publishing.approval_controllers import (
    ApprovalsController,
    DecisionsController,
)
from uploadm8.domain.publishing.controllers import PublicationsController, QueueController
from uploadm8.domain.publishing.preflight_controllers import PreflightController
from uploadm8.domain.publishing.status_controllers import StatusController
from uploadm8.domain.renditions.controllers import HudController
from uploadm8.domain.renditions.thumbnail_controllers import ThumbnailController
from uploadm8.domain.settings.controllers import SettingsController
from uploadm8.domain.settings.layout_controllers import HudLayoutsController
from uploadm8.domain.uploads.controllers import UploadsController
from uploadm8.domain.workspaces.account_controllers import AccountController
from uploadm8.domain.workspaces.controllers import ApiKeysController, MeController
from uploadm8.domain.workspaces.invitation_controllers import (
    InvitationsController,
    JoiningController,
)
from uploadm8.domain.workspaces.team_controllers import MembersController, WorkspacesController
from uploadm8.infra.db.engine import DB
from uploadm8.infra.logging import configure_logging
from uploadm8.operations import operating
from uploadm8.services import install_doorbell, open_services
from uploadm8.starting import read_config

ROUTES: list[ControllerRouterHandler] = [
    healthz,
    readyz,
    metrics,
    AuthController,
    CredentialController,
    SessionsController,
    TwoStepController,
    MeController,
    ApiKeysController,
    AccountController,
    WorkspacesController,
    MembersController,
    InvitationsController,
    JoiningController,
    SettingsController,
    WebhooksController,
    CaptionTemplatesController,
    UploadsController,
    PreflightController,
    PublicationsController,
    QueueController,
    ApprovalsController,
    DecisionsController,
    StatusController,
    HudController,
    HudLayoutsController,
    ThumbnailController,
    PlatformsController,
    OAuthController,
    PlatformWebhooksController,
    BillingController,
    AuditController,
    AnalyticsController,
    KpiController,
    AdminController,
    AdminReadsController,
    AdminPeopleController,
    AdminWorkController,
]

DEPENDENCIES = {
    "principal": Provide(provide_principal, sync_to_thread=False),
    "client": Provide(provide_client, sync_to_thread=False),
    "idempotency": Provide(provide_idempotency),
}


def schema(base_url: str = "https://auth.uploadm8.com") -> bytes:
    """The OpenAPI document as JSON; needs no settings and opens no connection."""
    bare = Litestar(
        route_handlers=ROUTES, dependencies=DEPENDENCIES, openapi_config=openapi_config(base_url)
    )
    return encode_json(described(bare.openapi_schema.to_schema()))


def create_app(config: Config | None = None) -> Edge:
    """Build the ASGI application; connections are opened by its lifespan."""
    config = config or read_config()
    configure_logging(config.log_level, json=not config.is_development)
    DB.configure(config.database_url.get_secret_value(), application="web")
    install_doorbell(config)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        await require_fit(config)
        async with open_services(config) as services, operating(services, "web"):
            app.state.services = services
            yield

    litestar = Litestar(
        route_handlers=ROUTES,
        lifespan=[lifespan],
        middleware=[Door],
        dependencies=DEPENDENCIES,
        exception_handlers=dict(EXCEPTION_HANDLERS),
        request_class=StrictRequest,
        request_max_body_size=262_144,
        cors_config=_cors(config),
        openapi_config=openapi_config(config.base_url) if config.docs_exposed else None,
        logging_config=None,
        debug=False,
    )
    return Edge(without_tasks(litestar), config.proxies)


def _cors(config: Config) -> CORSConfig:
    return CORSConfig(
        allow_origins=list(config.origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "X-Request-Id",
            "X-UM8-CSRF",
            "X-Workspace-Id",
        ],
        expose_headers=[
            "Idempotency-Replayed",
            "RateLimit-Limit",
            "RateLimit-Remaining",
            "RateLimit-Reset",
            "Retry-After",
            "X-Picture-Time",
            "X-Request-Id",
        ],
        allow_credentials=True,  # the refresh cookie
        max_age=600,
    )
