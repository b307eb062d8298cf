"""Who may call what: one row per route. A route without a row fails the matrix test."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from piccolo.table import Table

from api_client import RING
from uploadm8.domain.accounts.tables import Session
from uploadm8.domain.captions.tables import CaptionTemplate
from uploadm8.domain.notifications.endpoints import BOUND_TO as SEALED_AS
from uploadm8.domain.notifications.tables import WebhookDelivery, WebhookEndpoint
from uploadm8.domain.platforms.tables import ConnectedAccount, OAuthChoice
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.settings.tables import HudLayout
from uploadm8.domain.uploads.tables import Upload
from uploadm8.domain.workspaces.tables import ApiKey, Invitation, WorkspaceEvent
from uploadm8.infra.security.cipher import Cipher

Door = Literal["public", "member", "session", "admin"]


@dataclass(frozen=True)
class Owner:
    """Another tenant, whose things nobody else may see."""

    user_id: UUID
    workspace_id: UUID


MakeId = Callable[[Owner], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """Who may call a route.

    Attributes:
        door: `public`; `member` (session or API key); `session` (no API key); `admin`.
        role: the lowest role in the workspace.
        theirs: makes the thing that the id in the path names, for another tenant.
        body: a body that is well formed, so that the answer is about who is asking.
    """

    door: Door = "member"
    role: str = "viewer"
    theirs: MakeId | None = None
    body: Mapping[str, Any] | None = None
    path: Mapping[str, str] = field(default_factory=dict)


async def insert(table: type[Table], **values: Any) -> object:
    """Insert a row; columns that must be given and are not get a plausible value."""
    for column in table._meta.columns:
        name = column._meta.name
        if name not in values and column.get_default_value() is None and not column._meta.null:
            values[name] = _PLAUSIBLE[column.value_type]
    row = table(**values)
    await row.save()
    return values["id"]


KEYS = Cipher.parse(RING)
_PLAUSIBLE: Mapping[type, Any] = {str: "x", int: 1, datetime: datetime(2100, 1, 1, tzinfo=UTC)}


async def their_upload(owner: Owner) -> object:
    return await insert(Upload, id=uuid4(), workspace=owner.workspace_id, created_by=owner.user_id)


async def their_layout(owner: Owner) -> object:
    return await insert(HudLayout, id=uuid4(), workspace=owner.workspace_id)


async def their_account(owner: Owner) -> object:
    return await insert(
        ConnectedAccount,
        id=uuid4(),
        workspace=owner.workspace_id,
        platform="youtube",
        external_id=uuid4().hex,
    )


async def their_publication(owner: Owner) -> object:
    return await insert(
        Publication,
        id=uuid4(),
        workspace=owner.workspace_id,
        platform="youtube",
        upload=await their_upload(owner),
        account=await their_account(owner),
    )


async def their_choice(owner: Owner) -> object:
    choice = uuid4()
    return await insert(
        OAuthChoice,
        id=choice,
        profiles_enc=Vault(KEYS).seal_profiles(choice, []),
        workspace=owner.workspace_id,
        user=owner.user_id,
        platform="facebook",
    )


async def their_session(owner: Owner) -> object:
    rows = await Session.raw('SELECT id FROM sessions WHERE "user"={}', owner.user_id)
    return rows[0]["id"]


async def their_api_key(owner: Owner) -> object:
    hashed = uuid4().hex  # unique, like the hashes of real keys
    return await insert(
        ApiKey, id=uuid4(), user=owner.user_id, workspace=owner.workspace_id, token_hash=hashed
    )


async def their_user(owner: Owner) -> object:
    return owner.user_id


async def their_invitation(owner: Owner) -> object:
    return await insert(
        Invitation, id=uuid4(), workspace=owner.workspace_id, role="editor", token_id=uuid4()
    )


async def their_endpoint(owner: Owner) -> object:
    endpoint = uuid4()
    secrets = KEYS.encrypt('["whsec_eA=="]', row=endpoint, **SEALED_AS)
    return await insert(
        WebhookEndpoint, id=endpoint, workspace=owner.workspace_id, secrets_enc=secrets
    )


async def their_delivery(owner: Owner) -> object:
    event = uuid4()
    await insert(
        WorkspaceEvent,
        id=event,
        workspace=owner.workspace_id,
        kind="quota.used",
        unique_key=str(event),
    )
    return await insert(
        WebhookDelivery,
        id=uuid4(),
        workspace=owner.workspace_id,
        endpoint=await their_endpoint(owner),
        event=event,
    )


async def their_template(owner: Owner) -> object:
    return await insert(CaptionTemplate, id=uuid4(), workspace=owner.workspace_id)


_TEMPLATE = {"name": "Ride", "text": "{title}"}
_CODE = {"code": "123456"}
_TOKEN = {"token": "x" * 64}
_EDITOR_UPLOAD = Row(role="editor", theirs=their_upload)
_TARGETS = {"upload_id": str(uuid4()), "targets": [{"account_id": str(uuid4())}]}
_EDITOR_POST = Row(role="editor", theirs=their_publication)
_VIDEO = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 9}
_FIT = {"filename": "a.fit", "content_type": "application/octet-stream", "size_bytes": 9}

ROWS: Mapping[str, Row] = {
    "GET /healthz": Row("public"),
    "GET /readyz": Row("public"),
    "GET /metrics": Row("public"),
    "GET /schema": Row("public"),
    "GET /schema/openapi.json": Row("public"),
    "GET /schema/{path}": Row("public", path={"path": "x"}),
    "POST /api/auth/register": Row("public"),
    "POST /api/auth/login": Row("public"),
    "POST /api/auth/login/code": Row("public"),
    "POST /api/auth/refresh": Row("public"),
    "POST /api/auth/logout": Row("public"),
    "POST /api/auth/verify-email": Row("public"),
    "POST /api/auth/verify-email/resend": Row("public"),
    "POST /api/auth/password-reset": Row("public"),
    "POST /api/auth/password-reset/confirm": Row("public"),
    "POST /api/auth/email/confirm": Row("public"),
    "POST /api/auth/email/undo": Row("public"),
    "POST /api/auth/logout-all": Row("session"),
    "POST /api/auth/password": Row("session"),
    "POST /api/auth/step-up": Row("session"),
    "POST /api/auth/email": Row("session"),
    "GET /api/auth/me": Row("member"),
    "GET /api/auth/sessions": Row("session"),
    "DELETE /api/auth/sessions/{session_id}": Row("session", theirs=their_session),
    "POST /api/auth/two-step": Row("session"),
    "POST /api/auth/two-step/activate": Row("session", body=_CODE),
    "POST /api/auth/two-step/recovery-codes": Row("session", body=_CODE),
    "POST /api/auth/two-step/turn-off": Row("session", body=_CODE),
    "GET /api/api-keys": Row("session"),
    "POST /api/api-keys": Row("session"),
    "DELETE /api/api-keys/{key_id}": Row("session", theirs=their_api_key),
    "POST /api/account/delete": Row("session"),
    "POST /api/account/delete/cancel": Row("public"),
    "POST /api/account/export": Row("session"),
    "GET /api/account/export": Row("session"),
    "GET /api/workspaces": Row("session"),
    "POST /api/workspaces": Row("session", body={"name": "Client"}),
    "GET /api/workspaces/current": Row(),
    "PATCH /api/workspaces/current": Row(role="admin", body={"name": "Client"}),
    "GET /api/members": Row(),
    "POST /api/members/leave": Row("session"),
    "PATCH /api/members/{user_id}": Row(
        "session", role="admin", theirs=their_user, body={"role": "viewer"}
    ),
    "DELETE /api/members/{user_id}": Row("session", role="admin", theirs=their_user),
    "POST /api/members/{user_id}/transfer": Row("session", role="owner", theirs=their_user),
    "GET /api/invitations": Row(role="admin"),
    "POST /api/invitations": Row("session", role="admin"),
    "POST /api/invitations/{invitation_id}/resend": Row(
        "session", role="admin", theirs=their_invitation
    ),
    "DELETE /api/invitations/{invitation_id}": Row(
        "session", role="admin", theirs=their_invitation
    ),
    "POST /api/invitations/look": Row("public"),
    "POST /api/invitations/accept": Row("session", body=_TOKEN),
    "POST /api/invitations/join": Row("public"),
    "POST /api/invitations/decline": Row("public"),
    "GET /api/settings": Row(),
    "PUT /api/settings": Row(role="admin", body={}),
    "PATCH /api/settings": Row(role="admin", body={}),
    "GET /api/caption-templates": Row(),
    "POST /api/caption-templates": Row(role="editor", body=_TEMPLATE),
    "GET /api/caption-templates/{template_id}": Row(theirs=their_template),
    "PUT /api/caption-templates/{template_id}": Row(
        role="editor", theirs=their_template, body=_TEMPLATE
    ),
    "DELETE /api/caption-templates/{template_id}": Row(role="editor", theirs=their_template),
    "GET /api/caption-templates/{template_id}/preview/{upload_id}": Row(
        theirs=their_template, path={"upload_id": str(UUID(int=1))}
    ),
    "GET /api/webhooks": Row(role="admin"),
    "POST /api/webhooks": Row(role="admin"),
    "GET /api/webhooks/{endpoint_id}": Row(role="admin", theirs=their_endpoint),
    "PATCH /api/webhooks/{endpoint_id}": Row(role="admin", theirs=their_endpoint, body={}),
    "DELETE /api/webhooks/{endpoint_id}": Row(role="admin", theirs=their_endpoint),
    "POST /api/webhooks/{endpoint_id}/secret": Row(role="admin", theirs=their_endpoint),
    "POST /api/webhooks/{endpoint_id}/test": Row(role="admin", theirs=their_endpoint),
    "GET /api/webhooks/deliveries": Row(role="admin"),
    "GET /api/webhooks/deliveries/{delivery_id}": Row(role="admin", theirs=their_delivery),
    "POST /api/webhooks/deliveries/{delivery_id}/replay": Row(role="admin", theirs=their_delivery),
    "GET /api/uploads": Row(),
    "POST /api/uploads/presign": Row(role="editor"),
    "GET /api/uploads/{upload_id}": Row(theirs=their_upload),
    "GET /api/uploads/{upload_id}/events": Row(theirs=their_upload),
    "GET /api/uploads/{upload_id}/parts": Row(theirs=their_upload),
    "POST /api/uploads/{upload_id}/complete": _EDITOR_UPLOAD,
    "POST /api/uploads/{upload_id}/cancel": _EDITOR_UPLOAD,
    "POST /api/uploads/{upload_id}/telemetry": Row(role="editor", theirs=their_upload, body=_FIT),
    "POST /api/uploads/{upload_id}/telemetry/complete": _EDITOR_UPLOAD,
    "PATCH /api/uploads/{upload_id}/telemetry": Row(
        role="editor", theirs=their_upload, body={"offset_s": 1.5}
    ),
    "GET /api/uploads/{upload_id}/telemetry/preview": Row(theirs=their_upload),
    "PUT /api/uploads/{upload_id}/thumbnail": Row(
        role="editor", theirs=their_upload, body={"at_s": 1.5}
    ),
    "POST /api/preflight": Row(body=_VIDEO),
    "GET /api/uploads/{upload_id}/preflight": Row(theirs=their_upload),
    "POST /api/uploads/{upload_id}/hud/preview": Row(role="editor", theirs=their_upload, body={}),
    "GET /api/uploads/{upload_id}/hud/preview": Row(theirs=their_upload),
    "GET /api/hud/layouts": Row(),
    "POST /api/hud/layouts": Row(role="editor", body={"name": "x", "hud": {}}),
    "GET /api/hud/layouts/{layout_id}": Row(theirs=their_layout),
    "PUT /api/hud/layouts/{layout_id}": Row(
        role="editor", theirs=their_layout, body={"name": "x", "hud": {}}
    ),
    "DELETE /api/hud/layouts/{layout_id}": Row(role="editor", theirs=their_layout),
    "GET /api/hud/themes": Row("public"),
    "GET /api/hud/themes/{file}": Row("public", path={"file": "x"}),
    "GET /api/billing/prices": Row("public"),
    "POST /api/billing/webhook": Row("public"),
    "POST /api/billing/checkout": Row(role="admin"),
    "POST /api/billing/portal": Row(role="admin"),
    "GET /api/billing/subscription": Row(),
    "GET /api/billing/usage": Row(),
    "GET /api/billing/invoices": Row(role="admin"),
    "GET /api/billing/notes": Row(role="admin"),
    "POST /api/billing/subscription/preview": Row(role="admin"),
    "POST /api/billing/subscription/change": Row(role="admin"),
    "POST /api/billing/subscription/cancel": Row(role="admin"),
    "POST /api/billing/subscription/resume": Row(role="admin"),
    "GET /api/audit": Row(role="admin"),
    "GET /api/audit/export": Row(role="admin"),
    "POST /api/webhooks/tiktok": Row("public"),
    "GET /api/webhooks/meta": Row("public"),
    "POST /api/webhooks/meta": Row("public"),
    "POST /api/webhooks/meta/deauthorize": Row("public"),
    "POST /api/webhooks/meta/data-deletion": Row("public"),
    "GET /api/webhooks/meta/data-deletion/{code}": Row("public", path={"code": "x"}),
    "GET /api/publications": Row(),
    "POST /api/publications": Row(role="editor", body=_TARGETS),
    "POST /api/publications/preflight": Row(role="editor", body=_TARGETS),
    "GET /api/publications/queue/{account_id}": Row(theirs=their_account),
    "PUT /api/publications/queue/{account_id}": Row(
        role="editor", theirs=their_account, body={"times": [{"day": "monday", "at": "18:00"}]}
    ),
    "GET /api/publications/{publication_id}": Row(theirs=their_publication),
    "GET /api/publications/{publication_id}/metrics": Row(theirs=their_publication),
    "POST /api/publications/{publication_id}/cancel": _EDITOR_POST,
    "POST /api/publications/{publication_id}/release": _EDITOR_POST,
    "POST /api/publications/{publication_id}/retry": _EDITOR_POST,
    "POST /api/publications/{publication_id}/post-again": _EDITOR_POST,
    "POST /api/publications/{publication_id}/reschedule": Row(
        role="editor", theirs=their_publication, body={"schedule": {"mode": "now"}}
    ),
    "POST /api/publications/{publication_id}/settle": Row(
        role="editor", theirs=their_publication, body={"outcome": "published"}
    ),
    "GET /api/approvals": Row(),
    "GET /api/approvals/policy": Row(),
    "PUT /api/approvals/policy": Row(role="admin", body={"required_of": "nobody"}),
    "POST /api/publications/{publication_id}/approve": Row(
        "session", role="admin", theirs=their_publication, body={"content_hash": "x" * 64}
    ),
    "POST /api/publications/{publication_id}/reject": Row(
        "session", role="admin", theirs=their_publication, body={"comment": "no"}
    ),
    "POST /api/publications/{publication_id}/request-approval": _EDITOR_POST,
    "GET /api/status": Row(),
    "GET /api/status/levels": Row("public"),
    "GET /api/platforms": Row(),
    "GET /api/platforms/accounts/{account_id}": Row(theirs=their_account),
    "GET /api/platforms/accounts/{account_id}/limits": Row(theirs=their_account),
    "DELETE /api/platforms/accounts/{account_id}": Row(role="admin", theirs=their_account),
    "POST /api/platforms/choices/{choice_id}": Row(
        role="admin", theirs=their_choice, body={"external_ids": ["1"]}
    ),
    "GET /oauth/{platform}/start": Row("session", role="admin", path={"platform": "youtube"}),
    "GET /oauth/{platform}/callback": Row("public", path={"platform": "youtube"}),
    "GET /api/analytics/overview": Row(),
    "GET /api/analytics/timeseries": Row(),
    "GET /api/analytics/best-times": Row(),
    "GET /api/analytics/posts": Row(),
    "GET /api/analytics/posts/{publication_id}": Row(theirs=their_publication),
    "GET /api/kpi/summary": Row(),
    "GET /api/kpi/raw": Row(),
    "GET /api/admin/overview": Row("admin"),
    "GET /api/admin/kpi/global": Row("admin"),
    "GET /api/admin/users/search": Row("admin"),
    "POST /api/admin/users/role": Row("admin"),
    "GET /api/admin/entitlements": Row("admin"),
    "POST /api/admin/entitlements/grant": Row("admin"),
    "POST /api/admin/entitlements/revoke": Row("admin"),
    "POST /api/admin/users/{user_id}/suspend": Row("admin"),
    "POST /api/admin/users/{user_id}/unsuspend": Row("admin"),
    "POST /api/admin/users/{user_id}/sign-out": Row("admin"),
    "POST /api/admin/users/{user_id}/impersonate": Row("admin"),
    "GET /api/admin/jobs": Row("admin"),
    "POST /api/admin/jobs/requeue": Row("admin"),
    "POST /api/admin/jobs/{job_id}/retry": Row("admin"),
    "POST /api/admin/jobs/{job_id}/cancel": Row("admin"),
    "POST /api/admin/publications/{publication_id}/retry": Row("admin"),
    "POST /api/admin/publications/{publication_id}/cancel": Row("admin"),
}
