"""A Sanctuary request in the office: asked for, triaged, permitted, approved, stopped (SAN-20 to SAN-36)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import AddressFlag, Case, Message, SanctuaryRequest, StageClock, Wall
from marac.services import today
from marac.services.casework import people
from marac.services.keeping.deployment import unit_of_work
from marac.services.sanctuary import (
    address_flags,
    answers,
    approvals,
    board,
    clocks,
    landlord,
    requests,
    stopping,
    triage,
)
from marac.vocabulary import (
    FlagState,
    GateResult,
    LandlordState,
    PersonRole,
    Role,
    SanctuaryPriority,
    SanctuaryState as S,
    Template,
    TriageResult,
)
from marac.workflows.checklists import current
from tests.builders import a_user, actor_for
from tests.builders_cases import a_story
from tests.builders_sanctuary import (
    NAME,
    a_draft,
    a_permitted_request,
    a_scheme,
    a_sent_request,
    a_triaged_request,
    all_gates,
    fill,
    put_at,
)

ASKED = [gate for gate in current("sanctuary_risk").gates if gate.on_by_default]


@pytest.fixture
def scheme(house):
    return a_scheme(house)


def found(session, scheme, reference, who=None):
    actor = actor_for(who or scheme.officer)
    request = requests.get_request(session, actor, reference)
    access.open_request(actor, request)
    return actor, request


def told(scheme, template):
    with scheme.house.reader() as session:
        return set(session.scalars(select(Message.user_id).where(Message.template == template)))


def test_a_request_is_not_sent_without_consent_and_a_safe_way_to_make_contact_san_20(scheme):
    with scheme.work(scheme.requester) as session:
        request = fill(session, scheme.requester, a_draft(session, scheme))
        asker = actor_for(scheme.requester)
        for part, typed, field in (
            ("reason", {"consent": "no", "reason": "x"}, "consent"),
            ("safe-contact", {"rules": {"phone": {"answer": "no", "detail": ""}}}, "safe_contact"),
        ):
            before = answers.saved(session, request, part)
            answers.save_task(session, asker, request, part, typed)
            with pytest.raises(RuleBroken) as refused:
                requests.submit(session, asker, request)
            assert refused.value.field == field
            answers.save_task(session, asker, request, part, {name: before[name] for name in typed})
        assert requests.submit(session, asker, request).state == S.SUBMITTED


def test_a_request_says_who_where_why_and_answers_every_risk_factor_before_it_is_sent(scheme):
    with scheme.work(scheme.requester) as session:
        request = a_draft(session, scheme)
        broken = {one.field for one in requests.problems(session, actor_for(scheme.requester), request)}
        assert broken in ({"consent", "safe_contact", "full_name"}, {"consent", "full_name"})
        missing = {name for name, _ in answers.missing(session, request, current("sanctuary_risk"))}
        assert missing == {"full_name", "born_on", "street", "reason", "factors", "perpetrator"}


def test_the_factors_raise_the_priority_and_the_priority_sets_the_clock_san_24(scheme):
    reference = a_sent_request(scheme, has_keys="yes")
    with scheme.work(scheme.officer) as session:
        _, request = found(session, scheme, reference)
        assert request.priority == SanctuaryPriority.EMERGENCY
        read = clocks.read(request.clocks[-1])
        assert clock.to_london(read.due_at).date() == clock.today(), "an emergency is triaged the same day"
    assert scheme.officer.id in told(scheme, Template.SCHEME_WAITING)


def test_a_change_of_priority_recomputes_what_is_not_met_and_keeps_the_old_target_san_24(scheme):
    reference = a_sent_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        before = request.clocks[-1].due_at
        triage.set_priority(session, actor, request, SanctuaryPriority.EMERGENCY)
        session.expire(request, ["clocks"])
        old, new = request.clocks[-2:]
        assert old.replaced_at is not None
        assert old.due_at == before
        assert new.due_at < before
        assert new.started_at == old.started_at
        triage.set_priority(session, actor, request, SanctuaryPriority.STANDARD)
        triage.answer_gates(session, actor, request, {}, {"has_keys": "yes"})
        with pytest.raises(RuleBroken) as refused:
            triage.set_priority(session, actor, request, SanctuaryPriority.URGENT, why="Keys were handed back")
        assert refused.value.field == "priority_second"


@pytest.mark.parametrize("gate", ASKED, ids=lambda gate: gate.key)
def test_each_rule_passes_fails_or_is_not_known_with_its_evidence_san_21(scheme, gate):
    reference = a_triaged_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        for answer, result in (("yes", GateResult.PASS), ("no", GateResult.FAIL), ("unknown", GateResult.UNKNOWN)):
            said = {gate.key: {"answer": answer, "evidence": f"Heard {answer}"}}
            line = next(
                one for one in triage.answer_gates(session, actor, request, said, {}).lines if one.key == gate.key
            )
            assert (line.result, line.evidence) == (result, f"Heard {answer}")
            facts = triage.gate_facts(session, request)
            assert (gate.key in facts["failed_gates"], gate.key in facts["unknown_gates"]) == (
                answer == "no", answer == "unknown",
            )  # fmt: skip
            assert (facts["triage"] == TriageResult.INELIGIBLE) is (answer == "no")
            if answer == "no":
                with pytest.raises(RuleBroken):
                    landlord.ask(session, actor, request, "Housing officer")


@pytest.mark.parametrize("gate", ASKED, ids=lambda gate: gate.key)
def test_what_is_not_known_waits_for_information_and_is_never_a_refusal_san_21(scheme, gate):
    reference = a_triaged_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        triage.answer_gates(session, actor, request, all_gates(**{gate.key: "unknown"}), {})
        with pytest.raises(RuleBroken):
            triage.decline(session, actor, request, reason="x", alternatives=["y"], notice="z")
        triage.ask_information(session, actor, request, words="Who holds the tenancy?", asked_of="Housing")
        assert request.state == S.AWAITING_INFORMATION
        paused = [one for one in request.clocks if one.stage == S.IN_TRIAGE and one.paused_at]
        assert len(paused) == 1
        assert clocks.read(paused[0]).paused_why is not None
    with scheme.work(scheme.requester) as session:
        asker, request = found(session, scheme, reference, scheme.requester)
        assert request.question["text"] == "Who holds the tenancy?"
        requests.answer_question(session, asker, request, "She does, alone.")
        assert request.state == S.IN_TRIAGE
        session.expire(request, ["clocks"])
        running = [one for one in request.clocks if one.met_at is None and one.stage == S.IN_TRIAGE]
        assert len(running) == 1
        assert running[0].paused_at is None, "the clock goes on where it stood"


def test_nobody_leaves_triage_without_an_interim_safety_plan_san_23(scheme):
    reference = a_sent_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        triage.begin(session, actor, request)
        triage.answer_gates(session, actor, request, all_gates(), {})
        for step in (
            lambda: landlord.ask(session, actor, request, "Housing officer"),
            lambda: triage.ask_information(session, actor, request, words="x", asked_of="y"),
        ):
            with pytest.raises(RuleBroken) as refused:
                step()
            assert refused.value.field == "interim"
        triage.keep_interim(session, actor, request, ["none_needed_with_reason"], "")
        with pytest.raises(RuleBroken) as refused:
            landlord.ask(session, actor, request, "Housing officer")
        assert refused.value.field == "interim_plan"


def test_not_suitable_is_told_to_whoever_asked_in_writing_with_what_else_was_offered_san_34(scheme):
    reference = a_triaged_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        triage.answer_gates(session, actor, request, all_gates(lives_in_borough="no"), {})
        for facts, field in (
            ({"reason": "", "alternatives": ["A move"], "notice": "n"}, "reason"),
            ({"reason": "Outside", "alternatives": [], "notice": "n"}, "alternatives"),
            ({"reason": "Outside", "alternatives": ["A move"], "notice": ""}, "notice"),
        ):
            with pytest.raises(RuleBroken) as refused:
                triage.decline(session, actor, request, **facts)
            assert refused.value.field == field
        triage.decline(session, actor, request, reason="Outside", alternatives=["A move"], notice="We cannot help.")
        assert request.state == S.INELIGIBLE
    assert scheme.requester.id in told(scheme, Template.SCHEME_DECIDED)
    with scheme.work(scheme.requester) as session:
        _, request = found(session, scheme, reference, scheme.requester)
        assert request.notice["text"] == "We cannot help."
        with pytest.raises(Exception, match="grant"):
            assert request.decision


def test_the_landlord_is_chased_escalated_and_a_refusal_has_its_reason_san_25(scheme):
    reference = a_triaged_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        held = landlord.ask(session, actor, request, "Housing officer")
        assert held.chase_at > clock.now() + timedelta(days=2)
        landlord.chase(session, actor, request)
        assert held.chased == 1
        held.chase_at = clock.now() - timedelta(minutes=1)
    with unit_of_work(scheme.house) as session:
        timed = access.system(scheme.officer.partnership_id)
        assert landlord.escalate_overdue(session, timed) == 1
        assert landlord.escalate_overdue(session, timed) == 0
    assert scheme.officer.id in told(scheme, Template.SCHEME_WAITING)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        assert request.landlord.state == LandlordState.NO_REPLY
        with pytest.raises(RuleBroken) as refused:
            landlord.answer(session, actor, request, LandlordState.REFUSED, {"answered_role": "Agent"})
        assert refused.value.field == "refused_because"
        facts = {"answered_role": "Agent", "refused_because": "Listed door", "alternative": "Portable alarm"}
        landlord.answer(session, actor, request, LandlordState.REFUSED, facts)
        assert triage.gate_facts(session, request)["triage"] == TriageResult.INELIGIBLE
        triage.decline(session, actor, request, reason="Landlord refused", alternatives=["A move"], notice="Sorry.")
        assert request.state == S.INELIGIBLE


def test_the_landlord_is_asked_only_if_the_person_agreed_to_that_san_25(scheme):
    reference = a_triaged_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        triage.answer_gates(session, actor, request, all_gates(consent_to_ask_landlord="unknown"), {})
        with pytest.raises(RuleBroken):
            landlord.ask(session, actor, request, "Housing officer")


@pytest.mark.parametrize("gate", ["perpetrator_lives_elsewhere", "no_legal_right_to_enter"])
def test_a_rule_that_stops_works_answered_no_later_freezes_them_and_tells_the_idva_san_22(scheme, gate):
    reference = a_permitted_request(scheme)
    put_at(scheme, reference, S.WORKS_ORDERED)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        triage.answer_gates(session, actor, request, {gate: {"answer": "no", "evidence": "Seen there"}}, {})
        assert request.state == S.FROZEN
        assert request.frozen_at is not None
    assert scheme.idva.id in told(scheme, Template.SCHEME_STOPPED)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        with pytest.raises(RuleBroken):
            stopping.resume(session, actor, request)
        clear = {one: {"answer": "yes", "evidence": "Order served"} for one in
                 ("perpetrator_lives_elsewhere", "no_legal_right_to_enter")}  # fmt: skip
        triage.answer_gates(session, actor, request, clear, {})
        stopping.resume(session, actor, request)
        assert request.held_from is None
        assert request.frozen_at is None


def test_whoever_goes_to_the_home_may_stop_the_works_without_reading_why_they_were_asked_san_22(scheme):
    reference = a_permitted_request(scheme)
    with scheme.work(scheme.surveyor) as session:
        actor, request = found(session, scheme, reference, scheme.surveyor)
        with pytest.raises(Exception, match="grant"):
            assert request.reason
        stopping.stop(
            session, actor, request, "freeze", {"how_known": "His coat hung there", "known_on": clock.today()}
        )
        assert request.state == S.FROZEN
    with scheme.work(scheme.officer) as session:
        _, request = found(session, scheme, reference)
        assert request.exits[0]["how_known"] == "His coat hung there"
        assert request.gates["perpetrator_lives_elsewhere"]["answer"] == "no"
        assert request.held_from == S.LANDLORD_PERMISSION
        paused = next(one for one in request.clocks if one.stage == S.LANDLORD_PERMISSION)
        assert paused.paused_at is not None
        assert paused.met_at is None


def test_on_hold_the_clock_stands_still_and_shows_both_what_ran_and_what_stood_still(scheme, monkeypatch):
    reference = a_permitted_request(scheme)
    now = clock.now()
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        facts = {"because": "In hospital", "review_on": clock.today() + timedelta(days=5)}
        stopping.stop(session, actor, request, "hold", facts)
        held = next(one for one in request.clocks if one.stage == S.LANDLORD_PERMISSION)
        due = held.due_at
        read = clocks.read(held, now + timedelta(days=4))
        assert read.paused >= timedelta(days=3)
        assert read.running < timedelta(hours=1)
        assert not read.late
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: now + timedelta(days=4))
        with scheme.work(scheme.officer) as session:
            actor, request = found(session, scheme, reference)
            stopping.resume(session, actor, request)
            held = next(one for one in request.clocks if one.stage == S.LANDLORD_PERMISSION)
            assert request.state == S.LANDLORD_PERMISSION
            assert held.paused_seconds >= 3 * 86400
            assert held.due_at >= due + timedelta(days=3)


def test_a_request_from_a_case_copies_who_is_in_it_but_no_address_san_36(scheme):
    story = a_story(scheme.house)
    idva, parent_id = story.idva, story.case_id
    with scheme.work(idva) as session:
        parent = session.get_one(Case, parent_id)
        request = a_draft(session, scheme, parent=parent, who=idva)
        victim = people.victim_of(session, request.case_id)
        access.open_case(actor_for(idva), parent)
        assert victim.full_name == people.victim_of(session, parent.id).full_name
        assert victim.addresses[0].street is None
        assert people.people_of(session, request.case_id, [PersonRole.PERPETRATOR])
        assert requests.requests_of(session, actor_for(idva), parent) == [request]


def test_a_draft_is_nobody_elses_and_a_request_is_no_agencys_that_did_not_ask_for_it(scheme):
    with scheme.work(scheme.requester) as session:
        reference = a_draft(session, scheme).reference
    for worker in (scheme.officer, scheme.surveyor, scheme.manager, scheme.idva, scheme.stranger, scheme.contractor):
        with scheme.work(worker) as session, pytest.raises(NotFound):
            found(session, scheme, reference, worker)
    sent = a_permitted_request(scheme)
    for worker in (scheme.stranger, scheme.contractor, scheme.manager):
        with scheme.work(worker) as session, pytest.raises(NotFound):
            found(session, scheme, sent, worker)


def test_a_wall_round_the_case_stands_round_the_request_that_came_from_it(scheme):
    reference, parent_id = a_permitted_request(scheme), a_story(scheme.house).case_id
    put_at(scheme, reference, S.LANDLORD_PERMISSION, parent_case_id=parent_id)
    with unit_of_work(scheme.house) as session:
        access.asked()
        session.add(Wall(partnership_id=scheme.officer.partnership_id, case_id=parent_id, user_id=scheme.officer.id,
                         since_at=clock.now()))  # fmt: skip
    with scheme.work(scheme.officer) as session, pytest.raises(NotFound):
        found(session, scheme, reference)
    with scheme.work(scheme.idva) as session:
        assert found(session, scheme, reference, scheme.idva)


def test_the_list_shows_what_is_past_its_target_first_and_names_only_to_who_may_read_them(scheme):
    late, fresh = a_sent_request(scheme), a_triaged_request(scheme)
    with unit_of_work(scheme.house) as session:
        access.asked()
        request = session.query(SanctuaryRequest).filter_by(reference=late).one()
        one = session.scalars(select(StageClock).where(StageClock.request_id == request.id,
                                                       StageClock.met_at.is_(None))).one()  # fmt: skip
        one.started_at, one.due_at = clock.now() - timedelta(days=9), clock.now() - timedelta(days=3)
    with scheme.work(scheme.officer) as session:
        lines = board.list_requests(session, actor_for(scheme.officer))
        assert [line.reference for line in lines] == [late, fresh]
        assert lines[0].late
        assert lines[0].days == 9
        assert {line.name for line in lines} == {NAME}
        assert (S.SUBMITTED, 1, 1) in board.counts(lines)
    put_at(scheme, fresh, S.APPROVAL)
    with scheme.work(scheme.manager) as session:
        lines = board.list_requests(session, actor_for(scheme.manager))
        assert [(line.reference, line.name) for line in lines] == [(fresh, "")]


def test_a_flag_left_on_an_address_after_the_request_is_over_is_on_the_list_of_exceptions_san_31(scheme):
    reference = a_permitted_request(scheme)
    put_at(scheme, reference, S.SAFETY_PLAN_AND_MARKERS)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        facts = address_flags.ask_for(session, actor, request, ("police", "fire"))
        assert facts == {"police_flag_asked": True, "fire_flag_asked": True}
        address_flags.ask(session, actor, request, "police")
        session.expire(request, ["flags"])
        police, fire = request.flags
        address_flags.place(session, actor, police, their_reference="CAD 9")
        assert address_flags.exceptions(session, actor) == []
        fire_id = fire.id
    put_at(scheme, reference, S.CLOSED)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        assert len(address_flags.exceptions(session, actor)) == 2
        address_flags.ask_removal(session, actor, request)
        for flag in list(request.flags):
            address_flags.remove(session, actor, flag)
        assert address_flags.exceptions(session, actor) == []
        assert session.get_one(AddressFlag, fire_id).state == FlagState.REMOVED


def test_an_emergency_is_approved_in_words_first_and_written_by_the_same_person_within_a_working_day_san_27(scheme):
    calm, urgent = a_triaged_request(scheme), a_triaged_request(scheme, has_keys="yes")
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, calm)
        said = {"approver_id": scheme.manager.id, "amount_pence": 9000, "because": "Change the lock tonight"}
        with pytest.raises(RuleBroken):
            approvals.note_spoken(session, actor, request, **said)
        _, request = found(session, scheme, urgent)
        with pytest.raises(RuleBroken):
            approvals.note_spoken(session, actor, request, **{**said, "approver_id": scheme.officer.id})
        held = approvals.note_spoken(session, actor, request, **said)
        assert approvals.has_spoken(session, request)
        assert held.write_by_at <= clock.now() + timedelta(days=5)
    with scheme.work(scheme.manager) as session:
        actor, request = found(session, scheme, urgent, scheme.manager)
        held = approvals.to_write(session, actor, request)
        with pytest.raises(RuleBroken):
            approvals.write_down(session, actor, held, funder="", order_number="PO 1")
        approvals.write_down(session, actor, held, funder="Grant", order_number="PO 1")
        assert approvals.to_write(session, actor, request) is None


def test_a_contractor_and_an_admin_have_no_way_into_a_request(scheme):
    reference = a_permitted_request(scheme)
    for role in (Role.CONTRACTOR, Role.SYSTEM_ADMIN, Role.AUDITOR, Role.AGENCY_ADMIN, Role.CHAIR):
        with unit_of_work(scheme.house) as session:
            worker = a_user(session, scheme.house, role, "housing_options", programme=None)
        with scheme.work(worker) as session:
            assert board.list_requests(session, actor_for(worker)) == []
            with pytest.raises(NotFound):
                found(session, scheme, reference, worker)
            with pytest.raises(NotAllowed):
                a_draft(session, scheme, who=worker)


def test_the_case_behind_a_request_is_no_case_of_any_panel(scheme):
    reference = a_permitted_request(scheme)
    with unit_of_work(scheme.house) as session:
        both = [a_user(session, scheme.house, role, "vawg_team", programme=None)
                for role in (Role.COORDINATOR, Role.CHAIR, Role.IDVA, Role.REPRESENTATIVE)]  # fmt: skip
    with scheme.house.reader() as session:
        case_id = session.query(SanctuaryRequest).filter_by(reference=reference).one().case_id
    for worker in (*both, scheme.requester, scheme.idva, scheme.officer):
        with scheme.work(worker) as session:
            seen = select(Case.id).where(access.rule(actor_for(worker), "case:read", Case))
            assert case_id not in set(session.scalars(seen))


def test_an_exit_cannot_lie_in_the_future_and_a_hold_must(scheme):
    reference = a_permitted_request(scheme)
    tomorrow = clock.today() + timedelta(days=1)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        for how, facts in (
            ("report_moved", {"happened_on": tomorrow}), ("freeze", {"how_known": "x", "known_on": tomorrow}),
            ("hold", {"because": "x", "review_on": clock.today()}), ("withdraw", {"how_told": "By phone"}),
            ("mark_duplicate", {}), ("mark_duplicate", {"same_as": reference}),
        ):  # fmt: skip
            with pytest.raises((RuleBroken, WrongState)):
                stopping.stop(session, actor, request, how, facts)
        assert request.state == S.LANDLORD_PERMISSION
        stopping.stop(session, actor, request, "report_moved", {"happened_on": clock.today()})
        assert (request.state, request.moved_out_on) == (S.MOVED, clock.today())


def test_of_a_death_nothing_is_disposed_of(scheme):
    reference = a_permitted_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, reference)
        stopping.stop(session, actor, request, "report_died", {"happened_on": clock.today()})
        assert request.legal_hold
        assert request.state == S.DIED
    assert scheme.idva.id in told(scheme, Template.SCHEME_STOPPED)


def test_your_work_names_the_step_that_waits_and_what_is_still_to_be_written_down(scheme):
    sent, calm = a_sent_request(scheme, has_keys="yes"), a_permitted_request(scheme)
    put_at(scheme, calm, S.APPROVAL)
    with scheme.work(scheme.officer) as session:
        actor, request = found(session, scheme, sent)
        triage.begin(session, actor, request)
        approvals.note_spoken(
            session, actor, request, approver_id=scheme.manager.id, amount_pence=9000, because="Lock change tonight"
        )
        work = today.your_work(session, actor)
        assert f"Triage: request {sent}" in [row.text for rows in work.sections.values() for row in rows]
        facts = {"because": "In hospital", "review_on": clock.today() + timedelta(days=5)}
        stopping.stop(session, actor, request, "hold", facts)
        assert sent not in [line.reference for line in board.list_waiting(session, actor)], "not before its day"
        request.review_on = clock.today()
        session.flush()
        assert sent in [line.reference for line in board.list_waiting(session, actor)]
    with scheme.work(scheme.manager) as session:
        texts = [
            row.text for rows in today.your_work(session, actor_for(scheme.manager)).sections.values() for row in rows
        ]
        assert f"Approval: request {calm}" in texts
        assert f"Write down what you approved: request {sent}" in texts
