"""OpenTelemetry as the recorder of spans; needs the extra ``tracing``."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from uploadm8.infra.tracing import Span, SpanKind, Value, record_with


class TracingMissingError(RuntimeError):
    """OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra ``tracing`` is not installed."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    span: Any

    @property
    def traceparent(self) -> str:
        context = self.span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"

    def set(self, attributes: Mapping[str, Value]) -> None:
        self.span.set_attributes(attributes)

    def failed(self, why: str) -> None:
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  an optional extra

        if self.span.status.is_unset:  # the first word is the closest to the cause
            self.span.set_status(Status(StatusCode.ERROR, why))

    def rename(self, name: str) -> None:
        self.span.update_name(name)


@dataclass(frozen=True, slots=True)
class OpenTelemetry:
    """Spans through a provider's tracer."""

    provider: Any

    @contextmanager
    def span(
        self, name: str, kind: SpanKind, parent: str | None, attributes: Mapping[str, Value]
    ) -> Iterator[Span]:
        """Record the block; the message of an exception stays out, since it may hold user data."""
        from opentelemetry import trace  # noqa: PLC0415  an optional extra
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        carrier = {"traceparent": parent} if parent else {}
        with self.provider.get_tracer("uploadm8").start_as_current_span(
            name,
            context=TraceContextTextMapPropagator().extract(carrier),
            kind=trace.SpanKind[kind.name],
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as begun:
            recorded = _Recorded(begun)
            try:
                yield recorded
            except BaseException as error:
                recorded.failed(type(error).__name__)
                raise


def start_tracing(endpoint: str, share: float, role: str, version: str) -> OpenTelemetry:
    """Export the spans of this process over OTLP/HTTP.

    Args:
        endpoint: base URL of the collector; ``/v1/traces`` is added.
        share: of all traces, how many are recorded, 0 to 1.
        role: ``web`` or ``worker``.
        version: our release.

    Raises:
        TracingMissingError: the extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise TracingMissingError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set: install uploadm8[tracing], or unset it."
        ) from error
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    return recorder(BatchSpanProcessor(exporter), share, role, version)


def recorder(processor: Any, share: float, role: str, version: str) -> OpenTelemetry:
    """Record through a span processor, from now on."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import (  # noqa: PLC0415
        ParentBased,
        TraceIdRatioBased,
    )

    resource = Resource.create({"service.name": f"uploadm8-{role}", "service.version": version})
    provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(share)))
    provider.add_span_processor(processor)
    tracing = OpenTelemetry(provider)
    record_with(tracing)
    return tracing


def stop_tracing(tracing: OpenTelemetry) -> None:
    """Send what is left, and record no more."""
    record_with(None)
    tracing.provider.shutdown()
