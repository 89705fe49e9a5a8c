"""The Sealed attribute: read and set as if plain, and every way round it through SQLAlchemy is shut (security 2.7)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session

from marac.crypto import fields, vault
from marac.crypto.fields import Sealed, changed_fields, inventory, open_many, place_of, sealed_columns, transplant
from marac.crypto.vault import SealedShut, Unit
from tests.crypto.rows import (
    AGENCY,
    C1,
    C2,
    FACTS,
    OTHER_AGENCY,
    P1,
    PERSON,
    READ,
    Dossier,
    House,
    Person,
    Research,
    Role,
    Row,
    Tongue,
    Worker,
    a_person,
    again,
)


def test_every_kind_of_value_reads_back_as_it_was(session: Session) -> None:
    person = again(session, a_person(session, **FACTS))
    assert {name: getattr(person, name) for name in FACTS} == READ
    assert type(person.known) is bool
    assert type(person.tongue) is Tongue


def test_the_lists_fast_path_reads_the_same(session: Session) -> None:
    a_person(session, **FACTS)
    a_person(session, role=Role.PERPETRATOR, full_name="Tom")
    query = sa.select(*sealed_columns(Person, "identity"), Person.id, Person.role).order_by(Person.role)
    rows = session.execute(query).all()
    identities = open_many(Person, "identity", rows)
    assert identities == [{"full_name": "Tom"}, {n: READ[n] for n in ("full_name", "born_on", "aliases", "tongue")}]
    assert rows[0].role is Role.PERPETRATOR
    assert isinstance(rows[0].id, UUID)
    risks = open_many(
        Person, "risk", session.execute(sa.select(*sealed_columns(Person, "risk")).where(Person.seen == 0)).all()
    )
    assert {name for risk in risks for name in risk} == {"score", "answers", "heard_at", "rent", "known", "linked"}


def test_what_was_never_filled_is_none_and_takes_the_same_room(session: Session) -> None:
    person = a_person(session)
    assert [getattr(person, name) for name in FACTS] == [None] * len(FACTS)
    assert len(person.identity_sealed) == len(a_person(session, full_name="Ann").identity_sealed) == 290


@pytest.mark.parametrize(
    "name, wrong",
    [
        ("full_name", 5), ("born_on", "1990-04-17"), ("born_on", datetime(1990, 1, 1, tzinfo=UTC)),
        ("aliases", "Annie"), ("tongue", "klingon"), ("score", True), ("score", 1.5), ("answers", ["a"]),
        ("known", 1), ("rent", 12),
        ("heard_at", datetime(2026, 1, 1)), ("rent", Decimal("NaN")), ("linked", "x"), ("answers", {"a": 1.5}),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_unseen(session: Session, name: str, wrong: Any) -> None:
    person = a_person(session, **FACTS)
    with pytest.raises((TypeError, ValueError)) as refusal:
        setattr(person, name, wrong)
    assert str(wrong) not in str(refusal.value) or len(str(wrong)) < 3
    assert getattr(person, name) == READ[name]


def test_a_value_that_was_read_cannot_be_changed_in_place(session: Session) -> None:
    person = a_person(session, **FACTS)
    assert isinstance(person.aliases, tuple)
    assert isinstance(person.answers, Mapping)
    with pytest.raises(TypeError):
        person.answers["a"] = "x"  # type: ignore[index]


# -- grants ------------------------------------------------------------------------------------------------------------


def test_reading_needs_a_grant_even_of_what_was_just_read(session: Session, unit: Unit) -> None:
    person = a_person(session, **FACTS)
    assert person.full_name == FACTS["full_name"]
    unit.revoke("case", P1, C1, "identity")
    with pytest.raises(SealedShut):
        _ = person.full_name
    assert person.phone == FACTS["phone"]


def test_setting_needs_a_grant(session: Session, unit: Unit) -> None:
    person = a_person(session)
    unit.revoke("case", P1, C1)
    unit.grant("case", P1, C1, "identity")
    with pytest.raises(SealedShut):
        person.full_name = "Ann"
    assert person.full_name is None


def test_a_row_is_born_only_with_a_seal_grant_for_every_compartment(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant_many("case", P1, [C1], ["identity", "contact"], seal=True)
        with pytest.raises(SealedShut, match="risk"):
            Person(partnership_id=P1, case_id=C1, role=Role.VICTIM)


def test_who_may_seal_but_not_open_changes_one_field_and_keeps_the_rest(session: Session, unit: Unit) -> None:
    person = a_person(session, **FACTS)
    before = person.identity_sealed
    unit.revoke("case", P1, C1)
    unit.grant("case", P1, C1, "identity", open=False, seal=True)
    person.full_name = "Anna"
    person.full_name = "Anna"
    assert person.identity_sealed != before
    with pytest.raises(SealedShut):
        _ = person.full_name
    unit.grant("case", P1, C1, "identity")
    assert (person.full_name, person.born_on) == ("Anna", FACTS["born_on"])


def test_the_role_decides_the_compartment_of_a_person(session: Session, unit: Unit) -> None:
    for role, compartment in ((Role.VICTIM, "identity"), (Role.PERPETRATOR, "perpetrator"), (Role.CHILD, "children")):
        person = a_person(session, role=role, full_name="Ann")
        assert place_of(person, "identity_sealed").compartment == compartment
        assert place_of(person, "risk_sealed").compartment == "risk"
        unit.revoke("case", P1, C1, compartment)
        with pytest.raises(SealedShut):
            _ = person.full_name


def test_research_belongs_to_its_agency(session: Session, unit: Unit) -> None:
    mine = (f"research:{AGENCY.hex}", f"private:{AGENCY.hex}")
    unit.grant_many("case", P1, [C1], mine, seal=True)
    research = Research(partnership_id=P1, case_id=C1, agency_id=AGENCY, shared="known", working_note="hers")
    assert research.shared == "known"
    with pytest.raises(SealedShut):
        Research(partnership_id=P1, case_id=C1, agency_id=OTHER_AGENCY)
    session.add(research)
    session.flush()
    (shared,) = open_many(Research, "research", session.execute(sa.select(*sealed_columns(Research, "research"))).all())
    assert shared == {"shared": "known"}


def test_staff_details_stand_under_the_staff_key(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant_many("staff", P1, [P1], ["staff", "totp"], seal=True)
        worker = Worker(partnership_id=P1, full_name="Rosa Lowe", secret="s")
        assert worker.full_name == "Rosa Lowe"
        assert place_of(worker, "totp_sealed").kind == "staff"


def test_a_case_owns_its_own_key(session: Session, unit: Unit) -> None:
    unit.grant("case", P1, C2, "summary", seal=True)
    assert Dossier(id=C2, partnership_id=P1, account="x").account == "x"


def test_a_row_without_its_owner_is_refused(unit: Unit) -> None:
    with pytest.raises(TypeError, match="case_id"):
        Person(partnership_id=P1, role=Role.VICTIM)
    with pytest.raises(TypeError, match="role"):
        Person(partnership_id=P1, case_id=C1)


def test_outside_a_unit_of_work_nothing_opens(locked: House) -> None:
    with vault.unit(locked.keyring) as unit, locked.sessions.writer() as session:
        unit.grant_many("case", P1, [C1], PERSON, seal=True)
        person = a_person(session, full_name="Ann")
        session.commit()
        assert person.full_name == "Ann"
        with pytest.raises(SealedShut):
            open_elsewhere(person)
    with pytest.raises(SealedShut):
        _ = person.full_name


def open_elsewhere(person: Person) -> None:
    token = vault.running.set(None)
    try:
        _ = person.full_name
    finally:
        vault.running.reset(token)


def test_what_one_unit_opened_is_not_read_by_the_next(locked: House) -> None:
    with locked.sessions.writer() as session:
        with vault.unit(locked.keyring) as unit:
            unit.grant_many("case", P1, [C1], PERSON, seal=True)
            person = a_person(session, full_name="Ann")
            assert person.full_name == "Ann"
        with vault.unit(locked.keyring) as unit:
            with pytest.raises(SealedShut):
                _ = person.full_name
            unit.grant("case", P1, C1, "identity")
            assert person.full_name == "Ann"
            assert unit.counts() == {(C1, "identity", "view"): (1, 0)}


# -- lists -------------------------------------------------------------------------------------------------------------


def test_a_list_opens_nothing_without_a_grant_for_each_row(session: Session, unit: Unit) -> None:
    a_person(session, full_name="Ann")
    a_person(session, full_name="Bea", case_id=C2)
    rows = session.execute(sa.select(*sealed_columns(Person, "identity"))).all()
    unit.revoke("case", P1, C2, "identity")
    with pytest.raises(SealedShut):
        open_many(Person, "identity", rows)
    unit.grant("case", P1, C2, "identity", purpose="match")
    before = unit.counts()
    open_many(Person, "identity", rows)
    assert unit.counts()[C1, "identity", "view"][0] == before[C1, "identity", "view"][0] + 1
    assert unit.counts()[C2, "identity", "match"] == (1, 0)


def test_a_list_of_many_cases_asks_the_key_store_once(locked: House) -> None:
    cases = [uuid4() for _ in range(30)]
    locked.keyring.create_case_keys(P1, cases)
    with vault.unit(locked.keyring) as unit, locked.sessions.writer.begin() as session:
        unit.grant_many("case", P1, cases, PERSON, seal=True)
        unit.prefetch(P1, cases)
        for case in cases:
            a_person(session, case_id=case, full_name="Ann")
    asked: list[str] = []
    sa.event.listen(locked.keyring.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    with vault.unit(locked.keyring) as unit, locked.sessions.reader() as session:
        unit.grant_many("case", P1, cases, ["identity"])
        rows = session.execute(sa.select(*sealed_columns(Person, "identity"))).all()
        assert len(open_many(Person, "identity", rows)) == 30
    assert len(asked) == 1


def test_a_list_of_an_undeclared_compartment_or_model_is_refused(unit: Unit) -> None:
    with pytest.raises(TypeError, match="declares no minutes"):
        open_many(Person, "minutes", [])
    with pytest.raises(TypeError, match="no sealed attribute"):
        sealed_columns(Row, "identity")


# -- changes, moves, declarations --------------------------------------------------------------------------------------


def test_changed_fields_are_named_from_load_to_flush(session: Session) -> None:
    person = a_person(session, full_name="Ann", phone="1")
    assert changed_fields(person) == frozenset()
    person.full_name = "Ann"
    assert changed_fields(person) == frozenset()
    person.full_name, person.score = "Anna", 3
    assert changed_fields(person) == {"full_name", "score"}
    session.flush()
    assert changed_fields(person) == frozenset()
    person.born_on = date(1990, 1, 1)
    assert changed_fields(person) == {"born_on"}


def test_an_equal_value_writes_nothing_and_none_removes_the_field(session: Session) -> None:
    person = a_person(session, full_name="Ann", aliases=["A"], known=True)
    before = person.identity_sealed
    person.full_name, person.aliases = "Ann", ("A",)
    assert person.identity_sealed is before
    person.full_name = None
    assert again(session, person).full_name is None
    assert person.aliases == ("A",)


def test_one_and_true_are_not_equal_values(session: Session) -> None:
    person = a_person(session, answers={"a": 1})
    person.answers = {"a": True}
    assert again(session, person).answers == {"a": True}
    assert type((person.answers or {})["a"]) is bool


def test_a_field_that_a_newer_version_wrote_is_kept(session: Session, unit: Unit) -> None:
    person = a_person(session, full_name="Ann")
    place = place_of(person, "identity_sealed")
    person.identity_sealed = unit.seal(place, {"full_name": "Ann", "later": "kept"})
    person.full_name = "Anna"
    assert unit.open(place, person.identity_sealed) == {"full_name": "Anna", "later": "kept"}


def test_a_renamed_attribute_keeps_its_key(session: Session, unit: Unit) -> None:
    person = a_person(session, linked=UUID(int=5))
    assert unit.open(place_of(person, "risk_sealed"), person.risk_sealed) == {"same_as": str(UUID(int=5))}


def test_a_transplanted_row_opens_under_its_new_case_only(session: Session, unit: Unit) -> None:
    person = a_person(session, **FACTS)
    transplant(person, C2)
    session.flush()
    unit.revoke("case", P1, C1)
    moved = again(session, person)
    assert moved.case_id == C2
    assert {name: getattr(moved, name) for name in FACTS} == READ
    unit.revoke("case", P1, C2)
    with pytest.raises(SealedShut):
        _ = moved.full_name


def test_a_transplant_needs_grants_on_both_sides_and_changes_nothing_without(session: Session, unit: Unit) -> None:
    person = a_person(session, **FACTS)
    unit.revoke("case", P1, C2, "contact")
    with pytest.raises(SealedShut):
        transplant(person, C2)
    assert person.case_id == C1
    assert person.full_name == FACTS["full_name"]


def test_the_inventory_lists_every_sealed_attribute() -> None:
    listed = inventory([Person])
    assert listed[0] == ("case_person", "identity_sealed", "full_name", "identity", "role", "str", "person")
    assert ("case_person", "risk_sealed", "same_as", "risk", None, "UUID", None) in listed
    assert len(inventory()) == len(listed) + 1 + 2 + 2


def test_a_declaration_that_could_not_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="role"):
        Sealed("risk", by="role")

    def without_table() -> None:
        class Nameless(Row):
            __tablename__ = "t_nameless"
            partnership_id: Mapped[UUID]
            case_id: Mapped[UUID]
            x = Sealed("risk")

    def two_by() -> None:
        class Torn(Row):
            __tablename__ = "t_torn"
            __seal_table__ = "torn"
            x = Sealed("research", by="agency_id")
            y = Sealed("research")

    for declaration in (without_table, two_by):
        with pytest.raises(TypeError):
            declaration()


def test_nothing_personal_lies_in_the_files(locked: House, session: Session) -> None:
    a_person(session, full_name="Zebedee Canary", phone="07700900999")
    session.commit()
    for file in locked.folder.glob("*.db*"):
        content = file.read_bytes()
        for told in ("Zebedee", "Canary", "07700900999"):
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                assert told.encode(encoding) not in content


def test_only_perpetrators_and_children_have_compartments_of_their_own() -> None:
    assert fields.BY_ROLE == {"perpetrator": "perpetrator", "alleged_perpetrator": "perpetrator", "child": "children"}
    assert fields.compartment_of("identity", "role", Role.VICTIM) == "identity"
