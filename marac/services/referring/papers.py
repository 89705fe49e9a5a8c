"""Papers of a referral or a case: added, listed, read, taken out again. Opens none that the stage does not open."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import transplant
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Action, Case, Paper, PaperContent, Referral
from marac.services import moving
from marac.services.leaving import checking
from marac.services.referring import paper_files, referral_tasks
from marac.services.referring.paper_files import File
from marac.vocabulary import PaperKind, Permission as P

MOST = 20
PART = 700_000  # bytes: a sealed value takes 1 MiB, and these are written in base 64


@dataclass(frozen=True, slots=True)
class Attached:
    """A paper as it is handed over."""

    content: bytes
    kind: PaperKind
    title: str = ""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper in a list. Its title and kind are empty where the stage does not open them."""

    id: UUID
    kind: PaperKind | None
    title: str
    ending: str
    size: int
    added_at: datetime
    agency: str
    removable: bool


def add_to_referral(session: Session, actor: Actor, referral: Referral, attached: Attached) -> Paper:
    """Add a paper to a referral whose form is open. RuleBroken beside `file` when it cannot be kept."""
    referral_tasks.open_form(session, actor, referral)
    return _add(session, actor, referral.case, attached, referral_id=referral.id)


def add_to_case(session: Session, actor: Actor, case: Case, attached: Attached) -> Paper:
    """Add a paper to a live case."""
    access.require(actor, P.CASE_UPDATE, case)
    access.open_case(actor, case)
    return _add(session, actor, case, attached, referral_id=None)


def add_to_action(session: Session, actor: Actor, action: Action, attached: Attached) -> Paper:
    """Add a paper that shows an action was done; its agency may, whose action it is (DA-28)."""
    access.open_evidence(actor, action)
    return _add(session, actor, action.case, attached, referral_id=None)


def list_papers(session: Session, actor: Actor, case: Case, referral: Referral | None = None) -> list[PaperLine]:
    """The papers of a case, or of one referral of it, newest first; nothing of them where the stage opens none."""
    query = access.visible(actor, P.PAPER_READ, Paper).where(Paper.case_id == case.id)
    if referral is not None:
        query = query.where(Paper.referral_id == referral.id)
    opened = access.open_case(actor, case)
    found = session.scalars(query.order_by(Paper.added_at.desc(), Paper.id)).all()
    return [_line(paper, readable="documents" in opened, mine=_is_open(session, actor, paper)) for paper in found]


def may_add(session: Session, actor: Actor, case: Case) -> bool:
    """Whether this person may add papers to a live case."""
    return access.may(actor, P.CASE_UPDATE, case)


def read_paper(session: Session, actor: Actor, paper_id: UUID) -> tuple[Paper, File]:
    """A paper with its bytes. NotFound when it is not visible, or its stage does not open it."""
    paper = session.scalar(access.visible(actor, P.PAPER_READ, Paper).where(Paper.id == paper_id))
    if paper is None or "documents" not in access.open_case(actor, session.get_one(Case, paper.case_id)):
        raise NotFound
    audit.record(session, actor, "paper:read", paper)
    media = paper.media or ""
    return paper, File(media, ENDINGS[media], b"".join(part.content or b"" for part in _parts(session, paper)))


def remove_paper(session: Session, actor: Actor, paper_id: UUID) -> Referral:
    """Take out a paper added by mistake, while the form it came with is open. Returns that referral."""
    paper = session.scalar(access.visible(actor, P.PAPER_READ, Paper).where(Paper.id == paper_id))
    if paper is None:
        raise NotFound
    if paper.referral_id is None:
        raise NotAllowed
    referral = session.get_one(Referral, paper.referral_id)
    referral_tasks.open_form(session, actor, referral)
    audit.record(session, actor, "paper:removed", paper)
    for part in _parts(session, paper):
        session.delete(part)
    session.flush()
    session.delete(paper)
    moving.flush(session)
    return referral


def move_to(session: Session, referral: Referral, case: Case) -> None:
    """Papers go with their referral when it joins another case. Both cases must be open for it."""
    for paper in session.scalars(select(Paper).where(Paper.referral_id == referral.id)).all():
        for row in (paper, *_parts(session, paper)):
            transplant(row, case.id)
    session.flush()


def _add(session: Session, actor: Actor, case: Case, attached: Attached, *, referral_id: UUID | None) -> Paper:
    checking.require_clean(session, actor, case, {"Title of the paper": attached.title}, field="title")
    file, kind = paper_files.accept(attached.content), attached.kind
    if actor.user_id is None or actor.agency_id is None:
        raise NotAllowed
    here = select(Paper.id).where(Paper.case_id == case.id)
    if len(session.scalars(here).all()) >= MOST:
        raise RuleBroken("file", f"There are {MOST} papers already. Take one out first")
    place = {"partnership_id": case.partnership_id, "case_id": case.id}
    paper = Paper(
        **place, referral_id=referral_id, agency_id=actor.agency_id, user_id=actor.user_id, added_at=clock.now(),
        kind=kind, title=attached.title.strip() or kind.label, media=file.media, size=len(file.content),
    )  # fmt: skip
    session.add(paper)
    session.flush()
    for number, start in enumerate(range(0, len(file.content), PART)):
        part = file.content[start : start + PART]
        session.add(PaperContent(**place, paper_id=paper.id, part=number, content=part))
    audit.record(session, actor, "paper:added", paper, bytes=len(file.content))
    moving.flush(session)
    return paper


def _parts(session: Session, paper: Paper) -> list[PaperContent]:
    query = select(PaperContent).where(PaperContent.paper_id == paper.id)
    return list(session.scalars(query.order_by(PaperContent.part)))


def _line(paper: Paper, *, readable: bool, mine: bool) -> PaperLine:
    if not readable:
        return PaperLine(paper.id, None, "", "", 0, paper.added_at, paper.agency.name, removable=False)
    ending = ENDINGS[paper.media or ""]
    return PaperLine(
        paper.id,
        paper.kind,
        paper.title or "",
        ending,
        paper.size or 0,
        paper.added_at,
        paper.agency.name,
        removable=mine,
    )


def _is_open(session: Session, actor: Actor, paper: Paper) -> bool:
    """Whether the form it came with is open and theirs."""
    if paper.referral_id is None:
        return False
    referral = session.get_one(Referral, paper.referral_id)
    return access.may(actor, P.REFERRAL_EDIT, referral) and referral_tasks.may_fill(referral)


ENDINGS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
