"""Answers that differ from our sandbox's: fewer fields, other forms, other order."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from uploadm8.domain.platforms.clients.base import CommitAgain, Live, NotPublished, Pending
from uploadm8.domain.platforms.clients.errors import DAY, retry_after
from uploadm8.domain.platforms.clients.facebook_status import VideoStatus
from uploadm8.domain.platforms.clients.handles import TikTokHandle
from uploadm8.domain.platforms.clients.tiktok import _verdict
from uploadm8.infra.clock import now

TIKTOK = TikTokHandle(size=1000, publish_id="p", upload_url="https://up.example.com/video/?a=1")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("999999999", DAY), ("", None), ("soon", None), ("-3", None)],
)
def test_retry_after_is_read_in_seconds(written: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": written}) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    read = retry_after({"retry-after": format_datetime(now() + timedelta(hours=1), usegmt=True)})
    assert read is not None
    assert 3_500 < read <= 3_600
    past = format_datetime(now() - timedelta(hours=1), usegmt=True)
    assert retry_after({"retry-after": past}) == 0.0


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ({"publishing_phase": {"status": "complete", "publish_status": "published"}}, Live),
        ({"publishing_phase": {"status": "completed"}}, Live),
        ({"publishing_phase": {"publish_status": "published"}}, Live),
        ({"publishing_phase": {"status": "in_progress", "publish_status": "published"}}, Pending),
        ({"publishing_phase": {"status": "not_started"}}, CommitAgain),
        ({"video_status": "processing"}, Pending),
        ({}, Pending),
        ({"video_status": "error"}, NotPublished),
        (
            {"processing_phase": {"errors": [{"message": "too small", "code": 1363127}]}},
            NotPublished,
        ),
    ],
)
def test_facebooks_status_is_judged_from_whatever_parts_come(
    status: dict[str, object], verdict: type
) -> None:
    told = VideoStatus({**status, "a_new_field": {"x": 1}}).verdict("https://x", "published")
    assert isinstance(told, verdict)


@pytest.mark.parametrize(
    ("status", "uploaded", "tells"),
    [
        ({"video_status": "upload_complete"}, True, True),
        ({"video_status": "processing"}, True, True),
        ({"video_status": "uploading"}, False, False),
        ({"uploading_phase": {"status": "in_progress"}, "video_status": "ready"}, False, True),
        ({}, False, False),
    ],
)
def test_facebooks_upload_is_known_by_its_phase_or_by_the_whole(
    status: dict[str, object], uploaded: bool, tells: bool
) -> None:
    found = VideoStatus(status)
    assert (found.uploaded, found.tells_bytes) == (uploaded, tells)


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ({"status": "PROCESSING_UPLOAD"}, CommitAgain),
        ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 10}, CommitAgain),
        ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": "1000"}, Pending),
        ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 999}, Pending),
        ({"status": "PUBLISH_COMPLETE"}, Live),
        ({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": []}, Live),
        ({"status": "SOMETHING_NEW"}, Pending),
        ({"status": "FAILED"}, NotPublished),
    ],
)
def test_tiktoks_status_is_judged_with_fields_missing(
    data: dict[str, object], verdict: type
) -> None:
    assert isinstance(_verdict(data, TIKTOK, "apex"), verdict)
