"""The tables of the first release."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import Column, OnDelete
from piccolo.columns.base import OnUpdate
from piccolo.columns.column_types import Array
from piccolo.columns.column_types import BigInt
from piccolo.columns.column_types import BigSerial
from piccolo.columns.column_types import Boolean
from piccolo.columns.column_types import Date
from piccolo.columns.column_types import DoublePrecision
from piccolo.columns.column_types import ForeignKey
from piccolo.columns.column_types import Integer
from piccolo.columns.column_types import JSONB
from piccolo.columns.column_types import Text
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.column_types import Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.defaults.uuid import UUID4
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check, Constraint, Unique
from piccolo.table import Table, create_table_class
from uploadm8.infra.db.types import RowId

ID = "2026-11-23T02:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "tables of the first release"


def _referred(name: str, tablename: str) -> type[Table]:
    """A table that a foreign key points at, as far as the key needs to know it."""
    return create_table_class(
        name,
        class_kwargs={"tablename": tablename},
        class_members={"id": UUID(default=RowId(), primary_key=True)},
    )


ConnectedAccount = _referred("ConnectedAccount", "connected_accounts")
Publication = _referred("Publication", "publications")
QuotaPeriod = _referred("QuotaPeriod", "quota_periods")
RenderPlan = _referred("RenderPlan", "render_plans")
Rendition = _referred("Rendition", "renditions")
Upload = _referred("Upload", "uploads")
User = _referred("User", "users")
WebhookEndpoint = _referred("WebhookEndpoint", "webhook_endpoints")
Workspace = _referred("Workspace", "workspaces")
WorkspaceEvent = _referred("WorkspaceEvent", "workspace_events")

_COLUMN: dict[str, Any] = {
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}
_KEY: dict[str, Any] = {
    **_COLUMN,
    "on_update": OnUpdate.cascade,
    "target_column": None,
    "index": True,
}


def _column(kind: type[Column], **given: Any) -> tuple[type[Column], dict[str, Any]]:
    return kind, {**(_KEY if kind is ForeignKey else _COLUMN), **given}


TABLES: dict[tuple[str, str], dict[str, tuple[type[Column], dict[str, Any]]]] = {
    ("AccountPace", "account_paces"): {
        "account": _column(
            ForeignKey,
            references=ConnectedAccount,
            on_delete=OnDelete.cascade,
            primary_key=True,
            index=False,
        ),
        "last_commit_at": _column(Timestamptz, default=None, null=True),
    },
    ("ApiKey", "api_keys"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "name": _column(Varchar, length=80, default=None),
        "token_hash": _column(Varchar, length=64, default=None, unique=True),
        "hint": _column(Varchar, length=16, default=None),
        "scopes": _column(Array, default=list, base_column=Varchar(length=40, default="")),
        "expires_at": _column(Timestamptz, default=None, null=True),
        "last_used_at": _column(Timestamptz, default=None, null=True),
        "revoked_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("ApprovalPolicy", "approval_policies"): {
        "workspace": _column(
            ForeignKey,
            references=Workspace,
            on_delete=OnDelete.cascade,
            primary_key=True,
            index=False,
        ),
        "required_of": _column(Varchar, length=12, default="editors"),
        "self_approval": _column(Boolean, default=False),
    },
    ("Approval", "approvals"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "publication": _column(ForeignKey, references=Publication, on_delete=OnDelete.cascade),
        "content_hash": _column(Varchar, length=64, default=None),
        "state": _column(Varchar, length=12, default="pending"),
        "requested_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "decided_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "decided_at": _column(Timestamptz, default=None, null=True),
        "comment": _column(Text, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("AuditEntry", "audit_log"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace_id": _column(UUID, default=None, null=True),
        "actor_kind": _column(Varchar, length=12, default=None),
        "actor_id": _column(UUID, default=None, null=True, index=True),
        "key_id": _column(UUID, default=None, null=True),
        "action": _column(Varchar, length=48, default=None),
        "subject_kind": _column(Varchar, length=24, default=None, null=True),
        "subject_id": _column(Varchar, length=80, default=None, null=True),
        "reason": _column(Text, default=None, null=True),
        "details": _column(JSONB, default="{}"),
        "address": _column(Varchar, length=64, default=None, null=True),
        "request_id": _column(Varchar, length=64, default=None, null=True),
        "at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("AuditSeal", "audit_seals"): {
        "day": _column(Date, default=None, primary_key=True),
        "entries": _column(BigInt, default=0),
        "digest": _column(Varchar, length=64, default=None),
        "sealed_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Customer", "billing_customers"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.restrict, unique=True, index=False
        ),
        "stripe_id": _column(Varchar, length=64, default=None, unique=True),
        "deleted_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Invoice", "billing_invoices"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.restrict),
        "stripe_id": _column(Varchar, length=64, default=None, unique=True),
        "stripe_subscription_id": _column(Varchar, length=64, default=None, null=True),
        "number": _column(Varchar, length=64, default=None, null=True),
        "status": _column(Varchar, length=16, default=None),
        "billing_reason": _column(Varchar, length=60, default=None, null=True),
        "currency": _column(Varchar, length=3, default=None),
        "total_cents": _column(BigInt, default=0),
        "paid_cents": _column(BigInt, default=0),
        "due_cents": _column(BigInt, default=0),
        "attempts": _column(Integer, default=0),
        "next_attempt_at": _column(Timestamptz, default=None, null=True),
        "hosted_url": _column(Text, default=None, null=True),
        "pdf_url": _column(Text, default=None, null=True),
        "period_start": _column(Timestamptz, default=None, null=True),
        "period_end": _column(Timestamptz, default=None, null=True),
        "stripe_created_at": _column(Timestamptz, default=None),
        "synced_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("MoneyNote", "billing_notes"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.restrict),
        "kind": _column(Varchar, length=8, default=None),
        "stripe_id": _column(Varchar, length=64, default=None, unique=True),
        "charge_id": _column(Varchar, length=64, default=None, null=True),
        "amount_cents": _column(BigInt, default=0),
        "currency": _column(Varchar, length=3, default=None),
        "status": _column(Varchar, length=40, default=None, null=True),
        "reason": _column(Varchar, length=60, default=None, null=True),
        "stripe_created_at": _column(Timestamptz, default=None),
        "synced_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("BillingNotice", "billing_notices"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.cascade),
        "kind": _column(Varchar, length=40, default=None),
        "unique_key": _column(Varchar, length=200, default=None, unique=True),
        "facts": _column(JSONB, default="{}"),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "sent_at": _column(Timestamptz, default=None, null=True),
    },
    ("Subscription", "billing_subscriptions"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.restrict),
        "stripe_id": _column(Varchar, length=64, default=None, unique=True),
        "stripe_customer_id": _column(Varchar, length=64, default=None, index=True),
        "status": _column(Varchar, length=24, default=None),
        "tier": _column(Varchar, length=16, default=None, null=True),
        "lookup_key": _column(Varchar, length=200, default=None, null=True),
        "price_id": _column(Varchar, length=64, default=None, null=True),
        "item_id": _column(Varchar, length=64, default=None, null=True),
        "period_start": _column(Timestamptz, default=None),
        "period_end": _column(Timestamptz, default=None),
        "trial_end": _column(Timestamptz, default=None, null=True),
        "cancel_at": _column(Timestamptz, default=None, null=True),
        "ended_at": _column(Timestamptz, default=None, null=True),
        "past_due_since": _column(Timestamptz, default=None, null=True),
        "schedule_id": _column(Varchar, length=64, default=None, null=True),
        "next_tier": _column(Varchar, length=16, default=None, null=True),
        "latest_invoice_id": _column(Varchar, length=64, default=None, null=True),
        "stripe_created_at": _column(Timestamptz, default=None),
        "synced_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("CaptionTemplate", "caption_templates"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "name": _column(Varchar, length=80, default=None),
        "text": _column(Text, default=""),
        "by_platform": _column(JSONB, default="{}"),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "updated_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("ConnectedAccount", "connected_accounts"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.restrict, index=False
        ),
        "connected_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "platform": _column(Varchar, length=16, default=None),
        "external_id": _column(Varchar, length=120, default=None),
        "owner_external_id": _column(Varchar, length=120, default=None, null=True),
        "username": _column(Varchar, length=200, default=""),
        "display_name": _column(Varchar, length=200, default=""),
        "avatar_url": _column(Text, default=None, null=True),
        "state": _column(Varchar, length=20, default="active"),
        "state_reason": _column(Text, default=None, null=True),
        "scopes": _column(JSONB, default="[]"),
        "profile": _column(JSONB, default="{}"),
        "access_token_enc": _column(Text, default=None, null=True),
        "refresh_token_enc": _column(Text, default=None, null=True),
        "access_expires_at": _column(Timestamptz, default=None, null=True),
        "refresh_expires_at": _column(Timestamptz, default=None, null=True),
        "token_epoch": _column(Integer, default=0),
        "refreshed_at": _column(Timestamptz, default=TimestamptzNow()),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "connected_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("DataExport", "data_exports"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade),
        "key": _column(Varchar, length=200, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Grant", "entitlement_grants"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.cascade),
        "tier": _column(Varchar, length=16, default=None),
        "reason": _column(Text, default=None),
        "granted_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "ends_at": _column(Timestamptz, default=None, null=True),
        "revoked_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Erasure", "erasures"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "subject_hash": _column(Varchar, length=64, default=None),
        "erased_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("HudLayout", "hud_layouts"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "name": _column(Varchar, length=80, default=None),
        "spec": _column(JSONB, default="{}"),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "updated_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("IdempotencyKey", "idempotency_keys"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace_id": _column(UUID, default=None),
        "user_id": _column(UUID, default=None),
        "key": _column(Varchar, length=128, default=None),
        "request_hash": _column(Varchar, length=64, default=None),
        "status": _column(Integer, default=None),
        "body": _column(Text, default=None),
        "created_at": _column(Timestamptz, default=TimestamptzNow(), index=True),
    },
    ("Invitation", "invitations"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.cascade),
        "email": _column(Varchar, length=320, default=None, index=True),
        "role": _column(Varchar, length=16, default=None),
        "invited_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "token_id": _column(UUID, default=None, unique=True),
        "mails": _column(Integer, default=1),
        "mailed_at": _column(Timestamptz, default=TimestamptzNow()),
        "expires_at": _column(Timestamptz, default=None),
        "accepted_at": _column(Timestamptz, default=None, null=True),
        "accepted_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "closed_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("JobRow", "jobs"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "kind": _column(Varchar, length=64, default=None),
        "queue": _column(Varchar, length=16, default=None),
        "priority": _column(Integer, default=0),
        "workspace_id": _column(UUID, default=None, null=True),
        "ref_id": _column(UUID, default=None, null=True, index=True),
        "lane": _column(UUID, default=None, null=True),
        "args": _column(JSONB, default="{}"),
        "unique_key": _column(Varchar, length=200, default=None, null=True, unique=True),
        "state": _column(Varchar, length=16, default="queued"),
        "run_at": _column(Timestamptz, default=TimestamptzNow()),
        "attempts": _column(Integer, default=0),
        "crashes": _column(Integer, default=0),
        "lease_owner": _column(Varchar, length=80, default=None, null=True),
        "lease_epoch": _column(BigInt, default=0),
        "lease_until": _column(Timestamptz, default=None, null=True),
        "cancel_requested": _column(Boolean, default=False),
        "timeout_s": _column(DoublePrecision, default=None, null=True),
        "allowance_s": _column(DoublePrecision, default=0.0),
        "error_class": _column(Varchar, length=24, default=None, null=True),
        "error_code": _column(Varchar, length=64, default=None, null=True),
        "error_detail": _column(Text, default=None, null=True),
        "traceparent": _column(Varchar, length=55, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "started_at": _column(Timestamptz, default=None, null=True),
        "finished_at": _column(Timestamptz, default=None, null=True),
    },
    ("MailedLink", "mailed_links"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade),
        "purpose": _column(Varchar, length=24, default=None),
        "email": _column(Varchar, length=320, default=None),
        "expires_at": _column(Timestamptz, default=None),
        "used_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Membership", "memberships"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade),
        "role": _column(Varchar, length=16, default=None),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("OAuthChoice", "oauth_choices"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.cascade),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade, index=False),
        "platform": _column(Varchar, length=16, default=None),
        "options": _column(JSONB, default="[]"),
        "profiles_enc": _column(Text, default=None),
        "expires_at": _column(Timestamptz, default=None),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("OAuthFlow", "oauth_flows"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "state_hash": _column(Varchar, length=64, default=None, unique=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade, index=False),
        "platform": _column(Varchar, length=16, default=None),
        "verifier_enc": _column(Text, default=None, null=True),
        "reconnect_account_id": _column(UUID, default=None, null=True),
        "expires_at": _column(Timestamptz, default=None),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("AlertRow", "operator_alerts"): {
        "key": _column(Varchar, length=120, default=None, primary_key=True),
        "name": _column(Varchar, length=40, default=None),
        "state": _column(Varchar, length=12, default="pending"),
        "summary": _column(Text, default=""),
        "since": _column(Timestamptz, default=TimestamptzNow()),
        "resolved_at": _column(Timestamptz, default=None, null=True),
        "told": _column(Varchar, length=12, default=None, null=True),
        "telling_until": _column(Timestamptz, default=None, null=True),
    },
    ("PlatformCircuit", "platform_circuits"): {
        "platform": _column(Varchar, length=16, default="", primary_key=True),
        "window_at": _column(Timestamptz, default=TimestamptzNow()),
        "calls": _column(Integer, default=0),
        "failures": _column(Integer, default=0),
        "pause_s": _column(Integer, default=0),
        "opens_at": _column(Timestamptz, default=None, null=True),
        "probes": _column(Integer, default=0),
        "probe_at": _column(Timestamptz, default=None, null=True),
    },
    ("PostingTimes", "posting_times"): {
        "account": _column(
            ForeignKey,
            references=ConnectedAccount,
            on_delete=OnDelete.cascade,
            primary_key=True,
            index=False,
        ),
        "time_zone": _column(Varchar, length=64, default="UTC"),
        "times": _column(JSONB, default="[]"),
        "updated_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("ProcessRow", "processes"): {
        "name": _column(Varchar, length=160, default=None, primary_key=True),
        "role": _column(Varchar, length=16, default=None),
        "version": _column(Varchar, length=40, default=None),
        "started_at": _column(Timestamptz, default=TimestamptzNow()),
        "seen_at": _column(Timestamptz, default=TimestamptzNow()),
        "disk_free_bytes": _column(BigInt, default=None, null=True),
        "render_slots": _column(Integer, default=0),
    },
    ("PublicationMetrics", "publication_metrics"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "publication": _column(
            ForeignKey, references=Publication, on_delete=OnDelete.cascade, index=False
        ),
        "pull": _column(Integer, default=None),
        "views": _column(BigInt, default=None, null=True),
        "likes": _column(BigInt, default=None, null=True),
        "comments": _column(BigInt, default=None, null=True),
        "shares": _column(BigInt, default=None, null=True),
        "more": _column(JSONB, default="{}"),
        "gone": _column(Varchar, length=80, default=None, null=True),
        "at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Publication", "publications"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.restrict, index=False
        ),
        "upload": _column(ForeignKey, references=Upload, on_delete=OnDelete.restrict, index=False),
        "account": _column(ForeignKey, references=ConnectedAccount, on_delete=OnDelete.restrict),
        "rendition": _column(
            ForeignKey, references=Rendition, on_delete=OnDelete.restrict, null=True, index=False
        ),
        "created_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "platform": _column(Varchar, length=16, default=None),
        "slot": _column(Integer, default=0),
        "state": _column(Varchar, length=20, default="draft"),
        "held_reason": _column(Varchar, length=40, default=None, null=True),
        "caption": _column(Text, default=""),
        "caption_template": _column(Text, default=None, null=True),
        "options": _column(JSONB, default="{}"),
        "consent": _column(JSONB, default="{}"),
        "schedule_mode": _column(Varchar, length=8, default="now"),
        "time_zone": _column(Varchar, length=64, default="UTC"),
        "publish_at": _column(Timestamptz, default=None, null=True),
        "late": _column(Boolean, default=False),
        "handle_enc": _column(Text, default=None, null=True),
        "handle_at": _column(Timestamptz, default=None, null=True),
        "bytes_sent": _column(BigInt, default=0),
        "bytes_total": _column(BigInt, default=None, null=True),
        "commit_intent_at": _column(Timestamptz, default=None, null=True),
        "attempts": _column(Integer, default=0),
        "delivered_by": _column(UUID, default=None, null=True),
        "why": _column(Text, default=None, null=True),
        "platform_post_id": _column(Varchar, length=120, default=None, null=True),
        "public_url": _column(Text, default=None, null=True),
        "error_class": _column(Varchar, length=24, default=None, null=True),
        "error_code": _column(Varchar, length=64, default=None, null=True),
        "error_detail": _column(Text, default=None, null=True),
        "error_action": _column(Text, default=None, null=True),
        "findings": _column(JSONB, default="[]"),
        "cancel_requested": _column(Boolean, default=False),
        "approval_needed": _column(Boolean, default=False),
        "accepted_at": _column(Timestamptz, default=TimestamptzNow()),
        "first_commit_at": _column(Timestamptz, default=None, null=True),
        "published_at": _column(Timestamptz, default=None, null=True),
        "updated_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("PublishAttempt", "publish_attempts"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "publication": _column(ForeignKey, references=Publication, on_delete=OnDelete.cascade),
        "phase": _column(Varchar, length=16, default=None),
        "worker": _column(Varchar, length=80, default=""),
        "lease_epoch": _column(BigInt, default=0),
        "http_status": _column(Integer, default=None, null=True),
        "error_class": _column(Varchar, length=24, default=None, null=True),
        "error_code": _column(Varchar, length=64, default=None, null=True),
        "detail": _column(Text, default=None, null=True),
        "at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("QuotaEntry", "quota_ledger"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "period": _column(ForeignKey, references=QuotaPeriod, on_delete=OnDelete.cascade),
        "upload_id": _column(UUID, default=None),
        "kind": _column(Varchar, length=8, default=None),
        "at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("QuotaPeriod", "quota_periods"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "starts_at": _column(Timestamptz, default=None),
        "ends_at": _column(Timestamptz, default=None),
        "upload_limit": _column(Integer, default=None),
        "reserved": _column(Integer, default=0),
        "used": _column(Integer, default=0),
    },
    ("RecoveryCode", "recovery_codes"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade, index=False),
        "position": _column(Integer, default=None),
        "code_hash": _column(Varchar, length=200, default=None),
        "used_at": _column(Timestamptz, default=None, null=True),
    },
    ("RenderPlan", "render_plans"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.restrict, index=False
        ),
        "upload": _column(
            ForeignKey, references=Upload, on_delete=OnDelete.cascade, unique=True, index=False
        ),
        "inputs": _column(JSONB, default="{}"),
        "started_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("RenderSegment", "render_segments"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "plan": _column(ForeignKey, references=RenderPlan, on_delete=OnDelete.cascade, index=False),
        "number": _column(Integer, default=0),
        "start": _column(Varchar, length=40, default="0"),
        "stop": _column(Varchar, length=40, default="0"),
        "pictures": _column(Integer, default=0),
        "total": _column(Integer, default=0),
        "fps": _column(DoublePrecision, default=0.0),
        "files": _column(JSONB, default=None, null=True),
    },
    ("Rendition", "renditions"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.restrict, index=False
        ),
        "upload": _column(ForeignKey, references=Upload, on_delete=OnDelete.cascade, index=False),
        "name": _column(Varchar, length=40, default=None),
        "spec": _column(JSONB, default="{}"),
        "state": _column(Varchar, length=16, default="queued"),
        "object_key": _column(Varchar, length=200, default=None, null=True),
        "still_key": _column(Varchar, length=200, default=None, null=True),
        "still_at_s": _column(DoublePrecision, default=None, null=True),
        "etag": _column(Varchar, length=120, default=None, null=True),
        "width": _column(Integer, default=None, null=True),
        "height": _column(Integer, default=None, null=True),
        "fps": _column(DoublePrecision, default=None, null=True),
        "duration_s": _column(DoublePrecision, default=None, null=True),
        "size_bytes": _column(BigInt, default=None, null=True),
        "sha256": _column(Varchar, length=64, default=None, null=True),
        "progress": _column(DoublePrecision, default=0.0),
        "render_seconds": _column(DoublePrecision, default=None, null=True),
        "error_code": _column(Varchar, length=64, default=None, null=True),
        "error_detail": _column(Text, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "finished_at": _column(Timestamptz, default=None, null=True),
    },
    ("RollupMark", "rollup_marks"): {
        "id": _column(BigSerial, primary_key=True),
        "workspace": _column(UUID, default=None),
        "grain": _column(Varchar, length=5, default="day"),
        "day": _column(Date, default=None),
    },
    ("Rollup", "rollups"): {
        "id": _column(BigSerial, primary_key=True),
        "workspace": _column(UUID, default=None),
        "grain": _column(Varchar, length=5, default=None),
        "first": _column(Date, default=None),
        "level": _column(Varchar, length=36, default=""),
        "platform": _column(Varchar, length=16, default=""),
        "published": _column(Integer, default=0),
        "failed": _column(Integer, default=0),
        "canceled": _column(Integer, default=0),
        "unknown": _column(Integer, default=0),
        "waiting": _column(Integer, default=0),
        "working": _column(Integer, default=0),
        "posts": _column(Integer, default=0),
        "views": _column(BigInt, default=0),
        "likes": _column(BigInt, default=0),
        "comments": _column(BigInt, default=0),
        "shares": _column(BigInt, default=0),
        "cells": _column(JSONB, default="{}"),
        "straddlers": _column(Array, default=None, base_column=UUID(default=UUID4()), null=True),
        "latency_s": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "latency_n": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "slot": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "slot_n": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "slot_early_n": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "slot_early_views": _column(Array, default=None, base_column=BigInt(default=0), null=True),
        "week": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "week_n": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "week_early_n": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "week_early_views": _column(Array, default=None, base_column=BigInt(default=0), null=True),
        "slot_from": _column(Integer, default=None, null=True),
        "slot_to": _column(Integer, default=None, null=True),
        "step": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_published": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_failed": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_canceled": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_unknown": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_waiting": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_working": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_posts": _column(Array, default=None, base_column=Integer(default=0), null=True),
        "step_views": _column(Array, default=None, base_column=BigInt(default=0), null=True),
        "step_likes": _column(Array, default=None, base_column=BigInt(default=0), null=True),
        "step_comments": _column(Array, default=None, base_column=BigInt(default=0), null=True),
        "step_shares": _column(Array, default=None, base_column=BigInt(default=0), null=True),
    },
    ("Session", "sessions"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "user": _column(ForeignKey, references=User, on_delete=OnDelete.cascade),
        "counter": _column(BigInt, default=0),
        "rotated_at": _column(Timestamptz, default=TimestamptzNow()),
        "idle_expires_at": _column(Timestamptz, default=None),
        "expires_at": _column(Timestamptz, default=None),
        "revoked_at": _column(Timestamptz, default=None, null=True),
        "revoked_reason": _column(Varchar, length=40, default=None, null=True),
        "authenticated_at": _column(Timestamptz, default=TimestamptzNow()),
        "user_agent": _column(Text, default=""),
        "ip": _column(Varchar, length=64, default=""),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "last_seen_at": _column(Timestamptz, default=TimestamptzNow()),
        "support_admin": _column(UUID, default=None, null=True),
        "support_reason": _column(Text, default=None, null=True),
        "support_writes": _column(Boolean, default=False),
    },
    ("SettingsRow", "settings"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, unique=True, index=False
        ),
        "document": _column(JSONB, default="{}"),
        "private_enc": _column(Text, default=None, null=True),
        "updated_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Attempt", "sign_in_attempts"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "kind": _column(Varchar, length=16, default=None),
        "account_key": _column(Varchar, length=64, default=None, index=True),
        "address": _column(Varchar, length=64, default=None, index=True),
        "at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("StripeCall", "stripe_calls"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "purpose": _column(Varchar, length=200, default=None),
        "key": _column(Varchar, length=255, default=None, unique=True),
        "body_hash": _column(Varchar, length=64, default=None),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "answered_at": _column(Timestamptz, default=None, null=True),
    },
    ("StripeEvent", "stripe_events"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "event_id": _column(Varchar, length=64, default=None, unique=True),
        "type": _column(Varchar, length=80, default=None),
        "stripe_customer_id": _column(Varchar, length=64, default=None, null=True),
        "livemode": _column(Boolean, default=False),
        "payload": _column(JSONB, default="{}"),
        "stripe_created_at": _column(Timestamptz, default=None),
        "received_at": _column(Timestamptz, default=TimestamptzNow()),
        "handled_at": _column(Timestamptz, default=None, null=True),
        "outcome": _column(Varchar, length=40, default=None, null=True),
    },
    ("TelemetryFile", "telemetry_files"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.restrict, index=False
        ),
        "upload": _column(
            ForeignKey, references=Upload, on_delete=OnDelete.cascade, unique=True, index=False
        ),
        "state": _column(Varchar, length=16, default="pending"),
        "filename": _column(Varchar, length=255, default=""),
        "size_bytes": _column(BigInt, default=None),
        "object_key": _column(Varchar, length=200, default=None),
        "etag": _column(Varchar, length=120, default=None, null=True),
        "summary": _column(JSONB, default=None, null=True),
        "error_code": _column(Varchar, length=64, default=None, null=True),
        "error_detail": _column(Text, default=None, null=True),
        "error_action": _column(Text, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "uploaded_at": _column(Timestamptz, default=None, null=True),
    },
    ("Upload", "uploads"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.restrict, index=False
        ),
        "created_by": _column(
            ForeignKey, references=User, on_delete=OnDelete.set_null, null=True, index=False
        ),
        "state": _column(Varchar, length=16, default="pending"),
        "filename": _column(Varchar, length=255, default=""),
        "content_type": _column(Varchar, length=100, default=None),
        "size_bytes": _column(BigInt, default=None),
        "object_key": _column(Varchar, length=200, default=None),
        "etag": _column(Varchar, length=120, default=None, null=True),
        "multipart_id": _column(Text, default=None, null=True),
        "part_size": _column(BigInt, default=None, null=True),
        "title": _column(Text, default=""),
        "caption": _column(Text, default=""),
        "hashtags": _column(JSONB, default="[]"),
        "hud": _column(JSONB, default="{}"),
        "request": _column(JSONB, default="{}"),
        "source": _column(JSONB, default=None, null=True),
        "progress": _column(DoublePrecision, default=0.0),
        "error_code": _column(Varchar, length=64, default=None, null=True),
        "error_detail": _column(Text, default=None, null=True),
        "error_action": _column(Text, default=None, null=True),
        "warnings": _column(JSONB, default="[]"),
        "expires_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "uploaded_at": _column(Timestamptz, default=None, null=True),
        "ready_at": _column(Timestamptz, default=None, null=True),
        "updated_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("User", "users"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "email": _column(Varchar, length=320, default=None, unique=True),
        "password_hash": _column(Varchar, length=200, default=None),
        "display_name": _column(Varchar, length=120, default=""),
        "role": _column(Varchar, length=16, default="user"),
        "email_verified_at": _column(Timestamptz, default=None, null=True),
        "disabled_at": _column(Timestamptz, default=None, null=True),
        "deletion_due_at": _column(Timestamptz, default=None, null=True),
        "auth_epoch": _column(Integer, default=0),
        "totp_secret_enc": _column(Text, default=None, null=True),
        "totp_enabled_at": _column(Timestamptz, default=None, null=True),
        "totp_last_step": _column(BigInt, default=0),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "last_login_at": _column(Timestamptz, default=None, null=True),
    },
    ("WebhookDelivery", "webhook_deliveries"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(
            ForeignKey, references=Workspace, on_delete=OnDelete.cascade, index=False
        ),
        "endpoint": _column(ForeignKey, references=WebhookEndpoint, on_delete=OnDelete.cascade),
        "event": _column(
            ForeignKey, references=WorkspaceEvent, on_delete=OnDelete.cascade, index=False
        ),
        "replay": _column(Integer, default=0),
        "state": _column(Varchar, length=12, default="pending"),
        "tries": _column(JSONB, default="[]"),
        "next_try_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
        "settled_at": _column(Timestamptz, default=None, null=True),
    },
    ("WebhookEndpoint", "webhook_endpoints"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.cascade),
        "url": _column(Text, default=""),
        "description": _column(Varchar, length=120, default=""),
        "kinds": _column(Array, default=list, base_column=Varchar(length=40, default="")),
        "secrets_enc": _column(Text, default=""),
        "both_until": _column(Timestamptz, default=None, null=True),
        "active": _column(Boolean, default=True),
        "stopped_because": _column(Varchar, length=200, default=None, null=True),
        "failing_since": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("WorkspaceEvent", "workspace_events"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "workspace": _column(ForeignKey, references=Workspace, on_delete=OnDelete.cascade),
        "kind": _column(Varchar, length=40, default=None),
        "subject": _column(UUID, default=None, null=True),
        "facts": _column(JSONB, default="{}"),
        "unique_key": _column(Varchar, length=200, default=None, unique=True),
        "at": _column(Timestamptz, default=TimestamptzNow()),
    },
    ("Workspace", "workspaces"): {
        "id": _column(UUID, default=RowId(), primary_key=True),
        "name": _column(Varchar, length=120, default=""),
        "time_zone": _column(Varchar, length=64, default="UTC"),
        "suspended_at": _column(Timestamptz, default=None, null=True),
        "created_at": _column(Timestamptz, default=TimestamptzNow()),
    },
}

CONSTRAINTS: dict[tuple[str, str], dict[str, tuple[type[Constraint], dict[str, Any]]]] = {
    ("ApprovalPolicy", "approval_policies"): {
        "check_approval_policies_required_of": (
            Check,
            {"condition": "required_of IN ('nobody', 'editors', 'everybody')"},
        ),
    },
    ("Approval", "approvals"): {
        "check_approvals_state": (
            Check,
            {"condition": "state IN ('pending', 'approved', 'rejected', 'voided')"},
        ),
    },
    ("AuditEntry", "audit_log"): {
        "check_audit_log_actor_kind": (
            Check,
            {"condition": "actor_kind IN ('user', 'api_key', 'admin', 'admin_key', 'system')"},
        ),
    },
    ("MoneyNote", "billing_notes"): {
        "check_billing_notes_kind": (Check, {"condition": "kind IN ('refund', 'dispute')"}),
    },
    ("Subscription", "billing_subscriptions"): {
        "check_billing_subscriptions_status": (
            Check,
            {
                "condition": "status IN ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused')"
            },
        ),
    },
    ("CaptionTemplate", "caption_templates"): {
        "unique_caption_templates_name": (
            Unique,
            {"columns": ["workspace", "name"], "nulls_distinct": True},
        ),
    },
    ("ConnectedAccount", "connected_accounts"): {
        "check_connected_accounts_platform": (
            Check,
            {"condition": "platform IN ('tiktok', 'youtube', 'instagram', 'facebook')"},
        ),
        "check_connected_accounts_state": (
            Check,
            {"condition": "state IN ('active', 'needs_reconnect', 'disconnected')"},
        ),
        "unique_connected_accounts_external": (
            Unique,
            {"columns": ["workspace", "platform", "external_id"], "nulls_distinct": True},
        ),
    },
    ("Grant", "entitlement_grants"): {
        "check_entitlement_grants_tier": (
            Check,
            {"condition": "tier IN ('starter', 'solo', 'creator', 'growth', 'studio', 'agency')"},
        ),
    },
    ("HudLayout", "hud_layouts"): {
        "unique_hud_layouts_name": (
            Unique,
            {"columns": ["workspace", "name"], "nulls_distinct": True},
        ),
    },
    ("IdempotencyKey", "idempotency_keys"): {
        "unique_idempotency_keys_owner_key": (
            Unique,
            {"columns": ["workspace_id", "user_id", "key"], "nulls_distinct": True},
        ),
    },
    ("Invitation", "invitations"): {
        "check_invitations_role": (
            Check,
            {"condition": "role IN ('owner', 'admin', 'editor', 'viewer')"},
        ),
    },
    ("JobRow", "jobs"): {
        "check_jobs_state": (
            Check,
            {"condition": "state IN ('queued', 'running', 'succeeded', 'dead', 'canceled')"},
        ),
    },
    ("MailedLink", "mailed_links"): {
        "check_mailed_links_purpose": (
            Check,
            {
                "condition": "purpose IN ('verify', 'reset', 'change_email', 'undo_email', 'cancel_deletion')"
            },
        ),
    },
    ("Membership", "memberships"): {
        "check_memberships_role": (
            Check,
            {"condition": "role IN ('owner', 'admin', 'editor', 'viewer')"},
        ),
        "unique_memberships_workspace_user": (
            Unique,
            {"columns": ["workspace", "user"], "nulls_distinct": True},
        ),
    },
    ("OAuthChoice", "oauth_choices"): {
        "check_oauth_choices_platform": (
            Check,
            {"condition": "platform IN ('tiktok', 'youtube', 'instagram', 'facebook')"},
        ),
    },
    ("OAuthFlow", "oauth_flows"): {
        "check_oauth_flows_platform": (
            Check,
            {"condition": "platform IN ('tiktok', 'youtube', 'instagram', 'facebook')"},
        ),
    },
    ("AlertRow", "operator_alerts"): {
        "check_operator_alerts_state": (
            Check,
            {"condition": "state IN ('pending', 'firing', 'resolved')"},
        ),
    },
    ("PublicationMetrics", "publication_metrics"): {
        "unique_publication_metrics_pull": (
            Unique,
            {"columns": ["publication", "pull"], "nulls_distinct": True},
        ),
    },
    ("Publication", "publications"): {
        "check_publications_platform": (
            Check,
            {"condition": "platform IN ('tiktok', 'youtube', 'instagram', 'facebook')"},
        ),
        "check_publications_state": (
            Check,
            {
                "condition": "state IN ('draft', 'held', 'scheduled', 'queued', 'preparing', 'transferring', 'committing', 'confirming', 'retry_wait', 'needs_reconnect', 'published', 'unknown', 'failed', 'canceled')"
            },
        ),
        "check_publications_schedule_mode": (
            Check,
            {"condition": "schedule_mode IN ('now', 'queue', 'at', 'smart')"},
        ),
        "unique_publications_slot": (
            Unique,
            {"columns": ["upload", "account", "slot"], "nulls_distinct": True},
        ),
        "unique_publications_post": (
            Unique,
            {"columns": ["account", "platform_post_id"], "nulls_distinct": True},
        ),
    },
    ("PublishAttempt", "publish_attempts"): {
        "check_publish_attempts_phase": (
            Check,
            {"condition": "phase IN ('prepare', 'transfer', 'commit_intent', 'commit', 'check')"},
        ),
    },
    ("QuotaEntry", "quota_ledger"): {
        "check_quota_ledger_kind": (
            Check,
            {"condition": "kind IN ('reserve', 'commit', 'release')"},
        ),
        "unique_quota_ledger_upload": (
            Unique,
            {"columns": ["upload_id", "kind"], "nulls_distinct": True},
        ),
    },
    ("QuotaPeriod", "quota_periods"): {
        "check_quota_periods_reserved": (Check, {"condition": "reserved >= 0"}),
        "check_quota_periods_used": (Check, {"condition": "used >= 0"}),
        "unique_quota_periods_start": (
            Unique,
            {"columns": ["workspace", "starts_at"], "nulls_distinct": True},
        ),
    },
    ("RecoveryCode", "recovery_codes"): {
        "unique_recovery_codes_user_position": (
            Unique,
            {"columns": ["user", "position"], "nulls_distinct": True},
        ),
    },
    ("RenderSegment", "render_segments"): {
        "unique_render_segments_plan_number": (
            Unique,
            {"columns": ["plan", "number"], "nulls_distinct": True},
        ),
    },
    ("Rendition", "renditions"): {
        "check_renditions_state": (
            Check,
            {
                "condition": "state IN ('queued', 'running', 'succeeded', 'failed', 'canceled', 'removed')"
            },
        ),
        "unique_renditions_upload_name": (
            Unique,
            {"columns": ["upload", "name"], "nulls_distinct": True},
        ),
    },
    ("Rollup", "rollups"): {
        "unique_rollups_span": (
            Unique,
            {"columns": ["workspace", "level", "grain", "first"], "nulls_distinct": True},
        ),
    },
    ("StripeCall", "stripe_calls"): {
        "unique_stripe_calls_purpose": (
            Unique,
            {"columns": ["workspace", "purpose"], "nulls_distinct": True},
        ),
    },
    ("TelemetryFile", "telemetry_files"): {
        "check_telemetry_files_state": (
            Check,
            {"condition": "state IN ('pending', 'uploaded', 'ready', 'rejected')"},
        ),
    },
    ("Upload", "uploads"): {
        "check_uploads_state": (
            Check,
            {
                "condition": "state IN ('pending', 'uploaded', 'validating', 'rendering', 'ready', 'rejected', 'expired', 'canceled', 'purged')"
            },
        ),
    },
    ("User", "users"): {
        "check_users_role": (Check, {"condition": "role IN ('user', 'admin')"}),
    },
    ("WebhookDelivery", "webhook_deliveries"): {
        "check_webhook_deliveries_state": (
            Check,
            {"condition": "state IN ('pending', 'delivered', 'failed')"},
        ),
        "unique_webhook_deliveries": (
            Unique,
            {"columns": ["endpoint", "event", "replay"], "nulls_distinct": True},
        ),
    },
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)
    for (name, tablename), columns in TABLES.items():
        manager.add_table(class_name=name, tablename=tablename)
        for column_name, (kind, params) in columns.items():
            manager.add_column(
                table_class_name=name,
                tablename=tablename,
                column_name=column_name,
                db_column_name=column_name,
                column_class_name=kind.__name__,
                column_class=kind,
                params=params,
            )
    for (name, tablename), rules in CONSTRAINTS.items():
        for constraint_name, (rule, params) in rules.items():
            manager.add_constraint(
                table_class_name=name,
                tablename=tablename,
                constraint_name=constraint_name,
                constraint_class=rule,
                params=params,
            )
    return manager
