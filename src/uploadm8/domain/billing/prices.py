"""The price list: Stripe's prices where there is Stripe, the table of tiers where there is none."""

import time
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from uploadm8.domain.billing.gateway import StripeGateway
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.plans import BY_LOOKUP_KEY, CURRENCY, Plan, Tier
from uploadm8.domain.billing.shapes import StripePrice
from uploadm8.errors import InvalidRequestError, UploadM8Error

log = structlog.get_logger(__name__)

FRESH_S = 300.0  # how long a price list from Stripe is used without asking again
INCOMPLETE_S = 5.0  # how long one that lacks a price, since the setup may be running
STALE_S = 24 * 3600.0  # how long while Stripe cannot be asked


class PriceSource(StrEnum):
    """Where the amounts of a price list come from."""

    STRIPE = "stripe"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier with its price; `price_id` is None when there is nothing at Stripe to buy."""

    plan: Plan
    price_id: str | None
    amount_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """What is offered, smallest tier first; `note` says why the amounts are not Stripe's."""

    source: PriceSource
    offers: tuple[Offer, ...]
    note: str | None = None


@dataclass(slots=True)
class _Cache:
    at: float = float("-inf")
    prices: dict[str, StripePrice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prices:
    """Asks Stripe at most every `FRESH_S` seconds per process."""

    gateway: StripeGateway
    options: BillingOptions
    _cache: _Cache = field(default_factory=_Cache)

    async def offers(self) -> PriceList:
        """The price list; never fails for Stripe's sake."""
        if not self.gateway.is_on:
            return self._from_table("Stripe is not configured; these are the list prices.")
        try:
            prices = await self._prices()
        except UploadM8Error as error:
            log.warning("prices_unavailable", error_code=error.code)
            return self._from_table("Stripe cannot be asked now; these are the list prices.")
        return PriceList(
            PriceSource.STRIPE,
            tuple(_offer(key, prices.get(key)) for key in self.options.offered),
        )

    async def price_id(self, lookup_key: str) -> str:
        """The id of the price that a lookup key names now.

        Raises:
            InvalidRequestError: not offered, free, or not set up at Stripe.
        """
        plan = BY_LOOKUP_KEY.get(lookup_key)
        if plan is None or lookup_key not in self.options.offered:
            raise InvalidRequestError(
                f"{lookup_key[:80]} is not offered.",
                code="unknown_price",
                action=f"Use one of {', '.join(self.options.offered)}.",
            )
        if plan.tier is Tier.STARTER:
            raise InvalidRequestError(
                "Starter is free and needs no checkout.",
                code="free_tier",
                action="To go back to Starter, cancel the subscription.",
            )
        price = (await self._prices()).get(lookup_key)
        if price is None:
            raise InvalidRequestError(
                f"{plan.name} has no price at Stripe yet.",
                code="price_not_set_up",
                action="Whoever runs this installation runs: uploadm8 stripe setup.",
            )
        return price.id

    async def _prices(self) -> dict[str, StripePrice]:
        age = time.monotonic() - self._cache.at
        complete = self._cache.prices.keys() >= set(self.options.offered)
        if age < (FRESH_S if complete else INCOMPLETE_S):
            return self._cache.prices
        try:
            found = await self.gateway.prices(self.options.offered)
        except UploadM8Error:
            if age < STALE_S:
                return self._cache.prices
            raise
        self._cache.prices = {price.lookup_key: price for price in found if price.lookup_key}
        self._cache.at = time.monotonic()
        return self._cache.prices

    def _from_table(self, note: str) -> PriceList:
        offers = tuple(_offer(key, None) for key in self.options.offered)
        return PriceList(PriceSource.TABLE, offers, note)


def _offer(lookup_key: str, price: StripePrice | None) -> Offer:
    plan = BY_LOOKUP_KEY[lookup_key]
    if price is None or price.unit_amount is None:
        return Offer(plan, price.id if price else None, plan.price_cents, CURRENCY)
    return Offer(plan, price.id, price.unit_amount, price.currency)
