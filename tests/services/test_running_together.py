"""Two people at the same case at the same moment, on real threads: nothing lost, nothing doubled."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from marac.errors import Refusal, StaleEdit
from marac.models import Action, Flag
from marac.services.live import assigning, notes, running
from marac.vocabulary import AgendaItemState, MinuteHeading, Outcome, Protects
from tests.builders import actor_for
from tests.builders_panels import MORNING, Panel, a_called_case, a_running_panel, minute


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def at_once(panel: Panel, doing: Callable[..., Any]) -> list[Any]:
    """Coordinator and chair do the same thing at one moment, each in a unit of work; what each got, or was refused."""
    gate, got = threading.Barrier(2), []

    def do(worker: Any) -> None:
        gate.wait()
        try:
            with panel.work(worker) as session:
                got.append(doing(session, actor_for(worker), panel.item(session)))
        except Refusal as refusal:
            got.append(refusal)

    threads = [threading.Thread(target=do, args=(worker,)) for worker in (panel.coordinator, panel.chair)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return got


def test_two_who_write_the_same_section_at_once_never_overwrite_each_other(house):
    panel = a_called_case(house, 1)
    for version in range(4):
        got = at_once(
            panel,
            lambda session, actor, item, version=version: (
                notes.save_note(
                    session, actor, item, MinuteHeading.RISK_VICTIM, text=f"{actor.role} {version}", version=version
                ).text
            ),
        )
        stale = [one for one in got if isinstance(one, StaleEdit)]
        assert len(stale) == 1, "one is told, and both versions are there"
        with panel.work(panel.coordinator) as session:
            saved = notes.get_notes(session, actor_for(panel.coordinator), panel.item(session))
            note = saved[MinuteHeading.RISK_VICTIM]
            assert (note.text, note.version) == (next(one for one in got if isinstance(one, str)), version + 1)


def test_two_who_write_different_sections_at_once_both_keep_their_words(house):
    panel = a_called_case(house, 1)
    sections = {"coordinator": MinuteHeading.INFORMATION, "chair": MinuteHeading.RISK_VICTIM}
    at_once(
        panel,
        lambda session, actor, item: notes.save_note(
            session, actor, item, sections[actor.role], text=f"{actor.role} wrote", version=0
        ),
    )
    with panel.work(panel.coordinator) as session:
        written = notes.get_notes(session, actor_for(panel.coordinator), panel.item(session))
        assert [written[one].text for one in sections.values()] == ["coordinator wrote", "chair wrote"]


def test_two_who_tick_at_once_both_keep_their_ticks(house):
    panel = a_called_case(house, 1)
    ticks = {"coordinator": "views", "chair": "staff"}
    at_once(panel, lambda session, actor, item: notes.save_covered(session, actor, item, [ticks[actor.role]], []))
    with panel.work(panel.coordinator) as session:
        notes.get_notes(session, actor_for(panel.coordinator), panel.item(session))
        assert panel.item(session).covered == ("views", "staff")


def test_two_chairs_who_start_a_case_at_once_start_it_once(house):
    panel = a_running_panel(house, 2)
    got = at_once(panel, lambda session, actor, item: running.call_item(session, actor, item).called_at)
    assert got[0] == got[1]
    with panel.work(panel.coordinator) as session:
        assert [panel.item(session, n).state for n in (1, 2)] == [AgendaItemState.IN_PROGRESS, AgendaItemState.LISTED]


def test_two_chairs_who_finish_a_case_at_once_finish_it_once(house):
    panel = a_called_case(house, 2)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        minute(session, actor, item)
        notes.save_note(session, actor, item, MinuteHeading.NO_ACTION, text="All in place", version=0)
    facts = {"outcome": Outcome.HEARD, "tells_victim": "Ida Sender"}
    got = at_once(panel, lambda session, actor, item: running.hear_item(session, actor, item, **facts).id)
    assert len([one for one in got if isinstance(one, Refusal)]) == 1
    with panel.work(panel.coordinator) as session:
        assert [panel.item(session, n).state for n in (1, 2)] == [AgendaItemState.HEARD, AgendaItemState.LISTED]
        flags = session.execute(select(Flag.agency_id, func.count()).group_by(Flag.agency_id)).all()
        assert {count for _agency, count in flags} == {1}, "nothing is asked twice"


def test_one_action_corrected_by_two_at_once_is_corrected_once(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        parsed = assigning.read_line(session, actor, item, "police: bail check by fri")
        made = assigning.assign_line(session, actor, item, parsed, protects=Protects.VICTIM)[0].id

    def correct(session: Any, actor: Any, item: Any) -> str:
        assigning.take_back(session, actor, item, assigning.get_agreed(session, actor, item, made))
        parsed = assigning.read_line(session, actor, item, f"police: bail check by the {actor.role} by mon")
        return str(assigning.assign_line(session, actor, item, parsed, protects=Protects.VICTIM)[0].text)

    got = at_once(panel, correct)
    assert len([one for one in got if isinstance(one, Refusal)]) == 1
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        assert len(assigning.list_agreed(session, actor, item)) == 1
        assert session.scalar(select(func.count()).select_from(Action)) == 2, "what it said before is kept"
