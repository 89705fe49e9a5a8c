"""How a person stands to a Sanctuary request, and to whatever hangs on one. Refuses a draft to all but its writers."""

from typing import Any, cast

from sqlalchemy import ColumnElement, and_, exists, or_, select

from marac.access.relations import Actor
from marac.models import Approval, SanctuaryRequest
from marac.vocabulary import SanctuaryState as S

IN_THE_FIELD = (
    S.LANDLORD_PERMISSION, S.SURVEY_BOOKED, S.SURVEY_DONE, S.FIRE_CONSULT, S.SPECIFICATION, S.APPROVAL,
    S.WORKS_ORDERED, S.INSTALLED, S.SIGN_OFF,
)  # fmt: skip
STOPPED = (S.ON_HOLD, S.FROZEN)


def asked_by_me(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Requests this person started."""
    return _of(model, SanctuaryRequest.user_id == actor.user_id)


def asked_by_agency(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Requests the person's agency made."""
    return _of(model, SanctuaryRequest.agency_id == actor.agency_id)


def supported(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Requests the person's agency made, and sent ones of people whom it supports."""
    theirs = and_(SanctuaryRequest.supporter_id == actor.agency_id, _sent())
    return _of(model, or_(SanctuaryRequest.agency_id == actor.agency_id, theirs))


def scheme(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Every request that was sent, and the drafts of the person's own agency."""
    return _of(model, or_(SanctuaryRequest.agency_id == actor.agency_id, _sent()))


def in_the_field(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Requests between the landlord and the sign-off; stopped ones if the person surveyed that home."""
    stopped = and_(SanctuaryRequest.state.in_(STOPPED), SanctuaryRequest.surveyor_id == actor.user_id)
    return _of(model, or_(SanctuaryRequest.state.in_(IN_THE_FIELD), stopped))


def costed(actor: Actor, model: Any) -> ColumnElement[bool]:
    """Requests whose cost waits for a decision, and those this person decided on."""
    decided = exists().where(Approval.request_id == SanctuaryRequest.id, Approval.decided_by_id == actor.user_id)
    return _of(model, or_(SanctuaryRequest.state == S.APPROVAL, and_(decided, _sent())))


def _sent() -> ColumnElement[bool]:
    return SanctuaryRequest.submitted_at.is_not(None)


def _of(model: Any, which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Asked of the request itself, or of what names it by `request_id`."""
    if model is SanctuaryRequest:
        return which
    return cast(ColumnElement[bool], model.request_id.in_(select(SanctuaryRequest.id).where(which)))
