"""The OpenAPI document as it is served: every operation says how it can fail, with examples."""

from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from uploadm8.api.exchanges import operations, with_exchanges
from uploadm8.api.problems import PROBLEM_JSON, problem
from uploadm8.api.schema_texts import with_texts
from uploadm8.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PaymentRequiredError,
    TooLargeError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaTypeError,
    UploadM8Error,
)

_EXAMPLE_ID = "01990a3e-8f2b-7c4d-9e10-0f1a2b3c4d5e"
_TEXT = {"type": "string"}
_SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "What went wrong (RFC 9457). Decide by `code`.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": _TEXT,
        "request_id": _TEXT,
        "action": {"type": "string", "description": "What to do next."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": _TEXT, "message": _TEXT},
            },
        },
    },
}
_RETRY = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}


class DescribedJson(JsonRenderPlugin):
    """Serves the document that Litestar makes, with what Litestar cannot know added."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        return self.render_json(request, described(openapi_schema))


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the meaning and an example of every body, and how operations can fail."""
    return with_exchanges(with_texts(with_problems(document)))


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Add the Problem schema, and the failures of every operation."""
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = dict(_SCHEMA)
    for method, path, operation in operations(document):
        _loosen(operation)
        for error in _failures(method, path, operation):
            _add(operation, error)
    return document


def _loosen(operation: dict[str, Any]) -> None:
    """Nothing is no body; of several shapes (oneOf) one may fit into another."""
    operation["responses"].get("204", {}).pop("content", None)
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            schema = content.get("schema", {})
            if "oneOf" in schema:
                schema["anyOf"] = schema.pop("oneOf")


def _failures(
    method: str, path: str, operation: Mapping[str, Any]
) -> Iterator[type[UploadM8Error]]:
    yield InvalidRequestError
    if method != "GET" or "{" in path:
        yield ConflictError
    if "requestBody" in operation:
        yield from (TooLargeError, UnsupportedMediaTypeError)
    if operation.get("security") != [{}]:
        yield from (UnauthenticatedError, PaymentRequiredError, ForbiddenError, NotFoundError)
    elif path.startswith(("/api/auth", "/api/admin")):
        yield from (UnauthenticatedError, ForbiddenError, NotFoundError)
    # Without its secret a webhook is not there.
    if "{" in path or path == "/api/billing/webhook":
        yield NotFoundError
    yield from (TooManyRequestsError, UnavailableError)


def _add(operation: dict[str, Any], error: type[UploadM8Error]) -> None:
    example = problem(error(), _EXAMPLE_ID)
    told: dict[str, Any] = {
        "description": example["detail"],
        "content": {
            PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }
    if error in (TooManyRequestsError, UnavailableError):
        told["headers"] = _RETRY
    operation.setdefault("responses", {})[str(error.status_code)] = told
