"""An invented borough to measure with: people, households and recurring couples, with names as unequal as in life.

Drawn from the shipped tables of name forms; the same number gives the same borough. Nobody in it is anybody.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Any, cast
from uuid import UUID

from marac.crypto.blind_index import PersonTokens
from marac.services.keeping.founding import reference
from marac.vocabulary import PersonRole

FIRST_BIRTH, DAYS_OF_BIRTHS = date(1945, 1, 1), 365 * 63
ENDINGS = ("er", "ley", "ton", "man", "son", "well", "ford", "ham", "ski", "ova", "uddin", "ullah", "ani", "ari", "eh")
ONSETS = ("Ab", "Bar", "Cal", "Dan", "El", "Far", "Gol", "Had", "Il", "Jor", "Kel", "Lam", "Mar", "Nor", "Os", "Pel",
          "Ral", "Sal", "Tam", "Um", "Var", "Wil", "Yas", "Zan", "Bre", "Cro", "Dri", "Fle", "Gra", "Shi")  # fmt: skip
MIDDLES = ("", "a", "ba", "da", "fi", "ga", "la", "mo", "na", "ri", "sa", "ta", "vi")
SPELT = (("oo", "u"), ("ee", "i"), ("ah", "a"), ("ss", "s"), ("ll", "l"), ("ph", "f"), ("y", "i"), ("i", "e"))


@dataclass(frozen=True, slots=True)
class Invented:
    """One person of one case."""

    id: UUID
    case_id: UUID
    role: PersonRole
    name: str
    born_on: date | None
    house_number: str
    postcode: str
    phone: str
    feared: str = ""

    def tokens(self) -> PersonTokens:
        """What the index makes of them."""
        return PersonTokens(
            self.id, (self.name,), self.born_on, homes=((self.house_number, self.postcode),),
            phones=(self.phone,) if self.phone else (), feared=(self.feared,) if self.feared else (),
        )  # fmt: skip


def people(number: int, seed: int = 1) -> Iterator[Invented]:
    """So many people, case after case: who was harmed, who is said to have done it, often a child; one in ten again."""
    draw, made = random.Random(seed), 0  # noqa: S311 - to measure with, not a secret
    past: list[list[Invented]] = []
    while made < number:
        case = _repeated(draw, draw.choice(past)) if past and draw.random() < 0.1 else _case(draw)
        if len(past) < 2000:
            past.append(case)
        yield from case[: number - made]
        made += len(case)


def misspelt_or_moved(person: Invented, draw: random.Random) -> Invented:
    """The same person as another agency writes them: a letter differs, or the address and phone are new; or both."""
    how = draw.random()
    changed = person
    if how < 0.67:
        changed = replace(changed, name=_misspelt(draw, changed.name))
    if how > 0.33:
        changed = replace(changed, house_number=str(draw.randint(400, 900)), postcode="ZZ99 9ZZ", phone="")
    if draw.random() < 0.1 and changed.born_on and changed.born_on.day <= 12:
        changed = replace(changed, born_on=date(changed.born_on.year, changed.born_on.day, changed.born_on.month))
    return replace(changed, id=_id(draw), case_id=_id(draw), feared="")


def _case(draw: random.Random) -> list[Invented]:
    case_id, home = _id(draw), (str(draw.randint(1, 300)), _postcode(draw))
    heritage = draw.choices(_heritages(), weights=[one["share"] for one in _heritages()])[0]
    victim, feared = _name(draw, heritage, "women"), _name(draw, heritage, "men")
    found = [
        Invented(_id(draw), case_id, PersonRole.VICTIM, victim, _born(draw), *home, _phone(draw), feared),
        Invented(_id(draw), case_id, PersonRole.PERPETRATOR, feared, _born(draw),
                 *(home if draw.random() < 0.5 else (str(draw.randint(1, 300)), _postcode(draw))), _phone(draw)),
    ]  # fmt: skip
    if draw.random() < 0.4:
        child = f"{_name(draw, heritage, draw.choice(('women', 'men'))).split()[0]} {feared.split()[-1]}"
        found.append(Invented(_id(draw), case_id, PersonRole.CHILD, child, _born(draw, 2008, 17), *home, ""))
    return found


def _repeated(draw: random.Random, case: list[Invented]) -> list[Invented]:
    """Another case of the same people, who often have moved."""
    case_id = _id(draw)
    home = (str(draw.randint(1, 300)), _postcode(draw)) if draw.random() < 0.4 else None
    again = [replace(person, id=_id(draw), case_id=case_id) for person in case]
    return [replace(one, house_number=home[0], postcode=home[1]) for one in again] if home else again


def _misspelt(draw: random.Random, name: str) -> str:
    for spelt, otherwise in draw.sample(SPELT, len(SPELT)):
        if spelt in name:
            return name.replace(spelt, otherwise, 1)
    at = draw.randrange(1, len(name) - 1)
    return name[:at] + name[at + 1 :]


def _name(draw: random.Random, heritage: dict[str, Any], sex: str) -> str:
    """A first name and a family name, the first of each list the commonest; a third of families have rarer names."""
    last = heritage.get(f"{sex}_last") or heritage.get("last") or ()
    family = (
        _of(draw, tuple(last)) if last and draw.random() < 0.67 else draw.choices(_rarer(), cum_weights=_falls())[0]
    )
    first = _of(draw, tuple(heritage[sex])) if draw.random() < 0.8 else _coined(draw)
    return f"{first} {family}"


def _of(draw: random.Random, names: tuple[str, ...]) -> str:
    return draw.choices(names, weights=[1 / (rank + 2) for rank in range(len(names))])[0]


def _coined(draw: random.Random) -> str:
    return draw.choice(ONSETS) + draw.choice(MIDDLES) + draw.choice(("a", "ia", "in", "o", "e", "an", "ar", "is"))


@cache
def _rarer() -> tuple[str, ...]:
    return tuple(onset + middle + ending for ending in ENDINGS for middle in MIDDLES for onset in ONSETS)


@cache
def _falls() -> list[float]:
    return list(accumulate(1 / (rank + 10) for rank in range(len(_rarer()))))


@cache
def _heritages() -> list[dict[str, Any]]:
    return [*cast(Any, reference("demo/names"))]


def _born(draw: random.Random, since: int = 0, years: int = 0) -> date:
    first = date(since, 1, 1) if since else FIRST_BIRTH
    return first + timedelta(days=draw.randrange(years * 365 if years else DAYS_OF_BIRTHS))


def _postcode(draw: random.Random) -> str:
    return f"ZZ{draw.randint(1, 20)} {draw.randint(0, 9)}{draw.choice('ABDEFGHJLN')}{draw.choice('PQRSTUWXYZ')}"


def _phone(draw: random.Random) -> str:
    return f"00{draw.randrange(10**9):09d}"  # no number in this country begins so


def _id(draw: random.Random) -> UUID:
    return UUID(int=draw.getrandbits(128))
