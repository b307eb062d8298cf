"""One error family: HTTP renders it as a problem, jobs read its retry class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Retry(StrEnum):
    """What a background job does about an error (the retry taxonomy of docs/jobs.md)."""

    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    AUTH_EXPIRED = "auth_expired"
    AUTH_REVOKED = "auth_revoked"
    PERMANENT_MEDIA = "permanent_media"
    PERMANENT_REQUEST = "permanent_request"
    AMBIGUOUS = "ambiguous"
    INTERNAL_BUG = "internal_bug"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field of a request: a dotted path, and a sentence about it."""

    field: str
    message: str


class UploadM8Error(Exception):
    """Something went wrong on our side; it has been recorded."""

    status_code: ClassVar[int] = 500
    code: str = "internal_error"
    retry: Retry = Retry.INTERNAL_BUG

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        action: str | None = None,
        fields: Sequence[FieldError] = (),
        retry: Retry | None = None,
        retry_after: float | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Describe the failure.

        Args:
            detail: one sentence for the person who caused it; the class docstring when absent.
            code: stable machine-readable code, when finer than the class's.
            action: what to do next, one sentence.
            fields: the request fields at fault.
            retry: what a job does about it, when different from the class's.
            retry_after: seconds to wait before trying again.
            extra: further members of the problem document (JSON-able).
        """
        self.detail = detail or (type(self).__doc__ or "").strip().split("\n", maxsplit=1)[0]
        super().__init__(self.detail)
        if code is not None:
            self.code = code
        if retry is not None:
            self.retry = retry
        self.action = action
        self.fields = tuple(fields)
        self.retry_after = retry_after
        self.extra = dict(extra or {})


class InvalidRequestError(UploadM8Error):
    """The request is malformed or contains a wrong value."""

    status_code = 400
    code = "invalid_request"
    retry = Retry.PERMANENT_REQUEST


class UnauthenticatedError(UploadM8Error):
    """A valid access token or API key is required."""

    status_code = 401
    code = "unauthenticated"
    retry = Retry.PERMANENT_REQUEST


class PaymentRequiredError(UploadM8Error):
    """The workspace's tier does not include this, or its quota is used up."""

    status_code = 402
    code = "tier_limit"
    retry = Retry.PERMANENT_REQUEST


class ForbiddenError(UploadM8Error):
    """Your role or the scope of your key does not allow this."""

    status_code = 403
    code = "forbidden"
    retry = Retry.PERMANENT_REQUEST


class NotFoundError(UploadM8Error):
    """There is no such thing here."""

    status_code = 404
    code = "not_found"
    retry = Retry.PERMANENT_REQUEST


class ConflictError(UploadM8Error):
    """The thing is not in a state that allows this."""

    status_code = 409
    code = "conflict"
    retry = Retry.PERMANENT_REQUEST


class PreconditionFailedError(UploadM8Error):
    """The thing has changed in the meantime."""

    status_code = 412
    code = "changed_meanwhile"
    retry = Retry.PERMANENT_REQUEST


class TooLargeError(UploadM8Error):
    """The body or file is larger than allowed."""

    status_code = 413
    code = "too_large"
    retry = Retry.PERMANENT_REQUEST


class UnsupportedMediaTypeError(UploadM8Error):
    """The content type is not supported here."""

    status_code = 415
    code = "unsupported_media_type"
    retry = Retry.PERMANENT_REQUEST


class TooManyRequestsError(UploadM8Error):
    """Too many requests; slow down."""

    status_code = 429
    code = "rate_limited"
    retry = Retry.RATE_LIMITED


class UnavailableError(UploadM8Error):
    """A service this depends on is unavailable for the moment."""

    status_code = 503
    code = "unavailable"
    retry = Retry.TRANSIENT


class TelemetryError(UploadM8Error):
    """The telemetry file cannot be read."""

    status_code = 400
    code = "telemetry_unreadable"
    retry = Retry.PERMANENT_MEDIA


class MediaError(UploadM8Error):
    """The video cannot be used."""

    status_code = 400
    code = "media_unusable"
    retry = Retry.PERMANENT_MEDIA


class UnfitError(RuntimeError):
    """This process must not start; the message tells whoever runs it why."""
