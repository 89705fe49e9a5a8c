"""Pictures of a home: without the place and time they were taken, sealed in parts. Shown to nobody but the scheme."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import HomePhoto, SanctuaryRequest
from marac.services.moving import flush
from marac.services.referring import paper_files
from marac.services.referring.paper_files import File
from marac.vocabulary import Room

PART = 700_000  # bytes: a sealed value takes 1 MiB, and these are written in base 64
MOST = 30
PICTURES = ("image/jpeg", "image/png")


def keep(
    session: Session, actor: Actor, request: SanctuaryRequest, *, key: str, content: bytes,
    room: Room | None = None, of_work_done: bool = False,
) -> None:  # fmt: skip
    """Keep a JPG or PNG whose description was cut out. Needs the grant to seal works. The same key twice is one."""
    held = select(HomePhoto.tap).where(HomePhoto.request_id == request.id, HomePhoto.part == 0)
    taps = set(session.scalars(held))
    if key in taps:
        return
    if len(taps) >= MOST:
        raise RuleBroken("photo", f"There are {MOST} photos already")
    file = picture(content)
    for number, start in enumerate(range(0, len(file.content), PART)):
        row = HomePhoto(
            partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id, tap=key, part=number,
            of_work_done=of_work_done, added_at=clock.now(), media=file.media, room=room,
            content=file.content[start : start + PART],
        )  # fmt: skip
        session.add(row)
    flush(session)
    audit.record(session, actor, "survey:photo_added", request, bytes=len(file.content))


def picture(content: bytes) -> File:
    """The picture as it is kept. RuleBroken beside `photo` when it is none, or is larger than 10 MB."""
    try:
        file = paper_files.accept(content)
    except RuleBroken as problem:
        raise RuleBroken("photo", problem.message.replace("a PDF, Word document (.docx), JPG", "a JPG")) from None
    if file.media not in PICTURES:
        raise RuleBroken("photo", "The photo must be a JPG or PNG")
    return file


def list_photos(session: Session, actor: Actor, request: SanctuaryRequest) -> list[HomePhoto]:
    """The first part of each, oldest first; opens none of them."""
    if "works" not in access.open_request(actor, request):
        return []
    query = select(HomePhoto).where(HomePhoto.request_id == request.id, HomePhoto.part == 0)
    return list(session.scalars(query.order_by(HomePhoto.added_at, HomePhoto.id)))


def read_photo(session: Session, actor: Actor, request: SanctuaryRequest, photo_id: UUID) -> File:
    """One picture. NotFound when it is of another request, or its stage does not open it."""
    first = session.scalar(select(HomePhoto).where(HomePhoto.id == photo_id, HomePhoto.request_id == request.id))
    if first is None or "works" not in access.open_request(actor, request):
        raise NotFound
    parts = select(HomePhoto).where(HomePhoto.request_id == request.id, HomePhoto.tap == first.tap)
    content = b"".join(part.content or b"" for part in session.scalars(parts.order_by(HomePhoto.part)))
    audit.record(session, actor, "survey:photo_read", request)
    media = first.media or PICTURES[0]
    return File(media, "jpg" if media == PICTURES[0] else "png", content)
