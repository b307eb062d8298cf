"""What a soak says of rows and ledgers, and how it gets past a consent page."""

from typing import Any

import pytest

from uploadm8.dev.html_form import first_form
from uploadm8.dev.soak_verdict import judge, read_ledger

EVERY = {"tiktok", "youtube", "instagram", "facebook"}


def row(platform: str, post_id: str | None, state: str = "published") -> dict[str, Any]:
    return {
        "id": post_id,
        "platform": platform,
        "state": state,
        "post_id": post_id,
        "account": f"our-{platform}",
        "object_key": "film",
        "publish_at": None,
        "late_s": None,
    }


def post(platform: str, post_id: str, **more: Any) -> dict[str, Any]:
    return {"platform": platform, "post_id": post_id, **more}


def test_a_post_too_many_is_a_double_and_one_too_few_is_lost() -> None:
    rows = [row("tiktok", "a"), row("youtube", "b")]
    told = judge(rows, [post("tiktok", "a"), post("tiktok", "c")], {}, EVERY)
    assert (told["doubles"], told["lost"], told["not_counted"]) == (1, 1, [])


@pytest.mark.parametrize("more", [{"account": "somebody"}, {"media_sha256": "other"}])
def test_another_account_or_video_is_wrong(more: dict[str, str]) -> None:
    rows = [row("tiktok", "a"), row("tiktok", "b")]
    good = {"account": "ours", "media_sha256": "same"}
    posts = [post("tiktok", "a", **good), post("tiktok", "b", **{**good, **more})]
    assert judge(rows, posts, {"film": "same"}, EVERY)["wrong"] == 1


def test_a_ledger_that_tells_no_account_nor_video_proves_what_it_can() -> None:
    posts = [post("tiktok", "a")]
    assert judge([row("tiktok", "a")], posts, {"film": "same"}, EVERY)["wrong"] == 0
    assert judge([row("tiktok", "z")], posts, {"film": "same"}, EVERY)["wrong"] == 1


def test_a_platform_without_a_ledger_is_named_and_judged_by_our_own_records() -> None:
    rows = [row("tiktok", "a"), row("facebook", "b"), row("facebook", None, "transferring")]
    told = judge(rows, [post("tiktok", "a")], {}, {"tiktok"})
    assert (told["doubles"], told["lost"], told["not_counted"]) == (0, 1, ["facebook"])
    nothing_known = judge(rows, [], {}, set())
    assert (nothing_known["doubles"], nothing_known["wrong"]) == (None, None)


@pytest.mark.parametrize("wrap", [list, lambda x: {"posts": x}, lambda x: {"items": x}])
def test_ledgers_of_several_forms_are_read(wrap: Any) -> None:
    assert read_ledger(wrap([{"platform": "tiktok", "id": 7}]))[0]["post_id"] == "7"


@pytest.mark.parametrize("told", [{"total": 3}, ["a"], "posts"])
def test_what_is_no_ledger_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match="ledger"):
        read_ledger(told)


def test_a_consent_form_is_sent_as_it_is_shown_with_its_first_button() -> None:
    page = """
        <form action="/decide" method="post"><input type="hidden" name="state" value="s">
        <input type="radio" name="page" value="one"><input type="radio" name="page" value="two" checked>
        <input type="checkbox" name="scope" value="publish">
        <button name="answer" value="yes">Allow</button><button name="answer" value="no">Deny</button>
        </form><form action="/other"></form>"""
    form = first_form(page)
    assert form is not None
    assert (form.action, form.method) == ("/decide", "POST")
    assert form.fields == {"state": "s", "page": "two", "scope": "publish", "answer": "yes"}
    assert first_form("<p>Nothing to fill in</p>") is None
