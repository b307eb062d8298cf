"""What can be wrong with a telemetry file: stable codes, a sentence each, and what to do next."""

from enum import StrEnum

from uploadm8.errors import TelemetryError


class Problem(StrEnum):
    """The code of a TelemetryError; docs/telemetry.md lists them."""

    EMPTY = "telemetry_empty"
    UNKNOWN_FORMAT = "telemetry_unknown_format"
    DAMAGED = "telemetry_damaged"
    NO_POINTS = "telemetry_no_points"
    NO_POSITION = "telemetry_no_position"
    NO_TIME = "telemetry_no_time"
    SINGLE_POSITION = "telemetry_single_position"
    TOO_LARGE = "telemetry_too_large"
    LINE_TOO_LONG = "telemetry_line_too_long"
    XML_FORBIDDEN = "telemetry_xml_forbidden"
    UNREADABLE = "telemetry_unreadable"


_OTHER_FILE = "Export the recording again from your device or app, or choose another file."

TEXTS: dict[Problem, tuple[str, str]] = {
    Problem.EMPTY: ("The file is empty.", _OTHER_FILE),
    Problem.UNKNOWN_FORMAT: (
        "This is not a telemetry format that we can read.",
        "Use GPX, TCX, FIT, CSV, NMEA, VBO, a .map file, a DJI .SRT, or the GoPro video itself.",
    ),
    Problem.DAMAGED: ("The file is damaged before its first usable point.", _OTHER_FILE),
    Problem.NO_POINTS: (
        "The file holds no recorded track: there is not a single point with data in it.",
        _OTHER_FILE,
    ),
    Problem.NO_POSITION: (
        "The file holds no usable position, speed or sensor value.",
        "Check that the device had a GPS fix while recording, then export again.",
    ),
    Problem.NO_TIME: (
        "The file has positions but no times, so it cannot be lined up with a video.",
        "Export the recorded activity (not a planned route) so that every point has its time.",
    ),
    Problem.SINGLE_POSITION: (
        "The video notes only one position for the whole clip, and no speed.",
        "Upload a log of the drive beside it: GPX, FIT, or the export of a GPS app.",
    ),
    Problem.TOO_LARGE: (
        "The file is larger than we read.",
        "Cut the recording to the part that the video shows.",
    ),
    Problem.LINE_TOO_LONG: (
        "A line of the file is far longer than any telemetry row.",
        _OTHER_FILE,
    ),
    Problem.XML_FORBIDDEN: (
        "The file declares a document type or entities, which no telemetry needs and we refuse.",
        _OTHER_FILE,
    ),
    Problem.UNREADABLE: ("The file cannot be opened.", "Check that the file exists and is a file."),
}


def telemetry_error(problem: Problem, detail: str | None = None) -> TelemetryError:
    """The error for `problem`, with its usual sentence unless `detail` says it more exactly."""
    sentence, action = TEXTS[problem]
    return TelemetryError(detail or sentence, code=problem.value, action=action)
