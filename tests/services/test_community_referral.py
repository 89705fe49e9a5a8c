"""A Community MARAC referral from the first part to the decision, in the database: CM-1 to CM-10, CM-18, CM-19."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import AuditEntry, Case, Deadline, Message
from marac.services.casework import assessments, people
from marac.services.community import asb_counts, community_sending, community_sharing, happenings, same_day
from marac.services.deciding import triage
from marac.services.deciding.rulings import Ruling
from marac.services.keeping import founding
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import referral_tasks, referrals
from marac.vocabulary import (
    CaseState,
    Grade,
    PersonRole,
    ProgrammeSlug,
    ReferralKind,
    ReferralState,
    Role,
    Template,
    TriageOutcome,
)
from marac.workflows.local_rules import LocalRule
from tests.builders import a_meeting, a_user, actor_for
from tests.builders_community_referral import (
    AGREES,
    COMMUNITY,
    NOT_ASKED,
    a_community_draft,
    a_community_referral,
    matrix,
    named,
)

DA = ProgrammeSlug.DA_MARAC
WEDNESDAY = "2026-12-02T10:00:00+00:00"


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        made = {
            "landlord": a_user(session, house, Role.REPRESENTATIVE, "housing_management", programme=COMMUNITY),
            "police": a_user(session, house, Role.REPRESENTATIVE, "met_police_snt", programme=COMMUNITY),
            "coordinator": a_user(session, house, Role.COORDINATOR, "asb_team", programme=COMMUNITY,
                                  full_name="Maya Orchardson"),
            "chair": a_user(session, house, Role.CHAIR, "met_police_snt", programme=COMMUNITY),
            "domestic": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ruth Adebowale"),
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options"),
        }  # fmt: skip
    return {name: actor_for(worker) for name, worker in made.items()}


def sent(house, crew, who="landlord", make=a_community_referral, **facts):
    """The reference of a referral somebody made, and of its case."""
    with unit_of_work(house, crew[who]) as session:
        referral = make(session, house, crew[who], **facts)
        return referral.reference, referral.case.reference


def found(session, actor, reference):
    referral = referrals.get_referral(session, actor, reference)
    referrals.open_referral(session, actor, referral)
    return referral


def as_one(house, actor):
    return unit_of_work(house, actor)


# --- sending ---


def test_a_referral_names_several_people_each_with_their_roles(house, crew):
    """CM-1: one person may be at risk and cause harm in the same case, without a second record."""
    with as_one(house, crew["landlord"]) as session:
        referral = a_community_draft(
            session, house, crew["landlord"], about={"about": "both"}, victim={"community_roles": ["causing_harm"]}
        )
        witness = {"full_name": "Ada Marlow", "community_roles": ["witness", "household"]}
        referral_tasks.save_task(session, crew["landlord"], referral, "children", witness)
        everyone = people.people_of(session, referral.case_id)
        held = {one.full_name: (one.role, tuple(one.community_roles or ())) for one in everyone}
        assert held == {
            "Dilwar Hossain": (PersonRole.VICTIM, ("causing_harm",)),
            "Lee Marshbrook": (PersonRole.PERPETRATOR, ()),
            "Ada Marlow": (PersonRole.OTHER_AT_RISK, ("witness", "household")),
        }
        with pytest.raises(RuleBroken) as refusal:
            referrals.submit(session, crew["landlord"], referral)
        assert refusal.value.message.endswith("(Ada Marlow)")


def test_a_place_is_referred_without_naming_anybody_at_risk(house, crew):
    reference, _case = sent(
        house, crew, about={"about": "location"}, victim={"full_name": "Rowan Walk stairwell", "born_on": None}
    )
    with as_one(house, crew["coordinator"]) as session:
        referral = found(session, crew["coordinator"], reference)
        assert people.victim_of(session, referral.case_id).not_known
        assert named(session, referral) == ["Rowan Walk stairwell", "Lee Marshbrook"]
        asked = [one.full_name for one in community_sharing.everyone(session, referral)]
        assert asked == ["Lee Marshbrook"]


def test_a_person_said_to_cause_harm_is_referred_for_the_sake_of_many(house, crew):
    with as_one(house, crew["landlord"]) as session:
        referral = referrals.start_referral(session, house.keyring, crew["landlord"], COMMUNITY)
        about = {"about": "causing_harm", "asb_type": "dispute"}
        referral_tasks.save_task(session, crew["landlord"], referral, "about", about)
        assert named(session, referral) == ["Local community"]
        assert {"person", "safe-contact"}.isdisjoint(referral_tasks.missing(referral))
        referral_tasks.save_task(session, crew["landlord"], referral, "about", about | {"about": "victim"})
        assert named(session, referral) == [""]
        assert {"person", "safe-contact"} <= set(referral_tasks.missing(referral))


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("lacking", ["sharing_reason", "sharing_authoriser"])
def test_sharing_without_consent_is_not_saved_without_reason_and_authoriser(house, crew, lacking, done):
    """CM-7: not even for later."""
    with as_one(house, crew["landlord"]) as session:
        referral = a_community_draft(session, house, crew["landlord"])
        feared = people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])[0]
        said = {**NOT_ASKED, "consent_to_share": "no", "person_id": feared.id, lacking: ""}
        with pytest.raises(RuleBroken) as refusal:
            referral_tasks.save_task(session, crew["landlord"], referral, "sharing", said, done=done)
        assert refusal.value.field == lacking
        assert feared.consent_to_share == "not_sought"


def test_the_four_facts_are_kept_apart_for_each_person(house, crew):
    """CM-7."""
    with as_one(house, crew["landlord"]) as session:
        referral = a_community_draft(session, house, crew["landlord"])
        told = {one["name"]: one for one in community_sharing.facts(session, referral)}
        for name, said in (("Dilwar Hossain", AGREES), ("Lee Marshbrook", NOT_ASKED)):
            assert {key: told[name][key] for key in said} == said


def test_the_same_incident_told_by_two_agencies_counts_once(house, crew):
    """CM-17."""
    with as_one(house, crew["landlord"]) as session:
        referral = a_community_draft(session, house, crew["landlord"])
        again = {
            "happened_on": date(2026, 3, 2),
            "kind": "dispute",
            "what": "Banging",
            "references": ["cad4410/02mar26"],
        }
        other = {"happened_on": date(2026, 4, 2), "kind": "dispute", "what": "Banging again"}
        for typed in (again, other):
            referral_tasks.save_task(session, crew["landlord"], referral, "incidents", typed)
        told = happenings.of_referral(session, referral)
        assert (len(told), len(happenings.once_each(told))) == (3, 2)
        referral_tasks.remove_incident(session, crew["landlord"], referral, told[2].id)
        assert len(happenings.of_case(session, referral.case_id)) == 2
        with pytest.raises(NotFound):
            happenings.incident_in(session, referral, told[2].id)


def test_an_override_counts_when_it_has_its_reason_and_second_name(house, crew):
    """CM-2, rule 5.3: raised by judgement, the matrix is a way in; lowered, it no longer is."""
    up = {"professional_grade": "high", "grade_reason": "A child was hurt", "grade_agreed_by": "A. Deputy"}
    matrix_way = {"criteria": ["matrix_high"]}
    sent(house, crew, answers=matrix(20), graded=up, reason=matrix_way)
    down = {"professional_grade": "medium", "grade_reason": "Counted twice", "grade_agreed_by": "A. Deputy"}
    with pytest.raises(RuleBroken) as refusal:
        sent(house, crew, answers=matrix(40), graded=down, reason=matrix_way, victim={"full_name": "Abel Rook"})
    assert refusal.value.field == "criteria"
    with pytest.raises(RuleBroken) as refusal:
        sent(house, crew, answers=matrix(40), graded=down | {"grade_agreed_by": ""})
    assert refusal.value.field == "grade_agreed_by"


def test_a_stored_assessment_stays_as_it_was_when_number_and_operator_change(house, crew):
    """CM-2, CM-3: 31 was not high when it was sent; from tomorrow 31 is, for what is sent then."""
    reference, _ = sent(house, crew, answers=matrix(31, today=()))
    tomorrow = clock.today() + timedelta(days=1)
    with unit_of_work(house) as session:
        partnership = crew["landlord"].partnership_id
        value = {"checklist": "asb_ram", "operator": ">=", "value": 31}
        rule = LocalRule("criteria.need_tests.risk_matrix_high", value, True, "agreed", "", tomorrow)
        founding.set_rule(session, partnership, COMMUNITY, rule)
    with time_machine.travel(clock.now() + timedelta(days=2)), as_one(house, crew["coordinator"]) as session:
        referral = found(session, crew["coordinator"], reference)
        one = assessments.assessment_of(session, referral)
        assert (one.score, one.tool_grade, assessments.score_in(session, referral, one).band) == (
            31,
            Grade.MEDIUM,
            "medium",
        )
    with time_machine.travel(clock.now() + timedelta(days=2)):
        later, _ = sent(house, crew, answers=matrix(31), victim={"full_name": "Abel Rook"},
                        reason={"criteria": ["matrix_high"]})  # fmt: skip
        with as_one(house, crew["coordinator"]) as session:
            one = assessments.assessment_of(session, found(session, crew["coordinator"], later))
            assert (one.score, one.tool_grade) == (31, Grade.HIGH)


def test_unknowns_are_kept_beside_the_score(house, crew):
    """CM-5."""
    reference, _ = sent(house, crew, answers=matrix(0, unknown=tuple(range(1, 14))))
    with as_one(house, crew["coordinator"]) as session:
        one = assessments.assessment_of(session, found(session, crew["coordinator"], reference))
        assert (one.score, one.unknown) == (0, 13)


# --- red flags ---


@pytest.mark.parametrize(("at", "due"), [("10:00", "17:00"), ("18:30", "20:30")])
def test_a_red_flag_alerts_the_coordinator_the_same_day_whatever_the_score(house, crew, at, due):
    """CM-6: by five, or within two hours when that is past."""
    with time_machine.travel(f"2026-12-02T{at}:00+00:00", tick=False):
        reference, _ = sent(house, crew, answers=matrix(0, today=("weapon_threat",)))
        with as_one(house, crew["coordinator"]) as session:
            referral = found(session, crew["coordinator"], reference)
            clock_running = session.scalar(select(Deadline).where(Deadline.rule == "same_day"))
            assert clock_running.due_at.isoformat() == f"2026-12-02T{due}:00+00:00"
            alerts = session.scalars(select(Message).where(Message.template == Template.REFERRAL_URGENT)).all()
            assert [one.user_id for one in alerts] == [crew["coordinator"].user_id]
            assert same_day.waiting_cases(session, crew["coordinator"]) == [referral.case]
            with pytest.raises(RuleBroken):
                same_day.acted_on(session, crew["coordinator"], referral.case, " ")
            same_day.acted_on(session, crew["coordinator"], referral.case, "Police went at noon.")
            assert same_day.waiting(session, referral) is None
            assert [one.what for one in same_day.told(session, crew["coordinator"], referral.case)] == [
                "Police went at noon."
            ]


def test_no_flag_no_alert_and_a_flag_found_on_a_live_case_alerts_too(house, crew):
    """CM-6: also when the case is scored again."""
    reference, _ = sent(house, crew)
    with as_one(house, crew["coordinator"]) as session:
        referral = found(session, crew["coordinator"], reference)
        assert same_day.waiting(session, referral) is None
        again = {"answers": matrix(5, today=("suicidal_or_self_harm",))}
        assessments.add_assessment(session, crew["coordinator"], referral.case, "asb_ram", again)
        assert same_day.waiting(session, referral.case) is not None
        with pytest.raises(NotAllowed):
            same_day.acted_on(session, crew["landlord"], referral.case, "Nothing")


# --- deciding ---


def decided(house, crew, reference, outcome, **chosen):
    with as_one(house, crew["coordinator"]) as session:
        referral = found(session, crew["coordinator"], reference)
        if outcome in (TriageOutcome.ACCEPT, TriageOutcome.ACCEPT_REPEAT):
            chosen["meeting_id"] = a_meeting(session, referral.partnership_id, programme=COMMUNITY).id
        return triage.decide(
            session, crew["coordinator"], referral, Ruling(outcome, conflict_checked=True, **chosen)
        ).state


def test_a_low_score_with_judgement_is_listed(house, crew):
    """CM-4."""
    reference, case_reference = sent(house, crew, answers=matrix(0))
    assert decided(house, crew, reference, TriageOutcome.ACCEPT) == ReferralState.ACCEPTED
    with as_one(house, crew["coordinator"]) as session:
        case = session.scalar(select(Case).where(Case.reference == case_reference))
        assert case.state == CaseState.LISTED


def test_a_low_score_is_no_reason_to_turn_it_down(house, crew):
    """CM-4: judgement is a way in, so that none is met cannot be said."""
    reference, _ = sent(house, crew, answers=matrix(0))
    turned = {"reason_code": "need_not_met", "reason": "It scores nothing", "advice": "Ask the landlord"}
    with pytest.raises(RuleBroken) as refusal:
        decided(house, crew, reference, TriageOutcome.NOT_ACCEPTED, **turned)
    assert refusal.value.field == "reason_code"
    turned["reason_code"] = "early_steps_first"
    assert decided(house, crew, reference, TriageOutcome.NOT_ACCEPTED, **turned) == ReferralState.NOT_ACCEPTED


@pytest.mark.parametrize(
    ("outcome", "chosen", "state"),
    [
        (TriageOutcome.RETURN, {"questions": "Who is the landlord?"}, ReferralState.RETURNED),
        (TriageOutcome.REFER_ELSEWHERE, {"forum": "mappa", "handed_over": "To its coordinator", "reason": "Level 2"},
         ReferralState.REFERRED_ELSEWHERE),
        (TriageOutcome.NOT_ACCEPTED, {"reason_code": "person_not_met", "reason": "Nobody is", "advice": "Noise team"},
         ReferralState.NOT_ACCEPTED),
        (TriageOutcome.ACCEPT, {}, ReferralState.ACCEPTED),
    ],
)  # fmt: skip
def test_each_outcome_is_timed_and_reaches_the_referrer(house, crew, outcome, chosen, state):
    """CM-8."""
    reference, _ = sent(house, crew)
    assert decided(house, crew, reference, outcome, **chosen) == state
    with as_one(house, crew["coordinator"]) as session:
        told = session.scalars(select(Message).where(Message.template == Template.REFERRAL_DECIDED)).all()
        assert [one.user_id for one in told] == [crew["landlord"].user_id]
        moved = session.scalars(select(AuditEntry.tag).where(AuditEntry.tag.like("referral:%"))).all()
        assert "referral:submit" in moved


def test_an_urgent_one_is_heard_by_the_clock_when_the_chair_agrees(house, crew):
    """CM-10: sent with six answers, accepted for an emergency meeting within the hours set locally."""
    urgent = {
        "victim_name": "Dilwar Hossain", "victim_age": 67, "whereabouts": "At home", "safe_contact": "The landlord",
        "perpetrator": "Not known", "immediate_risk": "They hold him in one room.",
    }  # fmt: skip
    with time_machine.travel(WEDNESDAY, tick=False):
        with as_one(house, crew["landlord"]) as session:
            referral = referrals.start_referral(session, house.keyring, crew["landlord"], COMMUNITY)
            reference = referrals.send_urgent(session, crew["landlord"], referral, urgent).reference
        tonight = clock.now() + timedelta(hours=7)
        with pytest.raises(RuleBroken) as refusal:
            decided(house, crew, reference, TriageOutcome.ACCEPT_EMERGENCY, emergency_at=tonight)
        assert refusal.value.field == "approved_by"
        agreed = {"emergency_at": tonight, "approved_by": crew["chair"].user_id}
        assert decided(house, crew, reference, TriageOutcome.ACCEPT_EMERGENCY, **agreed) == ReferralState.ACCEPTED
        with as_one(house, crew["coordinator"]) as session:
            referral = found(session, crew["coordinator"], reference)
            assert (referral.kind, referral.decided_at) == (ReferralKind.EMERGENCY, clock.now())
            limit = session.scalar(select(Deadline.due_at).where(Deadline.rule == "emergency"))
            assert limit == clock.now() + timedelta(hours=48)


def test_the_case_carries_its_coded_marks(house, crew):
    """CM-18: strands of hate, cuckooing sub-types and vulnerability types are codes, not words."""
    about = {"about": "victim", "asb_type": "cuckooing", "cuckooing": ["drug_supply"], "hate_strands": ["race"]}
    reference, _ = sent(house, crew, about=about)
    with as_one(house, crew["coordinator"]) as session:
        referral = found(session, crew["coordinator"], reference)
        assert {"hate:race", "cuckooing:drug_supply", "vulnerable:personal_health"} <= set(referral.case.marks)
        community_sending.mark_case(referral)
        assert len(referral.case.marks) == len(set(referral.case.marks))


def test_the_codes_are_counted_for_reports_each_case_once(house, crew):
    """CM-18: hate strands, cuckooing sub-types and vulnerability types are structured, and never a name."""
    cuckooed = {"asb_type": "cuckooing", "cuckooing": ["drug_supply", "residence"], "hate_strands": []}
    sent(house, crew)
    sent(house, crew, about=cuckooed, victim={"full_name": "Abel Rook"})
    today = clock.today()
    with as_one(house, crew["coordinator"]) as session:
        found = {
            (one.field, one.code): one.cases
            for one in asb_counts.count_codes(session, crew["coordinator"], today, today)
        }
        used = {pair: cases for pair, cases in found.items() if cases}
        assert used == {
            ("asb_type", "targeting"): 1, ("asb_type", "cuckooing"): 1, ("hate_strands", "disability"): 1,
            ("cuckooing", "drug_supply"): 1, ("cuckooing", "residence"): 1, ("vulnerability", "personal_health"): 2,
            ("vulnerability", "situational_isolation"): 2,
        }  # fmt: skip
        before = today - timedelta(days=1)
        assert not any(one.cases for one in asb_counts.count_codes(session, crew["coordinator"], before, before))
    with as_one(house, crew["domestic"]) as session:
        assert not any(one.cases for one in asb_counts.count_codes(session, crew["domestic"], today, today))
    with as_one(house, crew["landlord"]) as session, pytest.raises(NotAllowed):
        asb_counts.count_codes(session, crew["landlord"], today, today)


def test_a_community_referral_is_not_there_for_the_other_programme(house, crew):
    reference, _ = sent(house, crew)
    for who in ("domestic", "housing", "police"):
        with as_one(house, crew[who]) as session, pytest.raises(NotFound):
            referrals.get_referral(session, crew[who], reference)
    with as_one(house, crew["housing"]) as session, pytest.raises(RuleBroken):
        referrals.start_referral(session, house.keyring, crew["housing"], COMMUNITY)
