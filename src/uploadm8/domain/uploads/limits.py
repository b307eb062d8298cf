"""What an upload may be, before a byte of it has been seen."""

from collections.abc import Collection
from typing import Final

from uploadm8.core.video.containers import MEDIA_TYPES
from uploadm8.errors import (
    FieldError,
    InvalidRequestError,
    TooLargeError,
    UnsupportedMediaTypeError,
)

MAX_SOURCE_BYTES: Final = 4 * 1024**3
MAX_TELEMETRY_BYTES: Final = 64 * 1024**2
PRESIGN_S: Final = 15 * 60
PART_PRESIGN_S: Final = 60 * 60
PENDING_S: Final = 24 * 3600
MAX_PENDING: Final = 50
PART_BYTES: Final = 16 * 1024**2


def check_video(content_type: str, size_bytes: int, containers: Collection[str]) -> None:
    """Refuse what cannot be an acceptable video, of one of these kinds of file.

    Raises:
        UnsupportedMediaTypeError: code ``video_type_unsupported``.
        TooLargeError: code ``video_too_large``.
    """
    accepted = [name for name, kind in MEDIA_TYPES.items() if kind in containers]
    if content_type.partition(";")[0].strip().lower() not in accepted:
        raise UnsupportedMediaTypeError(
            f"{content_type[:80]} is not a video type that can be processed.",
            code="video_type_unsupported",
            action=f"Send one of {', '.join(accepted)}.",
        )
    if size_bytes > MAX_SOURCE_BYTES:
        raise TooLargeError(
            f"The video has {size_bytes} bytes; at most {MAX_SOURCE_BYTES} are allowed.",
            code="video_too_large",
            action="Export it with a lower bit rate, or cut it.",
        )


def check_telemetry(size_bytes: int) -> None:
    """Refuse a telemetry file that is too large.

    Raises:
        TooLargeError: code ``telemetry_too_large``.
    """
    if size_bytes > MAX_TELEMETRY_BYTES:
        raise TooLargeError(
            f"The telemetry file has {size_bytes} bytes; at most {MAX_TELEMETRY_BYTES} are allowed.",
            code="telemetry_too_large",
            action="Export only the part of the log that belongs to the video.",
        )


def clean_text(field: str, text: str) -> str:
    """Refuse control characters in a text that people will read; returns it stripped."""
    if any(ord(char) < 32 and char not in "\n\r\t" for char in text):
        raise InvalidRequestError(
            f"{field} contains control characters.",
            code="control_characters",
            fields=[FieldError(field, "remove the control characters")],
        )
    return text.strip()
