"""How good the work is, counted by hand: risks and what meets them, actions that were not done, what is missing."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, RuleBroken, WrongState
from marac.models import Action, AgendaItem, AuditEntry, CasePerson, MinuteNote
from marac.reports import dashboards, missing, of_endings, of_risks
from marac.services.casework import completing, people
from marac.services.live import coverage
from marac.vocabulary import ActionState, AgendaItemState, MinuteHeading as H, PersonRole, ProgrammeSlug, Protects, Role
from marac.workflows import covering
from marac.workflows.needed import NEEDED, answer
from tests.builders import a_user, actor_for, an_agency, signed_in, unit_of_work
from tests.builders_panels import FIVE, a_held_panel, a_wall

DA, COMMUNITY = ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC


def span():
    return clock.now() - timedelta(days=30), clock.now() + timedelta(days=30)


@pytest.fixture
def held(house, quick_hashes):
    """A meeting that heard three cases, each with five risks written down and one action, for the victim-survivor."""
    panel = a_held_panel(house, cases=3)
    with unit_of_work(house) as session:
        roles = {Role.SERVICE_MANAGER: None, Role.STEERING_GROUP: None, Role.COORDINATOR: DA}
        readers = {role: a_user(session, house, role, "vawg_team", programme=sees) for role, sees in roles.items()}
        a_wall(session, panel.case_ids[2], readers[Role.COORDINATOR])
    return house, panel, readers


def test_a_risk_is_raised_by_words_that_say_something_and_met_by_its_own_action_or_reason_da_25():
    """Five sections: two say that there is none, one is met by an action, one by a reason, one by nothing."""
    written = {H.RISK_VICTIM: "He waits outside.", H.RISK_CHILDREN: "None known", H.RISK_ADULTS: " ",
               H.RISK_PERPETRATOR: "He drinks.", H.RISK_STAFF: "No visits alone."}  # fmt: skip
    assert covering.raised(written) == (H.RISK_VICTIM, H.RISK_PERPETRATOR, H.RISK_STAFF)
    assert covering.unmet(written, {Protects.VICTIM}, ["risk_staff"]) == (H.RISK_PERPETRATOR,)
    assert covering.unmet(written, set(), []) == covering.raised(written)
    assert covering.unmet({**written, H.NO_ACTION: "She moved abroad."}, set(), []) == ()


def of_risks_for(house, worker, programme=DA):
    with unit_of_work(house) as session:
        found = of_risks.coverage(session, actor_for(worker), programme, *span())
        return found, *of_risks.list_unmet(session, actor_for(worker), found)


def test_each_risk_raised_meets_an_action_or_a_reason_and_a_wall_hides_a_case_from_count_and_list_da_25_da_27(held):
    """3 cases x 5 risks = 15, of which 3 are met. Withdrawn actions meet nothing; reasons do; so does one for all."""
    house, panel, readers = held
    found, lines, hidden = of_risks_for(house, panel.coordinator)
    assert (found.raised, found.unmet, len(lines), hidden) == (15, 12, 3, 0)
    assert [(one.raised, one.unmet) for one in found.kinds()] == [(3, 0), (3, 3), (3, 3), (3, 3), (3, 3)]
    assert found.share(exact=True) == "20%"
    assert of_risks_for(house, panel.coordinator, COMMUNITY)[0].raised == 0
    walled, lines, hidden = of_risks_for(house, readers[Role.COORDINATOR])
    assert (walled.raised, walled.unmet, len(lines), hidden) == (10, 8, 2, 0)
    total, lines, hidden = of_risks_for(house, readers[Role.STEERING_GROUP])
    assert (total.unmet, lines, hidden) == (12, [], 3)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        assert [(one.heading, one.met) for one in coverage.list_risks(session, actor, item)] == [
            (heading, heading is H.RISK_VICTIM) for heading in FIVE
        ]
        coverage.settle_risk(session, actor, item, H.RISK_STAFF, reason="Nobody visits: all contact is by phone.")
        with pytest.raises(RuleBroken):
            coverage.settle_risk(session, actor, item, H.RISK_ADULTS, reason="  ")
        for met in (H.RISK_VICTIM, H.RISK_STAFF):
            with pytest.raises(WrongState):
                coverage.settle_risk(session, actor, item, met, reason="Again")
        told = {one.heading: one.reason for one in coverage.list_risks(session, actor, item)}
        assert told[H.RISK_STAFF] == "Nobody visits: all contact is by phone."
    with unit_of_work(house) as session:
        assert session.scalars(select(AuditEntry.tag).where(AuditEntry.tag == "risk:settled")).all() == ["risk:settled"]
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        second, third = panel.item(session, 2), panel.item(session, 3)
        session.scalars(select(Action).where(Action.item_id == second.id)).one().state = ActionState.WITHDRAWN
        session.add(MinuteNote(
            partnership_id=third.partnership_id, case_id=third.case_id, item_id=third.id, heading=H.NO_ACTION,
            saved_at=clock.now(), text="She has left the country.",
        ))  # fmt: skip
    found, lines, _ = of_risks_for(house, panel.coordinator)
    assert (found.raised, found.unmet) == (15, 3 + 5 + 0)
    assert {len(one.risks) for one in lines} == {3, 5}
    with unit_of_work(house) as session:
        session.get_one(AgendaItem, panel.item(session, 2).id).state = AgendaItemState.LISTED
    assert of_risks_for(house, panel.coordinator)[0].raised == 10, "only what was heard counts"


def test_who_sees_totals_only_gets_no_small_number_and_nothing_to_work_one_out_rep_50(held):
    house, panel, readers = held
    found, _, _ = of_risks_for(house, panel.coordinator)
    assert {row[1:] for row in found.words(exact=False)} == {("fewer than 5", "0"), ("fewer than 5", "fewer than 5")}
    assert (found.share(exact=False), found.words(exact=True)[1][1:]) == ("20%", ("3", "3"))
    few = replace(found, rows=tuple(replace(one, unmet=one.unmet[:1]) for one in found.rows))
    assert (few.unmet, few.share(exact=False), few.share(exact=True)) == (3, "All but fewer than 5", "80%")
    with unit_of_work(house) as session:
        with pytest.raises(NotAllowed):
            of_risks.coverage(session, actor_for(panel.police), DA, *span())
        view = dashboards.view(session, actor_for(readers[Role.STEERING_GROUP]), clock.today(), DA)
        said = [one.title for one in dashboards.charts(view)]
    assert "20% of the risks raised were met by an action or a reason" in said


@pytest.fixture
def ended(held):
    """Of the first case five actions of two agencies: not done 2 (one each), circumstances 1, done 1, withdrawn 1."""
    house, panel, readers = held
    with unit_of_work(house) as session:
        meeting, now = panel.meeting(session), clock.now()
        meeting.minutes.issued_at = now - timedelta(days=1)
        police, housing = an_agency(session, "met_police_da"), an_agency(session, "housing_options")
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        for agency, state, days, place in (
            (police, ActionState.NOT_DONE, 0, 1), (housing, ActionState.NOT_DONE, 0, 3),
            (housing, ActionState.NO_LONGER_POSSIBLE, 0, 1), (police, ActionState.COMPLETE, 0, 1),
            (police, ActionState.WITHDRAWN, 0, 1), (police, ActionState.WITHDRAWN, 2, 1),  # the last: in the room
            (police, ActionState.NOT_DONE, 60, 1),  # long before the period
        ):  # fmt: skip
            item = panel.item(session, place)
            session.add(Action(
                partnership_id=item.partnership_id, case_id=item.case_id, item_id=item.id, agency_id=agency.id,
                state=state, due_on=clock.today(), protects=Protects.CHILDREN, agreed_at=now, text="Something",
                closed_at=now - timedelta(days=days),
            ))  # fmt: skip
    return house, panel, readers


def test_not_done_is_counted_apart_from_circumstances_that_changed_da_28(ended):
    house, panel, readers = ended
    with unit_of_work(house) as session:
        actor = actor_for(panel.coordinator)
        found = of_endings.endings(session, actor, DA, *span())
        rows = {row[0]: row[1:] for row in found.by_agency(exact=True)}
        assert sorted(rows.values()) == [["1", "0", "0", "1", "1"], ["1", "1", "0", "0", "0"]]
        assert found.totals() == ["All agencies", "2", "1", "0", "1", "1"]
        lines, hidden = of_endings.list_behind(session, actor, found, [ActionState.NOT_DONE])
        assert (len(lines), hidden, {one.state for one in lines}) == (2, 0, {ActionState.NOT_DONE})
        hidden_from = {cell for row in found.by_agency(exact=False) for cell in row[1:]}
        assert hidden_from == {"0", "fewer than 5"}
        walled = actor_for(readers[Role.COORDINATOR])
        mine = of_endings.endings(session, walled, DA, *span())
        assert mine.totals() == ["All agencies", "1", "1", "0", "1", "1"]
        assert len(of_endings.list_behind(session, walled, mine, [ActionState.NOT_DONE])[0]) == 1
        assert of_endings.endings(session, actor, COMMUNITY, *span()).rows == ()
        with pytest.raises(NotAllowed):
            of_endings.endings(session, actor_for(panel.police), DA, *span())


PAGES = ("/reports/quality", "/reports/quality/risks", "/reports/quality/actions", "/reports/quality/missing")


def test_the_pages_give_each_role_what_is_theirs_da_52(ended):
    """Who runs panels sees numbers and cases; managers and steering group totals without small ones; others nothing."""
    house, panel, readers = ended
    clients = {role: signed_in(house, one) for role, one in readers.items()}
    runs, police = signed_in(house, panel.coordinator), signed_in(house, panel.police)
    for path in PAGES:
        assert runs.get(path).status == 200
        assert police.get(path).status == 403
    risks = runs.get("/reports/quality/risks")
    assert risks.html.count("/risks/") == 3
    walled = clients[Role.COORDINATOR].get("/reports/quality/risks")
    assert walled.html.count("/risks/") == 2
    for role in (Role.SERVICE_MANAGER, Role.STEERING_GROUP):
        for path in PAGES[1:]:
            page = clients[role].get(path)
            assert not re.search(r'href="/(cases|actions|panels)/\w', page.html)
            assert "fewer than 5" in page.main
            assert "All agencies" not in page.main
    assert "All agencies" in runs.get("/reports/quality/actions").main
    for wrong in ("?year=2099-00", "?panel=x", "?year=last"):
        assert runs.get(f"/reports/quality/risks{wrong}").status == 404
    assert 'href="/reports/quality"' in runs.get("/reports").html


def test_a_coordinator_settles_a_risk_on_a_page_that_the_gaps_and_the_report_lead_to_da_25(held):
    house, panel, readers = held
    runs = signed_in(house, panel.coordinator)
    gaps = runs.get(f"/panels/{panel.reference}/close")
    with unit_of_work(house) as session:
        item_id, third = panel.item(session).id, panel.item(session, 3).id
    path = f"/panels/{panel.reference}/risks/{item_id}"
    assert path in gaps.html
    page = runs.get(path)
    assert len(page.all("textarea")) == 4
    assert page.fill_and_post({}).status == 422
    after = runs.get(path).fill_and_post({"risk_children": "They live with their father abroad."}, follow=True)
    assert len(after.all("textarea")) == 3
    assert "They live with their father abroad." in after.main
    assert signed_in(house, panel.police).get(path).status == 403
    walled = signed_in(house, readers[Role.COORDINATOR])
    assert walled.get(f"/panels/{panel.reference}/risks/{third}").status == 404


def test_not_asked_is_not_declined_and_declined_is_not_no_da_40():
    ethnic = next(one for one in NEEDED if one.key == "ethnicity")
    said = [None, "", "not_asked", "prefer_not_to_say", "not_known", "white", "other"]
    assert [answer(ethnic, {"ethnicity": one}).value for one in said] == [
        "missing", "missing", "missing", "declined", "declined", "known", "known",
    ]  # fmt: skip
    age = next(one for one in NEEDED if one.key == "child_age")
    held = ({}, {"approximate_age": 0}, {"born_on": clock.today()}, {"unborn": True})
    assert [answer(age, one).value for one in held] == ["missing", "known", "known", "known"]


def lacks(house, worker):
    with unit_of_work(house) as session:
        actor = actor_for(worker)
        found = {one.key: one for one in missing.missing(session, actor, DA, *span())}
        return {key: (len(one.behind), one.declined, one.of) for key, one in found.items()}, found


@pytest.fixture
def told(held):
    """Three cases: ethnic groups white, declined, not asked; one child's age and one perpetrator's not known."""
    house, panel, readers = held
    with unit_of_work(house) as session:
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        for place, ethnicity in enumerate(("white", "prefer_not_to_say", None)):
            for person in session.scalars(select(CasePerson).where(CasePerson.case_id == panel.case_ids[place])):
                person.ethnicity, person.sex = ethnicity, "female"
                if place == 2 and person.role is not PersonRole.VICTIM:
                    person.born_on = person.approximate_age = None
    return house, panel, readers


def test_what_is_missing_is_counted_by_hand_and_leads_to_the_page_that_fills_it_da_38_da_40(told):
    house, panel, readers = told
    counted, found = lacks(house, panel.coordinator)
    assert counted["age"] == counted["sex"] == (0, 0, 3)
    assert counted["ethnicity"] == (1, 1, 3)
    assert counted["religion"] == counted["disability"] == (3, 0, 3)
    assert counted["feared_age"] == counted["child_age"] == (1, 0, 3)
    assert (counted["assessment"], counted["outcome"]) == ((3, 0, 3), (0, 0, 3))
    walled, _ = lacks(house, readers[Role.COORDINATOR])
    assert (walled["ethnicity"], walled["child_age"], walled["religion"]) == ((0, 1, 2), (0, 0, 2), (2, 0, 2))
    with unit_of_work(house) as session:
        lines, hidden = missing.list_behind(session, actor_for(panel.coordinator), found["ethnicity"])
        assert (len(lines), hidden, lines[0].role) == (1, 0, PersonRole.VICTIM)
        manager = actor_for(readers[Role.SERVICE_MANAGER])
        assert missing.list_behind(session, manager, found["religion"]) == ([], 3)
        with pytest.raises(NotAllowed):
            missing.missing(session, actor_for(panel.police), DA, *span())
        panel.item(session).outcome = None
    runs = signed_in(house, panel.coordinator)
    page = runs.get("/reports/quality/missing?field=ethnicity")
    leads = r'href="(/cases/[^"]+/not-known)"'
    [path] = set(re.findall(leads, page.html))
    filling = runs.get(path)
    assert len(filling.all("select, fieldset")) == 9, "all that is asked, less age and sex"
    assert filling.fill_and_post({}).status == 422
    done = runs.get(path).fill_and_post({"ethnicity": "bangladeshi"}, follow=True)
    assert len(done.all("select, fieldset")) == 8
    assert "angladeshi" not in done.main, "what is known is not shown"
    feared = re.findall(r'href="(/cases/[^"]+/not-known)"', runs.get("/reports/quality/missing?field=feared_age").html)[
        0
    ]
    runs.get(feared).fill_and_post({"feared_age": "41"}, follow=True)
    after, found = lacks(house, panel.coordinator)
    assert (after["ethnicity"], after["feared_age"], after["outcome"]) == ((0, 1, 2), (0, 0, 2), (1, 0, 3))
    assert signed_in(house, readers[Role.COORDINATOR]).get(path).status == 404
    assert signed_in(house, panel.police).get(path).status == 403
    assert (
        "/cases/" not in signed_in(house, readers[Role.STEERING_GROUP]).get("/reports/quality/missing?field=age").main
    )


def test_filling_what_is_missing_never_writes_over_an_answer_da_40(told):
    house, panel, _ = told
    with panel.work(panel.coordinator) as session:
        actor, case = actor_for(panel.coordinator), panel.item(session).case
        victim = people.victim_of(session, case.id)
        assert "ethnicity" not in {one.key for one in completing.list_open(session, actor, victim)}
        assert completing.complete(session, actor, victim, {"ethnicity": "arab", "religion": "none"}) == ["religion"]
        with pytest.raises(RuleBroken):
            completing.complete(session, actor, victim, {"ethnicity": "arab", "religion": "hindu"})
    with unit_of_work(house) as session:
        access.open_for("statistics", panel.coordinator.partnership_id, panel.case_ids)
        victim = people.victim_of(session, panel.case_ids[0])
        assert (victim.ethnicity, victim.religion) == ("white", "none")
