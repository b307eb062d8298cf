"""Bodies are decoded strictly: exact types, no unknown text, JSON only."""

from typing import Any

import msgspec
from litestar import Request

from uploadm8.api.problems import from_msgspec
from uploadm8.errors import InvalidRequestError, UnsupportedMediaTypeError

_JSON = "application/json"
_MAX_DEPTH = 64


class StrictRequest(Request[Any, Any, Any]):
    """Decodes a JSON body straight into the handler's Struct.

    Litestar would decode to builtins and convert leniently, so that "1000" passes for an int.
    """

    async def json(self) -> Any:
        """The body as the type of the handler's ``data`` argument.

        Raises:
            UnsupportedMediaTypeError: the body is not declared as JSON.
            InvalidRequestError: it is not JSON, nests too deeply, or has a NUL in a text.
        """
        if self.content_type[0] != _JSON:
            raise UnsupportedMediaTypeError(f"Send the body as {_JSON}.")
        body = await self.body()
        _refuse_depth(body)
        if b"\\u0000" in body:
            _refuse_nul(msgspec.json.decode(body))
        field = self.route_handler.parsed_data_field
        kind = Any if field is None else field.annotation
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.ValidationError as error:
            raise from_msgspec(error, kind) from error


def _refuse_depth(body: bytes) -> None:
    # Counting brackets over-counts those in texts, which are never this many side by side.
    if body.count(b"[") + body.count(b"{") <= _MAX_DEPTH:
        return
    try:
        _walk(msgspec.json.decode(body), 0)
    except RecursionError:
        raise InvalidRequestError("The body nests too deeply.", code="too_deep") from None


def _walk(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise InvalidRequestError(
            f"The body nests deeper than {_MAX_DEPTH} levels.", code="too_deep"
        )
    if isinstance(value, dict):
        for item in value.values():
            _walk(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _walk(item, depth + 1)


def _refuse_nul(value: Any) -> None:
    if isinstance(value, str) and "\0" in value:
        raise InvalidRequestError("A text contains a NUL character.", code="bad_text")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_nul(key)
            _refuse_nul(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_nul(item)
