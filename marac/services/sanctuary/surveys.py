"""The survey of a home, tap by tap: lines, entry points, fire section. One tap that is sent twice makes one line.

Refuses a line once the works are approved, and anything while the request stands still for safety.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken, WrongState
from marac.models import SanctuaryRequest, WorksLine
from marac.services.moving import advance, flush
from marac.services.sanctuary import photos
from marac.services.sanctuary.lines import list_rows
from marac.vocabulary import Permission as P, Room, SanctuaryState as S
from marac.workflows import works

WRITABLE: Final = (S.SURVEY_BOOKED, S.SURVEY_DONE, S.FIRE_CONSULT, S.SPECIFICATION)
EARLY: Final = (S.IN_TRIAGE, S.AWAITING_INFORMATION, S.LANDLORD_PERMISSION)
"""Before the survey: only what may be ordered at once (SAN-25)."""
ENTRY_POINTS: Final = (
    ("front_door", "Front door"), ("back_door", "Back door"), ("patio_door", "Patio or balcony door"),
    ("ground_window", "Ground-floor windows"), ("upper_window", "Upper windows that can be reached"),
    ("letterbox", "Letterbox"), ("communal_door", "Shared entrance"), ("side_gate", "Side gate or alley"),
    ("outbuilding", "Shed, garage or roof below a window"),
)  # fmt: skip
FIRE: Final = ("alarms", "way_out", "needs_help", "arson_threat")
MOST_LINES: Final = 60


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap of a survey: the key it was given on the phone, what was tapped where, how many, and a word on it."""

    key: str
    item: str
    room: str
    quantity: str = "1"
    note: str = ""
    portable: bool | None = None
    emergency: bool = False


def add_line(session: Session, actor: Actor, request: SanctuaryRequest, tap: Tap) -> WorksLine:
    """Add what was tapped; the same tap again answers the same line. RuleBroken beside item, room or quantity."""
    early = _writable(actor, request, early=True)
    held = _tapped(session, request, tap.key)
    if held is not None:
        return held
    chosen, room = works.catalogue().get(tap.item), _room(tap.room)
    if early and not chosen.emergency:
        raise RuleBroken("item", "Before the survey only what cannot wait may be added")
    if len(list_rows(session, request)) >= MOST_LINES:
        raise RuleBroken("item", f"There are {MOST_LINES} lines already. Take one off first")
    line = WorksLine(
        partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id, tap=_key(tap.key),
        added_at=clock.now(), item=chosen.key, room=room, quantity=works.quantity(tap.quantity), note=tap.note.strip(),
        portable=chosen.portable if tap.portable is None else tap.portable, band=chosen.band,
        emergency=(tap.emergency or early) and chosen.emergency,
        fire_review=chosen.needs_fire_review(room=room, flat=_is_flat(request)),
    )  # fmt: skip
    session.add(line)
    flush(session)
    audit.record(session, actor, "works:line_added", line)
    return line


def change_line(session: Session, actor: Actor, line: WorksLine, typed: Mapping[str, Any]) -> None:
    """How many, the word on it, portable, emergency."""
    _writable(actor, _request_of(session, line))
    chosen = works.catalogue().get(line.item or "")
    line.quantity, line.note = works.quantity(str(typed.get("quantity", ""))), str(typed.get("note", "")).strip()
    line.portable = bool(typed.get("portable"))
    line.emergency = bool(typed.get("emergency")) and chosen.emergency
    audit.record(session, actor, "works:line_changed", line)
    flush(session)


def remove_line(session: Session, actor: Actor, line: WorksLine) -> None:
    """Take a line off again; twice does nothing more. RuleBroken for one that a contractor was given."""
    _writable(actor, _request_of(session, line), early=True)
    if line.order_id is not None:
        raise RuleBroken("item", "A contractor has this already. Withdraw the job first")
    if line.removed_at is None:
        line.removed_at = clock.now()
        audit.record(session, actor, "works:line_removed", line)
        flush(session)


def save_home(session: Session, actor: Actor, request: SanctuaryRequest, typed: Mapping[str, Any]) -> None:
    """Entry points, kind of home, fire section, safe room, summary. What is sent again replaces what was there."""
    _writable(actor, request)
    known = {key for key, _ in ENTRY_POINTS}
    request.entry_points = [one for one in typed.get("entry_points", ()) if one in known]
    request.home_kind = str(typed.get("home_kind") or "") or request.home_kind
    request.fire_section = {name: str(typed.get(name) or "").strip() for name in FIRE}
    request.safe_room = str(typed.get("safe_room") or "")
    request.survey_summary = str(typed.get("survey_summary") or "").strip()
    for row in list_rows(session, request):  # a flat entrance door is another thing than a house door
        chosen = works.catalogue().get(row.item or "")
        needed = chosen.needs_fire_review(room=row.room, flat=_is_flat(request))
        if row.fire_review != needed:
            row.fire_review = needed
    audit.record(session, actor, "survey:saved", request)
    flush(session)


def finish_survey(session: Session, actor: Actor, request: SanctuaryRequest, *, nothing_needed: bool = False) -> None:
    """The survey is whole: entry points, lines, fire section, safe room yes or no (SAN-26)."""
    access.open_request(actor, request)
    fire = dict(request.fire_section or {})
    advance(
        session, actor, request, "record_survey", entry_points=list(request.entry_points or ()),
        lines=len(list_rows(session, request)), nothing_needed=nothing_needed, safe_room=request.safe_room,
        fire_section=fire.get("alarms") and fire.get("way_out"),
    )  # fmt: skip
    request.surveyed_at = clock.now()
    flush(session)


def add_photo(
    session: Session, actor: Actor, request: SanctuaryRequest, *, key: str, room: str, content: bytes
) -> None:
    """A picture without the place it was taken; the same tap again adds nothing (SAN-26)."""
    _writable(actor, request)
    photos.keep(session, actor, request, key=_key(key), room=_room(room), content=content)


def _writable(actor: Actor, request: SanctuaryRequest, *, early: bool = False) -> bool:
    """Raises unless a survey may be written now; answers whether it is before the survey."""
    access.require(actor, P.SANCTUARY_SURVEY, request)
    access.open_request(actor, request)
    before = early and request.state in EARLY
    if request.state not in WRITABLE and not before:
        raise WrongState(f"a survey is not written when {request.state}")
    return before


def _tapped(session: Session, request: SanctuaryRequest, key: str) -> WorksLine | None:
    return session.scalar(select(WorksLine).where(WorksLine.request_id == request.id, WorksLine.tap == _key(key)))


def _request_of(session: Session, line: WorksLine) -> SanctuaryRequest:
    return session.get_one(SanctuaryRequest, line.request_id)


def _is_flat(request: SanctuaryRequest) -> bool:
    return request.home_kind != "house"


def _room(text: str) -> Room:
    try:
        return Room(text)
    except ValueError:
        raise RuleBroken("room", "Select where you are in the home") from None


def _key(text: str) -> str:
    key = text.strip().lower()
    if not 16 <= len(key) <= 36 or set(key) - set("0123456789abcdef-"):
        raise RuleBroken("tap", "This page is too old. Open it again")
    return key
