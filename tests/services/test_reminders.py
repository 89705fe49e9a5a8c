"""Reminders: by the partnership's dated rules, once each, in one e-mail without a name, never past a wall (DA-22)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from marac import access, clock
from marac.jobs import JOBS, tick
from marac.models import (
    Attendance,
    Deadline,
    JobRun,
    Meeting,
    Message,
    Minutes,
    Referral,
    Research,
    Setting,
)
from marac.services.clockwork import reminders, timed
from marac.services.clockwork.reminder_kinds import KINDS
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import AttendanceState, MeetingState, MinutesState, ReferralState, ResearchState, Role, Template
from marac.workflows import quorum
from marac.workflows.local_rules import shipped_rules
from tests.builders import a_user, an_agency
from tests.builders_cases import a_story, messages
from tests.builders_panels import a_held_panel, a_published_panel, a_wall
from tests.services.test_notifications import SAYS_NOTHING_OF, letterbox, text_of  # noqa: F401 a fixture

BUILT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
MEETING = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)  # a Thursday: research is due on Tuesday 17 at 5pm
CHASE_FIRST, CHASE_LAST = datetime(2026, 11, 16, 9, 5, tzinfo=UTC), datetime(2026, 11, 18, 9, 5, tzinfo=UTC)
QUORUM = datetime(2026, 11, 17, 12, 5, tzinfo=UTC)


@pytest.fixture
def panel(house, time_machine):
    """A published panel of two cases on Thursday 19 November; everybody else than housing and the police answered."""
    time_machine.move_to(BUILT, tick=False)
    made = a_published_panel(house, cases=2)
    with unit_of_work(house) as session:
        session.get_one(Meeting, made.meeting_id).starts_at = MEETING
    return made


def remind(house, worker, *, sent=True):
    """The job in one partnership; its messages leave at once unless told."""
    actor = access.system(worker.partnership_id)
    with unit_of_work(house, actor) as session:
        told = reminders.remind(session, actor)
        if sent:
            session.execute(update(Message.__table__).values(sent_at=clock.now()))
        return told


def told(house, worker):
    """Which reminders this person was queued, by name."""
    mine = [one for one in messages(house) if one.user_id == worker.id and one.template == Template.REMINDER]
    return sorted(one.subject_key.split(":")[0] for one in mine)


def test_agencies_with_gaps_are_chased_on_the_two_days_that_the_rules_set(house, panel, time_machine):
    """The working day before research is due, and the working day before the meeting."""
    time_machine.move_to(CHASE_FIRST - timedelta(minutes=10), tick=False)
    remind(house, panel.housing)
    assert told(house, panel.housing) == []
    for moment in (CHASE_FIRST, CHASE_FIRST + timedelta(hours=1), CHASE_LAST, CHASE_LAST + timedelta(hours=5)):
        time_machine.move_to(moment, tick=False)
        remind(house, panel.housing)
    assert told(house, panel.housing) == ["attendance", "research_first", "research_last"]


def test_an_agency_that_has_answered_is_left_alone(house, panel, time_machine):
    with unit_of_work(house) as session:
        for one in session.scalars(select(Research).where(Research.agency_id == panel.housing.agency_id)):
            one.state = ResearchState.RETURNED
        for place in session.scalars(select(Attendance)):
            place.state = AttendanceState.APOLOGIES
    time_machine.move_to(CHASE_FIRST, tick=False)
    remind(house, panel.housing)
    assert told(house, panel.housing) == []
    assert told(house, panel.police) == ["research_first"]


def test_nobody_is_reminded_of_a_case_that_is_walled_off_from_them(house, panel, time_machine):
    """Of both cases walled nothing is said at all; of one, what is left."""
    time_machine.move_to(CHASE_FIRST, tick=False)
    with unit_of_work(house) as session:
        for case_id in panel.case_ids:
            a_wall(session, case_id, panel.housing)
        a_wall(session, panel.case_ids[0], panel.police)
    remind(house, panel.housing)
    assert "research_first" not in told(house, panel.housing)
    assert "research_first" in told(house, panel.police)


def test_a_cancelled_or_held_meeting_reminds_nobody_and_withdraws_what_waits(house, panel, time_machine):
    time_machine.move_to(CHASE_FIRST, tick=False)
    assert remind(house, panel.housing, sent=False) > 0
    with unit_of_work(house) as session:
        session.get_one(Meeting, panel.meeting_id).state = MeetingState.CANCELLED
    remind(house, panel.housing)
    assert told(house, panel.housing) == []
    time_machine.move_to(CHASE_LAST, tick=False)
    assert remind(house, panel.housing) == 0


def test_a_meeting_that_moved_reminds_again_by_its_new_dates(house, panel, time_machine):
    """SCH-38."""
    time_machine.move_to(CHASE_FIRST, tick=False)
    remind(house, panel.housing)
    with unit_of_work(house) as session:
        session.get_one(Meeting, panel.meeting_id).starts_at = MEETING + timedelta(days=7)
    remind(house, panel.housing)
    time_machine.move_to(CHASE_FIRST + timedelta(days=7), tick=False)
    remind(house, panel.housing)
    assert told(house, panel.housing) == ["attendance"] * 2 + ["research_first"] * 2


def test_after_days_without_a_worker_only_the_last_missed_reminder_is_sent(house, panel, time_machine):
    time_machine.move_to(CHASE_LAST, tick=False)
    remind(house, panel.housing)
    assert told(house, panel.housing) == ["attendance", "research_last"]


def test_the_days_are_the_partnerships_to_set(house, panel, time_machine):
    """A dated rule, not a table in code."""
    with unit_of_work(house) as session:
        line = {"about": "research_due", "from": "research_due", "working_days": 0, "time": "08:00"}
        session.add(
            Setting(
                partnership_id=panel.housing.partnership_id, programme="da_marac", key="reminders.research_morning",
                value=line, confirmed=True, basis="default", note="", effective_from=date(2026, 11, 1),
            )
        )  # fmt: skip
    time_machine.move_to(datetime(2026, 11, 17, 8, 5, tzinfo=UTC), tick=False)
    remind(house, panel.housing)
    assert "research_morning" in told(house, panel.housing)


def test_a_partnership_founded_before_there_were_reminders_has_the_shipped_ones(house, panel, time_machine):
    with unit_of_work(house) as session:
        session.execute(delete(Setting.__table__).where(Setting.key.startswith("reminders.")))
    time_machine.move_to(CHASE_FIRST, tick=False)
    remind(house, panel.housing)
    assert told(house, panel.housing) == ["attendance", "research_first"]


def test_the_chair_is_warned_two_working_days_before_when_the_panel_cannot_decide(house, panel, time_machine):
    """SCH-41: the police must be there, and they have declined."""
    time_machine.move_to(QUORUM, tick=False)
    remind(house, panel.chair)
    assert told(house, panel.chair) == []
    with unit_of_work(house) as session:
        police = Attendance.agency_id == an_agency(session, "met_police_da").id
        for place in session.scalars(select(Attendance).where(police)):
            place.state = AttendanceState.APOLOGIES
    remind(house, panel.chair)
    assert told(house, panel.chair) == ["quorum"]


@pytest.mark.parametrize(
    "coming, missing",
    [
        (["police", "idva", "a", "b"], ()), (["idva", "a", "b"], ("police",)),
        (["police", "idva", "a"], ("b", "c")), ([], ("police", "idva", "a", "b", "c")),
    ],
)  # fmt: skip
def test_a_quorum_is_all_of_some_and_so_many_of_others(coming, missing):
    rule = {"all_of": ["police", "idva"], "any_of": [{"at_least": 2, "from": ["a", "b", "c"]}]}
    assert quorum.missing(rule, coming) == missing


def test_minutes_remind_whoever_has_the_next_step(house, time_machine):
    """SCH-44, DA-30: on the morning they are due, and on the next working day as late."""
    time_machine.move_to(MEETING - timedelta(hours=1), tick=False)
    panel = a_held_panel(house)
    time_machine.move_to(datetime(2026, 11, 23, 9, 5, tzinfo=UTC), tick=False)
    remind(house, panel.chair)
    assert (told(house, panel.coordinator), told(house, panel.chair)) == (
        ["action_list_late", "minutes_due", "told_due"],
        [],
    )
    with unit_of_work(house) as session:
        session.scalars(select(Minutes)).one().state = MinutesState.SUBMITTED
    time_machine.move_to(datetime(2026, 11, 24, 9, 5, tzinfo=UTC), tick=False)
    remind(house, panel.chair)
    assert told(house, panel.chair) == ["minutes_late"]
    assert "minutes_late" not in told(house, panel.coordinator)


@pytest.mark.parametrize(
    "rule, state, names",
    [
        ("triage_decided", ReferralState.SUBMITTED, ["triage_due", "triage_late"]),
        ("transfer_receipt", ReferralState.TRANSFERRED_OUT, ["receipt_late"]),
        ("decision_reviewed", ReferralState.NOT_ACCEPTED, ["review_due"]),
        ("emergency", ReferralState.ACCEPTED, ["emergency_late"]),
    ],
)
def test_a_running_clock_reminds_until_it_is_met(house, time_machine, rule, state, names):
    time_machine.move_to(BUILT, tick=False)
    panel = a_published_panel(house, cases=1)
    due_at = datetime(2026, 11, 4, 17, 0, tzinfo=UTC)
    with unit_of_work(house) as session:
        referral = session.scalars(select(Referral)).one()
        referral.state = state
        session.add(Deadline(partnership_id=referral.partnership_id, subject_id=referral.id, rule=rule, due_at=due_at))
    for moment in ((3, 9), (4, 9), (4, 18), (5, 9), (6, 9)):
        time_machine.move_to(datetime(2026, 11, *moment, 5, tzinfo=UTC), tick=False)
        remind(house, panel.coordinator)
    about = {"triage_due", "triage_late", "receipt_late", "review_due", "emergency_late"}
    assert [name for name in told(house, panel.coordinator) if name in about] == names
    with unit_of_work(house) as session:
        session.execute(update(Deadline.__table__).values(met_at=clock.now()))
    time_machine.shift(timedelta(days=1))
    assert remind(house, panel.coordinator) == 0


def test_first_contact_that_is_late_is_said_to_the_idva_who_may_see_the_case(house, time_machine):
    time_machine.move_to(BUILT, tick=False)
    panel = a_published_panel(house, cases=1)
    with unit_of_work(house) as session:
        ida = a_user(session, house, Role.IDVA, "solace")
        other = a_user(session, house, Role.IDVA, "cctv")
        referral = session.scalars(select(Referral)).one()
        facts = {"partnership_id": referral.partnership_id, "subject_id": referral.id, "rule": "idva_first_contact"}
        session.add(Deadline(**facts, due_at=datetime(2026, 11, 4, 17, tzinfo=UTC)))
    time_machine.move_to(datetime(2026, 11, 5, 9, 5, tzinfo=UTC), tick=False)
    remind(house, panel.coordinator)
    assert told(house, ida) == ["first_contact_late"]
    assert told(house, other) == []


def test_an_agency_that_has_not_confirmed_its_marks_is_reminded_once_for_all(house, time_machine):
    """DA-32."""
    time_machine.move_to(BUILT, tick=False)
    story = a_story(house)
    time_machine.move_to(clock.now() + timedelta(days=3), tick=False)
    system = access.system(story.housing.partnership_id)
    for _ in range(2):
        with unit_of_work(house, system) as session:
            timed.warn_overdue(session, system)
    with house.reader() as session:
        asked = session.scalars(select(Message).where(Message.template == Template.FLAG_ASKED)).all()
        late = [one.user_id for one in asked if one.subject_key.startswith("flags:")]
    assert late.count(story.housing.id) == 1
    assert story.stranger.id not in late


def test_everything_due_comes_in_one_e_mail_of_counts_and_a_time(house, panel, letterbox, time_machine):  # noqa: F811
    """DA-2: no name, no reference, no place."""
    box, url = letterbox
    time_machine.move_to(CHASE_FIRST, tick=True)
    remind(house, panel.housing, sent=False)
    with unit_of_work(house) as session:
        late = session.scalars(
            select(Message).where(Message.user_id == panel.housing.id, Message.subject_key.startswith("attendance"))
        ).one()
        late.about_at = CHASE_FIRST - timedelta(days=1)
    timed.deliver_in(house, panel.housing.partnership_id, url)
    (mail,) = [mail for to, mail in box.taken if to == [panel.housing.email]]
    assert "Reminder: 1 thing is due, 1 late. The first by 5pm on Tuesday 17 November." in text_of(mail)
    assert "Answers to give: 2, by " in text_of(mail)
    assert SAYS_NOTHING_OF.findall(mail.as_string() + text_of(mail).replace(panel.housing.email, "")) == []


@pytest.mark.parametrize("programme", ["da_marac", "community_marac"])
def test_every_reminder_that_is_shipped_is_of_a_known_deadline_and_is_marked_unconfirmed(programme):
    lines = [rule for rule in shipped_rules(programme) if rule.name.startswith("reminders.")]
    assert len(lines) > 15
    assert {rule.value["about"] for rule in lines} == set(KINDS)
    assert not [rule for rule in lines if rule.confirmed]
    assert all(len(rule.name.removeprefix("reminders.")) <= 30 for rule in lines), "fits the key of a message"


def test_every_message_there_is_a_word_for_can_be_queued(house, panel):
    """The database's own list of words is the vocabulary's."""
    with unit_of_work(house) as session:
        for template in Template:
            session.add(
                Message(
                    partnership_id=panel.housing.partnership_id, user_id=panel.housing.id, template=template,
                    subject_key="x", path="/today", go_token=template.value.ljust(43, "x"), enqueued_at=clock.now(),
                    due_at=clock.now(),
                )
            )  # fmt: skip
    assert {one.template for one in messages(house)} == set(Template)


def test_the_job_reminds_once_an_hour(house, panel, time_machine):
    time_machine.move_to(CHASE_FIRST, tick=False)
    for _ in range(2):
        tick(house, "one", tuple(job for job in JOBS if job.name == "remind"))
    with house.reader() as session:
        (run,) = session.scalars(select(JobRun).where(JobRun.key.startswith("remind"))).all()
    assert run.counts["count"] == len([one for one in messages(house) if one.template == Template.REMINDER])
