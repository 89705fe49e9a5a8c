"""The demo: exactly the figures of 2022-23, every state there is, the same for a seed, and nobody real."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marac import access, clock
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import RuleBroken
from marac.models import (
    Action,
    Address,
    Agency,
    AgendaItem,
    Attendance,
    AuditEntry,
    Case,
    CasePerson,
    ContactMethod,
    Deadline,
    Flag,
    Meeting,
    Minutes,
    Partnership,
    PersonToken,
    Referral,
    Research,
    Setting,
    Telling,
    User,
)
from marac.services import demo, local, today
from marac.services.accounts import passwords, signin
from marac.services.demo.household import household, moved
from marac.services.demo.names import misspell
from marac.services.demo.risk import assess
from marac.services.demo.series import series_day
from marac.services.demo.tables import source
from marac.services.demo.telling import Telling as Told
from marac.services.following import escalating, last_plan
from marac.services.keeping.deployment import set_up, unit_of_work
from marac.services.meetings import agenda, agenda_versions, guests, panels, proposing, scheduling
from marac.services.referring import inbox
from marac.services.transfers import listing
from marac.vocabulary import (
    LIVE_ACTIONS,
    ActionState,
    AgendaChangeKind,
    AgendaItemState,
    AttendanceState,
    CaseState,
    FlagState,
    MeetingKind,
    MeetingState,
    MinutesState,
    Outcome,
    PersonRole,
    ProgrammeSlug,
    ReferralState,
    ResearchState,
    Role,
    TellingState,
    TransferDirection,
)
from tests.attacks.scene import counted
from tests.conftest import settings_in

TODAY = date(2026, 11, 24)
FIRST, LAST = date(2022, 4, 1), date(2023, 3, 31)
YEAR_AGO = datetime(2024, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A deployment with a month of the demo, and what the load counted."""
    house = set_up(settings_in(tmp_path_factory.mktemp("demo")))
    told = []
    counts = demo.load(house, scale="month", seed=1, progress=lambda done, total: told.append((done, total)))
    yield house, counts, told
    house.close()


@pytest.fixture(scope="module")
def house(loaded):
    return loaded[0]


def actor_of(session, role):
    """Somebody of the demo in a role."""
    worker = session.scalar(
        select(User).join(User.memberships).where(User.memberships.any(role=role)).order_by(User.created_at).limit(1)
    )
    membership = worker.memberships[0]
    return access.Actor(
        partnership_id=worker.partnership_id, role=role, user_id=worker.id, agency_id=membership.agency_id,
        programmes=frozenset({ProgrammeSlug.DA_MARAC}), stepped_up_at=clock.now(), membership_id=membership.id,
    )  # fmt: skip


def next_of_series(session, actor):
    """The next routine meeting: its agenda is out."""
    coming, _past = panels.list_meetings(session, actor)
    return next(one.meeting for one in coming if one.meeting.kind == MeetingKind.ROUTINE)


# -- the plan, without a database --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_a_year_hears_583_different_people_in_845_hearings_of_which_31_percent_are_repeats(seed):
    planned = demo.plan(scale="year", seed=seed, today=TODAY)
    heard = planned.of_year()
    assert len({hearing.case for hearing in heard}) == 583
    assert len(heard) == 845
    assert 0.30 <= sum(hearing.is_repeat for hearing in heard) / len(heard) <= 0.32
    assert {hearing.outcome for hearing in heard} <= {Outcome.HEARD, Outcome.BRING_BACK}


def test_the_panel_of_the_year_sat_weekly_but_for_one_week():
    planned = demo.plan(scale="year", seed=1, today=TODAY)
    days = [one.on for one in planned.sittings if FIRST <= one.on <= LAST and one.on.weekday() == 2]
    assert len(days) == 51
    assert Counter(later - earlier for earlier, later in pairwise(days)) == {
        timedelta(days=7): 49, timedelta(days=14): 1,
    }  # fmt: skip


@pytest.mark.parametrize("scale", ["year", "month"])
def test_every_repeat_was_heard_within_the_twelve_months_before(scale):
    planned = demo.plan(scale=scale, seed=3, today=TODAY)
    for hearings in planned.by_case().values():
        days = [planned.sittings[hearing.sitting].on for hearing in hearings]
        assert len(set(days)) == len(days), "a case is heard once at a meeting"
        assert not hearings[0].is_repeat
        for (earlier, later), hearing in zip(pairwise(days), hearings[1:], strict=True):
            assert not hearing.is_repeat or later - earlier <= timedelta(days=365)


def test_a_seed_and_a_day_give_the_same_plan_and_another_seed_another():
    planned = demo.plan(scale="year", seed=5, today=TODAY)
    assert planned == demo.plan(scale="year", seed=5, today=TODAY)
    assert planned.hearings != demo.plan(scale="year", seed=6, today=TODAY).hearings


@pytest.mark.parametrize("days", range(14))
def test_the_present_has_a_meeting_just_held_and_one_to_prepare_whatever_the_day(days):
    today = TODAY + timedelta(days=days)
    planned = demo.plan(scale="month", seed=1, today=today)
    *_, last, following, later, now, posted = planned.sittings
    assert last.on < today < following.on < later.on
    assert (now.on, now.state) == (today, MeetingState.PUBLISHED)
    assert (posted.kind, posted.state) == (MeetingKind.ASYNCHRONOUS, MeetingState.PUBLISHED)
    assert 2 < (posted.on - today).days < 10
    assert (following.on - today).days <= 7
    assert (today - last.on).days <= 3
    assert following.on.weekday() < 5
    assert (last.state, last.minutes) == (MeetingState.HELD, MinutesState.SUBMITTED)
    assert (following.state, later.state) == (MeetingState.PUBLISHED, MeetingState.SCHEDULED)
    assert series_day(today).weekday() < 5


def test_a_scale_that_this_version_lacks_is_refused_by_name():
    with pytest.raises(RuleBroken, match="decade"):
        demo.plan(scale="decade", seed=1, today=TODAY)


# -- the people, without a database ------------------------------------------------------------------------------------


def test_people_are_the_same_for_a_seed_and_different_from_each_other():
    households = [household(1, number, TODAY) for number in range(120)]
    assert households == [household(1, number, TODAY) for number in range(120)]
    names = Counter(one.victim.name.full for one in households)
    assert len(names) > 110
    assert len({one.victim.contact["phone"] for one in households}) == 120


def test_no_two_stories_read_the_same():
    told = []
    for number in range(700):
        people = household(1, number, TODAY)
        told.append(Told(people, source(f"story/{number}")).story("opening", "event", "detail", "after"))
    assert len(set(told)) == 700
    assert not [text for text in told if "{" in text]


def test_ages_men_and_children_are_as_in_the_published_figures():
    households = [household(1, number, TODAY) for number in range(583)]
    ages = [(TODAY - one.victim.identity["born_on"]).days / 365.25 for one in households]
    assert min(ages) >= 16
    assert max(ages) < 82
    assert 0.04 <= sum(not one.victim.female for one in households) / 583 <= 0.10
    assert sum(len(one.children) for one in households) > 400


def test_most_checklists_reach_the_threshold_and_each_answers_all_24_questions():
    risks = [assess(source(f"risk/{n}"), household(1, n, TODAY), is_repeat=False) for n in range(200)]
    assert all(set(risk.answers) == {str(number) for number in range(1, 25)} for risk in risks)
    assert not any(risk.score.missing_detail or risk.score.unanswered for risk in risks)
    assert all(risk.criteria for risk in risks)
    assert 0.55 <= sum((risk.score.score or 0) >= 14 for risk in risks) / 200 <= 0.85


def test_places_and_phones_cannot_belong_to_anyone():
    for number in range(300):
        for person in household(2, number, TODAY).people:
            if postcode := person.address.get("postcode"):
                assert re.fullmatch(r"E(1|2|3|14) \d[CIKMOV]{2}", postcode)
            if phone := person.contact.get("phone"):
                assert re.fullmatch(r"07700 900\d{3}|020 7946 0\d{3}", phone)
            if email := person.contact.get("email"):
                assert email.endswith("@example.org")


def test_a_known_person_written_down_again_has_another_spelling_and_address_but_the_same_birthday():
    known = household(1, 4, TODAY)
    again = moved(1, 900, known)
    assert again.victim.identity["full_name"] != known.victim.identity["full_name"]
    assert again.victim.identity["born_on"] == known.victim.identity["born_on"]
    assert again.victim.address["postcode"] != known.victim.address["postcode"]
    assert misspell(source("x"), "Fatima Begum") != "Fatima Begum"


# -- a month of it, loaded ---------------------------------------------------------------------------------------------


def test_a_month_has_its_figures_in_rows(house):
    with house.reader() as session:
        year = (Meeting.starts_at >= datetime(2022, 4, 1, tzinfo=UTC),
                Meeting.starts_at < datetime(2023, 4, 1, tzinfo=UTC),
                Meeting.programme == ProgrammeSlug.DA_MARAC)  # fmt: skip
        rows = session.execute(select(AgendaItem.case_id, AgendaItem.is_repeat).join(Meeting).where(*year)).all()
    assert (len(rows), len({row.case_id for row in rows})) == (42, 36)
    assert sum(row.is_repeat for row in rows) == 13


def test_a_load_says_how_far_it_is_and_what_it_wrote(loaded):
    house, counts, told = loaded
    with house.reader() as session:
        ours = session.scalar(select(func.count()).where(Case.programme != ProgrammeSlug.COMMUNITY_MARAC))
    assert told[-1][0] == told[-1][1] == ours - 1, "and one that another area sent"
    assert (counts["victims_heard_2022_23"], counts["hearings_2022_23"], counts["repeats_2022_23"]) == (36, 42, 13)
    nouns = {"cases": Case, "referrals": Referral, "hearings": AgendaItem, "research": Research, "actions": Action,
             "flags": Flag, "attendances": Attendance, "users": User, "person_tokens": PersonToken}  # fmt: skip
    with house.reader() as session:
        for noun, model in nouns.items():
            assert counts[noun] == session.scalar(select(func.count()).select_from(model))
        assert session.scalar(select(func.count()).where(AuditEntry.tag == "demo:loaded")) == 1


def test_every_state_of_the_work_occurs(house):
    wanted = {
        Research.state: set(ResearchState), Action.state: set(ActionState), Attendance.state: set(AttendanceState),
        Flag.state: set(FlagState), Minutes.state: {MinutesState.SUBMITTED, MinutesState.ISSUED},
        Referral.state: {ReferralState.DRAFT, ReferralState.SUBMITTED, ReferralState.RETURNED, ReferralState.ACCEPTED,
                         ReferralState.NOT_ACCEPTED, ReferralState.WITHDRAWN},
        AgendaItem.state: {AgendaItemState.LISTED, AgendaItemState.HEARD, AgendaItemState.DEFERRED},
        Case.state: {CaseState.RECEIVED, CaseState.LISTED, CaseState.HEARD, CaseState.ISSUED, CaseState.LAPSED},
    }  # fmt: skip
    with house.reader() as session:
        for column, states in wanted.items():
            found = set(session.scalars(select(column).distinct()))
            assert states <= found, f"{column} lacks {states - found}"


def test_six_referrals_wait_for_triage_one_urgent_one_from_another_area_and_the_idva_has_two_drafts(house):
    with unit_of_work(house) as session:
        waiting = inbox.list_referrals(session, actor_of(session, Role.COORDINATOR), "waiting")
        assert Counter(line.state for line in waiting) == {ReferralState.SUBMITTED: 5, ReferralState.RETURNED: 1}
        assert Counter(line.urgent for line in waiting) == {True: 1, False: 5}
        assert all(line.name for line in waiting)
        assert len(inbox.list_referrals(session, actor_of(session, Role.IDVA), "drafts")) == 2


def test_the_next_meeting_has_its_agenda_out_and_answers_half_in(house):
    with unit_of_work(house) as session:
        actor = actor_of(session, Role.COORDINATOR)
        _coming, past = panels.list_meetings(session, actor)
        following = next_of_series(session, actor)
        assert past[0].meeting.starts_at < clock.now()
        shown = agenda.view_agenda(session, actor, following)
        assert len(shown.lines) == 6
        assert any(line.item.is_repeat for line in shown.lines)
        answers = select(Research.state, func.count()).join(AgendaItem)
        found = dict(session.execute(
            answers.where(AgendaItem.meeting_id == following.id).group_by(Research.state)
        ).all())  # fmt: skip
        assert found.keys() == {
            ResearchState.REQUESTED, ResearchState.IN_PROGRESS, ResearchState.RETURNED, ResearchState.NIL_RETURN
        }  # fmt: skip
        agenda.view_agenda(session, actor, past[-1].meeting)  # the first year has rules in force too


def test_meetings_to_come_are_one_today_one_without_a_room_and_a_booked_series_da_16(house):
    with unit_of_work(house) as session:
        actor = actor_of(session, Role.COORDINATOR)
        coming = [one.meeting for one in panels.list_meetings(session, actor)[0]]
        now = next(one for one in coming if clock.to_london(one.starts_at).date() == clock.today())
        posted = next(one for one in coming if one.kind == MeetingKind.ASYNCHRONOUS)
        assert (now.state, posted.state) == (MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)
        assert len(agenda.list_items(session, actor, now)) == 2
        assert [one.released_at for one in session.scalars(select(Research).join(AgendaItem).where(
            AgendaItem.meeting_id == posted.id, Research.state == ResearchState.RELEASED))]  # fmt: skip
        late = select(Research).join(AgendaItem).where(AgendaItem.meeting_id == now.id, Research.due_at < clock.now())
        assert {ResearchState.REQUESTED, ResearchState.NIL_RETURN} <= {one.state for one in session.scalars(late)}
        series = scheduling.list_series(session, actor)
        assert [scheduling.recurrence_of(one).interval_weeks for one in series] == [1]
        booked = [one for one in coming if one.series_id == series[0].id]
        assert [one.state for one in booked] == [MeetingState.PUBLISHED, *[MeetingState.SCHEDULED] * 4]
        for meeting in booked:
            assert {"referral_cutoff", "research_due", "victim_told"} <= dict(agenda.list_deadlines(
                session, actor, meeting)).keys()  # fmt: skip


def test_the_published_agenda_was_changed_late_and_guests_are_asked_in_da_20_da_51(house):
    with unit_of_work(house) as session:
        actor = actor_of(session, Role.COORDINATOR)
        following = next_of_series(session, actor)
        version = agenda_versions.list_versions(session, actor, following)[0]
        assert (version.published_at, len(version.lines)) == (following.published_at, 6)
        kinds = {one.kind for one in agenda_versions.list_changes(session, actor, following)}
        assert kinds == {AgendaChangeKind.ADDED, AgendaChangeKind.TAKEN_OFF, AgendaChangeKind.MOVED,
                         AgendaChangeKind.MINUTES}  # fmt: skip
        asked = guests.list_guests(session, actor, following)
        assert [bool(one.case_id) for one in sorted(asked, key=lambda one: one.case_id is None)] == [True, False]
        later = panels.list_meetings(session, actor)[0]
        scheduled = next(one.meeting for one in later if one.meeting.state == MeetingState.SCHEDULED)
        offered = proposing.suggest(session, actor, scheduled)
        assert sum(one.suggested for one in offered) >= 4
        assert any(one.waiting.reason == "Taken off an agenda" for one in offered)


def test_minutes_have_versions_tasks_of_telling_every_state_and_the_last_plan_was_weighed_da_26_da_30_da_33(house):
    with unit_of_work(house) as session:
        assert set(session.scalars(select(Telling.state))) == set(TellingState)
        assert session.scalar(select(func.max(Minutes.number))) == 2
        assert session.scalar(select(func.count()).where(Minutes.issued_number == 2)) == 1
        assert session.scalars(select(Minutes).where(Minutes.actions_sent_at.is_not(None))).one()
        actor = actor_of(session, Role.COORDINATOR)
        repeats = session.scalars(
            select(AgendaItem)
            .join(Meeting)
            .where(AgendaItem.is_repeat, AgendaItem.state == AgendaItemState.HEARD, Meeting.starts_at > YEAR_AGO)
        ).all()
        weighed = [one.worked for item in repeats for one in last_plan.list_planned(session, actor, item)]
        assert set(weighed) & set(last_plan.WORKED)


def test_actions_have_climbed_the_ladder_and_flags_are_to_lift_this_month_da_28_da_32(house):
    with unit_of_work(house) as session:
        partnership_id = session.scalar(select(Partnership.id))
        overdue = select(func.min(Action.due_on)).where(Action.state.in_(LIVE_ACTIONS))
        rungs = escalating.ladder(session, partnership_id, ProgrammeSlug.DA_MARAC)
        assert rungs[-1].reached(session.scalar(overdue), clock.today(), frozenset())
        this_month = clock.today().replace(day=1)
        due = select(func.count()).where(Flag.lift_on.between(this_month, this_month + timedelta(days=30)))
        assert session.scalar(due) > 0
        handed = session.scalars(select(Action).where(Action.state == ActionState.TRANSFERRED)).first()
        access.open_for("load", partnership_id, [handed.case_id])
        onward = session.get_one(Action, UUID(handed.handed["to"]))
        assert onward.handed["from"] == handed.id.hex


def test_one_case_went_to_another_area_with_its_receipt_and_one_came_da_34(house):
    with unit_of_work(house) as session:
        actor = actor_of(session, Role.COORDINATOR)
        rows = {row.direction: row for row in listing.list_transfers(session, actor)}
        assert rows.keys() == set(TransferDirection)
        assert rows[TransferDirection.OUT].receipted_at
        assert rows[TransferDirection.OUT].handed_over
        assert listing.list_to_check(session, actor_of(session, Role.CHAIR))


def test_every_core_agency_has_something_overdue_and_something_due_today(house):
    today = clock.today()
    with house.reader() as session:
        core = {row.id for row in session.scalars(select(Agency)) if row.panels.get("da_marac") == "core"}
        live = select(Action.agency_id).where(Action.state.in_(LIVE_ACTIONS))
        assert core <= set(session.scalars(live.where(Action.due_on < today)))
        assert core <= set(session.scalars(live.where(Action.due_on == today)))


def test_nothing_that_has_happened_lies_in_the_future(house):
    past = (
        Referral.submitted_at, Referral.decided_at, Research.returned_at, Action.closed_at, Flag.confirmed_at,
        Minutes.issued_at, Meeting.held_at, Meeting.published_at,
    )  # fmt: skip
    with house.reader() as session:
        for column in past:
            assert session.scalar(select(func.max(column))) < clock.now(), str(column)
        assert session.scalar(select(func.min(Deadline.due_at))) > clock.now() - timedelta(days=10)


def test_every_person_has_one_address_one_contact_row_and_tokens(house):
    with house.reader() as session:
        people = session.scalar(select(func.count()).select_from(CasePerson))
        for model in (Address, ContactMethod, PersonToken):
            assert session.scalar(select(func.count(model.person_id.distinct()))) == people


def test_some_safe_contact_is_stale_on_the_next_agenda(house):
    with unit_of_work(house) as session:
        listed = select(Case.id).where(Case.state == CaseState.LISTED)
        partnership_id = session.scalar(select(Partnership.id))
        access.open_for("load", partnership_id, session.scalars(listed).all())
        rows = session.execute(
            select(*sealed_columns(ContactMethod, "identity")).where(
                ContactMethod.case_id.in_(listed), ContactMethod.role == PersonRole.VICTIM
            )
        ).all()
        checked = [document["checked_on"] for document in open_many(ContactMethod, "identity", rows)]
    stale = [day for day in checked if clock.today() - day > timedelta(days=28)]
    assert 0 < len(stale) < len(checked)


def test_weekly_rules_hold_in_both_years_and_are_marked_as_agreed(house):
    with house.reader() as session:
        rules = local.rules_of(session, session.scalar(select(Partnership.id)), ProgrammeSlug.DA_MARAC)
        for on in (date(2022, 6, 1), clock.today()):
            due = rules.rule("deadlines.research_due", on)
            assert (due.value["working_days"], due.value["time"], due.confirmed) == (-1, "12:00", True)
        assert rules.value("recurrence", clock.today())["interval_weeks"] == 1


def test_accounts_are_of_every_role_and_sign_in(house):
    listed = demo.accounts(house)
    assert {account["role"] for account in listed} == {role.value for role in Role if role is not Role.SYSTEM}
    assert len({account["agency"] for account in listed if account["role"] == "representative"}) >= 20
    assert len({account["email"] for account in listed}) == len(listed)
    secret = listed[0]["password"]
    passwords.check_policy(secret, [listed[0]["email"]])
    assert signin.check_password(house, listed[4]["email"], secret, address="192.0.2.1") is not None
    assert all(len(account["totp_secret"]) == 32 for account in listed)


def test_a_real_partnership_has_no_list_of_accounts_and_no_facts(open_house):
    other = open_house()
    assert demo.accounts(other) == []
    assert demo.facts(other) == []
    assert not demo.is_loaded(other)


def test_the_demo_is_loaded_once(house):
    assert demo.is_loaded(house)
    with pytest.raises(RuleBroken, match="already loaded"):
        demo.load(house, scale="month")
    with house.reader() as session:
        assert session.scalar(select(func.count()).select_from(Partnership)) == 1
        assert session.scalar(select(Setting.value).where(Setting.key == "demo.loaded"))["seed"] == 1


@pytest.mark.parametrize("role, most", [(Role.COORDINATOR, 100), (Role.CHAIR, 90), (Role.IDVA, 80)])
def test_your_work_asks_the_database_a_bounded_number_of_questions(house, role, most):
    """With a month of cases: so many for each part of the page, never one for each row."""
    with unit_of_work(house) as session:
        actor = actor_of(session, role)
        statements = counted(house)
        work = today.your_work(session, actor)
    asked = [one for one in statements if "SAVEPOINT" not in one]
    assert work.failed == ()
    assert sum(len(rows) for rows in work.sections.values()) > 10
    assert len(asked) < most
    assert max(Counter(asked).values()) <= 4, "the same question again and again"
