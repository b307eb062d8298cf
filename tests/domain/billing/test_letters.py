"""Every notice has its words, and they say what matters."""

from typing import Any

import pytest

from uploadm8.domain.billing.letters import write
from uploadm8.domain.billing.notices import NoticeKind
from uploadm8.infra.mail.letter import render

FACTS: dict[NoticeKind, dict[str, Any]] = {
    NoticeKind.TRIAL_ENDING: {
        "tier": "Creator",
        "trial_end": "2026-02-01T00:00:00Z",
        "price_cents": 1999,
    },
    NoticeKind.PAYMENT_FAILED: {
        "tier": "Creator",
        "amount_cents": 1999,
        "currency": "usd",
        "next_attempt": "2026-02-04T00:00:00Z",
        "grace_ends": "2026-02-08T00:00:00Z",
        "pay_url": "https://invoice.example.com/in_1",
    },
    NoticeKind.PAYMENT_ACTION_REQUIRED: {"amount_cents": 1999, "currency": "usd"},
    NoticeKind.PAYMENT_RECOVERED: {},
    NoticeKind.GRACE_ENDING: {"tier": "Creator", "grace_ends": "2026-02-08T00:00:00Z"},
    NoticeKind.SUBSCRIPTION_ENDED: {
        "tier": "Creator",
        "unpaid": False,
        "over": [{"resource": "accounts", "used": 4, "limit": 1}],
    },
    NoticeKind.OVER_LIMIT: {
        "tier": "Solo",
        "over": [{"resource": "accounts", "used": 4, "limit": 2}],
    },
    NoticeKind.DUPLICATE_ENDED: {"paid_back_cents": 999, "currency": "usd"},
}
SAYS = {
    NoticeKind.TRIAL_ENDING: "19.99 USD a month",
    NoticeKind.PAYMENT_FAILED: "until 8 February 2026",
    NoticeKind.PAYMENT_ACTION_REQUIRED: "19.99 USD",
    NoticeKind.PAYMENT_RECOVERED: "came through",
    NoticeKind.GRACE_ENDING: "nothing that you have is deleted",
    NoticeKind.SUBSCRIPTION_ENDED: "4 of 1 connected accounts",
    NoticeKind.OVER_LIMIT: "4 of 2 connected accounts",
    NoticeKind.DUPLICATE_ENDED: "9.99 USD is on its way back",
}


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_the_letter_says_what_matters(kind: NoticeKind) -> None:
    letter = write(kind, FACTS[kind], "https://app.example.com")
    mail = render(letter, "someone@example.com", "billing")
    assert SAYS[kind] in " ".join(mail.text.split())
    assert mail.subject


def test_a_failed_payment_leads_to_where_it_can_be_paid() -> None:
    letter = write(NoticeKind.PAYMENT_FAILED, FACTS[NoticeKind.PAYMENT_FAILED], "https://a.example")
    assert letter.button is not None
    assert letter.button.url == "https://invoice.example.com/in_1"
