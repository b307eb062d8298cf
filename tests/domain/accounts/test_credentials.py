"""Reset, new password, new address, two-step sign-in."""

import pyotp
import pytest

from account_mail import NEW_PASSWORD, deliver, post, step_up, token_in
from api_client import PASSWORD, Api, Someone
from uploadm8.domain.accounts.tables import Session, User

pytestmark = pytest.mark.anyio


async def test_the_verification_link_verifies_once(api: Api) -> None:
    someone = await api.register()
    (mail,) = await deliver(api)
    assert mail[0] == someone.email
    assert (await post(api, "verify-email", token=token_in(mail[2]))).status_code == 200
    me = await api.http.get("/api/auth/me", headers=someone.headers)
    assert me.json()["user"]["email_verified"] is True
    again = await post(api, "verify-email", token=token_in(mail[2]))
    assert (again.status_code, again.json()["code"]) == (400, "link_expired")


async def test_a_mailed_token_is_no_access_token(api: Api) -> None:
    await api.register()
    (mail,) = await deliver(api)
    answer = await api.http.get(
        "/api/auth/me", headers={"Authorization": f"Bearer {token_in(mail[2])}"}
    )
    assert answer.status_code == 401


async def test_a_link_for_one_purpose_is_useless_for_another(api: Api) -> None:
    await api.register()
    (mail,) = await deliver(api)
    answer = await post(
        api, "password-reset/confirm", token=token_in(mail[2]), password=NEW_PASSWORD
    )
    assert answer.status_code == 400


async def test_a_reset_sets_the_password_and_ends_every_session(api: Api) -> None:
    someone = await api.register()
    await deliver(api)
    assert (await post(api, "password-reset", email=someone.email)).status_code == 202
    (mail,) = await deliver(api)
    token = token_in(mail[2])
    assert (
        await post(api, "password-reset/confirm", token=token, password=NEW_PASSWORD)
    ).status_code == 200
    assert (await api.http.get("/api/auth/me", headers=someone.headers)).status_code == 401
    assert (await post(api, "login", email=someone.email, password=PASSWORD)).status_code == 401
    assert (await post(api, "login", email=someone.email, password=NEW_PASSWORD)).status_code == 200
    repeated = await post(api, "password-reset/confirm", token=token, password=NEW_PASSWORD)
    assert repeated.status_code == 400


async def test_only_the_latest_reset_link_works(api: Api) -> None:
    someone = await api.register()
    await deliver(api)
    for _ in range(2):
        await post(api, "password-reset", email=someone.email)
    old, new = await deliver(api)
    assert (
        await post(api, "password-reset/confirm", token=token_in(old[2]), password=NEW_PASSWORD)
    ).status_code == 400
    assert (
        await post(api, "password-reset/confirm", token=token_in(new[2]), password=NEW_PASSWORD)
    ).status_code == 200


async def test_t2_a_reset_for_an_unknown_address_looks_the_same_and_mails_nothing(
    api: Api,
) -> None:
    someone = await api.register()
    await deliver(api)
    known = await post(api, "password-reset", email=someone.email)
    unknown = await post(api, "password-reset", email="nobody@example.com")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert [mail[0] for mail in await deliver(api)] == [someone.email]


async def test_a_fourth_reset_within_an_hour_mails_nothing(api: Api) -> None:
    someone = await api.register()
    await deliver(api)
    answers = [await post(api, "password-reset", email=someone.email) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {202}
    assert len(await deliver(api)) == 3


async def test_changing_the_password_keeps_this_session_and_ends_others(api: Api) -> None:
    someone = await api.register()
    other = (await post(api, "login", email=someone.email, password=PASSWORD)).json()
    answer = await post(
        api, "password", someone, current_password=PASSWORD, new_password=NEW_PASSWORD
    )
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await api.http.get("/api/auth/me", headers=headers)).status_code == 200
    headers = {"Authorization": f"Bearer {other['access_token']}"}
    assert (await api.http.get("/api/auth/me", headers=headers)).status_code == 401
    subjects = [mail[1] for mail in await deliver(api)]
    assert "Your password was changed" in subjects


async def test_a_password_that_is_easy_to_guess_is_refused(api: Api) -> None:
    answer = await post(api, "register", email="weak@example.com", password="password1234")
    assert (answer.status_code, answer.json()["code"]) == (400, "weak_password")


async def test_a_new_address_is_confirmed_and_can_be_taken_back(api: Api) -> None:
    someone = await step_up(api, await api.register())
    await deliver(api)
    assert (await post(api, "email", someone, new_email="new@example.com")).status_code == 202
    (confirm,) = await deliver(api)
    assert confirm[0] == "new@example.com"
    assert (await post(api, "email/confirm", token=token_in(confirm[2]))).status_code == 200
    (notice,) = await deliver(api)
    assert notice[0] == someone.email
    assert (await post(api, "login", email="new@example.com", password=PASSWORD)).status_code == 200
    assert (await post(api, "email/undo", token=token_in(notice[2]))).status_code == 200
    assert (await post(api, "login", email="new@example.com", password=PASSWORD)).status_code == 401
    assert (await post(api, "login", email=someone.email, password=PASSWORD)).status_code == 200


async def test_step_up_is_needed_for_a_new_address_once_the_sign_in_is_old(api: Api) -> None:
    someone = await api.register()
    await Session.raw("UPDATE sessions SET authenticated_at = now() - interval '6 minutes'")
    refused = await post(api, "email", someone, new_email="new@example.com")
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")


async def test_two_step_sign_in_from_begin_to_recovery(api: Api) -> None:
    someone = await step_up(api, await api.register())
    secret = (await api.http.post("/api/auth/two-step", headers=someone.headers)).json()["secret"]
    totp = pyotp.TOTP(secret)
    activated = await post(api, "two-step/activate", someone, code=totp.now())
    assert activated.status_code == 200, activated.text
    codes = activated.json()["recovery_codes"]
    assert len(codes) == 10

    first = await post(api, "login", email=someone.email, password=PASSWORD)
    assert (first.status_code, first.json()["code"]) == (401, "second_factor_required")
    challenge = first.json()["challenge"]
    replay = await post(api, "login/code", challenge=challenge, code=totp.now())
    assert replay.status_code == 401, "a code that was used before"
    good = await post(api, "login/code", challenge=challenge, code=codes[3])
    assert good.status_code == 200, good.text
    again = await post(api, "login/code", challenge=challenge, code=codes[3])
    assert again.status_code == 401


async def test_the_secret_of_two_step_sign_in_is_stored_encrypted(api: Api) -> None:
    someone = await step_up(api, await api.register())
    secret = (await api.http.post("/api/auth/two-step", headers=someone.headers)).json()["secret"]
    rows = await User.raw("SELECT totp_secret_enc FROM users WHERE email={}", someone.email)
    assert rows[0]["totp_secret_enc"].startswith("v1.")
    assert secret not in rows[0]["totp_secret_enc"]


async def two_step(api: Api) -> tuple[Someone, str, list[str]]:
    """Someone who signs in in two steps, the secret of the app, and the recovery codes."""
    someone = await step_up(api, await api.register())
    secret = (await api.http.post("/api/auth/two-step", headers=someone.headers)).json()["secret"]
    code = pyotp.TOTP(secret).now()
    activated = await post(api, "two-step/activate", someone, code=code)
    return someone, secret, activated.json()["recovery_codes"]


async def test_two_step_sign_in_is_turned_off_by_a_recovery_code(api: Api) -> None:
    someone, _, codes = await two_step(api)
    answer = await post(api, "two-step/turn-off", someone, code=codes[0])
    assert answer.status_code == 204, answer.text
    assert (await post(api, "login", email=someone.email, password=PASSWORD)).status_code == 200


async def test_new_recovery_codes_replace_the_old_ones(api: Api) -> None:
    someone, secret, codes = await two_step(api)
    await User.raw("UPDATE users SET totp_last_step = totp_last_step - 2")
    code = pyotp.TOTP(secret).now()
    answer = await post(api, "two-step/recovery-codes", someone, code=code)
    assert answer.status_code == 200, answer.text
    assert not set(answer.json()["recovery_codes"]) & set(codes)
