"""Flag and tag: asked, confirmed with a receipt, chased, lifted after twelve months, kept where safer (DA-32)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, RuleBroken
from marac.models import Case, Flag, Meeting, Message, Transfer
from marac.services.clockwork import timed
from marac.services.following import escalating, flags
from marac.services.keeping.deployment import unit_of_work
from marac.services.live import running
from marac.services.meetings import panels, since_last
from marac.services.minuting import minutes as documents, reading_minutes
from marac.services.transfers import sending
from marac.vocabulary import (
    CaseState,
    DeferralReason,
    FlagState,
    MeetingKind,
    Outcome,
    Role,
    Template,
    TransferDirection,
)
from tests.builders import a_user, actor_for
from tests.builders_panels import a_held_panel, a_meeting, a_published_panel, a_running_panel, a_wall, hear


@pytest.fixture
def panel(house):
    return a_held_panel(house)


def issue(panel):
    """The minutes go out, so that the flag is live."""
    with panel.work(panel.coordinator) as session:
        held = reading_minutes.get_minutes(session, actor_for(panel.coordinator), panel.meeting(session))
        documents.submit_minutes(session, actor_for(panel.coordinator), held)
    with panel.work(panel.chair) as session:
        documents.approve_minutes(
            session,
            actor_for(panel.chair),
            reading_minutes.get_minutes(session, actor_for(panel.chair), panel.meeting(session)),
        )
    with panel.work(panel.coordinator) as session:
        documents.issue_minutes(
            session,
            actor_for(panel.coordinator),
            reading_minutes.get_minutes(session, actor_for(panel.coordinator), panel.meeting(session)),
        )


def confirm_all(panel, worker):
    actor = actor_for(worker)
    with panel.work(worker) as session:
        return flags.confirm_flags(session, actor, [row.id for row in flags.list_flags(session, actor)])


def test_every_agency_of_the_case_is_asked_when_it_is_heard_and_its_receipt_says_who_and_when_da_32(panel):
    police = actor_for(panel.police)
    with panel.work(panel.coordinator) as session:
        asked = set(session.scalars(select(Flag.agency_id).where(Flag.case_id == panel.case_ids[0])))
        assert {panel.police.agency_id, panel.housing.agency_id} <= asked
    assert confirm_all(panel, panel.police) == 1
    with panel.work(panel.police) as session:
        assert flags.list_flags(session, police) == ()
        (receipt,) = flags.list_receipts(session, police)
        assert (receipt.done, receipt.by) == ("Added", "Paul Grey")
        assert clock.to_london(receipt.at).date() == clock.today()
    with panel.work(panel.housing) as session:
        assert flags.list_receipts(session, actor_for(panel.housing)) == [], "another agency's receipts are its own"


def test_the_monthly_list_names_the_marks_that_end_in_the_month_da_32(panel):
    confirm_all(panel, panel.police)
    police = actor_for(panel.police)
    with panel.work(panel.police) as session:
        ends = session.scalar(select(Flag.lift_on).where(Flag.agency_id == panel.police.agency_id))
        (row,) = flags.list_lifting(session, police, ends)
        assert (row.lift_on, row.state) == (ends, FlagState.ADDED)
        assert flags.list_lifting(session, police, ends.replace(day=1) - timedelta(days=1)) == ()
    first = datetime(ends.year, ends.month, 1, 9, tzinfo=UTC)
    system = access.system(panel.coordinator.partnership_id)
    with time_machine.travel(first, tick=False), unit_of_work(panel.house, system) as session:
        assert flags.send_monthly(session, system) >= 1
        assert flags.send_monthly(session, system) == 0, "once a month"


def test_the_coordinator_sees_agencies_by_what_is_outstanding_and_chases_them_da_32(panel):
    coordinator = actor_for(panel.coordinator)
    confirm_all(panel, panel.police)
    with time_machine.travel(clock.now() + timedelta(days=5), tick=False), panel.work(panel.coordinator) as session:
        rows = {row.agency_id: row for row in flags.list_standings(session, coordinator)}
        police, housing = rows[panel.police.agency_id], rows[panel.housing.agency_id]
        assert (police.to_add, police.on_file, police.overdue) == (0, 1, 0)
        assert (housing.to_add, housing.on_file, housing.overdue) == (1, 0, 1)
        assert flags.chase(session, coordinator, [panel.housing.agency_id]) == 1
        with pytest.raises(RuleBroken):
            flags.chase(session, coordinator, [panel.police.agency_id])
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        flags.list_standings(session, actor_for(panel.police))


def test_a_wall_takes_a_case_out_of_the_counts(panel):
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.coordinator)
    with panel.work(panel.coordinator) as session:
        assert flags.list_standings(session, actor_for(panel.coordinator)) == []


def test_what_nobody_confirms_goes_up_the_ladder_of_the_local_rules_once_each_da_32(panel):
    with unit_of_work(panel.house) as session:
        manager = a_user(session, panel.house, Role.SERVICE_MANAGER, "vawg_team")
        lead = a_user(session, panel.house, Role.AGENCY_ADMIN, "housing_options")
    system = access.system(panel.coordinator.partnership_id)

    def told(days):
        with (
            time_machine.travel(clock.now() + timedelta(days=days), tick=False),
            unit_of_work(panel.house, system) as session,
        ):
            escalating.escalate_flags(session, system)
            assert escalating.escalate_flags(session, system) == 0
            rows = session.execute(select(Message.user_id, Message.template, Message.path))
            late = (Template.FLAG_ASKED, Template.ACTION_ESCALATED)
            return {(row.user_id, row.path) for row in rows if row.template in late}

    def escalated(worker, days):
        with (
            time_machine.travel(clock.now() + timedelta(days=days), tick=False),
            unit_of_work(panel.house, actor_for(worker)) as session,
        ):
            return escalating.list_escalated_flags(session, actor_for(worker))

    assert (panel.housing.id, "/flags") not in told(0)
    assert (panel.housing.id, "/flags") in told(5)
    assert (lead.id, "/escalated") in told(7)
    assert (panel.chair.id, "/flags/agencies") in told(12)
    assert (manager.id, "/escalated") in told(25)
    assert escalated(lead, 3) == ()
    (own,) = escalated(lead, 7)
    assert (own.agency, own.number) == ("Housing options and homelessness prevention", 1)
    assert len(escalated(manager, 25)) > 1, "of every agency"


def test_after_twelve_months_each_agency_is_asked_to_lift_and_confirms_it_da_32(panel):
    confirm_all(panel, panel.police)
    issue(panel)
    system = access.system(panel.coordinator.partnership_id)
    with time_machine.travel(clock.now() + timedelta(days=370), tick=False):
        with unit_of_work(panel.house, system) as session:
            timed.lapse_flags(session, system)
        assert confirm_all(panel, panel.police) == 1
        with panel.work(panel.police) as session:
            assert [one.done for one in flags.list_receipts(session, actor_for(panel.police))] == ["Lifted", "Added"]


def a_sent_case(panel, **facts):
    """Sent to another area, the alleged perpetrator still here."""
    with panel.work(panel.coordinator) as session:
        access.open_for("load", panel.coordinator.partnership_id, [panel.case_ids[0]])
        session.add(Transfer(
            partnership_id=panel.coordinator.partnership_id, case_id=panel.case_ids[0], packet_id=panel.meeting_id,
            direction=TransferDirection.OUT, digest=bytes(32), made_at=clock.now(), made_by_id=panel.coordinator.id,
            keeps_flag=True, area_name="Leeds", **facts,
        ))  # fmt: skip


def test_the_flag_stays_while_the_alleged_perpetrator_still_lives_here_da_34(panel):
    confirm_all(panel, panel.police)
    issue(panel)
    a_sent_case(panel)
    system, coordinator = access.system(panel.coordinator.partnership_id), actor_for(panel.coordinator)
    mine = select(Flag.state).where(Flag.agency_id == panel.police.agency_id)
    with time_machine.travel(clock.now() + timedelta(days=370), tick=False):
        with unit_of_work(panel.house, system) as session:
            timed.lapse_flags(session, system)
            assert session.get_one(Case, panel.case_ids[0]).state == CaseState.LAPSED
            assert session.scalar(mine) == FlagState.ADDED
        with panel.work(panel.coordinator) as session:
            sending.has_left(session, coordinator, session.scalars(select(Transfer)).one())
        with unit_of_work(panel.house, system) as session:
            timed.lapse_flags(session, system)
            assert session.scalar(mine) == FlagState.REMOVE_REQUESTED


def test_cases_reaching_twelve_months_stand_on_the_next_agenda_da_32(panel):
    issue(panel)
    coordinator = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        ends = session.get_one(Case, panel.case_ids[0]).flag_until_on
        day = datetime(ends.year, ends.month, ends.day, 9, tzinfo=UTC)
        before, last, after = (a_meeting(session, starts_at=day + timedelta(days=n)) for n in (-20, -6, 8))
        assert flags.lapsing(session, coordinator, before) == []
        (one,) = flags.lapsing(session, coordinator, last)
        assert (one.name, one.until_on) == ("Amina Begum", ends)
        assert flags.lapsing(session, coordinator, after) == []


def test_what_was_put_off_is_listed_at_the_next_meeting_with_its_reason_and_a_death_prompts_a_review_da_35(house):
    panel = a_published_panel(house, cases=2)
    coordinator = actor_for(panel.coordinator)
    facts = {"approved_by": panel.chair.id, "interim_safety": "The IDVA calls daily"}
    with panel.work(panel.coordinator) as session:
        panels.defer_item(
            session,
            coordinator,
            panel.item(session),
            reason="He died on Monday",
            reason_code=DeferralReason.DIED,
            **facts,
        )
        for move in (panels.defer_item, panels.remove_item):
            with pytest.raises(RuleBroken) as refused:
                move(session, coordinator, panel.item(session, 2), reason="She has withdrawn her consent", **facts)
            assert refused.value.field == "reason"
        coming = a_meeting(session, starts_at=clock.now() + timedelta(days=14))
        coming_id = coming.id
        found = since_last.view_since_last(session, coordinator, coming)
        (one,) = found.put_off
        assert (one.reason, one.died, one.interim_safety) == (DeferralReason.DIED.label, True, "The IDVA calls daily")
        assert "Nia Hart" in one.because
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        since_last.view_since_last(session, actor_for(panel.police), session.get_one(Meeting, coming_id))


def test_an_emergency_meeting_is_minuted_the_same_day_and_noted_at_the_next_routine_one(house):
    panel = a_running_panel(house, cases=1)
    coordinator = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        meeting.kind = MeetingKind.EMERGENCY
        running.call_item(session, coordinator, panel.item(session))
        hear(session, coordinator, panel.item(session))
        running.finish_meeting(session, coordinator, meeting)
        assert clock.to_london(meeting.minutes.due_at).date() == clock.to_london(meeting.starts_at).date()
    with panel.work(panel.coordinator) as session:
        coming = a_meeting(session, starts_at=clock.now() + timedelta(days=7))
        (noted,) = since_last.view_since_last(session, coordinator, coming).emergencies
        assert noted.outcome == Outcome.HEARD.label
