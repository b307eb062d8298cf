"""Publications and every attempt to make one."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.platforms.tables import ConnectedAccount, Platform
from uploadm8.domain.renditions.tables import Rendition
from uploadm8.domain.uploads.tables import Upload
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class PublicationState(StrEnum):
    """Where a publication is; see lifecycle.py for the moves."""

    DRAFT = "draft"  # waits for the rendition
    HELD = "held"  # waits for a person: manual queue, approval, or a missed time
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    PREPARING = "preparing"
    TRANSFERRING = "transferring"
    COMMITTING = "committing"
    CONFIRMING = "confirming"
    RETRY_WAIT = "retry_wait"
    NEEDS_RECONNECT = "needs_reconnect"
    PUBLISHED = "published"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELED = "canceled"


class ScheduleMode(StrEnum):
    """How the time of a publication was chosen."""

    NOW = "now"
    QUEUE = "queue"
    AT = "at"
    SMART = "smart"


class ApprovalState(StrEnum):
    """What became of a question to the approvers."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    VOIDED = "voided"  # what it was about has changed


class RequiredOf(StrEnum):
    """Whose publications need an approval."""

    NOBODY = "nobody"
    EDITORS = "editors"
    EVERYBODY = "everybody"


class AttemptPhase(StrEnum):
    """Which step of the protocol an attempt row records."""

    PREPARE = "prepare"
    TRANSFER = "transfer"
    COMMIT_INTENT = "commit_intent"
    COMMIT = "commit"
    CHECK = "check"


class Publication(Table, tablename="publications", db=DB):
    """One post of one upload on one connected account."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict)
    upload = ForeignKey(Upload, null=False, on_delete=OnDelete.restrict)
    account = ForeignKey(ConnectedAccount, null=False, on_delete=OnDelete.restrict, index=True)
    rendition = ForeignKey(Rendition, null=True, default=None, on_delete=OnDelete.restrict)
    created_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    platform = Varchar(length=16, default=None)
    slot = Integer(default=0)  # raised by an explicit "post again"
    state = Varchar(length=20, default=PublicationState.DRAFT)
    held_reason = Varchar(length=40, null=True, default=None)
    caption = Text()
    caption_template = Text(null=True, default=None)  # put in when the video is known
    options = JSONB(default="{}")
    consent = JSONB(default="{}")
    schedule_mode = Varchar(length=8, default=ScheduleMode.NOW)
    time_zone = Varchar(length=64, default="UTC")
    publish_at = Timestamptz(null=True, default=None)
    late = Boolean(default=False)
    handle_enc = Text(null=True, default=None)  # the platform's handle; may hold a credential
    handle_at = Timestamptz(null=True, default=None)
    bytes_sent = BigInt(default=0)
    bytes_total = BigInt(null=True, default=None)
    commit_intent_at = Timestamptz(null=True, default=None)
    attempts = Integer(default=0)
    delivered_by = UUID(null=True, default=None)  # the one job that may deliver it
    why = Text(null=True, default=None)  # how a smart time was chosen
    platform_post_id = Varchar(length=120, null=True, default=None)
    public_url = Text(null=True, default=None)
    error_class = Varchar(length=24, null=True, default=None)
    error_code = Varchar(length=64, null=True, default=None)
    error_detail = Text(null=True, default=None)
    error_action = Text(null=True, default=None)
    findings = JSONB(default="[]")
    cancel_requested = Boolean(default=False)
    approval_needed = Boolean(default=False)  # by the workspace's rule when it was planned
    accepted_at = Timestamptz(default=TimestamptzNow())
    first_commit_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)
    updated_at = Timestamptz(default=TimestamptzNow())

    check_publications_platform = one_of("platform", Platform)
    check_publications_state = one_of("state", PublicationState)
    check_publications_schedule_mode = one_of("schedule_mode", ScheduleMode)
    unique_publications_slot = Unique([upload, account, slot])
    unique_publications_post = Unique([account, platform_post_id])


class Approval(Table, tablename="approvals", db=DB):
    """A question to the approvers, and the answer; about exactly what the hash covers."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    publication = ForeignKey(Publication, null=False, on_delete=OnDelete.cascade, index=True)
    content_hash = Varchar(length=64, default=None)
    state = Varchar(length=12, default=ApprovalState.PENDING)
    requested_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    decided_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    decided_at = Timestamptz(null=True, default=None)
    comment = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    check_approvals_state = one_of("state", ApprovalState)


class ApprovalPolicy(Table, tablename="approval_policies", db=DB):
    """Whose publications wait for an approver in a workspace that has approvals."""

    workspace = ForeignKey(Workspace, primary_key=True, null=False, on_delete=OnDelete.cascade)
    required_of = Varchar(length=12, default=RequiredOf.EDITORS)
    self_approval = Boolean(default=False)

    check_approval_policies_required_of = one_of("required_of", RequiredOf)


class PublishAttempt(Table, tablename="publish_attempts", db=DB):
    """Append-only: what was tried, and what the platform answered."""

    id = UUID(primary_key=True, default=RowId())
    publication = ForeignKey(Publication, null=False, on_delete=OnDelete.cascade, index=True)
    phase = Varchar(length=16, default=None)
    worker = Varchar(length=80)
    lease_epoch = BigInt(default=0)
    http_status = Integer(null=True, default=None)
    error_class = Varchar(length=24, null=True, default=None)
    error_code = Varchar(length=64, null=True, default=None)
    detail = Text(null=True, default=None)
    at = Timestamptz(default=TimestamptzNow())

    check_publish_attempts_phase = one_of("phase", AttemptPhase)


class PublicationMetrics(Table, tablename="publication_metrics", db=DB):
    """What people had done with a post at one moment; null where the platform does not say."""

    id = UUID(primary_key=True, default=RowId())
    publication = ForeignKey(Publication, null=False, on_delete=OnDelete.cascade)
    pull = Integer(default=None)  # counts the looks at the post, from 0
    views = BigInt(null=True, default=None)
    likes = BigInt(null=True, default=None)
    comments = BigInt(null=True, default=None)
    shares = BigInt(null=True, default=None)
    more = JSONB(default="{}")  # further figures, by the platform's own names
    gone = Varchar(length=80, null=True, default=None)  # why the post no longer exists
    at = Timestamptz(default=TimestamptzNow())

    unique_publication_metrics_pull = Unique([publication, pull])


class PostingTimes(Table, tablename="posting_times", db=DB):
    """The weekly times at which an account's queue is published."""

    account = ForeignKey(ConnectedAccount, primary_key=True, null=False, on_delete=OnDelete.cascade)
    time_zone = Varchar(length=64, default="UTC")
    times = JSONB(default="[]")  # [{"day": 0..6 from Monday, "at": "18:30:00"}]
    updated_at = Timestamptz(default=TimestamptzNow())


class AccountPace(Table, tablename="account_paces", db=DB):
    """How fast one account posts; its row is locked by whoever is about to commit."""

    account = ForeignKey(ConnectedAccount, primary_key=True, null=False, on_delete=OnDelete.cascade)
    last_commit_at = Timestamptz(null=True, default=None)


class PlatformCircuit(Table, tablename="platform_circuits", db=DB):
    """Whether a platform is worth asking now; one row each, shared by all workers."""

    platform = Varchar(length=16, primary_key=True)
    window_at = Timestamptz(default=TimestamptzNow())
    calls = Integer(default=0)
    failures = Integer(default=0)
    pause_s = Integer(default=0)  # 0 while closed; doubles each time a probe fails
    opens_at = Timestamptz(null=True, default=None)  # from here on probes are let through
    probes = Integer(default=0)
    probe_at = Timestamptz(null=True, default=None)
