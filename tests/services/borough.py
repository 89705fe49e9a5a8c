"""Two boroughs full of rows for the policy table: every closeness to a case x every stage, and what hangs on each case.

Each row carries plain facts, noted while it is made, from which the oracle works out who may do what to it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from marac import access, audit, clock
from marac.models import (
    Action,
    Agency,
    AgendaItem,
    Attendance,
    AuditEntry,
    Case,
    CaseAgency,
    CasePerson,
    Disclosure,
    DisclosureCase,
    DisclosurePassage,
    Flag,
    Glass,
    Meeting,
    Minutes,
    NamedPerson,
    OtherArea,
    OutsideReferrer,
    Paper,
    Referral,
    Research,
    Setting,
    Telling,
    Transfer,
    TransferFile,
    User,
    Wall,
)
from marac.services.casework.references import new_reference
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import found_partnership
from marac.vocabulary import (
    ActionState,
    AgendaItemState,
    AttendanceState,
    CaseState,
    DisclosureKind,
    DisclosureState,
    FlagState,
    GlassCategory,
    InvolvementBasis,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    MinutesState,
    PassageApproval,
    PassageSource,
    PersonRole,
    ProgrammeSlug,
    Protects,
    ReferralKind,
    ReferralState,
    ResearchState,
    Role,
    TellingState,
    TransferDirection,
)
from tests.builders import a_membership, a_user, an_agency
from tests.services import borough_requests

DA, COMMUNITY = ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC
S, B = ReferralState, InvolvementBasis
# the agency of the person asking, another with a part in the case, a third that once employed the person asking
MINE, THEIRS, FORMER = "solace", "housing_options", "elft"


@dataclass
class Row:
    """One stored row, with what a coordinator would know about it."""

    model: type
    id: UUID
    closeness: str
    stage: CaseState | None = None
    owner: str = "nobody"  # me, a colleague, another agency
    involved: bool = False
    beside: bool = True  # not only for the person said to be causing harm
    sent: bool = True
    opened: bool = False
    issued: bool = False
    hidden: bool = False  # walled off, or restricted without being named
    foreign: str = ""  # another programme, another partnership
    supported: bool = False  # of a request: my agency supports the person
    field: bool = False  # of a request: between landlord and sign-off, or stopped and surveyed by me
    costed: bool = False  # of a request: its cost waits, or I decided it
    contract: bool = False  # of a works order: my firm's


# closeness to a case: involvements (agency, basis, from day, to day), walls, restricted, named, programme, referrals
CLOSENESS: dict[str, dict[str, Any]] = {
    "referred by my agency": {"cases": [(MINE, B.REFERRED, 0, None)], "involved": True},
    "listed for my agency": {"cases": [(MINE, B.LISTED, -9, None)], "involved": True},
    "consulted from today": {"cases": [(MINE, B.CONSULTED, 0, None)], "involved": True},
    "granted until today": {"cases": [(MINE, B.GRANTED, -5, 0)], "involved": True},
    "listed, and works with the other side": {
        "cases": [(MINE, B.LISTED, -9, None), (MINE, B.PERPETRATOR_SIDE, -1, None)],
        "involved": True,
        "beside": False,
    },
    "worked with the other side until yesterday": {
        "cases": [(MINE, B.LISTED, -9, None), (MINE, B.PERPETRATOR_SIDE, -9, -1)],
        "involved": True,
    },
    "shrunk: not known to my agency": {"cases": [(MINE, B.LISTED, -9, -1)]},
    "from tomorrow": {"cases": [(MINE, B.CONSULTED, 1, None)]},
    "another agency's": {"cases": [(THEIRS, B.LISTED, 0, None)]},
    "walled off from me": {"walls": ["me"], "hidden": True},
    "walled off from my agency": {"walls": [MINE], "hidden": True},
    "walled off from an agency I also work for": {"walls": [FORMER], "hidden": True},
    "walled off from a colleague and their agency": {"walls": ["colleague", THEIRS], "involved": True},
    "restricted": {"restricted": True, "hidden": True},
    "restricted to a colleague": {"restricted": True, "named": ["colleague"], "hidden": True},
    "restricted to me": {"restricted": True, "named": ["me"], "involved": True},
    "restricted to me, walled off from me": {"restricted": True, "named": ["me"], "walls": ["me"], "hidden": True},
    "restricted to me, not my agency's": {"restricted": True, "named": ["me"], "cases": []},
    "another agency's draft": {
        "cases": [(THEIRS, B.REFERRED, 0, None)],
        "referrals": [(THEIRS, S.DRAFT)],
        "sent": False,
    },
    "another agency's withdrawn draft": {"cases": [], "referrals": [(THEIRS, S.WITHDRAWN)], "sent": False},
    "my agency's draft": {"cases": [(MINE, B.REFERRED, 0, None)], "referrals": [("me", S.DRAFT)], "involved": True},
    "of another programme": {"programme": COMMUNITY, "foreign": "programme"},
}
USUAL: dict[str, Any] = {
    "cases": [(MINE, B.LISTED, 0, None)], "walls": [], "restricted": False, "named": [], "programme": DA,
    "referrals": [("me", S.SUBMITTED), ("colleague", S.SUBMITTED), (THEIRS, S.SUBMITTED), (THEIRS, S.DRAFT)],
    "involved": False, "beside": True, "hidden": False, "sent": True, "foreign": "",
}  # fmt: skip


@dataclass
class Borough:
    """Everything that was made, and who asks."""

    partnership_id: UUID
    people: dict[str, UUID]
    agencies: dict[str, UUID]
    rows: list[Row] = field(default_factory=list)

    def actor(self, role: Role) -> access.Actor:
        """The person asking, in one role; a timed job for the system."""
        if role is Role.SYSTEM:
            return access.system(self.partnership_id)
        return access.Actor(
            self.partnership_id,
            role,
            self.people["me"],
            self.agencies[MINE],
            frozenset([DA]),
            stepped_up_at=clock.now(),
        )

    def of(self, *models: type) -> list[Row]:
        """The rows of some models."""
        return [row for row in self.rows if row.model in models]


def build(house: Any) -> Borough:
    """Make both boroughs in one unit of work."""
    with unit_of_work(house) as session:
        me, colleague = a_user(session, house, Role.IDVA, MINE), a_user(session, house, Role.IDVA, MINE)
        other = a_user(session, house, Role.REPRESENTATIVE, THEIRS)
        left = a_user(session, house, Role.REPRESENTATIVE, THEIRS)
        yesterday = clock.today() - timedelta(days=1)
        a_membership(session, left.id, Role.IDVA, an_agency(session, MINE), from_on=yesterday, to_on=yesterday)
        a_membership(
            session, me.id, Role.REPRESENTATIVE, an_agency(session, FORMER), from_on=yesterday, to_on=yesterday
        )
        agencies = {slug: an_agency(session, slug).id for slug in (MINE, THEIRS, FORMER)}
        people = {"me": me.id, "colleague": colleague.id, "other": other.id}
        borough = Borough(me.partnership_id, people, agencies)
        _people(borough, {me.id: "me", colleague.id: "colleague", other.id: "other", left.id: "other"})
        _panels(session, borough, me.partnership_id, "")
        _cases(session, house, borough, me.partnership_id, CLOSENESS)
        accounts = [a_user(session, house, Role.REFERRER, THEIRS).id for _ in range(5)]
        elsewhere = found_partnership(session, house.keyring, slug="elsewhere", name="Elsewhere")
        _panels(session, borough, elsewhere.id, "partnership")
        listed = {"of another partnership": {"foreign": "partnership", "involved": True}}
        _cases(session, house, borough, elsewhere.id, listed)
        borough_requests.add(session, house, borough, me.partnership_id, "")
        borough_requests.add(session, house, borough, elsewhere.id, "partnership")
        _reference(session, borough, elsewhere.id)
        _asked_from_outside(session, borough, elsewhere.id, accounts)
        _other_areas(session, borough, elsewhere.id)
        session.flush()
    _entries(house, borough)
    return borough


def _people(borough: Borough, owners: dict[UUID, str]) -> None:
    borough.rows += [Row(User, user_id, owner, owner=owner) for user_id, owner in owners.items()]


def _reference(session: Any, borough: Borough, elsewhere: UUID) -> None:
    for model in (Agency, Setting):
        for row in session.query(model):
            owner = "colleague" if row.id == borough.agencies[MINE] else "other"
            foreign = "partnership" if row.partnership_id == elsewhere else ""
            borough.rows.append(Row(model, row.id, model.__name__, owner=owner, foreign=foreign))


def _asked_from_outside(session: Any, borough: Borough, elsewhere: UUID, accounts: list[UUID]) -> None:
    """People outside who were asked to refer: by the person asking, a colleague, another agency, and out of reach."""
    access.open_staff_for("load", elsewhere)
    home = borough.partnership_id
    for who, agency, where, programme, foreign in (
        ("me", MINE, home, DA, ""), ("colleague", MINE, home, DA, ""), ("other", THEIRS, home, DA, ""),
        ("me", MINE, home, COMMUNITY, "programme"), ("me", MINE, elsewhere, DA, "partnership"),
    ):  # fmt: skip
        row = OutsideReferrer(
            partnership_id=where, programme=programme, user_id=borough.people[who], agency_id=borough.agencies[agency],
            account_id=accounts.pop(), address_token=bytes(16), wrong_codes=0,
            invited_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        borough.rows.append(Row(OutsideReferrer, row.id, f"asked by {who}", owner=who, foreign=foreign))


def _other_areas(session: Any, borough: Borough, elsewhere: UUID) -> None:
    """An area that each borough knows, and files that came for two people of ours and one of the other borough."""
    home = borough.partnership_id
    for where, foreign in ((home, ""), (elsewhere, "partnership")):
        area = OtherArea(partnership_id=where, name="Leeds", public_key="x", added_at=clock.now(),
                         added_by_id=borough.people["me"])  # fmt: skip
        session.add(area)
        borough.rows.append(Row(OtherArea, area.id, "known area", foreign=foreign))
    for who, where, foreign in (("me", home, ""), ("colleague", home, ""), ("me", elsewhere, "partnership")):
        came = TransferFile(partnership_id=where, user_id=borough.people[who], content=b"x", digest=bytes(32),
                            came_at=clock.now())  # fmt: skip
        session.add(came)
        borough.rows.append(Row(TransferFile, came.id, f"came for {who}", owner=who, foreign=foreign))


def _panels(session: Any, borough: Borough, partnership_id: UUID, foreign: str) -> None:
    """A meeting of each programme, with minutes in every state and a place for two agencies."""
    for programme in (DA, COMMUNITY):
        out = foreign or ("" if programme == DA else "programme")
        for state in MinutesState:
            meeting = Meeting(
                partnership_id=partnership_id, programme=programme, reference=new_reference(session),
                kind=MeetingKind.ROUTINE, state=MeetingState.HELD, place=MeetingPlace.ONLINE, starts_at=clock.now(),
                minutes_per_case=10,
            )  # fmt: skip
            session.add(meeting)
            session.flush()
            minutes = Minutes(
                partnership_id=partnership_id,
                meeting_id=meeting.id,
                programme=programme,
                state=state,
                due_at=clock.now(),
                issued_at=clock.now() if state == MinutesState.ISSUED else None,
            )
            session.add(minutes)
            borough.rows.append(Row(Meeting, meeting.id, programme, foreign=out))
            issued = state == MinutesState.ISSUED
            borough.rows.append(Row(Minutes, minutes.id, programme, foreign=out, issued=issued))
        access.open_staff_for("load", partnership_id)
        for owner, slug in (("colleague", MINE), ("other", THEIRS)):
            place = Attendance(
                partnership_id=partnership_id, meeting_id=meeting.id, agency_id=borough.agencies[slug],
                state=AttendanceState.PRESENT,
            )  # fmt: skip
            session.add(place)
            borough.rows.append(Row(Attendance, place.id, programme, owner=owner, foreign=out))
        session.flush()


def _cases(session: Any, house: Any, borough: Borough, partnership_id: UUID, kinds: dict[str, Any]) -> None:
    wanted = [(uuid4(), name, {**USUAL, **kind}, stage) for name, kind in kinds.items() for stage in CaseState]
    house.keyring.create_case_keys(partnership_id, [case_id for case_id, *_ in wanted])
    access.open_for("load", partnership_id, [case_id for case_id, *_ in wanted])
    meeting, later = session.query(Meeting).filter_by(partnership_id=partnership_id).limit(2)
    cases = [
        Case(
            id=case_id, partnership_id=partnership_id, programme=kind["programme"], state=stage,
            reference=new_reference(session), opened_on=clock.today(), restricted=kind["restricted"],
        )
        for case_id, _, kind, stage in wanted
    ]  # fmt: skip
    session.add_all(cases)
    session.flush()
    for case in cases:
        if case.state == CaseState.CLOSED:  # a while ago, and not long
            moved = {"from": CaseState.LAPSED, "to": CaseState.CLOSED}
            audit.record(session, access.system(partnership_id), "case:close", case, **moved)
    made: list[Any] = []
    for case_id, name, kind, stage in wanted:
        noted = partial(
            Row, closeness=name, stage=stage, **{key: kind[key] for key in ("involved", "beside", "hidden", "foreign")}
        )
        where = {"partnership_id": partnership_id, "case_id": case_id}
        session.add_all(_around(borough, where, kind))
        made.append((Case, case_id, noted, {"sent": kind["sent"]}))
        item = AgendaItem(**where, meeting_id=meeting.id, position=1, minutes_planned=10, state=AgendaItemState.LISTED)
        other = AgendaItem(**where, meeting_id=later.id, position=1, minutes_planned=10, state=AgendaItemState.DEFERRED)
        for row, facts in (*_referrals(borough, where, kind), (item, {}), (other, {})):
            session.add(row)
            made.append((type(row), row.id, noted, {"sent": kind["sent"], **facts}))
        session.flush()
        for row, facts in _hung(borough, where, item, other):
            session.add(row)
            made.append((type(row), row.id, noted, {"sent": kind["sent"], **facts}))
    session.flush()
    borough.rows += [noted(model, row_id, **facts) for model, row_id, noted, facts in made]


def _around(borough: Borough, where: dict[str, Any], kind: dict[str, Any]) -> list[Any]:
    """Who may see the case, who must not, who is named."""
    today, rows = clock.today(), []
    for slug, basis, since, until in kind["cases"]:
        until_on = None if until is None else today + timedelta(days=until)
        facts = {"agency_id": borough.agencies[slug], "basis": basis, "until_on": until_on}
        rows.append(CaseAgency(**where, **facts, since_on=today + timedelta(days=since)))
    for against in kind["walls"]:
        person, agency = borough.people.get(against), borough.agencies.get(against)
        rows.append(Wall(**where, user_id=person, agency_id=agency, since_at=clock.now()))
    return [*rows, *(NamedPerson(**where, user_id=borough.people[name]) for name in kind["named"])]


def _referrals(borough: Borough, where: dict[str, Any], kind: dict[str, Any]) -> Any:
    for who, state in kind["referrals"]:
        owner = "other" if who == THEIRS else who
        yield Referral(
            **where, programme=kind["programme"], reference=uuid4().hex[:7], state=state, kind=ReferralKind.NEW,
            agency_id=borough.agencies[THEIRS if owner == "other" else MINE], user_id=borough.people[owner],
            started_at=clock.now(),
        ), {"owner": owner, "sent": owner != "other" or state not in (S.DRAFT, S.WITHDRAWN)}  # fmt: skip


def _hung(borough: Borough, where: dict[str, Any], item: AgendaItem, other: AgendaItem) -> Any:
    """One of everything that hangs on a case, a colleague's and another agency's."""
    now, today, mine, theirs = clock.now(), clock.today(), borough.agencies[MINE], borough.agencies[THEIRS]
    yield CasePerson(**where, role=PersonRole.VICTIM), {}
    for owner, agency_id in (("colleague", mine), ("other", theirs)):
        facts = {**where, "agency_id": agency_id}
        yield (
            Action(**facts, state=ActionState.OPEN, due_on=today, protects=Protects.VICTIM, agreed_at=now),
            {"owner": owner},
        )
        yield Flag(**facts, state=FlagState.ADDED, asked_at=now, due_at=now, lift_on=today), {"owner": owner}
    yield Transfer(**where, direction=TransferDirection.OUT, packet_id=uuid4(), digest=bytes(32), made_at=now,
                   made_by_id=borough.people["other"]), {}  # fmt: skip
    for owner, agency_id, hung in (("colleague", mine, item), ("other", theirs, other)):
        yield (
            Telling(**where, agency_id=agency_id, item_id=hung.id, state=TellingState.ASKED, asked_at=now, due_at=now),
            {"owner": owner},
        )
    for owner in ("me", "colleague"):
        yield (
            Glass(**where, user_id=borough.people[owner], category=GlassCategory.DANGER, opened_at=now, ends_at=now,
                  review_by_at=now),
            {"owner": owner},
        )  # fmt: skip
    for owner, agency_id in (("me", mine), ("colleague", mine), ("other", theirs)):
        yield Paper(**where, agency_id=agency_id, user_id=borough.people[owner], added_at=now), {"owner": owner}
    yield from _asked_for(borough, where, mine, theirs)
    answers = (("colleague", mine, ResearchState.REQUESTED), ("other", theirs, ResearchState.RETURNED),
               ("other", borough.agencies[FORMER], ResearchState.RELEASED))  # fmt: skip
    for owner, agency_id, state in answers:
        row = Research(**where, agency_id=agency_id, item_id=item.id, state=state, requested_at=now, due_at=now)
        yield row, {"owner": owner, "opened": state == ResearchState.RELEASED}


def _asked_for(borough: Borough, where: dict[str, Any], mine: UUID, theirs: UUID) -> Any:
    """A request on the register that this case was looked through for, and what two agencies had shared."""
    today = clock.today()
    one = Disclosure(
        partnership_id=where["partnership_id"], programme=DA, reference=uuid4().hex[:7], state=DisclosureState.RECEIVED,
        kind=DisclosureKind.COURT, received_on=today, due_on=today, recorded_by_id=borough.people["other"],
        passages_version=1,
    )  # fmt: skip
    yield one, {}
    yield DisclosureCase(**where, disclosure_id=one.id), {}
    for owner, agency_id in (("colleague", mine), ("other", theirs)):
        yield DisclosurePassage(
            **where, disclosure_id=one.id, agency_id=agency_id, owner_id=agency_id, position=1, part=1,
            source=PassageSource.RESEARCH, source_id=one.id, approval=PassageApproval.ASKED,
        ), {"owner": owner}  # fmt: skip


def _entries(house: Any, borough: Borough) -> None:
    """An audit entry about each case, and the ones about no case."""
    with unit_of_work(house) as session:
        for case in session.query(Case):
            audit.record(session, access.system(case.partnership_id), "case:read", case, page="summary")
    cases = {row.id: row for row in borough.of(Case)}
    with house.reader() as session:
        for entry in session.query(AuditEntry):
            about = cases.get(entry.case_id)
            closeness, stage, hidden, foreign = "no case", None, False, "partnership"
            if about is None and entry.case_id is not None:
                continue  # of a request of the Sanctuary Scheme: its case is nobody's
            if about is not None:
                closeness, stage, hidden, foreign = about.closeness, about.stage, about.hidden, about.foreign
            elif entry.partnership_id == borough.partnership_id:
                foreign = ""
            borough.rows.append(Row(AuditEntry, entry.id, closeness, stage, hidden=hidden, foreign=foreign))
