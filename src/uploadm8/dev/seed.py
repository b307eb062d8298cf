"""The demo user of the development stack, with a tier that shows everything."""

from typing import Final

from uploadm8.dev.rest_client import ApiProblemError, RestClient
from uploadm8.dev.stack import Stack

DEMO_EMAIL: Final = "demo@example.com"
DEMO_PASSWORD: Final = "drive the demo road"
ACCOUNTS: Final = {"tiktok": "apex", "youtube": "tour", "instagram": "bert", "facebook": "bert"}
CALLBACKS: Final = tuple(f"/oauth/{platform}/callback" for platform in ACCOUNTS)


def seed(stack: Stack) -> RestClient:
    """Make the demo user if absent, sign in, and give the workspace the Agency tier."""
    client = RestClient(stack.api_url)
    try:
        client.register(DEMO_EMAIL, DEMO_PASSWORD)
    except ApiProblemError as problem:
        if problem.problem.get("status") not in (400, 409):
            raise
        client.log_in(DEMO_EMAIL, DEMO_PASSWORD)
    else:
        client.call(
            "POST",
            "/api/admin/entitlements/grant",
            json={"email": DEMO_EMAIL, "tier": "agency", "reason": "demo user of the local stack"},
            headers={"X-Admin-Key": stack.env["ADMIN_API_KEY"]},
        )
    return client


def connect_all(stack: Stack, client: RestClient) -> dict[str, str]:
    """Connect one account of each platform; returns account ids by platform."""
    consent = f"{stack.sandbox_url}/_sandbox/consent"
    return {
        platform: client.connect(platform, consent if stack.sandboxed(platform) else "", account)
        for platform, account in ACCOUNTS.items()
    }
