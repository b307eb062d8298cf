"""What an error report says, and what it must never say."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from sentry_sdk.transport import Transport

from uploadm8.infra.reports import report, start_reports, stop_reports


class Kept(Transport):  # type: ignore[misc]  # skipped by mypy
    """Keeps the reports instead of sending them."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        event = envelope.get_event()
        if event is not None:
            self.events.append(event)


@pytest.fixture
def kept() -> Iterator[Kept]:
    transport = Kept()
    start_reports(
        "https://public@sentry.example.com/1",
        environment="production",
        version="1.2.3",
        role="worker",
        transport=transport,
    )
    yield transport
    stop_reports()


def fail(secret: str) -> None:
    raise RuntimeError(f"anna@example.com at https://r2.example.com/k?X-Amz-Signature={secret}")


def test_a_report_names_error_release_and_request_but_no_secret_and_no_person(kept: Kept) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req-12345678", email="anna@e.com"):
        try:
            fail("hunter2hunter2")
        except RuntimeError as error:
            report(error)
    (event,) = kept.events
    assert event["release"] == "uploadm8@1.2.3"
    assert event["tags"]["request_id"] == "req-12345678"
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    told = str(event)
    assert "hunter2" not in told
    assert "anna" not in told
    assert "vars" not in event["exception"]["values"][0]["stacktrace"]["frames"][0]


def test_nothing_is_reported_once_stopped(kept: Kept) -> None:
    stop_reports()
    report(RuntimeError("late"))
    assert kept.events == []
