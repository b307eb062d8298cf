"""Every failure as an RFC 9457 problem: what went wrong, where, and what to do next."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from uploadm8.api.choices import choices_at
from uploadm8.errors import (
    ConflictError,
    FieldError,
    InvalidRequestError,
    NotFoundError,
    TooLargeError,
    UploadM8Error,
)
from uploadm8.infra.db.failures import as_unavailable
from uploadm8.infra.reports import report

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"

_BAD_VALUE = (asyncpg.DataError, UnicodeError, RecursionError)
_MISSING = "missing required"
_MEMBER = re.compile(rf"Object ({_MISSING}|contains unknown) field `(.+)`")
_CODE_OF_STATUS: Mapping[int, str] = {
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


class _MethodNotAllowedError(UploadM8Error):
    """This address does not take that method; the Allow header lists those it takes."""

    status_code = 405
    code = "method_not_allowed"


# msgspec: "Expected `int` - at `$.a[0].b`", and of a mapping's keys "... - at `key` in `$.a`".
_ABOUT_FIELD = re.compile(r"(?P<message>.*) - at (?:`key` in )?`\$\.?(?P<field>.*)`", re.DOTALL)

_ALTERNATIVES = re.compile(r"matching regex '\^\(([\w|-]+)\)\$'$")
_PARAMETER_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)' for path ")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A handler's parameter: the name that the caller knows it by, and its type."""

    name: str
    kind: Any = None


def as_error(exc: Exception, parameters: Mapping[str, Parameter] | None = None) -> UploadM8Error:
    """The member of the error family that an exception means to the caller.

    Args:
        exc: what was raised.
        parameters: those of the handler, by their names there.
    """
    if isinstance(exc, UploadM8Error):
        return exc
    if isinstance(exc, ValidationException):
        missing = _PARAMETER_MISSING.match(exc.detail)
        fields = [FieldError(missing[1], "is required")] if missing else []
        return InvalidRequestError(fields=fields or _fields(exc.extra, parameters or {}))
    if isinstance(exc, HTTPException):
        return _from_http(exc)
    if isinstance(exc, msgspec.DecodeError):
        return from_msgspec(exc)
    if isinstance(exc, _BAD_VALUE):
        return InvalidRequestError(
            "The request nests too deeply or contains text that cannot be stored."
        )
    if isinstance(exc, asyncpg.UniqueViolationError):
        return ConflictError("There is one of these already.", code="already_exists")
    unknown = UploadM8Error(action="Try again; if it stays, tell support the request id.")
    return as_unavailable(exc) or unknown


def from_msgspec(exc: msgspec.MsgspecError, kind: Any = None) -> InvalidRequestError:
    """A decoding failure with the field it is about, if it names one.

    Args:
        exc: the failure.
        kind: what was to be decoded, whose choices are told where another word was sent.
    """
    found = _ABOUT_FIELD.fullmatch(str(exc))
    message, field = (found["message"], found["field"]) if found else (str(exc), "")
    if member := _MEMBER.fullmatch(message):
        what, name = member.groups()
        field = f"{field}.{name}" if field else name
        message = "is required" if what == _MISSING else "is not known here"
    elif found is None:
        return InvalidRequestError(f"The body cannot be read: {exc}."[:200])
    else:
        message = _with_choices(message, kind, field)
    return InvalidRequestError(fields=[FieldError(field or "body", message)])


def _with_choices(message: str, kind: Any, path: str) -> str:
    """What was wrong, with the words that are taken where another one was sent."""
    taken = choices_at(kind, path) if message.startswith("Invalid enum value") else ()
    if listed := _ALTERNATIVES.search(message):
        taken = tuple(listed[1].split("|"))
    return f"is one of {', '.join(taken)}" if taken else message


def _from_http(exc: HTTPException) -> UploadM8Error:
    if exc.status_code == 404:
        return NotFoundError("There is nothing at this address.")
    if exc.status_code == 405:
        return _MethodNotAllowedError()
    if exc.status_code == 413:
        return TooLargeError("The body is larger than this address takes.")
    if exc.status_code >= 500:
        return UploadM8Error()
    return InvalidRequestError(exc.detail, code=_CODE_OF_STATUS.get(exc.status_code))


def _fields(extra: Any, parameters: Mapping[str, Parameter]) -> list[FieldError]:
    entries = extra if isinstance(extra, list) else []
    found = []
    for entry in entries:
        key = str(entry.get("key", "body"))
        parameter = parameters.get(key) or Parameter(key)
        message = "is required" if entry.get("message") == f"'{key}'" else entry["message"]
        found.append(FieldError(parameter.name, _with_choices(message, parameter.kind, "")))
    return found


def problem(error: UploadM8Error, request_id: str) -> dict[str, Any]:
    """The members of the problem document."""
    members: dict[str, Any] = {
        "type": f"https://uploadm8.com/problems/{error.code}",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
    }
    if error.action:
        members["action"] = error.action
    if error.fields:
        members["errors"] = [{"field": f.field, "message": f.message} for f in error.fields]
    return {**error.extra, **members}


def headers_of(error: UploadM8Error) -> dict[str, str]:
    """Retry-After in whole seconds, where the error says when to come back."""
    if error.status_code == 401:
        return {"WWW-Authenticate": 'Bearer realm="uploadm8"'}
    if error.retry_after is None:
        return {}
    return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}


def answer(request: Request[Any, Any, Any], exc: Exception) -> Response[dict[str, Any]]:
    """Litestar's handler of every exception."""
    about = isinstance(exc, ValidationException)
    error = as_error(exc, _parameters(request) if about else None)
    if error.status_code >= 500 and error.status_code != 503:
        log.error("request_failed", exc_info=exc)
        report(exc)
    elif error.status_code == 503:
        log.warning("request_unavailable", error=repr(exc)[:300])
    headers = headers_of(error)
    if isinstance(exc, HTTPException) and exc.headers and "allow" in exc.headers:
        headers["Allow"] = exc.headers["allow"]
    return Response(
        problem(error, str(request.scope.get("state", {}).get("request_id", ""))),
        status_code=error.status_code,
        headers=headers,
        media_type=PROBLEM_JSON,
    )


def _parameters(request: Request[Any, Any, Any]) -> dict[str, Parameter]:
    """The parameters of a handler by their names in the code; in the query they may differ."""
    parameters = request.scope["route_handler"].parsed_fn_signature.parameters
    return {
        name: Parameter(getattr(one.kwarg_definition, "name", None) or name, one.annotation)
        for name, one in parameters.items()
    }


EXCEPTION_HANDLERS: Mapping[type[Exception] | int, Any] = {Exception: answer, HTTPException: answer}
