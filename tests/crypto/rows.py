"""A small locked house for these tests: its own tables, two partnerships, three cases, an agency and their keys."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, mapped_column, registry

from marac.crypto import fields, root_keys
from marac.crypto.fields import Sealed
from marac.crypto.keyring import Keyring
from marac.crypto.root_keys.file import create_root_file
from marac.db import NAMES, Base, Sessions, make_engine, make_sessions, word


class Role(StrEnum):
    VICTIM = "victim"
    PERPETRATOR = "perpetrator"
    CHILD = "child"


class Tongue(StrEnum):
    SYLHETI = "sylheti"
    SOMALI = "somali"


class Row(Base):
    """Keeps these tables out of the house's own metadata."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=NAMES)
    _sa_registry = registry(metadata=metadata, type_annotation_map=Base.type_annotation_map)


class Dossier(Row):
    __tablename__ = "t_dossier"
    __seal_table__ = "case"
    __key_owner__ = "id"
    partnership_id: Mapped[UUID]
    account = Sealed("summary")


class Person(Row):
    __tablename__ = "t_person"
    __seal_table__ = "case_person"
    partnership_id: Mapped[UUID]
    case_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(word(Role))
    seen: Mapped[int] = mapped_column(default=0)
    full_name = Sealed("identity", by="role", search="person")
    born_on = Sealed("identity", by="role", kind=date)
    aliases = Sealed("identity", by="role", kind=list)
    tongue = Sealed("identity", by="role", kind=Tongue)
    phone = Sealed("contact", by="role")
    score = Sealed("risk", kind=int)
    answers = Sealed("risk", kind=dict)
    heard_at = Sealed("risk", kind=datetime)
    rent = Sealed("risk", kind=Decimal)
    known = Sealed("risk", kind=bool)
    linked = Sealed("risk", kind=UUID, key="same_as")


class Research(Row):
    __tablename__ = "t_research"
    __seal_table__ = "research"
    partnership_id: Mapped[UUID]
    case_id: Mapped[UUID]
    agency_id: Mapped[UUID]
    shared = Sealed("research", by="agency_id")
    working_note = Sealed("private", by="agency_id")


class Worker(Row):
    __tablename__ = "t_worker"
    __seal_table__ = "user"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    partnership_id: Mapped[UUID]
    full_name = Sealed("staff")
    secret = Sealed("totp")


class Place(Row):
    __tablename__ = "t_place"
    __unversioned__ = True
    opened_at: Mapped[datetime | None]


OURS = {model: fields._SHAPES.pop(model) for model in (Dossier, Person, Research, Worker)}
P1, P2, C1, C2, C3, AGENCY, OTHER_AGENCY = (UUID(int=number) for number in range(1, 8))
PERSON = ("identity", "contact", "risk", "perpetrator", "children")


@dataclass
class House:
    folder: Path
    keyring: Keyring
    engine: Engine
    sessions: Sessions

    @property
    def root_file(self) -> Path:
        return self.folder / "root" / "root.key"

    @property
    def keystore_url(self) -> str:
        return f"sqlite:///{self.folder}/keys.db"


def open_house(folder: Path) -> House:
    """Cases C1 and C2 in partnership P1, C3 in P2."""
    (folder / "root").mkdir()
    create_root_file(folder / "root" / "root.key")
    root = root_keys.root_from(f"file:{folder}/root/root.key")
    keyring = Keyring.open(f"sqlite:///{folder}/keys.db", root)
    keyring.create_deployment()
    keyring.create_partnership(P1)
    keyring.create_partnership(P2)
    keyring.create_case_keys(P1, [C1, C2])
    keyring.create_case_key(P2, C3)
    engine = make_engine(f"sqlite:///{folder}/data.db")
    Row.metadata.create_all(engine)
    return House(folder, keyring, engine, make_sessions(engine))


FACTS: dict[str, Any] = {
    "full_name": "Ann Ó Brien",
    "born_on": date(1990, 4, 17),
    "aliases": ["Annie", {"from": "1999"}],
    "tongue": Tongue.SYLHETI,
    "phone": "07700 900123",
    "score": -3,
    "answers": {"b": [1, True, None], "a": "é"},
    "heard_at": datetime(2026, 7, 1, 8, 30, tzinfo=timezone(timedelta(hours=1))),
    "rent": Decimal("12.50"),
    "known": False,
    "linked": UUID(int=77),
}
READ = FACTS | {
    "aliases": ("Annie", {"from": "1999"}),
    "answers": {"b": (1, True, None), "a": "é"},
    "heard_at": datetime(2026, 7, 1, 7, 30, tzinfo=UTC),
}


def a_person(session: Session, **facts: Any) -> Person:
    person = Person(**{"partnership_id": P1, "case_id": C1, "role": Role.VICTIM, **facts})
    session.add(person)
    session.flush()
    return person


def again(session: Session, person: Person) -> Person:
    session.flush()
    session.expire(person)
    return session.get_one(Person, person.id)
