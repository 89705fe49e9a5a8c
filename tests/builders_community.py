"""A Community MARAC case at each step of its life, on the panel of tests/builders_panels.py; plain functions."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Assessment, Case, CasePerson
from marac.services.community import closing, powers, reviewing
from marac.services.community.closing import Ending
from marac.services.following import actions
from marac.services.keeping.deployment import Deployment
from marac.services.live import running
from marac.services.meetings import agenda
from marac.services.minuting import minutes
from marac.vocabulary import CareAct, Grade, PersonRole, PowerDecision
from marac.workflows.powers import powers as all_powers
from tests.builders import actor_for
from tests.builders_panels import COMMUNITY, Panel, a_running_panel, hear

ENDING = Ending(
    closing_outcome="risk_reduced", victim_view="She feels safe in the flat again.", step_down="Housing management",
    closing_word="Told by phone at the agreed time.",
)  # fmt: skip


def scored(session: Session, case: Case, score: int, grade: Grade, on: date | None = None) -> Assessment:
    """A risk matrix on the case, as if made that day."""
    access.open_for("load", case.partnership_id, [case.id])
    row = Assessment(
        partnership_id=case.partnership_id, case_id=case.id, referral_id=None, checklist="asb_ram",
        checklist_version="1.0", made_at=clock.now(), made_by_id=None, answers={}, score=score, unknown=0, red_flags=[],
        tool_grade=grade, made_on=on or clock.today(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def a_heard_case(house: Deployment, *, grade: Grade = Grade.HIGH, score: int = 36, **facts: Any) -> Panel:
    """One community case, scored before, heard with one action for the police; its meeting has ended."""
    panel = a_running_panel(house, 1, programme=COMMUNITY, **facts)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        scored(session, the_case(session, panel), score, grade, clock.today() - timedelta(days=9))
        for item in agenda.list_items(session, actor, panel.meeting(session)):
            running.call_item(session, actor, item)
            hear(session, actor, item)
        running.finish_meeting(session, actor, panel.meeting(session))
    return panel


def a_plan_under_way(house: Deployment, **facts: Any) -> Panel:
    """The same with its minutes out: the plan is under way."""
    panel = a_heard_case(house, **facts)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        minutes.submit_minutes(session, actor, panel.meeting(session).minutes)
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        minutes.approve_minutes(session, actor, panel.meeting(session).minutes)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        minutes.issue_minutes(session, actor, panel.meeting(session).minutes)
    return panel


def the_case(session: Session, panel: Panel) -> Case:
    """The one case of the panel, in this session."""
    return session.get_one(Case, panel.case_ids[0])


def the_victim(session: Session, panel: Panel) -> CasePerson:
    """The person at risk in it."""
    query = select(CasePerson).where(CasePerson.case_id == panel.case_ids[0], CasePerson.role == PersonRole.VICTIM)
    return session.scalars(query).one()


def finish_actions(session: Session, actor: Actor, panel: Panel) -> None:
    """Withdraw every live action of the case."""
    for row in actions.list_actions(session, actor):
        action = actions.get_action(session, actor, row.id)
        if action.case_id == panel.case_ids[0]:
            actions.withdraw_action(session, actor, action, note="Not needed any more: the panel said so")


def decide_everything(session: Session, actor: Actor, panel: Panel) -> None:
    """Powers, the section 42 decision and the advocate: what even the chair may not close over."""
    case = the_case(session, panel)
    access.open_case(actor, case)
    decided = {power.key: (PowerDecision.NOT_APPLICABLE.value, "") for power in all_powers()}
    powers.record_powers(session, actor, case, {**decided, "cpw": ("rejected", "He is in hospital")})
    reviewing.record_care_act(
        session, actor, case, the_victim(session, panel).id, decision=CareAct.NOT_REFERRED, reason="No care needs"
    )
    reviewing.name_advocate(session, actor, case, advocate="Ines Costa, Victim Support")


def close(session: Session, actor: Actor, panel: Panel, ending: Ending = ENDING, **facts: Any) -> Case:
    """Close the case with a whole ending, unless told."""
    return closing.close_case(session, actor, the_case(session, panel), ending, **facts)
