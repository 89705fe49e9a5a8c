"""A partnership's own tools, wording and numbers: dated, versioned, loaded without code, never edited (DA-6 to 9)."""

from datetime import date, timedelta

import pytest
import time_machine
import yaml
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Assessment, AuditEntry, ChecklistDefinition, Referral
from marac.services.casework import assessments, case_page, risk_tools
from marac.services.casework.references import new_reference
from marac.services.casework.risk_history import compare, due_again, lines_of, list_assessments
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import found_partnership, set_rule
from marac.services.referring import referral_tasks, referrals
from marac.vocabulary import CaseState, InvolvementBasis, ReferralKind, ReferralState, Role
from marac.workflows.checklists import CHECKLISTS
from marac.workflows.local_rules import LocalRule
from tests.builders import DA, a_partnership, a_referral, a_submitted_referral, a_user, actor_for, dash
from tests.builders_cases import a_story, an_assessment, involve

TODAY = date(2026, 3, 2)
TOOL = {
    "id": "merit", "tool_key": "merit", "version": "1.0", "name": "MeRIT", "publisher": "An invented publisher",
    "licence_note": "Invented for a test.", "effective_from": "2026-01-01", "panels": ["da_marac"],
    "scoring": {"rule": "weighted_sum", "maximum": 5},
    "items": [
        {"number": 1, "key": "often", "label": "How often", "type": "single", "maximum": 3,
         "options": [{"key": "never", "label": "Never", "score": 0}, {"key": "daily", "label": "Daily", "score": 3},
                     {"key": "not_known", "label": "Not known", "score": None}]},
        {"number": 2, "key": "how", "label": "In which ways", "type": "multi", "maximum": 2,
         "options": [{"key": "a", "label": "Shouting", "score": 1}, {"key": "b", "label": "Blocking", "score": 1}]},
    ],
    "thresholds": [{"key": "visible_high_risk", "operator": ">=", "value": 4, "effective_from": "2026-01-01",
                    "confirmed": False}],
}  # fmt: skip
WORDING = {
    "wording_of": "dash_ric", "of_version": "1.0", "version": "1.0-words", "effective_from": "2026-02-01",
    "licence_note": "Loaded with permission.", "acknowledgement": "With thanks to an invented publisher.",
    "text": {number: f"Full wording of question {number}?" for number in range(1, 25)},
}  # fmt: skip


@pytest.fixture
def worker(house):
    with unit_of_work(house) as session:
        return actor_for(a_user(session, house, Role.IDVA, "solace"))


def as_file(page):
    return yaml.safe_dump(page, allow_unicode=True).encode()


def load(house, page):
    with unit_of_work(house) as session:
        return risk_tools.load_tool(session, access.system(a_partnership(session).id), as_file(page))


def set_value(house, name, value, since):
    with unit_of_work(house) as session:
        set_rule(session, a_partnership(session).id, DA, LocalRule(name, value, True, "default", "", since))


def tools(session, on=TODAY):
    return {tool.id: tool for tool in risk_tools.tools_for(session, a_partnership(session).id, DA, on)}


# --- loading -------------------------------------------------------------------------------------------------------


def test_a_whole_new_tool_is_loaded_and_offered_without_code_da_8(house):
    tool, is_new = load(house, TOOL)
    assert (tool.id, is_new) == ("merit", True)
    with unit_of_work(house) as session:
        assert next(iter(tools(session))) == "dash_ric"
        assert tools(session)["merit"].maximum == 5
        assert "merit" not in tools(session, date(2025, 12, 31)), "it is not there before its date"
        tags = session.scalars(select(AuditEntry.tag)).all()
        assert "checklist:loaded" in tags


def test_a_published_version_is_never_edited_da_8(house):
    load(house, TOOL)
    assert load(house, TOOL)[1] is False, "the same content again changes nothing"
    with pytest.raises(RuleBroken, match="is published and is never edited"):
        load(house, {**TOOL, "name": "MeRIT, improved"})
    with pytest.raises(RuleBroken, match="is published and is never edited"):
        load(house, {**TOOL, "id": "dash_ric", "version": "1.0"})
    with unit_of_work(house) as session:
        assert len(session.scalars(select(ChecklistDefinition)).all()) == 1


def test_a_new_version_follows_the_old_one_from_its_date_da_8(house):
    load(house, TOOL)
    load(house, {**TOOL, "version": "2.0", "effective_from": "2026-06-01"})
    with unit_of_work(house) as session:
        found = [tools(session, on)["merit"].version for on in (date(2026, 5, 31), date(2026, 6, 1))]
        assert found == ["1.0", "2.0"]


def test_official_wording_keeps_items_and_scoring_and_names_its_publisher_da_8(house):
    tool, _ = load(house, WORDING)
    shipped = CHECKLISTS["dash_ric", "1.0"]
    assert [one.key for one in tool.questions] == [one.key for one in shipped.questions]
    assert [one.words for one in tool.questions] == [f"Full wording of question {n}?" for n in range(1, 25)]
    assert tool.question(1).label == shipped.question(1).label
    assert (tool.wording, tool.acknowledgement) == ("Official wording", "With thanks to an invented publisher.")
    assert tool.thresholds == shipped.thresholds
    with unit_of_work(house) as session:
        assert tools(session, date(2026, 1, 31))["dash_ric"].version == "1.0"
        assert tools(session)["dash_ric"].version == "1.0-words"


@pytest.mark.parametrize(
    "change, fault",
    [
        ({"text": {1: "Only one?"}}, "Question 2 has no words."),
        ({"text": {**WORDING["text"], 25: "More?"}}, "There is no question 25 in this tool."),
        ({"text": {**WORDING["text"], 3: ""}}, "Question 3: its words must be text."),
        ({"acknowledgement": ""}, "`acknowledgement` is missing."),
        ({"of_version": "9"}, "must name a tool that is here"),
        ({"scoring": {"rule": "count"}}, "`scoring` is not a part of a wording file."),
        ({"wording_of": "dara", "text": {1: "?"}}, "This tool has no questions here"),
    ],
)
def test_wording_that_does_not_fit_is_refused_with_a_plain_sentence(house, change, fault):
    with pytest.raises(RuleBroken) as refused:
        load(house, {**WORDING, **change})
    assert fault in refused.value.message


def test_a_tool_of_one_partnership_is_not_another_s(house):
    load(house, TOOL)
    with unit_of_work(house) as session:
        other = found_partnership(session, house.keyring, slug="elsewhere", name="Elsewhere")
        assert "merit" not in {tool.id for tool in risk_tools.tools_for(session, other.id, DA, TODAY)}


def test_only_the_console_loads_a_tool(house, worker):
    with unit_of_work(house) as session, pytest.raises(NotAllowed):
        risk_tools.load_tool(session, worker, as_file(TOOL))


def test_the_list_of_tools_says_whose_words_and_how_often_used(house):
    load(house, WORDING)
    story = a_story(house)
    with unit_of_work(house) as session:
        access.open_for("load", story.housing.partnership_id, [story.case_id])
        an_assessment(session, story.case(session))
        lines = risk_tools.list_tools(session, actor_for(story.coordinator))
        found = {(line.tool.id, line.tool.version): line for line in lines}
        assert (found["dash_ric", "1.0"].uses, found["dash_ric", "1.0"].in_force) == (1, False)
        assert (found["dash_ric", "1.0-words"].source, found["dash_ric", "1.0-words"].in_force) == ("Loaded here", True)
        with pytest.raises(NotAllowed):
            risk_tools.list_tools(session, actor_for(story.housing))


# --- local numbers, by their dates ---------------------------------------------------------------------------------


def sent(session, house, actor, yes, criterion, **reason):
    facts = {"criteria": [criterion], **reason}
    return a_submitted_referral(session, house, actor, answers=dash(yes), reason=facts)


def refused(session, house, actor, yes, criterion, **reason):
    with pytest.raises(RuleBroken) as broken:
        sent(session, house, actor, yes, criterion, **reason)
    return broken.value.field


@pytest.mark.parametrize("yes, criterion, accepted", [(13, "visible_high_risk", False), (14, "visible_high_risk", True),
                                                      (14, "professional_judgement", False)])  # fmt: skip
def test_thirteen_is_not_and_fourteen_is_visible_high_risk_and_judgement_never_lowers_it_da_6(
    house, worker, yes, criterion, accepted
):
    with unit_of_work(house, worker) as session:
        if accepted:
            assert sent(session, house, worker, yes, criterion).submitted_at is not None
        else:
            assert refused(session, house, worker, yes, criterion, judgement="Worried. " * 20) == "criteria"


def test_the_number_of_the_score_changes_on_its_day_da_7(house, worker):
    rule = {"checklist": "dash_ric", "operator": ">=", "value": 10}
    set_value(house, "criteria.visible_high_risk", rule, date(2026, 4, 1))
    for on, met in ((date(2026, 3, 31), ()), (date(2026, 4, 1), ("visible_high_risk",))):
        with time_machine.travel(f"{on}T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
            referral = a_referral(session, house, worker, answers=dash(12))
            assert assessments.score_of(session, referral).criteria_met == met


def test_a_referral_is_read_by_the_number_of_the_day_it_was_sent_da_7(house, worker):
    with time_machine.travel("2026-03-31T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
        referral = sent(session, house, worker, 14, "visible_high_risk")
        set_value_in(session, "criteria.visible_high_risk", {"checklist": "dash_ric", "operator": ">=", "value": 20})
        reference = referral.reference
    with time_machine.travel("2026-04-02T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
        referral = referrals.get_referral(session, worker, reference)
        access.open_case(worker, referral.case)
        assert "visible_high_risk" in assessments.score_of(session, referral).criteria_met


def set_value_in(session, name, value):
    rule = LocalRule(name, value, True, "default", "", date(2026, 4, 1))
    set_rule(session, a_partnership(session).id, DA, rule)


@pytest.mark.parametrize(
    "name, value",
    [
        ("criteria.potential_escalation", {"operator": ">=", "value": 5, "window_months": 12}),
        ("criteria.victim_age", {"operator": ">=", "value": 40}),
    ],
)
def test_events_and_age_change_on_their_day_da_7(house, worker, name, value):
    set_value(house, name, value, date(2026, 4, 1))
    for day, accepted in (("2026-03-31", True), ("2026-04-01", False)):
        with time_machine.travel(f"{day}T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
            if accepted:
                assert sent(session, house, worker, 3, "potential_escalation", escalation="3").submitted_at
            else:
                assert refused(session, house, worker, 3, "potential_escalation", escalation="3")


def test_bands_as_in_plymouth_grade_the_count_from_their_day_da_7(house, worker):
    bands = [
        {"key": "standard", "from": 1, "to": 9},
        {"key": "medium", "from": 10, "to": 13},
        {"key": "high", "from": 14},
    ]
    set_value(house, "risk_tools.bands", bands, date(2026, 4, 1))
    for day, band in (("2026-03-31", None), ("2026-04-01", "medium")):
        with time_machine.travel(f"{day}T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
            referral = a_referral(session, house, worker, answers=dash(12))
            assert assessments.score_of(session, referral).band == band
            assert assessments.assessment_of(session, referral).tool_grade == band


def test_a_stand_alone_trigger_as_in_plymouth_suffices_whatever_the_count_da_7(house, worker):
    set_value(house, "risk_tools.stand_alone_triggers", ["breathing"], date(2026, 4, 1))
    one = {**dash(0), "15": {"answer": "yes", "comment": "In May"}}
    for day, met in (("2026-03-31", ()), ("2026-04-01", ("visible_high_risk",))):
        with time_machine.travel(f"{day}T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
            found = assessments.score_of(session, a_referral(session, house, worker, answers=one))
            assert (found.score, found.criteria_met) == (1, met)


def test_a_further_way_in_as_in_kent_is_offered_from_its_day_and_is_enough_da_6_da_7(house, worker):
    way = {"key": "suicide_or_self_harm", "label": "Suicide or self-harm"}
    set_value(house, "criteria.extra", [way], date(2026, 4, 1))
    for day, number in (("2026-03-31", 4), ("2026-04-01", 5)):
        with time_machine.travel(f"{day}T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
            referral = a_referral(session, house, worker)
            assert len(risk_tools.ways_in(session, referral)) == number
    with time_machine.travel("2026-04-01T12:00:00Z", tick=False), unit_of_work(house, worker) as session:
        assert sent(session, house, worker, 3, "suicide_or_self_harm").submitted_at is not None


@pytest.mark.parametrize("age, tool", [(15, None), (16, "young_people_dash"), (17, "young_people_dash"), (18, None)])
def test_the_young_people_s_tool_is_suggested_at_16_and_17(house, worker, age, tool):
    with unit_of_work(house, worker) as session:
        referral = a_referral(session, house, worker, victim={"born_on": None, "approximate_age": age})
        found = assessments.suggested_tool(session, referral)
        assert (found.id if found else None) == tool


# --- several tools on one referral ---------------------------------------------------------------------------------


def save(session, actor, referral, **typed):
    return referral_tasks.save_task(session, actor, referral, "risk", typed)


def test_the_stalking_screen_stands_beside_the_dash_and_never_hides_it_da_8(house, worker):
    with unit_of_work(house, worker) as session:
        referral = a_referral(session, house, worker, answers=dash(14))
        save(session, worker, referral, checklist="s_dash", answers={"1": {"answer": "yes"}})
        assert {one.checklist for one in assessments.of_referral(session, referral)} == {"dash_ric", "s_dash"}
        found = assessments.score_of(session, referral)
        assert (found.score, found.criteria_met) == (14, ("visible_high_risk",))


@pytest.mark.parametrize(
    "checklist, answers, came_to",
    [
        ("police_dash", {"score": 9, "grade": "medium", "supervisor_grade": "high", "force_area": "Met, Tower Hamlets",
                         "answers_supplied": "no"}, (9, "high", ("visible_high_risk",))),
        ("police_dash", {"score": 20, "grade": "medium"}, (20, "medium", ())),
        ("dara", {"grade": "high"}, (None, "high", ("visible_high_risk",))),
        ("young_people_dash", {"score": 14}, (14, "high", ("visible_high_risk",))),
        ("young_people_dash", {"score": 13}, (13, None, ())),
        ("other_tool", {"tool_name": "MeRIT", "score": 71, "grade": "medium"}, (71, "medium", ())),
    ],
)  # fmt: skip
def test_a_result_without_its_answers_is_taken_as_it_is_da_8(house, worker, checklist, answers, came_to):
    with unit_of_work(house, worker) as session:
        facts = {"risk": {"checklist": checklist, "answers": answers}}
        referral = a_referral(session, house, worker, **facts, reason={"criteria": ["repeat"]})
        one = assessments.assessment_of(session, referral)
        assert (one.score, one.tool_grade, tuple(one.criteria_met)) == came_to
        assert assessments.score_of(session, referral).unanswered == ()


def test_judgement_raises_with_a_reason_and_never_lowers_da_6(house, worker):
    with unit_of_work(house, worker) as session:
        referral = a_referral(session, house, worker, answers=dash(14))
        low = {
            "checklist": "dash_ric",
            "answers": dash(14),
            "professional_grade": "medium",
            "grade_reason": "She is calm",
        }
        with pytest.raises(RuleBroken) as refusal:
            save(session, worker, referral, **low)
        assert refusal.value.field == "professional_grade"
        save(session, worker, referral, **low, for_later=True)
        assert assessments.assessment_of(session, referral).professional_grade is None
        high = {"checklist": "dash_ric", "answers": dash(5), "professional_grade": "high"}
        with pytest.raises(RuleBroken) as refusal:
            save(session, worker, referral, **high)
        assert refusal.value.field == "grade_reason"
        save(session, worker, referral, **high, grade_reason="He has found the refuge")
        one = assessments.assessment_of(session, referral)
        assert (one.tool_grade, one.professional_grade) == (None, "high")


def test_no_checklist_takes_back_every_tool_of_a_draft(house, worker):
    with unit_of_work(house, worker) as session:
        referral = a_referral(session, house, worker)
        save(session, worker, referral, checklist="dara", answers={"grade": "high"})
        save(session, worker, referral, no_checklist=True, checklist="dara")
        assert [one.checklist for one in assessments.of_referral(session, referral)] == ["dash_ric"]
        save(session, worker, referral, no_checklist=True)
        assert assessments.score_of(session, referral) is None


def test_a_draft_keeps_the_version_it_was_begun_with_da_8(house, worker):
    with unit_of_work(house, worker) as session:
        reference = a_referral(session, house, worker).reference
    load(house, WORDING)
    with unit_of_work(house, worker) as session:
        referral = referrals.get_referral(session, worker, reference)
        access.open_case(worker, referral.case)
        assert assessments.tool_to_fill(session, referral, "").version == "1.0"
        assert assessments.tool_to_fill(session, referral, "police_dash").version == "1.0"
        with pytest.raises(RuleBroken):
            assessments.tool_to_fill(session, referral, "asb_ram")


# --- a case: several assessments, kept and compared ----------------------------------------------------------------


@pytest.fixture
def story(house):
    told = a_story(house)
    with unit_of_work(house) as session:
        access.open_for("load", told.housing.partnership_id, [told.case_id])
        involve(session, told.case(session), "housing_options", InvolvementBasis.REFERRED)
    return told


def add(story, who, yes=5, **typed):
    with story.work(who) as session:
        case = story.case(session)
        facts = {"answers": dash(yes), **typed}
        return assessments.add_assessment(session, actor_for(who), case, typed.pop("checklist", "dash_ric"), facts).id


def history(session, story, who):
    actor, case = actor_for(who), story.case(session)
    return list_assessments(session, actor, case, case_page.case_page(session, actor, case, page="risk"))


def test_idva_coordinator_and_the_referring_agency_assess_again_and_nobody_else(story):
    for who in (story.idva, story.coordinator, story.housing):
        add(story, who)
    for who, refusal in ((story.chair, NotAllowed), (story.stranger, NotFound)):
        with story.work(who) as session, pytest.raises(refusal):
            assessments.add_assessment(session, actor_for(who), story.case(session), "dash_ric", {"answers": dash(5)})
    with story.work(story.idva) as session:
        found = history(session, story, story.idva)
        assert len(found) == 3
        assert {one.by for one in found} == {"Ruth Lowe", "Ade Okafor", "Hana Reed"}


@pytest.mark.parametrize(
    "typed, field",
    [
        ({"answers": {"1": {"answer": "yes"}}}, "risk"),
        ({"answers": dash(14), "professional_grade": "standard"}, "professional_grade"),
        ({"answers": dash(5), "made_on": date(2999, 1, 1)}, "made_on"),
        ({"answers": {"99": {"answer": "yes"}}}, "99"),
        ({"answers": {"1": {"answer": ["yes"]}}}, "1"),
    ],
)
def test_an_assessment_added_to_a_case_is_whole_and_keeps_the_rules_da_6_da_9(story, typed, field):
    with story.work(story.idva) as session, pytest.raises(RuleBroken) as refusal:
        assessments.add_assessment(session, actor_for(story.idva), story.case(session), "dash_ric", typed)
    assert refusal.value.field == field


def test_a_case_that_is_over_is_not_assessed_again(house):
    told = a_story(house, state=CaseState.LAPSED)
    with told.work(told.coordinator) as session:
        assert not assessments.may_add(actor_for(told.coordinator), told.case(session))
    with pytest.raises(RuleBroken):
        add(told, told.coordinator)


def test_two_of_one_version_are_set_side_by_side_with_what_changed(story):
    first, second = add(story, story.idva, 5, made_on=TODAY), add(story, story.idva, 7)
    with story.work(story.coordinator) as session:
        found = history(session, story, story.coordinator)
        both = compare(found, [second.hex, first.hex])
        assert (both.earlier.score, both.later.score) == (5, 7)
        assert [question.number for question, *_ in both.changed] == [6, 7]
        assert [len(line) for line in lines_of(found)] == [2]


@pytest.mark.parametrize("checklist, answers", [("s_dash", {str(n): {"answer": "no"} for n in range(1, 12)}),
                                                ("police_dash", {"score": 5})])  # fmt: skip
def test_different_tools_are_never_compared_nor_put_on_one_line(story, checklist, answers):
    first = add(story, story.idva)
    other = add(story, story.idva, checklist=checklist, answers=answers)
    with story.work(story.idva) as session:
        found = history(session, story, story.idva)
        for picked in ([first.hex, other.hex], [first.hex], [first.hex, "no such id"], []):
            with pytest.raises(RuleBroken):
                compare(found, picked)
        assert lines_of(found) == ()


def test_an_assessment_is_shown_by_the_version_it_was_made_with_da_8(house, story):
    add(story, story.idva)
    load(house, WORDING)
    add(story, story.idva)
    with story.work(story.idva) as session:
        later, earlier = history(session, story, story.idva)
        assert (earlier.version, later.version) == ("1.0", "1.0-words")
        assert earlier.tool.question(1).words != later.tool.question(1).words
        with pytest.raises(RuleBroken):
            compare((later, earlier), [earlier.id.hex, later.id.hex])


def test_the_snapshot_stays_when_the_local_number_changes(house, story):
    add(story, story.idva, 12)
    rule = {"checklist": "dash_ric", "operator": ">=", "value": 10}
    set_value(house, "criteria.visible_high_risk", rule, clock.today())
    with story.work(story.idva) as session:
        (one,) = session.scalars(select(Assessment)).all()
        access.open_case(actor_for(story.idva), story.case(session))
        assert (one.score, tuple(one.criteria_met), one.tool_grade) == (12, (), None)


def due(story):
    with story.work(story.idva) as session:
        return due_again(session, story.case(session), history(session, story, story.idva))


def test_eight_weeks_later_the_risk_is_to_be_assessed_again_and_the_weeks_are_a_dated_setting_da_7(house, story):
    add(story, story.idva, made_on=clock.today() - timedelta(days=55))
    assert due(story) is None
    set_value(house, "risk_tools.reassess_weeks", 4, clock.today())
    found = due(story)
    assert (found.weeks, found.after_incident) == (4, False)


def test_a_further_incident_asks_for_a_new_assessment_at_once(story):
    add(story, story.idva, made_on=clock.today() - timedelta(days=1))
    with story.work(story.housing) as session:
        referral = a_repeat(session, story)
        assert referral.kind == "repeat"
    assert due(story).after_incident is True
    add(story, story.idva)
    assert due(story) is None


def a_repeat(session, story):
    actor = actor_for(story.housing)
    access.open_case(actor, story.case(session))
    facts = {"partnership_id": actor.partnership_id, "case_id": story.case_id, "programme": DA}
    referral = Referral(
        **facts, reference=new_reference(session), state=ReferralState.SUBMITTED, kind=ReferralKind.REPEAT,
        agency_id=actor.agency_id, user_id=actor.user_id, started_at=clock.now(), submitted_at=clock.now(),
    )  # fmt: skip
    session.add(referral)
    session.flush()
    return referral
