"""Notifications as one collaborator: endpoints, their deliveries, alerts."""

from dataclasses import dataclass

from uploadm8.domain.notifications.actors import NotificationJobs
from uploadm8.domain.notifications.choices import Choices
from uploadm8.domain.notifications.deliveries import Deliveries
from uploadm8.domain.notifications.delivery import WebhookDeliveries
from uploadm8.domain.notifications.endpoints import Endpoints
from uploadm8.infra.discord import Discord
from uploadm8.infra.mail.mailer import Mailer
from uploadm8.infra.outbound import Outbound
from uploadm8.infra.security.cipher import Cipher


@dataclass(frozen=True, slots=True)
class NotificationServices:
    """Everything about notifications that controllers and the worker use."""

    endpoints: Endpoints
    deliveries: Deliveries
    jobs: NotificationJobs


def build_notifications(
    choices: Choices,
    cipher: Cipher,
    outbound: Outbound,
    discord: Discord,
    mailer: Mailer,
    frontend_url: str,
) -> NotificationServices:
    """Wire the subject together."""
    gate = choices.entitlements
    return NotificationServices(
        endpoints=Endpoints(gate, cipher, outbound),
        deliveries=Deliveries(gate),
        jobs=NotificationJobs(
            choices, WebhookDeliveries(cipher, outbound), discord, mailer, frontend_url
        ),
    )
