"""The search box: a person or a case among those the actor may see, by comparing in the clear. It opens no case page.

Refuses to say anything of a case that is not the actor's; what is typed is put into no query and kept only as a code.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from rapidfuzz.distance import JaroWinkler
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.crypto.blind_index import PersonTokens, keyed_word
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.sounds import plain, sound
from marac.errors import RuleBroken
from marac.models import Case, CasePerson
from marac.services.casework import naming
from marac.services.casework.cases import next_meetings
from marac.services.casework.people import years_old
from marac.services.knowing import candidates
from marac.services.knowing.indexing import ROLES, Known, as_id, open_places
from marac.vocabulary import CaseState, Permission as P, PersonRole

MOST, ALIKE, FAINTLY = 50, 0.9, 0.8
LEAST_DIGITS = 3
ENTER = "Enter a name, date of birth or case reference"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed. Phone and address are asked only by those who match people (a hit says what is masked)."""

    name: str = ""
    born_on: date | None = None
    reference: str = ""
    phone: str = ""
    postcode: str = ""
    house_number: str = ""
    wider: bool = False

    @property
    def places(self) -> bool:
        """Whether a phone or an address was asked for."""
        return bool(self.phone or self.postcode)

    def terms(self) -> list[str]:
        """Which boxes were filled."""
        given = ("name", "born_on", "reference", "phone", "postcode")
        return [name for name in given if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class Found:
    """One person in one case, with why they were found."""

    reference: str
    name: str
    age: int | None
    role: PersonRole
    state: CaseState
    last_heard_on: date | None
    next_meeting_at: datetime | None
    why: str


Person = tuple[Known, dict[str, Any]]
Hit = tuple[float, Known, dict[str, Any], str]


def find(session: Session, actor: Actor, *, wider: bool = False, **typed: Any) -> tuple[Found, ...]:
    """At most fifty people in cases the actor may see, the likeliest first. Boxes: name, born_on, reference, phone (its
    end will do), postcode, house_number. RuleBroken when nothing was asked; `wider` also takes who agrees in part.
    """
    asked = Asked(**typed, wider=wider)
    if not asked.terms():
        raise RuleBroken("name", ENTER)
    if asked.places and not may_ask_places(actor):
        raise RuleBroken("name", ENTER)
    if asked.phone and len(_digits(asked.phone)) < LEAST_DIGITS:
        raise RuleBroken("phone", "Enter at least the last 3 digits of the phone number")
    with candidates.uncollected():
        cases = _visible_cases(session, actor, asked)
        people = _people(session, actor, cases, asked)
        found = sorted(_compare(people, asked), key=lambda each: _order(each, cases))[:MOST]
    meetings = next_meetings(session, {known.case_id for _, known, _, _ in found})
    codes = _codes(session, asked)
    audit.record(session, actor, "case:searched", terms=asked.terms(), found=len(found), asked=codes)
    return tuple(
        _found(known, who, cases[known.case_id], meetings.get(known.case_id), why) for _, known, who, why in found
    )


def may_ask_places(actor: Actor) -> bool:
    """Whether this person may search by phone or address: a hit tells them what is masked on every page."""
    return access.holds(actor, P.PERSON_MATCH)


# --- who is looked at ---


def _visible_cases(session: Session, actor: Actor, asked: Asked) -> dict[UUID, Any]:
    """The cases that are the actor's; in a large partnership, where tokens can answer, those of who shares one."""
    columns = (Case.id, Case.reference, Case.state, Case.last_heard_on)
    query = select(*columns).where(access.rule(actor, P.CASE_READ, Case), Case.state != CaseState.MERGED)
    if asked.reference:
        query = query.where(Case.reference == asked.reference.strip().upper())
    elif _answerable(asked) and not candidates.small_enough(session, actor.partnership_id):
        within = CasePerson.case_id.in_(select(Case.id).where(access.rule(actor, P.CASE_READ, Case)))
        among = candidates.sharing(session, actor.partnership_id, _tokens(asked), within)
        query = query.where(Case.id.in_(select(CasePerson.case_id).where(CasePerson.id.in_(among))))
    return {row.id: row for row in session.execute(query)}


def _answerable(asked: Asked) -> bool:
    """Whether a token can hold this: a name with its date, a whole phone number, a house number with its postcode."""
    named = len(asked.name.split()) > 1 and asked.born_on is not None
    return not asked.wider and (named or len(_digits(asked.phone)) >= 9 or bool(asked.house_number and asked.postcode))


def _tokens(asked: Asked) -> PersonTokens:
    homes = ((asked.house_number, asked.postcode),) if asked.house_number and asked.postcode else ()
    phones = (asked.phone,) if asked.phone else ()
    return PersonTokens(UUID(int=0), (asked.name,), asked.born_on, homes=homes, phones=phones)


def _people(session: Session, actor: Actor, cases: dict[UUID, Any], asked: Asked) -> list[Person]:
    """Everyone whose identity opens to the actor, with what is known of them."""
    opens = access.open_stages(session, actor, {case_id: row.state for case_id, row in cases.items()})
    query: Select[Any] = select(*sealed_columns(CasePerson, "identity"))
    if len(cases) <= candidates.LOOKED_AT or not candidates.small_enough(session, actor.partnership_id):
        query = query.where(CasePerson.case_id.in_(list(cases)))
    else:
        query = query.where(CasePerson.partnership_id == actor.partnership_id)
    holds = {role.value: naming.compartment_of(role) for role in PersonRole}
    raw = {key: opened for case_id, opened in opens.items() for key in (case_id.hex, case_id)}
    read = session.connection().execute(query).all()
    rows = [row for row in read if holds[row.key_by] in raw.get(row.key_owner, ())]
    people = [
        (Known(as_id(row.key_row), as_id(row.key_owner), ROLES[row.key_by]), who)
        for row, who in zip(rows, open_many(CasePerson, "identity", rows), strict=True)
    ]
    if asked.places:
        with access.apart():
            access.open_for("match", actor.partnership_id, cases)
            open_places(session, [known for known, _ in people])
    return people


# --- how well they answer ---


def _compare(people: Iterable[Person], asked: Asked) -> Iterator[Hit]:
    wanted, likeness, by_reference = _words(asked.name), _Likeness(asked.wider), asked.terms() == ["reference"]
    for known, who in people:
        score, why = _answers(likeness, wanted, asked, who, known)
        if score > 0 or by_reference:
            yield score, known, who, ", ".join(why)


def _answers(
    likeness: "_Likeness", wanted: tuple[str, ...], asked: Asked, who: dict[str, Any], known: Known
) -> tuple[float, list[str]]:
    """How well one person answers to all that was asked; 0 when a name was asked for and no name is alike."""
    score, why = 0.0, []
    if wanted:
        best = max((likeness.of_names(wanted, likeness.words(name)) for name in _names(who)), default=0.0)
        if best == 0 and not (asked.wider and (asked.born_on or asked.places)):
            return 0.0, []
        score, why = best, ["same name" if best >= 1 else "name alike" if best else "another name"]
    parts = (_born(asked, who), *_placed(asked, known))
    return score + sum(worth for worth, _ in parts), [*why, *(words for worth, words in parts if worth)]


def _born(asked: Asked, who: dict[str, Any]) -> tuple[float, str]:
    theirs = who.get("born_on")
    if asked.born_on is None or theirs is None:
        return 0.0, ""
    if theirs == asked.born_on:
        return 1.0, "same date of birth"
    digits = zip(theirs.strftime("%Y%m%d"), asked.born_on.strftime("%Y%m%d"), strict=True)
    if sum(one != other for one, other in digits) == 1:
        return 0.5, "date of birth one digit apart"
    swapped = (theirs.year, theirs.month, theirs.day) == (asked.born_on.year, asked.born_on.day, asked.born_on.month)
    return (0.5, "day and month of birth exchanged") if swapped else (0.0, "")


def _placed(asked: Asked, known: Known) -> Iterator[tuple[float, str]]:
    if asked.phone:
        held, digits = _digits(known.phone), _digits(asked.phone)[-9:]
        yield (1.0, "phone number") if held and held.endswith(digits) else (0.0, "")
    if asked.postcode:
        number, postcode = plain(asked.house_number), plain(asked.postcode)
        theirs = [(plain(house), plain(code)) for house, code in known.homes]
        at_home = any(code == postcode and number in ("", house) for house, code in theirs)
        yield (1.0, "same address" if number else "same postcode") if at_home else (0.0, "")


class _Likeness:
    """How alike words are; each pair is compared once in a search, because the same names come often."""

    def __init__(self, wider: bool) -> None:
        self._alike, self._wider = FAINTLY if wider else ALIKE, wider
        self._pairs: dict[tuple[str, str], float] = {}
        self._words: dict[str, tuple[str, ...]] = {}

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a full name."""
        held = self._words.get(name)
        if held is None:
            held = self._words[name] = _words(name)
        return held

    def of_names(self, wanted: tuple[str, ...], known: tuple[str, ...]) -> float:
        """1 when every word asked for is there, less when some only sound or look alike, 0 when one is not there at
        all; where the search is wider, one word that is there will do."""
        scores = [max((self.of_words(word, other) for other in known), default=0.0) for word in wanted]
        enough = any(scores) if self._wider else all(scores)
        return sum(scores) / len(scores) if enough else 0.0

    def of_words(self, word: str, other: str) -> float:
        """1 when the same."""
        if word == other:
            return 1.0
        held = self._pairs.get((word, other))
        if held is None:
            held = self._pairs[word, other] = self._compared(word, other)
        return held

    def _compared(self, word: str, other: str) -> float:
        if other.startswith(word) and len(word) > 1:
            return 0.95
        likeness = JaroWinkler.similarity(word, other)
        if likeness >= self._alike:
            return likeness * 0.9
        return 0.8 if len(word) > 2 and sound(plain(word)) == sound(plain(other)) else 0.0


def _names(who: dict[str, Any]) -> list[str]:
    return [known for known in (who.get("full_name"), *(who.get("aliases") or ())) if known]


def _words(name: str) -> tuple[str, ...]:
    """Lower-case words without accents, hyphens or apostrophes. None is left out: any of them may be typed."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return tuple(re.sub(r"['’‘`]", "", bare.casefold().replace("-", " ")).split())


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _order(each: Hit, cases: dict[UUID, Any]) -> tuple[float, int, str]:
    """The likeliest first; of those the one heard last."""
    score, known, _, _ = each
    heard = cases[known.case_id].last_heard_on
    return -round(score, 3), -(heard.toordinal() if heard else 0), known.id.hex


def _codes(session: Session, asked: Asked) -> list[str]:
    """What was typed, as codes under the deployment's key: the same search is seen to be the same, and is not told."""
    keyring = session.info["keyring"]
    typed = (*sorted(map(plain, _words(asked.name))), asked.born_on.isoformat() if asked.born_on else "")
    places = (plain(asked.reference), _digits(asked.phone), plain(asked.postcode + asked.house_number))
    return [keyed_word(keyring, "search terms", one).hex() for one in (*typed, *places) if one]


def _found(known: Known, who: dict[str, Any], case: Any, meeting_at: datetime | None, why: str) -> Found:
    age = years_old(who.get("born_on"), who.get("approximate_age"))
    return Found(
        case.reference, who.get("full_name", ""), age, known.role, case.state, case.last_heard_on, meeting_at, why
    )  # fmt: skip
