"""The keys of the live meeting: what each does, and what a person has moved or turned off (WCAG 2.1.4).

Refuses a letter that is not one, is taken twice, or opens a menu of the browser.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import User
from marac.services.moving import flush
from marac.vocabulary import Permission as P


class Key(NamedTuple):
    """One shortcut: its letter with Alt unless it is a whole combination, and what it does."""

    combination: str
    does: str


OFF: Final = "off"
MENUS: Final = frozenset("BDEFHSTV")
"""Letters that open a menu of the browser when they are pressed with Alt."""
LETTERS: Final[Mapping[str, Key]] = {
    "next": Key("N", "Finish and go to the next, or start this case"),
    "previous": Key("P", "Previous case"),
    "agenda": Key("L", "Agenda list, then type a number"),
    "heard": Key("G", "Heard from: arrows move, S shared, N nothing known, A absent"),
    "views": Key("W", "Her or his views"),
    "minutes": Key("M", "Information shared"),
    "risk": Key("R", "Risk summary"),
    "action": Key("A", "Add action"),
    "usual": Key("U", "Usual actions"),
    "covered": Key("C", "Covered"),
    "outcome": Key("O", "Outcome"),
    "clock": Key("K", "Pause or resume the clock"),
}
FIXED: Final[Mapping[str, Key]] = {
    "onward": Key("Ctrl+Enter", "In minutes: go to Add action"),
    "save": Key("Ctrl+S", "Save now"),
}


def read(choice: str) -> dict[str, str]:
    """name -> combination for a person's choice ("off", or "next=J risk=X"); every name is empty when off."""
    if choice == OFF:
        return dict.fromkeys([*LETTERS, *FIXED], "")
    moved = dict(part.split("=", 1) for part in choice.split() if "=" in part)
    letters = {name: f"Alt+{moved.get(name, key.combination)}" for name, key in LETTERS.items()}
    return letters | {name: key.combination for name, key in FIXED.items()}


def own_choice(session: Session, actor: Actor) -> str:
    """What the actor has chosen; empty when they keep the keys as they come."""
    return _me(session, actor).shortcut_keys


def choose(session: Session, actor: Actor, *, use: bool, letters: Mapping[str, str]) -> None:
    """Turn the shortcuts off, or move them to other letters. RuleBroken beside the first letter that cannot be."""
    me = _me(session, actor)
    wanted = {name: (letters.get(name) or key.combination).strip().upper() for name, key in LETTERS.items()}
    if use:
        _check(wanted)
    moved = [f"{name}={letter}" for name, letter in wanted.items() if letter != LETTERS[name].combination]
    me.shortcut_keys = " ".join(moved) if use else OFF
    flush(session)


def _check(wanted: Mapping[str, str]) -> None:
    for name, letter in wanted.items():
        if len(letter) != 1 or not ("A" <= letter <= "Z"):
            raise RuleBroken(name, "Enter one letter")
        if letter in MENUS:
            raise RuleBroken(name, f"{letter} opens a menu of the browser. Enter another letter")
        if list(wanted.values()).count(letter) > 1:
            raise RuleBroken(name, f"{letter} is used twice. Enter another letter")


def _me(session: Session, actor: Actor) -> User:
    access.require_holds(actor, P.HOME_READ)
    user = session.get(User, actor.user_id) if actor.user_id else None
    if user is None:
        raise NotFound
    return user
