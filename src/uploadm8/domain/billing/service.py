"""Billing as one object: every collaborator of the subject, built once per process."""

from dataclasses import dataclass

from uploadm8.domain.billing.changes import Changes
from uploadm8.domain.billing.checkout import Checkout
from uploadm8.domain.billing.duplicates import Duplicates
from uploadm8.domain.billing.entitlements import Clock, Entitlements
from uploadm8.domain.billing.events import Events
from uploadm8.domain.billing.gateway import StripeGateway
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.overview import Overview
from uploadm8.domain.billing.preview import Previews
from uploadm8.domain.billing.prices import Prices
from uploadm8.domain.billing.quota import Quota
from uploadm8.domain.billing.reactions import Reactions
from uploadm8.domain.billing.sweep import Sweep
from uploadm8.domain.billing.sync import Sync
from uploadm8.domain.billing.webhook import Webhook
from uploadm8.infra.clock import now


@dataclass(frozen=True, slots=True)
class Billing:
    """What controllers and jobs are given."""

    entitlements: Entitlements
    quota: Quota
    overview: Overview
    prices: Prices
    checkout: Checkout
    changes: Changes
    webhook: Webhook
    events: Events
    sweep: Sweep
    sync: Sync
    duplicates: Duplicates
    previews: Previews


def build_billing(options: BillingOptions, gateway: StripeGateway, clock: Clock = now) -> Billing:
    """Put the parts together.

    Args:
        options: what the installation decides.
        gateway: Stripe, or its absence.
        clock: the time by which entitlements and periods are judged.
    """
    entitlements = Entitlements(clock)
    quota = Quota(entitlements)
    prices = Prices(gateway, options)
    sync = Sync(gateway, Reactions(entitlements, clock))
    webhook = Webhook(options)
    changes = Changes(gateway, prices, sync)
    return Billing(
        entitlements=entitlements,
        quota=quota,
        overview=Overview(entitlements, quota, options),
        prices=prices,
        checkout=Checkout(gateway, prices, options),
        changes=changes,
        webhook=webhook,
        events=Events(sync),
        sweep=Sweep(sync, webhook, clock),
        sync=sync,
        duplicates=Duplicates(gateway, sync),
        previews=Previews(changes),
    )
