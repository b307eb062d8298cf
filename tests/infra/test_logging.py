"""Log lines: one per event, and nothing in them that should not be."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from uploadm8.infra.logging import configure_logging, scrub


@contextmanager
def written_as(*, json: bool) -> Iterator[io.StringIO]:
    """What is written, as production writes it or as a terminal shows it."""
    root = logging.getLogger()
    before = root.handlers, root.level, structlog.get_config()
    configure_logging("INFO", json=json)
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers, level, config = before
    root.setLevel(level)
    structlog.configure(**config)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    with written_as(json=True) as written:
        yield written


@pytest.mark.parametrize("json", [True, False])
def test_t28_a_failure_is_shown_without_the_values_of_variables(json: bool) -> None:
    with written_as(json=json) as written:
        try:
            password = "SENTINEL".lower()
            raise RuntimeError("no luck" + password[:0])
        except RuntimeError:
            structlog.get_logger("t").exception("failed")
    assert "RuntimeError: no luck" in written.getvalue()
    assert "sentinel" not in written.getvalue()


def test_t29_control_characters_cannot_begin_a_line_of_their_own(lines: io.StringIO) -> None:
    structlog.get_logger("t").info("met", name='a\n{"event": "forged"}\r\x1b[31m')
    (line,) = lines.getvalue().splitlines()
    assert json.loads(line)["event"] == "met"
    assert "\x1b" not in line


def test_t28_secrets_are_known_by_their_names_and_by_their_looks(lines: io.StringIO) -> None:
    structlog.get_logger("t").info(
        "called",
        access_token="SENTINEL-1",
        url="https://r2.example.com/key?X-Amz-Signature=SENTINEL-2",
        header="Bearer SENTINEL-3-abcdefgh",
        who="sentinel.person@example.com",
    )
    logging.getLogger("library").warning("sent to %s", "sentinel.person@example.com")
    text = lines.getvalue()
    assert "SENTINEL" not in text
    assert "sentinel.person" not in text
    assert len(text.splitlines()) == 2


def test_t28_the_mask_keeps_what_helps() -> None:
    assert scrub("mail to someone@example.com") == "mail to s***@example.com"
    assert scrub("GET https://a.example/b?c=d") == "GET https://a.example/b?…"
