"""Sanctuary requests for the policy table: every stage and owner, walled, restricted, foreign; what hangs on them."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from marac import access, clock
from marac.crypto import vault
from marac.models import Approval, Case, NamedPerson, SanctuaryRequest, Visit, Wall, WorksOrder
from marac.services.casework.references import new_reference
from marac.vocabulary import (
    ApprovalDecision,
    CaseState,
    ProgrammeSlug,
    SanctuaryPriority,
    SanctuaryState as S,
    VisitKind,
    VisitState,
    WorksOrderState,
)

IN_THE_FIELD = (
    S.LANDLORD_PERMISSION, S.SURVEY_BOOKED, S.SURVEY_DONE, S.FIRE_CONSULT, S.SPECIFICATION, S.APPROVAL,
    S.WORKS_ORDERED, S.INSTALLED, S.SIGN_OFF,
)  # fmt: skip
FEW = (S.DRAFT, S.IN_TRIAGE, S.APPROVAL, S.CLOSED)
USUAL: dict[str, Any] = {"stages": tuple(S), "programme": ProgrammeSlug.DA_MARAC}
KINDS: dict[str, dict[str, Any]] = {
    "open": {},
    "walled off from me": {"stages": FEW, "wall": "me", "hidden": True},
    "walled off from my agency": {"stages": FEW, "wall": "mine", "hidden": True},
    "its case walled off from me": {"stages": FEW, "parent_wall": True, "hidden": True},
    "restricted": {"stages": FEW, "restricted": True, "hidden": True},
    "restricted to me": {"stages": FEW, "restricted": True, "named": True},
    "erased": {"stages": FEW, "state": CaseState.ERASED, "hidden": True},
    "of another programme": {"stages": FEW, "programme": ProgrammeSlug.COMMUNITY_MARAC, "foreign": "programme"},
    "supported by my agency": {"stages": FEW, "supported": True},
    "surveyed by me": {"stages": (S.ON_HOLD, S.FROZEN, S.CLOSED), "surveyed": True},
    "decided by me": {"stages": (S.SPECIFICATION, S.CLOSED), "decided": True},
}


def add(session: Any, house: Any, borough: Any, partnership_id: UUID, foreign: str) -> None:
    """Make them; with a works order to my firm and to another, and a visit, for each."""
    kinds = {"open": {"stages": FEW}} if foreign else KINDS
    for name, own in kinds.items():
        kind = {**USUAL, "foreign": foreign, **own, "name": name, "partnership": partnership_id}
        owners = ("me", "colleague", "other") if name == "open" else ("colleague", "other")
        for stage in kind["stages"]:
            for owner in owners:
                _one(session, house, borough, kind, stage=stage, owner=owner)
    session.flush()


def _one(session: Any, house: Any, borough: Any, kind: dict[str, Any], *, stage: S, owner: str) -> None:
    partnership_id = kind["partnership"]
    case = _case(session, house, borough, partnership_id, kind)
    sent = stage != S.DRAFT
    agencies = list(borough.agencies.values())
    request = SanctuaryRequest(
        partnership_id=partnership_id, case_id=case.id, reference=uuid4().hex[:7], state=stage,
        priority=SanctuaryPriority.URGENT, checklist_version="0.1", user_id=borough.people[owner],
        agency_id=agencies[1] if owner == "other" else agencies[0],
        supporter_id=agencies[0] if kind.get("supported") else None, started_at=clock.now(),
        surveyor_id=borough.people["me"] if kind.get("surveyed") else None, stage_since_at=clock.now(),
        submitted_at=clock.now() if sent else None,
        parent_case_id=_parent(session, house, borough, kind, partnership_id),
    )  # fmt: skip
    session.add(request)
    session.flush()
    if kind.get("decided"):
        session.add(_approval(borough, request))
    facts = {"hidden": kind.get("hidden", False), "foreign": kind["foreign"], "stage": None}
    if kind.get("state") == CaseState.ERASED:
        facts["stage"] = CaseState.ERASED
    stopped = stage in (S.ON_HOLD, S.FROZEN) and kind.get("surveyed", False)
    facts |= {
        "owner": owner, "sent": sent, "supported": kind.get("supported", False),
        "field": stage in IN_THE_FIELD or stopped,
        "costed": stage == S.APPROVAL or bool(kind.get("decided") and sent),
    }  # fmt: skip
    row = type(borough.rows[0])
    borough.rows.append(row(SanctuaryRequest, request.id, f"{kind['name']}, {stage}", **facts))
    for at, mine in ((0, True), (1, False)):
        order = _order(house, borough, request, agencies[at])
        session.add(order)
        borough.rows.append(row(WorksOrder, order.id, f"{kind['name']}, {stage}", contract=mine, **facts))
    visit = Visit(partnership_id=partnership_id, request_id=request.id, agency_id=agencies[0],
                  user_id=borough.people["me"], kind=VisitKind.SURVEY, state=VisitState.BOOKED,
                  starts_at=clock.now())  # fmt: skip
    session.add(visit)
    borough.rows.append(row(Visit, visit.id, f"{kind['name']}, {stage}", **facts))


def _case(session: Any, house: Any, borough: Any, partnership_id: UUID, kind: dict[str, Any]) -> Case:
    case_id = uuid4()
    house.keyring.create_case_key(partnership_id, case_id)
    access.open_for("load", partnership_id, [case_id])
    vault.current().grant("staff", partnership_id, partnership_id, "diary", seal=True)
    case = Case(
        id=case_id, partnership_id=partnership_id, programme=kind["programme"], reference=new_reference(session),
        state=kind.get("state", CaseState.RECEIVED), opened_on=clock.today() - timedelta(days=1),
        restricted=kind.get("restricted", False),
    )  # fmt: skip
    session.add(case)
    session.flush()
    where = {"partnership_id": partnership_id, "case_id": case_id}
    if kind.get("wall") == "me":
        session.add(Wall(**where, user_id=borough.people["me"], since_at=clock.now()))
    if kind.get("wall") == "mine":
        session.add(Wall(**where, agency_id=next(iter(borough.agencies.values())), since_at=clock.now()))
    if kind.get("named"):
        session.add(NamedPerson(**where, user_id=borough.people["me"]))
    return case


def _parent(session: Any, house: Any, borough: Any, kind: dict[str, Any], partnership_id: UUID) -> UUID | None:
    if not kind.get("parent_wall"):
        return None
    return _case(session, house, borough, partnership_id, {**kind, "wall": "me", "foreign": ""}).id


def _approval(borough: Any, request: SanctuaryRequest) -> Approval:
    return Approval(
        partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id,
        decision=ApprovalDecision.SENT_BACK, amount_pence=100, decided_at=clock.now(),
        decided_by_id=borough.people["me"], written_at=clock.now(),
    )  # fmt: skip


def _order(house: Any, borough: Any, request: SanctuaryRequest, agency_id: UUID) -> WorksOrder:
    order_id = uuid4()
    house.keyring.create_works_key(request.partnership_id, order_id)
    vault.current().grant_many("works", request.partnership_id, [order_id], ("job", "location"), seal=True)
    return WorksOrder(
        id=order_id, partnership_id=request.partnership_id, request_id=request.id, agency_id=agency_id,
        token=uuid4().hex, state=WorksOrderState.OFFERED, ordered_at=clock.now(), ordered_by_id=borough.people["me"],
        window_from=clock.now(), window_until=clock.now(),
    )  # fmt: skip
