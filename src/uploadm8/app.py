"""The API's composition root: settings, services, controllers, Litestar, on one screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from uploadm8.config import Config
from uploadm8.infra.db.engine import DB
from uploadm8.infra.logging import configure_logging
from uploadm8.services import install_doorbell, open_services


def create_app(config: Config | None = None) -> Litestar:
    """Build the ASGI application; connections are opened by its lifespan."""
    config = config or Config()
    configure_logging(config.log_level, json=not config.is_development)
    DB.configure(config.database_url.get_secret_value(), application="web")
    install_doorbell(config)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_services(config) as services:
            app.state.services = services
            yield

    return Litestar(route_handlers=[], lifespan=[lifespan], request_max_body_size=262_144)
