"""Every kind of background work on one page: its queue, its limits, how often it is tried."""

from dataclasses import dataclass
from enum import StrEnum


class Queue(StrEnum):
    """Queues by cost, so that a mail never waits behind a render.

    JOBS and TELEMETRY get their Redis names from UPLOAD_JOB_QUEUE and TELEMETRY_JOB_QUEUE.
    """

    JOBS = "jobs"  # publishing: network bound, a few minutes
    TELEMETRY = "telemetry"  # probing and rendering: processor bound, long
    LIGHT = "light"  # mail, webhooks, sweeps


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job.

    Attributes:
        name: `subject.verb`, also the name of its Dramatiq actor.
        queue: what it costs.
        timeout_s: time limit of one attempt; None means JOB_TIMEOUT_SECONDS.
        max_attempts: tries before it is dead (rate limits and shutdowns do not count).
        every_s: for periodic work, the period in seconds.
        max_crashes: deaths of a worker with the job in hand before it is taken for their cause.
    """

    name: str
    queue: Queue
    timeout_s: float | None = None
    max_attempts: int = 8
    every_s: int | None = None
    max_crashes: int = 3


INSPECT_UPLOAD = JobKind("uploads.inspect", Queue.TELEMETRY, max_attempts=5)
RENDER_UPLOAD = JobKind("renditions.render", Queue.TELEMETRY, max_attempts=5)
RENDER_SEGMENT = JobKind("renditions.segment", Queue.TELEMETRY, max_attempts=5)
JOIN_SEGMENTS = JobKind("renditions.join", Queue.TELEMETRY, max_attempts=5)
REMAKE_STILLS = JobKind("renditions.stills", Queue.TELEMETRY, max_attempts=5)
CLEAN_SEGMENTS = JobKind("renditions.clean_segments", Queue.LIGHT)
WORK_ON_UPLOAD = (INSPECT_UPLOAD, RENDER_UPLOAD, RENDER_SEGMENT, JOIN_SEGMENTS)
CLEAN_UPLOAD = JobKind("uploads.clean", Queue.LIGHT)
EXPIRE_UPLOADS = JobKind("uploads.expire", Queue.LIGHT, every_s=60)
RELEASE_PUBLICATIONS = JobKind("publishing.release", Queue.LIGHT)
# It only talks to others, so a worker that dies with it died of something else.
PUBLISH = JobKind(
    "publishing.publish", Queue.JOBS, timeout_s=2 * 3600, max_attempts=8, max_crashes=20
)
RECONCILE = JobKind("publishing.reconcile", Queue.JOBS, max_attempts=500)
SWEEP_PUBLICATIONS = JobKind("publishing.sweep", Queue.LIGHT, timeout_s=120, every_s=60)
FORESEE_ACCESS = JobKind("publishing.foresee_access", Queue.LIGHT, timeout_s=120, every_s=900)
ACCESS_WARNING = JobKind("publishing.access_warning", Queue.LIGHT, timeout_s=120)
AFTER_PUBLISH = JobKind("publishing.after", Queue.LIGHT, max_attempts=6)
POST_STEP = JobKind("publishing.post_step", Queue.LIGHT, timeout_s=300, max_attempts=6)
PULL_METRICS = JobKind("publishing.pull_metrics", Queue.LIGHT, timeout_s=120, max_attempts=4)
ROLL_UP = JobKind("publishing.roll_up", Queue.LIGHT, timeout_s=600, max_attempts=2, every_s=60)
ROLL_UP_LONG = JobKind(
    "publishing.roll_up_long", Queue.LIGHT, timeout_s=900, max_attempts=2, every_s=600
)
PASS_ON_EVENT = JobKind("notifications.pass_on", Queue.LIGHT, timeout_s=60)
ALERT = JobKind("notifications.alert", Queue.LIGHT, timeout_s=60)
# Its waits are those of Standard Webhooks, 75 hours in all; see domain/notifications/delivery.py.
DELIVER_WEBHOOK = JobKind(
    "notifications.deliver_webhook", Queue.LIGHT, timeout_s=60, max_attempts=10
)
WEEKLY_DIGEST = JobKind("analytics.weekly_digest", Queue.LIGHT, max_attempts=3, every_s=1800)
APPROVAL_MAIL = JobKind("publishing.approval_mail", Queue.LIGHT, timeout_s=120)
BILLING_NOTICE = JobKind("billing.notice", Queue.LIGHT)
STRIPE_EVENT = JobKind("billing.stripe_event", Queue.LIGHT, timeout_s=120, max_attempts=12)
END_DUPLICATE = JobKind("billing.end_duplicate", Queue.LIGHT, timeout_s=120, max_attempts=12)
BILLING_SWEEP = JobKind("billing.sweep", Queue.LIGHT, timeout_s=900, max_attempts=2, every_s=3600)
ACCOUNT_MAIL = JobKind("accounts.mail", Queue.LIGHT, timeout_s=120)
RESET_REQUESTED = JobKind("accounts.reset_requested", Queue.LIGHT, timeout_s=60)
VERIFY_REQUESTED = JobKind("accounts.verify_requested", Queue.LIGHT, timeout_s=60)
TEAM_MAIL = JobKind("workspaces.mail", Queue.LIGHT, timeout_s=120)
FORGET = JobKind("retention.rows", Queue.LIGHT, timeout_s=300, max_attempts=2, every_s=3600)
REMOVE_MEDIA = JobKind("retention.media", Queue.LIGHT, timeout_s=900, max_attempts=2, every_s=3600)
SWEEP_OBJECTS = JobKind(
    "retention.objects", Queue.LIGHT, timeout_s=900, max_attempts=2, every_s=3600
)
SEAL_AUDIT = JobKind("retention.seal_audit", Queue.LIGHT, timeout_s=900, every_s=3600)
REVOKE_ACCOUNT = JobKind("platforms.revoke_account", Queue.LIGHT)
VERIFY_ACCESS = JobKind("platforms.verify_access", Queue.LIGHT, timeout_s=120)
PLATFORM_MAIL = JobKind("platforms.mail", Queue.LIGHT, timeout_s=120)
KEEP_TOKENS_ALIVE = JobKind("platforms.keep_tokens_alive", Queue.LIGHT, every_s=900)
LOCK_ACCOUNT = JobKind("accounts.lock", Queue.LIGHT, max_attempts=20)
ERASE_ACCOUNT = JobKind("accounts.erase", Queue.LIGHT, timeout_s=1800, max_attempts=20)
EXPORT_DATA = JobKind("accounts.export", Queue.LIGHT, timeout_s=900)
FORGET_EXPORTS = JobKind("accounts.forget_exports", Queue.LIGHT, max_attempts=2, every_s=3600)

ALL: tuple[JobKind, ...] = tuple(v for v in list(globals().values()) if isinstance(v, JobKind))
