"""The staff register: what each person who works here is screened by, kept sealed and shown to themselves alone.

It is read for one comparison at a time. Refuses to show anybody's details to anybody else.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.sounds import plain
from marac.errors import NotAllowed, RuleBroken
from marac.models import Membership, User
from marac.services.clockwork import recipients
from marac.vocabulary import Role, Template, UserState

LASTS = timedelta(days=365)
GRACE = timedelta(days=14)
MOST = 20
YEAR = re.compile(r"\b(19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class OwnDetails:
    """What a person is screened by, as they keep it."""

    former_names: tuple[str, ...] = ()
    birth_date: date | None = None
    born_in: int | None = None
    home_postcode: str = ""
    own_phone: str = ""
    household: tuple[str, ...] = ()
    kept_on: date | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """One who works here, or lives with them, in the clear for one comparison."""

    names: tuple[str, ...]
    born_on: date | None
    born_in: int | None
    home: str
    phone: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here with everybody they are screened by: themselves first."""

    user_id: UUID
    known: tuple[Known, ...] = field(repr=False)


def own_details(session: Session, actor: Actor) -> OwnDetails:
    """What is kept of the person who asks."""
    access.open_own_details(actor)
    user = session.get(User, actor.user_id)
    if user is None:
        raise NotAllowed
    return OwnDetails(
        tuple(user.former_names or ()), user.birth_date, user.born_in, user.home_postcode or "", user.own_phone or "",
        tuple(user.household or ()), user.register_on,
    )  # fmt: skip


def keep_own_details(
    session: Session, actor: Actor, *, former_names: Iterable[str] = (), home_postcode: str = "", own_phone: str = "",
    birth_date: date | None = None, born_in: int | None = None, household: Iterable[str] = (),
) -> User:  # fmt: skip
    """Keep what the screening compares of oneself; saving it unchanged says that it is still right."""
    access.open_own_details(actor)
    user = session.get(User, actor.user_id)
    if user is None:
        raise NotAllowed
    year = clock.today().year
    if born_in is not None and not year - 100 <= born_in <= year - 14:
        raise RuleBroken("born_in", "Enter the year you were born in, like 1985")
    user.former_names, user.household = _lines(former_names), _lines(household)
    user.home_postcode, user.own_phone = home_postcode.strip() or None, own_phone.strip() or None
    user.birth_date, user.born_in = birth_date, born_in
    user.register_on = clock.today()
    audit.record(session, actor, "user:screened", user)
    session.flush()
    return user


def is_due(session: Session, actor: Actor) -> bool:
    """Whether this person has never looked at their details, or not for a year."""
    kept = session.scalar(select(User.register_on).where(User.id == actor.user_id)) if actor.user_id else clock.today()
    return kept is None or kept + LASTS < clock.today()


def remind(session: Session, actor: Actor) -> int:
    """Once a month: tell people whose details are missing or old, and the leads of their agencies that some are."""
    month = f"{clock.today():%Y%m}"
    old = or_(User.register_on.is_(None), User.register_on < clock.today() - LASTS)
    late = select(User.id).where(
        User.partnership_id == actor.partnership_id, User.state == UserState.ACTIVE, old,
        User.created_at < clock.now() - GRACE,
    )  # fmt: skip
    people = session.scalars(late).all()
    agencies = session.scalars(select(Membership.agency_id).where(Membership.user_id.in_(people)).distinct()).all()
    leads = recipients.active_people(session, actor.partnership_id, (Role.AGENCY_ADMIN,), agencies=agencies)
    told = 0
    for who, path in ((people, "/account/register"), (leads, "/admin/users")):
        told += notifications.enqueue(
            session, actor.partnership_id, who, Template.REGISTER_DUE, subject_key=f"register:{path[1:6]}:{month}",
            path=path,
        )  # fmt: skip
    return told


def list_staff(session: Session, partnership_id: UUID, only: Iterable[UUID] = ()) -> list[Colleague]:
    """Everybody who works here or is about to, with what they are screened by; opened under one purpose alone."""
    today = clock.today()
    current = select(Membership.user_id).where(or_(Membership.to_on.is_(None), Membership.to_on >= today))
    query = select(*sealed_columns(User, "staff"), User.id).where(
        User.partnership_id == partnership_id, User.state != UserState.SUSPENDED, User.id.in_(current)
    )
    if wanted := list(only):
        query = query.where(User.id.in_(wanted))
    rows = session.execute(query).all()
    with access.apart():
        access.open_staff_for("screen", partnership_id)
        opened = open_many(User, "staff", rows)
        return [Colleague(row.id, tuple(_everybody(who))) for row, who in zip(rows, opened, strict=True)]


def _everybody(who: dict[str, object]) -> Iterable[Known]:
    """The person, then each they live with, at the same home."""
    names = (who.get("full_name"), *(who.get("former_names") or ()))  # type: ignore[misc]
    home = plain(str(who.get("home_postcode") or ""))
    born_on, born_in = who.get("birth_date"), who.get("born_in")
    yield Known(tuple(str(name) for name in names if name), born_on, born_in, home,  # type: ignore[arg-type]
                last_nine(str(who.get("own_phone") or "")))  # fmt: skip
    for line in who.get("household") or ():  # type: ignore[attr-defined]
        year = YEAR.search(line)
        name = YEAR.sub("", line).strip(" ,.;:-()")
        if name:
            yield Known((name,), None, int(year[0]) if year else None, home, "")


def last_nine(phone: str) -> str:
    """A phone number as it is compared."""
    digits = re.sub(r"\D", "", phone)[-9:]
    return digits if len(digits) == 9 else ""


def _lines(typed: Iterable[str]) -> list[str] | None:
    return [line.strip()[:200] for line in typed if line.strip()][:MOST] or None
