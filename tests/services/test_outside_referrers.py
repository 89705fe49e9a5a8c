"""A referrer outside the membership: asked in, one link and one code, one referral, an end by itself (DA-42)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marac import access, clock
from marac.crypto import vault
from marac.errors import NotAllowed, NotFound, StepUpNeeded, WrongState
from marac.models import (
    Agency,
    AuditEntry,
    CaseAgency,
    Invitation,
    Membership,
    Message,
    OutsideReferrer,
    Referral,
    User,
)
from marac.services.accounts import joining, sessions, users
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import outside_links, outside_referrers, referrals
from marac.vocabulary import OutsideStanding, Permission as P, ProgrammeSlug, ReferralState, Role, UserState
from tests.builders import a_user, actor_for
from tests.builders_outside import EMAIL, NAME, WORKS_AT, an_outsider

DA = ProgrammeSlug.DA_MARAC
HERE = "192.0.2.7"


def token_in(path):
    return path.rsplit("/", 1)[1]


def begin(outsider, path="", code=""):
    house, token = outsider.house, token_in(path or outsider.path())
    with vault.unit(house.keyring):
        return outside_links.begin(house, token, code or outsider.code, address=HERE)


def ask(outsider, email=EMAIL):
    with vault.unit(outsider.house.keyring):
        outside_links.ask_again(outsider.house, email, address=HERE)


def mails_waiting(house):
    with house.reader() as session:
        return session.scalar(select(func.count()).select_from(Message))


@pytest.fixture
def nadia(house):
    return an_outsider(house)


@pytest.mark.parametrize(
    ("role", "slug"),
    [(Role.COORDINATOR, "vawg_team"), (Role.IDVA, "solace"), (Role.AGENCY_ADMIN, "education")],
)
def test_a_coordinator_an_idva_and_an_agency_lead_may_ask_somebody_outside(house, role, slug):
    with unit_of_work(house) as session:
        asker = a_user(session, house, role, slug)
    assert begin(an_outsider(house, asker)) is not None


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.COORDINATOR, Role.IDVA, Role.AGENCY_ADMIN, Role.SYSTEM}))
def test_nobody_else_may(house, role):
    with unit_of_work(house) as session:
        asker = a_user(session, house, role, "housing_options")
    with pytest.raises(NotAllowed):
        an_outsider(house, asker)


def test_asking_needs_the_second_factor_confirmed_just_now(house, nadia):
    stale = replace(actor_for(nadia.asker), stepped_up_at=clock.now() - timedelta(minutes=6))
    facts = {"full_name": NAME, "email": EMAIL, "organisation": WORKS_AT, "programme": DA}
    with pytest.raises(StepUpNeeded), unit_of_work(house) as session:
        outside_referrers.invite(session, stale, house.keyring, **facts)
    with unit_of_work(house) as session:
        referrer = outside_referrers.get_referrer(session, stale, nadia.id)
        with pytest.raises(StepUpNeeded):
            outside_referrers.show_code(session, stale, house.keyring, referrer)


def test_their_account_has_no_password_and_no_sign_in_name_that_can_be_typed(house, nadia):
    with house.reader() as session:
        account = session.get_one(User, nadia.account_id)
        membership = session.scalars(select(Membership).where(Membership.user_id == account.id)).one()
        assert (account.password_hash, account.state) == (None, UserState.INVITED)
        assert account.signin_token != nadia.row().address_token
        assert (membership.role, membership.programme) == (Role.REFERRER, DA)


def test_the_same_address_may_be_asked_for_a_second_referral_and_each_session_has_one(house, nadia):
    other = an_outsider(house, nadia.asker)
    first, second = begin(nadia).actor, begin(other).actor
    assert first.referral_id != second.referral_id
    with house.reader() as session:
        for mine, theirs in ((first, second), (second, first)):
            found = session.scalars(access.visible(mine, P.REFERRAL_READ, Referral)).all()
            assert [one.id for one in found] == [mine.referral_id]
            assert not access.may(mine, P.REFERRAL_EDIT, session.get_one(Referral, theirs.referral_id))


def test_a_session_by_link_may_not_start_another_referral(house, nadia):
    actor = begin(nadia).actor
    with pytest.raises(NotAllowed), unit_of_work(house, actor) as session:
        referrals.start_referral(session, house.keyring, actor, DA)


def test_the_agency_of_everybody_outside_sees_no_case_and_nobody_is_invited_to_work_there(house, nadia):
    begin(nadia)
    coordinator = actor_for(nadia.asker)
    with unit_of_work(house, coordinator) as session:
        outside = session.scalars(select(Agency).where(Agency.slug == outside_referrers.OUTSIDE)).one()
        assert session.scalars(select(CaseAgency).where(CaseAgency.agency_id == outside.id)).all() == []
        assert outside.id not in {one.id for one in users.list_agencies_to_invite(session, coordinator)}
        facts = {"full_name": "Rosa Lowe", "email": "rosa@example.org", "role": Role.REPRESENTATIVE, "programme": DA}
        with pytest.raises(Exception, match="that people work for"):
            joining.ask_to_join(session, coordinator, agency=outside, **facts)
        assert NAME not in {one.full_name for one in users.list_users(session, coordinator)}


def test_a_link_begins_once_and_a_fresh_one_leads_back_to_the_same_referral(house, nadia):
    path = nadia.path()
    first = begin(nadia, path)
    assert begin(nadia, path) is None
    again = begin(nadia)
    assert again.actor.referral_id == first.actor.referral_id
    with house.reader() as session:
        assert session.scalar(select(func.count()).select_from(Referral)) == 1


def test_a_fresh_link_ends_the_ones_before(nadia):
    earlier, newer = nadia.path(), nadia.path()
    assert begin(nadia, earlier) is None
    assert begin(nadia, newer) is not None


def test_coming_in_elsewhere_ends_the_session_that_was_open(house, nadia):
    first, second = begin(nadia), begin(nadia)
    with house.reader() as session:
        assert sessions.find(session, first.token) is None
        assert sessions.find(session, second.token).actor.referral_id == second.actor.referral_id


def test_five_wrong_codes_end_the_code_until_a_new_one_is_told(house, nadia, time_machine):
    right = nadia.code
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert begin(nadia, code=wrong) is None
    assert nadia.row().code_hash is None
    assert begin(nadia, code=right) is None
    assert begin(nadia, code=nadia.new_code()) is not None
    assert nadia.row().wrong_codes == 0


def test_a_new_code_ends_the_one_before_and_the_open_session(nadia):
    begin(nadia)
    before = nadia.code
    after = nadia.new_code()
    assert nadia.open_sessions() == 0
    assert before == after or begin(nadia, code=before) is None
    assert begin(nadia) is not None


def test_before_a_code_was_told_nothing_opens(house):
    with unit_of_work(house) as session:
        asker = a_user(session, house, Role.COORDINATOR, "vawg_team")
    with unit_of_work(house, actor_for(asker)) as session:
        facts = {"full_name": NAME, "email": EMAIL, "organisation": WORKS_AT, "programme": DA}
        referrer = outside_referrers.invite(session, actor_for(asker), house.keyring, **facts)
        path = outside_links.path_for(session, house.keyring, referrer.account_id)
    with vault.unit(house.keyring):
        for code in ("000000", "", "\0" * 6):
            assert outside_links.begin(house, token_in(path), code, address=HERE) is None


def test_a_link_lasts_as_many_days_as_the_dated_setting_says(nadia, time_machine):
    path, now = nadia.path(), clock.now()
    time_machine.move_to(now + timedelta(days=7, minutes=1), tick=True)
    assert begin(nadia, path) is None


def test_withdrawn_means_from_the_next_request_on(house, nadia):
    begun, path = begin(nadia), nadia.path()
    coordinator = actor_for(nadia.asker)
    with unit_of_work(house, coordinator) as session:
        outside_referrers.withdraw(session, coordinator, outside_referrers.get_referrer(session, coordinator, nadia.id))
    with house.reader() as session:
        assert sessions.find(session, begun.token) is None
        assert session.scalars(select(Invitation).where(Invitation.user_id == nadia.account_id)).all() == []
    assert begin(nadia, path) is None
    waiting = mails_waiting(house)
    ask(nadia)
    assert mails_waiting(house) == waiting
    with pytest.raises(WrongState):
        nadia.new_code()


def test_whoever_lost_the_link_asks_for_another_and_nobody_is_mailed_twice_in_five_minutes(house, nadia, time_machine):
    begin(nadia)
    before = mails_waiting(house)
    ask(nadia)
    ask(nadia, EMAIL.upper())
    ask(nadia, "somebody.else@example.org")
    assert mails_waiting(house) == before + 1
    time_machine.move_to(clock.now() + timedelta(minutes=6), tick=True)
    ask(nadia)
    assert mails_waiting(house) == before + 2


def test_a_request_that_was_never_opened_lapses_with_its_link(house, nadia, time_machine):
    before = mails_waiting(house)
    time_machine.move_to(clock.now() + timedelta(days=8), tick=True)
    ask(nadia)
    assert mails_waiting(house) == before
    coordinator = actor_for(nadia.asker)
    with unit_of_work(house, coordinator) as session:
        referrer = outside_referrers.get_referrer(session, coordinator, nadia.id)
        outside_referrers.send_again(session, coordinator, referrer)
    assert begin(nadia) is not None


def decided(house, referral_id, state, **facts):
    """Set as triage leaves it: this test is about what the outside referrer is told."""
    with unit_of_work(house) as session:
        referral = session.get_one(Referral, referral_id)
        referral.state, referral.submitted_at, referral.decided_at = state, clock.now(), clock.now()
        for name, value in facts.items():
            setattr(referral.case, name, value)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (ReferralState.SUBMITTED, OutsideStanding.RECEIVED),
        (ReferralState.RETURNED, OutsideStanding.RECEIVED),
        (ReferralState.ACCEPTED, OutsideStanding.LISTED),
        (ReferralState.NOT_ACCEPTED, OutsideStanding.NOT_LISTED),
        (ReferralState.REFERRED_ELSEWHERE, OutsideStanding.NOT_LISTED),
        (ReferralState.TRANSFERRED_OUT, OutsideStanding.NOT_LISTED),
        (ReferralState.ALERT_ONLY, OutsideStanding.NOT_LISTED),
        (ReferralState.MERGED, OutsideStanding.RECEIVED),
    ],
)
def test_they_are_told_received_listed_heard_or_not_listed_and_never_that_the_person_was_known(
    house, nadia, state, word
):
    actor = begin(nadia).actor
    decided(house, actor.referral_id, state)
    with unit_of_work(house, actor) as session:
        assert outside_links.read_standing(session, actor).word is word


def test_heard_is_told_once_the_panel_has_heard_it(house, nadia):
    actor = begin(nadia).actor
    decided(house, actor.referral_id, ReferralState.ACCEPTED, last_heard_on=clock.today())
    with unit_of_work(house, actor) as session:
        assert outside_links.read_standing(session, actor).word is OutsideStanding.HEARD


def test_every_state_of_a_referral_has_its_word():
    assert set(outside_links.STANDINGS) == set(ReferralState)


@pytest.mark.parametrize(("days", "opens"), [(27, True), (29, False)])
def test_after_the_decision_access_ends_by_itself_after_28_days(house, nadia, time_machine, days, opens):
    actor = begin(nadia).actor
    decided(house, actor.referral_id, ReferralState.ACCEPTED)
    time_machine.move_to(clock.now() + timedelta(days=days), tick=True)
    assert (begin(nadia) is not None) is opens


def test_while_a_referral_waits_for_its_decision_access_does_not_end(house, nadia, time_machine):
    actor = begin(nadia).actor
    decided(house, actor.referral_id, ReferralState.RETURNED)
    time_machine.move_to(clock.now() + timedelta(days=90), tick=True)
    assert begin(nadia) is not None


def test_the_nightly_job_drops_links_that_are_over_and_ends_access_that_is(house, nadia, time_machine):
    begin(nadia)
    system = access.system(nadia.asker.partnership_id)
    with unit_of_work(house, system) as session:
        assert outside_links.drop_links(session, system) == 1, "the link that was used"
        assert outside_links.drop_links(session, system) == 0
    time_machine.move_to(clock.now() + timedelta(days=29), tick=True)
    with unit_of_work(house, system) as session:
        assert outside_links.drop_links(session, system) == 1, "a draft that nobody went on with"
    with house.reader() as session:
        assert session.get_one(OutsideReferrer, nadia.id).ended_at is not None
        assert session.get_one(User, nadia.account_id).state == UserState.SUSPENDED


def test_an_idva_sees_whom_they_asked_a_lead_whom_the_agency_asked_the_coordinator_everybody(house):
    with unit_of_work(house) as session:
        idva, colleague = (a_user(session, house, Role.IDVA, "solace") for _ in range(2))
        lead = a_user(session, house, Role.AGENCY_ADMIN, "solace")
        elsewhere = a_user(session, house, Role.AGENCY_ADMIN, "education")
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team")
    nadia = an_outsider(house, idva)
    seen = {}
    for worker in (idva, colleague, lead, elsewhere, coordinator):
        with unit_of_work(house, actor_for(worker)) as session:
            seen[worker.id] = len(outside_referrers.list_referrers(session, actor_for(worker)))
            if not seen[worker.id]:
                with pytest.raises(NotFound):
                    outside_referrers.get_referrer(session, actor_for(worker), nadia.id)
    assert list(seen.values()) == [1, 0, 1, 0, 1]


def test_whoever_asked_does_not_see_the_draft_and_the_panel_learns_who_sent_it(house, nadia):
    actor, coordinator = begin(nadia).actor, actor_for(nadia.asker)
    with unit_of_work(house, coordinator) as session:
        referral = session.get_one(Referral, actor.referral_id)
        with pytest.raises(NotFound):
            referrals.get_referral(session, coordinator, referral.reference)
        assert outside_referrers.list_referrers(session, coordinator)[0].reference == ""
    decided(house, actor.referral_id, ReferralState.SUBMITTED)
    with unit_of_work(house, coordinator) as session:
        referral = session.get_one(Referral, actor.referral_id)
        sender = outside_referrers.sender_of(session, coordinator, referral)
        assert (sender.full_name, sender.organisation, sender.email) == (NAME, WORKS_AT, EMAIL)
        assert outside_referrers.list_referrers(session, coordinator)[0].reference == referral.reference


def test_each_step_is_in_the_trail_with_ids_alone(house, nadia):
    begin(nadia, code="999999" if nadia.code != "999999" else "888888")
    begin(nadia)
    with house.reader() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    tags = [entry.tag for entry in entries if entry.tag.startswith("referrer:")]
    assert tags == ["referrer:invited", "referrer:coded", "referrer:refused", "referrer:began"]
    written = " ".join(entry.body for entry in entries)
    assert [word for word in (NAME, EMAIL, WORKS_AT, nadia.code) if word in written] == []
