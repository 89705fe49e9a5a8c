"""Writes what the demo's meetings heard: agenda items, agencies' answers, minutes, actions, need-to-know and flags."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from marac import clock
from marac.models import AgendaItem, CaseAgency, Flag, MinuteNote, Research
from marac.services.demo.actions import Agreed, Plan, choose, write_actions
from marac.services.demo.borough import Borough
from marac.services.demo.casework import Opened, Referred
from marac.services.demo.planning import Hearing
from marac.services.demo.sittings import Written
from marac.services.demo.tables import at, chance, days_after, pick, table, weighted, working_day
from marac.services.demo.telling import Telling
from marac.services.demo.told import write_telling
from marac.vocabulary import (
    AgendaItemState,
    DeferralReason,
    FlagState,
    InvolvementBasis,
    MinuteHeading,
    Outcome,
    ProgrammeSlug,
    ResearchState,
)
from marac.workflows.covering import MET_BY
from marac.workflows.deadlines import add_months
from marac.workflows.hearing import RECORDS

R = ResearchState
H = MinuteHeading
AIMS = RECORDS[ProgrammeSlug.DA_MARAC].covered
OVER = ("long ago", "earlier", "recent", "last")
RISKS = (H.RISK_VICTIM, H.RISK_CHILDREN, H.RISK_ADULTS, H.RISK_PERPETRATOR, H.RISK_STAFF)
FLAGS: dict[str, dict[FlagState, float]] = {
    "long ago": {FlagState.REMOVED: 995, FlagState.REMOVE_REQUESTED: 5},
    "earlier": {FlagState.ADDED: 1},
    "recent": {FlagState.ADDED: 90, FlagState.ADD_REQUESTED: 10},
    "last": {FlagState.ADDED: 40, FlagState.ADD_REQUESTED: 60},
}
LANDLORDS = {"Poplar HARCA": "poplar_harca", "Clarion": "clarion"}
AREAS = ("another London borough", "a town in Essex", "a city in the North West")


@dataclass(slots=True)
class Course:
    """What a case's hearings leave behind, in order: who may see it, who keeps a flag, and when it was last heard."""

    involved: dict[tuple[str, InvolvementBasis], list[date | None]] = field(default_factory=dict)
    flagged: set[str] = field(default_factory=set)
    heard_on: date | None = None
    heard_at: str = ""

    def involve(self, slug: str, basis: InvolvementBasis, since: date, until: date | None = None) -> None:
        """An agency sees the case from a day; the newest answer decides until when."""
        kept = self.involved.setdefault((slug, basis), [since, until])
        kept[1] = until


@dataclass(frozen=True, slots=True)
class Occasion:
    """One case at one meeting, with what its writers need. `stage` says how far it has come."""

    borough: Borough
    case: Opened
    hearing: Hearing
    meeting: Written
    position: int
    stage: str
    referred: Referred
    telling: Telling

    @property
    def over(self) -> bool:
        """Whether the case was heard."""
        return self.stage in OVER and self.hearing.outcome is not Outcome.DEFERRED

    @property
    def place(self) -> dict[str, UUID]:
        """The ids that every row of the case carries."""
        return {"partnership_id": self.borough.id, "case_id": self.case.id}


def write_hearing(one: Occasion, course: Course, extra: Sequence[Agreed]) -> list[object]:
    """The rows of one hearing; `course` is brought up to date."""
    borough, meeting = one.borough, one.meeting
    item = _item(one)
    staffed = [slug for slug in borough.agencies if borough.staffed(slug)]
    agreed = [*choose(one.telling.draw, one.referred.risk.yes, staffed), *extra] if one.over else []
    knows = _who_knows(one, agreed)
    rows: list[object] = [item]
    if one.stage != "later":
        rows += _research(one, item.id, course, knows)
    if one.over:
        plan = Plan(borough, one.case.id, item.id, meeting, one.stage, one.telling)
        rows += [*_notes(one, item.id, {line.line["protects"][0] for line in agreed}), *write_actions(plan, agreed)]
        rows += write_telling(one, item.id, item.who_tells or "")
        course.flagged |= knows
        course.heard_on, course.heard_at = meeting.sitting.on, one.stage
    for slug in {line.slug for line in agreed} - set(borough.core):
        course.involve(slug, InvolvementBasis.CONSULTED, meeting.sitting.on)
    return rows


def _item(one: Occasion) -> AgendaItem:
    deferred = one.hearing.outcome is Outcome.DEFERRED
    called_at = _called_at(one) if one.over else None
    state = AgendaItemState.DEFERRED if deferred else AgendaItemState.HEARD if one.over else AgendaItemState.LISTED
    return AgendaItem(
        id=uuid4(), **one.place, meeting_id=one.meeting.id, referral_id=one.referred.id, position=one.position,
        minutes_planned=10, state=state, outcome=one.hearing.outcome, bring_back_on=one.hearing.back_on,
        conflict_checked_on=one.referred.on if one.position % 5 else None,
        is_repeat=one.hearing.is_repeat, is_transfer=one.hearing.is_transfer, called_at=called_at,
        finished_at=called_at + timedelta(minutes=10) if called_at else None, **_said_of_item(one),
    )  # fmt: skip


def _called_at(one: Occasion) -> datetime:
    return one.meeting.starts_at + timedelta(minutes=5 + (one.position - 1) * 11)


def _said_of_item(one: Occasion) -> dict[str, Any]:
    """The sealed part of an agenda item."""
    draw = one.telling.draw
    if one.hearing.outcome is Outcome.DEFERRED:
        return {"deferred_because": "Referrer could not attend", "interim_safety": one.telling.story("after"),
                "deferral_code": DeferralReason.REFERRER_ABSENT}  # fmt: skip
    if not one.over:
        return {}
    missed = pick(draw, list(AIMS)) if chance(draw, 0.15) else None
    said = {
        "covered": [aim for aim in AIMS if aim != missed],
        "who_tells": pick(draw, table("safety")["who_tells"]),
    }
    return said | ({"transferred_to": pick(draw, AREAS)} if one.hearing.outcome is Outcome.TRANSFERRED else {})


def _who_knows(one: Occasion, agreed: Sequence[Agreed]) -> set[str]:
    """Who referred it, the IDVA service, whoever takes an action, a few more, and the landlord."""
    knows = {one.case.referrer_slug, "solace", "met_police_da"} | {line.slug for line in agreed}
    knows |= {slug for slug in one.borough.core if chance(one.telling.draw, 0.12)}
    landlord = LANDLORDS.get(one.case.people.victim.address.get("landlord") or "")
    return knows | ({landlord} if landlord else set())


# -- what agencies answer ----------------------------------------------------------------------------------------------


def _research(one: Occasion, item_id: UUID, course: Course, knows: set[str]) -> Iterator[Research]:
    meeting, core = one.meeting, one.borough.core
    asked_on, latest = meeting.asked_at.date(), min(meeting.answers_due_at.date(), days_after(meeting.today, -1))
    for place, slug in enumerate([*core, *sorted(knows - set(core))]):
        state = _answered(one.telling.draw, one.stage, slug in knows, place)
        waits = state in (R.REQUESTED, R.IN_PROGRESS)
        returned = min(days_after(asked_on, 1 + place % 3), latest)
        basis = InvolvementBasis.LISTED if slug in core else InvolvementBasis.CONSULTED
        course.involve(slug, basis, asked_on, days_after(returned, -1) if state is R.NIL_RETURN else None)
        yield Research(
            **one.place, item_id=item_id, agency_id=one.borough.agencies[slug], state=state,
            requested_at=meeting.asked_at, due_at=meeting.answers_due_at,
            returned_at=None if waits else at(returned, 8 + place % 9),
            released_at=meeting.starts_at if state is R.RELEASED else None, **_answer(slug, state, one.telling),
        )  # fmt: skip


def _answered(draw: Random, stage: str, knows: bool, place: int) -> ResearchState:
    """Most do not know the people. Before the next meeting a third have answered all, a third some, a third none."""
    if stage == "today":
        return R.REQUESTED if place % 7 == 6 else R.RETURNED if knows else R.NIL_RETURN
    if stage == "next":
        if place % 3 == 2 or (place % 3 == 1 and chance(draw, 0.5)):
            return R.IN_PROGRESS if knows and chance(draw, 0.3) else R.REQUESTED
        return R.RETURNED if knows else R.NIL_RETURN
    if not knows:
        return R.REQUESTED if chance(draw, 0.03) else R.NIL_RETURN
    return R.RELEASED


def _answer(slug: str, state: ResearchState, telling: Telling) -> dict[str, str | None]:
    draw = telling.draw
    if state in (R.REQUESTED, R.NIL_RETURN):
        return {}
    note = telling.research("private_note") if chance(draw, 0.4) else None
    if state is R.IN_PROGRESS:
        return {"private_note": note or telling.research("private_note")}
    if chance(draw, 0.06):
        return {"nothing_because": telling.research("nothing_because"), "private_note": note}
    return {
        "shared": telling.shared(_kind_of(slug)), "fact_or_opinion": weighted(draw, {"fact": 8.0, "opinion": 2.0}),
        "last_contact": pick(draw, table("research")["last_contact"]), "private_note": note,
    }  # fmt: skip


def _kind_of(slug: str) -> str:
    kinds: Mapping[str, Sequence[str]] = table("research")["agencies"]
    return next((kind for kind, slugs in kinds.items() if slug in slugs), "adults")


# -- minutes -----------------------------------------------------------------------------------------------------------


def _notes(one: Occasion, item_id: UUID, met: set[str]) -> Iterator[MinuteNote]:
    """The sections of a hearing. A risk of this year that no action meets was not raised, but at one case in five."""
    quiet = set() if one.stage == "long ago" or one.position % 5 == 3 else {
        heading for heading, whom in MET_BY.items() if whom.value not in met
    }  # fmt: skip
    headings = [H.VIEWS, H.INFORMATION, *RISKS]
    headings += [H.WHAT_WORKED] if one.hearing.is_repeat or not one.hearing.fresh else []
    for place, heading in enumerate(headings):
        childless = heading is H.RISK_CHILDREN and not one.case.people.children
        said = one.telling.minutes(heading.value)
        yield MinuteNote(
            **one.place, item_id=item_id, heading=heading, saved_at=_called_at(one) + timedelta(minutes=1 + place),
            saved_by_id=one.meeting.coordinator.id,
            text="No children in the home." if childless else "None known." if heading in quiet else said,
        )  # fmt: skip


# -- what stays --------------------------------------------------------------------------------------------------------


def write_involvement(borough: Borough, case: Opened, course: Course, since: date) -> Iterator[CaseAgency]:
    """Why each agency may see the case, one row a reason."""
    course.involve(case.referrer_slug, InvolvementBasis.REFERRED, since)
    course.involve("solace", InvolvementBasis.SUPPORTS, since)
    for (slug, basis), (start, until) in course.involved.items():
        yield CaseAgency(
            partnership_id=borough.id, case_id=case.id, agency_id=borough.agencies[slug], basis=basis,
            since_on=start or since, until_on=until,
        )  # fmt: skip


def write_flags(borough: Borough, case: Opened, course: Course, draw: Random) -> Iterator[Flag]:
    """Each agency that knows the people marks its own file for twelve months after the last hearing."""
    if course.heard_on is None:
        return
    lift_on = add_months(course.heard_on, 12)
    for slug in sorted(course.flagged):
        state = weighted(draw, FLAGS[course.heard_at])
        worker = borough.staffed(slug)
        on = {FlagState.ADDED: course.heard_on, FlagState.REMOVED: lift_on}.get(state)
        lifting = state == FlagState.REMOVE_REQUESTED  # asked for lately, when the case was looked at again
        asked_on = clock.today() - timedelta(days=3) if lifting else course.heard_on
        due_on = clock.today() + timedelta(days=4) if lifting else working_day(course.heard_on, "D+1")
        yield Flag(
            partnership_id=borough.id, case_id=case.id, agency_id=borough.agencies[slug], state=state,
            asked_at=at(asked_on, 13), due_at=at(due_on, 17), lift_on=lift_on,
            confirmed_at=at(on, 16, 10) if on else None, confirmed_by_id=worker.id if worker and on else None,
        )  # fmt: skip
