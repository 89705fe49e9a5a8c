"""Who may read which cases of a meeting's minutes: those whose agency took part in a case, and sees it still.

Took part: involved on the day (listed, present, referred or supports), or given an action. Walls are each person's.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Action, AgendaItem, CaseAgency, Meeting, Membership, Minutes, User
from marac.services.accounts.admission import closed_agencies
from marac.services.accounts.sessions import in_force
from marac.vocabulary import ActionState, AgendaItemState, Permission as P, ProgrammeSlug, UserState


@dataclass(frozen=True, slots=True)
class Reader:
    """One person in one membership: the cases they may read, how many of their agency's they may not, and a stop."""

    actor: Actor
    item_ids: frozenset[UUID]
    left_out: int
    stopped: str

    @property
    def told(self) -> bool:
        """Whether they are prompted: only who can sign in and has something to read."""
        return bool(self.item_ids) and not self.stopped


def took_part(session: Session, meeting: Meeting) -> dict[UUID, set[UUID]]:
    """Agency -> items of this meeting in which it took part."""
    held_on = clock.to_london(meeting.starts_at).date()
    on_the_day = (
        CaseAgency.since_on <= held_on, or_(CaseAgency.until_on.is_(None), CaseAgency.until_on >= held_on),
    )  # fmt: skip
    here = (AgendaItem.meeting_id == meeting.id, AgendaItem.state != AgendaItemState.REMOVED)
    involved = select(CaseAgency.agency_id, AgendaItem.id).join(AgendaItem, AgendaItem.case_id == CaseAgency.case_id)
    owners = select(Action.agency_id, AgendaItem.id).join(AgendaItem, AgendaItem.id == Action.item_id)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for query in (involved.where(*here, *on_the_day), owners.where(*here, Action.state != ActionState.WITHDRAWN)):
        for agency_id, item_id in session.execute(query):
            found[agency_id].add(item_id)
    return found


def items_for(session: Session, actor: Actor, meeting: Meeting) -> frozenset[UUID]:
    """The items whose minutes this person may read. Who runs the panel reads all that no wall keeps from them."""
    seen = _visible(session, actor, meeting)
    if access.holds(actor, P.MEETING_RUN):
        return seen
    return seen & took_part(session, meeting).get(actor.agency_id or meeting.id, set())


def list_readers(session: Session, minutes: Minutes) -> list[Reader]:
    """Everybody in an agency that took part, in no order; those who could read nothing at all are left out."""
    meeting, shares = minutes.meeting, took_part(session, minutes.meeting)
    rows = session.execute(
        select(Membership, User.state).join(User, User.id == Membership.user_id)
        .where(User.partnership_id == meeting.partnership_id, Membership.agency_id.in_(list(shares)), in_force())
        .where(or_(Membership.programme.is_(None), Membership.programme == meeting.programme))
    )  # fmt: skip
    found = [_reader(session, meeting, member, state, shares[member.agency_id]) for member, state in rows]
    closed = closed_agencies(session, meeting.partnership_id)
    return [_with_agreement(reader, closed) for reader in found if reader is not None]


def _with_agreement(reader: Reader, closed: frozenset[UUID]) -> Reader:
    """Nothing goes to an agency whose information sharing agreement has ended (DA-49)."""
    return replace(reader, stopped="Agreement ended") if reader.actor.agency_id in closed else reader


def _reader(
    session: Session, meeting: Meeting, member: Membership, state: UserState, of_agency: set[UUID]
) -> Reader | None:
    actor = actor_of(meeting.partnership_id, member)
    if not access.holds(actor, P.MINUTES_READ) or access.holds(actor, P.MEETING_RUN):
        return None
    may_read = _visible(session, actor, meeting) & of_agency
    stopped = "" if state == UserState.ACTIVE else f"Account: {state.label.lower()}"
    if not may_read:
        stopped = stopped or "May not see any case of these minutes"
    return Reader(actor, frozenset(may_read), len(of_agency) - len(may_read), stopped)


def actor_of(partnership_id: UUID, member: Membership) -> Actor:
    """The person as policy would ask of them when signed in with this membership; never given to a unit of work."""
    return Actor(
        partnership_id=partnership_id, role=member.role, user_id=member.user_id, agency_id=member.agency_id,
        programmes=frozenset([member.programme] if member.programme else ProgrammeSlug), membership_id=member.id,
        on_behalf=member.on_behalf_of_id,
    )  # fmt: skip


def _visible(session: Session, actor: Actor, meeting: Meeting) -> frozenset[UUID]:
    query = access.visible(actor, P.CASE_READ, AgendaItem).with_only_columns(AgendaItem.id)
    here = (AgendaItem.meeting_id == meeting.id, AgendaItem.state != AgendaItemState.REMOVED)
    return frozenset(session.scalars(query.where(*here)))
