"""After the decision: the referrer always learns it, hand-overs are followed up, a refusal is seen twice (DA-17)."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock, notifications
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Deadline, Message, Referral
from marac.services import today
from marac.services.deciding import conflicts, handing_over
from marac.services.deciding.rulings import STEPS, Ruling
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import matching
from marac.services.referring import inbox, questions, referrals, standing
from marac.services.walls import register
from marac.vocabulary import LinkDecision, PersonRole, ReferralState, Role, Template, TriageOutcome
from tests.builders import a_user, actor_for
from tests.services.test_triage import DECLINE, LOW, accept, crew, decided, meeting_id, sent

__all__ = ["crew", "meeting_id"]
T = TriageOutcome


def ruling_for(outcome, crew, meeting_id, into):
    """A whole ruling for any outcome."""
    whole = {
        T.ACCEPT: {"meeting_id": meeting_id}, T.ACCEPT_REPEAT: {"meeting_id": meeting_id, "into": into},
        T.ACCEPT_EMERGENCY: {"emergency_at": clock.now() + timedelta(hours=20), "approved_by": crew["chair"].user_id},
        T.ACCEPT_TRANSFER_IN: {"meeting_id": meeting_id, "source_area": "Hackney", "earlier_papers": "Asked for"},
        T.RETURN: {"questions": "Where is he?"}, T.ALERT_ONLY: {"reason": "A plan is in place"},
        T.TRANSFER_OUT: {"receiving_area": "Newham", "reason": "She moved"},
        T.REFER_ELSEWHERE: {"forum": "mappa", "reason": "Better there", "handed_over": "Told their desk"},
        T.NOT_ACCEPTED: {"reason": "Housing alone", "advice": "Ring Solace", "reason_code": "only_for_evidence"},
        T.MERGE: {"into": into},
    }  # fmt: skip
    return Ruling(outcome, conflict_checked=True, **whole[outcome])


@pytest.mark.parametrize("outcome", list(TriageOutcome))
def test_whatever_is_decided_the_referrer_is_prompted_and_reads_what_to_do_next_da_17(house, crew, meeting_id, outcome):
    with unit_of_work(house) as session:
        teacher = actor_for(a_user(session, house, Role.REFERRER, "childrens_social_care"))
    first = sent(house, crew["hospital"])
    reference = sent(house, teacher, **LOW)
    with unit_of_work(house, crew["coordinator"]) as session:
        into = referrals.get_referral(session, crew["coordinator"], first).case.reference
    ruling = ruling_for(outcome, crew, meeting_id, into)
    decided(house, crew["coordinator"], reference, ruling, other=LinkDecision.SAME)
    with unit_of_work(house, teacher) as session:
        prompts = session.scalars(select(Message).where(Message.user_id == teacher.user_id)).all()
        assert [one.template for one in prompts] == [Template.REFERRAL_DECIDED]
        assert prompts[0].path == f"/referrals/{reference}"
        told = standing.standing_of(session, teacher, referrals.get_referral(session, teacher, reference))
        assert told.words
        assert len(told.next_step) > 40, "plain words on what to do next"
        assert "Amina" not in f"{told}"
        assert notifications.SUBJECT == "Something is waiting for you"


def test_every_outcome_has_a_step_and_words():
    assert set(STEPS) == set(TriageOutcome)
    assert set(standing.NEXT) == set(TriageOutcome) - {T.RETURN}
    assert ReferralState.RETURNED in standing.WAITING


AWAITED = {T.TRANSFER_OUT: handing_over.RECEIPT, T.REFER_ELSEWHERE: handing_over.TAKEN_ON}


@pytest.mark.parametrize("outcome", AWAITED)
def test_what_is_handed_over_is_awaited_on_today_until_somebody_there_confirms_da_17(house, crew, outcome):
    reference, rule = sent(house, crew["housing"]), AWAITED[outcome]
    referral_id = decided(house, crew["coordinator"], reference, ruling_for(outcome, crew, None, ""))
    with unit_of_work(house, crew["coordinator"]) as session:
        actor = crew["coordinator"]
        (one,) = handing_over.list_awaited(session, actor)
        assert (one.reference, one.rule, one.mine_to_do) == (reference, rule, True)
        assert one.due_at == handing_over.due_dates(session, session.get_one(Referral, referral_id))[rule]
        work = [row for rows in today.your_work(session, actor).sections.values() for row in rows]
        assert [row.url for row in work if row.url.endswith("/received")] == [f"/referrals/{reference}/received"]
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = session.get_one(Referral, referral_id)
        with pytest.raises(RuleBroken) as refused:
            handing_over.acknowledge(session, crew["coordinator"], referral, who=" ", on=clock.today())
        assert refused.value.field == "acknowledged_by"
        with pytest.raises(RuleBroken):
            handing_over.acknowledge(session, crew["coordinator"], referral, who="Bea", on=clock.today() + timedelta(1))
        handing_over.acknowledge(session, crew["coordinator"], referral, who="Bea, Newham", on=clock.today())
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.get_referral(session, crew["housing"], reference)
        told = standing.standing_of(session, crew["housing"], referral)
        assert told.received_on == clock.today()
        assert handing_over.list_awaited(session, crew["coordinator"]) == []
        with pytest.raises(WrongState):
            handing_over.acknowledge(
                session, crew["coordinator"], session.get_one(Referral, referral_id), who="x", on=clock.today()
            )


@pytest.mark.parametrize("ruling, field", [
    (Ruling(T.REFER_ELSEWHERE, forum="mappa", reason="Better there"), "handed_over"),
    (replace(DECLINE, reason_code=""), "reason_code"),
])  # fmt: skip
def test_a_hand_over_and_a_kind_of_reason_are_not_left_out_da_17(house, crew, ruling, field):
    with pytest.raises(RuleBroken) as refused:
        decided(house, crew["coordinator"], sent(house, crew["housing"], **LOW), ruling)
    assert refused.value.field == field


def test_who_declined_does_not_confirm_it_alone_a_colleague_does_da_17(house, crew):
    reference = sent(house, crew["housing"], **LOW)
    decided(house, crew["coordinator"], reference, DECLINE)
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        assert [one.mine_to_do for one in handing_over.list_awaited(session, crew["coordinator"])] == [False]
        with pytest.raises(RuleBroken, match="another coordinator or the chair"):
            handing_over.uphold(session, crew["coordinator"], referral, "I am sure")
    with unit_of_work(house, crew["chair"]) as session:
        referral = referrals.get_referral(session, crew["chair"], reference)
        assert [one.mine_to_do for one in handing_over.list_awaited(session, crew["chair"])] == [True]
        handing_over.uphold(session, crew["chair"], referral, "I agree")
        assert referral.state == ReferralState.NOT_ACCEPTED
        assert handing_over.awaited(session, referral) is None
    with unit_of_work(house, crew["housing"]) as session:
        assert standing.standing_of(
            session, crew["housing"], referrals.get_referral(session, crew["housing"], reference)
        ).reviewed


def test_missing_parts_are_to_do_again_and_the_rounds_say_who_asked_what_when_da_17(house, crew):
    reference = sent(house, crew["housing"])
    decided(house, crew["coordinator"], reference, Ruling(T.RETURN, missing=("children", "sharing", "nonsense")))
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.get_referral(session, crew["housing"], reference)
        questions.open_to_answer(session, crew["housing"], referral)
        assert questions.asked_now(referral) == ("children", "sharing")
        assert not {"children", "sharing"} & set(referral.done_tasks)
        assert "person" in referral.done_tasks
        with pytest.raises(RuleBroken) as refused:
            referrals.answer(session, crew["housing"], referral, "Here you are")
        assert refused.value.field == "children"
        referral.done_tasks = [*referral.done_tasks, "children", "sharing"]
        referrals.answer(session, crew["housing"], referral, "Here you are")
        (turn,) = questions.thread(referral)
        assert turn.asked == "Complete: Children and others at risk, Telling them, and consent"
        assert turn.asked_by.startswith("Ama Okafor")
        assert turn.answered_by.startswith("Tom Hale")
        assert turn.asked_at <= turn.answered_at


def test_a_coordinator_with_a_conflict_hands_on_and_the_case_is_gone_for_them_da_5(house, crew, meeting_id):
    with unit_of_work(house) as session:
        second = actor_for(a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Lin Marsh"))
    reference = sent(house, crew["housing"])
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        assert conflicts.declare_conflict(session, crew["coordinator"], referral) == 2
    with unit_of_work(house, crew["coordinator"]) as session:
        with pytest.raises(NotFound):
            referrals.get_referral(session, crew["coordinator"], reference)
        assert inbox.list_referrals(session, crew["coordinator"], "waiting") == []
        assert inbox.waiting_count(session, crew["coordinator"]) == 0
    assert decided(house, second, reference, accept(meeting_id))


def test_who_has_a_conflict_is_not_prompted_of_the_case_afterwards_da_5(house, crew):
    reference = sent(house, crew["housing"])
    with unit_of_work(house, crew["coordinator"]) as session:
        conflicts.declare_conflict(
            session, crew["coordinator"], referrals.get_referral(session, crew["coordinator"], reference)
        )
        before = len(session.scalars(select(Message).where(Message.user_id == crew["coordinator"].user_id)).all())
    decided(house, crew["chair"], reference, Ruling(T.RETURN, questions="When?"))
    with unit_of_work(house, crew["housing"]) as session:
        referrals.answer(session, crew["housing"], referrals.get_referral(session, crew["housing"], reference), "Today")
    with unit_of_work(house) as session:
        after = session.scalars(select(Message).where(Message.user_id == crew["coordinator"].user_id)).all()
        assert len(after) == before


def own_details(house, worker, **facts):
    with unit_of_work(house, actor_for(worker)) as session:
        register.keep_own_details(session, actor_for(worker), **facts)


def test_a_family_name_counts_as_a_conflict_with_the_postcode_and_not_alone_da_5(house, crew):
    with unit_of_work(house) as session:
        a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Nasrin Uddin")
        near = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Salma Begum")
        rang = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Joe Brook")
    own_details(house, near, home_postcode="e1 0aa")
    own_details(house, rang, own_phone="+44 7700 900123", former_names=["Joe Marsh"])
    reference = sent(house, crew["housing"])
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        access.open_case(crew["coordinator"], referral.case)
        found = {one.user_id: one for one in conflicts.possible_conflicts(session, crew["coordinator"], referral)}
        assert set(found) == {near.id, rang.id}
        assert found[near.id].reasons == ("same family name", "same postcode")
        assert found[near.id].person_role == PersonRole.VICTIM
        assert found[rang.id].reasons == ("same phone number",)


def test_listing_waits_until_every_possible_conflict_is_decided_and_remembers_it_da_5(house, crew, meeting_id):
    reference = sent(house, crew["housing"])
    with unit_of_work(house) as session:  # began to work here after it was sent
        namesake = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Kareem Uddin")
    with pytest.raises(RuleBroken) as refused:
        decided(house, crew["coordinator"], reference, accept(meeting_id))
    assert refused.value.field == "conflicts"
    decided(house, crew["coordinator"], reference, Ruling(T.RETURN, questions="Who?", no_conflicts=[namesake.id]))
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        access.open_case(crew["coordinator"], referral.case)
        (one,) = conflicts.possible_conflicts(session, crew["coordinator"], referral)
        assert (one.dismissed, one.undecided) == (True, False)
    assert decided(house, crew["coordinator"], reference, accept(meeting_id))


def test_a_link_decided_wrongly_is_decided_again_before_the_cases_are_joined_da_10(house, crew):
    sent(house, crew["hospital"])
    reference = sent(house, crew["housing"])
    ask = Ruling(T.RETURN, questions="When?")
    decided(house, crew["coordinator"], reference, ask, other=LinkDecision.SAME)
    with unit_of_work(house, crew["housing"]) as session:
        referrals.answer(session, crew["housing"], referrals.get_referral(session, crew["housing"], reference), "Now")
    decided(house, crew["coordinator"], reference, ask, other=LinkDecision.DIFFERENT)
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        (match,) = matching.find_matches(session, crew["coordinator"], referral.case)
        assert match.decision == LinkDecision.DIFFERENT


def test_what_is_overdue_stands_first_whatever_is_urgent(house, crew):
    with time_machine.travel("2026-11-09 10:00Z", tick=False):
        old = sent(house, crew["housing"])
    with time_machine.travel("2026-11-23 10:00Z", tick=False):
        new = sent(house, crew["hospital"])
        with unit_of_work(house, crew["coordinator"]) as session:
            lines = inbox.list_referrals(session, crew["coordinator"], "waiting")
            assert [(one.reference, one.overdue) for one in lines] == [(old, True), (new, False)]
            assert lines[0].red_flags > 0
            returned = inbox.list_referrals(session, crew["coordinator"], "waiting", state=ReferralState.RETURNED)
            assert returned == []


def test_a_decided_referral_meets_its_clock(house, crew, meeting_id):
    referral_id = decided(house, crew["coordinator"], sent(house, crew["housing"]), accept(meeting_id))
    with unit_of_work(house) as session:
        met = select(Deadline.met_at).where(Deadline.subject_id == referral_id, Deadline.rule == "triage_decided")
        assert session.scalar(met) is not None
