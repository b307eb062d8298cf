"""TikTok's two hosts: the website and the API (which also takes the bytes)."""

from uploadm8.dev.sandbox.kit.identity import TIKTOK
from uploadm8.dev.sandbox.kit.post_page import post_page
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Call, Party, Route
from uploadm8.dev.sandbox.tiktok.delivery import Delivery
from uploadm8.dev.sandbox.tiktok.display import TikTokDisplay
from uploadm8.dev.sandbox.tiktok.login import TikTokLogin
from uploadm8.dev.sandbox.tiktok.profile import TikTokProfile
from uploadm8.dev.sandbox.tiktok.publish import TikTokPublish
from uploadm8.dev.sandbox.tiktok.replies import CANNED, Door, unknown_route


def tiktok_parties(runtime: Runtime) -> list[Party]:
    """Everything of TikTok's, sharing one memory."""
    door = Door(runtime)
    delivery, login = Delivery(door), TikTokLogin(door)
    runtime.screens[TIKTOK] = login.screen
    runtime.on_revoked[TIKTOK] = delivery.announce_removed
    api = [
        *login.api_routes(),
        *TikTokProfile(door).routes(),
        *TikTokPublish(door, delivery).routes(),
        *delivery.routes(),
        *TikTokDisplay(door).routes(),
    ]

    def subject(call: Call) -> str | None:
        return door.subject(call) or delivery.owner(call)

    page = Route("GET", "/@{username}/video/{post_id}", "post_page", post_page(runtime, TIKTOK))
    return [
        Party(TIKTOK, "/tiktok-web", [*login.web_routes(), page], unknown_route, CANNED),
        Party(TIKTOK, "/tiktok-api", api, unknown_route, CANNED, subject),
    ]
