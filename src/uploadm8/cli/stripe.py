"""uploadm8 stripe: prepare the Stripe account for the tiers."""

import asyncio

import click

from uploadm8.domain.billing.gateway import open_gateway
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.setup import SetUpLine, set_up
from uploadm8.errors import UploadM8Error


@click.group()
def stripe() -> None:
    """Prepare the Stripe account for the tiers."""


@stripe.command("setup")
@click.option(
    "--secret-key", envvar="STRIPE_SECRET_KEY", required=True, help="Default: STRIPE_SECRET_KEY."
)
@click.option(
    "--api-base-url",
    envvar="STRIPE_API_BASE_URL",
    default="https://api.stripe.com",
    show_default=True,
    help="Where Stripe answers.",
)
def setup(secret_key: str, api_base_url: str) -> None:
    """Create the products and prices of all tiers; run again, it changes nothing."""
    options = BillingOptions(secret_key=secret_key, api_base_url=api_base_url)
    try:
        lines = asyncio.run(_set_up(options))
    except UploadM8Error as error:
        raise click.ClickException(" ".join(filter(None, (error.detail, error.action)))) from error
    for line in lines:
        click.echo(
            f"{line.outcome.value:9} {line.plan.lookup_key:28}"
            f" {line.plan.price_cents / 100:7.2f} {line.price_id}"
        )


async def _set_up(options: BillingOptions) -> list[SetUpLine]:
    async with open_gateway(options) as gateway:
        return await set_up(gateway)
