"""What must fail: knowing of a case behind a wall, lifting one alone, and every way round (security 3.3, 9.3, 9.10)."""

import re
import sqlite3
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, Refusal, RuleBroken, StepUpNeeded, WrongState
from marac.models import Agency, Case, Declaration, Glass, Message, NamedPerson, Referral, SigninSession, Wall
from marac.services.casework import people
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import links
from marac.services.referring import referrals
from marac.services.walls import emergency, keeping_out, register, restricting, screening, seats
from marac.vocabulary import (
    GlassCategory,
    GlassOutcome,
    LinkDecision,
    PersonRole,
    Role,
    Template,
    WallState,
)
from tests.attacks.scene import SAME_SITE, counted, form, settled, token_of
from tests.builders import a_membership, a_referral, a_user, actor_for, an_agency, signed_in
from tests.builders_panels import a_panel, a_published_panel

WHY, LONG = "Is the sister of the person", "Her sister rang: he is at the door with a knife."


def act(panel, worker, what, *args, **facts):
    """Do one thing as one person in a unit of work of its own."""
    with panel.work(worker) as session:
        case = session.get_one(Case, panel.case_ids[0])
        return what(session, actor_for(worker), case, *args, **facts)


def hire(panel, role, agency="vawg_team", **facts):
    with unit_of_work(panel.house) as session:
        return a_user(session, panel.house, role, agency, **facts)


def sees(panel, worker, **facts):
    with panel.house.reader() as session:
        query = access.visible(actor_for(worker, **facts), access.READS[Case], Case)
        return session.scalar(query.where(Case.id == panel.case_ids[0])) is not None


def wall_of(panel, worker):
    with panel.house.reader() as session:
        return session.scalars(select(Wall.id).where(Wall.user_id == worker.id).order_by(Wall.since_at.desc())).first()


def test_a_wall_is_lifted_by_a_chair_and_a_second_person_and_by_nobody_alone_da_5(house):
    panel = a_published_panel(house, 1)
    second = hire(panel, Role.CHAIR, "vawg_team")
    act(panel, panel.coordinator, keeping_out.keep_out, user_id=panel.housing.id, because=WHY)
    wall = wall_of(panel, panel.housing)
    assert not sees(panel, panel.housing)
    with pytest.raises(NotAllowed):  # a coordinator does not ask
        act(panel, panel.coordinator, keeping_out.ask_to_lift, wall, "She was wrong about it")
    with pytest.raises(WrongState):  # nobody asked yet
        act(panel, panel.coordinator, keeping_out.agree_to_lift, wall)
    with pytest.raises(WrongState):  # a standing wall is not lifted as if it had only been found
        act(panel, panel.coordinator, keeping_out.clear, wall, "No conflict")
    act(panel, panel.chair, keeping_out.ask_to_lift, wall, "She was wrong about it")
    with pytest.raises(NotAllowed):
        act(panel, panel.chair, keeping_out.agree_to_lift, wall)
    with pytest.raises(NotFound):
        act(panel, panel.housing, keeping_out.agree_to_lift, wall)
    stale = actor_for(second, stepped_up_at=clock.now() - timedelta(minutes=6))
    with panel.work(second) as session:
        case = session.get_one(Case, panel.case_ids[0])
        with pytest.raises(StepUpNeeded):
            keeping_out.agree_to_lift(session, stale, case, wall)
    assert not sees(panel, panel.housing)
    act(panel, second, keeping_out.agree_to_lift, wall)
    assert sees(panel, panel.housing)
    with house.reader() as session:
        held = session.get_one(Wall, wall)
        assert (held.state, held.lift_asked_by_id, held.lifted_by_id) == (WallState.LIFTED, panel.chair.id, second.id)


def test_two_who_lift_the_same_wall_at_once_lift_it_once(house):
    panel = a_published_panel(house, 1)
    agreeing = [panel.coordinator, hire(panel, Role.CHAIR)]
    act(panel, panel.coordinator, keeping_out.keep_out, user_id=panel.housing.id, because=WHY)
    wall = wall_of(panel, panel.housing)
    act(panel, panel.chair, keeping_out.ask_to_lift, wall, "She was wrong about it")
    together, outcomes = Barrier(2), []

    def agree(worker):
        together.wait()
        try:
            act(panel, worker, keeping_out.agree_to_lift, wall)
            outcomes.append("lifted")
        except (Refusal, sqlite3.Error):
            outcomes.append("refused")

    threads = [Thread(target=agree, args=[worker]) for worker in agreeing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["lifted", "refused"]
    with house.reader() as session:
        assert session.get_one(Wall, wall).lifted_by_id in [worker.id for worker in agreeing]


def test_no_way_round_a_wall_by_role_agency_guest_deputy_or_emergency(house):
    """It beats every role, auditors too (security 3.3)."""
    panel = a_published_panel(house, 1)
    rep = hire(panel, Role.REPRESENTATIVE, "cctv", full_name="Rep Round")
    with unit_of_work(house) as session:
        for role, agency in ((Role.COORDINATOR, "vawg_team"), (Role.DEPUTY, "met_police_da"), (Role.AUDITOR, "cctv")):
            a_membership(session, rep.id, role, an_agency(session, agency))
        agencies = {slug: an_agency(session, slug).id for slug in ("vawg_team", "met_police_da", "cctv")}
        reference = session.get_one(Case, panel.case_ids[0]).reference
    act(panel, panel.coordinator, keeping_out.keep_out, user_id=rep.id, because=WHY)
    for role in set(Role) - {Role.SYSTEM}:
        for agency_id in agencies.values():
            assert not sees(panel, rep, role=role, agency_id=agency_id), (role, agency_id)
    for role in (Role.REPRESENTATIVE, Role.DEPUTY, Role.AUDITOR):
        actor = actor_for(rep, role=role)
        with unit_of_work(house, actor) as session, pytest.raises(NotFound):
            emergency.break_glass(session, actor, reference, GlassCategory.DANGER, LONG)
    with house.reader() as session:
        assert session.scalar(select(Glass.id)) is None
    # a whole agency: also for who only used to work there
    act(panel, panel.coordinator, keeping_out.keep_out, agency=_agency(panel, "housing_options"), because=WHY)
    assert not sees(panel, panel.housing, agency_id=agencies["cctv"])


def _agency(panel, slug):
    with panel.house.reader() as session:
        return session.scalars(select(Agency).where(Agency.slug == slug)).one()


def test_nobody_decides_about_themselves_and_a_reason_is_asked(house):
    panel = a_published_panel(house, 1)
    for facts, field in (
        ({"user_id": panel.coordinator.id}, "user_id"), ({"agency": _agency(panel, "vawg_team")}, "user_id"),
        ({"user_id": panel.housing.id, "because": "x"}, "because"), ({}, "user_id"),
        ({"user_id": panel.housing.id, "everywhere": True}, "person_id"),
    ):  # fmt: skip
        with pytest.raises(RuleBroken) as refused:
            act(panel, panel.coordinator, keeping_out.keep_out, **{"because": WHY, **facts})
        assert refused.value.field == field
    with pytest.raises(NotAllowed):
        act(panel, panel.police, keeping_out.keep_out, user_id=panel.housing.id, because=WHY)


def test_a_wall_about_a_person_follows_them_into_every_case_now_and_later(house):
    panel = a_panel(house, 2)

    def link(one, other):
        with panel.work(panel.coordinator) as session:
            feared = [_feared(session, panel.case_ids[place]) for place in (one, other)]
            actor = actor_for(panel.coordinator)
            links.decide_match(session, actor, feared[0], feared[1].id, LinkDecision.SAME)

    with panel.work(panel.coordinator) as session:
        person = _feared(session, panel.case_ids[0]).id
    act(panel, panel.coordinator, keeping_out.keep_out, user_id=panel.police.id, person_id=person, everywhere=True,
        because=WHY)  # fmt: skip
    with house.reader() as session:
        assert _walled_cases(session, panel.police) == {panel.case_ids[0]}
    link(0, 1)
    with house.reader() as session:
        assert _walled_cases(session, panel.police) == set(panel.case_ids[:2])


def _feared(session, case_id):
    return people.people_of(session, case_id, [PersonRole.PERPETRATOR])[0]


def _walled_cases(session, worker):
    query = select(Wall.case_id).where(Wall.user_id == worker.id, access.in_force())
    return set(session.scalars(query))


def test_staff_are_walled_off_before_anybody_hears_of_a_referral_and_confirmed_by_one_person_da_5(house):
    """In the transaction of the sending: no message, no row, no search result reaches whoever is found."""
    panel = a_panel(house, 0)
    suspect = hire(panel, Role.COORDINATOR, "vawg_team", full_name="Karim Uddin", born_in=1988, home_postcode="E2 0XX")
    mate = hire(panel, Role.REPRESENTATIVE, "cctv", full_name="Lena Fox", household=["Amina Begum, 1991"])
    namesake = hire(panel, Role.REPRESENTATIVE, "cctv", full_name="Karim Uddin", born_in=1951)
    sender = hire(panel, Role.IDVA, "solace")
    with unit_of_work(house, actor_for(sender)) as session:
        referral = a_referral(session, house, actor_for(sender), perpetrator={"occupation": "works at CCTV"})
        assert session.scalar(select(Wall.id)) is None  # a draft is its writer's
        draft = referral.id
    with unit_of_work(house, actor_for(sender)) as session:
        sent = referrals.submit(session, actor_for(sender), session.get_one(Referral, draft))
        case_id = sent.case_id
    with house.reader() as session:
        walls = session.scalars(select(Wall).where(Wall.case_id == case_id)).all()
        assert {wall.user_id for wall in walls if wall.user_id} == {suspect.id, mate.id}
        assert {wall.state for wall in walls} == {WallState.PROVISIONAL}
        assert all(wall.decide_by_at > clock.now() for wall in walls)
        told = set(session.scalars(select(Message.user_id)))
        assert panel.coordinator.id in told
        assert not told & {suspect.id, mate.id, namesake.id}
        case = session.get_one(Case, case_id)
        for who, shown in ((suspect, False), (panel.coordinator, True)):
            query = access.visible(actor_for(who), access.READS[Case], Case).where(Case.id == case.id)
            assert (session.scalar(query) is not None) is shown
    coordinator = actor_for(panel.coordinator)
    with unit_of_work(house, coordinator) as session:
        case = session.get_one(Case, case_id)
        lines = {one.who: one for one in keeping_out.list_walls(session, coordinator, case)}
        assert "same name" in lines["Karim Uddin"].said[0]
        assert len(keeping_out.list_to_decide(session, coordinator)) == 1  # one place to go to for the case
        keeping_out.confirm(session, coordinator, case, lines["Karim Uddin"].id)
        keeping_out.clear(session, coordinator, case, lines["Lena Fox"].id, "Another Amina Begum")
    with unit_of_work(house) as session:
        assert screening.screen_all(session, access.system(panel.coordinator.partnership_id)) == 0  # not found again
        assert _walled_cases(session, mate) == set()
        assert _walled_cases(session, suspect) == {case_id}


def test_what_somebody_is_screened_by_is_theirs_alone_and_counts_at_once(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.housing)
    with unit_of_work(house, actor) as session:
        register.keep_own_details(session, actor, former_names=["Hana Begum"], household=["Karim Begum, 1988"])
        screening.screen_colleague(session, actor)
    with house.reader() as session:
        (wall,) = session.scalars(select(Wall).where(Wall.user_id == panel.housing.id))
        assert wall.state == WallState.PROVISIONAL
    for worker in (panel.coordinator, panel.chair, hire(panel, Role.AGENCY_ADMIN, "housing_options")):
        words = signed_in(house, worker).http.get("/account/register", base_url="https://localhost").get_data(True)
        assert "Hana Begum" not in words
        assert "Karim Begum" not in words


def test_an_emptied_seat_is_told_to_the_coordinator_and_says_nothing_of_why(house):
    panel = a_published_panel(house, 1)
    act(panel, panel.coordinator, keeping_out.keep_out, user_id=panel.housing.id, because=WHY)
    with house.reader() as session:
        case = session.get_one(Case, panel.case_ids[0])
        assert seats.emptied_seats(session, case) == [panel.housing.agency_id]
        told = session.scalars(select(Message).where(Message.template == Template.WALL_WAITING)).all()
        assert {one.user_id for one in told} == {panel.coordinator.id}
        assert "Reed" not in Template.WALL_WAITING.label


def test_a_restricted_case_is_not_there_for_whoever_is_not_named(house):
    panel = a_published_panel(house, 1)
    with panel.house.reader() as session:
        reference = session.get_one(Case, panel.case_ids[0]).reference
    later = clock.today() + timedelta(days=30)
    with pytest.raises(NotAllowed):
        act(panel, panel.coordinator, restricting.restrict, [], review_on=later, because=WHY)
    act(panel, panel.chair, restricting.restrict, [panel.police.id], review_on=later, because=WHY)
    assert [sees(panel, one) for one in (panel.chair, panel.police, panel.housing, panel.coordinator)] == [
        True, True, False, False,
    ]  # fmt: skip
    rep = hire(panel, Role.REPRESENTATIVE, "cctv")
    for actor in (actor_for(rep), actor_for(panel.housing)):
        with unit_of_work(house, actor) as session, pytest.raises(NotFound):
            emergency.break_glass(session, actor, reference, GlassCategory.DANGER, LONG)
    for worker, status in ((panel.housing, 404), (panel.coordinator, 404), (panel.police, 200)):
        answer = signed_in(house, worker).http.get(f"/cases/{reference}", base_url="https://localhost")
        assert answer.status_code == status
    with pytest.raises(NotFound):  # nor may the coordinator decide about it any longer
        act(panel, panel.coordinator, keeping_out.list_walls)
    with pytest.raises(RuleBroken):
        act(panel, panel.chair, restricting.restrict, [], review_on=clock.today(), because=WHY)
    act(panel, panel.chair, restricting.lift_restriction, "Her brother-in-law has left the council")
    assert sees(panel, panel.coordinator)
    with house.reader() as session:
        assert session.scalar(select(NamedPerson.id)) is None


def test_nobody_opens_a_meetings_cases_research_or_brief_before_declaring_for_it_da_5(house):
    """Chair, minute-taker, representative and guest alike, by every address; and what is declared is gone."""
    panel = a_published_panel(house, 2)
    with unit_of_work(house) as session:
        session.execute(Declaration.__table__.delete())
        first, other = (session.get_one(Case, one).reference for one in panel.case_ids)
    base = f"/panels/{panel.reference}"
    pages = (f"/cases/{first}", f"/cases/{first}/risk", base, f"{base}/agenda", f"{base}/brief", f"{base}/brief/1",
             f"/research/{panel.reference}", f"{base}/research", f"{base}/documents", f"{base}/since-last",
             f"{base}/outstanding", f"{base}/shared", f"{base}/run")  # fmt: skip
    for worker in (panel.coordinator, panel.chair, panel.housing):
        browser = signed_in(house, worker).http
        for path in pages:
            answer = browser.get(path, base_url="https://localhost")
            shut = answer.status_code == 303 and answer.location.startswith(f"{base}/declare")
            assert shut or answer.status_code in (403, 404), (worker.role, path, answer.status_code)
            assert b"Amina" not in answer.data
    browser = signed_in(house, panel.housing).http
    page = browser.get(f"{base}/declare", base_url="https://localhost").get_data(as_text=True)
    assert "1: Amina Begum and Karim Begum" in page
    assert "E1 0AA" not in page
    marks = re.findall(r'name="conflict-([0-9a-f]{32})"', page)
    token = token_of(browser)
    assert browser.post(f"{base}/declare", data=form(token), **SAME_SITE).status_code == 422
    ticked = {f"conflict-{marks[0]}": "yes", f"because-{marks[0]}": "My cousin", "looked": "y"}
    assert browser.post(f"{base}/declare", data=form(token, **ticked), **SAME_SITE).status_code == 303
    assert browser.get(f"/cases/{first}", base_url="https://localhost").status_code == 404
    assert browser.get(f"/cases/{other}", base_url="https://localhost").status_code == 200
    assert "Amina" not in browser.get(base, base_url="https://localhost").get_data(as_text=True)


def test_emergency_access_keeps_every_limit_da_54_dp_53(house):
    panel = a_published_panel(house, 1)
    rep, auditor = hire(panel, Role.REPRESENTATIVE, "cctv"), hire(panel, Role.AUDITOR, "cctv")
    actor = actor_for(rep)
    with house.reader() as session:
        reference = session.get_one(Case, panel.case_ids[0]).reference

    def use(reason=LONG, **facts):
        who = actor_for(rep, **facts)
        with unit_of_work(house, who) as session:
            return emergency.break_glass(session, who, reference, GlassCategory.DANGER, reason).id

    with pytest.raises(RuleBroken):
        use("Nineteen characters")
    with pytest.raises(StepUpNeeded):
        use(stepped_up_at=None)
    with time_machine.travel(clock.now(), tick=False) as now:
        glass_id = use()
        with house.reader() as session:
            told = session.scalars(select(Message).where(Message.template == Template.GLASS_BROKEN)).all()
            assert {one.user_id for one in told} >= {panel.chair.id, panel.coordinator.id, auditor.id}
            assert all(one.due_at <= clock.now() + timedelta(seconds=60) for one in told)
        with unit_of_work(house, actor) as session:
            glass = emergency.get_glass(session, actor, glass_id)
            view = emergency.view_glass(session, actor, glass)
            assert [one.name for one in view.people][:2] == ["Amina Begum", "Karim Begum"]
            assert not access.may(actor, access.READS[Case], session.get_one(Case, panel.case_ids[0]))
            with pytest.raises(NotAllowed):
                emergency.show_place(session, actor, glass)
            emergency.ask_for_place(session, actor, glass, LONG)
            with pytest.raises(NotAllowed):
                emergency.agree_place(session, actor_for(rep, role=Role.CHAIR), glass)
        chair = actor_for(panel.chair)
        with unit_of_work(house, chair) as session:
            emergency.agree_place(session, chair, emergency.get_glass(session, chair, glass_id))
            with pytest.raises(NotFound):  # what opened is the user's own
                emergency.view_glass(session, chair, emergency.get_glass(session, chair, glass_id))
        with unit_of_work(house, actor) as session:
            assert emergency.show_place(session, actor, emergency.get_glass(session, actor, glass_id)) == (
                "14 Elm Row E1 0AA",
            )
        now.shift(timedelta(minutes=60))
        _is_over(house, actor, glass_id)
        now.shift(timedelta(hours=-2))  # a clock that was put back opens it again only while the database agrees
        with unit_of_work(house) as session:
            session.get_one(Glass, glass_id).ends_at = access.database_now(session) - timedelta(seconds=1)
        _is_over(house, actor, glass_id)
        now.shift(timedelta(hours=2))
        use()
        use()
        with pytest.raises(RuleBroken, match="three times"):
            use()
    with unit_of_work(house, actor_for(auditor)) as session:
        who = actor_for(auditor)
        uses = emergency.list_uses(session, who)
        assert (len(uses), uses[0].because) == (3, LONG)
        with pytest.raises(NotAllowed):
            emergency.review(session, actor, session.get_one(Glass, glass_id), GlassOutcome.JUSTIFIED, "Fine")
        emergency.review(session, who, session.get_one(Glass, glass_id), GlassOutcome.JUSTIFIED, "Police were there")
        with pytest.raises(WrongState):
            emergency.review(session, who, session.get_one(Glass, glass_id), GlassOutcome.JUSTIFIED, "Again")
        assert emergency.waiting(session, who)[1] == 2


def _is_over(house, actor, glass_id):
    with unit_of_work(house, actor) as session, pytest.raises(NotFound):
        emergency.view_glass(session, actor, emergency.get_glass(session, actor, glass_id))


def test_emergency_access_answers_a_hidden_case_as_one_that_never_was(house):
    panel = a_published_panel(house, 1)
    rep = hire(panel, Role.REPRESENTATIVE, "cctv")
    act(panel, panel.coordinator, keeping_out.keep_out, user_id=rep.id, because=WHY)
    with house.reader() as session:
        reference = session.get_one(Case, panel.case_ids[0]).reference
    browser, statements = signed_in(house, rep).http, counted(house)
    with unit_of_work(house) as session:
        session.execute(_steps_up(rep))
    token, seen = token_of(browser), []
    for named in (reference, "Q9Z-99Z"):
        statements.clear()
        sent = form(token, reference=named, category="danger", because=LONG)
        answer = browser.post("/urgent-access", data=sent, **SAME_SITE)
        seen.append((answer.status_code, settled(answer.data, named, sent["once_key"]), len(statements)))
    assert seen[0] == seen[1]
    assert seen[0][0] == 422


def _steps_up(worker):
    return SigninSession.__table__.update().where(SigninSession.user_id == worker.id).values(stepped_up_at=clock.now())
