"""A further incident on a live case (DA-12), and which day makes it a repeat (DA-11, the vectors of section 7.3)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotFound, RuleBroken
from marac.models import Case, CaseAgency, Flag, Setting
from marac.services.casework import case_page
from marac.services.deciding import repeats, triage
from marac.services.deciding.rulings import Ruling
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import incidents, referral_tasks, referrals
from marac.services.referring.incidents import Incident
from marac.vocabulary import CaseState, FlagState, ReferralKind, ReferralState, Template, TriageOutcome
from tests.builders import actor_for, an_agency
from tests.builders_cases import a_story, messages
from tests.builders_panels import a_wall

BOUNDARY = [  # base date, last day that is a repeat
    (date(2025, 3, 10), date(2026, 3, 10)),
    (date(2023, 3, 1), date(2024, 3, 1)),
    (date(2024, 2, 29), date(2025, 2, 28)),
    (date(2025, 2, 28), date(2026, 2, 28)),
]


def told(story, worker, incident):
    """The incident is recorded by this person; the referral's id."""
    with story.work(worker) as session:
        return incidents.report_incident(session, actor_for(worker), story.case(session), incident).id


def set_rule(house, key, value):
    """A local rule from today on, beside the shipped one (DA-7)."""
    with unit_of_work(house) as session:
        old = session.scalars(select(Setting).where(Setting.key == key, Setting.programme == "da_marac")).first()
        session.add(
            Setting(
                partnership_id=old.partnership_id, programme=old.programme, key=key, value=value, confirmed=True,
                basis="local", note="", effective_from=clock.today(),
            )
        )  # fmt: skip


@pytest.mark.parametrize("base, last_day", BOUNDARY)
@pytest.mark.parametrize("kept", ["last_referral_on", "last_heard_on"])
@pytest.mark.parametrize("kind", [ReferralKind.REPEAT, ReferralKind.NEW])
def test_the_last_day_of_either_clock_is_a_repeat_and_the_next_is_new_da_11(house, base, last_day, kept, kind):
    other = {"last_referral_on": None, "last_heard_on": None}
    story = a_story(house, **{**other, kept: base}, flag_until_on=None)
    with story.work(story.housing) as session:
        event = last_day if kind == ReferralKind.REPEAT else last_day + timedelta(days=1)
        told_of = Incident("He came back.", event)
        made = incidents.report_incident(session, actor_for(story.housing), story.case(session), told_of)
        assert made.kind == kind
        assert made.case_id == story.case_id, "no repeat is still told in the case, and reaches the coordinator"


def test_both_clocks_are_shown_with_their_last_day(house):
    story = a_story(house, last_referral_on=date(2026, 1, 31), last_heard_on=date(2024, 2, 29))
    with story.work(story.coordinator) as session:
        referral, heard = repeats.clocks(session, story.case(session), on=date(2026, 11, 22))
    assert (referral.last_day, referral.days_left, referral.running) == (date(2027, 1, 31), 70, True)
    assert (heard.last_day, heard.running) == (date(2025, 2, 28), False)


def test_where_the_clock_of_the_last_referral_is_in_force_the_other_does_not_count(house):
    set_rule(house, "repeat_window.clock_basis_suggestion", "last_referral")
    long_ago = clock.today() - timedelta(days=500)
    story = a_story(house, last_referral_on=long_ago, last_heard_on=clock.today() - timedelta(days=30))
    with story.work(story.coordinator) as session:
        case = story.case(session)
        assert not repeats.counts_as_repeat(session, case, clock.today())
        assert [one.in_force for one in repeats.clocks(session, case)] == [True, False]


@pytest.mark.parametrize("crime, kind", [("no", ReferralKind.NEW), ("yes", ReferralKind.REPEAT),
                                         ("not_known", ReferralKind.REPEAT)])  # fmt: skip
def test_under_the_narrow_definition_only_what_would_be_a_crime_repeats_da_11(house, crime, kind):
    set_rule(house, "repeat_window.what_counts", repeats.CRIME)
    story = a_story(house)
    with story.work(story.housing) as session:
        incident = Incident("He sent flowers again.", would_be_crime=crime)
        assert incidents.report_incident(session, actor_for(story.housing), story.case(session), incident).kind == kind


def test_under_the_wide_definition_any_abuse_repeats_whether_or_not_a_crime_da_11(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        incident = Incident("He sent flowers again.", would_be_crime="no")
        made = incidents.report_incident(session, actor_for(story.housing), story.case(session), incident)
        assert made.kind == ReferralKind.REPEAT


def test_somebody_in_danger_now_makes_it_urgent_and_the_prompts_too(house):
    story = a_story(house)
    told(story, story.housing, Incident("He is outside.", danger_now="yes"))
    sent = {(message.user_id, message.template) for message in messages(house)}
    assert (story.coordinator.id, Template.REFERRAL_URGENT) in sent
    with story.work(story.housing) as session:
        opened = access.open_case(actor_for(story.housing), story.case(session))
        assert not {"location", "contact", "equality"} & opened, "being urgent opens no more of a live case"


def test_an_agency_that_only_has_the_case_marked_tells_of_an_incident_and_then_sees_the_case_da_12(house):
    story = a_story(house)
    with story.work(story.stranger) as session, pytest.raises(NotFound):
        incidents.get_case(session, actor_for(story.stranger), story.reference)
    with unit_of_work(house) as session:
        facts = {"asked_at": clock.now(), "due_at": clock.now(), "lift_on": clock.today() + timedelta(days=90)}
        partnership_id = story.case(session).partnership_id
        agency_id = an_agency(session, "barts_acute").id
        session.add(Flag(partnership_id=partnership_id, case_id=story.case_id, agency_id=agency_id,
                         state=FlagState.ADDED, **facts))  # fmt: skip
    with story.work(story.stranger) as session:
        assert incidents.marked_references(session, actor_for(story.stranger)) == (story.reference,)
        with pytest.raises(NotFound):
            case_page.case_page(session, actor_for(story.stranger), story.case(session))
    told(story, story.stranger, Incident("She came to A and E.", told_by="She did"))
    with story.work(story.stranger) as session:
        assert case_page.case_page(session, actor_for(story.stranger), story.case(session)).reference == story.reference
        involved = select(CaseAgency).where(CaseAgency.agency_id == agency_id, CaseAgency.case_id == story.case_id)
        assert session.scalars(involved).one().until_on is None


def test_a_mark_does_not_lead_through_a_wall_da_5(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        a_wall(session, story.case_id, story.housing)
    with story.work(story.housing) as session:
        assert incidents.marked_references(session, actor_for(story.housing)) == ()
        with pytest.raises(NotFound):
            incidents.get_case(session, actor_for(story.housing), story.reference)


@pytest.mark.parametrize("incident, field", [(Incident("  "), "what_happened"),
                                             (Incident("x", date(2999, 1, 1)), "happened_on")])  # fmt: skip
def test_what_is_missing_or_impossible_is_said_beside_its_field(house, incident, field):
    story = a_story(house)
    with story.work(story.housing) as session, pytest.raises(RuleBroken) as refused:
        incidents.report_incident(session, actor_for(story.housing), story.case(session), incident)
    assert refused.value.field == field


def test_a_question_about_an_incident_is_answered_without_any_form(house):
    story = a_story(house)
    referral_id = told(story, story.housing, Incident("He rang the bell."))
    with story.work(story.coordinator) as session:
        referral = session.get_one(referrals.Referral, referral_id)
        triage.decide(session, actor_for(story.coordinator), referral, Ruling(TriageOutcome.RETURN, questions="When?"))
    with story.work(story.housing) as session:
        referral = session.get_one(referrals.Referral, referral_id)
        why = story.case(session).id
        access.open_case(actor_for(story.housing), referral.case)
        assert not referral_tasks.may_fill(referral)
        referrals.answer(session, actor_for(story.housing), referral, "On Sunday")
        assert (referral.state, why) == (ReferralState.SUBMITTED, story.case_id)


def test_a_further_incident_that_is_passed_on_does_not_end_the_live_case(house):
    story = a_story(house)
    told(story, story.idva, Incident("Before."))
    referral_id = told(story, story.housing, Incident("He moved to Newham."))
    ruling = Ruling(TriageOutcome.TRANSFER_OUT, receiving_area="Newham", reason="They live there now")
    with story.work(story.coordinator) as session:
        referral = session.get_one(referrals.Referral, referral_id)
        triage.decide(session, actor_for(story.coordinator), referral, ruling)
    with unit_of_work(house) as session:
        assert session.get_one(Case, story.case_id).state == CaseState.ISSUED
