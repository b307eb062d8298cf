"""The OpenAPI document: title, servers, how to authenticate, one problem schema for all errors."""

from litestar import Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Server

from uploadm8 import __version__
from uploadm8.api.described import DescribedJson


def openapi_config(base_url: str) -> OpenAPIConfig:
    """What /schema/openapi.json says about the API as a whole."""
    return OpenAPIConfig(
        title="UploadM8",
        version=__version__,
        description=(
            "Upload a video once: burn its telemetry in as a HUD, render what each platform wants,"
            " publish everywhere. Errors are RFC 9457 problems with a stable `code`."
        ),
        servers=[Server(url=base_url)],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An access token of POST /api/auth/login, or an API key.",
                )
            }
        ),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        render_plugins=[DescribedJson()],
        openapi_router=Router(
            path="/schema",
            route_handlers=[],
            opt={"public": "the description holds no data"},
            include_in_schema=False,
        ),
    )
