"""Make the products and prices of the tier table exist at Stripe; running it again changes nothing."""

from dataclasses import dataclass
from enum import StrEnum

import stripe

from uploadm8.domain.billing.gateway import StripeGateway, translated
from uploadm8.domain.billing.plans import CURRENCY, PLANS, Plan
from uploadm8.domain.billing.shapes import StripePrice, StripeProduct
from uploadm8.errors import ConflictError

PRODUCT_PREFIX = "uploadm8_"


class SetUp(StrEnum):
    """What happened to one tier's price."""

    KEPT = "kept"
    CREATED = "created"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class SetUpLine:
    """One tier after the setup."""

    plan: Plan
    outcome: SetUp
    price_id: str


async def set_up(gateway: StripeGateway) -> list[SetUpLine]:
    """Create what is missing; a price of another amount hands its lookup key to a new one.

    Raises:
        ConflictError: code ``other_currency``, when a tier is sold in another currency.
    """
    keys = tuple(plan.lookup_key for plan in PLANS.values())
    known = {price.lookup_key: price for price in await gateway.prices(keys)}
    return [await _set_up(gateway, plan, known.get(plan.lookup_key)) for plan in PLANS.values()]


async def _set_up(gateway: StripeGateway, plan: Plan, known: StripePrice | None) -> SetUpLine:
    if known is not None and known.currency != CURRENCY:
        raise ConflictError(
            f"{plan.lookup_key} is sold in {known.currency.upper()} at Stripe.",
            code="other_currency",
            action="Archive that price in Stripe's dashboard first.",
        )
    if known is not None and known.unit_amount == plan.price_cents:
        return SetUpLine(plan, SetUp.KEPT, known.id)
    product = await _product(gateway, plan, known)
    price = await _price(gateway, plan, product)
    return SetUpLine(plan, SetUp.REPLACED if known else SetUp.CREATED, price)


async def _product(gateway: StripeGateway, plan: Plan, known: StripePrice | None) -> str:
    """The tier's product: it has an id of our choice, so that it can never be made twice."""
    if known is not None and isinstance(known.product, StripeProduct):
        return known.product.id
    wanted = f"{PRODUCT_PREFIX}{plan.tier.value}"
    with translated():
        found = await gateway.v1.products.list_async({"ids": [wanted], "limit": 1})
        if found.data:
            return found.data[0].id
        made = await gateway.v1.products.create_async(
            {
                "id": wanted,
                "name": f"UploadM8 {plan.name}",
                "description": f"{plan.limits.uploads} uploads a month, "
                f"{plan.limits.accounts} connected accounts",
                "metadata": {"tier": plan.tier.value},
            }
        )
    return made.id


async def _price(gateway: StripeGateway, plan: Plan, product: str) -> str:
    params: stripe.params.PriceCreateParams = {
        "product": product,
        "currency": CURRENCY,
        "unit_amount": plan.price_cents,
        "recurring": {"interval": "month"},
        "lookup_key": plan.lookup_key,
        "transfer_lookup_key": True,
        "nickname": plan.name,
        "tax_behavior": "exclusive",
        "metadata": {"tier": plan.tier.value},
    }
    with translated():
        return (await gateway.v1.prices.create_async(params)).id
