"""The words of each billing notice, from its facts. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from uploadm8.domain.billing.notices import NoticeKind
from uploadm8.domain.billing.plans import Resource
from uploadm8.infra.mail.letter import Button, Letter

Facts = Mapping[str, Any]
Text = tuple[str, tuple[str, ...]]  # subject and paragraphs


_NOUNS = {
    Resource.UPLOADS: "uploads this period",
    Resource.ACCOUNTS: "connected accounts",
    Resource.SEATS: "people",
}


def write(kind: NoticeKind, facts: Facts, frontend_url: str) -> Letter:
    """The letter of a notice.

    Args:
        kind: which sentence.
        facts: what was recorded with the notice.
        frontend_url: where the reader looks after the subscription.
    """
    subject, paragraphs = _LETTERS[kind](facts)
    pay_url = facts.get("pay_url")
    where = (
        Button("Pay now", pay_url)
        if pay_url
        else Button("Open billing", f"{frontend_url}/dashboard.html")
    )
    return Letter(
        subject=subject,
        heading=subject,
        preview=paragraphs[0],
        paragraphs=paragraphs,
        button=where,
        footnote="You get this because you own or administer the workspace.",
    )


def money(cents: int, currency: str) -> str:
    """An amount for a sentence: 19.99 USD."""
    return f"{cents / 100:.2f} {currency.upper()}"


def _day(value: Any) -> str:
    return f"{datetime.fromisoformat(value):%-d %B %Y}" if value else "the next few days"


def _over(facts: Facts) -> str:
    entries = facts.get("over") or []
    parts = [f"{e['used']} of {e['limit']} {_NOUNS[Resource(e['resource'])]}" for e in entries]
    if not parts:
        return "You are within the limits of your tier."
    return (
        f"You now use {', '.join(parts)}. Nothing is deleted; you can add more once you are below."
    )


def _trial_ending(facts: Facts) -> Text:
    cents = facts.get("price_cents")
    price = f" for {money(cents, 'usd')} a month" if cents else ""
    return (
        f"Your {facts['tier']} trial ends on {_day(facts['trial_end'])}",
        (
            (
                f"Your trial of {facts['tier']} ends on {_day(facts['trial_end'])} and goes on as a"
                f" subscription{price}."
            ),
            "If you do not want that, cancel it before then; nothing is charged.",
        ),
    )


def _payment_failed(facts: Facts) -> Text:
    again = facts.get("next_attempt")
    retry = f"We try again on {_day(again)}. " if again else ""
    return (
        f"Payment of {money(facts['amount_cents'], facts['currency'])} failed",
        (
            (
                f"Your payment of {money(facts['amount_cents'], facts['currency'])} for"
                f" {facts['tier']} did not go through."
            ),
            (
                f"{retry}You keep {facts['tier']} until {_day(facts.get('grace_ends'))};"
                " please check your card."
            ),
        ),
    )


def _action_required(facts: Facts) -> Text:
    return (
        "Please confirm your payment",
        (
            (
                f"Your bank asks you to confirm the payment of"
                f" {money(facts['amount_cents'], facts['currency'])}."
            ),
        ),
    )


def _recovered(_facts: Facts) -> Text:
    return ("Payment received", ("Your payment came through. Everything goes on as before.",))


def _grace_ending(facts: Facts) -> Text:
    return (
        f"{facts['tier']} ends on {_day(facts['grace_ends'])} without a payment",
        (
            (
                f"A payment is still missing. Without it you are on Starter from"
                f" {_day(facts['grace_ends'])}; nothing that you have is deleted."
            ),
        ),
    )


def _ended(facts: Facts) -> Text:
    why = "because the payment did not come through" if facts.get("unpaid") else "as arranged"
    return (
        f"Your {facts['tier']} subscription has ended",
        (
            f"Your {facts['tier']} subscription has ended {why}. You are on Starter now.",
            _over(facts),
        ),
    )


def _duplicate(facts: Facts) -> Text:
    back = facts.get("paid_back_cents") or 0
    paid = f" {money(back, facts['currency'])} is on its way back to you." if back else ""
    return (
        "You subscribed twice, so we ended one",
        (
            (
                "Two checkouts were completed for the same workspace. The first subscription goes on,"
                f" the second was ended at once.{paid}"
            ),
        ),
    )


def _over_limit(facts: Facts) -> Text:
    return (
        f"You are on {facts['tier']} now",
        (f"Your tier is {facts['tier']} from today.", _over(facts)),
    )


_LETTERS: Mapping[NoticeKind, Callable[[Facts], Text]] = {
    NoticeKind.TRIAL_ENDING: _trial_ending,
    NoticeKind.PAYMENT_FAILED: _payment_failed,
    NoticeKind.PAYMENT_ACTION_REQUIRED: _action_required,
    NoticeKind.PAYMENT_RECOVERED: _recovered,
    NoticeKind.GRACE_ENDING: _grace_ending,
    NoticeKind.SUBSCRIPTION_ENDED: _ended,
    NoticeKind.OVER_LIMIT: _over_limit,
    NoticeKind.DUPLICATE_ENDED: _duplicate,
}
