"""What an installation decides about billing; the composition root fills it in."""

from dataclasses import dataclass, field

from uploadm8.domain.billing.plans import PLANS, Tier


@dataclass(frozen=True, slots=True)
class BillingOptions:
    """Values of the STRIPE_* settings.

    Attributes:
        secret_key: empty turns everything off that needs Stripe.
        webhook_secret: empty turns the webhook endpoint off.
        lookup_keys: prices that are offered; empty offers every tier.
        default_lookup_key: preselected at checkout.
        trial_days: of a workspace's first subscription; 0 is no trial.
    """

    secret_key: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    api_base_url: str = "https://api.stripe.com"
    lookup_keys: tuple[str, ...] = ()
    default_lookup_key: str = PLANS[Tier.CREATOR].lookup_key
    success_url: str = ""
    cancel_url: str = ""
    portal_return_url: str = ""
    trial_days: int = 0
    automatic_tax: bool = False

    @property
    def is_live(self) -> bool:
        """Whether the key moves real money; events of the other mode are refused."""
        return "_live_" in self.secret_key

    @property
    def offered(self) -> tuple[str, ...]:
        """The lookup keys that are offered, smallest tier first."""
        known = tuple(plan.lookup_key for plan in PLANS.values())
        return tuple(key for key in known if not self.lookup_keys or key in self.lookup_keys)
