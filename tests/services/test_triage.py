"""Deciding a referral: what each outcome needs, what follows from it, and that nobody is turned away on a score."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock
from marac.crypto.vault import SealedShut
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import AgendaItem, Case, CaseAgency, Deadline, Flag, Meeting, Referral, Wall
from marac.services.casework import assessments, people
from marac.services.deciding import conflicts, handing_over, listing, triage
from marac.services.deciding.rulings import Ruling
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import matching
from marac.services.referring import inbox, referrals
from marac.vocabulary import (
    AgendaItemState,
    CaseState,
    InvolvementBasis,
    LinkDecision,
    MeetingKind,
    MeetingState,
    Permission as P,
    PersonRole,
    ReferralKind,
    ReferralState,
    Role,
    SafeToUse,
    TriageOutcome,
)
from tests.builders import a_listed_referral, a_meeting, a_submitted_referral, a_user, actor_for, dash

T = TriageOutcome


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        workers = {
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Tom Hale"),
            "hospital": a_user(session, house, Role.REPRESENTATIVE, "barts_acute", full_name="Ife Obi"),
            "idva": a_user(session, house, Role.IDVA, "solace", full_name="Rosa Lowe"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ama Okafor"),
            "chair": a_user(session, house, Role.CHAIR, "met_police_da", full_name="Insp Jo Reid"),
        }
    return {name: actor_for(worker) for name, worker in workers.items()}


@pytest.fixture
def meeting_id(house, crew):
    with unit_of_work(house) as session:
        return a_meeting(session, crew["chair"].partnership_id).id


def sent(house, actor, **facts):
    with unit_of_work(house, actor) as session:
        return a_submitted_referral(session, house, actor, **facts).reference


def decided(house, actor, reference, ruling, *, other=None):
    """Decide in a unit of work of its own, every possible match alike if told; returns the id of the referral."""
    with unit_of_work(house, actor) as session:
        referral = referrals.get_referral(session, actor, reference)
        found = matching.find_matches(session, actor, referral.case) if other else []
        ruling = replace(ruling, links={match.person_id: other for match in found})
        return triage.decide(session, actor, referral, ruling).id


def accept(meeting, **facts):
    return Ruling(T.ACCEPT, **{"meeting_id": meeting, "conflict_checked": True, **facts})


def test_a_listed_case_takes_the_last_place_on_the_agenda(house, crew, meeting_id):
    first, second = sent(house, crew["housing"]), sent(house, crew["hospital"], victim={"full_name": "Sahra Ali"})
    decided(house, crew["coordinator"], first, accept(meeting_id), other=LinkDecision.DIFFERENT)
    decided(house, crew["coordinator"], second, accept(meeting_id), other=LinkDecision.DIFFERENT)
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], second)
        items = session.scalars(select(AgendaItem).order_by(AgendaItem.position)).all()
        assert [item.position for item in items] == [1, 2]
        assert items[1].referral_id == referral.id
        assert referral.state == ReferralState.ACCEPTED
        assert referral.case.state == CaseState.LISTED
        assert referral.decided_by_id == crew["coordinator"].user_id
        met = select(Deadline.met_at).where(Deadline.subject_id == referral.id, Deadline.rule == "triage_decided")
        assert session.scalar(met) is not None


@pytest.mark.parametrize(
    "facts, field", [({"meeting_id": None}, "meeting"), ({"conflict_checked": False}, "conflict_checked")]
)
def test_listing_needs_a_meeting_and_a_conflict_check_da_5(house, crew, meeting_id, facts, field):
    reference = sent(house, crew["housing"])
    with pytest.raises(RuleBroken) as refused:
        decided(house, crew["coordinator"], reference, accept(meeting_id, **facts))
    assert refused.value.field == field


def test_a_possible_match_is_decided_by_a_person_before_listing_da_10(house, crew, meeting_id):
    sent(house, crew["hospital"])
    second = sent(house, crew["housing"])
    with pytest.raises(RuleBroken) as refused:
        decided(house, crew["coordinator"], second, accept(meeting_id))
    assert refused.value.field == "matches"


def test_after_the_cut_off_listing_needs_the_chairs_agreement_and_a_reason_da_18(house, crew):
    with unit_of_work(house) as session:
        soon = a_meeting(session, crew["chair"].partnership_id, days=3).id
    reference = sent(house, crew["housing"])
    with pytest.raises(RuleBroken) as refused:
        decided(house, crew["coordinator"], reference, accept(soon))
    assert refused.value.field == "reason"
    late = accept(soon, reason="He is released on Friday", approved_by=crew["chair"].user_id)
    assert decided(house, crew["coordinator"], reference, late)


def test_a_referral_sent_in_time_is_listed_after_the_cut_off_without_the_chair_until_the_agenda_is_out_sch_39(
    house, crew
):
    """The same rule here as on the agenda page: what is late is late by either way."""
    reference = sent(house, crew["housing"])
    with unit_of_work(house) as session:
        meeting = a_meeting(session, crew["chair"].partnership_id, days=14)
        soon, cutoff = meeting.id, listing.cutoff_of(session, meeting)
    with time_machine.travel(cutoff + timedelta(minutes=5), tick=True):
        actor = crew["coordinator"]
        with unit_of_work(house, actor) as session:
            referral = referrals.get_referral(session, actor, reference)
            choices = listing.meeting_choices(session, actor, referral.programme, referral)
            assert {one.id: one.late for one in choices}[soon] is False
        with unit_of_work(house) as session:
            session.get_one(Meeting, soon).state = MeetingState.PUBLISHED
        with pytest.raises(RuleBroken) as refused:
            decided(house, crew["coordinator"], reference, accept(soon))
        assert refused.value.field == "reason"
        with unit_of_work(house) as session:
            session.get_one(Meeting, soon).state = MeetingState.SCHEDULED
        assert decided(house, crew["coordinator"], reference, accept(soon))


def test_an_emergency_gets_a_meeting_of_its_own_da_18(house, crew):
    reference = sent(house, crew["housing"])
    at = clock.now() + timedelta(hours=20)
    with pytest.raises(RuleBroken):
        decided(
            house, crew["coordinator"], reference, Ruling(T.ACCEPT_EMERGENCY, emergency_at=at, conflict_checked=True)
        )
    ruling = Ruling(
        T.ACCEPT_EMERGENCY, emergency_at=at, approved_by=crew["chair"].user_id, conflict_checked=True
    )  # fmt: skip
    referral_id = decided(house, crew["coordinator"], reference, ruling)
    with unit_of_work(house) as session:
        referral = session.get_one(Referral, referral_id)
        meeting = session.get_one(Meeting, referral.meeting_id)
        assert (meeting.kind, meeting.starts_at) == (MeetingKind.EMERGENCY, at)
        assert referral.kind == ReferralKind.EMERGENCY
        assert session.scalar(select(Deadline).where(Deadline.rule == "emergency")) is not None


def repeat_of(house, crew, meeting_id, **facts):
    """A second referral about the victim of a listed case, decided as a repeat; returns both case ids."""
    with unit_of_work(house, crew["coordinator"]) as session:
        meeting = session.get_one(Meeting, meeting_id)
        first = a_listed_referral(session, house, crew["housing"], crew["coordinator"], meeting)
        into, case_id = first.case.reference, first.case_id
        session.scalars(select(AgendaItem)).one().state = AgendaItemState.HEARD
        first.case.state, first.case.last_heard_on = CaseState.ISSUED, clock.today()
    second = sent(house, crew["hospital"], **facts)
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], second)
        provisional = referral.case_id
        links = {match.person_id: LinkDecision.SAME for match in
                 matching.find_matches(session, crew["coordinator"], referral.case)}  # fmt: skip
        next_one = a_meeting(session, crew["chair"].partnership_id, days=35)
        ruling = Ruling(T.ACCEPT_REPEAT, into=into, meeting_id=next_one.id, conflict_checked=True, links=links)
        triage.decide(session, crew["coordinator"], referral, ruling)
    return case_id, provisional, second


def test_a_repeat_joins_the_case_it_repeats_da_10(house, crew, meeting_id):
    case_id, provisional, reference = repeat_of(house, crew, meeting_id)
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        assert referral.case_id == case_id
        assert referral.kind == ReferralKind.REPEAT
        assert session.get_one(Case, provisional).state == CaseState.MERGED
        assert session.get_one(Case, provisional).merged_into_id == case_id
        case = session.get_one(Case, case_id)
        assert case.state == CaseState.LISTED
        assert case.last_referral_on == clock.today()
        access.open_case(crew["coordinator"], case)
        assert referral.what_happened == "He came to the flat and would not leave."
        assert assessments.score_of(session, referral).score == 16
        items = session.scalars(select(AgendaItem).where(AgendaItem.case_id == case_id)).all()
        assert sorted(item.is_repeat for item in items) == [False, True]


def test_joining_keeps_older_addresses_new_people_and_the_stricter_contact_rule(house, crew, meeting_id):
    facts = {
        "victim": {"full_name": "Amina Khatun", "house_number": "3", "street": "Oak Way", "postcode": "E3 9ZZ"},
        "contact": {"rules": {"phone": {"answer": "yes"}, "text": {"answer": "yes"}}, "phone": "07700 900456"},
        "children": {"full_name": "Yusuf Uddin", "approximate_age": 4},
    }
    case_id, _provisional, _reference = repeat_of(house, crew, meeting_id, **facts)
    with unit_of_work(house, crew["coordinator"]) as session:
        access.open_for("reseal", crew["coordinator"].partnership_id, [case_id])
        victim = people.victim_of(session, case_id)
        assert [address.postcode for address in victim.addresses] == ["E3 9ZZ", "E1 0AA"]
        assert [address.position for address in victim.addresses] == [1, 2]
        assert "Amina Khatun" in victim.aliases
        assert victim.contact.phone == "07700 900456"
        assert victim.contact.rules["phone"]["answer"] == SafeToUse.NO, "a No that was once said stays a No"
        assert victim.contact.rules["text"]["answer"] == SafeToUse.YES
        roles = [person.role for person in people.people_of(session, case_id)]
        assert roles == [PersonRole.VICTIM, PersonRole.PERPETRATOR, PersonRole.CHILD]


def test_after_joining_both_referrers_see_the_one_case_and_nobody_the_other(house, crew, meeting_id):
    case_id, provisional, reference = repeat_of(house, crew, meeting_id)
    for name in ("housing", "hospital", "idva"):
        with unit_of_work(house, crew[name]) as session:
            seen = set(session.scalars(access.visible(crew[name], P.CASE_READ, Case)))
            assert {case.id for case in seen} == {case_id}
    with unit_of_work(house, crew["hospital"]) as session:
        assert referrals.get_referral(session, crew["hospital"], reference).case_id == case_id
    with unit_of_work(house, crew["coordinator"]) as session:
        other = session.get_one(Case, provisional)
        with pytest.raises(SealedShut):
            _ = people.victim_of(session, other.id).full_name


def test_a_duplicate_joins_the_live_case_and_is_not_counted_as_a_repeat(house, crew, meeting_id):
    first, second = sent(house, crew["housing"]), sent(house, crew["hospital"])
    with unit_of_work(house, crew["coordinator"]) as session:
        original = referrals.get_referral(session, crew["coordinator"], first).case
        ruling = Ruling(T.MERGE, into=original.reference)
        referral = referrals.get_referral(session, crew["coordinator"], second)
        triage.decide(session, crew["coordinator"], referral, ruling)
        assert (referral.case_id, referral.kind) == (original.id, ReferralKind.NEW)
        assert referral.state == ReferralState.MERGED


def test_a_transfer_in_shows_where_it_came_from_da_34(house, crew, meeting_id):
    reference = sent(house, crew["housing"])
    ruling = accept(meeting_id)
    transfer = Ruling(T.ACCEPT_TRANSFER_IN, meeting_id=meeting_id, conflict_checked=True, source_area="Hackney")
    with pytest.raises(RuleBroken) as refused:
        decided(house, crew["coordinator"], reference, transfer)
    assert refused.value.field == "earlier_papers"
    whole = Ruling(
        T.ACCEPT_TRANSFER_IN, meeting_id=ruling.meeting_id, conflict_checked=True, source_area="Hackney",
        earlier_papers="Minutes of March came by secure post",
    )  # fmt: skip
    decided(house, crew["coordinator"], reference, whole)
    with unit_of_work(house) as session:
        assert session.scalars(select(AgendaItem)).one().is_transfer


@pytest.mark.parametrize(
    "ruling, state",
    [
        (Ruling(T.TRANSFER_OUT, receiving_area="Newham", reason="She lives there now"), ReferralState.TRANSFERRED_OUT),
        (
            Ruling(T.REFER_ELSEWHERE, forum="childrens_mash", reason="She is 15", handed_over="Told the duty desk"),
            ReferralState.REFERRED_ELSEWHERE,
        ),
    ],
)
def test_what_goes_elsewhere_is_closed_here_with_the_reason(house, crew, ruling, state):
    referral_id = decided(house, crew["coordinator"], sent(house, crew["housing"]), ruling)
    with unit_of_work(house) as session:
        referral = session.get_one(Referral, referral_id)
        assert referral.state == state
        assert referral.case.state == CaseState.CLOSED


LOW = {
    "answers": dash(4),
    "reason": {"criteria": ["professional_judgement"], "judgement": "She will not meet my eye. " * 4},
}
DECLINE = Ruling(T.NOT_ACCEPTED, reason="Only housing was asked for", advice="Call Solace today",
                 reason_code="only_for_evidence")  # fmt: skip


def test_a_score_at_the_threshold_is_not_turned_down_da_6(house, crew):
    with pytest.raises(RuleBroken) as refused:
        decided(house, crew["coordinator"], sent(house, crew["housing"]), DECLINE)
    assert refused.value.field == "outcome"


def test_a_referrer_is_told_what_to_do_instead_when_it_is_not_listed(house, crew):
    with unit_of_work(house) as session:
        teacher = actor_for(a_user(session, house, Role.REFERRER, "childrens_social_care"))
    reference = sent(house, teacher, **LOW)
    decided(house, crew["coordinator"], reference, DECLINE)
    with unit_of_work(house, teacher) as session:
        referral = referrals.get_referral(session, teacher, reference)
        assert referrals.advice_of(session, teacher, referral) == "Call Solace today"
        assert referral.reason_code == "only_for_evidence"


def test_a_decision_not_to_list_can_be_looked_at_again(house, crew, meeting_id):
    reference = sent(house, crew["housing"], **LOW)
    decided(house, crew["coordinator"], reference, DECLINE)
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        handing_over.review(session, crew["coordinator"], referral, "The school rang: there is more")
        assert (referral.state, referral.decided_at) == (ReferralState.SUBMITTED, None)
    assert decided(house, crew["coordinator"], reference, accept(meeting_id))


def test_a_question_goes_back_and_forth_and_stays_with_the_referral_da_17(house, crew):
    reference = sent(house, crew["housing"])
    decided(house, crew["coordinator"], reference, Ruling(T.RETURN, questions="Where do the children sleep?"))
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.get_referral(session, crew["housing"], reference)
        assert referral.state == ReferralState.RETURNED
        referrals.answer(session, crew["housing"], referral, "With their aunt")
        assert referral.state == ReferralState.SUBMITTED
    decided(house, crew["coordinator"], reference, Ruling(T.RETURN, questions="Since when?"))
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        access.open_case(crew["coordinator"], referral.case)
        assert [turn["asked"] for turn in referral.exchange] == ["Where do the children sleep?", "Since when?"]
        assert referral.exchange[0]["answered"] == "With their aunt"


def test_an_alert_reaches_every_core_agency_without_a_hearing(house, crew):
    reference = sent(house, crew["housing"])
    decided(
        house,
        crew["coordinator"],
        reference,
        Ruling(T.ALERT_ONLY, reason="Known, plan in place", conflict_checked=True),
    )
    with unit_of_work(house) as session:
        listed = session.scalars(select(CaseAgency).where(CaseAgency.basis == InvolvementBasis.LISTED)).all()
        assert len(listed) > 5
        assert len(session.scalars(select(Flag)).all()) >= len(listed)
        assert session.scalars(select(AgendaItem)).all() == []


def test_a_referral_is_decided_once(house, crew, meeting_id):
    reference = sent(house, crew["housing"])
    decided(house, crew["coordinator"], reference, accept(meeting_id))
    with pytest.raises(WrongState):
        decided(house, crew["coordinator"], reference, accept(meeting_id))


def test_only_those_who_run_the_panel_decide(house, crew, meeting_id):
    reference = sent(house, crew["housing"])
    with pytest.raises(NotAllowed):
        decided(house, crew["housing"], reference, accept(meeting_id))
    with pytest.raises(NotFound):
        decided(house, crew["hospital"], reference, accept(meeting_id))
    timed = access.system(crew["hospital"].partnership_id)
    with unit_of_work(house, timed) as session:
        case = session.scalars(select(Case)).first()
        with pytest.raises(NotAllowed):
            matching.find_matches(session, timed, case)


def test_staff_with_the_name_of_somebody_in_the_case_are_shown_and_walled_off_da_5(house, crew, meeting_id):
    with unit_of_work(house) as session:
        namesake = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Kareem Uddin")
        cousin = actor_for(namesake)
    reference = sent(house, crew["housing"])
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        access.open_case(crew["coordinator"], referral.case)
        found = conflicts.possible_conflicts(session, crew["coordinator"], referral)
        assert [(one.user_id, one.person_role) for one in found] == [(namesake.id, PersonRole.PERPETRATOR)]
        triage.decide(session, crew["coordinator"], referral, accept(meeting_id, walls=[namesake.id]))
    with unit_of_work(house, cousin) as session:
        with pytest.raises(NotFound):
            referrals.get_referral(session, cousin, reference)
        assert inbox.list_referrals(session, cousin, "sent") == []


def test_a_wall_goes_with_the_referral_into_the_case_it_joins(house, crew, meeting_id):
    first, second = sent(house, crew["housing"]), sent(house, crew["hospital"])
    with unit_of_work(house, crew["coordinator"]) as session:
        original = referrals.get_referral(session, crew["coordinator"], first).case
        referral = referrals.get_referral(session, crew["coordinator"], second)
        ruling = Ruling(T.MERGE, into=original.reference, walls=[crew["idva"].user_id])
        triage.decide(session, crew["coordinator"], referral, ruling)
        assert set(session.scalars(select(Wall.case_id).where(Wall.user_id == crew["idva"].user_id))) >= {original.id}
