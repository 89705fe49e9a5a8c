"""What opens apart from a case's own stages: one's own details for screening, and an hour of emergency access.

Refuses emergency access to whoever could not be told that the case exists: walls and restriction stand before it.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import func
from sqlalchemy.orm import Session, object_session

from marac import clock
from marac.access.opening import locates
from marac.access.policy import require, require_holds, require_step_up
from marac.access.relations import Actor
from marac.crypto import vault
from marac.db import UtcDateTime
from marac.errors import NotAllowed, NotFound
from marac.models import Case, Glass
from marac.vocabulary import Permission as P, Role
from marac.workflows.walls import GLASS_LASTS

IN_GLASS = frozenset({"identity", "children", "perpetrator", "risk"})
MEMBERS = (Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA)


def open_own_details(actor: Actor) -> None:
    """Grant a person what is kept of people who work here, to read and write their own: the service takes that row."""
    require_holds(actor, P.HOME_READ)
    if actor.user_id is None:
        raise NotAllowed
    vault.current().grant("staff", actor.partnership_id, actor.partnership_id, "staff", open=True, seal=True)


def database_now(session: Session) -> datetime:
    """The moment by the clock of the database, which no worker can put back."""
    return cast(datetime, session.scalar(func.current_timestamp(type_=UtcDateTime())))


def is_live(session: Session, glass: Glass) -> bool:
    """Whether the hour of a use still runs, by both clocks: putting one back lengthens nothing."""
    return database_now(session) < glass.ends_at and clock.now() < glass.opened_at + GLASS_LASTS


def open_glass(actor: Actor, glass: Glass) -> Case:
    """Grant who is meant in a case and what the risk is, to the one person who asked, while the hour runs."""
    require(actor, P.GLASS_READ, glass)
    session = object_session(glass)
    case = session.get(Case, glass.case_id) if session else None
    if session is None or case is None or glass.user_id != actor.user_id or not is_live(session, glass):
        raise NotFound
    vault.current().grant_many(
        "case", actor.partnership_id, [glass.case_id], sorted(IN_GLASS), open=True, purpose="glass"
    )
    return case


def open_glass_place(actor: Actor, glass: Glass) -> Case:
    """The same with the address, once a second person has agreed and the first has just confirmed who they are.

    NotAllowed before that, and to agencies that never learn where somebody is.
    """
    case, session = open_glass(actor, glass), object_session(glass)
    if session is None or glass.place_agreed_at is None or not learns_place(session, actor, case):
        raise NotAllowed
    require_step_up(actor)
    vault.current().grant("case", actor.partnership_id, case.id, "location", open=True, purpose="glass")
    return case


def learns_place(session: Session, actor: Actor, case: Case) -> bool:
    """Whether an address could be agreed at all: for members of a panel, not for auditors."""
    return actor.role in MEMBERS and locates(session, actor, case.id, case.programme)
