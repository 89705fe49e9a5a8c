"""Forgotten passwords, recovery codes and resets: what each opens, to whom, once; and that asking tells nothing."""

import re
import threading
from datetime import timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import event, func, select

from marac import access, clock, jobs
from marac.crypto import vault
from marac.errors import NotAllowed, NotFound, RuleBroken, StepUpNeeded, WrongState
from marac.models import FactorReset, Message, Passkey, PasswordLink, RecoveryCode, SigninSession, User
from marac.services.accounts import factor_resets, forgotten, recovery_codes, signin
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role, Template, UserState
from tests.builders import PASSWORD, a_stranger, a_user, actor_for, signed_in

pytestmark = pytest.mark.usefixtures("quick_hashes")
NEW = "otter staple lamp correct"


@pytest.fixture
def rosa(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.IDVA, "solace")


def without_numbers(page):
    return re.sub(r'name="(csrf_token|once_key)" value="[^"]*"', "", page.html)


def half_way(house, worker, password=PASSWORD):
    client = a_stranger(house)
    return client.get("/sign-in").fill_and_post({"email": worker.email, "password": password})


def codes_of(house, worker):
    page = signed_in(house, worker).get("/account/recovery-codes").press("Make ten new codes")
    return [node.to_text() for node in page.all(".app-codes code")]


def count(house, *where):
    with house.reader() as session:
        return session.scalar(select(func.count()).where(*where))


# --- recovery codes ---


def test_ten_codes_are_shown_once_and_each_lets_in_once(house, rosa):
    codes = codes_of(house, rosa)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}", code) for code in codes)
    assert (
        half_way(house, rosa).fill_and_post({"code": codes[0].lower()}, action="/sign-in/code").h1 != "Enter your code"
    )
    again = half_way(house, rosa).fill_and_post({"code": codes[0]}, action="/sign-in/code")
    assert again.status == 422
    page = signed_in(house, rosa).get("/account/recovery-codes")
    assert "You have 9 codes left" in page.text
    assert codes[1] not in page.text
    fresh = codes_of(house, rosa)
    assert half_way(house, rosa).fill_and_post({"code": codes[1]}, action="/sign-in/code").status == 422
    assert half_way(house, rosa).fill_and_post({"code": fresh[1]}, action="/sign-in/code").status == 200
    shown = signed_in(house, rosa).get("/account/recovery-codes").press("Make ten")
    assert not [word for word in ("abuse", "marac", "domestic", "victim") if word in shown.main.lower()]


def test_one_code_sent_many_times_at_once_has_one_effect(house, rosa):
    code, begun = codes_of(house, rosa)[0], []

    def send():
        with vault.unit(house.keyring):
            begun.append(signin.check_recovery_code(house, rosa.id, code))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one is not None for one in begun].count(True) == 1
    assert count(house, RecoveryCode.used_at.is_not(None)) == 1


def test_guessing_codes_is_slowed_like_every_code(house, rosa):
    with time_machine.travel(clock.now(), tick=False):
        page = half_way(house, rosa)
        statuses = [page.fill_and_post({"code": "AAAAA-AAAAA"}, action="/sign-in/code").status for _ in range(6)]
    assert statuses == [422] * 5 + [429]


# --- a forgotten password ---


def ask(house, email):
    return a_stranger(house).get("/forgotten").fill_and_post({"email": email})


def link_for(house):
    with unit_of_work(house, access.system(partnership_of(house))) as session:
        forgotten.send_links(session, access.system(partnership_of(house)))
    with house.reader() as session:
        sent = session.scalars(select(PasswordLink).where(PasswordLink.told_at.is_not(None))).all()
    return f"/forgotten/{forgotten.link_token(house.keyring, sent[-1].id)}"


def partnership_of(house):
    with house.reader() as session:
        return session.scalars(select(User.partnership_id).limit(1)).one()


def test_asking_for_a_password_does_and_says_the_same_for_every_address(house, rosa):
    with unit_of_work(house) as session:
        suspended = a_user(session, house, state=UserState.SUSPENDED, email="b@example.org")
    asked = {}
    for email in (rosa.email, suspended.email, "nobody@example.org"):
        client, statements = a_stranger(house), []
        page = client.get("/forgotten")

        def note(*facts, into=statements):
            into.append(facts[2].split("(")[0])

        event.listen(house.engine, "before_cursor_execute", note)
        page = page.fill_and_post({"email": email})
        event.remove(house.engine, "before_cursor_execute", note)
        asked[email] = (page.status, without_numbers(page), tuple(statements))
    assert len(set(asked.values())) == 1
    assert count(house, PasswordLink.id.is_not(None)) == 3
    link_for(house)
    with house.reader() as session:
        mailed = session.scalars(select(Message.user_id).where(Message.template == Template.PASSWORD_LINK)).all()
    assert mailed == [rosa.id]


def test_mail_opens_the_password_only_once_and_never_the_second_factor(house, rosa):
    before = signed_in(house, rosa)
    ask(house, rosa.email)
    assert "send_password_links" in {job.name for job in jobs.JOBS}
    link = link_for(house)
    scanner = a_stranger(house)
    assert scanner.get(link).h1 == "Choose a new password"
    assert scanner.get("/forgotten/new").status == 410
    client = a_stranger(house)
    page = client.get(link).press("Start")
    assert page.fill_and_post({"password": "correct"}).status == 422
    assert page.fill_and_post({"password": NEW}).h1 == "Sign in"
    assert client.get("/today").h1 == "Sign in"
    assert before.get("/account").h1 == "Sign in"
    assert a_stranger(house).get(link).press("Start").status == 410
    assert client.get("/forgotten/new").status == 410
    assert half_way(house, rosa).status == 422
    assert half_way(house, rosa, NEW).h1 == "Enter your code"


def test_a_link_is_over_after_an_hour_and_with_the_account(house, rosa):
    ask(house, rosa.email)
    link = link_for(house)
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert a_stranger(house).get(link).press("Start").status == 410
    with unit_of_work(house) as session:
        session.get_one(User, rosa.id).state = UserState.SUSPENDED
    assert a_stranger(house).get(link).press("Start").status == 410
    assert a_stranger(house).get("/forgotten/" + "0" * 64).press("Start").status == 410


def test_a_mailbox_is_not_flooded_and_the_wait_tells_nothing(house, rosa):
    pages = []
    with time_machine.travel(clock.now(), tick=False):
        for email in (rosa.email, "nobody@example.org"):
            answers = [ask(house, email) for _ in range(4)]
            assert [page.status for page in answers] == [200, 200, 200, 429]
            pages.append(without_numbers(answers[-1]).replace(email, "them"))
    assert pages[0] == pages[1]


# --- the reset of a second factor by two people ---


@pytest.fixture
def people(house):
    with unit_of_work(house) as session:
        return {
            "lead": a_user(session, house, Role.AGENCY_ADMIN, "solace", full_name="Lena Holt"),
            "other_lead": a_user(session, house, Role.AGENCY_ADMIN, "elft"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team"),
            "both": a_user(session, house, Role.COORDINATOR, "solace"),
        }


def ask_reset(house, who, worker):
    with unit_of_work(house, actor_for(who)) as session:
        return factor_resets.ask(session, actor_for(who), session.get_one(User, worker.id)).id


def approve(house, who, reset_id):
    with unit_of_work(house, actor_for(who)) as session:
        reset = factor_resets.get_waiting(session, actor_for(who), reset_id)
        return factor_resets.approve(session, actor_for(who), house.keyring, reset)


def test_nobody_resets_a_factor_alone_or_for_themself(house, rosa, people):
    for name in ("other_lead", "coordinator", "both"):
        with pytest.raises((NotFound, NotAllowed)):
            ask_reset(house, people[name], rosa)
    with pytest.raises(RuleBroken):
        ask_reset(house, people["lead"], people["lead"])
    stale = actor_for(people["lead"], stepped_up_at=None)
    with unit_of_work(house) as session, pytest.raises(StepUpNeeded):
        factor_resets.ask(session, stale, session.get_one(User, rosa.id))
    reset_id = ask_reset(house, people["lead"], rosa)
    for name in ("lead", "other_lead"):
        with pytest.raises((NotFound, NotAllowed)):
            approve(house, people[name], reset_id)
    own = ask_reset(house, people["lead"], people["both"])
    with pytest.raises(RuleBroken):
        approve(house, people["both"], own)
    approve(house, people["coordinator"], reset_id)
    with pytest.raises(WrongState):
        approve(house, people["coordinator"], reset_id)


def test_a_reset_needs_password_and_code_and_ends_every_earlier_factor_and_session(house, rosa, people):
    paper, before = codes_of(house, rosa), signed_in(house, rosa)
    lead, coordinator = signed_in(house, people["lead"]), signed_in(house, people["coordinator"])
    page = lead.get("/admin/users")
    page = next(lead.get(link) for words, link in page.links if "Lost phone" in words and rosa.full_name in words)
    assert page.press("Ask for the reset").flashes == [
        "Asked. A coordinator has to approve it, and the person is told."
    ]
    assert lead.get("/admin/resets").status == 403
    told = coordinator.get("/admin/resets").press("Approve")
    code = re.search(r"\d{4} \d{4}", told.text)[0]
    assert code not in coordinator.get("/admin/resets").text
    assert count(house, Message.template == Template.FACTOR_RESET, Message.user_id == rosa.id) == 2
    assert a_stranger(house).get("/sign-in/reset").h1 == "Sign in"
    wrong = half_way(house, rosa).client.get("/sign-in/reset").fill_and_post({"code": "00000000"})
    assert wrong.status == 422
    assert before.get("/account").h1 == "Your account"
    page = half_way(house, rosa).client.get("/sign-in/reset").fill_and_post({"code": code})
    assert page.h1 == "Your new code app"
    secret = page.words_of("code")[0]
    with unit_of_work(house) as session:
        access.open_staff_for("signin", rosa.partnership_id)
        assert session.get_one(User, rosa.id).totp_secret == rosa.totp_secret  # until the new app showed a code
    assert page.fill_and_post({"code": pyotp.TOTP(secret).at(int(clock.now().timestamp()))}).h1 != "Your new code app"
    assert before.get("/account").h1 == "Sign in"
    assert half_way(house, rosa).fill_and_post({"code": rosa.code(31)}, action="/sign-in/code").status == 422
    assert half_way(house, rosa).fill_and_post({"code": paper[3]}, action="/sign-in/code").status == 422
    assert half_way(house, rosa).client.get("/sign-in/reset").fill_and_post({"code": code}).status == 422
    assert count(house, SigninSession.ended_at.is_(None)) == 3
    assert count(house, Passkey.id.is_not(None)) == 0


def test_for_wide_sight_a_reset_starts_a_day_later_and_its_owner_can_call_it_off(house, people):
    boss = people["both"]
    code = approve(house, people["coordinator"], ask_reset(house, people["lead"], boss))
    assert half_way(house, boss).client.get("/sign-in/reset").fill_and_post({"code": code}).status == 422
    page = half_way(house, boss).fill_and_post({"code": boss.code()}, action="/sign-in/code")
    assert page.h1 == "How you sign in"
    assert "A reset was asked for" in page.text
    assert "called off" in page.press("Call off the reset").flashes[0]
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        assert half_way(house, boss).client.get("/sign-in/reset").fill_and_post({"code": code}).status == 422
        code = approve(house, people["coordinator"], ask_reset(house, people["lead"], boss))
    with time_machine.travel(clock.now() + timedelta(hours=51)):
        page = half_way(house, boss).client.get("/sign-in/reset").fill_and_post({"code": code})
        assert page.h1 == "Your new code app"
    with time_machine.travel(clock.now() + timedelta(days=20)):
        assert half_way(house, boss).client.get("/sign-in/reset").fill_and_post({"code": code}).status == 422
    with house.reader() as session:
        assert all(code.encode() not in (row.code_hash or b"") for row in session.scalars(select(FactorReset)))


def test_a_changed_code_app_counts_only_once_it_showed_a_code(house, rosa):
    client = signed_in(house, rosa)
    page = client.get("/account/code-app").press("Start")
    secret = page.words_of("code")[0]
    assert page.fill_and_post({"code": "000000"}).status == 422
    assert half_way(house, rosa).fill_and_post({"code": rosa.code()}, action="/sign-in/code").status == 200
    client = signed_in(house, rosa)
    page = client.get("/account/code-app/new")
    assert page.fill_and_post({"code": pyotp.TOTP(secret).at(int(clock.now().timestamp()))}).h1 == "How you sign in"
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        assert half_way(house, rosa).fill_and_post({"code": rosa.code()}, action="/sign-in/code").status == 422
        new = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
        assert half_way(house, rosa).fill_and_post({"code": new}, action="/sign-in/code").status == 200


def test_codes_are_kept_as_keyed_hashes(house, rosa):
    codes = codes_of(house, rosa)
    with house.reader() as session:
        kept = b"".join(session.scalars(select(RecoveryCode.code_hash)))
    assert len(kept) == 320
    assert not [code for code in codes if code.encode() in kept]
    assert recovery_codes.HOW_MANY == 10


# --- changing it while one knows it ---


def test_a_password_is_changed_with_the_one_in_use_and_ends_other_sign_ins_asvs_6_2_2_6_2_3_7_4_3(house, rosa):
    here, elsewhere = signed_in(house, rosa), signed_in(house, rosa)
    wrong = here.get("/account/password").fill_and_post({"current": "not my password at all", "password": NEW})
    assert (wrong.status, wrong.errors) == (
        422,
        ["This is not your password. Try again, or sign out and ask for a new one"],
    )
    weak = here.get("/account/password").fill_and_post({"current": PASSWORD, "password": "short"})
    assert weak.status == 422
    same = here.get("/account/password").fill_and_post({"current": PASSWORD, "password": PASSWORD})
    assert same.errors == ["Choose a password that you do not use now"]
    done = here.get("/account/password").fill_and_post({"current": PASSWORD, "password": NEW}, follow=True)
    assert "Your password is changed." in done.text
    assert here.get("/today").status == 200
    assert elsewhere.http.get("/today", base_url="https://localhost").status_code in (302, 303)
    assert half_way(house, rosa).status == 422
    assert half_way(house, rosa, NEW).h1 == "Enter your code"
    later = clock.now() + timedelta(minutes=11)
    with time_machine.travel(later, tick=False):
        assert here.get("/account/password").status == 403
