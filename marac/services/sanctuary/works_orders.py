"""Orders to contractors, from the office: a plain card under a key of its own, purged 14 days after its end.

Refuses a card whose words say why, or name anybody (SAN-28). What withdraws them is consequences.py.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Address, Agency, CasePerson, Membership, SanctuaryRequest, Wall, WorksLine, WorksOrder
from marac.services.casework import safe_contact
from marac.services.clockwork.recipients import active_people
from marac.services.leaving import checking
from marac.services.sanctuary import approvals, consequences, lines
from marac.services.sanctuary.lines import LineShown
from marac.vocabulary import (
    ContactChannel,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    Role,
    SanctuaryState as S,
    Template,
    WorksOrderState as O,
)
from marac.workflows import job_cards
from marac.workflows.works import KEEPS_OPEN
from marac.workflows.works_guards import job_card_is_plain

APPROVED: Final = (S.WORKS_ORDERED,)
BEFORE_APPROVAL: Final = (
    S.IN_TRIAGE, S.AWAITING_INFORMATION, S.LANDLORD_PERMISSION, S.SURVEY_BOOKED, S.SURVEY_DONE, S.FIRE_CONSULT,
    S.SPECIFICATION, S.APPROVAL,
)  # fmt: skip
KEPT: Final = timedelta(days=14)
LONGEST_WINDOW: Final = timedelta(hours=12)
ON_A_CARD: Final = (ContactChannel.PHONE, ContactChannel.TEXT, ContactChannel.VISIT)


@dataclass(frozen=True, slots=True)
class Job:
    """What the office says to a contractor. Days and hours are aware times; the words are for the card."""

    agency_id: UUID | None
    window_from: datetime | None
    window_until: datetime | None
    area: str
    access: str
    what_to_say: str
    who_to_ring: str
    line_ids: Sequence[UUID] = ()


def order_works(session: Session, actor: Actor, keyring: Any, request: SanctuaryRequest, job: Job) -> WorksOrder:
    """Offer a job to a contractor. RuleBroken beside the field of the form that is not right."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    chosen, address = _to_fit(session, actor, request, job), home_of(session, request)
    _check(session, request, job, chosen, address)
    for field, label, words in _said_on_card(job, chosen):
        checking.require_clean(session, actor, request.case, {label: words}, field=field)
    order_id = uuid4()
    keyring.create_works_key(request.partnership_id, order_id)
    access.open_new_order(actor, request, order_id)
    order = WorksOrder(
        id=order_id, partnership_id=request.partnership_id, request_id=request.id, agency_id=job.agency_id,
        token=secrets.token_urlsafe(16), state=O.OFFERED, ordered_at=clock.now(), ordered_by_id=actor.user_id,
        window_from=job.window_from, window_until=job.window_until, area=job.area.strip(), access=job.access.strip(),
        what_to_say=job.what_to_say.strip(), who_to_ring=job.who_to_ring.strip(), address=address,
        code=job_cards.reference_of(secrets.token_hex(4).upper()),
        contact_rules=_rules_on_card(session, actor, request),
        lines=[_on_card(line) for line in chosen],
    )  # fmt: skip
    session.add(order)
    session.flush()
    for line in chosen:
        line.row.order_id = order.id
    session.flush()
    audit.record(session, actor, "works_order:offered", order, case_id=request.case_id, lines=len(chosen))
    consequences.tell(session, order, Template.JOB_OFFERED, "offered")
    return order


def _to_fit(session: Session, actor: Actor, request: SanctuaryRequest, job: Job) -> list[LineShown]:
    """The chosen lines that may be ordered now: approved ones, or those of an emergency that change no way out."""
    wanted = set(job.line_ids)
    found = [line for line in lines.list_lines(session, actor, request) if line.id in wanted and may_order(line.row)]
    if request.state in APPROVED:
        return found
    if request.state not in BEFORE_APPROVAL:
        raise WrongState(f"nothing is ordered when {request.state}")
    if not approvals.has_spoken(session, request):
        raise RuleBroken("lines", "Nobody has approved this yet. In an emergency, note a spoken approval first")
    if any(not line.emergency or line.fire_review for line in found):
        raise RuleBroken("lines", "Only emergency lines that change no way out may be ordered before approval")
    return found


def _said_on_card(job: Job, chosen: list[LineShown]) -> tuple[tuple[str, str, str], ...]:
    """What a contractor reads from the first day. The address comes the evening before, by itself; whom to ring is
    said on purpose.
    """
    notes = "\n".join(line.note for line in chosen)
    return (
        ("area", "Area", job.area), ("access", "Getting in", job.access),
        ("what_to_say", "At the door", job.what_to_say), ("lines", "Notes on what to fit", notes),
    )  # fmt: skip


def may_order(line: WorksLine) -> bool:
    """Whether nobody has been given this line, or whoever was did not finish it."""
    return line.order_id is None or line.result in KEEPS_OPEN


def _check(session: Session, request: SanctuaryRequest, job: Job, chosen: list[LineShown], address: str) -> None:
    if not chosen:
        raise RuleBroken("lines", "Select at least one thing to fit")
    words = {"area": job.area, "access": job.access, "what_to_say": job.what_to_say, "who_to_ring": job.who_to_ring,
             "lines": "\n".join(line.note for line in chosen)}  # fmt: skip
    facts = {
        **words, "contractor_id": job.agency_id, "address": address, "window": job.window_from and job.window_until,
        "telling_words": job_cards.first_telling(words, names_in(session, request)),
    }  # fmt: skip
    job_card_is_plain(request, facts)
    _check_window(job.window_from or clock.now(), job.window_until or clock.now())
    if job.agency_id not in {agency.id for agency in list_contractors(session, request)}:
        raise RuleBroken("contractor", "Select a contractor from the list")


def _check_window(first: datetime, last: datetime) -> None:
    if last <= first or last - first > LONGEST_WINDOW:
        raise RuleBroken("window", "The end must be after the start, on the same day")
    if last <= clock.now():
        raise RuleBroken("window", "The day and hours must be in the future")


def list_contractors(session: Session, request: SanctuaryRequest) -> list[Agency]:
    """Firms with somebody to accept a job; never one that is walled off, or that somebody walled off works for."""
    people = active_people(session, request.partnership_id, (Role.CONTRACTOR,))
    cases = [one for one in (request.case_id, request.parent_case_id) if one]
    walled = exists().where(
        Wall.case_id.in_(cases),
        access.in_force(),
        (Wall.agency_id == Agency.id)
        | Wall.user_id.in_(select(Membership.user_id).where(Membership.agency_id == Agency.id)),
    )
    firms = select(Membership.agency_id).where(Membership.user_id.in_(people), Membership.role == Role.CONTRACTOR)
    return list(session.scalars(select(Agency).where(Agency.id.in_(firms), ~walled).order_by(Agency.name)))


def names_in(session: Session, request: SanctuaryRequest) -> list[str]:
    """Every name that may not stand on a card: of the resident too. Opened for comparing alone."""
    with access.apart():
        access.open_for("job_card", request.partnership_id, [one for one in (request.case_id,) if one])
        people = session.scalars(select(CasePerson).where(CasePerson.case_id == request.case_id))
        return [name for person in people for name in (person.full_name, *(person.aliases or ())) if name]


def home_of(session: Session, request: SanctuaryRequest) -> str:
    """The address that the work is at, as a card shows it; empty when nobody entered one."""
    with access.apart():
        access.open_for("job_card", request.partnership_id, [request.case_id])
        first = select(Address).join(CasePerson).where(
            Address.case_id == request.case_id, Address.role == PersonRole.VICTIM
        )  # fmt: skip
        home = session.scalar(first.order_by(CasePerson.position, Address.position).limit(1))
        if home is None or home.in_refuge:
            return ""
        street = " ".join(part for part in (home.house_number, home.street) if part)
        return ", ".join(part for part in (street, home.postcode) if part) if home.street else ""


def area_of(address: str) -> str:
    """The first half of the postcode, which is all that stands on a card before the evening before."""
    code = address.rpartition(",")[2].strip()
    return code.partition(" ")[0] if any(sign.isdigit() for sign in code) else ""


def _rules_on_card(session: Session, actor: Actor, request: SanctuaryRequest) -> list[str]:
    """The safe-contact rules in words that tell nothing: ways and hours, nothing of why (DA-14)."""
    contact = safe_contact.contact_of(session, request.case)
    rules = safe_contact.rules_of(contact, access.open_request(actor, request), ProgrammeSlug.SANCTUARY)
    names = names_in(session, request)
    found = []
    for channel in ON_A_CARD:
        way = next((one for one in rules.ways if one.channel == channel), None)
        detail = way.detail if way and way.usable and not job_cards.tells(way.detail, names) else ""
        usable = way is not None and way.usable
        found.append(f"{channel.label}: {'yes' if usable else 'no'}{f', {detail}' if detail else ''}")
    return found


def _on_card(line: LineShown) -> dict[str, Any]:
    words = job_cards.card_words(line.works.key, line.works.words)
    return {
        "id": line.id.hex, "words": words + (f" × {line.quantity}" if line.quantity > 1 else ""),
        "room": line.room.label if line.room else "", "note": line.note,
    }  # fmt: skip


def get_order(session: Session, actor: Actor, request: SanctuaryRequest, order_id: UUID) -> WorksOrder:
    """One order of a request; NotFound for any other."""
    mine = access.visible(actor, P.ORDER_READ, WorksOrder).where(WorksOrder.request_id == request.id)
    order = session.scalar(mine.where(WorksOrder.id == order_id))
    if order is None:
        raise NotFound
    return order


def list_orders(session: Session, actor: Actor, request: SanctuaryRequest) -> list[WorksOrder]:
    """The orders of a request, newest first; what stands on their cards stays sealed."""
    mine = access.visible(actor, P.ORDER_READ, WorksOrder).where(WorksOrder.request_id == request.id)
    return list(session.scalars(mine.order_by(WorksOrder.ordered_at.desc())))


def purge_ended(session: Session, actor: Actor) -> int:
    """The keys of jobs that ended 14 days ago are deleted: nobody reads their cards again. Returns how many."""
    before = clock.now() - KEPT
    ended = access.visible(actor, P.JOB_RUN, WorksOrder).where(
        (WorksOrder.completed_at < before) | (WorksOrder.withdrawn_at < before)
    )
    keyring, purged = session.info["keyring"], 0
    for order in session.scalars(ended):
        if keyring.owner_keys("works", order.partnership_id.bytes, [order.id.bytes]):
            gone = partial(keyring.erase, "works", order.partnership_id, order.id)
            session.info.setdefault("after_commit", []).append(gone)
            purged += 1
    return purged
