"""From an error to what happens next; pure, so that the whole policy is one table."""

import random
from dataclasses import dataclass

from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.db.failures import as_unavailable

BASE_S = 10.0
CAP_S = 15 * 60.0
BUG_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a job whose attempt failed.

    Attributes:
        again_in_s: seconds until the next attempt; None means the job is dead.
        counts: whether this attempt was used up.
    """

    again_in_s: float | None
    counts: bool = True


def backoff_s(attempt: int, rng: random.Random | None = None) -> float:
    """Full-jitter exponential backoff: uniform in (0, min(15 min, 10 s x 2^(attempt-1))]."""
    ceiling = min(CAP_S, BASE_S * 2 ** max(0, attempt - 1))
    return max(0.5, (rng or random).uniform(0, ceiling))


def as_known(error: BaseException) -> UploadM8Error:
    """The error as one of ours; that the database could not do it now is no bug of the job."""
    if isinstance(error, UploadM8Error):
        return error
    known = as_unavailable(error) or UploadM8Error()
    # What a request is told is too short for a job, which has attempts to lose.
    known.retry_after = None
    return known


def decide(error: UploadM8Error, attempt: int, max_attempts: int) -> Decision:
    """Decide by the error's class.

    Rate limits wait for their window without using up an attempt; permanent errors end the job;
    unknown exceptions are bugs and get three tries.
    """
    kind, after = error.retry, error.retry_after
    if kind is Retry.RATE_LIMITED:
        return Decision(again_in_s=after if after is not None else 60.0, counts=False)
    if kind in (Retry.PERMANENT_MEDIA, Retry.PERMANENT_REQUEST, Retry.AUTH_REVOKED):
        return Decision(again_in_s=None)
    limit = min(max_attempts, BUG_ATTEMPTS) if kind is Retry.INTERNAL_BUG else max_attempts
    if attempt >= limit:
        return Decision(again_in_s=None)
    return Decision(again_in_s=after if after is not None else backoff_s(attempt))
