"""What goes over the wire about settings."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from uploadm8.core.hud.spec import Units

Text120 = Annotated[str, Meta(max_length=120)]
Tag = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^#?[^\s#@,]+$")]


class Notices(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """Which events are told over one channel."""

    published: bool = False
    publish_failed: bool = True
    reconnect_needed: bool = True
    quota: bool = True
    weekly_digest: bool = False


class Notifications(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """Which events are told, per channel, and from when on.

    Attributes:
        failures_a_day: tell of failed posts at every n-th within 24 hours.
        quota_percent: shares of the monthly uploads at which to tell.
    """

    email: Notices = field(default_factory=Notices)
    discord: Notices = field(default_factory=lambda: Notices(published=True))
    failures_a_day: Annotated[int, Meta(ge=1, le=100)] = 1
    quota_percent: Annotated[list[Literal[50, 60, 70, 80, 90, 100]], Meta(max_length=6)] = field(
        default_factory=lambda: [80, 100]
    )


class UploadDefaults(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """What a new upload starts with where the client does not say otherwise."""

    caption: Annotated[str, Meta(max_length=5000)] = ""
    hashtags: Annotated[list[Tag], Meta(max_length=60)] = field(default_factory=list)
    targets: Annotated[list[UUID], Meta(max_length=50)] = field(default_factory=list)
    schedule_mode: Literal["now", "queue", "smart"] = "now"
    options: dict[Literal["tiktok", "youtube", "instagram", "facebook"], dict[str, Any]] = field(
        default_factory=dict
    )


class PrivacyZone(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """A circle inside which positions are not shown; stored encrypted.

    `radius_m` is in metres.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    radius_m: Annotated[float, Meta(ge=50, le=20_000)] = 500.0


class SettingsIn(Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """All settings; what is left out gets its default.

    `share_location` lets renditions tell where they were filmed, though never a place inside a
    privacy zone. `discord_webhook_url` alone is kept when left out, since it cannot be read back; null removes it.
    """

    display_name: Text120 = ""
    time_zone: Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Berlin"])] = "UTC"
    units: Units = Units.METRIC
    hud: dict[str, Any] = field(default_factory=dict)
    uploads: UploadDefaults = field(default_factory=UploadDefaults)
    notifications: Notifications = field(default_factory=Notifications)
    privacy_zones: Annotated[list[PrivacyZone], Meta(max_length=20)] = field(default_factory=list)
    share_location: bool = False
    discord_webhook_url: Annotated[str, Meta(max_length=300)] | UnsetType | None = UNSET


class SettingsOut(Struct, kw_only=True, frozen=True):
    """All settings. The Discord webhook's URL is a credential: only whether there is one is told."""

    display_name: str
    time_zone: str
    units: Units
    hud: dict[str, Any]
    uploads: UploadDefaults
    notifications: Notifications
    privacy_zones: list[PrivacyZone]
    share_location: bool
    discord_webhook: bool
    updated_at: datetime | None
