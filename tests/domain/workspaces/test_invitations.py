"""Inviting people: one link, one use, one seat."""

import asyncio

import pytest

from account_mail import post
from api_client import Api
from team_world import JOIN_PASSWORD, Team, set_tier, team, team_mail
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.workspaces.tables import Invitation, Membership

pytestmark = pytest.mark.anyio


async def members(made: Team) -> dict[str, str]:
    answer = await made.call("GET", "members")
    return {row["email"]: row["role"] for row in answer.json()["items"]}


async def test_someone_with_an_account_joins_by_the_mailed_link(api: Api) -> None:
    made = await team(api)
    ada = await made.join("viewer", "ada@example.com")
    assert await members(made) == {made.owner.email: "owner", "ada@example.com": "viewer"}
    told = (await api.http.get("/api/auth/me", headers=ada.headers)).json()
    assert told["workspace_role"] == "viewer"
    assert len(told["workspaces"]) == 2
    (mail,) = await team_mail(api)
    assert mail[0] == made.owner.email
    assert "ada@example.com joined" in mail[1]


async def test_someone_without_an_account_gets_one_that_opens_in_the_team(api: Api) -> None:
    made = await team(api)
    token = await made.invite("new@example.com", "editor")
    look = (await made.call("POST", "invitations/look", token=token)).json()
    assert (look["email"], look["role"], look["has_account"]) == (
        "new@example.com",
        "editor",
        False,
    )
    answer = await api.http.post(
        "/api/invitations/join", json={"token": token, "password": JOIN_PASSWORD}
    )
    assert answer.status_code == 201, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = (await api.http.get("/api/auth/me", headers=headers)).json()
    assert me["user"]["email_verified"] is True
    assert me["workspace_id"] == str(made.workspace_id)
    assert [one["role"] for one in me["workspaces"]] == ["editor", "owner"]


async def test_a_link_works_once(api: Api) -> None:
    made = await team(api)
    someone = await api.register()
    token = await made.invite(someone.email)
    first, second = await asyncio.gather(
        made.call("POST", "invitations/accept", someone, token=token),
        made.call("POST", "invitations/accept", someone, token=token),
    )
    assert sorted([first.status_code, second.status_code]) == [200, 400]
    assert len(await members(made)) == 2


async def test_another_address_cannot_use_the_link(api: Api) -> None:
    made = await team(api)
    stranger = await api.register()
    token = await made.invite("someone@example.com")
    answer = await made.call("POST", "invitations/accept", stranger, token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "invitation_for_other_address")
    assert await Invitation.count().where(Invitation.accepted_at.is_null()) == 1


async def test_an_address_with_an_account_cannot_be_given_a_second_one(api: Api) -> None:
    made = await team(api)
    someone = await api.register()
    token = await made.invite(someone.email)
    answer = await made.call("POST", "invitations/join", token=token, password=JOIN_PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_sending_again_ends_the_old_link_and_works_after_the_expiry(api: Api) -> None:
    made = await team(api)
    someone = await api.register()
    old = await made.invite(someone.email)
    await Invitation.raw(
        "UPDATE invitations SET expires_at=now(), mailed_at=now() - interval '7 days'"
    )
    late = await made.call("POST", "invitations/accept", someone, token=old)
    assert (late.status_code, late.json()["code"]) == (400, "invitation_closed")
    (listed,) = (await made.call("GET", "invitations")).json()["items"]
    assert listed["expired"] is True
    again = await made.call("POST", f"invitations/{listed['id']}/resend")
    assert (again.status_code, again.json()["mails"]) == (200, 2)
    at_once = await made.call("POST", f"invitations/{listed['id']}/resend")
    assert (at_once.status_code, at_once.json()["code"]) == (429, "invitation_mailed")
    new = await made.mailed_token(someone.email)
    assert (await made.call("POST", "invitations/accept", someone, token=old)).status_code == 400
    assert (await made.call("POST", "invitations/accept", someone, token=new)).status_code == 200


@pytest.mark.parametrize("how", ["withdrawn", "declined"])
async def test_a_closed_invitation_lets_nobody_in_and_frees_its_seat(api: Api, how: str) -> None:
    made = await team(api, Tier.STUDIO)
    someone = await api.register()
    token = await made.invite(someone.email)
    await made.invite("third@example.com")
    full = await made.call("POST", "invitations", email="fourth@example.com", role="viewer")
    assert (full.status_code, full.json()["code"]) == (402, "seat_limit")
    if how == "withdrawn":
        items = (await made.call("GET", "invitations")).json()["items"]
        (found,) = [one["id"] for one in items if one["email"] == someone.email]
        assert (await made.call("DELETE", f"invitations/{found}")).status_code == 204
    else:
        assert (await made.call("POST", "invitations/decline", token=token)).status_code == 200
    closed = await made.call("POST", "invitations/accept", someone, token=token)
    assert closed.json()["code"] == "invitation_closed"
    assert (
        await made.call("POST", "invitations", email="fourth@example.com", role="viewer")
    ).status_code == 201


async def test_seats_are_exact_when_everybody_is_invited_at_once(api: Api) -> None:
    made = await team(api, Tier.STUDIO)
    answers = await asyncio.gather(
        *(
            made.call("POST", "invitations", email=f"p{n}@example.com", role="editor")
            for n in range(12)
        )
    )
    assert sorted(a.status_code for a in answers) == [201] * 2 + [402] * 10
    refused = next(a.json() for a in answers if a.status_code == 402)
    assert (refused["limit"], refused["required_tier"]) == (3, "agency")


async def test_seats_are_exact_when_everybody_accepts_at_once_after_a_downgrade(api: Api) -> None:
    made = await team(api, Tier.AGENCY)
    people = [await api.register() for _ in range(5)]
    tokens = [await made.invite(one.email) for one in people]
    await set_tier(made.workspace_id, Tier.STUDIO)
    answers = await asyncio.gather(
        *(
            made.call("POST", "invitations/accept", one, token=token)
            for one, token in zip(people, tokens, strict=True)
        )
    )
    assert sorted(a.status_code for a in answers) == [200] * 2 + [402] * 3
    assert await Membership.count().where(Membership.workspace == made.workspace_id) == 3


async def test_a_tier_without_teams_says_which_has_them(api: Api) -> None:
    made = await team(api, Tier.GROWTH)
    answer = await made.call("POST", "invitations", email="a@example.com", role="editor")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (402, "feature_not_in_tier")
    assert (told["feature"], told["required_tier"]) == ("team_seats", "studio")


async def test_nobody_is_invited_twice_or_to_where_they_are(api: Api) -> None:
    made = await team(api)
    ada = await made.join()
    again = await made.call("POST", "invitations", email=ada.email.upper(), role="viewer")
    assert again.json()["code"] == "already_member"
    await made.invite("b@example.com")
    twice = await made.call("POST", "invitations", email="B@example.com", role="viewer")
    assert (twice.status_code, twice.json()["code"]) == (409, "already_invited")


async def test_the_token_is_stored_nowhere(api: Api) -> None:
    made = await team(api)
    token = await made.invite("a@example.com")
    rows = await Invitation.raw(
        "SELECT (SELECT string_agg(i::text, '') FROM invitations i)"
        " || (SELECT string_agg(j::text, '') FROM jobs j) AS everything"
    )
    assert token not in rows[0]["everything"]


async def test_a_name_cannot_carry_an_advertisement_into_our_mail(api: Api) -> None:
    made = await team(api)
    await made.call("PATCH", "workspaces/current", name="Win now at evil.example/prize")
    await made.call("POST", "invitations", email="a@example.com", role="viewer")
    (mail,) = [text for to, _, text in await team_mail(api) if to == "a@example.com"]
    assert "evil" not in mail


async def test_an_invitation_needs_a_link_that_is_ours(api: Api) -> None:
    answer = await api.http.post("/api/invitations/look", json={"token": "x" * 64})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")
    made = await team(api)
    await made.invite("a@example.com")
    bad = await post(api, "verify-email", token="y" * 64)
    assert bad.status_code == 400
