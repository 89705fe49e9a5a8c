"""Invented people of a British borough, in households, as they truly are: what clerks make of them is elsewhere.

The same seed draws the same people. No list here is of real people.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from nicknames import name_triplets

from marac.services.demo.names import heritage
from marac.services.demo.tables import chance, pick

LATEST_BIRTH = date(2010, 12, 31)
FIRST = [
    "Ash",
    "Brad",
    "Crom",
    "Dal",
    "East",
    "Farn",
    "Grim",
    "Hather",
    "Ingle",
    "Kings",
    "Lang",
    "Mar",
    "Nor",
    "Oak",
    "Pen",
    "Red",
    "Stan",
    "Thorn",
    "Under",
    "West",
]
LAST = [
    "bury",
    "croft",
    "dale",
    "den",
    "field",
    "ford",
    "gate",
    "ham",
    "hurst",
    "ley",
    "low",
    "man",
    "more",
    "ridge",
    "shaw",
    "ton",
    "well",
    "wick",
    "wood",
    "worth",
]
COMMON = [
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Patel",
    "Wright",
    "Walker",
    "White",
    "Edwards",
    "Hughes",
    "Green",
]
STREETS = [
    "Alder",
    "Birch",
    "Cedar",
    "Damson",
    "Elm",
    "Fennel",
    "Gorse",
    "Hazel",
    "Ivy",
    "Juniper",
    "Larch",
    "Maple",
    "Nettle",
    "Olive",
    "Poplar",
    "Rowan",
]
WAYS = ["Road", "Street", "Lane", "Court", "Gardens", "Row", "Walk", "Close", "House", "Square"]
MORE = {  # names that the demo's borough is too small for
    "bengali": (("Akram Salim Nazrul Tofayel Jubayer Lokman Motin Sayeda Rabeya Shuli Mahfuza Dilara Kohinur Laily "
                "Arif Badrul Dulal Enamul Forid Gias Hafiz Imran Jewel Kamal Liton Masud Nasir Opu Polash Ruhul Sajid "
                "Tanvir Wahid Zakir Afia Bilkis Champa Dipa Eti Fahima Gulshan Hena Ishrat Jui Kulsum Lima Mukta Nipa"),
                ("Ali Khan Ahmed Mia Alom Bari Chowdhury Hoque Malik Mannan Mazumder Kibria Sattar Zaman Quddus Haider "
                "Alam Biswas Dewan Ershad Fakir Gazi Howlader Kamali Laskar Munshi Noor Paul Roy Sheikh Tarafdar")),
    "somali": ("Ayaan Barni Cawo Filsan Hibaq Ilhan Jawahir Kaltun Bilal Daud Geedi Keynan Samatar Zakariye",
               "Aden Nur Osman Ismail Elmi Duale Egal Roble Said Shire Omar Dirie Warsame Barre Hersi Samatar"),
    "irish": ("Ciara Deirdre Eimear Maeve Roisin Aidan Brendan Conor Donal Eamon Kieran Ronan Tadhg",
              "Doherty Gallagher Kelly Murphy Nolan Quinn Reilly Ryan Walsh Byrne Kavanagh Lynch Murray"),
    "eastern_european": ("Beata Dorota Ewa Halina Iwona Jolanta Renata Andrei Dariusz Grzegorz Ivan Jakub Mihai Piotr",
                         "Nowak Wojcik Mazur Popescu Ionescu Petrov Ivanov Dudek Pawlak Stoica Radu Marin Horvat"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """A person as they are: everything known and rightly spelt."""

    id: int
    household: int
    heritage: str
    female: bool
    given: str
    middle: str
    family: str
    born_on: date
    number: str
    street: str
    postcode: str
    phone: str
    feared: str


def draw_people(seed: int, households: int) -> list[Person]:
    """Everyone of so many households: partners, children, a namesake of a parent, twins, people who live alone."""
    people: list[Person] = []
    draw = Random(f"people {seed}")  # noqa: S311 - it draws invented people, never a secret
    for household in range(households):
        people += _household(draw, household, len(people))
    return people


def _household(draw: Random, household: int, next_id: int) -> list[Person]:
    kind = heritage(draw)
    first = _adult(draw, kind, household, next_id)
    members = [first]
    if chance(draw, 0.25):
        partner = _adult(draw, kind, household, 0)
        family = first.family if chance(draw, 0.5) else partner.family
        members.append(replace(partner, female=not first.female, given=_given(draw, kind, not first.female),
                               family=family, feared=first.feared))  # fmt: skip
    for _ in range(draw.choices((0, 1, 2, 3), (50, 20, 20, 10))[0]):
        members.append(_child(draw, kind, members))
    shared = {name: getattr(first, name) for name in ("number", "street", "postcode")}
    return [
        replace(one, id=next_id + place, phone=first.phone if chance(draw, 0.4) else one.phone, **shared)
        for place, one in enumerate(members)
    ]


def _adult(draw: Random, kind: dict[str, Any], household: int, person_id: int) -> Person:
    female = chance(draw, 0.8)
    middle = _given(draw, kind, female) if chance(draw, 0.3) else ""
    return Person(
        person_id, household, kind["heritage"], female, _given(draw, kind, female), middle, _family(draw, kind, female),
        LATEST_BIRTH - timedelta(days=int(draw.triangular(16, 85, 25) * 365.25)), str(int(draw.triangular(1, 240, 1))),
        f"{pick(draw, STREETS)} {pick(draw, WAYS)}", postcode(draw), new_phone(draw),
        f"{_given(draw, kind, not female)} {_family(draw, kind, not female)}",
    )  # fmt: skip


def _child(draw: Random, kind: dict[str, Any], members: list[Person]) -> Person:
    """A child, now and then a twin of the last one, or grown up and named after a parent."""
    parent = members[0]
    female = chance(draw, 0.5)
    born = parent.born_on + timedelta(days=int(draw.uniform(17, 40) * 365.25))
    if born > LATEST_BIRTH:
        born = LATEST_BIRTH - timedelta(days=draw.randrange(15 * 365))
    if len(members) > 1 and members[-1].born_on > parent.born_on and chance(draw, 0.08):
        born = members[-1].born_on
    named_after = chance(draw, 0.02)
    return replace(
        parent, given=parent.given if named_after else _given(draw, kind, female), phone=new_phone(draw),
        middle=_given(draw, kind, female) if chance(draw, 0.2) else "", born_on=born,
        female=parent.female if named_after else female,
    )  # fmt: skip


@cache
def _english() -> tuple[str, ...]:
    return tuple(dict.fromkeys(whole.title() for whole, _, short in name_triplets() if len(short) > 2))


def _given(draw: Random, kind: dict[str, Any], female: bool) -> str:
    more = MORE.get(kind["heritage"])
    if kind["heritage"] == "english" and chance(draw, 0.6):
        return pick(draw, _english())
    if more and chance(draw, 0.6):
        return pick(draw, more[0].split())
    return str(pick(draw, kind["women" if female else "men"]))


def _family(draw: Random, kind: dict[str, Any], female: bool) -> str:
    more = MORE.get(kind["heritage"])
    if kind["heritage"] == "english" and chance(draw, 0.7):
        return pick(draw, COMMON) if chance(draw, 0.3) else pick(draw, FIRST) + pick(draw, LAST)
    if more and chance(draw, 0.55):
        return pick(draw, more[1].split())
    return str(pick(draw, kind["women_last" if female else "men_last"]))


def later(draw: Random, person: Person) -> Person:
    """The same person in another home, with another phone and, for a woman, perhaps another family name."""
    return replace(
        person, family=other_family(draw, person) if person.female else person.family, phone=new_phone(draw),
        number=str(draw.randrange(1, 240)), street=f"{pick(draw, STREETS)} {pick(draw, WAYS)}", postcode=postcode(draw),
    )  # fmt: skip


def other_family(draw: Random, person: Person) -> str:
    """A family name that this person may take on marrying, or go back to."""
    kinds = [kind for kind in _kinds() if kind["heritage"] == person.heritage]
    return _family(draw, kinds[0], person.female)


@cache
def _kinds() -> tuple[dict[str, Any], ...]:
    from_seed = Random("kinds")  # noqa: S311 - not a secret
    found = {kind["heritage"]: kind for kind in (heritage(from_seed) for _ in range(2000))}
    return tuple(found.values())


def postcode(draw: Random) -> str:
    """A postcode of the invented districts, some fifteen homes to each."""
    return f"ZZ{draw.randrange(1, 10)} {draw.randrange(0, 10)}{pick(draw, 'ABDEFGHJLN')}{pick(draw, 'ABDEFGHJLN')}"


def new_phone(draw: Random) -> str:
    """A number of nobody: nine digits that no network gives out."""
    return f"07700 9{draw.randrange(0, 10**5):05d}"
