"""Whether another panel holds somebody of the same household (CM-9): presence alone, and which panel leads.

Refuses to say who, how many or which case, to whoever asks; a restricted or walled case is not there at all.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Case, Membership, RoutingQuestion, Wall
from marac.services.clockwork.recipients import recipients
from marac.services.knowing import candidates, matching
from marac.vocabulary import CaseState, Permission as P, PersonRole, ProgrammeSlug, Role, RoutingAnswer, Template

PANELS = (ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC)
OVER = (CaseState.LAPSED, CaseState.CLOSED, CaseState.MERGED, CaseState.ERASED)
SEEN_FROM_THERE = {RoutingAnswer.HERE: RoutingAnswer.THERE, RoutingAnswer.THERE: RoutingAnswer.HERE}


def present(session: Session, actor: Actor, case: Case) -> tuple[ProgrammeSlug, ...]:
    """The other panels that may hold somebody of this household now. Nothing else about them is known from here."""
    return tuple(programme for programme in _others(case) if _held(session, actor, case, programme))


def questions_of(session: Session, actor: Actor, case: Case) -> tuple[RoutingQuestion, ...]:
    """What was asked of this case, or from it, the newest first."""
    _require(actor, case)
    rows = select(RoutingQuestion).where(RoutingQuestion.case_id == case.id)
    return tuple(session.scalars(rows.order_by(RoutingQuestion.asked_at.desc(), RoutingQuestion.id)))


def ask(session: Session, actor: Actor, case: Case, programme: ProgrammeSlug) -> RoutingQuestion:
    """Ask the coordinator of the other panel which of the two leads. RuleBroken when nothing is held there."""
    held = _held(session, actor, case, programme) if programme in _others(case) else ()
    if not held:
        raise RuleBroken("programme", "The other panel does not hold this household now")
    waiting = [one for one in questions_of(session, actor, case) if one.other_programme == programme and not one.answer]
    if waiting:
        return waiting[0]
    pair = uuid4()
    ours = _side(case, pair, programme, asked_here=True)
    session.add(ours)
    for theirs in session.scalars(select(Case).where(Case.id.in_(held))):
        session.add(_side(theirs, pair, case.programme, asked_here=False))
        _tell(session, theirs, Role.COORDINATOR, pair)
        audit.record(
            session, access.system(theirs.partnership_id), "routing:asked", theirs, programme=case.programme
        )  # fmt: skip
    audit.record(session, actor, "routing:asked", case, programme=programme)
    session.flush()
    return ours


def answer(session: Session, actor: Actor, case: Case, question_id: UUID, said: RoutingAnswer) -> RoutingQuestion:
    """Say which panel leads; the other side sees the same from where it stands. Only who was asked answers."""
    _require(actor, case)
    asked = session.get(RoutingQuestion, question_id)
    if asked is None or asked.case_id != case.id or asked.asked_here:
        raise NotFound
    for side in session.scalars(select(RoutingQuestion).where(RoutingQuestion.pair_id == asked.pair_id)):
        side.answer = SEEN_FROM_THERE.get(said, said) if side.asked_here else said
        side.answered_at = clock.now()
        if side.asked_here:
            _tell(session, session.get_one(Case, side.case_id), Role.COORDINATOR, asked.pair_id, again="answered")
    audit.record(session, actor, "routing:answered", case, answer=said)
    session.flush()
    return asked


def _others(case: Case) -> tuple[ProgrammeSlug, ...]:
    return tuple(one for one in PANELS if one != case.programme) if case.programme in PANELS else ()


def _held(session: Session, actor: Actor, case: Case, programme: ProgrammeSlug) -> Sequence[UUID]:
    """Cases of the other panel with somebody who is alike; ids alone, and they stay in here."""
    _require(actor, case)
    among = and_(
        Case.partnership_id == case.partnership_id, Case.programme == programme, Case.state.not_in(OVER),
        ~Case.restricted, ~_walled(actor),
    )  # fmt: skip
    with access.apart(), candidates.uncollected():
        found = matching.compared(session, case, frozenset(PersonRole), among)
    return sorted({person.case_id for _one, pairs in found for person, _agreement in pairs})


def _walled(actor: Actor) -> ColumnElement[bool]:
    """A wall against the asker, or an agency of theirs: what it hides is not even present."""
    agencies = select(Membership.agency_id).where(Membership.user_id == actor.user_id)
    return exists().where(
        Wall.case_id == Case.id, access.in_force(), or_(Wall.user_id == actor.user_id, Wall.agency_id.in_(agencies))
    )  # fmt: skip


def _require(actor: Actor, case: Case) -> None:
    access.require_holds(actor, P.PERSON_MATCH)
    access.require(actor, P.CASE_LIST, case)


def _side(case: Case, pair: UUID, other: ProgrammeSlug, *, asked_here: bool) -> RoutingQuestion:
    return RoutingQuestion(
        partnership_id=case.partnership_id, case_id=case.id, pair_id=pair, other_programme=other,
        asked_here=asked_here, asked_at=clock.now(),
    )  # fmt: skip


def _tell(session: Session, case: Case, role: Role, pair: UUID, again: str = "asked") -> None:
    notifications.enqueue(
        session, case.partnership_id, recipients(session, case, role), Template.REFERRAL_WAITING,
        subject_key=f"routing:{pair.hex}:{again}", path=f"/cases/{case.reference}/routing",
    )  # fmt: skip
