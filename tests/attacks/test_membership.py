"""Belonging, attacked over HTTP: roles for oneself, stale links, open tabs, expired agreements, idle accounts.

Each bites on the next request, whatever was open in the browser (security 3.4, 9.3, 9.9; DA-49 to DA-52).
"""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Action, AuditEntry, Case, Invitation, JoinRequest, Membership, Message, SigninSession, User
from marac.services.accounts import admission, agreements, attesting, deputies, dormancy, joining, lead_codes, users
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import RequestState, Role, StillHere, SuspendedFor, Template, UserState
from tests.attacks.scene import SAME_SITE, form, token_of
from tests.attacks.test_races import at_once
from tests.builders import DA, a_stranger, a_user, actor_for, an_agency, signed_in
from tests.builders_panels import MORNING, a_held_panel, a_published_panel, a_wall

HTTPS = {"base_url": "https://localhost"}


@pytest.fixture(autouse=True)
def moving():
    with time_machine.travel(MORNING, tick=False) as clockwork:
        yield clockwork


def people(house, *asked):
    """(role, agency) -> workers."""
    with unit_of_work(house) as session:
        return [a_user(session, house, role, agency) for role, agency in asked]


def ask(house, who, email, *, agency="housing_options", role=Role.REPRESENTATIVE):
    actor = actor_for(who)
    with unit_of_work(house, actor) as session:
        return joining.ask_to_join(
            session, actor, full_name="Amir Khan", email=email, agency=an_agency(session, agency), role=role,
            programme=DA,
        ).id  # fmt: skip


def decide(house, who, request_id, how=joining.approve):
    actor = actor_for(who)
    with unit_of_work(house, actor) as session:
        asked = joining.get_request(session, actor, request_id)
        return how(session, actor, house.keyring, asked).account_id


def held_by(house):
    with house.reader() as session:
        return sorted(map(repr, session.execute(select(Membership.user_id, Membership.role, Membership.to_on))))


def agree_until(house, coordinator, agency, day):
    actor = actor_for(coordinator)
    with unit_of_work(house, actor) as session:
        agreements.record_agreement(
            session, actor, an_agency(session, agency), signed_on=date(2024, 1, 1), review_on=day,
            signatory="Head of service", document="ISP/1",
        )  # fmt: skip


def test_no_role_gives_itself_a_role_by_any_form(house):
    """Every role asks for itself, for the highest role and in another's name; nobody holds more than before."""
    workers = people(house, *((role, "housing_options") for role in sorted(set(Role) - {Role.SYSTEM})))
    [second] = people(house, (Role.COORDINATOR, "vawg_team"))
    waiting = ask(house, second, "new.person@example.org")
    before = held_by(house)
    for worker in workers:
        client = signed_in(house, worker).http
        token = token_of(client)
        with house.reader() as session:
            agency = an_agency(session).id.hex
        for role in ("coordinator", "chair", "system_admin", "auditor", "system", "representative", "guest"):
            facts = {"full_name": "Me", "email": worker.email, "agency": agency, "role": role, "programme": "da_marac"}
            answer = client.post("/admin/users/invite", data=form(token, **facts), **SAME_SITE)
            assert answer.status_code in (403, 404, 422), (worker.role, role)
        sent = form(token, role="coordinator", user_id=worker.id.hex, membership_id=worker.membership_id.hex)
        for path in (f"/admin/users/{worker.id}/left", f"/admin/roles/{worker.membership_id}/end",
                     f"/admin/users/{worker.id}/restore", f"/admin/users/{worker.id}/suspend"):  # fmt: skip
            assert client.post(path, data=sent, **SAME_SITE).status_code in (403, 404, 409, 422), (worker.role, path)
        if worker.role not in (Role.COORDINATOR, Role.AGENCY_ADMIN):
            path = f"/admin/joiners/{waiting}/approve"
            assert client.post(path, data=form(token), **SAME_SITE).status_code in (403, 404), worker.role
    asker = signed_in(house, second).http
    answer = asker.post(f"/admin/joiners/{waiting}/approve", data=form(token_of(asker)), **SAME_SITE)
    assert answer.status_code == 422, "nobody approves what they asked for"
    assert held_by(house) == before
    with house.reader() as session:
        assert session.scalar(select(func.count()).select_from(JoinRequest)) == 1


def test_two_approvals_at_once_make_one_account_and_one_link(house):
    lead, one, two = people(
        house, (Role.AGENCY_ADMIN, "housing_options"), (Role.COORDINATOR, "vawg_team"), (Role.COORDINATOR, "vawg_team")
    )  # fmt: skip
    waiting = ask(house, lead, "amir.khan@example.org")
    pages = [signed_in(house, who).get("/admin/joiners") for who in (one, two)]
    answers = at_once(*(lambda page=page: page.press("Approve") for page in pages))
    assert sorted(answer.status for answer in answers) == [200, 409]
    with house.reader() as session:
        account = session.get_one(JoinRequest, waiting).account_id
        assert session.scalar(select(func.count()).where(Invitation.user_id == account)) == 1
        assert session.scalar(select(func.count()).where(Membership.user_id == account)) == 1


def test_known_elsewhere_known_here_and_unknown_are_asked_for_alike_and_shared_mailboxes_refused_in_words(house):
    """The answer, the list and the decision read the same (security 9.2); one account is one person's (DA-50)."""
    lead, coordinator, known = people(
        house, (Role.AGENCY_ADMIN, "housing_options"), (Role.COORDINATOR, "vawg_team"), (Role.REFERRER, "education")
    )  # fmt: skip
    pages = []
    for email in (known.email, "nobody.yet@example.org"):
        waiting = ask(house, lead, email)
        decide(house, coordinator, waiting)
        page = signed_in(house, lead).get("/admin/joiners")
        pages.append(page.words_of("tbody tr:first-child td:nth-of-type(3)"))
    assert pages[0] == pages[1] == ["Approved"]
    for email in (
        "info@example.org",
        "duty.team@example.org",
        "Team-Inbox@example.org",
        "housing.office",
        "office2@x.org",
    ):
        with pytest.raises(RuleBroken, match="own work address"):
            ask(house, lead, email)
    ask(house, lead, "t.officer-smith@example.org")
    page = signed_in(house, lead).get("/admin/users/invite")
    agency = next(value for value in page.form("invite").choices["agency"] if value)
    page = page.fill_and_post({
        "full_name": "Duty", "email": "duty@example.org", "agency": agency, "role": "representative",
        "programme": "da_marac",
    })  # fmt: skip
    assert page.errors == ["Enter the person's own work address. Several people may read this one"]


def test_a_stale_guessed_or_suspended_invitation_opens_nothing(house, moving):
    lead, coordinator = people(house, (Role.AGENCY_ADMIN, "housing_options"), (Role.COORDINATOR, "vawg_team"))
    account = decide(house, coordinator, ask(house, lead, "amir.khan@example.org"))

    def link():
        with house.reader() as session:
            mine = select(Invitation).where(Invitation.user_id == account, Invitation.used_at.is_(None))
            one = session.scalars(mine.order_by(Invitation.expires_at.desc())).first()
            return f"/join/{users.invitation_token(house.keyring, one.id)}", lead_codes.lead_code(house.keyring, one.id)

    path, code = link()
    for _ in range(3):  # a mail scanner follows it
        assert a_stranger(house).get(path).h1 == "Set up your account"
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert a_stranger(house).get(path).fill_and_post({"code": wrong}).status == 422
    assert a_stranger(house).get(path).fill_and_post({"code": code}).status == 410, "the fifth wrong code ends it"
    with unit_of_work(house) as session:
        users.send_invitation(session, house.keyring, session.get_one(User, account))
    path, code = link()
    with time_machine.travel(clock.now() + timedelta(hours=72, seconds=1), tick=False):
        assert a_stranger(house).get(path).fill_and_post({"code": code}).status == 410
    begun = a_stranger(house).get(path).fill_and_post({"code": code})
    assert begun.url == "/join"
    with unit_of_work(house) as session:
        session.get_one(User, account).state = UserState.SUSPENDED
    assert begun.client.get("/join").status == 410, "half way through is not in"


def test_who_left_is_out_of_every_tab_with_deputy_and_actions_handed_on(house):
    """Page, form, autosave, link in a mail and the deputy's browser: the next request of each is refused."""
    panel = a_held_panel(house)
    with unit_of_work(house) as session:
        lead = a_user(session, house, Role.AGENCY_ADMIN, "met_police_da")
        heir = a_user(session, house, Role.REPRESENTATIVE, "met_police_da", full_name="Hetty Heir")
        action = session.scalars(select(Action)).one()
        action.owner_id = panel.police.id
        action_id = action.id
    _let_stand_in(house, panel.police, heir, panel.coordinator)
    tab, page = signed_in(house, panel.police), None
    page = tab.get(f"/actions/{action_id}")
    token = token_of(tab.http)
    standing_in = _switched(house, heir)
    assert standing_in.get("/account").words_of(".app-bar__who")[0].startswith("Deputy representative, standing in")
    shown = signed_in(house, lead).get(f"/admin/users/{panel.police.id}/left")
    assert "They still have open actions: 1" in shown.main
    assert "protection order" not in shown.main
    done = shown.fill_and_post({"heir": heir.id.hex})
    assert done.flashes == ["The account is closed and signed out everywhere."]
    assert page.client.get("/today").h1 == "Sign in"
    for path in (f"/actions/{action_id}/start", "/account/keep", "/drafts"):
        answer = tab.http.post(path, data=form(token, note="x"), **SAME_SITE)
        assert answer.status_code in (404, 419), path
    asked_by_script = {"headers": {"Referer": "https://localhost/", "Accept": "application/json"}, **HTTPS}
    assert tab.http.post("/account/keep", data=form(token), **asked_by_script).status_code == 419
    assert tab.http.get("/go/" + "t" * 43, **HTTPS).status_code == 303
    assert standing_in.get("/cases").h1 == "Sign in"
    with house.reader() as session:
        assert session.get_one(Action, action_id).owner_id == heir.id
        assert session.get_one(User, panel.police.id).state is UserState.LEFT
        told = select(Message.template).where(Message.user_id == heir.id)
        assert Template.ACTIONS_ASSIGNED in set(session.scalars(told))
    answer = (
        a_stranger(house)
        .get("/sign-in")
        .fill_and_post({"email": panel.police.email, "password": panel.police.password})
    )
    assert "We could not sign you in" in answer.main


def test_an_expired_agreement_closes_the_agency_in_words_and_a_renewal_opens_it_again(house, moving):
    """On the next request, for pages, forms and scripts; other agencies go on; the coordinator can mend their own."""
    panel = a_published_panel(house, cases=1)
    tab = signed_in(house, panel.housing)
    for agency in ("housing_options", "vawg_team"):
        agree_until(house, panel.coordinator, agency, MORNING.date())
    assert tab.get("/today").h1 == "Your work", "the review date itself still counts"
    moving.shift(timedelta(hours=16, minutes=1))
    tab = signed_in(house, panel.housing)
    page = tab.get("/today")
    assert (page.status, page.h1) == (403, "Your agency's agreement has ended")
    assert "Ade Okafor" in page.main
    assert "ring 999" in page.main
    for path in (f"/panels/{panel.reference}", "/cases", "/research", "/find", "/account/deputies", "/reports"):
        assert tab.get(path).status == 403, path
    assert tab.http.post("/account/keep", **SAME_SITE).status_code in (204, 419), "staying signed in shows nothing"
    script = {"headers": {"Referer": "https://localhost/", "Accept": "application/json"}, **HTTPS}
    assert tab.http.get("/cases", **script).status_code == 403
    keeper = signed_in(house, panel.coordinator)
    assert keeper.get("/cases").h1 == "Your agency's agreement has ended"
    assert keeper.get("/admin/agreements").h1 == "Information sharing agreements"
    assert signed_in(house, panel.chair).get("/cases").status == 200, "another agency goes on"
    with unit_of_work(house, access.system(panel.coordinator.partnership_id)) as session:
        assert agreements.warn_ending(session, access.system(panel.coordinator.partnership_id)) >= 2
    for agency in ("housing_options", "vawg_team"):
        agree_until(house, panel.coordinator, agency, MORNING.date() + timedelta(days=365))
    assert tab.get("/today").h1 == "Your work"
    [representative] = people(house, (Role.REPRESENTATIVE, "elft"))
    client = signed_in(house, representative).http
    for path in ("/admin/agreements", f"/admin/agreements/{representative.agency_id}"):
        assert client.get(path, **HTTPS).status_code in (403, 404), "a member neither reads nor keeps the register"


def test_an_unanswered_quarter_closes_the_agency_after_fourteen_days_until_its_lead_answers(house, moving):
    lead, stays, wrong, gone, system = _an_agency_of_four(house)
    moving.move_to(MORNING.replace(year=2026, month=1, day=2))
    _as(house, system, attesting.ask_all)
    assert _as(house, system, attesting.ask_all) == 0, "asked once a quarter"
    assert "Confirm who still works here" in signed_in(house, lead).get("/today").main
    moving.shift(timedelta(days=14))
    assert _as(house, system, attesting.ask_all) == 1, "the last day is told"
    assert signed_in(house, stays).get("/today").status == 200
    moving.shift(timedelta(days=1))
    page = signed_in(house, stays).get("/today")
    assert (page.status, page.h1) == (403, "Your agency must confirm who works there")
    closed = signed_in(house, lead).get("/today")
    asked = closed.follow("Confirm who works there").follow("Housing")
    missing = asked.fill_and_post({})
    assert len(missing.errors) == 3
    answers = {stays: StillHere.YES, wrong: StillHere.WRONG_ROLE, gone: StillHere.LEFT}
    page = asked.fill_and_post({f"still-{who.membership_id.hex}": word.value for who, word in answers.items()})
    assert page.flashes == ["Thank you. You will be asked again next quarter."]
    assert signed_in(house, stays).get("/today").h1 == "Your work"
    with house.reader() as session:
        states = {who: session.get_one(User, who.id).state for who in (stays, wrong, gone)}
        assert states == {stays: UserState.ACTIVE, wrong: UserState.ACTIVE, gone: UserState.LEFT}
        assert session.get_one(Membership, wrong.membership_id).to_on < clock.today()


def test_an_account_nobody_uses_is_told_suspended_and_emptied(house, moving):
    """45, 60 and 180 days; no setting keeps an unused account open over 90 (DA-50); given back, it counts anew."""
    admin, rosa = people(house, (Role.SYSTEM_ADMIN, "vawg_team"), (Role.REPRESENTATIVE, "elft"))
    system = access.system(rosa.partnership_id)
    state = lambda: _state_of(house, rosa)  # noqa: E731 - read after each day
    assert _as(house, system, dormancy.close_unused) == 0
    moving.shift(timedelta(days=45))
    _as(house, system, dormancy.close_unused)
    _as(house, system, dormancy.close_unused)
    with house.reader() as session:
        assert list(session.scalars(select(Message.template).where(Message.user_id == rosa.id))) == [
            Template.ACCOUNT_UNUSED
        ]
    moving.shift(timedelta(days=15))
    tab = signed_in(house, admin)
    _as(house, system, dormancy.close_unused)
    assert state() == (UserState.SUSPENDED, SuspendedFor.NOT_USED, True)
    assert tab.get(f"/admin/users/{rosa.id}").status == 200
    tab.get("/admin/users").form(f"/users/{rosa.id}/restore").post()
    _as(house, system, dormancy.close_unused)
    assert state() == (UserState.ACTIVE, None, True)
    moving.shift(timedelta(days=180))
    _as(house, system, dormancy.close_unused)
    assert state() == (UserState.SUSPENDED, SuspendedFor.NOT_USED, False)


def test_a_deputy_sees_what_the_person_sees_but_nothing_behind_the_wall_of_either_and_passes_nothing_on(house, moving):
    panel = a_published_panel(house, cases=3)
    with unit_of_work(house) as session:
        deputy = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Dana Deputy")
        third = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Theo Third")
        a_wall(session, panel.case_ids[0], panel.housing)
        a_wall(session, panel.case_ids[1], deputy)
        references = [session.get_one(Case, one).reference for one in panel.case_ids]
    _let_stand_in(house, panel.housing, deputy, panel.coordinator)
    tab = _switched(house, deputy)
    assert [tab.get(f"/cases/{one}").status for one in references] == [404, 404, 200]
    with house.reader() as session:
        bodies = list(session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "case:read")))
    assert any(f'"actor":"{deputy.id.hex}"' in one and f'"on_behalf":"{panel.housing.id.hex}"' in one for one in bodies)
    sent = {"deputy": third.id.hex, "from_on": ["12", "11", "2025"], "to_on": ["13", "11", "2025"]}
    answer = tab.http.post("/account/deputies/new", data=form(token_of(tab.http), **sent), **SAME_SITE)
    assert answer.status_code == 403, "never passed on"
    for path in ("/admin/users/invite", "/admin/joiners", "/account/deputies/new", "/admin/deputies"):
        assert tab.http.get(path, **HTTPS).status_code in (403, 404), path
    moving.shift(timedelta(days=8))
    assert signed_in(house, deputy).get("/account").words_of("#roles ~ ul li")[0].count("for Hana Reed") == 0
    assert tab.get(f"/cases/{references[2]}").h1 == "Sign in", "it ended by itself"


def test_neither_the_person_nor_the_deputy_agrees_to_it_and_a_suspended_person_takes_the_deputy_along(house):
    [lead, person, deputy] = people(
        house, (Role.AGENCY_ADMIN, "elft"), (Role.REPRESENTATIVE, "elft"), (Role.REPRESENTATIVE, "elft")
    )  # fmt: skip
    [stranger] = people(house, (Role.REPRESENTATIVE, "housing_options"))
    actor = actor_for(person)
    day = clock.today()
    with unit_of_work(house, actor) as session:
        with pytest.raises(RuleBroken, match="colleague of your agency"):
            deputies.name_deputy(session, actor, deputy_id=stranger.id, from_on=day, to_on=day)
        with pytest.raises(RuleBroken, match="days or fewer"):
            deputies.name_deputy(session, actor, deputy_id=deputy.id, from_on=day, to_on=day + timedelta(days=92))
        asked = deputies.name_deputy(session, actor, deputy_id=deputy.id, from_on=day, to_on=day).id
    for who in (person, deputy, stranger):
        with unit_of_work(house, actor_for(who)) as session, pytest.raises((NotFound, NotAllowed)):
            deputies.approve(session, actor_for(who), deputies.get_delegation(session, actor_for(who), asked))
    assert signed_in(house, lead).get("/admin/deputies").press("Agree").flashes == ["The deputy may stand in."]
    tab = _switched(house, deputy)
    with unit_of_work(house) as session:
        session.get_one(User, person.id).state = UserState.SUSPENDED
    assert tab.get("/today").h1 == "Sign in"
    with unit_of_work(house) as session:
        session.get_one(User, person.id).state = UserState.ACTIVE
    tab = _switched(house, deputy)
    assert tab.get("/today").h1 == "Your work"
    signed_in(house, lead).get("/admin/deputies").press("End it")
    assert tab.get("/today").h1 == "Sign in", "who agreed to it may end it"


def test_the_steering_group_sees_totals_and_no_case_page(house):
    """DA-52."""
    panel = a_published_panel(house, cases=1)
    [member] = people(house, (Role.STEERING_GROUP, "community_safety_division"))
    client = signed_in(house, member)
    with house.reader() as session:
        reference = session.get_one(Case, panel.case_ids[0]).reference
    assert client.get("/reports").status == 200
    assert client.get(f"/cases/{reference}").status == 404
    assert client.get(f"/panels/{panel.reference}").status == 404
    for path in ("/cases", "/referrals", "/panels", "/actions",
                 "/research", "/find", "/sanctuary", "/escalated", "/admin/users/invite"):  # fmt: skip
        answer = client.http.get(path, **HTTPS)
        shown = answer.get_data(as_text=True)
        assert answer.status_code in (403, 404) or not {reference, panel.reference, "Begum"} & set(shown.split()), path
    assert "/cases" not in {href for _, href in client.get("/reports").links}


def test_confidentiality_is_agreed_before_anything_and_again_after_a_year(house, moving):
    [rosa] = people(house, (Role.REPRESENTATIVE, "elft"))
    assert signed_in(house, rosa).get("/today").h1 == "Your work"
    moving.shift(timedelta(days=366))
    tab = signed_in(house, rosa)
    assert tab.get("/cases").h1 == "Keep it confidential"
    with unit_of_work(house) as session:  # who must also register a passkey is not sent in a circle
        for browser in session.scalars(select(SigninSession)):
            browser.awaits_passkey = True
    assert tab.get("/cases").h1 == "Keep it confidential"
    with unit_of_work(house) as session:
        for browser in session.scalars(select(SigninSession)):
            browser.awaits_passkey = False
    token = tab.get("/cases").form("confidentiality").values["csrf_token"][0]
    assert tab.http.post("/referrals/new", data=form(token), **SAME_SITE).status_code == 403
    tab.get("/cases").press("agree")
    assert tab.get("/today").h1 == "Your work"
    with house.reader() as session:
        assert session.scalar(select(func.count()).where(AuditEntry.tag == "user:agreed")) == 1
        assert admission.terms_of(session, rosa.partnership_id).confidentiality_lasts == 365


# --- telling it ---


def _as(house, system, job):
    with unit_of_work(house, system) as session:
        access.asked()
        return job(session, system)


def _state_of(house, who):
    with house.reader() as session:
        user = session.get_one(User, who.id)
        return user.state, user.suspended_for, user.password_hash is not None


def _an_agency_of_four(house):
    with unit_of_work(house) as session:
        made = [
            a_user(session, house, role, "housing_options", full_name=name)
            for role, name in (
                (Role.AGENCY_ADMIN, "Lena Lead"), (Role.REPRESENTATIVE, "Stays Put"), (Role.IDVA, "Wrong Role"),
                (Role.REPRESENTATIVE, "Gone Away"),
            )
        ]  # fmt: skip
        a_user(session, house, Role.REFERRER, "housing_options", full_name="Other")
        session.flush()
        other = session.scalars(select(Membership).where(Membership.role == Role.REFERRER)).one()
        other.to_on = clock.today()
    return (*made, access.system(made[0].partnership_id))


def _let_stand_in(house, person, deputy, coordinator):
    """Named by the person, agreed by the coordinator, for a week."""
    actor, second = actor_for(person), actor_for(coordinator)
    with unit_of_work(house, actor) as session:
        day = clock.today()
        asked = deputies.name_deputy(
            session, actor, deputy_id=deputy.id, from_on=day, to_on=day + timedelta(days=6)
        ).id  # fmt: skip
    with unit_of_work(house, second) as session:
        deputies.approve(session, second, deputies.get_delegation(session, second, asked))
    with house.reader() as session:
        assert session.get_one(deputies.Delegation, asked).state is RequestState.APPROVED


def _switched(house, deputy):
    """The deputy's browser after switching to what they stand in for."""
    client = signed_in(house, deputy)
    client.get("/account").press("Switch")
    return client
