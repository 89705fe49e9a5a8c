"""Processes that read, write and rotate keys on one deployment, so that a test may kill the rotation at any moment."""

import multiprocessing
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from marac import access
from marac.crypto import area_keys, keyring, vault
from marac.crypto.blind_index import BlindIndex
from marac.models import AreaKey, Case, CasePerson, Partnership, PersonToken, User
from marac.services.accounts.signin import signin_tokens
from marac.services.keeping import rotating
from marac.services.keeping.deployment import Deployment, open_deployment, unit_of_work
from marac.services.knowing.indexing import index_case, known_people, tokens_of
from marac.services.transfers.areas import PURPOSE
from tests.attacks.everything import open_all
from tests.builders_panels import a_case

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.attacks.rotators"])
HOLD = 0.25


def hurry() -> None:
    """Every process meets a new key within a quarter of a second, as it would within a minute."""
    keyring.HOLD, rotating.SPARE = HOLD, 0.15


def look(house: Deployment) -> int:
    """One round of everything that hangs on a key; how many things were read. Raises where one cannot be."""
    found = open_all(house)
    with vault.unit(house.keyring), house.reader() as session:
        for partnership in session.scalars(select(Partnership)).all():
            access.open_staff_for("mail", partnership.id)
            for user in session.scalars(select(User).where(User.partnership_id == partnership.id)):
                tokens = signin_tokens(house.keyring, str(user.email))
                again = session.scalar(select(User.id).where(User.signin_token.in_(tokens)))
                assert again == user.id, "an account is not found by its address"
            found += _find(session, house, partnership)
            for key in session.scalars(select(AreaKey).where(AreaKey.partnership_id == partnership.id)):
                secrets = house.keyring.deployment_secrets(PURPOSE)
                area_keys.sign(b"anything", secrets, partnership.id.bytes, key.private_part)
    return found


def _find(session: Any, house: Deployment, partnership: Partnership) -> int:
    """Everybody is found by the tokens that a search would ask for."""
    session.info["keyring"] = house.keyring
    cases = session.scalars(select(Case.id).where(Case.partnership_id == partnership.id)).all()
    access.open_for("index", partnership.id, cases)
    people = known_people(session, CasePerson.case_id.in_(cases))
    index = BlindIndex(house.keyring, partnership.id)
    for person in (one for one in people if one.born_on):
        asked = index.tokens_to_ask(tokens_of(person))
        hit = select(PersonToken.person_id).where(PersonToken.token.in_(asked), PersonToken.person_id == person.id)
        assert session.scalar(hit.limit(1)), "a person is not found by their tokens"
    return len(people)


def write(house: Deployment, number: int) -> None:
    """Change a value of a case; now and then a new case, with people and tokens."""
    with unit_of_work(house) as session:
        access.asked()
        session.info["house"] = house
        case = session.scalars(select(Case).order_by(Case.id)).first()
        vault.current().grant("case", case.partnership_id, case.id, "summary", seal=True)
        case.wishes = f"To be rung on day {number}"
        if number % 20 == 0:
            fresh = a_case(session, house, name=f"Nobody Number{number}")
            index_case(session, fresh.partnership_id, fresh.id)


def work(settings: Any, stop: Any, told: Any, *, writes: bool) -> None:
    """Read, or read and write, until asked to stop; tells how often it did, and what went wrong."""
    hurry()
    house = open_deployment(settings)
    rounds, wrong = 0, []
    while not stop.is_set():
        try:
            write(house, rounds) if writes else look(house)
            rounds += 1
        except OperationalError:  # the file was busy for longer than anybody waits
            time.sleep(0.05)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is told
            wrong.append(f"{type(problem).__name__}: {problem}")
        time.sleep(0.02)
    house.close()
    told.put((rounds, wrong))


def turn(settings: Any, level: str) -> None:
    """Rotate one level."""
    hurry()
    house = open_deployment(settings)
    rotating.rotate(house, level, None)
    house.close()


class Crew:
    """A reader and a writer, each a process of its own."""

    def __init__(self, settings: Any) -> None:
        self.settings, self.stop, self.told = settings, PROCESSES.Event(), PROCESSES.Queue()
        facts = (settings, self.stop, self.told)
        self.processes = [
            PROCESSES.Process(target=work, args=facts, kwargs={"writes": writes}) for writes in (False, True)
        ]
        for process in self.processes:
            process.start()

    def rotate(self, level: str, kill_after: float | None = None) -> bool:
        """Run a rotation to its end, or kill it. True when it ended by itself."""
        process = PROCESSES.Process(target=turn, args=(self.settings, level))
        process.start()
        process.join(kill_after)
        killed = process.is_alive()
        if killed:
            process.kill()
            process.join()
        assert killed or process.exitcode == 0, f"the rotation of {level} failed"
        return not killed

    def dismiss(self) -> tuple[int, list[str]]:
        """Ask everybody to stop: how many rounds were done, and what went wrong."""
        self.stop.set()
        told = [self.told.get(timeout=60) for _ in self.processes]
        for process in self.processes:
            process.join(30)
        with suppress(ValueError):
            self.told.close()
        return sum(rounds for rounds, _ in told), [one for _, wrong in told for one in wrong]
