"""Writes referrals that no meeting has: turned down, waiting at triage, or still drafts of the IDVA service."""

from typing import Any
from uuid import UUID

from marac.crypto.blind_index import PersonTokens
from marac.models import Case, Deadline
from marac.services.demo.borough import Borough, Worker
from marac.services.demo.casework import Opened, open_case, write_case, write_people, write_referral
from marac.services.demo.hearings import Course, write_involvement
from marac.services.demo.household import Household, household, moved
from marac.services.demo.planning import Plan, Waiting
from marac.services.demo.tables import at, days_after, source, working_day
from marac.services.demo.telling import Telling
from marac.vocabulary import CaseState, ReferralState, Role, TriageOutcome

UNDECIDED = (ReferralState.DRAFT, ReferralState.SUBMITTED, ReferralState.RETURNED, ReferralState.ACCEPTED)
OUTCOMES = {
    ReferralState.NOT_ACCEPTED: TriageOutcome.NOT_ACCEPTED, ReferralState.ALERT_ONLY: TriageOutcome.ALERT_ONLY,
    ReferralState.TRANSFERRED_OUT: TriageOutcome.TRANSFER_OUT,
    ReferralState.REFERRED_ELSEWHERE: TriageOutcome.REFER_ELSEWHERE,
}  # fmt: skip
URGENT_AT = (21, 10)
BEGUN = ["person", "safe-contact", "other-person"]
TOLD_LATER = (
    "why_now", "tried", "wishes", "told", "consent", "sharing_basis", "sharing_reason", "sharing_proportionate",
    "sharing_decided_by", "sharing_decided_on", "told_why_not", "criteria", "judgement", "escalation",
)  # fmt: skip


def write_waiting(
    borough: Borough, case_id: UUID, one: Waiting, planned: Plan
) -> tuple[list[object], list[PersonTokens]]:
    """The rows of one referral without a hearing, and what its people's tokens are made of."""
    people = _people(one, planned)
    case = open_case(borough, case_id, one.case, people, planned.seed)
    telling = Telling(people, source(f"case/{planned.seed}/{one.case}"))
    worker = _drafter(borough, one) or case.referrer
    if worker is not case.referrer:
        case = Opened(case_id, one.case, people, worker, "solace")
    undecided = one.state in UNDECIDED
    row = write_case(
        borough, case, telling, state=CaseState.RECEIVED if undecided else CaseState.CLOSED, opened_on=one.on,
        last_referral_on=None if one.state in (ReferralState.DRAFT, ReferralState.WITHDRAWN) else one.on,
    )  # fmt: skip
    rows: list[object] = [row]
    found = []
    for person_row, tokens in write_people(borough, case, telling):
        rows.append(person_row)
        found += [tokens] if tokens else []
    referred, made = write_referral(borough, case, telling, on=one.on, state=one.state, **_facts(one, planned, telling))
    rows += [*made, *write_involvement(borough, case, Course(), one.on)]
    if one.state in (ReferralState.SUBMITTED, ReferralState.RETURNED):
        rows += _clocks(borough, referred.id, one)
    if one.state is ReferralState.DRAFT:
        _forget_summary(row)
    return rows, found


def _people(one: Waiting, planned: Plan) -> Household:
    if one.like is None:
        return household(planned.seed, one.case, one.on)
    first = planned.by_case()[one.like][0]
    return moved(planned.seed, one.case, household(planned.seed, one.like, planned.referred_on(first)))


def _drafter(borough: Borough, one: Waiting) -> Worker | None:
    """Drafts belong to the first IDVA of the table, so that somebody signs in to unfinished work."""
    return borough.of_role(Role.IDVA)[0] if one.state is ReferralState.DRAFT else None


def _facts(one: Waiting, planned: Plan, telling: Telling) -> dict[str, Any]:
    """What sets each kind of waiting apart from a whole referral that was listed."""
    if one.urgent:
        need = telling.story("urgent_need")
        sent = {"submitted_at": at(one.on, *URGENT_AT), "started_at": at(one.on, 20, 55)}
        return {"urgent": True, "done_tasks": BEGUN, "emergency_need": need, **sent, **dict.fromkeys(TOLD_LATER)}
    if one.state is ReferralState.DRAFT:
        half = one.case % 2 == 0
        blank = {**dict.fromkeys(TOLD_LATER), "what_happened": None} if half else {}
        return {"done_tasks": BEGUN[:2] if half else [*BEGUN, "children", "risk"], **blank}
    if one.state is ReferralState.RETURNED:
        asked = telling.story("question")
        return {"question": asked, "exchange": [{"asked": asked, "asked_at": at(one.on, 16).isoformat()}]}
    if one.state in (ReferralState.SUBMITTED, ReferralState.ACCEPTED):
        return {}
    return {
        "outcome": OUTCOMES.get(one.state), "decision_reason": telling.story("decline_reason"),
        "advice": telling.story("advice"),
        "submitted_at": None if one.state is ReferralState.WITHDRAWN else at(one.on, 11, 40),
    }  # fmt: skip


def _clocks(borough: Borough, referral_id: UUID, one: Waiting) -> list[Deadline]:
    due = {"triage_decided": working_day(one.on, "D+2"), "idva_first_contact": working_day(one.on, "D+2")}
    return [
        Deadline(partnership_id=borough.id, subject_id=referral_id, rule=rule, due_at=at(days_after(on, 0), 17))
        for rule, on in due.items()
    ]


def _forget_summary(row: Case) -> None:
    """A draft has told the case page nothing yet."""
    row.wishes = row.wishes_by = row.why_high_risk = row.who_tells = None
    row.wishes_on = None
