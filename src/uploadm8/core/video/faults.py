"""Every reason why a video is refused: a stable code, a sentence, and what to do about it."""

from types import MappingProxyType
from typing import Final

from uploadm8.errors import MediaError

_CONVERT = "Export it as MP4 with H.264 video and AAC sound, and upload that."
_AGAIN = "Copy the file from the camera again and upload it once more."

FAULTS: Final = MappingProxyType(
    {
        "media_missing": ("There is no file at {path}.", "Check the path."),
        "media_empty": ("The file is empty.", _AGAIN),
        "media_not_video": ("This is not a video file but {what}.", _CONVERT),
        "media_container_off": ("This is {title}, which is not accepted here.", _CONVERT),
        "media_no_video_stream": (
            "The file has sound or data but no picture.",
            "Upload the video itself.",
        ),
        "media_too_short": (
            "The video is {got:.2f} s long; at least {limit:g} s are needed.",
            "Upload a longer video.",
        ),
        "media_too_long": (
            "The video is {got:.0f} s long; at most {limit:.0f} s are accepted.",
            "Cut it into shorter parts and upload those.",
        ),
        "media_too_large": (
            "The file has {got} bytes; at most {limit} are accepted.",
            "Export it at a lower bit rate, or cut it.",
        ),
        "media_size_unsupported": (
            "Pictures of {width}x{height} pixels are outside what is accepted.",
            "Export it at 4K (3840x2160) or smaller, with no side shorter than 32 pixels.",
        ),
        "media_fps_unsupported": (
            "{got:.2f} pictures a second are outside {low} to {high}.",
            "Export it at 30 or 60 pictures a second.",
        ),
        "media_truncated": (
            "The file ends early: {what}.",
            _AGAIN,
        ),
        "media_damaged": ("A part of the file is damaged: {what}.", _AGAIN),
        "media_too_many_streams": (
            "The file holds {got} streams; at most {limit} are accepted.",
            _CONVERT,
        ),
        "media_codec_unsupported": ("The {kind} codec {codec} is not supported.", _CONVERT),
        "media_encrypted": (
            "The recording is encrypted: the file is protected against copying.",
            "Upload the recording itself, without protection.",
        ),
        "media_undecodable": ("The file cannot be decoded: {what}.", _CONVERT),
        "trim_outside": (
            "The part from {start:g} s to {end:g} s holds no picture.",
            "Choose a part of the video.",
        ),
        "segments_differ": (
            "The segments of one rendition do not fit together: {what}.",
            "Render it again.",
        ),
    }
)


def fault(code: str, **values: object) -> MediaError:
    """The error of that code, with its sentence filled in."""
    sentence, action = FAULTS[code]
    return MediaError(sentence.format(**values), code=code, action=action, extra=dict(values))
