"""Unforeseen errors, reported to Sentry when there is one: without values, bodies or people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from uploadm8.infra.logging import is_secret, scrub

# What the log binds around a request or job, and a report may carry.
_TAGS = ("request_id", "trace_id", "job", "job_id", "attempt")
_KEPT = frozenset(
    {
        *("event_id", "timestamp", "level", "platform", "environment", "release", "tags"),
        *("exception", "sdk", "contexts", "server_name", "transaction_info"),
    }
)


class ReportsMissingError(RuntimeError):
    """SENTRY_DSN is set, but the extra ``sentry`` is not installed."""


@dataclass(slots=True)
class _Reporting:
    capture: Callable[[BaseException, Mapping[str, str]], None] | None = None


_reporting = _Reporting()


def report(error: BaseException) -> None:
    """Report an error that nobody foresaw; nothing happens without Sentry."""
    if _reporting.capture is not None:
        bound = structlog.contextvars.get_contextvars()
        _reporting.capture(error, {name: str(bound[name]) for name in _TAGS if name in bound})


def start_reports(
    dsn: str, *, environment: str, version: str, role: str, transport: Any = None
) -> None:
    """Report to Sentry from now on.

    Args:
        dsn: of the project.
        environment: production or development.
        version: our release.
        role: ``web`` or ``worker``.
        transport: takes the reports instead of the network, for tests.

    Raises:
        ReportsMissingError: the extra is not installed.
    """
    try:
        import sentry_sdk  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise ReportsMissingError(
            "SENTRY_DSN is set: install uploadm8[sentry], or unset it."
        ) from error
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=f"uploadm8@{version}",
        transport=transport,
        default_integrations=False,  # they would send requests, log lines and local variables
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=_before_send,
    )

    def capture(error: BaseException, tags: Mapping[str, str]) -> None:
        with sentry_sdk.new_scope() as scope:
            scope.set_tags({"role": role, **tags})
            scope.capture_exception(error)

    _reporting.capture = capture


def stop_reports() -> None:
    """Send what is left, and report no more."""
    if _reporting.capture is not None:
        import sentry_sdk  # noqa: PLC0415

        sentry_sdk.flush(2)
        _reporting.capture = None


def _before_send(event: Any, _hint: dict[str, Any]) -> Any:
    """Only what is known to be harmless, with secrets and addresses taken out of every text."""
    return _clean({name: event[name] for name in event if name in _KEPT})


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: "…" if is_secret(str(key)) else _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value
