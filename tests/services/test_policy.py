"""The policy against a table a coordinator can read: every role, permission, relation and stage; and its laws."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from sqlalchemy import func, select

from marac import access, models
from marac.access import policy
from marac.crypto import vault
from marac.db import Base
from marac.errors import NotAllowed, NotFound, StepUpNeeded
from marac.models import Case, CaseAgency, NamedPerson, Wall
from marac.services.keeping.deployment import open_deployment
from marac.vocabulary import CaseState, Permission, Permission as P, Role
from tests.conftest import settings_in
from tests.services import borough
from tests.services.borough import Borough, Row

WRITTEN = yaml.safe_load(Path(__file__).with_name("policy_oracle.yaml").read_text("utf-8"))
ADMINS = (Role.AGENCY_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR, Role.SERVICE_MANAGER, Role.SYSTEM, Role.CONTRACTOR,
          Role.SANCTUARY_OFFICER, Role.CRIME_PREVENTION_OFFICER, Role.REFERRER,
          Role.TEAM_LEADER, Role.STEERING_GROUP)  # fmt: skip
CELLS = {
    "any": lambda _row: True,
    "sent": lambda row: row.sent,
    "reg": lambda row: row.sent or row.model is models.Disclosure,
    "involved": lambda row: row.involved,
    "beside": lambda row: row.involved and row.beside,
    "referred": lambda row: row.closeness in ("referred by my agency", "my agency's draft"),
    "agency": lambda row: row.owner in ("me", "colleague"),
    "agency+inv": lambda row: row.owner in ("me", "colleague") or (row.involved and row.beside),
    "agency+open": lambda row: row.owner in ("me", "colleague") or (row.opened and row.involved and row.beside),
    "issued": lambda row: row.issued,
    "own": lambda row: row.owner == "me",
    "agency+supp": lambda row: row.owner in ("me", "colleague") or (row.supported and row.sent),
    "scheme": lambda row: row.owner in ("me", "colleague") or row.sent,
    "field": lambda row: row.field,
    "costed": lambda row: row.costed,
    "contract": lambda row: row.contract,
    "asked-in": lambda _row: False,  # nobody is in this town; tests/attacks/test_guests.py asks with a pass
    ".": lambda _row: False,
}


def _table() -> dict[Permission, tuple[list[type[Base]], dict[Role, str]]]:
    words = WRITTEN["roles"].split()
    roles = dict(zip(words[::2], words[1::2], strict=True))
    head, *lines = WRITTEN["matrix"].strip().splitlines()
    columns = [Role(roles[short]) for short in head.partition("|")[2].split()]
    table, few = {}, _few()
    for line in lines:
        left, _, right = line.partition("|")
        permission, things = left.split()
        asked_of = [getattr(models, name) for name in things.split(",") if name != "-"]
        table[Permission(permission)] = (asked_of, dict(zip(columns, right.split(), strict=True)) | few[permission])
    return table


def _few() -> dict[str, dict[Role, str]]:
    """The cells of the roles that hold few permissions, by permission; `.` where nothing is named."""
    held = {}
    for line in WRITTEN["few"].strip().splitlines():
        role, _, cells = line.strip().partition(" ")
        held[Role(role)] = dict(cell.split() for cell in cells.split(","))
    return {permission: {role: cells.get(permission, ".") for role, cells in held.items()} for permission in Permission}


TABLE = _table()
PAIRS = [(permission, model) for permission, (things, _) in TABLE.items() for model in things]


@pytest.fixture(scope="module")
def town(founded, tmp_path_factory):
    """One database with a row for every closeness and stage; the tests of this file only read it."""
    folder = tmp_path_factory.mktemp("town") / "house"
    shutil.copytree(founded, folder)
    house = open_deployment(settings_in(folder))
    yield house, borough.build(house)
    house.close()


@pytest.fixture(scope="module")
def session(town):
    """One reader for the tests that ask of rows; nothing is opened in it."""
    house, _ = town
    with house.reader() as opened:
        yield opened


@pytest.fixture(scope="module")
def held(session):
    """Every row of every model that a permission is asked of, by id."""
    return {row.id: row for model in {model for _, model in PAIRS} for row in session.scalars(select(model))}


def expected(role: Role, permission: Permission, row: Row) -> bool:
    """What the written table says of one row."""
    holds = CELLS[TABLE[permission][1][role]](row)
    erased = row.stage == CaseState.ERASED and row.model not in (models.AuditEntry, models.Disclosure)
    if role is Role.SYSTEM:
        return holds and not erased and row.foreign != "partnership"
    return holds and not (erased or row.hidden or row.foreign)


def words(rows: Any, ids: set[Any]) -> list[str]:
    """Rows as a person would name them, for a failing test."""
    return sorted(
        {f"{row.model.__name__} {row.closeness} ({row.owner}'s), {row.stage}" for row in rows if row.id in ids}
    )


def few(rows: list[Row]) -> list[Row]:
    """One row of each kind: of agencies, settings and entries there are hundreds that differ in nothing."""
    kinds = {
        (row.closeness, row.stage, row.owner, row.foreign, row.sent, row.opened, row.issued, row.contract): row
        for row in rows
    }
    return list(kinds.values())


def test_the_table_speaks_of_every_role_and_every_permission():
    assert set(TABLE) == set(Permission)
    assert all(set(cells) == set(Role) for _, cells in TABLE.values())
    assert {cell for _, cells in TABLE.values() for cell in cells.values()} <= set(CELLS)


@pytest.mark.parametrize("role", Role)
def test_a_role_holds_a_permission_at_all_exactly_where_the_table_has_a_cell(town, role):
    _, built = town
    assert {p for p in Permission if access.holds(built.actor(role), p)} == {
        p for p in TABLE if TABLE[p][1][role] != "."
    }


@pytest.mark.parametrize("role", Role)
def test_every_row_is_visible_to_a_role_exactly_where_the_table_says(town, session, role):
    """role x permission x relation x stage, by `visible`, for everything the permission is asked of."""
    _, built = town
    actor = built.actor(role)
    for permission, model in PAIRS:
        rows = built.of(model)
        query = access.visible(actor, permission, model).with_only_columns(model.id)
        found = set(session.scalars(query))
        wanted = {row.id for row in rows if expected(role, permission, row)}
        assert not words(rows, found - wanted), f"{role} has {permission} on too much"
        assert not words(rows, wanted - found), f"{role} lacks {permission}"


@pytest.mark.parametrize("role", Role)
def test_may_answers_as_visible_does_for_every_row(town, held, role):
    """The same cells by `may`, one row at a time."""
    _, built = town
    actor = built.actor(role)
    for permission, model in PAIRS:
        stages = (None, CaseState.IN_MEETING)
        rows = few([row for row in built.of(model) if row.stage in stages])
        rows = rows[:3] if TABLE[permission][1][role] == "." else rows
        answers = {row.id for row in rows if access.may(actor, permission, held[row.id])}
        wanted = {row.id for row in rows if expected(role, permission, row)}
        assert not words(rows, answers ^ wanted), f"{role} {permission}"


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSTEM}))
def test_a_refusal_is_not_found_where_nothing_is_visible_and_not_allowed_where_something_is(town, held, role):
    """Every permission of every thing: the refusal never tells whether an invisible case exists (DA-1)."""
    _, built = town
    actor = built.actor(role)
    for permission, model in PAIRS:
        reads = access.READS[model]
        rows = few([row for row in built.of(model) if row.stage in (None, CaseState.LISTED)])
        for row in rows[:3] if TABLE[reads][1][role] == "." else rows:
            visible = model in TABLE[reads][0] and expected(role, reads, row)
            refusal = None if expected(role, permission, row) else NotAllowed if visible else NotFound
            assert _refusal(actor, permission, held[row.id]) is refusal, (role, permission, row)


def _refusal(actor: access.Actor, permission: Permission, thing: Any) -> type[Exception] | None:
    try:
        access.require(actor, permission, thing)
    except (NotFound, NotAllowed) as refusal:
        return type(refusal) if not refusal.args else AssertionError
    return None


def test_an_unknown_id_and_an_invisible_one_are_the_same_refusal(town, session):
    """Same class, same empty arguments: nothing to tell them apart by (DA-1)."""
    _, built = town
    rep = built.actor(Role.REPRESENTATIVE)
    hidden = session.get_one(Case, next(row.id for row in built.of(Case) if row.closeness == "another agency's"))
    unknown = session.get(Case, uuid4())
    assert _refusal(rep, Permission.CASE_READ, hidden) is _refusal(rep, Permission.CASE_READ, unknown) is NotFound


def test_a_wall_refuses_everything_to_everybody_it_is_against(town, session):
    """Absolute: no permission of any role reaches a walled case or what hangs on it (DA-5)."""
    _, built = town
    walled = {row.id for row in built.rows if "walled off from" in row.closeness and row.hidden}
    assert walled
    for role in set(Role) - {Role.SYSTEM}:
        for permission, model in PAIRS:
            found = access.visible(built.actor(role), permission, model).with_only_columns(model.id)
            assert not walled & set(session.scalars(found)), (role, permission)


def test_a_wall_holds_whichever_agency_the_person_acts_for(town, session):
    """No way round by changing agency (security 9.3)."""
    _, built = town
    walled = {row.id for row in built.of(Case) if "walled off from" in row.closeness and row.hidden}
    for agency_id in built.agencies.values():
        actor = access.Actor(built.partnership_id, Role.COORDINATOR, built.people["me"], agency_id)
        assert not walled & set(
            session.scalars(access.visible(actor, Permission.CASE_READ, Case).with_only_columns(Case.id))
        )


def test_taking_a_grant_away_takes_exactly_what_it_gave(town, session, monkeypatch):
    """No permission opens through the absence of another."""
    _, built = town
    for role, cells in policy.GRANTS.items():
        actor = built.actor(role)
        before = _everything(session, actor)
        for gone in cells:
            left = {permission: relation for permission, relation in cells.items() if permission != gone}
            with monkeypatch.context() as patch:
                patch.setitem(policy.GRANTS, role, left)
                assert not any(_count(session, actor, gone, model) for model in TABLE[gone][0])
        with monkeypatch.context() as patch:
            patch.setitem(policy.GRANTS, role, {P.HOME_READ: policy.GRANTS[Role.CHAIR][P.HOME_READ]})
            assert not any(_everything(session, actor).values())
        assert _everything(session, actor) == before


def _everything(session: Any, actor: access.Actor) -> dict[tuple[Permission, str], int]:
    return {
        (permission, model.__name__): _count(session, actor, permission, model)
        for permission, model in PAIRS
        if permission
        in (P.CASE_READ, P.REFERRAL_READ, P.ACTION_READ, P.RESEARCH_READ, P.MINUTES_READ, P.LOCATION_REVEAL)
    }


def _count(session: Any, actor: access.Actor, permission: Permission, model: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(access.rule(actor, permission, model)))


@pytest.mark.parametrize("involvement", [CaseAgency, NamedPerson])
def test_taking_an_involvement_away_never_adds_anything(town, involvement):
    house, built = town
    _, before, after = _with_and_without(house, built, involvement)
    assert any(before[key] > after[key] for key in before)
    assert all(before[key] >= after[key] for key in before)


def test_taking_a_wall_away_never_takes_anything(town):
    house, built = town
    _, walled, opened = _with_and_without(house, built, Wall)
    assert any(opened[key] > walled[key] for key in walled)
    assert all(opened[key] >= walled[key] for key in walled)


def _with_and_without(house: Any, built: Borough, model: Any) -> Any:
    """What three roles see before and after all rows of a model are gone; nothing is committed."""
    with vault.unit(house.keyring), house.writer() as session:
        roles = (Role.REPRESENTATIVE, Role.COORDINATOR, Role.IDVA)
        before = {(role, *key): n for role in roles for key, n in _everything(session, built.actor(role)).items()}
        session.query(model).delete()
        after = {(role, *key): n for role in roles for key, n in _everything(session, built.actor(role)).items()}
        session.rollback()
    return model, before, after


# --- which compartments open ---------------------------------------------------------------------------------------

LETTERS = {"o": (True, False), "s": (False, True), "os": (True, True), ".": (False, False), "r": (False, False),
           "rs": (False, True)}  # fmt: skip
NEVER = ("sensitive:own", "sensitive:other", "draft:other", "audit-detail", "works")


def _compartments() -> list[tuple[Role, CaseState, dict[str, str]]]:
    cells = []
    for block in WRITTEN["compartments"]:
        head, *lines = block["opens"].strip().splitlines()
        for role in block["roles"]:
            for line in lines:
                stage, *marks = line.split()
                cells.append((Role(role), CaseState(stage), dict(zip(head.split()[1:], marks, strict=True))))
    return cells


COMPARTMENTS = _compartments()


def test_the_compartment_table_speaks_of_every_role_that_reads_cases_at_every_stage():
    readers = {role for role in Role if TABLE[Permission.CASE_READ][1][role] != "."} - {Role.GUEST}  # of one case
    assert {(role, stage) for role, stage, _ in COMPARTMENTS} == {(r, s) for r in readers for s in CaseState}


@pytest.mark.parametrize("role", sorted({role for role, *_ in COMPARTMENTS}))
def test_a_role_opens_and_seals_exactly_the_compartments_of_the_stage(town, role):
    """role x stage x compartment through open_case and the vault (security 3.2); at erasure the case is not there."""
    for named, stage, marks in COMPARTMENTS:
        if named == role:
            found = _grants(town, role, stage, "referred by my agency")
            if stage == CaseState.ERASED:
                assert found is NotFound
                continue
            wanted = {name: LETTERS[mark] for name, mark in marks.items()} | dict.fromkeys(NEVER, (False, False))
            assert found == wanted, (role, stage)


def _grants(town: Any, role: Role, stage: CaseState, closeness: str) -> Any:
    """Compartment -> (opens, seals) once a role has opened a case of this closeness, or the refusal."""
    house, built = town
    row = next(row for row in built.of(Case) if (row.closeness, row.stage) == (closeness, stage))
    with vault.unit(house.keyring) as unit, house.reader() as session:
        try:
            access.open_case(built.actor(role), session.get_one(Case, row.id))
        except (NotFound, NotAllowed):
            assert not any(unit.may("case", built.partnership_id, row.id, name) for name in _names(built).values())
            return NotFound
        return {
            word: tuple(unit.may("case", built.partnership_id, row.id, name, seal=seal) for seal in (False, True))
            for word, name in _names(built).items()
        }


def _names(built: Borough) -> dict[str, str]:
    whose = {"own": built.agencies[borough.MINE].hex, "other": built.agencies[borough.THEIRS].hex}
    plain = ("identity", "contact", "location", "children", "perpetrator", "risk", "summary", "equality", "minutes",
             "actions", "documents", "audit-detail", "works")  # fmt: skip
    of_agencies = (f"{family}:{who}" for family in ("research", "private", "sensitive") for who in whose)
    named = {word: f"{word.partition(':')[0]}:{whose[word.partition(':')[2]]}" for word in of_agencies}
    return {**{name: name for name in plain}, **named, "draft:other": f"draft:{built.people['other'].hex}"}


@pytest.mark.parametrize("role", ADMINS)
def test_no_admin_role_opens_any_compartment_of_any_case(town, role):
    """No superuser: not through open_case, whatever the closeness and the stage (DA-1)."""
    for closeness in set(borough.CLOSENESS) - {"my agency's draft"}:
        for stage in CaseState:
            assert _grants(town, role, stage, closeness) is NotFound, (role, stage, closeness)


@pytest.mark.parametrize("role", Role)
def test_without_involvement_nothing_opens(town, role):
    """Need to know, walls, restriction, programme, erasure: the vault stays shut for all of them (DA-1, DA-5)."""
    shut = [kind for kind, facts in borough.CLOSENESS.items() if facts.get("hidden") or facts.get("foreign")]
    if role not in (Role.COORDINATOR, Role.CHAIR):
        shut += ["another agency's", "shrunk: not known to my agency", "from tomorrow", "another agency's draft"]
        shut += ["another agency's withdrawn draft", "restricted to me, not my agency's"]
    for closeness in shut:
        for stage in CaseState:
            assert _grants(town, role, stage, closeness) is NotFound, (role, stage, closeness)


def test_a_draft_opens_for_writing_to_the_referring_agency_and_to_nobody_else(town):
    """A referral is filled in before the case is anybody else's (DA-1); location too, while the case is new."""
    for role in (Role.REFERRER, Role.REPRESENTATIVE, Role.IDVA, Role.COORDINATOR):
        found = _grants(town, role, CaseState.RECEIVED, "my agency's draft")
        assert all(found[name] == (True, True) for name in access.DRAFTING), role
        assert _grants(town, role, CaseState.RECEIVED, "another agency's draft") is NotFound
    assert _grants(town, Role.CHAIR, CaseState.RECEIVED, "another agency's draft") is NotFound


def test_a_draft_on_a_case_that_is_past_triage_opens_no_address(town):
    """A further incident sent back for information does not become a way round the reveal (DA-4)."""
    for stage in set(CaseState) - {CaseState.RECEIVED, CaseState.ERASED}:
        found = _grants(town, Role.REPRESENTATIVE, stage, "my agency's draft")
        assert found["location"][0] is found["contact"][0] is False, stage


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("compartment", ["location", "contact"])
def test_a_reveal_opens_one_compartment_at_the_stages_written_and_only_just_stepped_up(town, role, compartment):
    house, built = town
    rows = [row for row in built.of(Case) if row.closeness in ("listed for my agency", "walled off from me")]
    for row in rows:
        with vault.unit(house.keyring) as unit, house.reader() as session:
            case = session.get_one(Case, row.id)
            allowed = row.stage in WRITTEN["reveals"][compartment].get(role.value, ()) and not row.hidden
            if allowed:
                stale = access.Actor(built.partnership_id, role, built.people["me"], built.agencies[borough.MINE])
                with pytest.raises(StepUpNeeded):
                    access.reveal(stale, case, compartment)
                access.reveal(built.actor(role), case, compartment)
            else:
                with pytest.raises((NotFound, NotAllowed)):
                    access.reveal(built.actor(role), case, compartment)
            other = {"location": "contact", "contact": "location"}[compartment]
            assert unit.may("case", built.partnership_id, row.id, compartment) is allowed, (role, row.stage)
            assert not unit.may("case", built.partnership_id, row.id, other)
            assert not unit.may("case", built.partnership_id, row.id, compartment, seal=True)
