"""Logs: JSON in production, colours in a terminal; secrets and addresses never get through."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEY = re.compile(
    r"(?i)pass|secret|token|authorization|cookie|signature|otp|verifier|upload_url|session_uri|handle$"
)
_QUERY = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*")
_MAIL = re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,})\b")
_BEARER = re.compile(r"(?i)\b(bearer|oauth|basic)\s+[A-Za-z0-9._~+/=-]{8,}")


def scrub(text: str) -> str:
    """Take URL queries (presigned URLs are credentials), tokens and mail addresses out of a text."""
    text = _QUERY.sub(r"\1?…", text)
    text = _BEARER.sub(r"\1 …", text)
    return _MAIL.sub(r"\1***@\2", text)


def is_secret(name: str) -> bool:
    """Whether a value of that name must never be shown."""
    return _SECRET_KEY.search(name) is not None


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if is_secret(key):
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


def configure_logging(level: str, *, json: bool) -> None:
    """Route structlog and the standard library through one formatter to stdout."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info
        if json
        else structlog.stdlib.PositionalArgumentsFormatter(),
        _redact,
    ]
    # The default shows local variables: secrets among them, and seconds in which nothing else runs.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = structlog.processors.JSONRenderer() if json else console
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        # Below the level nothing is put together, let alone searched for secrets.
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *shared[:4],
                structlog.stdlib.PositionalArgumentsFormatter(),
                _redact,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "botocore", "aiobotocore", "dramatiq.broker", "urllib3"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
