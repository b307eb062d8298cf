"""Google's hosts: accounts, OAuth, APIs, analytics."""

from uploadm8.dev.sandbox.google.analytics import Analytics
from uploadm8.dev.sandbox.google.comments import Comments
from uploadm8.dev.sandbox.google.data import YouTubeData
from uploadm8.dev.sandbox.google.login import GoogleLogin
from uploadm8.dev.sandbox.google.playlists import Playlists
from uploadm8.dev.sandbox.google.replies import CANNED, Door, unknown_route
from uploadm8.dev.sandbox.google.upload import YouTubeUpload
from uploadm8.dev.sandbox.google.videos import Videos
from uploadm8.dev.sandbox.kit.identity import GOOGLE
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Call, Party, Route


def google_parties(runtime: Runtime) -> list[Party]:
    """Everything of Google's, sharing one memory."""
    door = Door(runtime)
    login, videos = GoogleLogin(door), Videos(door)
    upload = YouTubeUpload(door, videos)
    runtime.screens[GOOGLE] = login.screen
    api = [
        *upload.routes(),
        *YouTubeData(door, videos).routes(),
        *Playlists(door, videos).routes(),
        *Comments(door, videos).routes(),
        *login.userinfo_routes(),
    ]

    def subject(call: Call) -> str | None:
        return door.subject(call) or upload.owner(call)

    def party(prefix: str, routes: list[Route]) -> Party:
        return Party(GOOGLE, prefix, routes, unknown_route, CANNED, subject)

    return [
        party("/google-accounts", login.web_routes()),
        party("/google-oauth", [*login.oauth_routes(), *login.userinfo_routes()]),
        party("/google-api", api),
        party("/youtube-analytics", Analytics(door).routes()),
    ]
