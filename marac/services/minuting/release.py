"""Before minutes go out: who is told, how many cases each will read, who is stopped and why. Changes nothing."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Minutes
from marac.services.casework import naming
from marac.services.meetings import attendance
from marac.services.meetings.attendance import HERE
from marac.services.minuting import readers, recipient_marks
from marac.services.minuting.readers import Reader
from marac.vocabulary import Permission as P


@dataclass(frozen=True, slots=True)
class Told:
    """One person who may be told. `cases` of those that the viewer may see too: a wall is silent in both directions."""

    membership_id: UUID
    name: str
    role: str
    cases: int
    left_out: int
    stopped: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgencyRelease:
    """One agency that took part: its people, and whether it came."""

    name: str
    came: bool
    people: tuple[Told, ...]

    @property
    def told(self) -> int:
        """How many of its people will be prompted."""
        return sum(1 for one in self.people if not one.stopped)


def list_release(session: Session, actor: Actor, minutes: Minutes) -> list[AgencyRelease]:
    """Every agency that took part in a case, by name, with its people; nobody in it can sign in: an empty one."""
    access.require(actor, P.MINUTES_ISSUE, minutes)
    meeting, mine = minutes.meeting, readers.items_for(session, actor, minutes.meeting)
    shares = {agency: items & mine for agency, items in readers.took_part(session, meeting).items()}
    found = readers.list_readers(session, minutes)
    names = naming.colleagues(session, actor, [one.actor.user_id for one in found])
    marks = recipient_marks.marks_of(session, actor, meeting, found)
    agencies = naming.agency_names(session, meeting.partnership_id)
    came = {one.agency_id for one in attendance.list_places(session, actor, meeting) if one.state in HERE}
    of_agency = {agency_id: [one for one in found if one.actor.agency_id == agency_id] for agency_id in shares}
    return [
        AgencyRelease(
            agencies[agency_id], agency_id in came,
            tuple(_told(one, names, marks, mine, len(shares[agency_id])) for one in of_agency[agency_id]),
        )
        for agency_id in sorted((one for one in shares if shares[one]), key=agencies.__getitem__)
    ]  # fmt: skip


def _told(
    one: Reader, names: dict[UUID, str], marks: dict[UUID, tuple[str, ...]], mine: frozenset[UUID], of_agency: int
) -> Told:
    user_id, membership_id = one.actor.user_id, one.actor.membership_id
    if user_id is None or membership_id is None:
        raise LookupError("a reader is a person")
    cases = len(one.item_ids & mine)
    who = (membership_id, names.get(user_id, ""), one.actor.role.label)
    return Told(*who, cases, of_agency - cases, one.stopped, marks.get(membership_id, ()))
