"""HTML pages, from templates with escaping switched on."""

from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=PackageLoader("uploadm8.dev.sandbox", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


_ENVIRONMENT.filters["when"] = _when


def render_page(template: str, **values: Any) -> str:
    """Fill a template of the sandbox."""
    return _ENVIRONMENT.get_template(template).render(**values)
