"""Writes the demo's Community MARAC cases: people, referral, scores, incidents, hearings, the plan, how it ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marac import access
from marac.crypto.blind_index import BlindIndex, PersonTokens
from marac.crypto.keyring import Keyring
from marac.models import (
    Action,
    AgendaItem,
    Assessment,
    Case,
    CaseAgency,
    CaseIncident,
    CasePerson,
    Meeting,
    MinuteNote,
    PersonToken,
    Referral,
    Research,
    Setting,
)
from marac.services.demo.borough import FIRST_DAY, Borough, employ
from marac.services.demo.casework import Opened, token_rows, write_people
from marac.services.demo.community import (
    COMMUNITY,
    FIRST_NUMBER,
    Calendar,
    Life,
    Sat,
    calendar_of,
    dates_of,
    plan_lives,
    write_meetings,
)
from marac.services.demo.household import Household, household
from marac.services.demo.tables import at, chance, days_after, pick, source, table, weighted, working_day
from marac.services.demo.telling import Telling
from marac.vocabulary import (
    ActionState,
    AgendaItemState,
    AsbType,
    CaseState,
    Grade,
    InvolvementBasis,
    MinuteHeading,
    Outcome,
    Protects,
    ReferralKind,
    ReferralState,
    ResearchState,
    TriageOutcome,
)
from marac.workflows.deadlines import add_months
from marac.workflows.hearing import RECORDS
from marac.workflows.local_rules import shipped_rules
from marac.workflows.powers import powers

RECORD = RECORDS[COMMUNITY]
ASKED = ("met_police_snt", "nso", "asb_team", "adult_social_care", "housing_management", "elft", "victim_support")
S = CaseState


@dataclass(frozen=True, slots=True)
class Story:
    """One case being written."""

    borough: Borough
    calendar: Calendar
    life: Life
    id: UUID
    people: Household
    kind: AsbType
    referrer: str
    referred_on: date
    heard_on: date | None
    draw: Random

    @property
    def place(self) -> dict[str, UUID]:
        """The ids that every row of the case carries."""
        return {"partnership_id": self.borough.id, "case_id": self.id}

    def say(self, key: str) -> str:
        """A sentence of the table, told of this case."""
        book: Any = table("community")[key]
        told = pick(self.draw, book[self.kind.value] if isinstance(book, Mapping) else book)
        names = {"v": self.people.victim.name.given, "p": self.people.perpetrators[0].name.given}
        return str(told).format_map(names)


def write_community(session: Session, keyring: Keyring, found: Borough, *, today: date, seed: int) -> int:
    """The whole of it in one transaction; returns how many cases. Its own people sign in for this panel alone."""
    access.open_staff_for("load", found.id)
    rows: list[Any] = [*_rules(found.id)]
    workers = tuple(employ(session, keyring, found.id, found.agencies, table("community")["accounts"]))
    borough = replace(found, workers=workers, _answering={})
    calendar = calendar_of(borough, today)
    rows += write_meetings(borough, calendar)
    lives = plan_lives(calendar, seed)
    ids = {life.number: uuid4() for life in lives}
    keyring.create_case_keys(found.id, list(ids.values()))
    access.open_for("load", found.id, ids.values())
    tokens: list[PersonTokens] = []
    for life in lives:
        made, people = _write_life(_story(borough, calendar, life, ids[life.number], today=today, seed=seed))
        rows, tokens = [*rows, *made], [*tokens, *people]
    _add(session, rows)
    session.execute(insert(PersonToken), token_rows(BlindIndex(keyring, found.id), borough, tokens))
    return len(lives)


def _rules(partnership_id: UUID) -> Iterator[Setting]:
    """The shipped rules, from before the first year."""
    for rule in shipped_rules(COMMUNITY):
        yield Setting(
            partnership_id=partnership_id, programme=COMMUNITY, key=rule.name, value=rule.value,
            confirmed=rule.confirmed, effective_from=FIRST_DAY, basis=rule.basis, note=rule.note[:600],
        )  # fmt: skip


def _add(session: Session, rows: list[Any]) -> None:
    """Add and flush table by table, a table after those it points to."""
    for one in Case.metadata.sorted_tables:
        session.add_all([row for row in rows if row.__table__ is one])
        session.flush()


def _story(borough: Borough, calendar: Calendar, life: Life, case_id: UUID, *, today: date, seed: int) -> Story:
    draw = source(f"community/{seed}/{life.number}")
    referred_on, heard_on = dates_of(life, calendar, today, draw)
    people = household(
        seed, FIRST_NUMBER + life.number, referred_on, checked_on=max(referred_on, days_after(today, -20))
    )
    for one in people.perpetrators:
        one.identity["relationship_to_victim"] = "neighbour"
    kind = AsbType(weighted(draw, table("community")["types"]))
    referrer = weighted(draw, table("community")["referrers"])
    people = replace(people, children=people.children[:1], others=(), perpetrators=people.perpetrators[:1])
    return Story(borough, calendar, life, case_id, people, kind, referrer, referred_on, heard_on, draw)


def _write_life(one: Story) -> tuple[list[Any], list[PersonTokens]]:
    """Every row of one case, and what its people's tokens are made of."""
    referral = _referral(one)
    rows: list[Any] = [_case(one), referral, *_scores(one, referral), *_incidents(one, referral), *_involved(one)]
    for order, place in enumerate(one.life.at):
        rows += _hearing(one, one.calendar.sat[place], order, referral)
    tokens = []
    worker = one.borough.staffed(one.referrer) or one.borough.workers[0]
    opened = Opened(one.id, one.life.number, one.people, worker, one.referrer)
    for row, token in write_people(one.borough, opened, Telling(one.people, one.draw)):
        rows.append(row)
        tokens += [token] if token else []
        if isinstance(row, CasePerson) and row.role == "victim" and one.heard_on:
            row.care_act = _signed(one, {"decision": "not_referred", "reason": "No care and support needs"})
    return rows, tokens


def _case(one: Story) -> Case:
    heard, state = one.heard_on, one.life.state
    review = one.calendar.sat[min(one.life.at[-1] + 1, len(one.calendar.sat) - 1)].on if heard else None
    found = table("community")
    return Case(
        id=one.id, partnership_id=one.borough.id, programme=COMMUNITY, reference=one.borough.new_reference(),
        state=state, opened_on=one.referred_on, last_referral_on=one.referred_on, last_heard_on=heard,
        flag_until_on=add_months(heard, 12) if heard else None, review_on=review if state is not S.CLOSED else None,
        wishes=one.say("wishes"), wishes_on=one.referred_on, wishes_by="The referring agency",
        why_high_risk=one.say("why"), marks=_marks(one, found["marks"]), care_flags=["Visit in pairs"],
        advocate=one.say("advocates") if heard else None, powers=_powers(one) if heard else None,
        closing=_closing(one) if state is S.CLOSED else None,
    )  # fmt: skip


def _marks(one: Story, book: Mapping[str, list[str]]) -> list[str]:
    kinds = [kind for kind in ("hate", "cuckooing") if one.kind.value == kind]
    return [pick(one.draw, book[kind]) for kind in (*kinds, "vulnerable")]


def _powers(one: Story) -> dict[str, Any]:
    """Every power decided where the case is closed; a few where the plan is under way."""
    shown = powers() if one.life.state is S.CLOSED else powers()[:6]
    choices = {"used": 2.0, "rejected": 3.0, "not_applicable": 5.0}
    decided = {power.key: weighted(one.draw, choices) for power in shown}
    why = {"rejected": "The lighter step is tried first", "used": "", "not_applicable": ""}
    return {key: _signed(one, {"decision": word, "reason": why[word]}) for key, word in decided.items()}


def _signed(one: Story, told: dict[str, str]) -> dict[str, str]:
    return {**told, "on": (one.heard_on or one.referred_on).isoformat(), "by": "Lorraine Abernethy-Khan"}


def _closing(one: Story) -> dict[str, str]:
    outcome = weighted(one.draw, {"resolved": 4.0, "risk_reduced": 4.0, "harm_moved": 1.0, "moved_away": 1.0})
    return _signed(one, {
        "closing_outcome": outcome, "victim_view": one.say("views_at_end"), "no_view_reason": "",
        "step_down": "Housing management", "statutory_plan": "", "closing_word": "By phone, as agreed", "reason": "",
    })  # fmt: skip


def _referral(one: Story) -> Referral:
    accepted_at = at(working_day(one.referred_on, "D+1"), 11)
    worker = one.borough.staffed(one.referrer) or one.borough.workers[0]
    hate = [mark.partition(":")[2] for mark in _marks(one, table("community")["marks"]) if mark.startswith("hate")]
    return Referral(
        id=uuid4(), **one.place, programme=COMMUNITY, reference=one.borough.new_reference(),
        state=ReferralState.ACCEPTED, kind=ReferralKind.NEW, agency_id=one.borough.agencies[one.referrer],
        user_id=worker.id, started_at=at(one.referred_on, 10), submitted_at=at(one.referred_on, 11),
        decide_by_at=at(working_day(one.referred_on, "D+2"), 17), decided_at=accepted_at,
        decided_by_id=one.borough.workers[0].id, outcome=TriageOutcome.ACCEPT,
        meeting_id=one.calendar.sat[one.life.at[0]].id if one.life.at else None, what_happened=one.say("what"),
        happened_on=days_after(one.referred_on, -3), why_now=one.say("why"), wishes=one.say("wishes"),
        asb_type=one.kind, hate_strands=hate, told="yes", consent="yes", person_tests=["vulnerable_victim"],
        criteria=["risk_matrix_high"],
    )  # fmt: skip


def _scores(one: Story, referral: Referral) -> Iterator[Assessment]:
    """A score with the referral, and one at each hearing: mostly falling."""
    score = 32 + one.draw.randrange(9)
    for place in range(1 + len([n for n in one.life.at if one.calendar.sat[n].held])):
        on = one.referred_on if place == 0 else one.calendar.sat[one.life.at[place - 1]].on
        band = Grade.HIGH if score > 31 else Grade.MEDIUM if score > 15 else Grade.STANDARD
        yield Assessment(
            **one.place, referral_id=referral.id if place == 0 else None, checklist="asb_ram", checklist_version="1.0",
            made_at=at(on, 9, 30), made_by_id=referral.user_id, answers={}, score=score, unknown=one.draw.randrange(3),
            red_flags=[], tool_grade=band, made_on=on,
        )  # fmt: skip
        score = max(4, score - one.draw.randrange(4, 16))


def _incidents(one: Story, referral: Referral) -> Iterator[CaseIncident]:
    for position in range(1, 2 + one.draw.randrange(4)):
        told = [pick(one.draw, ["Police", "Landlord"]), *(["Council"] if chance(one.draw, 0.4) else [])]
        yield CaseIncident(
            **one.place, referral_id=referral.id, position=position, recorded_at=at(one.referred_on, 10, position),
            recorded_by_id=referral.user_id, happened_on=days_after(one.referred_on, -9 * position), kind=one.kind,
            what=one.say("what"), reported_to=told, references=[],
        )  # fmt: skip


def _involved(one: Story) -> Iterator[CaseAgency]:
    yield _agency(one, one.referrer, InvolvementBasis.REFERRED)
    for slug in ASKED if one.life.at else ():
        yield _agency(one, slug, InvolvementBasis.LISTED)
    if one.kind is AsbType.DISPUTE:
        yield _agency(one, "elft", InvolvementBasis.PERPETRATOR_SIDE)


def _agency(one: Story, slug: str, basis: InvolvementBasis) -> CaseAgency:
    return CaseAgency(**one.place, agency_id=one.borough.agencies[slug], basis=basis, since_on=one.referred_on)


def _hearing(one: Story, sat: Sat, order: int, referral: Referral) -> Iterator[Any]:
    """One case at one meeting: the item, what agencies answered, the minutes and the plan."""
    called = at(sat.on, 10, 5 + 9 * (one.life.number % 6))
    item = AgendaItem(
        id=uuid4(), **one.place, meeting_id=sat.id, referral_id=referral.id if order == 0 else None,
        position=1 + one.life.number, minutes_planned=12, is_repeat=False, is_transfer=False,
        state=AgendaItemState.HEARD if sat.held else AgendaItemState.LISTED, conflict_checked_on=one.referred_on,
        outcome=Outcome.HEARD if sat.held else None, called_at=called if sat.held else None,
        finished_at=called + timedelta(minutes=9) if sat.held else None,
        covered=list(RECORD.covered) if sat.held else None, who_tells="Nuala Brackenridge, Victim Support",
    )  # fmt: skip
    yield item
    if not sat.held:
        return
    for slug in ASKED:
        yield Research(
            **one.place, item_id=item.id, agency_id=one.borough.agencies[slug], state=ResearchState.RELEASED,
            requested_at=at(working_day(sat.on, "D-5"), 16), due_at=at(working_day(sat.on, "D-2"), 17),
            returned_at=at(working_day(sat.on, "D-3"), 11), released_at=called, shared=one.say("information"),
            fact_or_opinion="fact",
        )  # fmt: skip
    headings = [MinuteHeading.VIEWS, MinuteHeading.INFORMATION, *RECORD.risks, MinuteHeading.RISK_CHILDREN]
    for place, heading in enumerate([*headings, *([MinuteHeading.WHAT_WORKED] if order else [])]):
        yield MinuteNote(
            **one.place, item_id=item.id, heading=heading, saved_at=called + timedelta(minutes=1 + place),
            saved_by_id=sat.coordinator.id, text=one.say(heading.value),
        )  # fmt: skip
    yield from _plan(one, sat, item, called)


def _plan(one: Story, sat: Sat, item: AgendaItem, called: Any) -> Iterator[Action]:
    """Two actions: done where the case moved on, live where the plan is under way."""
    live = one.life.state in (S.HEARD, S.ACTIONS_OPEN) and sat.id == one.calendar.sat[one.life.at[-1]].id
    for place, slug in enumerate(("met_police_snt", "housing_management")):
        worker, due_on = one.borough.staffed(slug), working_day(sat.on, f"D+{5 + 5 * place}")
        done = not (live and place)
        yield Action(
            **one.place, item_id=item.id, agency_id=one.borough.agencies[slug], owner_id=worker.id if worker else None,
            state=ActionState.COMPLETE if done else ActionState.IN_PROGRESS, due_on=due_on, protects=Protects.VICTIM,
            agreed_at=called, closed_at=at(due_on, 12) if done else None,
            closed_by_id=worker.id if worker and done else None, text=one.say("actions"),
            victim_updated="yes" if done else None,
        )  # fmt: skip


def figures(session: Session) -> dict[str, int]:
    """How many different people were heard in 2022-23 and at how many meetings, counted from the cases themselves."""
    heard = (
        select(AgendaItem.case_id, Meeting.id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(Meeting.programme == COMMUNITY, AgendaItem.state == AgendaItemState.HEARD)
        .where(Meeting.starts_at.between(at(date(2022, 4, 1), 0), at(date(2023, 3, 31), 23)))
    )
    rows = session.execute(heard).all()
    return {
        "community_victims_heard_2022_23": len({row[0] for row in rows}),
        "community_meetings_2022_23": len({row[1] for row in rows}),
    }
