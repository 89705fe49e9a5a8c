"""The register of disclosures: what was asked, by whom, on what basis, by when, and what the answer is to be.

Refuses any answer but neither confirm nor deny to who may be an alleged perpetrator, until it was decided otherwise.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Disclosure
from marac.services import local, moving
from marac.services.casework import naming
from marac.services.casework.references import new_reference
from marac.vocabulary import (
    OPEN_DISCLOSURES,
    DisclosureAnswer,
    DisclosureKind,
    DisclosureProof,
    DisclosureStanding,
    DisclosureState,
    Permission as P,
    ProgrammeSlug,
)
from marac.workflows import disclosure as rules

NEEDS_DECISION = (
    "The answer to this request is to neither confirm nor deny. The data protection officer or the chair decides "
    "otherwise, with a reason"
)
BEFORE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is typed when a request comes in. `due_on` is the court's day or one that was agreed; None: by the clock."""

    kind: DisclosureKind
    standing: DisclosureStanding
    proof: DisclosureProof
    requester: str
    received_on: date
    scope: str
    basis: str = ""
    proof_note: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the register."""

    reference: str
    kind: DisclosureKind
    state: DisclosureState
    requester: str
    received_on: date
    due_on: date
    prepared_by: str
    released_by: str


def may_see(actor: Actor) -> bool:
    """Whether there is a register for this person at all."""
    return access.holds(actor, P.DISCLOSURE_READ)


def record_request(session: Session, actor: Actor, programme: ProgrammeSlug, asked: Asked) -> Disclosure:
    """Enter a request. RuleBroken without who asks, what for, or on what basis where that is not a person's right."""
    access.require_holds(actor, P.DISCLOSURE_PREPARE)
    if programme not in actor.programmes or actor.user_id is None:
        raise NotAllowed
    _check(asked)
    access.open_register(actor)
    closures = local.closures(session, actor.partnership_id)
    made = Disclosure(
        partnership_id=actor.partnership_id, programme=programme, reference=new_reference(session), kind=asked.kind,
        state=DisclosureState.RECEIVED, received_on=asked.received_on, recorded_by_id=actor.user_id, passages_version=1,
        due_on=asked.due_on or rules.due_on(asked.received_on, closures=closures), requester=asked.requester.strip(),
        standing=asked.standing.value, proof=asked.proof.value, proof_note=asked.proof_note, basis=asked.basis,
        scope=asked.scope, hands=[actor.user_id.hex],
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, actor, "disclosure:recorded", made, kind=asked.kind)
    return made


def _check(asked: Asked) -> None:
    if not asked.requester.strip():
        raise RuleBroken("requester", "Enter who asks")
    if not asked.scope.strip():
        raise RuleBroken("scope", "Enter what is asked for")
    if asked.received_on > clock.today():
        raise RuleBroken("received_on", "The day it came must not be in the future")
    if asked.kind == DisclosureKind.COURT and asked.due_on is None:
        raise RuleBroken("due_on", "Enter the day the court has set")
    if asked.kind != DisclosureKind.SUBJECT_ACCESS and not asked.basis.strip():
        raise RuleBroken("basis", "Enter the legal basis, for example the order and its number")
    if asked.due_on is not None and asked.due_on < asked.received_on:
        raise RuleBroken("due_on", "The day must not be before the request came")


def get_disclosure(session: Session, actor: Actor, reference: str, *, page: str = "") -> Disclosure:
    """One request with its words opened, or NotFound; reading it is recorded under the page's name."""
    visible = access.visible(actor, P.DISCLOSURE_READ, Disclosure)
    found = session.scalar(visible.where(Disclosure.reference == reference.upper()))
    if found is None:
        raise NotFound
    access.open_register(actor)
    if page:
        audit.record(session, actor, "disclosure:read", found, page=page)
    return found


def list_disclosures(session: Session, actor: Actor, *, closed: bool = False) -> list[Line]:
    """The register: what is open, the first due first; or what was answered, the latest first."""
    access.require_holds(actor, P.DISCLOSURE_READ)
    access.open_register(actor)
    states = set(DisclosureState) - set(OPEN_DISCLOSURES) if closed else OPEN_DISCLOSURES
    mine = access.visible(actor, P.DISCLOSURE_READ, Disclosure).where(Disclosure.state.in_(states))
    rows = session.scalars(mine.order_by(Disclosure.received_on.desc() if closed else Disclosure.due_on)).all()
    who = naming.colleagues(session, actor, [one for row in rows for one in (row.recorded_by_id, row.released_by_id)])
    return [
        Line(
            row.reference, row.kind, row.state, row.requester or "", row.received_on, row.due_on,
            who.get(row.recorded_by_id, ""), who.get(row.released_by_id, "") if row.released_by_id else "",
        )
        for row in rows
    ]  # fmt: skip


def require_open(session: Session, actor: Actor, disclosure: Disclosure) -> None:
    """Whoever changes an answer must be able to prepare it, and has had a part in it from now on."""
    access.require(actor, P.DISCLOSURE_PREPARE, disclosure)
    if disclosure.state != DisclosureState.RECEIVED or actor.user_id is None:
        raise WrongState(f"{disclosure.id} is {disclosure.state}")
    access.open_register(actor)
    if actor.user_id.hex not in (disclosure.hands or ()):
        disclosure.hands = [*(disclosure.hands or ()), actor.user_id.hex]


def extend(session: Session, actor: Actor, disclosure: Disclosure, *, because: str) -> Disclosure:
    """Two further months for a subject access request, once, with the reason that the person is told."""
    access.require(actor, P.DISCLOSURE_PREPARE, disclosure)
    access.open_register(actor)
    if disclosure.kind != DisclosureKind.SUBJECT_ACCESS or disclosure.extended_on is not None:
        raise RuleBroken("because", "Only a subject access request can be extended, and only once")
    if disclosure.state not in OPEN_DISCLOSURES:
        raise WrongState(f"{disclosure.id} is {disclosure.state}")
    if not because.strip():
        raise RuleBroken("because", "Say why it is complex, or how many requests there were")
    closures = local.closures(session, disclosure.partnership_id)
    disclosure.due_on = rules.due_on(disclosure.received_on, rules.MONTHS_EXTENDED, closures)
    disclosure.extended_on, disclosure.extended_because = clock.today(), because.strip()
    audit.record(session, actor, "disclosure:extended", disclosure)
    moving.flush(session)
    return disclosure


def record_proof(session: Session, actor: Actor, disclosure: Disclosure, proof: DisclosureProof, note: str) -> None:
    """How it is known who asks."""
    require_open(session, actor, disclosure)
    disclosure.proof, disclosure.proof_note = proof.value, note.strip()
    moving.flush(session)


def usual_answer(disclosure: Disclosure) -> DisclosureAnswer:
    """What is answered unless somebody decides otherwise. The register must be open."""
    return rules.usual_answer(DisclosureStanding(disclosure.standing or "not_known"), warned=bool(disclosure.warned))


def may_confirm(disclosure: Disclosure) -> bool:
    """Whether anything but neither confirm nor deny may be answered: usually, or because it was decided."""
    return usual_answer(disclosure) != DisclosureAnswer.NEITHER or bool(disclosure.decided)


def decide(session: Session, actor: Actor, disclosure: Disclosure, *, because: str) -> Disclosure:
    """The data protection officer, or the chair, decides that this request is answered. Not who prepares it."""
    access.require(actor, P.DISCLOSURE_DECIDE, disclosure)
    access.require_step_up(actor)
    access.open_register(actor)
    if actor.user_id is None or actor.user_id.hex in (disclosure.hands or ()):
        raise RuleBroken("because", "You had a part in preparing this. Somebody else must decide it")
    if not because.strip():
        raise RuleBroken("because", "Say why a yes or no puts nobody at risk")
    disclosure.decided = {"by": actor.user_id.hex, "at": clock.now().isoformat(), "because": because.strip()}
    audit.record(session, actor, "disclosure:decided", disclosure, answer=DisclosureAnswer.PASSAGES)
    moving.flush(session)
    return disclosure


def choose_answer(session: Session, actor: Actor, disclosure: Disclosure, answer: DisclosureAnswer) -> Disclosure:
    """What the answer is to be. RuleBroken where it must neither confirm nor deny."""
    require_open(session, actor, disclosure)
    if answer != DisclosureAnswer.NEITHER and not may_confirm(disclosure):
        raise RuleBroken("answer", NEEDS_DECISION)
    disclosure.answer = answer
    disclosure.passages_version += 1
    moving.flush(session)
    return disclosure


def finish_without(
    session: Session, actor: Actor, disclosure: Disclosure, step: str, *, reason: str
) -> Disclosure:  # fmt: skip
    """Refuse a request, or record that it was withdrawn."""
    access.open_register(actor)
    moving.advance(session, actor, disclosure, step, reason=reason)
    disclosure.ended_because = reason.strip()
    moving.flush(session)
    return disclosure
