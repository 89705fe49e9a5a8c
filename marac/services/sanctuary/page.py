"""What the page of one request shows: who, how it stands, its clock, each part of the work, what may be done now.

Holds only what opened to the reader: a part that did not open is there by its state alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.models import AddressFlag, SanctuaryRequest
from marac.services import moving
from marac.services.casework import naming, people
from marac.services.sanctuary import approvals, clocks, requests, triage
from marac.vocabulary import FlagState, LandlordState, Permission as P, PersonRole, SanctuaryState as S
from marac.workflows.sanctuary import OWNER, OWNERS
from marac.workflows.sanctuary_triage import Triage


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the work on the list: what it is, how it stands, where it is done."""

    key: str
    text: str
    status: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request as its reader sees it. `offers` are the transitions they may make now."""

    request: SanctuaryRequest
    opened: frozenset[str]
    name: str
    address: tuple[str, ...]
    owner: str
    stage_owner: str
    reading: clocks.Reading | None
    whole_due: datetime | None
    offers: frozenset[str]
    parts: tuple[Part, ...]
    triage: Triage | None
    parent: str
    flags: tuple[AddressFlag, ...]
    agency: str
    to_write: bool
    decides: bool
    surveys: bool
    refers: bool
    old_targets: tuple[clocks.Reading, ...]


def view(session: Session, actor: Actor, request: SanctuaryRequest) -> RequestPage:
    """Everything on the page. NotFound when the request is not the reader's to see."""
    opened = access.open_request(actor, request)
    audit.record(session, actor, "sanctuary:read", request, page="request")
    clock_rows = [one for one in request.clocks if one.replaced_at is None]
    running = next((one for one in reversed(clock_rows) if one.met_at is None and one.stage == request.state), None)
    found = triage.triage_of(session, request) if "risk" in opened else None
    parent = requests.parent_of(session, actor, request)
    return RequestPage(
        request, opened, _name(session, request, opened), _address(session, request, opened),
        naming.colleagues(session, actor, [request.owner_id]).get(request.owner_id, "") if request.owner_id else "",
        OWNERS.get(request.state, OWNER), clocks.read(running) if running else None,
        clocks.whole_due(session, request), offers(actor, request), _parts(request, found), found,
        parent.reference if parent else "", tuple(request.flags),
        naming.agency_names(session, request.partnership_id)[request.agency_id],
        approvals.to_write(session, actor, request) is not None,
        access.may(actor, P.SANCTUARY_DECIDE, request), access.may(actor, P.SANCTUARY_SURVEY, request),
        access.holds(actor, P.REFERRAL_CREATE),
        tuple(clocks.read(one) for one in request.clocks if one.replaced_at is not None),
    )  # fmt: skip


def offers(actor: Actor, request: SanctuaryRequest) -> frozenset[str]:
    """The transitions to offer; of those that go on where the work was stopped only that one."""
    names = {step.name for step in moving.available(actor, request)}
    back = {name for name in names if name.startswith("resume_")}
    return frozenset((names - back) | ({"resume"} if f"resume_{request.held_from}" in back else set()))


def details(session: Session, request: SanctuaryRequest, opened: frozenset[str]) -> dict[str, list[tuple[str, Any]]]:
    """What was asked for, in groups of (label, words): only from compartments that opened."""
    found: dict[str, list[tuple[str, Any]]] = {}
    if "risk" in opened:
        found["Why"] = _said(request, WHY)
    if "works" in opened:
        found["The home"] = _said(request, HOME)
    if "perpetrator" in opened:
        feared = people.people_of(session, request.case_id, [PersonRole.PERPETRATOR])
        found["Person causing harm"] = [
            (one.relationship_to_victim or "Name", one.full_name or "Not known") for one in feared
        ]
    if "children" in opened:
        children = people.people_of(session, request.case_id, [PersonRole.CHILD])
        found["Children"] = [(one.lives_with or "Name", one.full_name or "Unborn") for one in children]
    return {title: rows for title, rows in found.items() if rows}


WHY = (
    ("reason", "Why the home must be made secure"), ("wishes", "What they want"),
    ("alternatives_told", "Other options they were told about"), ("orders", "Court orders and bail"),
    ("history", "Fire, weapons, forced entry"), ("idva", "IDVA"), ("interim_plan", "Interim safety plan"),
    ("priority_why", "Why the priority was lowered"),
)  # fmt: skip
HOME = (
    ("home_kind", "Kind of home"), ("floor", "Floor"), ("bedrooms", "Bedrooms"),
    ("tenancy_name", "Tenancy in the name of"),
    ("tenancy_length", "Length of tenancy"), ("wanted", "What they would like"), ("damage", "Damage now"),
    ("pets", "Pets"), ("best_times", "Best times to visit"), ("other_occupants", "Who else lives there"),
    ("needs_help_out", "Who would need help to get out in a fire"), ("warnings", "Anything to know before a visit"),
)  # fmt: skip


def _said(request: SanctuaryRequest, names: tuple[tuple[str, str], ...]) -> list[tuple[str, Any]]:
    return [(label, value) for name, label in names if (value := getattr(request, name))]


def _name(session: Session, request: SanctuaryRequest, opened: frozenset[str]) -> str:
    return people.victim_of(session, request.case_id).full_name or "" if "identity" in opened else ""


def _address(session: Session, request: SanctuaryRequest, opened: frozenset[str]) -> tuple[str, ...]:
    if "location" not in opened:
        return ()
    home = people.victim_of(session, request.case_id).addresses[0]
    street = " ".join(part for part in (home.house_number, home.street) if part)
    return tuple(part for part in (street, home.postcode, home.landlord) if part)


def _parts(request: SanctuaryRequest, found: Triage | None) -> tuple[Part, ...]:
    landlord = request.landlord.state if request.landlord else LandlordState.NOT_ASKED
    approval = request.approvals[-1] if request.approvals else None
    flags = [flag.state for flag in request.flags]
    return (
        Part("triage", "Triage and eligibility", *_rules(found)),
        Part("landlord", "Landlord permission", landlord.label, _care(landlord in REFUSED)),
        Part("survey", "Survey", _done(request.surveyed_at)),
        Part("works", "Works, cost and orders", _works(request)),
        Part("approval", "Approval", _approval(approval), _care(bool(approval and not approval.written_at))),
        Part("sign-off", "Sign-off", _done(request.signed_off_at)),
        Part("flags", "Address flags", _flags(flags)),
        Part("follow-ups", "Follow-ups", "Under way" if request.state == S.FOLLOW_UP else "Not started yet"),
        Part("letters", "Letters", "As needed"),
    )


REFUSED = (LandlordState.REFUSED, LandlordState.NO_REPLY)


def _rules(found: Triage | None) -> tuple[str, str]:
    if found is None:
        return "Seen by the scheme", ""
    if found.failed:
        return f"{len(found.failed)} not met", "stop"
    if found.unknown:
        return f"{len(found.unknown)} not known", "care"
    return "All met", ""


def _care(when: bool) -> str:
    return "care" if when else ""


def _done(at: datetime | None) -> str:
    return "Done" if at else "Not started yet"


def _works(request: SanctuaryRequest) -> str:
    if request.installed_at:
        return "Fitted"
    return "Ordered" if request.state == S.WORKS_ORDERED else "Not started yet"


def _approval(approval: Any) -> str:
    if approval is None:
        return "Not started yet"
    return approval.decision.label if approval.written_at else "Approved in words, to be written"


def _flags(states: list[FlagState]) -> str:
    if not states:
        return "Not asked for"
    live = [state for state in states if state != FlagState.REMOVED]
    return ", ".join(sorted({state.label for state in live})) if live else "Removed"
