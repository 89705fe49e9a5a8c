"""Every hearing of a panel in a period, as plain facts: which case, when, how it came, whether it was a repeat.

One query; opens no sealed value. "Heard" is a finished item with the outcome heard or bring back: a case that was
deferred, or sent elsewhere unheard, is not counted (data item `outcome_sets` of the partnership report).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import AgendaItem, CasePerson, Meeting, PersonLink, Referral
from marac.vocabulary import AgendaItemState, LinkDecision, Outcome, PersonRole, ProgrammeSlug

AT_ONCE = 500  # ids in one statement
HEARD = (Outcome.HEARD, Outcome.BRING_BACK)


@dataclass(frozen=True, slots=True)
class Hearing:
    """One case heard at one meeting. `agency_id` referred it; None where no referral is on record."""

    item_id: UUID
    case_id: UUID
    meeting_id: UUID
    held_at: datetime
    is_repeat: bool
    agency_id: UUID | None
    referred_at: datetime | None

    @property
    def held_on(self) -> date:
        """The London day of the meeting."""
        return clock.to_london(self.held_at).date()


def heard(session: Session, actor: Actor, programme: ProgrammeSlug, start: datetime, end: datetime) -> list[Hearing]:
    """The hearings from `start` up to `end`, oldest first: for figures, never for a list of cases.

    Every case of the panel counts, but those walled off from who reads: their totals say nothing of it either.
    """
    columns = (
        AgendaItem.id, AgendaItem.case_id, AgendaItem.meeting_id, Meeting.starts_at, AgendaItem.is_repeat,
        Referral.agency_id, Referral.submitted_at,
    )  # fmt: skip
    query = (
        select(*columns)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .outerjoin(Referral, Referral.id == AgendaItem.referral_id)
        .where(
            AgendaItem.partnership_id == actor.partnership_id, access.unwalled(actor, AgendaItem.case_id),
            Meeting.programme == programme,
            AgendaItem.state == AgendaItemState.HEARD, AgendaItem.outcome.in_(HEARD),
            Meeting.starts_at >= start, Meeting.starts_at < end,
        )
        .order_by(Meeting.starts_at, AgendaItem.position)
    )  # fmt: skip
    return [Hearing(*row) for row in session.execute(query)]


def people_in(
    session: Session, partnership_id: UUID, case_ids: Iterable[UUID], roles: Iterable[PersonRole]
) -> dict[UUID, UUID]:
    """Every person of these cases in these roles -> who they are: people that were linked as the same are one.

    Opens nothing: the links are decisions that somebody confirmed (DA-10).
    """
    found: list[UUID] = []
    wanted = sorted(case_ids)
    for start in range(0, len(wanted), AT_ONCE):
        part = CasePerson.case_id.in_(wanted[start : start + AT_ONCE])
        found += session.scalars(select(CasePerson.id).where(part, CasePerson.role.in_(list(roles))))
    links = select(PersonLink.person_id, PersonLink.other_person_id).where(
        PersonLink.partnership_id == partnership_id, PersonLink.decision == LinkDecision.SAME
    )
    return joined(found, [(one, other) for one, other in session.execute(links)])


def joined(people: Iterable[UUID], same: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Each person -> one id for all who are the same through any chain of links."""
    beside: dict[UUID, list[UUID]] = defaultdict(list)
    for one, other in same:
        beside[one].append(other)
        beside[other].append(one)
    found: dict[UUID, UUID] = {}
    for person in people:
        if person in found:
            continue
        reached, waiting = {person}, [person]
        while waiting:
            for other in beside.get(waiting.pop(), ()):
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        found |= dict.fromkeys(reached, min(reached))
    return {person: found[person] for person in people}
