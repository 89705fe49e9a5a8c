"""The phones of one person: several, each with whose it is and whether ringing it is safe. The first is the main one.

Refuses to forget a number: joining two cases keeps them all, and of two answers the stricter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from marac.models import ContactMethod
from marac.vocabulary import PhoneKind, SafeToUse

MOST = 12
STRICTEST = (SafeToUse.NO, SafeToUse.NOT_ASKED, SafeToUse.ONLY_BETWEEN, SafeToUse.YES)


@dataclass(frozen=True, slots=True)
class Number:
    """One phone. `safe` is None for a number recorded alone: the rule for phone calls then speaks for it."""

    number: str
    kind: PhoneKind = PhoneKind.MOBILE
    safe: SafeToUse | None = None

    @property
    def usable(self) -> bool:
        """Not asked behaves as No (DA-14)."""
        return self.safe in (None, SafeToUse.YES, SafeToUse.ONLY_BETWEEN)

    @property
    def ending(self) -> str:
        """What may stand on a page for those who keep the rules: `Mobile, ends 123`."""
        return f"{self.kind.label}, ends {digits(self.number)[-3:]}"


def digits(number: str) -> str:
    """The digits that tell two numbers apart, however they were typed: the last ten."""
    return "".join(letter for letter in number if letter.isdigit())[-10:]


def numbers_of(contact: ContactMethod) -> tuple[Number, ...]:
    """Every number, the main one first. The compartment `contact` must be open."""
    held = [_read(one) for one in contact.phones or ()]
    main = contact.phone or ""
    first = [one for one in held if digits(one.number) == digits(main)] or ([Number(main)] if main else [])
    return (*first[:1], *(one for one in held if digits(one.number) != digits(main)))


def keep(contact: ContactMethod, numbers: Iterable[Number]) -> None:
    """Write the numbers back, each once; of the same number told twice the stricter answer and the first kind stay."""
    once: dict[str, Number] = {}
    for one in numbers:
        known = once.get(digits(one.number))
        once[digits(one.number)] = one if known is None else Number(known.number, known.kind, _stricter(known, one))
    kept = list(once.values())
    contact.phone = kept[0].number if kept else None
    alone = len(kept) == 1 and kept[0].safe is None and kept[0].kind == PhoneKind.MOBILE
    contact.phones = [] if alone or not kept else [_written(one) for one in kept]


def add(contact: ContactMethod, new: Number) -> None:
    """A number that is told now leads the list; one that was known already takes what is said of it now."""
    rest = [one for one in numbers_of(contact) if digits(one.number) != digits(new.number)]
    keep(contact, [new, *rest])


def _stricter(one: Number, other: Number) -> SafeToUse | None:
    said = [answer for answer in (one.safe, other.safe) if answer is not None]
    return min(said, key=STRICTEST.index) if said else None


def _read(held: Any) -> Number:
    safe = held.get("safe")
    return Number(held["number"], PhoneKind(held.get("kind") or PhoneKind.OTHER), SafeToUse(safe) if safe else None)


def _written(one: Number) -> dict[str, Any]:
    return {"number": one.number, "kind": one.kind.value, "safe": one.safe.value if one.safe else None}
