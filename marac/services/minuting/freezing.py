"""Versions of the minutes: written once, page by page, and read back whole. Refuses to read a version that lost a page.

Every case of the meeting is written, also one that the approver may not see: nothing of it is shown to them.
"""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marac import access
from marac.errors import IntegrityFailure
from marac.models import Action, Agency, AgendaItem, Case, MinuteNote, Minutes, MinutesPage, MinutesVersion
from marac.vocabulary import ActionState, AgendaItemState, CaseState

AS_HEARD = 0  # the version that stood there when the meeting ended


def freeze(session: Session, minutes: Minutes, number: int) -> int:
    """Write every page of one version from what is typed now; returns how many pages it has."""
    kept = select(AgendaItem).join(Case).where(AgendaItem.meeting_id == minutes.meeting_id)
    kept = kept.where(AgendaItem.state != AgendaItemState.REMOVED, Case.state != CaseState.ERASED)
    items = session.scalars(kept.order_by(AgendaItem.position)).all()
    with access.apart():
        access.open_for("freeze", minutes.partnership_id, [item.case_id for item in items])
        words, plans = words_of(session, items), plans_of(session, items)
        session.add_all(_page(minutes, number, item, words[item.id], plans[item.id]) for item in items)
        session.flush()
    return len(items)


def _page(minutes: Minutes, number: int, item: AgendaItem, words: dict[str, str], plan: list[list[str]]) -> MinutesPage:
    return MinutesPage(
        partnership_id=item.partnership_id, case_id=item.case_id, minutes_id=minutes.id, item_id=item.id,
        number=number, words=words, plan=plan, outcome=(item.outcome or item.state).label,
        outcome_note=outcome_note(item), who_tells=item.who_tells, amended_because=item.amended_because,
    )  # fmt: skip


def outcome_note(item: AgendaItem) -> str:
    """What stands beside the outcome: the receiving area, or why it was put off and what keeps people safe."""
    return item.transferred_to or " ".join(filter(None, (item.deferred_because, item.interim_safety)))


def words_of(session: Session, items: Collection[AgendaItem]) -> dict[UUID, dict[str, str]]:
    """Per item what is typed under each heading. The cases' minutes must be open."""
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    for note in session.scalars(select(MinuteNote).where(MinuteNote.item_id.in_([item.id for item in items]))):
        found[note.item_id][note.heading.value] = note.text or ""
    return found


def plans_of(session: Session, items: Collection[AgendaItem]) -> dict[UUID, list[list[str]]]:
    """Per item its actions as [agency, text, due date, id], in the order they were agreed."""
    rows = session.execute(
        select(Action, Agency.name).join(Agency, Agency.id == Action.agency_id)
        .where(Action.item_id.in_([item.id for item in items]), Action.state != ActionState.WITHDRAWN)
        .order_by(Action.agreed_at, Action.id)
    )  # fmt: skip
    found: dict[UUID, list[list[str]]] = defaultdict(list)
    for action, agency in rows:
        found[action.item_id or action.id].append([agency, action.text or "", action.due_on.isoformat(), action.id.hex])
    return found


def version_of(session: Session, minutes: Minutes, number: int) -> MinutesVersion:
    """One approved version. IntegrityFailure when it, or a page of it, is gone."""
    query = select(MinutesVersion).where(MinutesVersion.minutes_id == minutes.id, MinutesVersion.number == number)
    version = session.scalar(query)
    pages = select(func.count()).where(MinutesPage.minutes_id == minutes.id, MinutesPage.number == number)
    if version is None or session.scalar(pages) != version.pages:
        raise IntegrityFailure(f"version {number} of {minutes.id} is not whole")
    return version


def pages_of(
    session: Session, minutes: Minutes, number: int, item_ids: Collection[UUID], *, released: bool = False
) -> dict[UUID, MinutesPage]:
    """The pages of some cases, by item. The caller has opened their cases; a page that was changed does not open.

    `released`: of restricted cases only those that a second person released.
    """
    query = select(MinutesPage).where(MinutesPage.minutes_id == minutes.id, MinutesPage.number == number)
    if released:
        kept = select(Case.id).where(Case.restricted)
        query = query.where(or_(MinutesPage.released_by_id.is_not(None), MinutesPage.case_id.not_in(kept)))
    return {page.item_id: page for page in session.scalars(query.where(MinutesPage.item_id.in_(item_ids)))}


def waiting_pages(session: Session, minutes: Minutes) -> dict[UUID, MinutesPage]:
    """The issued pages of restricted cases that nobody released yet, by item; opens none of them."""
    here = (MinutesPage.minutes_id == minutes.id, MinutesPage.number == minutes.issued_number)
    query = select(MinutesPage).join(Case, Case.id == MinutesPage.case_id).where(*here, Case.restricted)
    return {page.item_id: page for page in session.scalars(query.where(MinutesPage.released_by_id.is_(None)))}


def issued_words(session: Session, item: AgendaItem) -> dict[str, str]:
    """What the issued version says of one case, heading -> words; nothing before it went out or after a recall."""
    minutes = item.meeting.minutes
    if minutes is None or minutes.issued_number is None:
        return {}
    page = pages_of(session, minutes, minutes.issued_number, [item.id], released=True).get(item.id)
    return dict(page.words or {}) if page else {}
