"""A named person from outside sees one case, or one meeting, for at most seven days (DA-51).

Whoever asks them in is their sponsor; with the sponsor they go. Refuses search, lists and downloads by having none: a
guest has one page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken
from marac.models import (
    Agency,
    AgendaItem,
    Case,
    CasePerson,
    GuestPass,
    Invitation,
    Meeting,
    Membership,
    SigninSession,
    User,
)
from marac.services.accounts import admission, lead_codes, users
from marac.services.accounts.signin import signin_token
from marac.services.casework import naming
from marac.services.meetings.guests import BEFORE_END
from marac.vocabulary import AgendaItemState, GuestKind, Permission as P, PersonRole, Role, Template, UserState
from marac.workflows import membership

SHOWN = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS, AgendaItemState.HEARD)


@dataclass(frozen=True, slots=True)
class Given:
    """One person asked in, as those who run the meeting see it; the code only for the sponsor, until it was used."""

    id: UUID
    full_name: str
    kind: GuestKind
    of_meeting: bool
    until_on: date
    sponsor: str
    code: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One case as a guest sees it: who is spoken of. What was written down stays with the agencies."""

    reference: str
    full_name: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """All that a guest has: what they are asked in for, by whom, until when. Cases once they agreed."""

    kind: GuestKind
    of_meeting: bool
    starts_at: datetime
    sponsor: str
    until_on: date
    agreed: bool
    full_name: str
    agency: str
    cases: tuple[Heard, ...]


def let_in(
    session: Session, actor: Actor, keyring: Keyring, meeting: Meeting, *, item: AgendaItem | None, full_name: str,
    email: str, agency: Agency, kind: GuestKind,
) -> None:  # fmt: skip
    """Ask one named person in, for one case or (without one) the meeting. RuleBroken beside the box that is wrong.

    The same whether the address is known here, elsewhere or nowhere.
    """
    access.require(actor, P.MEETING_PUBLISH, meeting)
    access.require_step_up(actor)
    until = _last_day(session, actor, meeting)
    membership.check_own_mailbox(email)
    if actor.user_id is None or agency.id in admission.closed_agencies(session, actor.partnership_id):
        raise RuleBroken("agency", "This agency's information sharing agreement has ended. Renew it first")
    access.open_staff(actor, seal=True)
    user = session.scalar(select(User).where(User.signin_token == signin_token(keyring, email)))
    user = user or users.new_account(session, actor, keyring, full_name.strip(), email)
    if user.partnership_id != actor.partnership_id or user.id == actor.user_id or user.state is UserState.SUSPENDED:
        return
    held = Membership(
        partnership_id=actor.partnership_id, user_id=user.id, agency_id=agency.id, role=Role.GUEST,
        programme=meeting.programme, from_on=clock.today(), to_on=until,
    )  # fmt: skip
    session.add(held)
    session.flush()
    given = GuestPass(
        partnership_id=actor.partnership_id, user_id=user.id, membership_id=held.id, sponsor_id=actor.user_id,
        meeting_id=meeting.id, case_id=item.case_id if item else None, kind=kind, from_on=clock.today(),
        until_on=until, given_at=clock.now(),
    )  # fmt: skip
    session.add(given)
    session.flush()
    _send(session, keyring, user, given)
    audit.record(session, actor, "guest:let_in", given, user=user.id, kind=kind)


def list_given(session: Session, actor: Actor, keyring: Keyring, meeting: Meeting) -> list[Given]:
    """Who is asked in to a meeting or one of its cases that the viewer may see, while it lasts."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    rows = session.scalars(
        select(GuestPass).where(GuestPass.meeting_id == meeting.id, *_live()).order_by(GuestPass.given_at)
    ).all()
    seen = set(session.scalars(select(Case.id).where(access.rule(actor, P.CASE_LIST, Case))))
    rows = [one for one in rows if one.case_id is None or one.case_id in seen]
    names = naming.colleagues(session, actor, [who for one in rows for who in (one.user_id, one.sponsor_id)])
    return [
        Given(
            one.id, names.get(one.user_id, ""), one.kind, one.case_id is None, one.until_on,
            names.get(one.sponsor_id, ""), _code(session, keyring, one) if one.sponsor_id == actor.user_id else "",
        )
        for one in rows
    ]  # fmt: skip


def withdraw(session: Session, actor: Actor, meeting: Meeting, pass_id: UUID) -> None:
    """Take it back; the guest is out on the next request."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    given = session.get(GuestPass, pass_id)
    if given is None or given.meeting_id != meeting.id or given.ended_at is not None:
        raise NotFound
    _end(session, given)
    audit.record(session, actor, "guest:ended", given, user=given.user_id)


def fall(session: Session, sponsor_id: UUID) -> int:
    """The sponsor has gone, and the guests with them. Returns how many."""
    found = session.scalars(select(GuestPass).where(GuestPass.sponsor_id == sponsor_id, *_live())).all()
    for given in found:
        _end(session, given)
    return len(found)


def agree(session: Session, actor: Actor) -> None:
    """The guest agrees confidentiality for what they are asked in for; only then is anything shown."""
    given = _own(session, actor)
    given.agreed_at = given.agreed_at or clock.now()
    audit.record(session, actor, "guest:agreed", given)


def visit(session: Session, actor: Actor) -> Visit:
    """The one page of a guest. NotFound when there is nothing, or not any more."""
    given = _own(session, actor)
    meeting = session.get_one(Meeting, given.meeting_id)
    access.open_staff(actor)
    me, sponsor = (session.get_one(User, one) for one in (given.user_id, given.sponsor_id))
    agency = session.get_one(Agency, actor.agency_id)
    cases = _cases(session, actor) if given.agreed_at else ()
    audit.record(session, actor, "guest:read", given, cases=len(cases))
    return Visit(
        given.kind, given.case_id is None, meeting.starts_at, str(sponsor.full_name), given.until_on,
        given.agreed_at is not None, str(me.full_name), naming.short(agency.name), cases,
    )  # fmt: skip


def _cases(session: Session, actor: Actor) -> tuple[Heard, ...]:
    query = select(Case.id, Case.reference, Case.state).where(access.rule(actor, P.CASE_READ, Case))
    rows = session.execute(query.order_by(Case.reference)).all()
    stages = {row.id: row.state for row in rows}
    names = naming.victims(session, actor, stages)
    opened = access.open_stages(session, actor, stages)
    named = [case_id for case_id, parts in opened.items() if "perpetrator" in parts]
    columns = (*sealed_columns(CasePerson, "identity"), CasePerson.case_id)
    who = (CasePerson.case_id.in_(named), CasePerson.role == PersonRole.PERPETRATOR)
    people = session.execute(select(*columns).where(*who).order_by(CasePerson.position)).all()
    others: dict[UUID, list[str]] = {}
    for row, told in zip(people, open_many(CasePerson, "identity", people), strict=True):
        others.setdefault(row.case_id, []).append(str(told.get("full_name") or ""))
    return tuple(Heard(row.reference, names.get(row.id, ""), tuple(others.get(row.id, ()))) for row in rows)


def _own(session: Session, actor: Actor) -> GuestPass:
    access.require_holds(actor, P.GUEST_VISIT)
    mine = (GuestPass.user_id == actor.user_id, GuestPass.membership_id == actor.membership_id)
    given = session.scalar(select(GuestPass).where(*mine, *_live()))
    if given is None:
        raise NotFound
    return given


def _live() -> Sequence[Any]:
    today = clock.today()
    return (GuestPass.ended_at.is_(None), GuestPass.from_on <= today, GuestPass.until_on >= today)


def _last_day(session: Session, actor: Actor, meeting: Meeting) -> date:
    """The day of the meeting, which must be near: access begins now."""
    last_day, today = clock.to_london(meeting.starts_at).date(), clock.today()
    longest = admission.terms_of(session, actor.partnership_id).guest_longest
    if meeting.state not in BEFORE_END or last_day < today:
        raise RuleBroken("", "This meeting is over")
    if (last_day - today).days >= longest:
        raise RuleBroken("", f"A guest is asked in during the {longest} days up to the meeting. It is too early yet")
    return last_day


def _send(session: Session, keyring: Keyring, user: User, given: GuestPass) -> None:
    """The link to set up an account, or for somebody who has one a prompt to sign in."""
    if user.state is UserState.LEFT:
        user.state, user.password_hash = UserState.INVITED, None
    if user.state is UserState.INVITED:
        users.send_invitation(session, keyring, user)
    else:
        key = f"guest:{given.id.hex}"
        notifications.enqueue(
            session, given.partnership_id, [user.id], Template.MEMBERSHIP_WAITING, subject_key=key, path="/account"
        )


def _code(session: Session, keyring: Keyring, given: GuestPass) -> str:
    live = select(Invitation).where(
        Invitation.user_id == given.user_id, Invitation.used_at.is_(None), Invitation.expires_at > clock.now()
    )
    link = session.scalars(live.order_by(Invitation.expires_at.desc()).limit(1)).first()
    return lead_codes.lead_code(keyring, link.id) if link else ""


def _end(session: Session, given: GuestPass) -> None:
    given.ended_at = clock.now()
    held = session.get_one(Membership, given.membership_id)
    held.to_on = clock.today() - timedelta(days=1)
    for browser in session.scalars(select(SigninSession).where(SigninSession.membership_id == held.id)):
        browser.ended_at = browser.ended_at or clock.now()
    session.flush()
