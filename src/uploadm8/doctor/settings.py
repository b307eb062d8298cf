"""Settings: secrets strong and each its own, addresses safe, halves of credentials together."""

import math
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from uploadm8.config import Config, EmailVerification
from uploadm8.doctor.findings import Finding, ok, red, warn

_LEAST_BITS = 128
_PLACEHOLDERS = ("changeme", "change-me", "example", "secret-secret", "test-secret", "password")
_SECRETS = {
    "jwt_secret": "JWT_SECRET",
    "admin_api_key": "ADMIN_API_KEY",
    "metrics_token": "METRICS_TOKEN",
}
_MAKE = "Make one with `openssl rand -base64 48`."
_PAIRS = (
    ("TikTok", "tiktok_client_key", "tiktok_client_secret"),
    ("Google", "google_client_id", "google_client_secret"),
    ("Meta", "meta_app_id", "meta_app_secret"),
)


async def check_settings(config: Config) -> list[Finding]:
    """Everything that the settings alone tell."""
    return [
        *_secrets(config),
        *_addresses(config),
        *_platforms(config),
        *_mail(config),
        *_stripe(config),
    ]


def strength_bits(secret: str) -> float:
    """What guessing would cost at most: Shannon's entropy of its characters times their number."""
    total = len(secret)
    return -sum(n * math.log2(n / total) for n in Counter(secret).values()) if total else 0.0


def _exposed(config: Config, check: str, says: str, action: str) -> Finding:
    """Red where others can reach us; a warning while BASE_URL is this machine itself."""
    host = urlsplit(config.base_url).hostname or ""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    return (warn if local else red)(check, says, action)


def _secrets(config: Config) -> Iterator[Finding]:
    values = {name: _value(config, field) for field, name in _SECRETS.items()}
    for name, value in values.items():
        if not value:
            if name == "METRICS_TOKEN" and not config.is_development:
                yield warn("secrets", "METRICS_TOKEN is not set: nobody can read /metrics.", _MAKE)
            continue
        weak = strength_bits(value) < _LEAST_BITS
        if weak or any(word in value.lower() for word in _PLACEHOLDERS):
            yield _exposed(config, "secrets", f"{name} can be guessed.", _MAKE)
        else:
            yield ok("secrets", f"{name} is strong.")
    given = [value for value in values.values() if value]
    if len(set(given)) < len(given):
        yield red("secrets", "One secret is used for two purposes.", _MAKE)


def _addresses(config: Config) -> Iterator[Finding]:
    for word in config.proxies:
        if _prefix(word) is None:
            says = f"TRUSTED_PROXIES names {word[:40]!r}, which is no address."
            yield red("addresses", says, "Use addresses and networks such as 10.0.0.0/8.")
    if config.is_development:
        yield warn("addresses", "APP_ENV is development: conveniences for developers are on.")
        return
    for name in ("base_url", "frontend_url"):
        if urlsplit(getattr(config, name)).scheme != "https":
            says = f"{name.upper()} is not https."
            yield _exposed(config, "addresses", says, "Serve it over TLS.")
    for word in config.proxies:
        if _prefix(word) == 0:
            yield red(
                "addresses",
                "TRUSTED_PROXIES trusts everybody: anyone may claim any address.",
                "Name the proxy's addresses only.",
            )
    if not config.proxies:
        yield warn(
            "addresses",
            "TRUSTED_PROXIES is empty: behind a proxy all callers look like one.",
            "Name the proxy's addresses.",
        )
    if not [f for f in ("base_url", "frontend_url") if not getattr(config, f).startswith("https")]:
        yield ok("addresses", "BASE_URL and FRONTEND_URL are https.")


def _prefix(word: str) -> int | None:
    """How many bits of a network are fixed; None if it is none."""
    try:
        return ip_network(word, strict=False).prefixlen
    except ValueError:
        return None


def _platforms(config: Config) -> Iterator[Finding]:
    for label, one, other in _PAIRS:
        given = [bool(_value(config, one)), bool(_value(config, other))]
        if all(given):
            yield ok("platforms", f"{label}'s app is set.")
        elif any(given):
            missing = (other if given[0] else one).upper()
            yield red("platforms", f"{missing} is missing.", f"Copy it from {label}'s console.")
        else:
            yield warn("platforms", f"{label} is off: no app is set.", f"Set {one.upper()}.")


def _mail(config: Config) -> Iterator[Finding]:
    key, domain = _value(config, "mailgun_api_key"), config.mailgun_domain
    if bool(key) != bool(domain):
        missing = "MAILGUN_DOMAIN" if key else "MAILGUN_API_KEY"
        yield red("mail", f"{missing} is missing: no mail is sent.", "Set both or neither.")
    elif key:
        yield ok("mail", f"Mailgun sends from {domain}.")
    elif config.email_verification is EmailVerification.REQUIRED and not config.is_development:
        says = "Mail must be verified, and none is sent."
        yield _exposed(config, "mail", says, "Set MAILGUN_API_KEY.")
    else:
        yield warn("mail", "Mail goes to a folder: Mailgun is not set.", "Set MAILGUN_API_KEY.")


def _stripe(config: Config) -> Iterator[Finding]:
    key = _value(config, "stripe_secret_key")
    if not key:
        yield warn("stripe", "Billing is off: no STRIPE_SECRET_KEY.")
        return
    if not key.startswith(("sk_", "rk_")):
        yield red("stripe", "STRIPE_SECRET_KEY is no secret key.", "It begins with sk_ or rk_.")
    elif not config.is_development and "_test_" in key:
        yield warn("stripe", "STRIPE_SECRET_KEY is of the test mode: nobody really pays.")
    if not _value(config, "stripe_webhook_secret"):
        yield red(
            "stripe",
            "STRIPE_WEBHOOK_SECRET is missing: payments never arrive.",
            "Copy it from the webhook endpoint in Stripe's dashboard.",
        )


def _value(config: Config, field: str) -> str:
    value = getattr(config, field)
    return str(value if isinstance(value, str) else value.get_secret_value())
