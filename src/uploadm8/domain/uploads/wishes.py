"""What is asked about the HUD of an upload: its spec, and what stands beside the spec."""

from typing import Any

import msgspec

from uploadm8.core.hud.validate import validate_spec
from uploadm8.errors import FieldError, InvalidRequestError

MAX_OFFSET_S = 86_400


def split_hud(given: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The HUD's spec, and what is asked about it beside the spec: whether, and how shifted."""
    spec = dict(given or {})
    wishes: dict[str, Any] = {"hud_off": not spec.pop("enabled", True)}
    offset = spec.pop("offset_s", None)
    if offset is not None:
        if not isinstance(offset, int | float) or not abs(offset) <= MAX_OFFSET_S:
            raise InvalidRequestError(
                f"hud.offset_s must be a number of seconds within ±{MAX_OFFSET_S}.",
                code="invalid_hud",
                fields=[FieldError("hud.offset_s", "must be a number of seconds")],
            )
        wishes["offset_s"] = float(offset)
    return msgspec.to_builtins(validate_spec(spec)), wishes
