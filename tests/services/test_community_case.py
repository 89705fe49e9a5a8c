"""A Community MARAC case from first hearing to end, and back: reviews, powers, incidents, closing (CM-10 to CM-17)."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from marac import access, clock
from marac.errors import NotAllowed, RuleBroken
from marac.models import AgendaItem, Case, Meeting
from marac.services.community import case_reviews, closing, incidents, powers, reopening, review_days, reviewing
from marac.services.keeping.deployment import unit_of_work
from marac.services.live import running
from marac.services.meetings import panels, waiting
from marac.vocabulary import CaseState, Grade, MeetingKind, Outcome
from tests.builders import actor_for
from tests.builders_community import (
    ENDING,
    a_heard_case,
    a_plan_under_way,
    close,
    decide_everything,
    finish_actions,
    scored,
    the_case,
    the_victim,
)
from tests.builders_panels import COMMUNITY, MORNING, a_called_case, a_meeting, minute


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(MORNING, tick=False) as travelled:
        yield travelled


def opened(session, panel, worker=None):
    """The case, open to one person."""
    actor = actor_for(worker or panel.coordinator)
    case = the_case(session, panel)
    return actor, case, access.open_case(actor, case)


def test_a_case_is_heard_reviewed_and_closed_on_the_same_engine(house, morning):
    """Listed, heard, plan under way, review due, scored again, closed (1.5, 1.6)."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        case = the_case(session, panel)
        assert case.state == CaseState.ACTIONS_OPEN
        assert case.review_on is not None
        assert case.review_on > clock.today() + timedelta(days=20)
    morning.shift(timedelta(days=25))
    with unit_of_work(house) as session:
        assert reviewing.fall_due(session, access.system(panel.coordinator.partnership_id)) == 1
        assert reviewing.fall_due(session, access.system(panel.coordinator.partnership_id)) == 0
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        assert case.state == CaseState.REVIEW_DUE
        assert [one.reason for one in waiting.list_waiting(session, actor)] == ["Review due"]
        scored(session, case, 12, Grade.STANDARD)
        finish_actions(session, actor, panel)
        decide_everything(session, actor, panel)
        close(session, actor, panel)
        assert case.state == CaseState.CLOSED
        assert case.closing["closing_outcome"] == "risk_reduced"
        assert case.review_on is None


def test_a_review_comes_by_band_every_meeting_when_high_and_every_second_when_medium(house):
    """Reviews by band, from the booked meetings (1.6)."""
    for grade, wait in ((Grade.HIGH, 1), (Grade.MEDIUM, 2), (Grade.STANDARD, 1)):
        panel = a_heard_case(house, grade=grade)
        with panel.work(panel.coordinator) as session:
            days = [clock.now() + timedelta(days=28 * number) for number in (1, 2, 3)]
            for day in days:
                a_meeting(session, programme=COMMUNITY, starts_at=day)
            actor, case, _ = opened(session, panel)
            review_days.plan_review(session, actor, case)
            assert case.review_on == clock.to_london(days[wait - 1]).date()
            for meeting in session.query(Meeting).filter(Meeting.starts_at.in_(days)):
                session.delete(meeting)


def test_the_trend_of_scores_and_who_looks_between_meetings_are_shown(house):
    panel = a_heard_case(house)
    with panel.work(panel.coordinator) as session:
        actor, case, open_now = opened(session, panel)
        scored(session, case, 20, Grade.MEDIUM)
        shown = reviewing.view_reviews(session, actor, case, open_now)
        assert [one.score for one in shown.scores] == [36, 20]
        assert shown.trend == "Lower than before: 20, was 36"
        assert shown.band == Grade.MEDIUM
        assert [(one.who, (one.due_on - clock.today()).days) for one in shown.looks] == [
            ("Second line manager", 28), ("Third line manager", 56),
        ]  # fmt: skip


def test_a_case_listed_again_for_review_is_no_repeat_but_looks_back_first(house):
    """DA-26 for a panel that keeps its cases on the agenda."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        later = a_meeting(session, programme=COMMUNITY, starts_at=clock.now() + timedelta(days=28))
        item = panels.list_case_on(session, actor, later, case, conflict_checked=True)
        assert not item.is_repeat
        assert running.looks_back(item)


def test_a_hearing_needs_what_this_panel_records_and_nothing_of_another(house):
    """No DASH words: children's risk may stay empty, the person said to be causing harm may not."""
    panel = a_called_case(house, 1, programme=COMMUNITY)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        item = panel.item(session)
        minute(session, actor, item, leave_out=("risk_children", "risk_perpetrator"))
        with pytest.raises(RuleBroken) as refused:
            running.hear_item(session, actor, item, outcome=Outcome.HEARD, tells_victim="Ida Sender")
        assert refused.value.message == (
            "Complete the risk summary: The person said to be causing harm. Write None if there is none"
        )


@pytest.mark.parametrize(
    ("left_open", "says"),
    [
        ("actions", "Actions are still open"), ("score", "Score the risk again first"),
        ("high", "The risk is still high"), ("incident", "There was an incident in the last 28 days"),
    ],
)  # fmt: skip
def test_closing_is_blocked_and_the_chair_alone_may_override_with_a_reason(house, left_open, says):
    """CM-14: actions open, or not scored again, or still high, or a late incident."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        decide_everything(session, actor, panel)
        if left_open != "actions":
            finish_actions(session, actor, panel)
        if left_open != "score":
            scored(
                session, case, 40 if left_open == "high" else 9, Grade.HIGH if left_open == "high" else Grade.STANDARD
            )
        if left_open == "incident":
            incidents.record_incident(session, actor, case, happened_on=clock.today(), kind="fire", what="Post lit")
        assert [text for text in closing.readiness(session, actor, case).waivable if text.startswith(says)]
        with pytest.raises(RuleBroken, match=says):
            close(session, actor, panel)
        with pytest.raises(NotAllowed):
            close(session, actor, panel, replace(ENDING, reason="The plan goes on elsewhere"), over=True)
    with panel.work(panel.chair) as session:
        actor, case, _ = opened(session, panel, panel.chair)
        with pytest.raises(RuleBroken, match="Enter a reason"):
            close(session, actor, panel, over=True)
        close(session, actor, panel, replace(ENDING, reason="The plan goes on elsewhere"), over=True)
        assert case.state == CaseState.CLOSED
        assert case.closing["reason"] == "The plan goes on elsewhere"


def test_a_case_that_was_ever_high_closes_only_once_every_power_was_considered(house):
    """CM-12: also where the band is lower now, and not even the chair may close over it."""
    panel = a_plan_under_way(house)
    with panel.work(panel.chair) as session:
        actor, case, _ = opened(session, panel, panel.chair)
        scored(session, case, 9, Grade.STANDARD)
        reviewing.record_care_act(session, actor, case, the_victim(session, panel).id, decision="referred")
        with pytest.raises(RuleBroken, match="Decide about every power first: 22 left"):
            close(session, actor, panel, replace(ENDING, reason="Enough"), over=True)
        with pytest.raises(RuleBroken, match="Say why it was rejected: Community protection notice"):
            powers.record_powers(session, actor, case, {"cpn": ("rejected", " ")})
        assert powers.record_powers(session, actor, case, {"cpn": ("rejected", "No written warning yet")}) == 1
        assert powers.record_powers(session, actor, case, {"cpn": ("rejected", "No written warning yet")}) == 0
        shown = powers.view_powers(actor, case, access.open_case(actor, case))
        assert (shown.decided, shown.total) == (1, 22)


def test_a_case_that_never_was_high_closes_without_the_powers(house):
    """CM-12 asks it of high-risk cases."""
    panel = a_plan_under_way(house, grade=Grade.MEDIUM, score=20)
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        scored(session, case, 9, Grade.STANDARD)
        finish_actions(session, actor, panel)
        reviewing.record_care_act(session, actor, case, the_victim(session, panel).id, decision="already_open")
        close(session, actor, panel)
        assert case.state == CaseState.CLOSED


def test_section_42_is_answered_either_way_for_every_adult_and_no_needs_a_reason(house):
    """CM-13."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        victim = the_victim(session, panel)
        assert [one.decision for one in reviewing.adults_of(session, case)] == [""]
        assert "Record the section 42 decision" in closing.readiness(session, actor, case).never_waived[1]
        with pytest.raises(RuleBroken, match="Say why no concern was raised"):
            reviewing.record_care_act(session, actor, case, victim.id, decision="not_referred")
        reviewing.record_care_act(session, actor, case, victim.id, decision="not_referred", reason="No care needs")
        assert [one.reason for one in reviewing.adults_of(session, case)] == ["No care needs"]
        victim.born_on = clock.today() - timedelta(days=17 * 365)
        assert reviewing.adults_of(session, case) == (), "of a child it is not asked"


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ({"closing_outcome": ""}, "Select how the case ended"), ({"victim_view": ""}, "Record what the person says"),
        ({"step_down": " "}, "Say which agency leads"), ({"closing_word": ""}, "Say how the person was told"),
    ],
)  # fmt: skip
def test_the_ending_is_coded_with_the_persons_view_and_who_goes_on(house, missing, says):
    """Closure test of 1.6."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, _, _ = opened(session, panel)
        decide_everything(session, actor, panel)
        with pytest.raises(RuleBroken, match=says):
            close(session, actor, panel, replace(ENDING, **missing))


def test_one_incident_told_to_three_agencies_counts_once_and_three_prompt_the_case_review(house):
    """CM-17: three in six months; the same one told again is no fourth."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, case, open_now = opened(session, panel)
        day = clock.today() - timedelta(days=40)
        first = incidents.record_incident(
            session, actor, case, happened_on=day, kind="targeting", what="Shouted at her door", reference="CAD 12"
        )
        with pytest.raises(RuleBroken, match="Say whether it is the same one"):
            incidents.record_incident(session, actor, case, happened_on=day, kind="targeting", what="Shouting")
        for teller in ("Housing management", "Adult social care"):
            again = incidents.record_incident(
                session, actor, case, happened_on=day, kind="targeting", what="Shouting", told_to=teller,
                same_as=first.id.hex,
            )  # fmt: skip
            assert again.id == first.id
        for days, kind in ((30, "fire"), (190, "drugs")):
            on = clock.today() - timedelta(days=days)
            incidents.record_incident(session, actor, case, happened_on=on, kind=kind, what="As told by the landlord")
        shown = incidents.view_incidents(session, actor, case, open_now)
        assert (len(shown.rows), shown.counted, shown.prompt) == (3, 2, False)
        incidents.record_incident(session, actor, case, happened_on=clock.today(), kind="drugs", what="Dealing")
        shown = incidents.view_incidents(session, actor, case, open_now)
        assert (shown.counted, shown.prompt, shown.quiet) == (3, True, 0)


def test_one_hate_incident_prompts_the_case_review_by_the_lower_threshold(house):
    """CM-17, with the setting that some areas publish."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, case, open_now = opened(session, panel)
        incidents.record_incident(
            session, actor, case, happened_on=clock.today(), kind="hate", what="Written on the door"
        )
        shown = incidents.view_incidents(session, actor, case, open_now)
        assert (shown.counted, shown.hate, shown.prompt) == (1, 1, True)


def test_an_application_for_the_case_review_runs_its_clock_and_a_failed_one_offers_a_referral(house):
    """CM-17 and 6.5: the dates are settings."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, case, open_now = opened(session, panel)
        case_reviews.record_told(session, actor, case)
        with pytest.raises(RuleBroken, match="Say why the threshold was not met"):
            case_reviews.record_application(
                session, actor, case, applied_on=clock.today(), outcome="threshold_not_met"
            )  # fmt: skip
        case_reviews.record_application(session, actor, case, applied_on=clock.today(), outcome="applied", link="CR-7")
        shown = case_reviews.view_application(session, case, open_now, None)
        assert [step.label for step in shown.steps if step.done] == ["Acknowledge the application"]
        assert str(shown.steps[0].due_on) == "2025-11-19"
        assert (shown.told_on, shown.offers_referral) == (clock.today(), False)
        case_reviews.record_application(
            session, actor, case, applied_on=clock.today(), outcome="threshold_not_met", note="Two incidents"
        )  # fmt: skip
        assert case_reviews.view_application(session, case, open_now, None).offers_referral


def test_a_new_incident_in_the_window_opens_a_closed_case_again_as_a_repeat(house, morning):
    """CM-15: and it is marked on the agenda; after the window it is a new case."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        scored(session, case, 9, Grade.STANDARD)
        finish_actions(session, actor, panel)
        decide_everything(session, actor, panel)
        close(session, actor, panel)
    morning.shift(timedelta(days=200))
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        reopening.reopen_case(session, actor, case)
        assert case.state == CaseState.RECEIVED
        case.state = CaseState.CLOSED
        morning.shift(timedelta(days=200))
        with pytest.raises(RuleBroken, match="The repeat window is over"):
            reopening.reopen_case(session, actor, case)


def test_the_chair_alone_calls_an_urgent_meeting_within_hours_and_says_why(house):
    """CM-10: chair's decision, clock in hours, outside the cycle."""
    panel = a_plan_under_way(house)
    tomorrow = clock.now() + timedelta(hours=20)
    with panel.work(panel.coordinator) as session:
        actor, case, _ = opened(session, panel)
        with pytest.raises(NotAllowed):
            closing.call_urgently(session, actor, case, starts_at=tomorrow, reason="Fire", conflict_checked=True)
    with panel.work(panel.chair) as session:
        actor, case, _ = opened(session, panel, panel.chair)
        with pytest.raises(RuleBroken, match="An urgent meeting is within 48 hours"):
            closing.call_urgently(
                session, actor, case, starts_at=clock.now() + timedelta(hours=49), reason="Fire", conflict_checked=True
            )  # fmt: skip
        with pytest.raises(RuleBroken, match="Say why this cannot wait"):
            closing.call_urgently(session, actor, case, starts_at=tomorrow, reason=" ", conflict_checked=True)
        item = closing.call_urgently(
            session, actor, case, starts_at=tomorrow, reason="Petrol through the door", conflict_checked=True
        )  # fmt: skip
        assert session.get_one(Case, case.id).state == CaseState.LISTED
        assert session.get_one(Meeting, item.meeting_id).kind == MeetingKind.EMERGENCY
        assert session.get_one(AgendaItem, item.id).state == "listed"
