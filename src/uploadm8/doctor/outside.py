"""Outside parties, asked for real: are our credentials good there."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from uploadm8.config import Config
from uploadm8.doctor.findings import Finding, ok, red, warn
from uploadm8.domain.billing.gateway import (
    BillingOffError,
    StripeGateway,
    StripeKeyRefusedError,
    open_gateway,
    translated,
)
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.oauth import CODE_REJECTED
from uploadm8.errors import UnavailableError, UploadM8Error
from uploadm8.infra.http import Http, open_http
from uploadm8.parties import base_urls, billing_options, platform_clients

_MADE_UP = "doctor-asks-whether-the-app-is-known"
_VERIFIER = "d" * 64
_EVENTS = ("customer.subscription.updated", "customer.subscription.deleted", "invoice.paid")
_META_BAD_CODE = "100"  # it knows the app and cannot read the code; 1 and 101 mean the app
_SET_UP = "Run `uploadm8 stripe setup`."


async def check_platforms(config: Config) -> list[Finding]:
    """Each platform is offered a code that cannot exist: it refuses the code, or our app."""
    async with open_http(base_urls(config)) as http:
        clients = platform_clients(config, http)
        found = []
        for platform in Platform:
            if clients.configured(platform):
                found.append(await _platform(config, platform, clients.oauth[platform]))
        return found


async def _platform(config: Config, platform: Platform, oauth: Any) -> Finding:
    redirect = f"{config.base_url.rstrip('/')}/oauth/{platform.value}/callback"
    try:
        verifier = _VERIFIER if oauth.uses_pkce(redirect) else None
        await oauth.exchange(_MADE_UP, redirect_uri=redirect, verifier=verifier)
    except PlatformError as error:
        if error.code == CODE_REJECTED.code or error.platform_code == _META_BAD_CODE:
            return ok("platforms", f"{platform.label} knows our app.")
        status = error.http_status
        if status is None or status == 429 or status >= 500:
            return warn("platforms", f"{platform.label} does not answer ({error.code}).")
        says = f"{platform.label} refuses our app ({error.platform_code or error.code})."
        return red("platforms", says, "Compare the app's id, secret and redirect address.")
    except UnavailableError as error:
        return warn("platforms", f"{platform.label} does not answer ({error.code}).")
    return warn("platforms", f"{platform.label} took a code that we made up.")


async def check_stripe(config: Config) -> list[Finding]:
    """The key works, every tier has its price, and events are sent here."""
    options = billing_options(config)
    async with open_gateway(options) as gateway:
        try:
            prices = await gateway.prices(options.offered)
        except BillingOffError:
            return []
        except StripeKeyRefusedError as error:
            action = "Check STRIPE_SECRET_KEY and its rights."
            return [red("stripe", f"Stripe refuses our key ({error.code}).", action)]
        except UnavailableError as error:
            return [warn("stripe", f"Stripe does not answer ({error.code}).")]
        except UploadM8Error as error:
            action = "See what the log says about it."
            return [red("stripe", f"Stripe refuses to list prices ({error.code}).", action)]
        missing = sorted(set(options.offered) - {price.lookup_key for price in prices})
        return [
            red("stripe", f"No price has the lookup key {', '.join(missing)}.", _SET_UP)
            if missing
            else ok("stripe", f"All {len(options.offered)} prices are there."),
            await _webhook(gateway, f"{config.base_url.rstrip('/')}/api/billing/webhook"),
        ]


async def _webhook(gateway: StripeGateway, url: str) -> Finding:
    try:
        with translated():
            answer = await gateway.v1.webhook_endpoints.list_async({"limit": 100})
    except UploadM8Error as error:  # a restricted key may not read them
        return warn("stripe", f"Stripe does not tell its webhook endpoints ({error.code}).")
    return judge_webhook([endpoint.to_dict() for endpoint in answer.data], url)


def judge_webhook(endpoints: Sequence[Mapping[str, Any]], url: str) -> Finding:
    """Whether Stripe sends what we need to our address."""
    ours = [one for one in endpoints if one.get("url") == url and one.get("status") == "enabled"]
    if not ours:
        return red("stripe", f"Stripe sends no events to {url}.", "Add the webhook endpoint.")
    sent = {event for one in ours for event in one.get("enabled_events", ())}
    missing = [] if "*" in sent else sorted(set(_EVENTS) - sent)
    if missing:
        return red("stripe", f"Stripe does not send {', '.join(missing)}.", "Select these events.")
    return ok("stripe", "Stripe sends its events to us.")


async def check_mail(config: Config) -> list[Finding]:
    """Mailgun knows the key and the domain."""
    key = config.mailgun_api_key.get_secret_value()
    if not key or not config.mailgun_domain:
        return []
    async with open_http(base_urls(config)) as http:
        return await _mail(http, config.mailgun_api_base_url, config.mailgun_domain, key)


async def _mail(http: Http, base: str, domain: str, key: str) -> list[Finding]:
    """A message without anything in it is refused for that by whoever accepts key and domain.

    A sending key may do nothing else, so that only another kind of key can tell whether the domain
    is verified.
    """
    root = base.rstrip("/")
    headers = {"Authorization": f"Basic {b64encode(f'api:{key}'.encode()).decode()}"}
    try:
        answer = await http.send(
            "POST", f"{root}/v3/{domain}/messages", form={"o:testmode": "yes"}, headers=headers
        )
        told = await http.send("GET", f"{root}/v4/domains/{domain}", headers=headers)
    except UploadM8Error as error:
        return [warn("mail", f"Mailgun does not answer ({error.code}).")]
    if answer.status in (401, 403):
        action = "Check MAILGUN_API_KEY and the region's host."
        return [red("mail", "Mailgun refuses our key.", action)]
    if answer.status == 404:
        return [red("mail", f"Mailgun does not know {domain}.", "Check MAILGUN_DOMAIN.")]
    if answer.status != 400:
        return [warn("mail", f"Mailgun answers {answer.status} about {domain}.")]
    state = judge_domain(told.body) if told.ok else ""
    if state not in ("", "active"):
        action = "Finish the domain's DNS records at Mailgun."
        return [red("mail", f"Mailgun calls {domain} {state}: it sends no mail.", action)]
    return [ok("mail", f"Mailgun sends for {domain}.")]


class _Domain(msgspec.Struct):
    state: str = ""


class _Told(msgspec.Struct):
    domain: _Domain


def judge_domain(body: bytes) -> str:
    """The state of a domain as Mailgun tells it: active, unverified or disabled; "" if it does not."""
    try:
        return msgspec.json.decode(body, type=_Told).domain.state
    except msgspec.DecodeError:
        return ""
