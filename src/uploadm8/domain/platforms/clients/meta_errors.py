"""The codes of the Graph API, of Instagram publishing and of Facebook video."""

from collections.abc import Mapping
from dataclasses import replace

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.errors import Rule
from uploadm8.errors import Retry

_MEDIA = Retry.PERMANENT_MEDIA
_REQUEST = Retry.PERMANENT_REQUEST

NEW_CONTAINER = replace(
    e.SESSION_GONE, sentence="Instagram dropped the upload before it was published."
)
NOT_READY = Rule(
    "platform_not_ready", Retry.TRANSIENT, "The platform is still processing the video.", e.WAIT
)
SPAM = replace(e.POLICY, sentence="Meta blocked the post as spam-like activity.")
DUPLICATE = Rule(
    "platform_duplicate",
    _REQUEST,
    "The same post was made a moment ago.",
    "Look at the account; change the text if you want to post it again.",
)
CODE_EXPIRED = Rule(
    "oauth_code_rejected",
    _REQUEST,
    "Meta no longer accepts this sign-in.",
    "Start connecting the account again.",
)
UNFETCHABLE = Rule(
    "media_not_fetchable", Retry.TRANSIENT, "Meta could not fetch the file.", e.WAIT, fresh=True
)
GONE = Rule("platform_object_missing", _REQUEST, "Meta does not know this object.", e.SEE_PLATFORM)


def _video(code: str, sentence: str) -> Rule:
    return Rule(code, _MEDIA, sentence, e.FIX_VIDEO)


def _option(sentence: str) -> Rule:
    return Rule("option_rejected", _REQUEST, sentence, e.FIX_OPTIONS)


SUBCODES: Mapping[int, Rule] = {
    2207001: e.UNAVAILABLE,
    2207003: e.UNAVAILABLE,
    2207004: _option("The cover image is too large."),
    2207005: _option("The cover image has a format Instagram does not take."),
    2207006: NEW_CONTAINER,
    2207008: NEW_CONTAINER,
    2207009: _option("The image's shape is not accepted."),
    2207010: Rule("text_rejected", _REQUEST, "The caption is too long.", e.FIX_TEXT),
    2207018: _option("Instagram does not know a collaborator."),
    2207020: NEW_CONTAINER,
    2207023: e.REQUEST_REJECTED,
    2207026: _video("media_format_rejected", "Instagram cannot read this video format."),
    2207027: NOT_READY,
    2207028: _option("A carousel needs two to ten items."),
    2207032: NEW_CONTAINER,
    2207035: _option("Instagram refuses a tag."),
    2207036: _option("Instagram refuses a tag."),
    2207037: _option("Instagram refuses a tag."),
    2207040: _option("Instagram takes at most 20 tags."),
    2207042: e.DAILY_LIMIT,
    2207050: e.ACCOUNT_RESTRICTED,
    2207051: SPAM,
    2207052: UNFETCHABLE,
    2207053: NEW_CONTAINER,
    2207057: _option("The cover frame lies outside the video."),
    2207067: e.REQUEST_REJECTED,
    2207076: _video("media_rejected", "Instagram could not process the video."),
    2207077: _video("media_rejected", "Instagram could not process the video."),
    2207081: _option("The account cannot make trial reels."),
    2207082: NEW_CONTAINER,
    2207085: _video("media_rejected", "Instagram could not process the video."),
    36007: CODE_EXPIRED,
    36008: e.MISCONFIGURED,
    36009: CODE_EXPIRED,
    **dict.fromkeys((458, 459, 460, 464, 467, 490, 492), e.REVOKED),
    463: e.REVOKED,
    1363019: e.UNAVAILABLE,
    1363021: e.UNAVAILABLE,
    1363030: e.UNAVAILABLE,
    1363033: e.UNAVAILABLE,
    1363037: e.LOST,
    1363040: _video("media_aspect_rejected", "Reels take shapes from 16:9 to 9:16."),
    1363041: e.SESSION_GONE,
    1363047: e.UNAVAILABLE,
    1363127: _video("media_resolution_rejected", "Reels need at least 540x960 pixels."),
    1363128: _video("media_duration_rejected", "Reels take 3 to 90 seconds."),
    1363129: _video("media_frame_rate_rejected", "Reels take 24 to 60 frames a second."),
    1346003: SPAM,
    1366046: _option("The image is too large or has a format Facebook does not take."),
    1390008: e.RATE_LIMITED,
    1404078: replace(e.ACCOUNT_RESTRICTED, sentence="The page needs publishing authorization."),
    1404102: e.POLICY,
    1404112: replace(e.ACCOUNT_RESTRICTED, sentence="Facebook locked the account for security."),
    1609008: Rule("text_rejected", _REQUEST, "Facebook refuses a link in the text.", e.FIX_TEXT),
    1609010: e.UNAVAILABLE,
    4854002: replace(e.ACCOUNT_RESTRICTED, sentence="Facebook asks to confirm your identity."),
}

CODES: Mapping[int, Rule] = {
    -2: e.UNAVAILABLE,
    -1: e.UNAVAILABLE,
    1: e.UNAVAILABLE,
    2: e.UNAVAILABLE,
    3: e.MISCONFIGURED,
    4: e.APP_LIMIT,
    9: e.DAILY_LIMIT,
    10: e.SCOPE_MISSING,
    17: e.RATE_LIMITED,
    32: e.RATE_LIMITED,
    100: e.REQUEST_REJECTED,
    101: e.MISCONFIGURED,
    102: e.REVOKED,
    190: e.REVOKED,
    341: e.APP_LIMIT,
    352: SUBCODES[2207026],
    368: e.POLICY,
    382: _video("media_rejected", "Facebook finds the file too small."),
    389: UNFETCHABLE,
    506: DUPLICATE,
    613: e.RATE_LIMITED,
    803: GONE,
    2500: e.REQUEST_REJECTED,
    3001: e.REQUEST_REJECTED,
    6000: e.UNAVAILABLE,
    6001: e.UNAVAILABLE,
    9004: UNFETCHABLE,
    9007: NOT_READY,
    36000: SUBCODES[2207004],
    36001: SUBCODES[2207005],
    36003: SUBCODES[2207009],
    36004: SUBCODES[2207010],
    80001: replace(e.RATE_LIMITED, after=300.0),
    80002: replace(e.RATE_LIMITED, after=300.0),
    **{code: SUBCODES[code] for code in (1363040, 1363127, 1363128, 1363129)},
}


OBJECT_MISSING = "100/33"
"""On an account's edges it means that we lost the account, on what we made there that it is gone."""


def rule_for(code: int | None, subcode: int | None, *, transient: bool = False) -> Rule | None:
    """Return what an error means: its subcode first, then its code; None when neither is known."""
    if (code, subcode) == (100, 33):
        return e.SCOPE_MISSING
    if subcode is not None and subcode in SUBCODES:
        return SUBCODES[subcode]
    if code is not None and code in CODES:
        return e.UNAVAILABLE if transient and code == 100 else CODES[code]
    if code is not None and 200 <= code <= 299:
        return e.SCOPE_MISSING
    return e.UNAVAILABLE if transient else None
