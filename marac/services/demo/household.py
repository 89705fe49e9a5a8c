"""The people of one invented case: who they are, where they live and how to reach them safely.

Pure: the same for a seed and a number. Phones are from the ranges kept for drama, postcodes end as no real one does.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from marac.services.demo.names import Name, aliases, draw_name, heritage, misspell
from marac.services.demo.tables import chance, days_after, pick, source, table, weighted
from marac.vocabulary import ContactChannel, PersonRole, SafeToUse

AGES = {(16, 17): 2, (18, 24): 18, (25, 34): 34, (35, 44): 24, (45, 54): 12, (55, 64): 6, (65, 80): 4}
RELATIONSHIPS = {
    "husband": ("wife", 20), "former husband": ("former wife", 14), "partner": ("partner", 22), "former partner":
    ("former partner", 30), "boyfriend": ("girlfriend", 6), "son": ("mother", 5), "brother": ("sister", 3),
}  # fmt: skip
FAMILY = ("son", "brother")
KIN = ("brother", "cousin", "uncle")
CHILDREN = {0: 34, 1: 24, 2: 22, 3: 12, 4: 6, 5: 2}
CHANNELS = {
    ContactChannel.PHONE: 0.6, ContactChannel.VOICEMAIL: 0.15, ContactChannel.TEXT: 0.4, ContactChannel.EMAIL: 0.3,
    ContactChannel.LETTER: 0.1, ContactChannel.VISIT: 0.15, ContactChannel.THROUGH: 0.9,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """Where a household lives: no such street, no such postcode."""

    house_number: str
    street: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a case: what each of the three sealed rows holds, by attribute."""

    role: PersonRole
    name: Name
    female: bool
    identity: dict[str, Any]
    address: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, Any] = field(default_factory=dict)
    equality: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Household:
    """Everybody in one case. `between` is what the first alleged perpetrator is to the victim-survivor."""

    victim: Person
    perpetrators: tuple[Person, ...]
    children: tuple[Person, ...]
    others: tuple[Person, ...]
    between: str
    pregnant: bool

    @property
    def people(self) -> tuple[Person, ...]:
        """All of them, in the order of the form."""
        return (self.victim, *self.perpetrators, *self.children, *self.others)


def household(seed: int, number: int, on: date, *, checked_on: date | None = None) -> Household:
    """The household of case `number`, as referred on a day. `checked_on` is when safe contact was last asked about."""
    draw = source(f"household/{seed}/{number}")
    kind = heritage(draw)
    female = not chance(draw, 0.062)
    home = _home(draw)
    name = draw_name(draw, kind, female=female)
    low, high = weighted(draw, AGES)
    between = _between(draw, female, low)
    victim = Person(
        PersonRole.VICTIM, name, female,
        identity=_with_needs(number + seed, _identity(draw, kind, name, female, _born(draw, on, low, high))),
        address=_address(draw, home),
        contact=_contact(draw, seed, number, name, checked_on or on),
        equality=_equality(draw, kind),
    )  # fmt: skip
    landline = f"020 7946 0{_numbers(seed)[number % 1000]:03d}"
    perpetrators = _perpetrators(draw, kind, victim, between, on=on, phone=landline)
    children = _children(draw, kind, perpetrators[0], victim, on=on)
    pregnant = female and 18 <= low <= 35 and chance(draw, 0.12)
    return Household(victim, perpetrators, children, _others(draw, kind), between, pregnant)


def moved(seed: int, number: int, known: Household) -> Household:
    """The same people as somebody else wrote them down: a name spelt differently, and another address."""
    draw = source(f"moved/{seed}/{number}")
    victim = known.victim
    spelt = replace(victim.name, full=misspell(draw, victim.name.full))
    identity = {**victim.identity, "full_name": spelt.full, "aliases": None}
    again = replace(victim, name=spelt, identity=identity, address=_address(draw, _home(draw)))
    return replace(known, victim=again)


def _born(draw: Random, on: date, low: int, high: int) -> date:
    return on - timedelta(days=int(365.25 * (low + draw.random() * (high + 1 - low))) + 1)


def _between(draw: Random, female: bool, youngest: int) -> str:
    odds = {key: weight for key, (_, weight) in RELATIONSHIPS.items() if key != "son" or youngest >= 45}
    drawn = weighted(draw, odds)
    return drawn if female else drawn.replace("husband", "wife").replace("boyfriend", "girlfriend")


def _identity(draw: Random, kind: dict[str, Any], name: Name, female: bool, born: date) -> dict[str, Any]:
    words = table("safety")
    language = pick(draw, kind["languages"])
    interpreter = language if language != "English" and chance(draw, 0.6) else None
    return {
        "full_name": name.full, "aliases": aliases(draw, name) or None, "born_on": born,
        "sex": "female" if female else "male", "language": language, "interpreter": interpreter,
        "occupation": pick(draw, words["occupations"]),
        "communication_needs": pick(draw, words["communication_needs"]) if chance(draw, 0.2) else None,
    }  # fmt: skip


def _with_needs(number: int, identity: dict[str, Any]) -> dict[str, Any]:
    """The interpreter in full, and what the second half of the form asks; drawn apart, so that nobody else changes."""
    draw, words, needed = source(f"needs/{number}"), table("safety"), bool(identity["interpreter"])
    asked = {
        "interpreter_sex": weighted(draw, {"female": 6.0, "either": 3.0, "not_asked": 1.0}),
        "interpreter_outside": weighted(draw, {"yes": 5.0, "no": 4.0, "not_asked": 1.0}),
    }
    more = {
        "interpreter_needed": "yes" if needed else "no",
        "gp": pick(draw, words["surgeries"]) if chance(draw, 0.5) else None,
        "professionals": pick(draw, words["professionals"]) if chance(draw, 0.3) else None,
        "mental_health": pick(draw, words["mental_health"]) if chance(draw, 0.25) else None,
        "no_recourse": weighted(draw, {"no": 12.0, "yes": 1.0, "not_known": 2.0}) if needed else None,
    }
    return {**identity, **more, **(asked if needed else {})}


def _home(draw: Random) -> Home:
    places = table("places")
    area = pick(draw, list(places["outward"]))
    letters = places["inward_letters"]
    inward = f"{pick(draw, places['outward'][area])}{pick(draw, letters)}{pick(draw, letters)}"
    number = str(draw.randrange(1, 180))
    flat = f"Flat {draw.randrange(1, 60)}, {number}"
    number = flat if chance(draw, 0.45) else number + pick(draw, ["", "", "", "A", "B"])
    street = f"{pick(draw, places['street_names'])} {pick(draw, places['street_kinds'])}"
    return Home(number, street, f"{area} {inward}")


def _address(draw: Random, home: Home) -> dict[str, Any]:
    places = table("places")
    tenure = pick(draw, places["tenures"])
    landlords = places["landlords"].get(tenure)
    return {
        "house_number": home.house_number, "street": home.street, "postcode": home.postcode, "tenure": tenure,
        "landlord": pick(draw, landlords) if landlords else None,
        "known_to_perpetrator": weighted(draw, {"yes": 70.0, "no": 20.0, "not_known": 10.0}),
        "confidential": True if chance(draw, 0.18) else None,
    }  # fmt: skip


def _contact(draw: Random, seed: int, number: int, name: Name, checked_on: date) -> dict[str, Any]:
    words = table("safety")
    through = pick(draw, words["through"])
    return {
        "phone": f"07700 {900000 + _numbers(seed)[number % 1000]}",
        "email": _email(name, number) if chance(draw, 0.35) else None,
        "code_word": pick(draw, table("places")["code_words"]) if chance(draw, 0.4) else None,
        "rules": {channel.value: _rule(draw, channel, share, through) for channel, share in CHANNELS.items()},
        "times": pick(draw, words["times"]), "who_may_answer": pick(draw, words["who_may_answer"]),
        "what_to_say": pick(draw, words["what_to_say"]), "through": through, "checked_on": checked_on,
        "checked_by": pick(draw, words["checked_by"]),
    }  # fmt: skip


def _rule(draw: Random, channel: ContactChannel, share: float, through: str) -> dict[str, str]:
    if channel is ContactChannel.THROUGH:
        return {"answer": SafeToUse.YES.value, "detail": through}
    if not chance(draw, share):
        return {"answer": weighted(draw, {SafeToUse.NO.value: 3, SafeToUse.NOT_ASKED.value: 1})}
    if chance(draw, 0.4):
        return {"answer": SafeToUse.ONLY_BETWEEN.value, "detail": pick(draw, table("safety")["times"])}
    return {"answer": SafeToUse.YES.value}


def _email(name: Name, number: int) -> str:
    plain = "".join(letter for letter in name.given.lower() if letter.isascii() and letter.isalpha())
    return f"{plain}.{number:03d}@example.org"


@cache
def _numbers(seed: int) -> tuple[int, ...]:
    """The last three digits of the drama ranges, in an order of this seed: one for each case."""
    numbers = list(range(1000))
    source(f"numbers/{seed}").shuffle(numbers)
    return tuple(numbers)


def _equality(draw: Random, kind: dict[str, Any]) -> dict[str, Any]:
    words = table("safety")
    if chance(draw, 0.12):
        return {"ethnicity": pick(draw, ["not_asked", "prefer_not_to_say"])}
    return {
        "ethnicity": pick(draw, kind["ethnicity"]), "religion": pick(draw, kind["religion"]),
        "disability": pick(draw, words["disability"]), "sexual_orientation": pick(draw, words["orientation"]),
        "gender_same_as_registered": "yes", "marital_status": "not_asked", "care_experience": "not_asked",
    }  # fmt: skip


def _perpetrators(
    draw: Random, kind: dict[str, Any], victim: Person, between: str, *, on: date, phone: str
) -> tuple[Person, ...]:
    """One for most; a relative besides where the wider family is involved."""
    theirs = kind if chance(draw, 0.8) else heritage(draw)
    first = _perpetrator(draw, theirs, victim, between, on=on, phone=phone if chance(draw, 0.4) else None)
    if not chance(draw, 0.12):
        return (first,)
    return (first, _perpetrator(draw, theirs, victim, pick(draw, KIN), on=on, phone=None))


def _perpetrator(
    draw: Random, kind: dict[str, Any], victim: Person, between: str, *, on: date, phone: str | None
) -> Person:
    words = table("safety")
    female = not victim.female and between not in (*FAMILY, *KIN)
    name = draw_name(draw, kind, female=female)
    older = -26 if between == "son" else draw.randrange(-4, 9)
    age = max(18, (on - victim.identity["born_on"]).days // 365 + older)
    known = chance(draw, 0.85)
    identity = {
        "full_name": name.full, "aliases": aliases(draw, name) or None, "sex": "female" if female else "male",
        "born_on": _born(draw, on, age, age) if known else None, "approximate_age": None if known else age // 5 * 5,
        "relationship_to_victim": between, "whereabouts": pick(draw, words["whereabouts"]),
        "occupation": pick(draw, words["perpetrator_occupations"]),
    }  # fmt: skip
    identity |= _of_the_feared(source(f"feared/{name.full}/{age}"))
    elsewhere = lives_at(_home(draw)) if chance(draw, 0.7) else {"not_known": True}
    shared = {key: victim.address[key] for key in ("house_number", "street", "postcode")}
    together = "former" not in between and between not in KIN
    return Person(PersonRole.PERPETRATOR, name, female, identity, shared if together else elsewhere, {"phone": phone})


def _of_the_feared(draw: Random) -> dict[str, Any]:
    words = table("safety")
    return {
        "staff_member": weighted(draw, {"no": 30.0, "not_known": 8.0, "yes": 1.0}),
        "aware_of_report": weighted(draw, {"no": 6.0, "not_known": 3.0, "yes": 1.0}),
        "triggers": pick(draw, words["triggers"]) if chance(draw, 0.35) else None,
        "offender_management": pick(draw, words["offender_management"]) if chance(draw, 0.2) else None,
        "vehicles": pick(draw, words["vehicles"]) if chance(draw, 0.15) else None,
    }


def lives_at(home: Home) -> dict[str, Any]:
    """A home as the attributes of an address."""
    return {"house_number": home.house_number, "street": home.street, "postcode": home.postcode}


def _children(
    draw: Random, kind: dict[str, Any], perpetrator: Person, victim: Person, *, on: date
) -> tuple[Person, ...]:
    age = (on - victim.identity["born_on"]).days // 365
    schools, oldest = table("places")["schools"], min(17, max(1, age - 17))
    found = []
    for _ in range(weighted(draw, CHILDREN) if 18 <= age < 55 else 0):
        female, years = chance(draw, 0.5), draw.random() * oldest
        name = draw_name(draw, kind, female=female, family=perpetrator.name.family)
        name = replace(name, full=f"{name.given} {name.family}")
        identity = {
            "full_name": name.full, "born_on": days_after(on, -365.25 * years - 30),
            "sex": "female" if female else "male", "relationship_to_victim": "child",
            "relationship_to_perpetrator": weighted(draw, {"child": 3.0, "stepchild": 1.0}),
            "school": pick(draw, schools) if years > 3 else None,
            "lives_with": "victim" if chance(draw, 0.85) else "grandmother",
        }  # fmt: skip
        identity |= _of_a_child(source(f"child/{name.full}/{int(years)}"))
        found.append(Person(PersonRole.CHILD, name, female, identity))
    return tuple(found)


def _of_a_child(draw: Random) -> dict[str, Any]:
    return {
        "witnessed": weighted(draw, {"yes": 6.0, "not_known": 2.0, "no": 1.0}),
        "plan": weighted(draw, {"no": 8.0, "child_in_need": 3.0, "child_protection": 2.0, "not_known": 2.0}),
    }


def _others(draw: Random, kind: dict[str, Any]) -> tuple[Person, ...]:
    if not chance(draw, 0.1):
        return ()
    female = chance(draw, 0.6)
    name = draw_name(draw, kind, female=female)
    identity = {
        "full_name": name.full, "sex": "female" if female else "male", "approximate_age": draw.randrange(40, 78),
        "relationship_to_victim": pick(draw, ["mother", "neighbour", "sister"]) if female else "new partner",
    }  # fmt: skip
    return (Person(PersonRole.OTHER_AT_RISK, name, female, identity),)
