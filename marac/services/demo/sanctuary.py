"""Writes the demo's Sanctuary requests: people, home, gates, lines, jobs, visits, follow-ups. Decides nothing.

One call from loading.py. What is over long since has no job card any more: its key would have been purged.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from marac.crypto.blind_index import PersonTokens
from marac.crypto.keyring import Keyring
from marac.models import (
    AddressFlag,
    Approval,
    Case,
    FollowUp,
    LandlordPermission,
    SanctuaryRequest,
    StageClock,
    Visit,
    WorksLine,
    WorksOrder,
)
from marac.services.demo.borough import Borough
from marac.services.demo.casework import Opened, write_people
from marac.services.demo.household import household
from marac.services.demo.sanctuary_plan import Home
from marac.services.demo.tables import at, chance, days_after, pick, source, table, working_day
from marac.services.demo.telling import Telling
from marac.services.sanctuary.works_orders import area_of
from marac.vocabulary import (
    ApprovalDecision,
    CaseState,
    FlagState,
    FollowUpState,
    Funder,
    GateAnswer,
    LandlordState,
    LineResult,
    ProgrammeSlug,
    Role,
    Room,
    SanctuaryState as S,
    VisitKind,
    VisitState,
    WorksOrderState,
)
from marac.workflows import job_cards, works
from marac.workflows.checklists import current
from marac.workflows.follow_up import MONTHS

Grant = Callable[[UUID], None]
PRICES = {"A": 35, "B": 95, "C": 260, "D": 640, "E": 1450}
PACKAGES = (
    (("lock_change_cylinder", Room.FRONT_DOOR), ("window_lock", Room.LIVING_ROOM), ("personal_alarm", Room.BEDROOM)),
    (("lock_change_mortice", Room.FRONT_DOOR), ("hinge_bolts", Room.FRONT_DOOR), ("security_light", Room.OUTSIDE)),
    (("lock_change_cylinder", Room.FRONT_DOOR), ("door_chain", Room.FRONT_DOOR), ("video_doorbell", Room.FRONT_DOOR)),
    (("letterbox_cover", Room.FRONT_DOOR), ("smoke_alarm", Room.HALL), ("frame_bar", Room.FRONT_DOOR)),
    (("sanctuary_room", Room.BEDROOM), ("panic_alarm", Room.BEDROOM), ("smoke_alarm", Room.HALL)),
)
AFTER_APPROVAL = (S.WORKS_ORDERED, S.INSTALLED, S.SIGN_OFF, S.FROZEN)
ENDED = (S.CLOSED, S.REMOVED_ENDED, S.DUPLICATE, S.DIED)


@dataclass(slots=True)
class Scheme:
    """Who does the work in the demo, and what is written about it."""

    borough: Borough
    seed: int
    today: date
    keyring: Keyring
    grant: Grant

    def worker(self, role: Role) -> Any:
        """The one in this role."""
        return self.borough.of_role(role)[0]


def write_home(scheme: Scheme, session: Session, case_id: UUID, home: Home) -> tuple[list[Any], list[PersonTokens]]:
    """One request with all that hangs on it, as rows, and what the tokens of its people are made of."""
    draw, borough = source(f"home/{scheme.seed}/{home.number}"), scheme.borough
    checked = scheme.today if home.present else home.fitted_on or home.sent_on
    people = household(scheme.seed, home.number, home.sent_on, checked_on=days_after(checked, -draw.randrange(1, 15)))
    asker = pick(draw, [one for one in borough.workers if one.role in (Role.IDVA, Role.REPRESENTATIVE)][:8])
    opened = Opened(case_id, home.number, people, asker, "")
    place: dict[str, Any] = {"partnership_id": borough.id, "case_id": case_id}
    case = Case(
        id=case_id, partnership_id=borough.id, programme=ProgrammeSlug.SANCTUARY, reference=borough.new_reference(),
        state=CaseState.RECEIVED, opened_on=home.sent_on,
    )  # fmt: skip
    request = _request(scheme, home, draw, place, asker)
    rows: list[Any] = [case, request]
    tokens = []
    for row, token in write_people(borough, opened, Telling(people, draw)):
        rows.append(row)
        tokens += [token] if token else []
    hang = {**place, "request_id": request.id}
    lines = list(_lines(home, draw, hang))
    rows += [*lines, *_office(scheme, home, hang), *_follow_ups(scheme, home, hang), *_visits(scheme, home, request)]
    if home.present and home.state == S.WORKS_ORDERED:
        rows.append(_order(scheme, home, request, lines, people.victim.address))
    return rows, tokens


def _request(scheme: Scheme, home: Home, draw: Random, place: dict[str, Any], asker: Any) -> SanctuaryRequest:
    tool, borough = current("sanctuary_risk"), scheme.borough
    since = _since(scheme, home)
    held = S.SPECIFICATION if home.state == S.ON_HOLD else S.WORKS_ORDERED if home.state == S.FROZEN else None
    gates = {gate.key: {"answer": GateAnswer.YES, "evidence": "Said at the first call"} for gate in tool.gates}
    factors = {one.key: "yes" if chance(draw, 0.15) else "no" for one in tool.factors}
    reviewed = home.surveyed_on and home.state != S.SURVEY_DONE
    return SanctuaryRequest(
        **place, id=uuid4(), reference=borough.new_reference(), state=home.state, priority=home.priority,
        held_from=held,
        outcome=home.outcome, checklist_version=tool.version, agency_id=asker.agency_id, user_id=asker.id,
        supporter_id=borough.agencies["solace"], owner_id=scheme.worker(Role.SANCTUARY_OFFICER).id,
        surveyor_id=scheme.worker(Role.CRIME_PREVENTION_OFFICER).id if home.surveyed_on else None,
        started_at=at(home.sent_on, 9, 20), submitted_at=None if home.state == S.DRAFT else at(home.sent_on, 10, 5),
        stage_since_at=since, surveyed_at=_noon(home.surveyed_on), installed_at=_noon(home.fitted_on),
        signed_off_at=_noon(home.fitted_on), frozen_at=since if home.state == S.FROZEN else None,
        closed_at=since if home.state in ENDED else None, legal_hold=home.state == S.DIED,
        moved_out_on=days_after(home.sent_on, 100) if home.state == S.REMOVED_ENDED and not home.present else None,
        consent="yes", consent_on=home.sent_on, reason=pick(draw, REASONS), wishes="To stay at home.",
        alternatives_told="Refuge, a move, an injunction.", landlord_consent="yes", gates=gates, factors=factors,
        interim=["police_patrol_or_marker"], home_kind=pick(draw, ["house", "flat", "flat"]),
        floor=pick(draw, ["Ground", "First", "Third"]), bedrooms=str(draw.randrange(1, 4)),
        entry_points=["front_door", "ground_window"] if home.surveyed_on else [],
        fire_section={"alarms": "working", "way_out": "Front door", "needs_help": "", "arson_threat": "no"},
        safe_room="no" if home.surveyed_on else None, vat="20" if reviewed else None,
        quotes=[{"from": "The firm", "pounds": "480"}] if reviewed else [],
        fire_review={"advised_on": home.surveyed_on.isoformat(), "advice": "Keep the way out clear.",
                     "adviser": "Fire adviser"} if reviewed and home.surveyed_on else {},
        notice={"text": "The home cannot be made safe enough for now.", "on": home.sent_on.isoformat()}
        if home.state == S.INELIGIBLE else None,
        decision={"reason": "The other tenant has a right to enter.", "alternatives": ["Housing Options"]}
        if home.state == S.INELIGIBLE else None,
    )  # fmt: skip


REASONS = (
    "The door was forced last month and the lock has not held since.", "Somebody tried the windows at night twice.",
    "The keys were never given back.", "There were threats to come back to the flat.",
)  # fmt: skip


def _noon(on: date | None) -> Any:
    return at(on, 12) if on else None


def _since(scheme: Scheme, home: Home) -> Any:
    """When the request came to where it stands."""
    if home.present:
        return at(working_day(scheme.today, f"D-{1 + home.number % 3}"), 11)
    last = max(home.due.values()) if home.due else home.surveyed_on or home.sent_on
    return at(working_day(last, "D+2"), 11)


def _lines(home: Home, draw: Random, hang: dict[str, Any]) -> Iterator[WorksLine]:
    if home.surveyed_on is None:
        return
    fitted = home.fitted_on or home.state in (S.INSTALLED, S.SIGN_OFF)
    for number, (key, room) in enumerate(PACKAGES[home.number % len(PACKAGES)]):
        one = works.catalogue().get(key)
        result = LineResult.FITTED if fitted else None
        if home.state == S.INSTALLED and number == 2:
            result = LineResult.PART_FITTED
        yield WorksLine(
            **hang, tap=f"{draw.getrandbits(128):032x}", added_at=at(home.surveyed_on, 11, number), result=result,
            item=key, room=room, quantity=1 + draw.randrange(2), note="", portable=one.portable, band=one.band,
            emergency=False, fire_review=one.needs_fire_review(room=room, flat=True), funder=Funder.SAFE_ACCOMMODATION,
            each=Decimal(PRICES[one.band]), back_on=_back(home) if one.portable else None,
            result_note="The part did not come." if result is LineResult.PART_FITTED else "",
        )  # fmt: skip


def _back(home: Home) -> date | None:
    return days_after(home.sent_on, 101) if home.state == S.REMOVED_ENDED and not home.present else None


def _office(scheme: Scheme, home: Home, hang: dict[str, Any]) -> Iterator[Any]:
    """The clock of the stage it stands at, the landlord, the approval, and flags on the address."""
    since, borough = _since(scheme, home), scheme.borough
    live = home.present and home.state not in ENDED
    yield StageClock(
        **hang, number=1, stage=home.state, priority=home.priority, started_at=since,
        due_at=at(working_day(since.date(), f"D+{2 + home.number % 4}"), 17) if live else None,
        met_at=None if live else since, paused_seconds=0,
    )  # fmt: skip
    if home.surveyed_on or home.state in (S.LANDLORD_PERMISSION, S.SURVEY_BOOKED):
        asked = home.state == S.LANDLORD_PERMISSION
        yield LandlordPermission(
            **hang, state=LandlordState.ASKED if asked else LandlordState.GRANTED, asked_at=at(home.sent_on, 15),
            answered_at=None if asked else at(working_day(home.sent_on, "D+2"), 10), chased=0,
            asked_of="Housing office",
            chase_at=at(working_day(home.sent_on, "D+3"), 10) if asked else None,
            answered_role=None if asked else "Housing officer",
        )  # fmt: skip
    if home.fitted_on or home.state in AFTER_APPROVAL:
        yield Approval(
            **hang, decision=ApprovalDecision.APPROVED, amount_pence=48_000, spoken=False, funder="Grant",
            decided_at=at(working_day(home.surveyed_on or home.sent_on, "D+1"), 16),
            order_number=f"PO {4000 + home.number}",
            decided_by_id=scheme.worker(Role.SERVICE_MANAGER).id,
        )  # fmt: skip
    if home.fitted_on and home.state != S.SAFETY_PLAN_AND_MARKERS:
        gone = home.state in ENDED
        placed = at(working_day(home.fitted_on, "D+1"), 9)
        yield AddressFlag(
            **hang, agency_id=borough.agencies["met_police_da"], state=FlagState.REMOVED if gone else FlagState.ADDED,
            asked_at=_noon(home.fitted_on), due_at=placed, placed_at=placed, their_reference=f"CAD {home.number}",
            review_on=days_after(home.fitted_on, 182), removed_at=since if gone else None,
        )  # fmt: skip


def _follow_ups(scheme: Scheme, home: Home, hang: dict[str, Any]) -> Iterator[FollowUp]:
    if home.fitted_on is None or home.state == S.SAFETY_PLAN_AND_MARKERS:
        return
    by = scheme.worker(Role.SANCTUARY_OFFICER).id
    for place, months in enumerate(MONTHS):
        due = home.due[months]
        past = due <= scheme.today
        usual = (FollowUpState.DONE, "yes") if past else (FollowUpState.DUE, None)
        if home.state in (S.REMOVED_ENDED, S.MOVED, S.DIED) and not past:
            usual = (FollowUpState.NOT_NEEDED, None)
        if home.state == S.FOLLOW_UP and place == sum(one <= scheme.today for one in home.due.values()) - 1:
            usual = (FollowUpState.DUE, None)  # the one that is due now
        state, said = home.said[place] if home.said else usual
        done = state == FollowUpState.DONE
        yield FollowUp(
            **hang, months=months, due_on=due, state=state, at_home=said if done else None,
            attempts=3 if state == FollowUpState.UNREACHABLE else 0, done_at=at(due, 14) if done else None,
            done_by_id=by if done else None, tries=[], outcome=_said(str(said), home.number) if done else None,
        )  # fmt: skip


def _said(still: str, number: int) -> dict[str, Any]:
    more = {"measures_working": "yes"} if still == "yes" else {"moved_reason": "rehoused_planned"}
    return {
        "still_at_address": still, "incidents_since": ["none"] if number % 5 else ["contact"], "feels_safer_before": 2,
        "feels_safer_after": 4 + number % 2, "satisfied": 4 + (number + 1) % 2, **more,
    }  # fmt: skip


def _visits(scheme: Scheme, home: Home, request: SanctuaryRequest) -> Iterator[Visit]:
    surveyor = scheme.worker(Role.CRIME_PREVENTION_OFFICER)
    facts = {"partnership_id": scheme.borough.id, "request_id": request.id, "agency_id": surveyor.agency_id,
             "user_id": surveyor.id, "place": "", "found": ""}  # fmt: skip
    if home.surveyed_on:
        yield Visit(**facts, kind=VisitKind.SURVEY, state=VisitState.DONE, starts_at=at(home.surveyed_on, 10))
    if home.state == S.SURVEY_BOOKED:
        on = working_day(scheme.today, f"D+{1 + home.number % 2}")
        yield Visit(**facts, kind=VisitKind.SURVEY, state=VisitState.BOOKED, starts_at=at(on, 10 + home.number % 4))
    if home.state == S.SIGN_OFF:
        on = working_day(scheme.today, "D+1")
        yield Visit(**facts, kind=VisitKind.SIGN_OFF, state=VisitState.BOOKED, starts_at=at(on, 15))


def _order(
    scheme: Scheme, home: Home, request: SanctuaryRequest, lines: Sequence[WorksLine], place: dict[str, Any]
) -> WorksOrder:
    """One job offered, one accepted for tomorrow."""
    order_id, firm = uuid4(), scheme.worker(Role.CONTRACTOR)
    scheme.keyring.create_works_key(scheme.borough.id, order_id)
    scheme.grant(order_id)
    accepted = home.number % 2 == 0
    on = working_day(scheme.today, "D+1" if accepted else "D+3")
    address = f"{place['house_number']} {place['street']}, {place['postcode']}"
    for line in lines:
        line.order_id = order_id
    return WorksOrder(
        id=order_id, partnership_id=scheme.borough.id, request_id=request.id, agency_id=firm.agency_id,
        token=secrets.token_urlsafe(16), state=WorksOrderState.ACCEPTED if accepted else WorksOrderState.OFFERED,
        ordered_at=at(working_day(scheme.today, "D-1"), 16), ordered_by_id=scheme.worker(Role.SANCTUARY_OFFICER).id,
        window_from=at(on, 9), window_until=at(on, 13), accepted_at=at(working_day(scheme.today, "D-1"), 17)
        if accepted else None, area=area_of(address), access="Ring the bell marked 3", address=address,
        what_to_say=job_cards.AT_THE_DOOR[0], who_to_ring="Works desk, 020 7946 0333",
        code=job_cards.reference_of(f"{home.number:04d}{scheme.seed:04d}"), contact_rules=["Phone: no", "Visit: yes"],
        lines=[_on_card(line) for line in lines],
    )  # fmt: skip


def _on_card(line: WorksLine) -> dict[str, Any]:
    one = works.catalogue().get(line.item or "")
    words = job_cards.card_words(one.key, one.words) + (f" × {line.quantity}" if (line.quantity or 1) > 1 else "")
    return {"id": line.id.hex, "words": words, "room": line.room.label if line.room else "", "note": line.note or ""}


def write_audits(scheme: Scheme) -> list[Visit]:
    """Visits to places that are nobody's home: two audits and two security visits, one of each still to come."""
    surveyor, found = scheme.worker(Role.CRIME_PREVENTION_OFFICER), []
    for place, (kind, rule) in enumerate(
        ((VisitKind.VISUAL_AUDIT, "D-4"), (VisitKind.VISUAL_AUDIT, "D+2"), (VisitKind.PROTECTIVE_SECURITY, "D-2"),
         (VisitKind.PROTECTIVE_SECURITY, "D+3"))
    ):  # fmt: skip
        on = working_day(scheme.today, rule)
        past = rule.startswith("D-")
        found.append(Visit(
            partnership_id=scheme.borough.id, agency_id=surveyor.agency_id, user_id=surveyor.id, kind=kind,
            state=VisitState.DONE if past else VisitState.BOOKED, starts_at=at(on, 14),
            place=f"{table('places')['street_names'][place]} Square", found="Two lamps are out." if past else "",
        ))  # fmt: skip
    return found
