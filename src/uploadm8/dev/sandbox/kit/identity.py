"""The people and pages that live in the sandbox before anyone connects to it."""

from dataclasses import dataclass, field, replace

TIKTOK, GOOGLE, META = "tiktok", "google", "meta"


@dataclass(slots=True)
class TikTokAccount:
    """A TikTok creator; a private one may post to followers, friends or self only."""

    id: str
    username: str
    nickname: str
    private: bool = False
    max_duration_s: int = 600
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    banned: bool = False
    followers: int = 12_480


@dataclass(slots=True)
class GoogleAccount:
    """A Google user; without `channel_id` there is no YouTube channel behind it."""

    id: str
    email: str
    name: str
    channel_id: str | None = None
    handle: str = ""
    long_uploads: str = "allowed"
    phone_verified: bool = True
    subscribers: int = 8_120


@dataclass(slots=True)
class InstagramAccount:
    """An Instagram professional account linked to a Facebook page."""

    id: str
    username: str
    name: str
    followers: int = 5_310


@dataclass(slots=True)
class FacebookPage:
    """A page, what its owner may do on it, and the Instagram account linked to it, if any."""

    id: str
    name: str
    username: str
    instagram: InstagramAccount | None = None
    tasks: tuple[str, ...] = ("ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE")
    followers: int = 3_940


@dataclass(slots=True)
class MetaUser:
    """A Facebook user with the pages they manage."""

    id: str
    name: str
    email: str
    pages: list[FacebookPage] = field(default_factory=list)


Account = TikTokAccount | GoogleAccount | MetaUser


def seeded_accounts() -> dict[str, dict[str, Account]]:
    """Fresh accounts by party and by the short name a script or a person picks them with."""
    return {
        TIKTOK: {
            "apex": TikTokAccount("apex", "apex.rides", "Apex Rides"),
            "quiet": TikTokAccount("quiet", "quiet.lane", "Quiet Lane", private=True),
            "brief": TikTokAccount("brief", "brief.laps", "Brief Laps", max_duration_s=60),
        },
        GOOGLE: {
            "tour": GoogleAccount(
                "tour", "tour@example.com", "Tour Films", "UCtour00000000000000000A", "@tourfilms"
            ),
            "short": GoogleAccount(
                "short",
                "short@example.com",
                "Short Clips",
                "UCshort0000000000000000B",
                "@shortclips",
                long_uploads="eligible",
                phone_verified=False,
            ),
            "viewer": GoogleAccount("viewer", "viewer@example.com", "Only A Viewer"),
        },
        META: {
            "anna": MetaUser(
                "10220000000000001",
                "Anna Rivers",
                "anna@example.com",
                [
                    FacebookPage(
                        "104000000000001",
                        "Alpine Roads",
                        "alpineroads",
                        InstagramAccount("17841400000000001", "alpine.roads", "Alpine Roads"),
                    ),
                    FacebookPage("104000000000002", "Track Days North", "trackdaysnorth"),
                ],
            ),
            "bert": MetaUser(
                "10220000000000002",
                "Bert Hill",
                "bert@example.com",
                [
                    FacebookPage(
                        "104000000000003",
                        "Hill Climbs",
                        "hillclimbs",
                        InstagramAccount("17841400000000003", "hill.climbs", "Hill Climbs"),
                    ),
                    FacebookPage(
                        "104000000000004", "Read Only Page", "readonly", tasks=("ANALYZE",)
                    ),
                ],
            ),
            "carl": MetaUser("10220000000000005", "Carl Pageless", "carl@example.com"),
        },
    }


def twin(account: Account, name: str, number: int) -> Account:
    """Another account like `account`, with ids and names of its own."""
    tag = f"{number:05d}"
    match account:
        case TikTokAccount():
            return replace(account, id=name, username=name, nickname=name)
        case GoogleAccount():
            channel = f"UCtwin{tag}000000000000X" if account.channel_id else None
            mail = f"{name}@example.com"
            return replace(
                account, id=name, email=mail, name=name, channel_id=channel, handle=f"@{name}"
            )
        case MetaUser():
            pages = [_twin_page(page, f"{name}{i}", tag) for i, page in enumerate(account.pages)]
            return replace(account, id=f"102299{tag}000001", name=name, pages=pages)


def _twin_page(page: FacebookPage, name: str, tag: str) -> FacebookPage:
    linked = page.instagram
    if linked:
        linked = replace(linked, id=f"{linked.id}{tag}", username=name, name=name)
    return replace(page, id=f"{page.id}{tag}", name=name, username=name, instagram=linked)
