"""Finding a person among many: by tokens and comparison, against opening everyone and a plain-text trigram index.

Who is asked for is misspelt, or has moved, or both. Everything is invented, and gone when the measuring is over.
"""

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.bench.borough import Invented, misspelt_or_moved, people
from marac.bench.filling import fill
from marac.config import load_settings
from marac.crypto import vault
from marac.models import Case, CasePerson
from marac.services.keeping.deployment import Deployment, set_up, unit_of_work
from marac.services.keeping.founding import found_partnership
from marac.services.knowing import candidates, matching
from marac.services.knowing.comparing import Comparison
from marac.services.knowing.indexing import Known, named_people, tokens_of

NAME = "person search"
SIZES, QUICK_SIZES = (1_000, 100_000), (1_000, 10_000)
ASKED, ASKED_OF_ALL = 200, 3
GROWTH, RECALL, OPEN_ALL, TRIGRAM = 15.0, 0.99, 1 / 10, 1.0


@dataclass(frozen=True)
class World:
    """A borough of one size, and what is asked of it: somebody's facts as another agency has them, and who they are."""

    house: Deployment
    partnership_id: UUID
    names: sqlite3.Connection
    asked: tuple[tuple[Known, Invented], ...]
    exact: tuple[tuple[Known, Invented], ...]
    held: dict[UUID, Invented]


def results(quick: bool) -> list[dict[str, Any]]:
    """Rows as `marac bench` prints them: 95th percentiles in microseconds and their ratio; recall as a share."""
    small, large = QUICK_SIZES if quick else SIZES
    with world(small) as few, world(large) as many:
        fuzzy = {size: _p95(place, by_tokens, place.asked) for size, place in ((small, few), (large, many))}
        exact = {size: _p95(place, by_tokens, place.exact) for size, place in ((small, few), (large, many))}
        looked = {size: _p95(place, tokens_alone, place.asked) for size, place in ((small, few), (large, many))}
        opened = _p95(many, by_opening, many.asked[:ASKED_OF_ALL])
        trigram = _p95(many, by_trigram, many.asked)
        recall, rivals = _recall(many, by_tokens), _recall(many, by_trigram)
    return [
        _row(f"{NAME}: fuzzy, {large} against {small} persons", fuzzy[large], fuzzy[small], GROWTH),
        _row(f"{NAME}: exact, {large} against {small} persons", exact[large], exact[small], GROWTH),
        _row(f"{NAME}: tokens alone, {large} against {small} persons", looked[large], looked[small], GROWTH),
        _row(f"{NAME}: tokens against opening everyone, {large} persons", fuzzy[large], opened, OPEN_ALL),
        _row(f"{NAME}: tokens alone against plain trigrams, {large} persons", looked[large], trigram, TRIGRAM),
        _row(f"{NAME}: missed first, against the goal", 1 - recall, 1 - RECALL, 1.0),
        _row(f"{NAME}: missed first, against plain trigrams", 1 - recall, 1 - rivals, 1.0),
    ]


@contextmanager
def world(persons: int) -> Iterator[World]:
    """A deployment of so many persons, sealed and indexed."""
    with tempfile.TemporaryDirectory() as folder:
        house = set_up(load_settings(data=Path(folder) / "data", base_url="http://127.0.0.1:8000"))
        with closing(house), closing(sqlite3.connect(":memory:")) as names:
            with unit_of_work(house) as session:
                partnership_id = found_partnership(
                    session, house.keyring, slug="bench", name="Bench", passkeys_required=False
                ).id
            held = {one.id: one for one in people(persons)}
            fill(house, partnership_id, held.values())
            names.execute("create virtual table person using fts5(id unindexed, name, tokenize = 'trigram')")
            names.executemany("insert into person values (?, ?)", [(one.id.hex, one.name) for one in held.values()])
            asked = random.Random(7).sample(list(held.values()), ASKED)  # noqa: S311 - to measure with
            draw = random.Random(8)  # noqa: S311
            changed = tuple((_known(misspelt_or_moved(one, draw)), one) for one in asked)
            yield World(house, partnership_id, names, changed, tuple((_known(one), one) for one in asked), held)


def by_tokens(place: World, session: Session, asked: Known) -> UUID | None:
    """As the application does in a large partnership: look up, open the best sixty, compare."""
    within = CasePerson.partnership_id == place.partnership_id
    found = matching.likeliest(session, place.partnership_id, asked, within, Comparison())
    return max(found, key=lambda pair: pair[1].total)[0].id if found else None


def tokens_alone(place: World, session: Session, asked: Known) -> UUID | None:
    """The look-up by itself."""
    within = CasePerson.partnership_id == place.partnership_id
    found = candidates.sharing(session, place.partnership_id, tokens_of(asked), within)
    return found[0] if found else None


def by_opening(place: World, session: Session, asked: Known) -> UUID | None:
    """As the application does in a small partnership: open everyone."""
    with candidates.uncollected():
        access.open_for("match", place.partnership_id, session.scalars(select(Case.id)))
        everyone = named_people(session, CasePerson.partnership_id == place.partnership_id)
        found = matching.alike(session, place.partnership_id, asked, everyone, Comparison())
    return max(found, key=lambda pair: pair[1].total)[0].id if found else None


def by_trigram(place: World, _session: Session, asked: Known) -> UUID | None:
    """What a database that reads plain names offers: the best of those that share three letters in a row."""
    words = asked.names[0].replace('"', "").split()
    threes = {word[at : at + 3] for word in words for at in range(max(len(word) - 2, 0))}
    sought = " OR ".join(f'"{three}"' for three in sorted(threes))
    row = place.names.execute("select id from person where person match ? order by rank limit 1", (sought,)).fetchone()
    return UUID(row[0]) if row else None


Way = Callable[[World, Session, Known], UUID | None]


def _asked_once(place: World, way: Way, asked: Known) -> tuple[float, UUID | None]:
    with vault.unit(place.house.keyring), place.house.reader() as session:
        session.info["keyring"] = place.house.keyring
        start = perf_counter()
        found = way(place, session, asked)
        return perf_counter() - start, found


def _p95(place: World, way: Way, asked: tuple[tuple[Known, Invented], ...]) -> float:
    _asked_once(place, way, asked[0][0])
    took = sorted(_asked_once(place, way, one)[0] for one, _ in asked)
    return took[min(int(len(took) * 0.95), len(took) - 1)] * 1_000_000


def _recall(place: World, way: Way) -> float:
    """How often the first is the person, in whichever of their cases."""
    right = 0
    for asked, person in place.asked:
        found = place.held.get(_asked_once(place, way, asked)[1] or UUID(int=0))
        right += found is not None and (found.name, found.born_on) == (person.name, person.born_on)
    return right / len(place.asked)


def _known(one: Invented) -> Known:
    homes = [(one.house_number, one.postcode)]
    return Known(one.id, one.case_id, one.role, (one.name,), one.born_on, homes=homes, phone=one.phone)


def _row(name: str, subject: float, rival: float, goal: float) -> dict[str, Any]:
    ratio = subject / rival if rival else (0.0 if not subject else float("inf"))
    return {
        "name": name, "subject": round(subject, 3), "rival": round(rival, 3), "ratio": round(ratio, 3),
        "goal": round(goal, 3), "met": ratio <= goal,
    }  # fmt: skip
