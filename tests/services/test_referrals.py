"""Sending a referral: what must be there, what must never stop it, who may see it at which moment."""

from datetime import date

import pytest
from sqlalchemy import select

from marac import clock
from marac.crypto.vault import SealedShut
from marac.errors import NotFound, RuleBroken, StaleEdit, WrongState
from marac.models import AuditEntry, CaseAgency, CasePerson, Deadline, Message, PersonToken
from marac.services.casework import people
from marac.services.deciding import listing, triage
from marac.services.deciding.triage import Ruling
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import inbox, referral_tasks, referrals
from marac.vocabulary import (
    CaseState,
    InvolvementBasis,
    LawfulBasis,
    PersonRole,
    ReferralState,
    Role,
    Template,
    TriageOutcome,
)
from tests.builders import a_meeting, a_referral, a_submitted_referral, a_user, actor_for, an_agency, dash


@pytest.fixture
def crew(house):
    """A housing officer, an IDVA, a hospital representative, a teacher without case access, a coordinator."""
    with unit_of_work(house) as session:
        people_here = {
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Tom Hale"),
            "idva": a_user(session, house, Role.IDVA, "solace", full_name="Rosa Lowe"),
            "hospital": a_user(session, house, Role.REPRESENTATIVE, "barts_acute", full_name="Ife Obi"),
            "teacher": a_user(session, house, Role.REFERRER, "childrens_social_care", full_name="Dawn Pike"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ama Okafor"),
        }
        a_meeting(session, people_here["housing"].partnership_id)
    return {name: actor_for(worker) for name, worker in people_here.items()}


def sent(house, actor, **facts):
    with unit_of_work(house, actor) as session:
        return a_submitted_referral(session, house, actor, **facts).reference


def test_a_draft_begins_with_its_own_case_victim_and_the_right_to_see_it(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.start_referral(session, house.keyring, crew["housing"], "da_marac")
        victim = people.victim_of(session, referral.case_id)
        assert referral.state == ReferralState.DRAFT
        assert referral.case.state == CaseState.RECEIVED
        assert victim.contact.through == "The IDVA only", "until somebody asked, contact is through the IDVA (3.3)"
        involved = session.scalars(select(CaseAgency).where(CaseAgency.case_id == referral.case_id)).all()
        assert [(row.basis, row.agency_id) for row in involved] == [
            (InvolvementBasis.REFERRED, crew["housing"].agency_id)
        ]


def test_a_whole_referral_is_sent_and_its_clocks_start(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_submitted_referral(session, house, crew["housing"])
        rules = set(session.scalars(select(Deadline.rule).where(Deadline.subject_id == referral.id)))
        assert referral.state == ReferralState.SUBMITTED
        assert referral.submitted_at is not None
        assert referral.decide_by_at > referral.submitted_at
        assert rules == {"triage_decided", "idva_first_contact"}
        assert referral.case.last_referral_on == clock.today()


def test_every_referral_reaches_the_idva_service_when_it_is_sent_da_13(house, crew):
    reference = sent(house, crew["housing"])
    with unit_of_work(house, crew["idva"]) as session:
        referral = session.scalars(select(CaseAgency).where(CaseAgency.basis == InvolvementBasis.SUPPORTS)).one()
        assert referral.agency_id == an_agency(session, "solace").id
        told = session.scalars(select(Message.template).where(Message.user_id == crew["idva"].user_id)).all()
        assert Template.REFERRAL_WAITING in told
        case = referrals.access.visible(crew["idva"], referrals.P.CASE_READ, referrals.Case)
        opened = referrals.access.open_case(crew["idva"], session.scalars(case).one())
        assert {"identity", "contact"} <= opened
    assert reference


@pytest.mark.parametrize(
    "facts, field",
    [
        ({"victim": {"born_on": None, "approximate_age": 15}}, "victim_age"),
        ({"answers": dash(14), "reason": {"criteria": ["professional_judgement"]}}, "criteria"),
        ({"answers": dash(5), "reason": {"criteria": ["visible_high_risk"]}}, "criteria"),
        ({"answers": dash(5), "reason": {"criteria": ["professional_judgement"], "judgement": "Worried"}}, "rationale"),
        (
            {"answers": dash(5), "reason": {"criteria": ["potential_escalation"], "escalation": "2"}},
            "escalation_events",
        ),
        ({"sharing": {"told": "no"}}, "aware_why_not"),
        ({"sharing": {"consent": "not_sought"}}, "lawful_basis"),
        ({"answers": {"1": {"answer": "yes"}, **{str(n): {"answer": "no"} for n in range(2, 25)}}}, "risk"),
    ],
)
def test_what_a_referral_may_not_leave_out_is_said_beside_it_da_6_da_9_da_15(house, crew, facts, field):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"], **facts)
        with pytest.raises(RuleBroken) as refused:
            referrals.submit(session, crew["housing"], referral)
        assert refused.value.field == field
        assert referral.state == ReferralState.DRAFT


@pytest.mark.parametrize(
    "facts",
    [
        {"answers": dash(3), "reason": {"criteria": ["professional_judgement"], "judgement": "She whispers. " * 8}},
        {"answers": dash(3), "reason": {"criteria": ["potential_escalation"], "escalation": "3"}},
        {"risk": {"no_checklist": True}, "reason": {"criteria": ["repeat"]}},
        {"answers": dash(24)},
    ],
)
def test_a_low_score_or_none_never_stops_a_referral_da_6(house, crew, facts):
    with unit_of_work(house, crew["housing"]) as session:
        assert a_submitted_referral(session, house, crew["housing"], **facts).state == ReferralState.SUBMITTED


def test_a_part_that_was_not_done_is_named_before_anything_is_sent(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.start_referral(session, house.keyring, crew["housing"], "da_marac")
        broken = referrals.problems(session, crew["housing"], referral)
        assert broken[0].field == "person"
        assert referral_tasks.missing(referral)[-1] == "sharing", "equality questions are optional"


URGENT = {
    "victim_name": "Amina Begum",
    "victim_age": "34",
    "whereabouts": "At her sister's",
    "safe_contact": "Through the school",
    "perpetrator": "Karim Uddin",
    "immediate_risk": "He has a knife and is outside.",
}


def test_six_answers_are_enough_to_send_now_and_the_rest_follows_da_18(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.start_referral(session, house.keyring, crew["housing"], "da_marac")
        referrals.send_urgent(session, crew["housing"], referral, URGENT)
        reference = referral.reference
        assert referral.urgent
        assert referral.state == ReferralState.SUBMITTED
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.get_referral(session, crew["housing"], reference)
        with pytest.raises(RuleBroken):
            referrals.finish(session, crew["housing"], referral)
        a_whole = a_referral(session, house, crew["housing"])
        for task in ("person", "safe-contact", "other-person", "children", "risk", "reason", "sharing"):
            typed = referral_tasks.saved(session, a_whole, task)
            extra = {"no_children": True} if task == "children" else {}
            referral_tasks.save_task(session, crew["housing"], referral, task, {**typed, **extra})
        referrals.finish(session, crew["housing"], referral)
        assert not referral_tasks.unfinished(referral)
        with pytest.raises(WrongState):
            referral_tasks.save_task(session, crew["housing"], referral, "person", {"full_name": "Other"})


@pytest.mark.parametrize("blank", sorted(URGENT))
def test_each_of_the_six_urgent_answers_is_asked_for_da_18(house, crew, blank):
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.start_referral(session, house.keyring, crew["housing"], "da_marac")
        with pytest.raises(RuleBroken) as refused:
            referrals.send_urgent(session, crew["housing"], referral, {**URGENT, blank: "  "})
        assert refused.value.field == blank


def test_another_agency_never_learns_that_a_referral_exists(house, crew):
    reference = sent(house, crew["housing"])
    with unit_of_work(house, crew["hospital"]) as session:
        for unseen in (reference, "K2D-22Q"):
            with pytest.raises(NotFound):
                referrals.get_referral(session, crew["hospital"], unseen)
        assert inbox.list_referrals(session, crew["hospital"], "sent") == []
        assert inbox.list_referrals(session, crew["hospital"], "waiting") == []


def test_a_draft_is_its_own_agencys_until_it_is_sent(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        reference = a_referral(session, house, crew["housing"]).reference
    with unit_of_work(house, crew["coordinator"]) as session:
        with pytest.raises(NotFound):
            referrals.get_referral(session, crew["coordinator"], reference)
        assert inbox.list_referrals(session, crew["coordinator"], "waiting") == []


def test_a_referrer_without_case_access_sees_only_how_it_stands_after_sending(house, crew):
    reference = sent(house, crew["teacher"])
    with unit_of_work(house, crew["teacher"]) as session:
        referral = referrals.get_referral(session, crew["teacher"], reference)
        assert referrals.open_referral(session, crew["teacher"], referral) == frozenset()
        assert referral.state.label == "Received"
        with pytest.raises(SealedShut):
            _ = referral.what_happened
        with pytest.raises(WrongState):
            referral_tasks.save_task(session, crew["teacher"], referral, "reason", {"what_happened": "More"})
        (line,) = inbox.list_referrals(session, crew["teacher"], "sent")
        assert (line.reference, line.name, line.criteria) == (reference, "", ())


def test_the_inbox_puts_urgent_first_then_the_oldest_da_17(house, crew):
    first, second = sent(house, crew["housing"]), sent(house, crew["teacher"], victim={"full_name": "Sahra Ali"})
    with unit_of_work(house, crew["idva"]) as session:
        referral = referrals.start_referral(session, house.keyring, crew["idva"], "da_marac")
        third = referrals.send_urgent(session, crew["idva"], referral, URGENT).reference
    with unit_of_work(house, crew["coordinator"]) as session:
        lines = inbox.list_referrals(session, crew["coordinator"], "waiting")
        assert [line.reference for line in lines] == [third, first, second]
        assert [line.name for line in lines] == ["Amina Begum", "Amina Begum", "Sahra Ali"]
        assert lines[1].criteria == ("visible_high_risk",)
        assert inbox.waiting_count(session, crew["coordinator"]) == 3


def test_the_second_of_two_stale_tabs_is_told_so(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"])
        before = referral_tasks.edition_of(referral_tasks.saved(session, referral, "person"))
        typed = {"full_name": "Amina Khatun", "born_on": date(1991, 3, 27)}
        referral_tasks.save_task(session, crew["housing"], referral, "person", typed, edition=before)
        with pytest.raises(StaleEdit):
            referral_tasks.save_task(session, crew["housing"], referral, "person", typed, edition=before)


def test_several_children_perpetrators_and_unborn_are_each_recorded_da_36(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(
            session, house, crew["housing"], children={"full_name": "Yusuf Uddin", "approximate_age": 6}
        )
        save = referral_tasks.save_task
        save(
            session,
            crew["housing"],
            referral,
            "children",
            {"unborn": True, "relationship_to_victim": "unborn child", "relationship_to_perpetrator": "unborn child"},
        )
        save(session, crew["housing"], referral, "children", {"full_name": "Rokeya Begum", "role": "other_at_risk"})
        save(session, crew["housing"], referral, "other-person", {"full_name": "Jamal Uddin"})
        roles = [person.role for person in people.people_of(session, referral.case_id)]
        assert roles.count(PersonRole.CHILD) == 2
        assert roles.count(PersonRole.PERPETRATOR) == 2
        assert roles.count(PersonRole.OTHER_AT_RISK) == 1
        child = people.people_of(session, referral.case_id, [PersonRole.CHILD])[0]
        referral_tasks.remove(session, crew["housing"], referral, child.id)
        assert len(people.people_of(session, referral.case_id, [PersonRole.CHILD])) == 1


def test_equality_answers_keep_declined_and_not_asked_apart_da_40(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"])
        typed = {"ethnicity": "not_asked", "religion": "prefer_not_to_say", "disability": "not_known"}
        referral_tasks.save_task(session, crew["housing"], referral, "equality", typed)
        held = referral_tasks.saved(session, referral, "equality")
        assert {name: held[name] for name in typed} == typed


def test_a_name_is_found_by_token_in_the_transaction_that_writes_it(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"])
        victim = people.victim_of(session, referral.case_id)
        before = set(session.scalars(select(PersonToken.token).where(PersonToken.person_id == victim.id)))
        people.update_person(session, victim, full_name="Nasima Khatun")
        after = set(session.scalars(select(PersonToken.token).where(PersonToken.person_id == victim.id)))
        assert len(before) % 16 == len(after) % 16 == 0
        assert before != after


def test_filling_and_sending_are_in_the_audit_trail_without_a_word_of_the_story_da_3(house, crew):
    sent(house, crew["housing"])
    with unit_of_work(house) as session:
        bodies = "".join(session.scalars(select(AuditEntry.body)))
        tags = set(session.scalars(select(AuditEntry.tag)))
        assert {"referral:started", "referral:filled", "referral:submit"} <= tags
        assert "Amina" not in bodies
        assert "Elm Row" not in bodies


def test_a_withdrawn_draft_is_over(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"])
        assert referrals.withdraw(session, crew["housing"], referral).state == ReferralState.WITHDRAWN
        with pytest.raises(WrongState):
            referral_tasks.save_task(session, crew["housing"], referral, "person", {"full_name": "Other"})


def test_everyone_in_a_case_has_an_address_and_a_contact_row_so_that_having_one_does_not_show(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"], perpetrator={"full_name": "", "not_known": True})
        for person in session.scalars(select(CasePerson).where(CasePerson.case_id == referral.case_id)):
            assert len(person.addresses) == 1
            assert person.contact is not None


def test_an_urgent_referral_is_finished_after_it_is_listed_and_not_after_it_is_heard_da_18(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"])
        reference = referrals.send_urgent(session, crew["housing"], referral, URGENT).reference
        meeting = listing.first_open_meeting(session, crew["housing"].partnership_id, "da_marac").id
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = referrals.get_referral(session, crew["coordinator"], reference)
        ruling = Ruling(TriageOutcome.ACCEPT, meeting_id=meeting, conflict_checked=True)
        assert triage.decide(session, crew["coordinator"], referral, ruling).state == ReferralState.ACCEPTED
    with unit_of_work(house, crew["housing"]) as session:
        referral = referrals.get_referral(session, crew["housing"], reference)
        typed = {"full_name": "Amina Khatun", "born_on": date(1991, 3, 27), "street": "Oak Way"}
        referral_tasks.save_task(session, crew["housing"], referral, "person", typed)
        assert referrals.finish(session, crew["housing"], referral).state == ReferralState.ACCEPTED
        with pytest.raises(WrongState):
            referral_tasks.open_form(session, crew["housing"], referral)


def test_a_case_that_was_heard_takes_no_more_of_its_urgent_referral_da_18(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"])
        referrals.send_urgent(session, crew["housing"], referral, URGENT)
        referral.case.state = CaseState.HEARD
        session.flush()
        with pytest.raises(WrongState):
            referral_tasks.open_form(session, crew["housing"], referral)


def test_the_sharing_record_keeps_its_four_answers_apart_da_15(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        told = {"told": "no", "told_why_not": "He reads her phone", "consent": "not_sought", "support_contact": "no",
                "sharing_basis": LawfulBasis.VITAL_INTERESTS, "sharing_reason": "Threat to kill",
                "sharing_proportionate": "Risk only", "sharing_decided_by": "Ola Finch, manager",
                "sharing_decided_on": date(2026, 1, 5)}  # fmt: skip
        referral = a_referral(session, house, crew["housing"], sharing=told)
        held = referral_tasks.saved(session, referral, "sharing")
        assert {name: held[name] for name in told} == told


def test_a_tie_to_somebody_who_was_taken_out_keeps_its_words_da_36(house, crew):
    with unit_of_work(house, crew["housing"]) as session:
        referral = a_referral(session, house, crew["housing"], children={"full_name": "Yusuf Uddin"})
        (child,) = people.people_of(session, referral.case_id, [PersonRole.CHILD])
        (feared,) = people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])
        people.update_person(session, child, to_perpetrators={feared.id.hex: "stepchild"})
        assert people.ties(child, [feared]) == ["stepchild"]
        assert people.ties(child, []) == ["stepchild"]
