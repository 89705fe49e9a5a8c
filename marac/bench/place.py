"""A throw-away deployment with cases to list, and the same values in plain columns for the rivals. Nobody is real."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import String, Uuid, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from marac import access, clock
from marac.access import Actor
from marac.config import load_settings
from marac.db import UtcDateTime
from marac.models import Agency, Case, CasePerson, Membership, User
from marac.services.accounts import sessions, signin
from marac.services.casework.references import new_reference
from marac.services.keeping.deployment import Deployment, set_up, unit_of_work
from marac.services.keeping.founding import found_partnership
from marac.vocabulary import CaseState, PersonRole, ProgrammeSlug, Role, UserState

CASES = 50
FORENAMES = ("Amina", "Siobhán", "Zofia", "Grace", "Halima", "Lucy", "Nasrin", "Ewa", "Chipo", "Olena")
SURNAMES = ("Begum", "Doyle", "Nowak", "Okafor", "Warsame", "Chen", "Khatun", "Kowalska", "Moyo", "Shevchenko")
FIELDS = (
    "full_name", "sex", "language", "interpreter", "occupation", "whereabouts", "lives_with", "communication_needs",
)  # fmt: skip


class Plain(DeclarativeBase):
    """The rivals' own tables: nothing of them is in the application's schema."""


class PlainPerson(Plain):
    """A person as an application without sealing stores them: the same keys, eight text columns."""

    __tablename__ = "bench_plain_person"

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True)
    version_id: Mapped[int]
    partnership_id: Mapped[UUID] = mapped_column(Uuid())
    case_id: Mapped[UUID] = mapped_column(Uuid(), index=True)
    role: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    full_name: Mapped[str | None] = mapped_column(String(200))
    sex: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(200))
    interpreter: Mapped[str | None] = mapped_column(String(200))
    occupation: Mapped[str | None] = mapped_column(String(200))
    whereabouts: Mapped[str | None] = mapped_column(String(200))
    lives_with: Mapped[str | None] = mapped_column(String(200))
    communication_needs: Mapped[str | None] = mapped_column(String(200))


class PlainNote(Plain):
    """What an application without a chain inserts to say what happened: the same columns and indexes, no head."""

    __tablename__ = "bench_plain_note"

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid4)
    partnership_id: Mapped[UUID] = mapped_column(Uuid(), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    tag: Mapped[str] = mapped_column(String(60), index=True)
    actor_id: Mapped[UUID | None] = mapped_column(Uuid())
    object_id: Mapped[UUID | None] = mapped_column(Uuid(), index=True)
    case_id: Mapped[UUID | None] = mapped_column(Uuid(), index=True)
    body: Mapped[str] = mapped_column(String(2000))


@dataclass(frozen=True)
class Place:
    """The deployment, who looks at it, and the ids: fifty cases of one person each, and one case of fifty."""

    house: Deployment
    actor: Actor
    token: str
    case_ids: tuple[UUID, ...]
    crowded_id: UUID


@contextmanager
def open_place(folder: Path) -> Iterator[Place]:
    """Set it up in an empty folder, and let go of it."""
    house = set_up(load_settings(data=folder / "data", base_url="http://127.0.0.1:8000"))
    Plain.metadata.create_all(house.engine)
    try:
        with unit_of_work(house) as session:
            partnership_id = found_partnership(
                session, house.keyring, slug="bench", name="Bench", passkeys_required=False
            ).id
            actor, token = _coordinator(session, house, partnership_id)
            ids = tuple(uuid4() for _ in range(CASES))
            crowded_id = uuid4()
            house.keyring.create_case_keys(partnership_id, [*ids, crowded_id])
            access.open_for("load", partnership_id, [*ids, crowded_id])
            _cases(session, partnership_id, ids, crowded_id)
        yield Place(house, actor, token, ids, crowded_id)
    finally:
        house.close()


def _coordinator(session: Session, house: Deployment, partnership_id: UUID) -> tuple[Actor, str]:
    access.open_staff_for("load", partnership_id)
    email = "coordinator@example.org"
    user = User(
        partnership_id=partnership_id, state=UserState.ACTIVE, full_name="Ade Okafor", email=email,
        signin_token=signin.signin_token(house.keyring, email), last_totp_step=0, created_at=clock.now(),
        confidentiality_agreed_at=clock.now(),
    )  # fmt: skip
    session.add(user)
    session.flush()
    agency = session.scalars(select(Agency).where(Agency.partnership_id == partnership_id).limit(1)).one()
    membership = Membership(
        partnership_id=partnership_id, user_id=user.id, agency_id=agency.id, role=Role.COORDINATOR,
        programme=ProgrammeSlug.DA_MARAC, from_on=date(2020, 1, 1),
    )  # fmt: skip
    session.add(membership)
    session.flush()
    token, _ = sessions.start(session, user, membership)
    programmes = frozenset([ProgrammeSlug.DA_MARAC])
    return Actor(partnership_id, Role.COORDINATOR, user.id, agency.id, programmes, stepped_up_at=clock.now()), token


def _cases(session: Session, partnership_id: UUID, ids: tuple[UUID, ...], crowded_id: UUID) -> None:
    for case_id in (*ids, crowded_id):
        state = CaseState.CLOSED if case_id == crowded_id else CaseState.ISSUED
        session.add(
            Case(
                id=case_id, partnership_id=partnership_id, programme=ProgrammeSlug.DA_MARAC, state=state,
                reference=new_reference(session), opened_on=clock.today(), restricted=case_id == crowded_id,
            )
        )  # fmt: skip
    session.flush()
    for number, case_id in enumerate((*ids, *[crowded_id] * CASES)):
        _person(session, partnership_id, case_id, number)


def _person(session: Session, partnership_id: UUID, case_id: UUID, number: int) -> None:
    """The same person twice: sealed, and in plain columns."""
    values = dict.fromkeys(FIELDS, f"value {number} of a field")
    values["full_name"] = f"{FORENAMES[number % 10]} {SURNAMES[number // 10 % 10]}"
    sealed = CasePerson(
        partnership_id=partnership_id, case_id=case_id, role=PersonRole.VICTIM, position=number, **values
    )
    plain = PlainPerson(
        id=sealed.id,
        version_id=1,
        partnership_id=partnership_id,
        case_id=case_id,
        role="victim",
        position=number,
        **values,
    )
    session.add_all([sealed, plain])
