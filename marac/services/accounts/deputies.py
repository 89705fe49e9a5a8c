"""Deputies: a colleague of the agency stands in between two days, in the person's name, and never passes it on.

Somebody else agrees to it first. Each act is audited as one for the other; walls against either keep both out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Delegation, Membership, SigninSession, User
from marac.services.accounts import admission, sessions
from marac.services.casework import naming
from marac.services.clockwork.recipients import active_people
from marac.vocabulary import Permission as P, RequestState, Role, Template, UserState
from marac.workflows import membership

# what a deputy acts as, by what the person is
ACTS_AS: dict[Role, Role] = {
    Role.REPRESENTATIVE: Role.DEPUTY, Role.IDVA: Role.IDVA, Role.COORDINATOR: Role.COORDINATOR,
    Role.SANCTUARY_OFFICER: Role.SANCTUARY_OFFICER,
}  # fmt: skip
LIVE = (RequestState.ASKED, RequestState.APPROVED)


@dataclass(frozen=True, slots=True)
class Standing:
    """One deputy between two days, as the two of them and those who agree see it."""

    id: UUID
    person: str
    deputy: str
    agency: str
    role: Role
    from_on: date
    to_on: date
    state: RequestState
    mine: bool
    mine_to_decide: bool


def may_name(actor: Actor) -> bool:
    """Whether this person may name a deputy: in their own name, in a role that can be stood in for."""
    return actor.on_behalf is None and actor.role in ACTS_AS and access.holds(actor, P.DEPUTY_NAME)


def list_colleagues(session: Session, actor: Actor) -> list[tuple[UUID, str]]:
    """Who can be named: active people of the same agency who work here in their own right."""
    if not may_name(actor) or actor.agency_id is None:
        return []
    query = select(Membership.user_id).join(User, User.id == Membership.user_id).where(
        Membership.agency_id == actor.agency_id, Membership.user_id != actor.user_id, sessions.in_force(),
        Membership.on_behalf_of_id.is_(None), User.state == UserState.ACTIVE,
        Membership.role.in_([*ACTS_AS, Role.DEPUTY]),
    )  # fmt: skip
    names = naming.colleagues(session, actor, session.scalars(query.distinct()).all())
    return sorted(names.items(), key=lambda pair: pair[1].casefold())


def name_deputy(session: Session, actor: Actor, *, deputy_id: UUID, from_on: date, to_on: date) -> Delegation:
    """Ask that a colleague stands in. RuleBroken beside the box that is wrong; NotAllowed for a deputy."""
    access.require_holds(actor, P.DEPUTY_NAME)
    if not may_name(actor) or actor.user_id is None or actor.agency_id is None or actor.membership_id is None:
        raise RuleBroken("", "In this role nobody can stand in for you")
    access.require_step_up(actor)
    terms = admission.terms_of(session, actor.partnership_id)
    membership.check_days(from_on, to_on, clock.today(), terms.deputy_longest)
    if deputy_id not in {one for one, _ in list_colleagues(session, actor)}:
        raise RuleBroken("deputy", "Choose a colleague of your agency")
    asked = Delegation(
        partnership_id=actor.partnership_id, agency_id=actor.agency_id, user_id=actor.user_id,
        membership_id=actor.membership_id, deputy_id=deputy_id, from_on=from_on, to_on=to_on,
        state=RequestState.ASKED, asked_at=clock.now(),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    audit.record(session, actor, "deputy:named", asked, deputy=deputy_id)
    if terms.deputies_approved or actor.role is Role.COORDINATOR:
        _tell(session, asked, _deciders(session, asked), "/admin/deputies")
    else:
        _let_act(session, asked)
        audit.record(session, actor, "deputy:approved", asked, deputy=deputy_id)
    return asked


def approve(session: Session, actor: Actor, asked: Delegation) -> None:
    """The lead or the coordinator agrees; from the first day on the deputy can switch to it."""
    _decide(session, actor, asked, RequestState.APPROVED)
    _let_act(session, asked)
    audit.record(session, actor, "deputy:approved", asked, deputy=asked.deputy_id)
    _tell(session, asked, [asked.user_id, asked.deputy_id], "/account")


def refuse(session: Session, actor: Actor, asked: Delegation) -> None:
    """The lead or the coordinator does not agree."""
    _decide(session, actor, asked, RequestState.REFUSED)
    audit.record(session, actor, "deputy:refused", asked, deputy=asked.deputy_id)
    _tell(session, asked, [asked.user_id], "/account/deputies")


def end(session: Session, actor: Actor, asked: Delegation) -> None:
    """The person is back, or whoever agreed thinks better of it: at once, in every browser of the deputy."""
    access.require_holds(actor, P.HOME_READ)
    if asked.user_id != actor.user_id and not access.may(actor, P.DEPUTY_APPROVE, asked):
        raise NotFound
    if asked.state not in LIVE:
        raise WrongState(f"{asked.id} has ended")
    _end(session, asked)
    audit.record(session, actor, "deputy:ended", asked, deputy=asked.deputy_id)


def fall(session: Session, user_id: UUID, *, membership_id: UUID | None = None) -> int:
    """Everything this person delegated, or stands in for, ends: they left, or the role did. Returns how many."""
    theirs = or_(Delegation.user_id == user_id, Delegation.deputy_id == user_id)
    query = select(Delegation).where(theirs, Delegation.state.in_(LIVE))
    if membership_id is not None:
        query = query.where(Delegation.membership_id == membership_id)
    found = session.scalars(query).all()
    for one in found:
        _end(session, one)
    return len(found)


def end_over(session: Session, actor: Actor) -> int:
    """Nightly: what is over, decided or not, is marked so. Access ended by itself."""
    over = select(Delegation).where(
        Delegation.partnership_id == actor.partnership_id, Delegation.state.in_(LIVE), Delegation.to_on < clock.today()
    )
    found = session.scalars(over).all()
    for one in found:
        one.state = RequestState.ENDED
    return len(found)


def get_delegation(session: Session, actor: Actor, delegation_id: UUID) -> Delegation:
    """One that is the person's own, or theirs to decide; else NotFound."""
    access.asked()
    found = session.scalar(
        select(Delegation).where(Delegation.id == delegation_id, Delegation.partnership_id == actor.partnership_id)
    )
    if found is None or (found.user_id != actor.user_id and not access.may(actor, P.DEPUTY_APPROVE, found)):
        raise NotFound
    return found


def list_own(session: Session, actor: Actor) -> list[Standing]:
    """Whom one named and for whom one stands in, now and to come."""
    access.require_holds(actor, P.HOME_READ)
    mine = or_(Delegation.user_id == actor.user_id, Delegation.deputy_id == actor.user_id)
    return _read(session, actor, [mine, Delegation.state.in_(LIVE), Delegation.to_on >= clock.today()])


def list_to_decide(session: Session, actor: Actor) -> list[Standing]:
    """Deputies asked for and in force, where the actor is lead or coordinator."""
    access.require_holds(actor, P.DEPUTY_APPROVE)
    rule = access.rule(actor, P.DEPUTY_APPROVE, Delegation)
    found = _read(session, actor, [rule, Delegation.state.in_(LIVE), Delegation.to_on >= clock.today()])
    return sorted(found, key=lambda one: (one.state is not RequestState.ASKED, one.from_on))


def may_decide(actor: Actor, asked: Delegation) -> bool:
    """Neither of the two decides it."""
    return actor.user_id not in (None, asked.user_id, asked.deputy_id) and access.holds(actor, P.DEPUTY_APPROVE)


def _read(session: Session, actor: Actor, rules: Sequence[Any]) -> list[Standing]:
    query = select(Delegation, Membership.role).join(Membership, Membership.id == Delegation.membership_id)
    rows = session.execute(
        query.where(Delegation.partnership_id == actor.partnership_id, *rules).order_by(Delegation.from_on)
    ).all()
    people = [person for row in rows for person in (row[0].user_id, row[0].deputy_id)]
    names, agencies = naming.colleagues(session, actor, people), naming.agency_names(session, actor.partnership_id)
    return [
        Standing(
            one.id, names.get(one.user_id, ""), names.get(one.deputy_id, ""), agencies.get(one.agency_id, ""), role,
            one.from_on, one.to_on, one.state, one.user_id == actor.user_id,
            one.state is RequestState.ASKED and may_decide(actor, one),
        )
        for one, role in rows
    ]  # fmt: skip


def _decide(session: Session, actor: Actor, asked: Delegation, to: RequestState) -> None:
    if not access.may(actor, P.DEPUTY_APPROVE, asked):
        raise NotFound
    access.require_step_up(actor)
    if asked.state is not RequestState.ASKED:
        raise WrongState(f"{asked.id} was decided")
    if not may_decide(actor, asked):
        raise RuleBroken("", "Somebody else decides this: neither the person nor the deputy")
    asked.state, asked.decided_by_id, asked.decided_at = to, actor.user_id, clock.now()
    session.flush()


def _let_act(session: Session, asked: Delegation) -> None:
    """The membership that a deputy switches to. RuleBroken when the role it stands for has ended meanwhile."""
    held = session.scalar(select(Membership).where(Membership.id == asked.membership_id, sessions.in_force()))
    if held is None or held.on_behalf_of_id is not None or held.role not in ACTS_AS:
        raise RuleBroken("", "The role that the deputy was named for has ended")
    acting = Membership(
        partnership_id=asked.partnership_id, user_id=asked.deputy_id, agency_id=asked.agency_id,
        role=ACTS_AS[held.role], programme=held.programme, from_on=asked.from_on, to_on=asked.to_on,
        on_behalf_of_id=asked.user_id,
    )  # fmt: skip
    session.add(acting)
    session.flush()
    asked.state, asked.acting_id = RequestState.APPROVED, acting.id
    session.flush()


def _end(session: Session, asked: Delegation) -> None:
    asked.state = RequestState.ENDED
    acting = session.get(Membership, asked.acting_id) if asked.acting_id else None
    if acting is not None:
        acting.to_on = clock.today() - timedelta(days=1)
        for browser in session.scalars(select(SigninSession).where(SigninSession.membership_id == acting.id)):
            browser.ended_at = browser.ended_at or clock.now()
    session.flush()


def _deciders(session: Session, asked: Delegation) -> list[UUID]:
    leads = active_people(session, asked.partnership_id, (Role.AGENCY_ADMIN,), agencies=[asked.agency_id])
    found = leads or active_people(session, asked.partnership_id, (Role.COORDINATOR,))
    return [one for one in found if one not in (asked.user_id, asked.deputy_id)]


def _tell(session: Session, asked: Delegation, people: Sequence[UUID], path: str) -> None:
    key = f"deputy:{asked.id.hex}:{asked.state}"
    notifications.enqueue(
        session, asked.partnership_id, people, Template.MEMBERSHIP_WAITING, subject_key=key, path=path
    )
