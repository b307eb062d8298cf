"""Rows of publications as the Structs that clients get."""

from collections.abc import Mapping
from typing import Any

import msgspec

from uploadm8.domain.publishing.lifecycle import TERMINAL
from uploadm8.domain.publishing.tables import PublicationState
from uploadm8.domain.uploads.schemas import PublicationOut
from uploadm8.domain.uploads.views import problem_of
from uploadm8.findings import Finding
from uploadm8.infra.db.json_columns import json_of

S = PublicationState
_STEP = {S.PREPARING: 0.05, S.TRANSFERRING: 0.1, S.COMMITTING: 0.9, S.CONFIRMING: 0.95}


def publication_out(row: Mapping[str, Any]) -> PublicationOut:
    """A publication as clients see it."""
    return PublicationOut(
        id=row["id"],
        account_id=row["account"],
        platform=row["platform"],
        state=row["state"],
        publish_at=row["publish_at"],
        published_at=row["published_at"],
        public_url=row["public_url"],
        platform_post_id=row["platform_post_id"],
        progress=progress_of(row),
        problem=problem_of(row),
        findings=msgspec.convert(json_of(row["findings"]), list[Finding]),
    )


def progress_of(row: Mapping[str, Any]) -> float:
    """0..1: how far the post is; 1 only once it is out."""
    state = PublicationState(row["state"])
    if state is S.PUBLISHED:
        return 1.0
    if state in TERMINAL:
        return 0.0
    base = _STEP.get(state, 0.0)
    if state is S.TRANSFERRING and row["bytes_total"]:
        base += 0.75 * row["bytes_sent"] / row["bytes_total"]
    return round(base, 3)
