"""Every act that is recorded, by the name clients see; `subject.verb`."""

from enum import StrEnum


class Action(StrEnum):
    """What was done."""

    REGISTERED = "account.registered"
    SIGNED_IN = "session.signed_in"
    SIGNED_OUT = "session.signed_out"
    SESSION_REVOKED = "session.revoked"
    SESSIONS_REVOKED = "session.all_revoked"
    EMAIL_VERIFIED = "account.email_verified"
    EMAIL_CHANGED = "account.email_changed"
    EMAIL_CHANGE_UNDONE = "account.email_change_undone"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105  a name
    PASSWORD_RESET = "account.password_reset"  # noqa: S105  a name
    TWO_STEP_ON = "account.two_step_on"
    TWO_STEP_OFF = "account.two_step_off"
    RECOVERY_CODES_MADE = "account.recovery_codes_made"
    RECOVERY_CODE_USED = "account.recovery_code_used"
    DELETION_REQUESTED = "account.deletion_requested"
    DELETION_UNDONE = "account.deletion_undone"
    ERASED = "account.erased"
    DATA_COPY_REQUESTED = "account.data_copy_requested"

    API_KEY_MADE = "api_key.made"
    API_KEY_REVOKED = "api_key.revoked"

    WORKSPACE_MADE = "workspace.made"
    WORKSPACE_RENAMED = "workspace.renamed"
    OWNERSHIP_TRANSFERRED = "workspace.ownership_transferred"
    MEMBER_INVITED = "member.invited"
    INVITATION_RESENT = "member.invitation_resent"
    INVITATION_REVOKED = "member.invitation_revoked"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_LEFT = "member.left"

    SETTINGS_CHANGED = "settings.changed"

    ACCOUNT_CONNECTED = "connection.connected"
    ACCOUNT_DISCONNECTED = "connection.disconnected"
    ACCOUNT_REVOKED = "connection.revoked_by_platform"

    CHECKOUT_STARTED = "billing.checkout_started"
    PORTAL_OPENED = "billing.portal_opened"
    PLAN_CHANGED = "billing.plan_changed"
    PLAN_CANCELED = "billing.plan_canceled"
    PLAN_RESUMED = "billing.plan_resumed"
    SUBSCRIPTION_CHANGED = "billing.subscription_changed"
    DUPLICATE_ENDED = "billing.duplicate_ended"
    REFUND_NOTED = "billing.refund_noted"
    DISPUTE_NOTED = "billing.dispute_noted"

    PUBLICATION_PLANNED = "publication.planned"
    PUBLICATION_RELEASED = "publication.released"
    PUBLICATION_RESCHEDULED = "publication.rescheduled"
    PUBLICATION_CANCELED = "publication.canceled"
    PUBLICATION_RETRIED = "publication.retried"
    PUBLICATION_REPEATED = "publication.repeated"
    PUBLICATION_SETTLED = "publication.settled"
    PUBLISHED = "publication.published"
    APPROVAL_REQUESTED = "approval.requested"
    APPROVED = "approval.approved"
    APPROVAL_REJECTED = "approval.rejected"
    APPROVAL_VOIDED = "approval.voided"

    APPROVAL_POLICY_CHANGED = "approval.policy_changed"

    EXPORTED = "export.made"
    WEBHOOK_CHANGED = "webhook.changed"
    TEMPLATE_CHANGED = "template.changed"
    ALERTS_CHANGED = "alerts.changed"

    ADMIN_ROLE_CHANGED = "admin.role_changed"
    ADMIN_GRANTED = "admin.entitlement_granted"
    ADMIN_GRANT_REVOKED = "admin.entitlement_revoked"
    ADMIN_USER_DISABLED = "admin.user_disabled"
    ADMIN_USER_ENABLED = "admin.user_enabled"
    ADMIN_JOB_RETRIED = "admin.job_retried"
    ADMIN_JOB_CANCELED = "admin.job_canceled"
    ADMIN_IMPERSONATED = "admin.impersonated"
    ADMIN_READ = "admin.read"
