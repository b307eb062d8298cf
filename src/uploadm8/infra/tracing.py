"""Traces: one id from a request through its jobs to the calls they make.

The id is made here and always stands in the logs and in the job's row. Spans are recorded only
once `record_with` was given a tracer (`infra/opentelemetry.py`).
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Protocol

import structlog

Value = str | int | float | bool


class SpanKind(StrEnum):
    """Which side of a call a span tells about."""

    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"


class Span(Protocol):
    """A step that is going on."""

    @property
    def traceparent(self) -> str:
        """W3C form of the trace and this step: ``00-<32 hex>-<16 hex>-<2 hex>``."""

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Say more about the step."""

    def failed(self, why: str) -> None:
        """Mark the step as failed, in a word."""

    def rename(self, name: str) -> None:
        """Give the step the name that is known by now."""


class Tracer(Protocol):
    """Something that records spans."""

    def span(
        self, name: str, kind: SpanKind, parent: str | None, attributes: Mapping[str, Value]
    ) -> AbstractContextManager[Span]:
        """Record the block as a span, below `parent` (a traceparent)."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A step that is not recorded: only its ids exist."""

    traceparent: str

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Nobody listens."""

    def failed(self, why: str) -> None:
        """Nobody listens."""

    def rename(self, name: str) -> None:
        """Nobody listens."""


@dataclass(slots=True)
class _Recording:
    tracer: Tracer | None = field(default=None)


_recording = _Recording()
_current: ContextVar[Span | None] = ContextVar("span", default=None)


def record_with(tracer: Tracer | None) -> None:
    """Let this process's spans be recorded by a tracer; None stops that."""
    _recording.tracer = tracer


def traceparent() -> str | None:
    """Where we are, for a job's row; None outside any span."""
    span = _current.get()
    return None if span is None else span.traceparent


class _Step:
    """The block of one span. A class and not a generator, since every request opens one."""

    __slots__ = ("_bound", "_opening", "_token")

    def __init__(self, opening: AbstractContextManager[Span]) -> None:
        self._opening = opening

    def __enter__(self) -> Span:
        begun, outer = self._opening.__enter__(), _current.get()
        trace_id = begun.traceparent[3:35]
        new = outer is None or outer.traceparent[3:35] != trace_id
        self._bound = structlog.contextvars.bind_contextvars(trace_id=trace_id) if new else {}
        self._token = _current.set(begun)
        return begun

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _current.reset(self._token)
        structlog.contextvars.reset_contextvars(**self._bound)
        self._opening.__exit__(kind, error, traceback)


def span(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, Value] | None = None,
    *,
    parent: str | None = None,
) -> AbstractContextManager[Span]:
    """Run the block as a step of the trace of `parent`, else of the one that is going on.

    The first span binds ``trace_id`` to the log until it ends.
    """
    outer = _current.get()
    above = parent or (None if outer is None else outer.traceparent)
    if _recording.tracer is not None:
        return _Step(_recording.tracer.span(name, kind, above, attributes or {}))
    ids = os.urandom(24).hex()
    trace_id = above[3:35] if above else ids[:32]
    return _Step(nullcontext(Plain(f"00-{trace_id}-{ids[32:]}-00")))
