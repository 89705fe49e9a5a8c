"""Lines of works as pages and documents show them: what, where, how many, what it needs first. Changes none."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import NotFound
from marac.models import SanctuaryRequest, WorksLine
from marac.vocabulary import Permission as P, Room
from marac.workflows import works
from marac.workflows.works import Works


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line as pages show it."""

    id: UUID
    works: Works
    room: Room | None
    quantity: int
    note: str
    portable: bool
    emergency: bool
    fire_review: bool
    row: WorksLine

    @property
    def words(self) -> str:
        """What it is, and how many when there is more than one."""
        return self.works.words + (f" × {self.quantity}" if self.quantity > 1 else "")


def get_request(session: Session, actor: Actor, reference: str) -> SanctuaryRequest:
    """The request of a reference. NotFound for one that is not this person's to see, as for one that never was."""
    mine = access.visible(actor, P.SANCTUARY_READ, SanctuaryRequest)
    request = session.scalar(mine.where(SanctuaryRequest.reference == reference))
    if request is None:
        raise NotFound
    return request


def get_line(session: Session, actor: Actor, request: SanctuaryRequest, line_id: UUID) -> WorksLine:
    """A line of this request, also one taken off; NotFound for any other."""
    access.open_request(actor, request)
    line = session.scalar(select(WorksLine).where(WorksLine.id == line_id, WorksLine.request_id == request.id))
    if line is None:
        raise NotFound
    return line


def list_rows(session: Session, request: SanctuaryRequest) -> list[WorksLine]:
    """The lines that stand, oldest first. Opens none."""
    standing = select(WorksLine).where(WorksLine.request_id == request.id, WorksLine.removed_at.is_(None))
    return list(session.scalars(standing.order_by(WorksLine.added_at, WorksLine.id)))


def list_lines(session: Session, actor: Actor, request: SanctuaryRequest) -> list[LineShown]:
    """The lines that stand, as pages show them; none where the stage does not open them."""
    if "works" not in access.open_request(actor, request):
        return []
    return [shown(row) for row in list_rows(session, request)]


def shown(row: WorksLine) -> LineShown:
    """One line that is open."""
    return LineShown(
        row.id, works.catalogue().get(row.item or ""), row.room, row.quantity or 1, row.note or "",
        bool(row.portable), bool(row.emergency), bool(row.fire_review), row,
    )  # fmt: skip


def by_room(lines: list[LineShown]) -> list[tuple[str, list[LineShown]]]:
    """The lines room by room, in the order a surveyor walks."""
    named = [(room.label, [line for line in lines if line.room == room]) for room in Room]
    return [(room, found) for room, found in named if found]


def needs_fire_review(lines: list[LineShown]) -> bool:
    """Whether any line changes a way out (SAN-26)."""
    return any(line.fire_review for line in lines)
