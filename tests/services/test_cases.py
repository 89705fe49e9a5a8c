"""Cases: who sees which, what a page holds for whom, and what is recorded there (DA-1, DA-3, DA-4, DA-12, DA-14)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit, StepUpNeeded
from marac.models import AuditEntry, Case, ContactMethod, Deadline, Referral
from marac.services.casework import case_page, case_tabs, cases, revealing, safe_contact
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import finding
from marac.services.referring import incidents
from marac.services.referring.incidents import Incident
from marac.vocabulary import CaseState, InvolvementBasis, ReferralKind, ReferralState, RevealReason, Role, SafeToUse
from tests.builders import a_user, actor_for
from tests.builders_cases import HIDDEN, a_full_case, a_story, involve, messages
from tests.builders_panels import a_wall


def test_a_case_is_not_there_for_an_agency_that_is_not_involved(house):
    story = a_story(house)
    with story.work(story.stranger) as session:
        with pytest.raises(NotFound):
            cases.get_case(session, actor_for(story.stranger), story.reference)
        assert cases.list_cases(session, actor_for(story.stranger)).total == 0


def test_a_case_is_not_there_for_somebody_walled_off_from_it(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        a_wall(session, story.case_id, story.housing)
    with story.work(story.housing) as session, pytest.raises(NotFound):
        cases.get_case(session, actor_for(story.housing), story.reference)


def test_a_joined_case_leads_to_the_case_it_was_joined_to(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        joined = a_full_case(session, house, state=CaseState.MERGED, merged_into_id=story.case_id)
        involve(session, joined, "housing_options", InvolvementBasis.LISTED)
        reference = joined.reference
    with story.work(story.housing) as session:
        found = cases.get_case(session, actor_for(story.housing), reference.lower())
        assert found.id == story.case_id


def test_a_list_goes_on_after_the_fiftieth_case_and_names_each_once(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        for number in range(52):
            a_full_case(session, house, opened_on=clock.today() - timedelta(days=number // 10), name=f"Person {number}")
    with story.work(story.coordinator) as session:
        actor = actor_for(story.coordinator)
        first = cases.list_cases(session, actor)
        second = cases.list_cases(session, actor, after=first.next_after)
    assert (len(first.rows), len(second.rows), first.total, second.next_after) == (50, 3, 53, "")
    assert len({row.reference for row in (*first.rows, *second.rows)}) == 53
    assert all(row.name for row in first.rows)


def test_a_list_says_what_is_open_and_filters_by_stage_and_flag(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        a_full_case(session, house, state=CaseState.RECEIVED, flag_until_on=None)
    with story.work(story.coordinator) as session:
        actor = actor_for(story.coordinator)
        (row,) = cases.list_cases(session, actor, flagged=True).rows
        assert (row.reference, row.name, row.open_actions, row.flagged) == (story.reference, "Amina Begum", 1, True)
        assert [one.state for one in cases.list_cases(session, actor, state=CaseState.RECEIVED).rows] == [
            CaseState.RECEIVED
        ]


def test_a_name_stays_shut_at_a_stage_that_does_not_open_it(house):
    story = a_story(house, state=CaseState.CLOSED)
    with story.work(story.housing) as session:
        (row,) = cases.list_cases(session, actor_for(story.housing)).rows
        case = story.case(session)
        head = case_page.case_page(session, actor_for(story.housing), case)
        assert (row.name, head.name, head.feared, head.flags) == ("", "", "", head.flags)
        assert case_page.people_of(session, actor_for(story.housing), case, head) == ()


def test_the_head_of_a_case_says_who_what_stops_and_how_to_contact_safely(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        actor, case = actor_for(story.housing), story.case(session)
        head = case_page.case_page(session, actor, case)
    assert (head.name, head.feared, head.idva, head.children) == ("Amina Begum", "Karim Uddin, husband", "Solace", 1)
    assert [text for kind, text in head.flags if kind == "stop"] == ["Do not phone.", "Address confidential"]
    assert not head.contact.stale
    assert {way.channel.value: way.answer for way in head.contact.ways}["visit"] is SafeToUse.NOT_ASKED


def test_safe_contact_older_than_28_days_is_to_be_checked_before_use(house):
    story = a_story(house)
    with unit_of_work(house, actor_for(story.idva)) as session:
        actor, case = actor_for(story.idva), story.case(session)
        case_page.case_page(session, actor, case)
        session.get_one(ContactMethod, story.contact_id).checked_on = clock.today() - timedelta(days=29)
    with story.work(story.housing) as session:
        assert case_page.case_page(session, actor_for(story.housing), story.case(session)).contact.stale


def test_no_answer_of_a_page_holds_a_masked_value_for_anybody(house):
    story = a_story(house)
    for worker in (story.housing, story.idva, story.coordinator, story.chair):
        with story.work(worker) as session:
            actor, case = actor_for(worker), story.case(session)
            head = case_page.case_page(session, actor, case)
            told = case_page.summary(session, actor, case, head)
            people = case_page.people_of(session, actor, case, head)
            page = repr((head, told, people))
        assert [value for value in HIDDEN if value in page] == []
        assert "Low Yard" in page, "where the alleged perpetrator lives is shown"


def test_the_last_digits_show_only_to_those_for_whom_contact_opens(house):
    story = a_story(house)
    shown = {}
    for worker in (story.housing, story.idva):
        with story.work(worker) as session:
            actor, case = actor_for(worker), story.case(session)
            head = case_page.case_page(session, actor, case)
            shown[worker.role] = case_page.summary(session, actor, case, head).masks[1].text
    assert shown == {Role.REPRESENTATIVE: "Hidden", Role.IDVA: "Ends 123"}


def test_a_reveal_shows_one_value_with_the_rules_and_is_recorded(house):
    """DA-4: only with a reason; in the history of the case."""
    story = a_story(house)
    asked_as = f"address-{story.address_id.hex}"
    with story.work(story.housing) as session:
        actor, case = actor_for(story.housing), story.case(session)
        shown = revealing.reveal(session, actor, case, asked_as, RevealReason.SAFETY_PLANNING)
        assert shown.lines == ("17", "Quarry Rise", "E1 9ZZ")
        assert shown.rules is not None
    with story.work(story.coordinator) as session:
        actor, case = actor_for(story.coordinator), story.case(session)
        head = case_page.case_page(session, actor, case)
        lines = case_tabs.history(session, actor, case, head)
        assert ("Hana Reed", "location:revealed", "address, safety planning") in [
            (one.who, one.tag, one.detail) for one in lines
        ]
    with story.work(story.housing) as session:
        assert revealing.last_reason(session, actor_for(story.housing), story.case(session)) == "safety_planning"


def test_a_reveal_needs_a_second_factor_just_now_and_a_reason_in_words_for_something_else(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        case, asked_as = story.case(session), f"address-{story.address_id.hex}"
        with pytest.raises(StepUpNeeded):
            revealing.reveal(
                session, actor_for(story.housing, stepped_up_at=None), case, asked_as, RevealReason.AT_PANEL
            )
        with pytest.raises(RuleBroken):
            revealing.reveal(session, actor_for(story.housing), case, asked_as, RevealReason.OTHER)


def test_a_number_that_is_not_safe_to_use_stays_hidden_from_all_but_who_keeps_the_rules(house):
    """DA-14."""
    story = a_story(house, contacts_victim=True)
    asked_as = f"email-{story.contact_id.hex}"
    with story.work(story.housing) as session, pytest.raises(RuleBroken, match="not safe"):
        revealing.reveal(session, actor_for(story.housing), story.case(session), asked_as, RevealReason.AGREED_CONTACT)
    with story.work(story.idva) as session:
        shown = revealing.reveal(
            session, actor_for(story.idva), story.case(session), asked_as, RevealReason.AGREED_CONTACT
        )
        assert shown.lines == ("amina@example.net",)


@pytest.mark.parametrize("asked_as", ["address-zz", "address-" + "0" * 32, "full_name-" + "0" * 32, "address"])
def test_nothing_else_can_be_asked_for(house, asked_as):
    story = a_story(house)
    with story.work(story.housing) as session, pytest.raises(NotFound):
        revealing.showable(session, actor_for(story.housing), story.case(session), asked_as)


def test_nothing_is_revealed_from_another_case(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        other = a_full_case(session, house, name="Siobhan Doyle")
        involve(session, other, "housing_options", InvolvementBasis.LISTED)
        other_id = other.id
    with story.work(story.housing) as session:
        case, asked_as = session.get_one(Case, other_id), f"address-{story.address_id.hex}"
        with pytest.raises(NotFound):
            revealing.reveal(session, actor_for(story.housing), case, asked_as, RevealReason.AT_PANEL)


def test_the_idva_keeps_safe_contact_and_her_first_contact_is_noted(house):
    """DA-13, DA-14."""
    story = a_story(house)
    with story.work(story.housing) as session:
        incidents.report_incident(session, actor_for(story.housing), story.case(session), Incident("He phoned."))
    with story.work(story.idva) as session:
        actor, case = actor_for(story.idva), story.case(session)
        contact = session.get_one(ContactMethod, story.contact_id)
        typed = {"rules": {"visit": {"answer": "yes", "detail": ""}}, "through": "", "phone": "07700 900456"}
        safe_contact.update_safe_contact(session, actor, case, version=contact.version_id, **typed)
    with story.work(story.idva) as session:
        head = case_page.case_page(session, actor_for(story.idva), story.case(session))
        assert head.contact.usable(head.contact.ways[-2].channel)
        assert head.contact.checked_by == "Ruth Lowe, Solace"
        rule = Deadline.rule == "idva_first_contact"
        assert [one.met_at is not None for one in session.scalars(select(Deadline).where(rule))] == [True]


def test_safe_contact_is_not_every_agencys_to_change_nor_the_chairs(house):
    story = a_story(house)
    for worker in (story.housing, story.chair):
        with story.work(worker) as session, pytest.raises(NotAllowed):
            safe_contact.update_safe_contact(session, actor_for(worker), story.case(session), rules={})


def test_wishes_are_kept_in_their_words_and_a_stale_page_does_not_overwrite_them(house):
    story = a_story(house)
    with story.work(story.idva) as session:
        case, actor = story.case(session), actor_for(story.idva)
        version = case.version_id
        cases.record_wishes(session, actor, case, wishes="I want to stay in my home.", version=version)
        assert case.wishes_by == "Ruth Lowe, Solace"
    with story.work(story.coordinator) as session, pytest.raises(StaleEdit):
        cases.record_wishes(session, actor_for(story.coordinator), story.case(session), wishes="Else", version=version)
    with story.work(story.housing) as session, pytest.raises(NotAllowed):
        cases.record_wishes(session, actor_for(story.housing), story.case(session), wishes="Else")


def test_any_member_tells_of_a_further_incident_and_it_is_a_repeat_referral_in_the_same_case(house):
    """DA-12: no fresh threshold test; the coordinator is told at once."""
    story = a_story(house)
    with story.work(story.housing) as session:
        case = story.case(session)
        told = Incident(
            "He waited at the school.", clock.today(), contact_still_safe="no", contact_note="He has her phone."
        )
        referral = incidents.report_incident(session, actor_for(story.housing), case, told)
        assert (referral.kind, referral.state, referral.case_id) == (
            ReferralKind.REPEAT,
            ReferralState.SUBMITTED,
            case.id,
        )
        assert referral.decide_by_at is not None
    told = {message.user_id for message in messages(house)}
    assert {story.coordinator.id, story.idva.id} <= told
    with story.work(story.coordinator) as session:
        actor, case = actor_for(story.coordinator), story.case(session)
        head = case_page.case_page(session, actor, case)
        (account,) = case_tabs.accounts(session, actor, case, head)
        assert account.what_happened == "He waited at the school."
        assert "He has her phone." in account.why_now


def test_an_incident_after_the_twelve_months_is_a_new_referral_instead(house):
    story = a_story(house, state=CaseState.LAPSED)
    with story.work(story.housing) as session, pytest.raises(RuleBroken, match="new referral"):
        incidents.report_incident(session, actor_for(story.housing), story.case(session), Incident("x"))
    with house.reader() as session:
        assert session.scalars(select(Referral)).all() == []


def test_a_search_finds_by_name_alias_spelling_date_and_reference_among_visible_cases_only(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        a_full_case(session, house, name="Aminah Begom")
    with story.work(story.housing) as session:
        actor = actor_for(story.housing)
        assert [one.name for one in finding.find(session, actor, name="begum amina")] == ["Amina Begum"]
        assert [one.name for one in finding.find(session, actor, name="Mina")] == ["Amina Begum"]
        assert [one.name for one in finding.find(session, actor, name="Ameena Begum")] == ["Amina Begum"]
        assert len(finding.find(session, actor, reference=story.reference)) == 3
        assert finding.find(session, actor, name="Zofia") == ()
        with pytest.raises(RuleBroken):
            finding.find(session, actor)
    with story.work(story.coordinator) as session:
        both = finding.find(session, actor_for(story.coordinator), name="Amina Begum")
        assert [one.name for one in both] == ["Amina Begum", "Aminah Begom"]
    with story.work(story.stranger) as session:
        assert finding.find(session, actor_for(story.stranger), name="Amina") == ()


def test_a_search_is_audited_without_what_was_typed(house):
    story = a_story(house)
    with story.work(story.coordinator) as session:
        finding.find(session, actor_for(story.coordinator), name="Amina")
    with house.reader() as session:
        (body,) = session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "case:searched"))
    assert "Amina" not in body
    assert '"terms":["name"]' in body


def test_who_looked_is_whole_for_the_coordinator_and_ones_own_agency_for_others(house):
    """DA-3."""
    story = a_story(house)
    for worker in (story.housing, story.idva):
        with story.work(worker) as session:
            case_page.case_page(session, actor_for(worker), story.case(session), page="people")
    seen = {}
    for worker in (story.coordinator, story.housing):
        with story.work(worker) as session:
            actor, case = actor_for(worker), story.case(session)
            head = case_page.case_page(session, actor, case)
            lines = case_tabs.history(session, actor, case, head)
            seen[worker.role] = {one.who for one in lines if one.tag == "case:read"}
    assert seen[Role.COORDINATOR] >= {"Hana Reed", "Ruth Lowe"}
    assert seen[Role.REPRESENTATIVE] == {"Hana Reed"}


def test_another_agencys_action_is_only_its_agency_and_status(house):
    """DA-31."""
    story = a_story(house)
    with unit_of_work(house) as session:
        police = a_user(session, house, Role.REPRESENTATIVE, "met_police_da")
        involve(session, story.case(session), "met_police_da", InvolvementBasis.LISTED)
    texts = {}
    for worker in (police, story.housing, story.idva, story.coordinator):
        with story.work(worker) as session:
            actor, case = actor_for(worker), story.case(session)
            head = case_page.case_page(session, actor, case)
            (line,) = case_tabs.actions(session, actor, case, head)
            texts[worker.id] = line.text
    assert texts[police.id] == ""
    assert {texts[worker.id] for worker in (story.housing, story.idva, story.coordinator)} == {"Change the locks"}


def test_a_restricted_case_is_there_for_named_people_only(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        session.execute(update(Case.__table__).values(restricted=True))
    with story.work(story.coordinator) as session, pytest.raises(NotFound):
        cases.get_case(session, actor_for(story.coordinator), story.reference)
