"""Asking for the renditions of an upload."""

from collections.abc import Mapping
from typing import Any

from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.jobs.catalog import RENDER_UPLOAD
from uploadm8.infra.jobs.queue import enqueue

SECONDS_PER_SECOND = 12.0  # that a slow worker may take for one second of video


async def ask_for_render(upload: Mapping[str, Any]) -> None:
    """In the transaction that makes the upload `rendering`: record the job.

    It may take JOB_TIMEOUT_SECONDS, and longer for a longer video.
    """
    duration = float(json_of(upload["source"])["duration_s"])
    await enqueue(
        RENDER_UPLOAD,
        ref_id=upload["id"],
        workspace_id=upload["workspace"],
        allowance_s=SECONDS_PER_SECOND * duration,
    )
