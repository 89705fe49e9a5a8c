"""Marks on the address with police and fire brigade: asked for, placed, reviewed, removed, forgotten (SAN-31)."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import AddressFlag, Agency, SanctuaryRequest
from marac.services import moving
from marac.vocabulary import FlagState, Permission as P, SanctuaryState as S

KINDS = {"police": "met_police_da", "fire": "lfb"}
LIVE = (FlagState.ADD_REQUESTED, FlagState.ADDED, FlagState.REMOVE_REQUESTED)
NOT_LIVING_THERE = (S.CLOSED, S.REMOVED_ENDED, S.MOVED, S.REFUGE, S.DIED, S.DUPLICATE, S.INELIGIBLE, S.WITHDRAWN)
PLACE_WITHIN = timedelta(days=1)
REVIEW_AFTER = timedelta(days=182)


def ask(session: Session, actor: Actor, request: SanctuaryRequest, kind: str) -> AddressFlag:
    """Ask police or fire brigade to mark the address; once while a mark is live."""
    access.require(actor, P.SANCTUARY_SUPPORT, request)
    access.open_request(actor, request)
    agency_id = session.scalar(
        select(Agency.id).where(Agency.partnership_id == request.partnership_id, Agency.slug == KINDS[kind])
    )
    if agency_id is None:
        raise RuleBroken("flags", "That agency is not on the list of agencies")
    held = next((flag for flag in live(session, request) if flag.agency_id == agency_id), None)
    if held is not None:
        return held
    flag = AddressFlag(
        partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id, agency_id=agency_id,
        state=FlagState.ADD_REQUESTED, asked_at=clock.now(), due_at=clock.now() + PLACE_WITHIN,
    )  # fmt: skip
    session.add(flag)
    session.flush()
    audit.record(session, actor, "address_flag:asked", flag, agency=agency_id)
    moving.flush(session)
    return flag


def ask_for(session: Session, actor: Actor, request: SanctuaryRequest, kinds: Iterable[str]) -> dict[str, bool]:
    """Ask for several; answers with the facts that the safety plan's guard reads."""
    for kind in kinds:
        ask(session, actor, request, kind)
    slugs = set(session.scalars(select(Agency.slug).join(AddressFlag).where(AddressFlag.request_id == request.id)))
    return {f"{kind}_flag_asked": slug in slugs for kind, slug in KINDS.items()}


def place(
    session: Session, actor: Actor, flag: AddressFlag, *, their_reference: str, review_on: date | None = None
) -> AddressFlag:
    """They confirmed that the mark is there, under their reference; it is looked at again in six months."""
    access.open_request(actor, flag.request)
    moving.advance(session, actor, flag, "place")
    flag.placed_at, flag.their_reference = clock.now(), their_reference.strip() or None
    flag.review_on = review_on or clock.today() + REVIEW_AFTER
    moving.flush(session)
    return flag


def review(session: Session, actor: Actor, flag: AddressFlag, *, because: str, review_on: date) -> AddressFlag:
    """Still needed: why, and until when."""
    if review_on <= clock.today():
        raise RuleBroken("review_on", "The date must be later than today")
    access.open_request(actor, flag.request)
    moving.advance(session, actor, flag, "review", because=because)
    flag.kept_because, flag.review_on = because.strip(), review_on
    moving.flush(session)
    return flag


def ask_removal(session: Session, actor: Actor, request: SanctuaryRequest) -> None:
    """The person is gone: whoever has a mark is asked to take it off."""
    for flag in live(session, request):
        if flag.state != FlagState.REMOVE_REQUESTED:
            ask_removal_of(session, actor, flag)


def ask_removal_of(session: Session, actor: Actor, flag: AddressFlag) -> AddressFlag:
    """No longer needed: they are asked to take it off."""
    moving.advance(session, actor, flag, "ask_removal")
    flag.due_at = clock.now() + PLACE_WITHIN
    moving.flush(session)
    return flag


def remove(session: Session, actor: Actor, flag: AddressFlag) -> AddressFlag:
    """They confirmed that it is off."""
    moving.advance(session, actor, flag, "remove")
    flag.removed_at = clock.now()
    moving.flush(session)
    return flag


def live(session: Session, request: SanctuaryRequest) -> list[AddressFlag]:
    """Marks of a request that are not off yet."""
    query = select(AddressFlag).where(AddressFlag.request_id == request.id, AddressFlag.state.in_(LIVE))
    return list(session.scalars(query.order_by(AddressFlag.asked_at)))


def get_flag(session: Session, actor: Actor, request: SanctuaryRequest, flag_id: UUID) -> AddressFlag:
    """One mark of a request that the actor may see to, or NotFound."""
    query = access.visible(actor, P.SANCTUARY_SUPPORT, AddressFlag)
    flag = session.scalar(query.where(AddressFlag.id == flag_id, AddressFlag.request_id == request.id))
    if flag is None:
        raise NotFound
    return flag


def exceptions(session: Session, actor: Actor) -> list[AddressFlag]:
    """Marks that stand on an address where the person no longer is, or of a request that is over (SAN-31)."""
    query = access.visible(actor, P.SANCTUARY_SUPPORT, AddressFlag).join(AddressFlag.request)
    found = query.where(AddressFlag.state.in_(LIVE), SanctuaryRequest.state.in_(NOT_LIVING_THERE))
    return list(session.scalars(found.order_by(AddressFlag.asked_at)))


def to_review(session: Session, actor: Actor, until: date) -> list[AddressFlag]:
    """Placed marks that are to be looked at again by a day."""
    query = access.visible(actor, P.SANCTUARY_SUPPORT, AddressFlag)
    return list(
        session.scalars(
            query.where(AddressFlag.state == FlagState.ADDED, AddressFlag.review_on <= until).order_by(
                AddressFlag.review_on
            )
        )
    )
