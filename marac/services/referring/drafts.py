"""What somebody typed and has not saved yet: kept sealed, given back to its writer alone, dropped when it is saved.

Refuses to show or change anybody else's, and knows nothing of what the fields mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Case, Draft

Typed = Mapping[str, Sequence[str]]
MOST = 200_000  # characters: many times what any form takes


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed into a page: the raw text of each field, and when."""

    typed: Typed
    typed_at: datetime


def keep(session: Session, actor: Actor, case_id: UUID, page: str, typed: Typed) -> None:
    """Keep the raw fields of one page for their writer, in place of what was kept before; nothing of more than MOST.

    NotFound when the case is not theirs to see (any more).
    """
    _open(session, actor, case_id)
    if sum(len(text) for texts in typed.values() for text in texts) > MOST:
        return
    draft = _mine(session, actor, page)
    if draft is None or draft.case_id != case_id:
        drop(session, actor, page)
        draft = Draft(
            partnership_id=actor.partnership_id, case_id=case_id, user_id=actor.user_id, page=page,
            typed_at=clock.now(), typed=_plain(typed),
        )  # fmt: skip
        session.add(draft)
    else:
        draft.typed, draft.typed_at = _plain(typed), clock.now()
    session.flush()


def restore(session: Session, actor: Actor, case_id: UUID, page: str) -> Kept | None:
    """What the actor typed into this page and did not save, or None. NotFound as for `keep`."""
    draft = _mine(session, actor, page)
    if draft is None or draft.case_id != case_id:
        return None
    _open(session, actor, case_id)
    return Kept(_plain(draft.typed or {}), draft.typed_at)


def drop(session: Session, actor: Actor, page: str) -> None:
    """Forget what the actor typed into one page: it was saved, or they discard it."""
    access.asked()
    session.execute(delete(Draft).where(Draft.user_id == actor.user_id, Draft.page == page))


def drop_of_case(session: Session, case_id: UUID) -> None:
    """Forget what anybody typed on a case: it was withdrawn, joined to another or erased. The caller has asked."""
    session.execute(delete(Draft).where(Draft.case_id == case_id))


def _mine(session: Session, actor: Actor, page: str) -> Draft | None:
    own = (Draft.partnership_id == actor.partnership_id, Draft.user_id == actor.user_id, Draft.page == page)
    return session.scalar(select(Draft).where(*own))


def _open(session: Session, actor: Actor, case_id: UUID) -> None:
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound
    access.open_draft(actor, case)


def _plain(typed: Typed) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in typed.items()}
