"""The only place where a state changes: find the transition, ask access, check guards, move, record, follow up."""

from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from marac import access, audit
from marac.access import Actor
from marac.errors import StaleEdit, WrongState
from marac.models import (
    Action,
    AddressFlag,
    AgendaItem,
    Case,
    Disclosure,
    Flag,
    FollowUp,
    Meeting,
    Minutes,
    Referral,
    Research,
    Retention,
    SanctuaryRequest,
    Telling,
    Visit,
    WorksOrder,
)
from marac.services import effects
from marac.services.effects import Move
from marac.vocabulary import ProgrammeSlug
from marac.workflows import WORKFLOWS
from marac.workflows.engine import Transition, Workflow

Moving = (
    Action
    | AddressFlag
    | AgendaItem
    | Case
    | Disclosure
    | Flag
    | FollowUp
    | Meeting
    | Minutes
    | Referral
    | Research
    | Retention
    | SanctuaryRequest
    | Telling
    | Visit
    | WorksOrder
)

T = TypeVar("T", bound=Moving)

FLOW_OF: dict[type, Workflow] = {
    Referral: WORKFLOWS["referral"],
    Case: WORKFLOWS["case"],
    Meeting: WORKFLOWS["meeting"],
    AgendaItem: WORKFLOWS["agenda_item"],
    Research: WORKFLOWS["research"],
    Minutes: WORKFLOWS["minutes"],
    Action: WORKFLOWS["action"],
    Flag: WORKFLOWS["flag"],
    Telling: WORKFLOWS["telling"],
    SanctuaryRequest: WORKFLOWS["sanctuary"],
    AddressFlag: WORKFLOWS["address_flag"],
    WorksOrder: WORKFLOWS["works_order"],
    Visit: WORKFLOWS["visit"],
    FollowUp: WORKFLOWS["follow_up"],
    Disclosure: WORKFLOWS["disclosure"],
    Retention: WORKFLOWS["retention"],
}
OF_PROGRAMME: dict[tuple[type, ProgrammeSlug], Workflow] = {
    (Referral, ProgrammeSlug.COMMUNITY_MARAC): WORKFLOWS["community_referral"],
    (Case, ProgrammeSlug.COMMUNITY_MARAC): WORKFLOWS["community_case"],
}


def flow_of(subject: Moving) -> Workflow:
    """The life-cycle of a thing: that of its programme where the programme has one of its own."""
    kind = type(subject)
    programme = subject.programme if isinstance(subject, Case | Referral) else None
    return OF_PROGRAMME.get((kind, programme), FLOW_OF[kind]) if programme else FLOW_OF[kind]


def advance(session: Session, actor: Actor, subject: T, name: str, **facts: Any) -> T:
    """Move `subject` by the transition `name`.

    Raises WrongState when its state does not offer it, NotFound or NotAllowed when it is not the actor's, RuleBroken
    when a guard is not met, StaleEdit when somebody else moved it first.
    """
    flow = flow_of(subject)
    step = _found(flow, name, actor, subject)
    access.require(actor, step.permission, subject)
    step.check(subject, facts)
    before: Any = subject.state
    subject.state = cast(Any, step.to_state)
    noun = FLOW_OF[type(subject)].noun
    audit.record(session, actor, f"{noun}:{name}", subject, **cast(Any, {"from": before, "to": step.to_state}))
    for effect in step.effects:
        effects.carry_out(Move(session, actor, subject, effect, facts, advance))
    flush(session)
    return subject


def _found(flow: Workflow, name: str, actor: Actor, subject: Moving) -> Transition:
    """The transition out of the present state; to whom the subject is not visible, it is not there in any state."""
    try:
        return flow.find(name, subject.state)
    except WrongState:
        access.require_visible(actor, subject)
        raise


def available(actor: Actor, subject: Moving) -> tuple[Transition, ...]:
    """The transitions to offer as buttons: those the state has and the policy allows. Offered is what is enforced."""
    steps = flow_of(subject).offered(subject.state)
    return tuple(step for step in steps if access.may(actor, step.permission, subject))


def same_version(thing: Any, version: int | None) -> None:
    """Raise StaleEdit when the page was drawn from another version of the row than the one now stored."""
    if version is not None and thing.version_id != version:
        raise StaleEdit(str(thing.id))


def flush(session: Session) -> None:
    """Flush; a row that somebody else changed since it was read raises StaleEdit."""
    try:
        session.flush()
    except StaleDataError:
        raise StaleEdit from None
