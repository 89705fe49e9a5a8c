"""What clerks of many agencies make of the same person: short forms, other spellings, moves, slips of the keys.

Each error is drawn on its own, at the shares of SHARES. A record knows whose it is, and nothing says so in it.
"""

from dataclasses import dataclass, replace
from datetime import date
from random import Random

from nicknames import NickNamer

from marac.lab.people import Person, draw_people, later, other_family
from marac.services.demo.names import variants
from marac.services.demo.tables import chance, pick

SHARES = {
    "moved": 0.2, "married": 0.08, "short": 0.1, "other_spelling": 0.2, "slip": 0.05, "middle": 0.35, "half": 0.25,
    "turned": 0.03, "no_given": 0.005, "initial": 0.01, "no_date": 0.08, "year": 0.03, "january": 0.02, "swapped": 0.03,
    "digit": 0.04, "no_phone": 0.3, "new_phone": 0.2, "phone_slip": 0.02, "no_number": 0.05, "no_postcode": 0.05,
    "postcode_slip": 0.03, "no_street": 0.3, "street_slip": 0.1, "number_slip": 0.02, "no_feared": 0.25, "other": 0.1,
}  # fmt: skip
LETTERS = "abcdefghijklmnoprstuvwy"
COLUMNS = ("record_id", "entity_id", "forename", "surname", "date_of_birth", "postcode", "house_number", "phone")


@dataclass(frozen=True, slots=True)
class Written:
    """One record as an agency holds it. `date_of_birth` may be a year alone; anything may be blank."""

    record_id: str
    entity_id: str
    household: str = ""
    forename: str = ""
    surname: str = ""
    date_of_birth: str = ""
    postcode: str = ""
    house_number: str = ""
    phone: str = ""
    address: str = ""
    feared: str = ""


def draw_records(seed: int, households: int) -> list[Written]:
    """The records of everyone of so many households: one of most people, up to five of some."""
    draw = Random(f"clerks {seed}")  # noqa: S311 - it draws invented people, never a secret
    found: list[Written] = []
    for person in draw_people(seed, households):
        then = later(draw, person)
        for _ in range(draw.choices((1, 2, 3, 4, 5), (45, 30, 15, 7, 3))[0]):
            found.append(write(draw, _at_a_time(draw, person, then), f"{seed}-{len(found)}"))
    return found


def write(draw: Random, person: Person, record_id: str) -> Written:
    """One record of a person, as one agency would hold it. The record's number begins with the seed."""
    forename, surname = _named(draw, person)
    seed = record_id.partition("-")[0]
    return Written(
        record_id, f"{seed}-{person.id}", f"{seed}-{person.household}", forename, surname, _dated(draw, person.born_on),
        _kept(draw, "postcode", person.postcode), _kept(draw, "number", person.number),
        _kept(draw, "phone", person.phone), _kept(draw, "street", person.street), _feared(draw, person),
    )  # fmt: skip


def _at_a_time(draw: Random, now: Person, then: Person) -> Person:
    """The person as they were when this agency met them: before or after a move, a marriage, a new phone."""
    person = now
    if happens(draw, "moved"):
        person = replace(person, number=then.number, street=then.street, postcode=then.postcode)
    if happens(draw, "married"):
        person = replace(person, family=then.family)
    return replace(person, phone=then.phone) if happens(draw, "new_phone") else person


def _kept(draw: Random, field: str, value: str) -> str:
    """What an agency wrote down of a field: nothing, the value, or the value with a slip."""
    if happens(draw, f"no_{field}"):
        return ""
    return slip(draw, value) if happens(draw, f"{field}_slip") else value


def happens(draw: Random, name: str) -> bool:
    """Whether this error is made, as often as SHARES says."""
    return chance(draw, SHARES[name])


def _named(draw: Random, person: Person) -> tuple[str, str]:
    given, family = person.given, person.family
    if happens(draw, "short"):
        given = _short(draw, given)
    given, family = _respelt(draw, given), _respelt(draw, family)
    if happens(draw, "half") and len(halves := family.replace("-", " ").split()) > 1:
        family = pick(draw, halves)
    given = slip(draw, given) if happens(draw, "slip") else given
    family = slip(draw, family) if happens(draw, "slip") else family
    if person.middle and happens(draw, "middle"):
        given = f"{given} {person.middle}"
    elif happens(draw, "initial"):
        given = given[:1]
    if happens(draw, "no_given"):
        given = ""
    return (family, given) if happens(draw, "turned") else (given, family)


def _respelt(draw: Random, name: str) -> str:
    """Another known spelling of one of its words."""
    parts = name.split()
    for place, part in enumerate(parts):
        if (forms := variants().get(part)) and happens(draw, "other_spelling"):
            parts[place] = pick(draw, [form for form in forms if " " not in form] or [part])
    return " ".join(parts)


def _short(draw: Random, given: str) -> str:
    forms = sorted(form for form in _NAMES.nicknames_of(given.lower()) if len(form) > 2)
    return pick(draw, forms).title() if forms else given


_NAMES = NickNamer()


def _dated(draw: Random, born: date) -> str:
    if happens(draw, "no_date"):
        return ""
    if happens(draw, "year"):
        return str(born.year + pick(draw, (-2, -1, 0, 0, 1, 2)))
    if happens(draw, "january"):
        return f"{born.year}-01-01"
    if happens(draw, "swapped") and born.day <= 12:
        return date(born.year, born.day, born.month).isoformat()
    return _digit(draw, born).isoformat() if happens(draw, "digit") else born.isoformat()


def _digit(draw: Random, born: date) -> date:
    """One part of the date wrong: a digit, or two exchanged, as far as it is a date."""
    text = born.isoformat()
    for _ in range(20):
        place = draw.choice((2, 3, 5, 6, 8, 9))
        wrong = text[:place] + str(draw.randrange(10)) + text[place + 1 :]
        if chance(draw, 0.3) and place in (2, 5, 8):
            wrong = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        try:
            if wrong != text and date.fromisoformat(wrong) < date(2015, 1, 1):
                return date.fromisoformat(wrong)
        except ValueError:
            continue
    return born


def _feared(draw: Random, person: Person) -> str:
    if happens(draw, "no_feared"):
        return ""
    if happens(draw, "other"):
        return f"{pick(draw, ('Alan', 'Omar', 'Piotr', 'Jamal', 'Ray'))} {other_family(draw, person)}"
    return _respelt(draw, slip(draw, person.feared) if happens(draw, "slip") else person.feared)


def slip(draw: Random, text: str) -> str:
    """One slip of the keys: a letter or digit left out, doubled, exchanged with the next, or another in its place."""
    if len(text) < 2:
        return text
    place = draw.randrange(len(text) - 1)
    here, after = text[place], text[place + 1]
    other = str(draw.randrange(10)) if here.isdigit() else draw.choice(LETTERS)
    middle = draw.choice((here + here + after, after, after + here, other + after))
    return text[:place] + middle + text[place + 2 :]
