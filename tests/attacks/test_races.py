"""Two people at the same moment: one effect, and the other is told; nothing typed is lost (security 9.8).

Each race runs over a real database file, each side in a thread, a session and a transaction of its own.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import func, select

from marac.errors import Refusal, RuleBroken
from marac.models import Action, AgendaItem, AuditEntry, Meeting, MinuteNote, Referral, Research
from marac.services.deciding import triage
from marac.services.deciding.rulings import Ruling
from marac.services.keeping.deployment import unit_of_work
from marac.services.meetings import panels
from marac.vocabulary import (
    ActionState,
    AgendaItemState,
    MeetingState,
    MinuteHeading,
    ReferralState,
    Role,
    TriageOutcome,
)
from tests.attacks.scene import SAME_SITE, form, token_of
from tests.builders import a_meeting, a_submitted_referral, a_user, actor_for, signed_in
from tests.builders_cases import a_story
from tests.builders_panels import FIVE, MORNING, a_called_case, a_panel

WRITTEN = {heading.value: f"{heading.label} was talked through." for heading in (MinuteHeading.VIEWS, *FIVE)}
COMPLETE = {**WRITTEN, "no_action": "All in place", "outcome": "heard", "tells_victim": "Ida Sender"}


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def at_once(*sides):
    """What each side answers, or the refusal it met, when all begin together."""
    start = Barrier(len(sides))

    def run(side):
        start.wait(20)
        try:
            return side()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(sides)) as pool:
        return [one.result(60) for one in [pool.submit(run, side) for side in sides]]


def times(house, tag):
    """How often the trail says that it happened."""
    with house.reader() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.tag == tag))


def run_page(panel, worker):
    return signed_in(panel.house, worker).get(f"/panels/{panel.reference}/run/1").form("/run/1")


def test_two_people_who_write_the_same_section_never_overwrite_each_other(house):
    """One is saved, the other sees both versions with their own words still in the box (DA-24)."""
    panel = a_called_case(house, 1)
    mine, theirs = run_page(panel, panel.coordinator), run_page(panel, panel.chair)
    words = ("Coordinator: high.", "Chair: very high.")
    first, second = at_once(
        lambda: mine.post({"risk_victim": words[0]}, press="Save"),
        lambda: theirs.post({"risk_victim": words[1]}, press="Save"),
    )
    assert sorted((first.status, second.status)) == [200, 409]
    clash = first if first.status == 409 else second
    assert all(one in clash.main for one in words)
    with panel.work(panel.coordinator) as session:
        notes = session.scalars(select(MinuteNote).where(MinuteNote.heading == MinuteHeading.RISK_VICTIM)).all()
        assert len(notes) == 1
        assert notes[0].version_id == 1
    assert times(house, "minutes:noted") == 1


def test_two_people_who_press_next_finish_the_case_once(house):
    panel = a_called_case(house, 2)
    mine, theirs = run_page(panel, panel.coordinator), run_page(panel, panel.chair)
    answers = at_once(
        lambda: mine.post(COMPLETE, press="Finish and go to 2"),
        lambda: theirs.post(COMPLETE, press="Finish and go to 2"),
    )
    assert times(house, "case:hear") == times(house, "agenda_item:hear") == 1
    assert sorted(one.status for one in answers) in ([200, 200], [200, 409])
    with panel.work(panel.coordinator) as session:
        assert panel.item(session).state == AgendaItemState.HEARD
        assert panel.item(session, 2).state == AgendaItemState.LISTED


def test_two_coordinators_who_decide_one_referral_decide_it_once(house):
    with unit_of_work(house) as session:
        sender = actor_for(a_user(session, house, Role.REPRESENTATIVE, "housing_options"))
        deciders = [actor_for(a_user(session, house, Role.COORDINATOR, "vawg_team")) for _ in range(2)]
        meeting_id = a_meeting(session, sender.partnership_id).id
    with unit_of_work(house, sender) as session:
        reference = a_submitted_referral(session, house, sender).reference

    def decide(actor):
        ruling = Ruling(TriageOutcome.ACCEPT, meeting_id=meeting_id, conflict_checked=True)
        with unit_of_work(house, actor) as session:
            referral = session.scalars(select(Referral).where(Referral.reference == reference)).one()
            return triage.decide(session, actor, referral, ruling).state

    answers = at_once(*(lambda actor=actor: decide(actor) for actor in deciders))
    assert sum(answer == ReferralState.ACCEPTED for answer in answers) == 1
    assert sum(isinstance(answer, Refusal) for answer in answers) == 1
    assert times(house, "referral:accept") == 1
    with house.reader() as session:
        assert len(session.scalars(select(AgendaItem)).all()) == 1


def test_two_colleagues_who_complete_one_action_complete_it_once(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        colleague = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    forms = [
        signed_in(house, worker).get(f"/actions/{story.action_id}").form("") for worker in (story.housing, colleague)
    ]
    answers = at_once(*(lambda one=one: one.post({"standing": "done"}, press="Save") for one in forms))
    assert times(house, "action:complete") == 1
    assert sorted(answer.status for answer in answers) in ([200, 409], [200, 200])
    with house.reader() as session:
        assert session.get_one(Action, story.action_id).state == ActionState.COMPLETE


def test_publishing_while_the_only_case_is_taken_off_is_one_or_the_other_first(house):
    """Never an agenda that went out with nothing on it, never a case asked about that was not on it."""
    panel = a_panel(house, cases=1)
    publisher, remover = actor_for(panel.coordinator), actor_for(panel.chair)

    def publish():
        with panel.work(panel.coordinator) as session:
            return panels.publish_agenda(session, publisher, panel.meeting(session)).state

    def remove():
        with panel.work(panel.chair) as session:
            facts = {"reason": "Moved away", "approved_by": panel.chair.id, "interim_safety": "The IDVA rings daily"}
            return panels.remove_item(session, remover, panel.item(session), **facts).state

    published, removed = at_once(publish, remove)
    assert removed == AgendaItemState.REMOVED
    with house.reader() as session:
        asked = session.scalars(select(Research)).all()
        state = session.get_one(Meeting, panel.meeting_id).state
    if isinstance(published, RuleBroken):
        assert (state, asked) == (MeetingState.SCHEDULED, [])
    else:
        assert (published, state) == (MeetingState.PUBLISHED, MeetingState.PUBLISHED)
        assert asked, "it was on the agenda when it went out"


def test_one_form_sent_twice_at_the_same_moment_starts_one_referral(house):
    """The same one-time key in parallel, as a double press on a slow line sends it."""
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    client = signed_in(house, worker).http
    twin = client.application.test_client()
    fields = form(token_of(client), programme="da_marac", once_key=uuid4().hex)
    with client.session_transaction(base_url="https://localhost") as cookie:
        held = dict(cookie)
    with twin.session_transaction(base_url="https://localhost") as cookie:
        cookie.update(held)
    answers = at_once(*(lambda one=one: one.post("/referrals/new", data=fields, **SAME_SITE) for one in (client, twin)))
    assert times(house, "referral:started") == 1
    assert sorted(one.status_code for one in answers) in ([303, 303], [303, 409])
    assert len({one.location for one in answers if one.status_code == 303}) == 1
