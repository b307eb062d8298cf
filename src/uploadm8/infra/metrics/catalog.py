"""Every metric of the product on one page; docs/observability.md says how to read them."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

# A creation time per series would double the size of every scrape.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
"""What this process has counted; not the library's global registry, which other code may fill."""

_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_CALL = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_WORK = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0, 1800.0, 7200.0)
_WAIT = (0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
_DELIVERY = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0)
_FPS = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 480.0)
_HASH = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(f"uploadm8_{name}", meaning, labels, registry=REGISTRY)


def _gauge(name: str, meaning: str, *labels: str) -> Gauge:
    return Gauge(f"uploadm8_{name}", meaning, labels, registry=REGISTRY)


def _histogram(name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(f"uploadm8_{name}", meaning, labels, buckets=buckets, registry=REGISTRY)


INFO = _gauge("process_info", "1 for every process, with its role and release.", "role", "version")
LAG = _histogram("event_loop_lag_seconds", "How late the event loop woke a sleeper.", _REQUEST)

REQUESTS = _counter(
    "http_requests_total", "Requests answered.", "method", "route", "status"
)  # fmt: skip
REQUEST_SECONDS = _histogram(
    "http_request_seconds", "Time from request to end of answer.", _REQUEST, "method", "route"
)
REQUESTS_NOW = _gauge("http_requests_in_flight", "Requests being answered.")
RATE_LIMIT = _counter(
    "rate_limit_hits_total", "Hits of the rate limiter, by verdict and by who counted.",
    "verdict", "counted_by",
)  # fmt: skip
HASH_SECONDS = _histogram("password_hash_seconds", "Waiting and hashing of a password.", _HASH)
HASH_WAITING = _gauge("password_hash_waiting", "Passwords that wait or are being hashed.")
HASH_REFUSED = _counter("password_hash_refused_total", "Sign-ins refused since too many waited.")

READ = _gauge("readings_ok", "1 when the figures from the database are part of the answer.")
POOL = _gauge("db_pool_connections", "Connections of the pool: open, in use, and at most.", "state")

JOBS = _counter("jobs_total", "Attempts at jobs, by how they ended.", "kind", "outcome")
JOB_SECONDS = _histogram("job_seconds", "Time of one attempt at a job.", _WORK, "kind")
JOB_WAIT_SECONDS = _histogram(
    "job_wait_seconds", "Time from when a job was due to when it was begun.", _WAIT, "queue"
)
LEASES_EXPIRED = _counter("job_leases_expired_total", "Jobs taken from silent workers.", "kind")

RENDER_FPS = _histogram("render_fps", "Source pictures a second of a render.", _FPS)
RENDER_PICTURES = _counter("render_pictures_total", "Source pictures rendered.")
RENDER_SECONDS = _counter(
    "render_seconds_total",
    "Time spent rendering (part=render), of that in the HUD (part=hud), and around it:"
    " download, start of the child, stills (part=overhead).",
    "part",
)

PUBLICATIONS = _counter(
    "publications_total", "Publications that entered a state.", "platform", "state"
)
PUBLISH_SECONDS = _histogram(
    "publish_seconds", "Time from when a post was due to when it was live.", _DELIVERY, "platform"
)
CALLS = _counter(
    "outgoing_requests_total",
    "Requests to other services; host=other for addresses that are not configured.",
    "host", "method", "outcome",
)  # fmt: skip
CALL_SECONDS = _histogram(
    "outgoing_request_seconds", "Time of a request to another service.", _CALL, "host"
)

REMOVED = _counter("retention_removed_total", "Rows or objects removed by retention.", "what")
REMOVED_BYTES = _counter("retention_removed_bytes_total", "Bytes of removed objects.", "what")
ALERTS = _counter("alerts_told_total", "Alerts sent to the operators.", "alert", "event")
