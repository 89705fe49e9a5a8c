"""Every place in a case where somebody may be mentioned, read as plain words. Opens no address, phone or private note.

Each field that is read is named here, or is one of a referral's that is not struck out here: location by construction.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.crypto.fields import shape_of
from marac.models import (
    Action,
    AgendaItem,
    Assessment,
    Case,
    CaseIncident,
    CasePerson,
    MinuteNote,
    MinutesPage,
    Paper,
    Referral,
    Research,
    Telling,
)
from marac.services.casework import risk_tools
from marac.vocabulary import MinuteHeading, PassageSource as S, ReferralState, ResearchState, Word


@dataclass(frozen=True, slots=True)
class Found:
    """Some words, where they stand, since when, whose information they are, and whom the place says they are about."""

    source: S
    source_id: UUID
    agency_id: UUID | None
    said_on: date | None
    label: str
    text: str
    about: tuple[str, ...] = ()
    fact_or_opinion: str = ""


Reader = Callable[[Session, Case], Iterator[Found]]
PERSON: Final = (
    "full_name", "aliases", "born_on", "approximate_age", "sex", "language", "interpreter_needed", "interpreter",
    "communication_needs", "relationship_to_victim", "relationship_to_perpetrator", "nationality", "no_recourse",
    "witnessed", "triggers", "offender_management", "markers", "perpetrator_programme", "consent_to_share",
    "informed_of_referral", "notes", "mental_health", "substance_use",
)  # fmt: skip
CASE: Final = ("wishes", "why_high_risk", "needs", "care_flags", "advocate")
ACTION: Final = ("text", "risk", "note", "instead", "worked_note")
UNSENT: Final = (ReferralState.DRAFT, ReferralState.WITHDRAWN)
# of a referral: whom to ring or write to, where things happen, and our own working marks
STRUCK_OUT: Final = frozenset({
    "referrer_phone", "support_contact", "police_contact", "police_contact_why", "contact_still_safe", "asb_place",
    "safe_to_talk_to", "not_safe_to_talk_to", "done_tasks", "no_conflict", "hand_over", "exchange", "other_area",
    "agencies_to_invite", "about", "no_children", "no_incidents", "will_attend",
})  # fmt: skip


def read(session: Session, case: Case) -> list[Found]:
    """Everything, in the order of READERS; the case must be open for this purpose."""
    return [one for reader in READERS for one in reader(session, case) if one.text]


def words(value: Any) -> str:
    """A sealed value as a person reads it."""
    if value is None or value is False or value == "":
        return ""
    if isinstance(value, Word):
        return value.label
    if isinstance(value, bool):
        return "Yes"
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, list | tuple):
        return ", ".join(words(one) for one in value)
    if hasattr(value, "items"):
        return ", ".join(f"{key}: {words(one)}" for key, one in value.items() if words(one))
    return str(value)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _sent(session: Session, case: Case) -> dict[UUID, Referral]:
    """The referrals of a case that somebody sent: a draft was not shared with anybody."""
    found = _of(session, Referral, case, Referral.started_at)
    return {one.id: one for one in found if one.state not in UNSENT}


def _shared(session: Session, model: Any, case: Case, *order: Any) -> Iterable[Any]:
    """Rows of a case that came with a referral that was sent, or with none."""
    sent = _sent(session, case)
    return [one for one in _of(session, model, case, *order) if one.referral_id is None or one.referral_id in sent]


def _of(session: Session, model: Any, case: Case, *order: Any) -> Iterable[Any]:
    return session.scalars(select(model).where(model.case_id == case.id).order_by(*order, model.id)).all()


def _day(moment: datetime | None) -> date | None:
    return clock.to_london(moment).date() if moment else None


def _people(session: Session, case: Case) -> Iterator[Found]:
    for one in _of(session, CasePerson, case, CasePerson.position):
        for name in PERSON:
            text = words(getattr(one, name))
            yield Found(S.PERSON, one.id, None, None, f"{one.role.label}: {_label(name)}", text, (one.id.hex,))


def _case(session: Session, case: Case) -> Iterator[Found]:
    for name in CASE:
        yield Found(S.CASE, case.id, None, case.opened_on, _label(name), words(getattr(case, name)))


def _referrals(session: Session, case: Case) -> Iterator[Found]:
    for one in _sent(session, case).values():
        for name in shape_of(Referral).fields:
            if name not in STRUCK_OUT:
                text, said_on = words(getattr(one, name)), _day(one.submitted_at or one.started_at)
                yield Found(S.REFERRAL, one.id, one.agency_id, said_on, f"Referral: {_label(name)}", text)


def _assessments(session: Session, case: Case) -> Iterator[Found]:
    owners = {one.id: one.agency_id for one in _sent(session, case).values()}
    for one in _shared(session, Assessment, case, Assessment.made_at):
        tool = risk_tools.version_of(session, one)
        asked = {str(question.number): question.label for question in tool.questions} if tool else {}
        for number, said in (one.answers or {}).items():
            answer = said if isinstance(said, dict) or hasattr(said, "get") else {"answer": said}
            text = ". ".join(filter(None, (words(answer.get("answer")), words(answer.get("comment")))))
            label = f"Risk assessment: {asked.get(str(number), number)}"
            owner = owners.get(one.referral_id) if one.referral_id else None
            yield Found(S.ASSESSMENT, one.id, owner, _day(one.made_at), label, text)


def _incidents(session: Session, case: Case) -> Iterator[Found]:
    for one in _shared(session, CaseIncident, case, CaseIncident.position):
        yield Found(S.INCIDENT, one.id, None, one.happened_on, "Incident", words(one.what))


def _research(session: Session, case: Case) -> Iterator[Found]:
    """What was opened to a meeting; what was answered and not opened yet is nobody's but the agency's."""
    for one in _of(session, Research, case, Research.requested_at):
        if one.state == ResearchState.RELEASED:
            for name in ("shared", "since_then", "suggested", "last_contact"):
                kind = words(one.fact_or_opinion) if name == "shared" else ""
                label, text = f"Research: {_label(name)}", words(getattr(one, name))
                yield Found(S.RESEARCH, one.id, one.agency_id, _day(one.returned_at), label, text, (), kind)


def _minutes(session: Session, case: Case) -> Iterator[Found]:
    """What was circulated of each hearing; where nothing was yet, the notes as they stand."""
    for item in _of(session, AgendaItem, case):
        held_on, minutes = _day(item.meeting.starts_at), item.meeting.minutes
        number = minutes.issued_number if minutes else None
        pages = select(MinutesPage).where(MinutesPage.item_id == item.id, MinutesPage.number == number)
        page = session.scalar(pages) if number is not None else None
        notes = select(MinuteNote).where(MinuteNote.item_id == item.id).order_by(MinuteNote.heading)
        said = dict(page.words or {}) if page else {one.heading.value: one.text for one in session.scalars(notes)}
        for heading in MinuteHeading:
            label, text = f"Minutes: {heading.label}", words(said.get(heading.value))
            yield Found(S.MINUTES, item.id, None, held_on, label, text)
        outcome = page.outcome_note if page else item.deferred_because
        yield Found(S.MINUTES, item.id, None, held_on, "Minutes: outcome", words(outcome))


def _actions(session: Session, case: Case) -> Iterator[Found]:
    for one in _of(session, Action, case, Action.agreed_at):
        for name in ACTION:
            label, text = f"Action: {_label(name)}", words(getattr(one, name))
            yield Found(S.ACTION, one.id, one.agency_id, _day(one.agreed_at), label, text)
        for news in one.news or ():
            text = words(news.get("text") if hasattr(news, "get") else news)
            yield Found(S.ACTION, one.id, one.agency_id, _day(one.agreed_at), "Action: reported", text)


def _contacts(session: Session, case: Case) -> Iterator[Found]:
    for one in _of(session, Telling, case, Telling.asked_at):
        for name in ("who", "how", "next_step"):
            label, text = f"Telling the person: {_label(name)}", words(getattr(one, name))
            yield Found(S.CONTACT, one.id, one.agency_id, _day(one.reported_at or one.asked_at), label, text)


def _papers(session: Session, case: Case) -> Iterator[Found]:
    """That a paper is there, and what it is called. Its pages are never part of an answer made here."""
    for one in _shared(session, Paper, case, Paper.added_at):
        text = ": ".join(filter(None, (words(one.kind), words(one.title))))
        yield Found(S.PAPER, one.id, one.agency_id, _day(one.added_at), "Document on the file, not included", text)


READERS: Final[tuple[Reader, ...]] = (
    _people, _case, _referrals, _assessments, _incidents, _research, _minutes, _actions, _contacts, _papers,
)  # fmt: skip
