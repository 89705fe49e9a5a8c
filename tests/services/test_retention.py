"""DA-48, DP-58: the date of every record by the schedule, moved when it is in use again; holds; who may decide what."""

import json
from datetime import date, timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select

from marac import access, clock
from marac.cli import cli
from marac.crypto import key_ledger
from marac.errors import NotAllowed, NotFound, RuleBroken, StepUpNeeded
from marac.models import (
    AuditEntry,
    Case,
    ErasedFigure,
    ErasureEntry,
    KeptLonger,
    LegalHold,
    NamedPerson,
    Retention,
    SanctuaryRequest,
    Visit,
    WorksOrder,
)
from marac.services import moving
from marac.services.keeping import health
from marac.services.keeping.deployment import unit_of_work
from marac.services.retaining import clocks, erasing, figures, holds, schedule
from marac.services.sanctuary import stopping
from marac.vocabulary import (
    CaseState,
    HoldKind,
    ProgrammeSlug,
    RetentionBasis as B,
    RetentionState,
    Role,
    SanctuaryState as S,
)
from marac.workflows.deadlines import add_months
from tests import builders_retention
from tests.builders import a_user, actor_for
from tests.builders_panels import a_case, a_meeting, a_wall
from tests.builders_retention import approved, decide, years
from tests.builders_sanctuary import a_scheme, put_at
from tests.builders_works import a_signed_off_home


@pytest.fixture(scope="module")
def kept(founded, tmp_path_factory):
    return builders_retention.build(founded, tmp_path_factory.mktemp("kept") / "house")


@pytest.fixture
def house(kept, tmp_path):
    opened = kept.copy(tmp_path / "copy")
    yield opened
    opened.close()


def row_of(session, case_id):
    return session.scalars(select(Retention).where(Retention.case_id == case_id)).one()


def close(session, case, actor):
    moving.advance(session, actor, case, "close", reason="Over", live_actions=0)


def test_closing_sets_the_date_by_the_schedule_and_using_it_again_takes_it_back(house, kept):
    """The youngest child until 25; a joined case goes with the other; a proposal falls when the case is listed."""
    actor, today = actor_for(kept.coordinator), clock.today()
    with unit_of_work(house, actor) as session:
        session.info["house"] = house
        years(session, kept.partnership_id, ProgrammeSlug.DA_MARAC, 6, "not_heard")
        child, alone = a_case(session, house, children=1), a_case(session, house, children=0)
        joined = a_case(session, house, children=0, merged_into_id=alone.id, state=CaseState.MERGED)
        close(session, child, actor)
        close(session, alone, actor)
        found = row_of(session, child.id)
        assert (found.retain_until, found.basis) == (add_months(today, 12 * 18), B.CHILD)
        found = row_of(session, alone.id)
        assert (found.ended_on, found.retain_until, found.basis) == (today, add_months(today, 72), B.NOT_HEARD)
        assert [one.id for one in clocks.family(session, alone)] == [alone.id, joined.id]
        assert session.scalar(select(Retention).where(Retention.case_id == joined.id)) is None
        alone_id, reference = alone.id, alone.reference
    with time_machine.travel(clock.now() + timedelta(days=6 * 366)), unit_of_work(house, actor) as session:
        fresh = actor_for(kept.coordinator)
        schedule.propose(session, fresh, schedule.get_record(session, fresh, reference))
        case = session.get_one(Case, alone_id)
        case.state = CaseState.LAPSED
        meeting = a_meeting(session)
        moving.advance(session, fresh, case, "list", meeting_state=meeting.state, conflict_checked=True,
                       late=False, approved_by=None, reason="", undecided_conflicts=0)  # fmt: skip
        found = row_of(session, alone_id)
        assert (found.state, found.retain_until, found.proposed_by_id) == (RetentionState.COUNTING, None, None)
        with pytest.raises(NotFound):
            schedule.get_record(session, fresh, reference)


def test_the_nightly_count_finds_what_ended_without_a_date_and_follows_the_schedule(house, kept):
    """Lapsed after twelve months counts as ended; a schedule that changed is followed before anything is proposed."""
    system = access.system(kept.partnership_id)
    with unit_of_work(house, system) as session:
        session.info["house"] = house
        days = {"opened_on": date(2020, 1, 1), "last_referral_on": date(2020, 1, 1), "last_heard_on": date(2020, 1, 8)}
        lapsed = a_case(
            session, house, children=0, state=CaseState.LAPSED, flag_until_on=date(2021, 1, 8), **days
        )  # fmt: skip
        lapsed_id, reference = lapsed.id, lapsed.reference
    with unit_of_work(house, system) as session:
        assert erasing.count_dates(session, system) >= 1
        assert row_of(session, lapsed_id).ended_on == date(2021, 1, 8)
        years(session, kept.partnership_id, ProgrammeSlug.DA_MARAC, 50, "closed_case")
    actor = actor_for(kept.coordinator)
    with unit_of_work(house, actor) as session, pytest.raises(RuleBroken, match="date has not come"):
        schedule.propose(session, actor, schedule.get_record(session, actor, reference))


def test_keeping_longer_needs_a_reason_and_a_later_day_and_shows_both(house, kept):
    actor = actor_for(kept.auditor)
    later = clock.today() + timedelta(days=400)
    for until, reason, field in ((None, "x", "kept_until"), (clock.today(), "x", "kept_until"), (later, " ", "reason")):
        with pytest.raises(RuleBroken) as broken:
            decide(house, kept, kept.auditor, schedule.keep_longer, until=until, reason=reason)
        assert broken.value.field == field
    with unit_of_work(house, actor) as session:
        row, stale = schedule.get_record(session, actor, kept.reference), actor_for(kept.auditor, stepped_up_at=None)
        with pytest.raises(StepUpNeeded):
            schedule.keep_longer(session, stale, row, until=later, reason="x")
    decide(house, kept, kept.coordinator, schedule.propose)
    decide(house, kept, kept.auditor, schedule.keep_longer, until=later, reason="A civil claim is expected")
    with unit_of_work(house, actor) as session:
        row = schedule.get_record(session, actor, kept.reference)
        assert (row.state, row.retain_until, row.basis) == (RetentionState.COUNTING, later, B.KEPT_LONGER)
        assert schedule.why_longer(session, actor, row) == [(later, "A civil claim is expected")]
        assert "propose" not in schedule.offered(session, actor, row)
        assert session.scalars(select(KeptLonger)).one().decided_by_id == kept.auditor.id
        assert "civil claim" not in repr(session.scalars(select(AuditEntry.body)).all())


def test_the_list_is_for_who_keeps_the_schedule_and_hides_what_walls_hide(house, kept):
    """Initials and dates; a walled or restricted case is not there; held ones say so."""
    with unit_of_work(house) as session:
        walled = a_user(session, house, Role.COORDINATOR, "vawg_team")
        a_wall(session, kept.case_id, walled)
        officer = a_user(session, house, Role.SYSTEM_ADMIN, "vawg_team")
    for worker, seen in ((kept.coordinator, [kept.reference]), (kept.auditor, [kept.reference]), (walled, [])):
        actor = actor_for(worker)
        with unit_of_work(house, actor) as session:
            found = schedule.list_due(session, actor)
            assert [row.reference for row in found.rows] == seen
            assert [row.initials for row in found.rows] == ["A. B."] * len(seen)
    for worker in (officer, kept.panel.chair, kept.idva):
        with unit_of_work(house) as session, pytest.raises(NotAllowed):
            schedule.list_due(session, actor_for(worker))
    with unit_of_work(house) as session:
        session.get_one(Case, kept.case_id).restricted = True
    with unit_of_work(house) as session:
        assert schedule.list_due(session, actor_for(kept.auditor)).rows == ()
        session.add(NamedPerson(partnership_id=kept.partnership_id, case_id=kept.case_id, user_id=kept.auditor.id))
        session.flush()
        assert len(schedule.list_due(session, actor_for(kept.auditor)).rows) == 1


def test_a_hold_needs_a_reason_and_a_day_and_its_reason_opens_to_few(house, kept):
    actor = actor_for(kept.panel.chair)
    with unit_of_work(house, actor) as session:
        case = session.get_one(Case, kept.other_id)
        usual = {"kind": HoldKind.COMPLAINT, "reason": "Ombudsman", "review_on": clock.today() + timedelta(days=9)}
        for name, value in (("reason", " "), ("review_on", clock.today())):
            with pytest.raises(RuleBroken) as broken:
                holds.place(session, actor, case, **{**usual, name: value})
            assert broken.value.field == name
        hold_id = holds.place(session, actor, case, **usual).id
    with unit_of_work(house) as session:
        found = holds.list_holds(session, actor_for(kept.auditor), session.get_one(Case, kept.other_id))
        assert [(one.id, one.reason) for one in found] == [(hold_id, "Ombudsman")]
        assert [one.id for one in holds.list_live(session, actor_for(kept.auditor))] == [hold_id]
        with pytest.raises(NotAllowed):
            holds.list_live(session, actor_for(kept.idva))
        with pytest.raises(NotFound):
            holds.get_hold(session, actor_for(kept.idva), hold_id)


def test_a_sanctuary_request_has_a_clock_of_its_own_and_takes_its_job_cards_along(house, kept):
    """Measures count while they are fitted; a reported death holds; erasing deletes the works orders' keys too."""
    scheme = a_scheme(house)
    reference = a_signed_off_home(scheme)
    put_at(scheme, reference, S.FOLLOW_UP)
    with unit_of_work(house) as session:
        request = session.scalars(select(SanctuaryRequest).where(SanctuaryRequest.reference == reference)).one()
        case_id, orders = request.case_id, list(session.scalars(select(WorksOrder.id)))
        visits = len(session.scalars(select(Visit.id)).all())
        assert session.get_one(Case, case_id).state == CaseState.RECEIVED
        assert orders
        assert visits
    officer = actor_for(scheme.officer)
    with unit_of_work(house, officer) as session:
        request = session.scalars(select(SanctuaryRequest).where(SanctuaryRequest.reference == reference)).one()
        access.open_request(officer, request)
        stopping.stop(session, officer, request, "report_died", {"happened_on": clock.today()})
        row = row_of(session, case_id)
        assert (row.basis, row.retain_until) == (B.MEASURES, add_months(clock.today(), 12 * 16))
        assert holds.held(session, session.get_one(Case, case_id))
        assert session.scalars(select(LegalHold)).one().kind == HoldKind.DEATH_REVIEW
    with unit_of_work(house) as session:
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team", programme=ProgrammeSlug.SANCTUARY)
        years(session, kept.partnership_id, ProgrammeSlug.SANCTUARY, 0, "measures")
        row_of(session, case_id).retain_until = None
        actor = actor_for(coordinator)
        holds.lift(session, actor, session.scalars(select(LegalHold)).one(), reason="The review is published")
        assert not holds.held(session, session.get_one(Case, case_id))
        row = clocks.refresh(session, session.get_one(Case, case_id), moving.advance)
        row_id, due = row.id, row.retain_until
    keys = [("case", case_id), *(("works", one) for one in orders)]
    assert key_ledger.keys_left(house.keyring.reader, keys) == len(keys)
    with time_machine.travel(add_months(due, 1)):
        with unit_of_work(house) as session:
            row = session.get_one(Retention, row_id)
            row.state, row.erase_on = RetentionState.COOLING, clock.today()
            row.proposed_by_id, row.approved_by_id = kept.coordinator.id, kept.auditor.id
        assert erasing.carry_on(house, kept.partnership_id, row_id) == 1
    assert key_ledger.keys_left(house.keyring.reader, keys) == 0
    with house.reader() as session:
        assert {(one.kind, one.owner) for one in session.scalars(select(ErasureEntry))} == set(keys)
        assert session.scalars(select(WorksOrder.id)).all() == []
        assert session.scalars(select(Visit.id)).all() == []
        counted = {(one.measure, one.part): one.number for one in session.scalars(select(ErasedFigure))}
    assert counted == {("sanctuary", "referred"): 1, ("sanctuary", "surveyed"): 1, ("sanctuary", "fitted"): 1,
                       ("installed", "other"): 1}  # fmt: skip
    assert [figures.shown(number) for number in (0, 1, 4, 5)] == ["0", "fewer than 5", "fewer than 5", "5"]


def test_the_console_lists_holds_and_erases_only_what_two_people_approved(house, kept, monkeypatch):
    """`marac retention due|hold|erase`: references, no names; and doctor says how old the backup is."""
    monkeypatch.setenv("MARAC_DATA", str(house.settings.data))
    monkeypatch.setenv("MARAC_BASE_URL", "https://localhost")

    def said(*words, **given):
        found = CliRunner().invoke(cli, ["retention", *words], catch_exceptions=False, **given)
        assert found.exit_code == 0, found.output
        return found.stdout

    assert json.loads(said("erase", "--json")) == []
    row_id = approved(house, kept)
    listed = json.loads(said("due", "--json"))
    assert [(one["reference"], one["state"], one["held"]) for one in listed] == [(kept.reference, "cooling", False)]
    assert "Begum" not in str(listed)
    assert json.loads(said("erase", "--json")) == [], "the days are not over"
    with unit_of_work(house) as session:
        other = session.get_one(Case, kept.other_id).reference
        session.get_one(Retention, row_id).erase_on = clock.today()
    said("hold", other, "--kind", "complaint", "--review-on", str(date(2099, 1, 1)), input="Ombudsman\n")
    with house.reader() as session:
        assert holds.held(session, session.get_one(Case, kept.other_id))
    erased = json.loads(said("erase", "--json"))
    assert [(one["reference"], one["keys"]) for one in erased] == [(kept.reference, 1)]
    lines = {check["name"]: check for check in health.checks()}
    assert (lines["restore gate"]["ok"], lines["backup"]["ok"], lines["restore drill"]["ok"]) == (True, False, False)
