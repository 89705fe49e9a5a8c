"""The library of usual actions: what ships, with the partnership's own entries over it, each from a date (DA-27).

The shipped file is never changed: an entry is changed, added or retired by a dated row, and every change is audited.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, Setting
from marac.services.keeping.founding import reference
from marac.services.moving import flush
from marac.vocabulary import Permission as P, ProgrammeSlug, Protects

PREFIX: Final = "library."
ANY_AGENCY: Final = "any"
PANELS: Final = (ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC)
DUE: Final = {
    "today": "The same day", "1wd": "1 working day", "2wd": "2 working days", "5wd": "5 working days",
    "10wd": "10 working days", "next_meeting": "Two working days before the next meeting",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One usual action: whose (a slug, or any), what, when it is due, whom it protects and which risks it meets."""

    key: str
    agency: str
    text: str
    default_due: str
    protects: tuple[str, ...]
    addresses: tuple[str, ...]
    contact_with_victim: bool
    panels: tuple[str, ...]
    usual: tuple[str, ...]
    shipped: bool
    from_on: date

    @property
    def mark(self) -> str:
        """What stands for the entry in an address: keys are words of the field, and an address says nothing (DA-2)."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:10]

    @property
    def risks(self) -> str:
        """The risks it meets, in words."""
        return ", ".join(RISKS[key].lower() for key in self.addresses if key in RISKS)


RISKS: Final[Mapping[str, str]] = {one["key"]: one["label"] for one in reference("actions_library")["risks"]}


def list_entries(session: Session, partnership_id: UUID, on: date | None = None) -> tuple[Entry, ...]:
    """The library in force on a day (today unless told), in the order of the file, the partnership's own after it."""
    found = dict(_shipped())
    for row in _own_rows(session, partnership_id, on or clock.today()):
        key = row.key.removeprefix(PREFIX)
        if row.value.get("retired"):
            found.pop(key, None)
        else:
            found[key] = _entry(key, row.value, row.effective_from, shipped=False)
    return tuple(found.values())


def list_for(session: Session, partnership_id: UUID, programme: ProgrammeSlug) -> tuple[Entry, ...]:
    """Those offered to one panel, what is usual there first."""
    mine = [entry for entry in list_entries(session, partnership_id) if programme in entry.panels]
    return tuple(sorted(mine, key=lambda entry: programme not in entry.usual))


def match(entries: Iterable[Entry], text: str) -> Entry | None:
    """The entry whose words these are, so that a picked line keeps its key and the risks it meets."""
    words = text.strip().rstrip(".").casefold()
    return next((entry for entry in entries if entry.text.rstrip(".").casefold() == words), None)


def get_entry(session: Session, actor: Actor, mark: str) -> Entry:
    """One entry in force by its mark (or its key), or NotFound."""
    access.require_holds(actor, P.LIBRARY_EDIT)
    for entry in list_entries(session, actor.partnership_id):
        if mark in (entry.mark, entry.key):
            return entry
    raise NotFound


def save_entry(
    session: Session, actor: Actor, *, key: str | None, agency: str, text: str, default_due: str,
    protects: Iterable[str], addresses: Iterable[str] = (), contact_with_victim: bool = False,
    panels: Iterable[str] = (), usual: bool = False, from_on: date | None = None,
) -> Setting:  # fmt: skip
    """Add an entry, or give one new words from a day; what was agreed before keeps its own."""
    access.require_holds(actor, P.LIBRARY_EDIT)
    if key is not None:
        get_entry(session, actor, key)
    chosen = [one for one in panels if one in PANELS]
    value = {
        "agency": agency, "text": text.strip(), "default_due": default_due, "addresses": list(addresses),
        "protects": list(protects), "contact_with_victim": contact_with_victim, "panels": chosen,
        "usual": chosen if usual else [],
    }  # fmt: skip
    _check(session, actor, value)
    return _date(session, actor, key or f"own_{secrets.token_hex(4)}", value, from_on)


def retire_entry(session: Session, actor: Actor, key: str, *, from_on: date | None = None) -> Setting:
    """Offer an entry no longer from a day; actions agreed from it stand. NotFound for one that is not in force."""
    entry = get_entry(session, actor, key)
    return _date(session, actor, entry.key, {"retired": True}, from_on)


def _check(session: Session, actor: Actor, value: Mapping[str, Any]) -> None:
    slugs = set(session.scalars(select(Agency.slug).where(Agency.partnership_id == actor.partnership_id)))
    if value["agency"] != ANY_AGENCY and value["agency"] not in slugs:
        raise RuleBroken("agency", "Select an agency")
    if not 5 <= len(value["text"]) <= 200:
        raise RuleBroken("text", "Enter what is to be done, in 5 to 200 characters")
    if value["default_due"] not in DUE:
        raise RuleBroken("default_due", "Select when it is usually due")
    if not value["protects"] or not set(value["protects"]) <= {one.value for one in Protects}:
        raise RuleBroken("protects", "Select whom it protects")
    if not set(value["addresses"]) <= set(RISKS):
        raise RuleBroken("addresses", "Select risks from the list")
    if not value["panels"]:
        raise RuleBroken("panels", "Select at least one panel")


def _date(session: Session, actor: Actor, key: str, value: Mapping[str, Any], from_on: date | None) -> Setting:
    on = from_on or clock.today()
    if on < clock.today():
        raise RuleBroken("from_on", "The date must be today or later")
    place = (Setting.partnership_id == actor.partnership_id, Setting.programme.is_(None))
    row = session.scalar(select(Setting).where(*place, Setting.key == PREFIX + key, Setting.effective_from == on))
    if row is None:
        row = Setting(
            partnership_id=actor.partnership_id, programme=None, key=PREFIX + key, effective_from=on,
            confirmed=True, basis="local",
        )  # fmt: skip
        session.add(row)
    row.value = dict(value)
    flush(session)
    audit.record(session, actor, "setting:changed", row, key=row.key)
    return row


def _own_rows(session: Session, partnership_id: UUID, on: date) -> list[Setting]:
    mine = (Setting.partnership_id == partnership_id, Setting.key.startswith(PREFIX, autoescape=True))
    rows = select(Setting).where(*mine, Setting.effective_from <= on).order_by(Setting.effective_from, Setting.key)
    return list(session.scalars(rows))


def _shipped() -> Iterable[tuple[str, Entry]]:
    page = reference("actions_library")
    since = date.fromisoformat(page["effective_from"])
    order = {key: number for keys in page["usual_actions"].values() if isinstance(keys, list)
             for number, key in enumerate(keys)}  # fmt: skip
    rows = [(group["agency"], row) for group in page["groups"] for row in group["actions"]]
    for agency, row in sorted(rows, key=lambda pair: order.get(pair[1]["key"], len(order))):
        usual = [slug for slug in PANELS if row["key"] in page["usual_actions"].get(slug, [])]
        yield row["key"], _entry(row["key"], {**row, "agency": agency, "usual": usual}, since, shipped=True)


def _entry(key: str, value: Mapping[str, Any], from_on: date, *, shipped: bool) -> Entry:
    lists = {name: tuple(value.get(name) or ()) for name in ("protects", "addresses", "usual")}
    return Entry(
        key=key, agency=value["agency"], text=value["text"], default_due=value["default_due"],
        contact_with_victim=bool(value.get("contact_with_victim")),
        panels=tuple(value.get("panels") or PANELS), shipped=shipped, from_on=from_on, **lists,
    )  # fmt: skip
