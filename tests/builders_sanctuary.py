"""Sanctuary requests to tell a story with: the people of the scheme, a request walked to any stage of the office."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from marac import access, clock
from marac.models import Case, SanctuaryRequest
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.sanctuary import answers, landlord, requests, triage
from marac.vocabulary import GateAnswer, LandlordState, ProgrammeSlug, Role, SanctuaryState as S
from marac.workflows.checklists import current
from tests.builders import Worker, a_user, actor_for

SANCTUARY = ProgrammeSlug.SANCTUARY
NAME, FEARED, STREET = "Leila Haddad-Moss", "Craig Poynter", "Wapping Mews"
PERSON: dict[str, Any] = {
    "full_name": NAME, "approximate_age": 34, "house_number": "14", "street": STREET, "postcode": "E1W 9ZZ",
    "tenure": "council", "landlord": "The council",
}  # fmt: skip
SAFE = {"rules": {"phone": {"answer": "yes", "detail": ""}}, "phone": "07700 900321", "what_to_say": "Say the library"}
REASON = {
    "consent": "yes", "reason": "He came back to the door twice this month.", "alternatives_told": "Refuge, a move",
    "wishes": "To stay near the school",
}  # fmt: skip


@dataclass(frozen=True)
class Scheme:
    """Who works on the scheme."""

    house: Deployment
    officer: Worker
    surveyor: Worker
    manager: Worker
    idva: Worker
    requester: Worker
    stranger: Worker
    contractor: Worker

    def work(self, worker: Worker) -> Any:
        """A unit of work of one of them."""
        return unit_of_work(self.house, actor_for(worker))


def a_scheme(house: Deployment) -> Scheme:
    """The people of the scheme; the stranger is an agency that has nothing to do with it."""
    with unit_of_work(house) as session:

        def one(role: Role, agency: str, **facts: Any) -> Worker:
            return a_user(session, house, role, agency, **{"programme": SANCTUARY, **facts})

        return Scheme(
            house,
            officer=one(Role.SANCTUARY_OFFICER, "vawg_team", full_name="Olive Grant"),
            surveyor=one(Role.CRIME_PREVENTION_OFFICER, "crime_prevention", full_name="Sam Doyle"),
            manager=one(Role.SERVICE_MANAGER, "community_safety_division", full_name="Mary Budget", programme=None),
            idva=one(Role.IDVA, "solace", full_name="Ida Wells"),
            requester=one(Role.REPRESENTATIVE, "housing_options", full_name="Rhys Asker"),
            stranger=one(Role.REPRESENTATIVE, "elft", full_name="Nora Elsewhere"),
            contractor=one(Role.CONTRACTOR, "sanctuary_contractor", full_name="Gil Locks"),
        )


@contextmanager
def patched(told: dict[str, str]) -> Iterator[None]:
    """For the length of this block every request is told with these words: full_name, street, why."""
    before = PERSON["full_name"], PERSON["street"], REASON["reason"]
    PERSON["full_name"], PERSON["street"], REASON["reason"] = told["full_name"], told["street"], told["why"]
    try:
        yield
    finally:
        PERSON["full_name"], PERSON["street"], REASON["reason"] = before


def no_factors(**said: str) -> dict[str, str]:
    """Every risk factor answered no, but for those given."""
    return {factor.key: "no" for factor in current("sanctuary_risk").factors} | said


def a_draft(session: Session, scheme: Scheme, *, parent: Case | None = None, who: Worker | None = None) -> Any:
    """A request just begun by the requester, with nothing in it."""
    asker = actor_for(who or scheme.requester)
    return requests.start_request(session, scheme.house.keyring, asker, parent)


def fill(session: Session, worker: Worker, request: SanctuaryRequest, **factors: str) -> SanctuaryRequest:
    """Every part that a request needs before it is sent."""
    asker = actor_for(worker)
    answers.save_task(session, asker, request, "person", PERSON)
    answers.save_task(session, asker, request, "safe-contact", SAFE)
    answers.save_task(session, asker, request, "reason", REASON)
    answers.save_task(session, asker, request, "other-person", {"full_name": FEARED})
    answers.save_task(session, asker, request, "home", {"floor": "Ground", "landlord_consent": "yes", "pets": "A dog"})
    said = {f"factor_{key}": answer for key, answer in no_factors(**factors).items()}
    answers.save_task(session, asker, request, "risk", said)
    return request


def a_sent_request(scheme: Scheme, *, who: Worker | None = None, **factors: str) -> str:
    """Sent; its reference."""
    asker = who or scheme.requester
    with scheme.work(asker) as session:
        request = fill(session, asker, a_draft(session, scheme, who=asker), **factors)
        return requests.submit(session, actor_for(asker), request).reference


def all_gates(**said: str) -> dict[str, dict[str, str]]:
    """Every rule that is asked answered yes with evidence, the landlord's own not known; but for those given."""
    gates = [gate for gate in current("sanctuary_risk").gates if gate.on_by_default]
    answer = {gate.key: GateAnswer.YES.value for gate in gates} | {"landlord_permission": "unknown"} | said
    return {key: {"answer": value, "evidence": "Said on the phone"} for key, value in answer.items()}


def a_triaged_request(scheme: Scheme, **factors: str) -> str:
    """In triage, every rule answered but the landlord, with an interim plan; its reference."""
    reference, officer = a_sent_request(scheme, **factors), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = triage.begin(session, officer, requests.get_request(session, officer, reference))
        triage.answer_gates(session, officer, request, all_gates(), {})
        triage.keep_interim(session, officer, request, ["police_patrol_or_marker"], "")
    return reference


def a_permitted_request(scheme: Scheme, **factors: str) -> str:
    """The landlord was asked and agreed; the survey can be booked."""
    reference, officer = a_triaged_request(scheme, **factors), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = requests.get_request(session, officer, reference)
        landlord.ask(session, officer, request, "Housing officer")
        landlord.answer(session, officer, request, LandlordState.GRANTED, {"answered_role": "Housing officer"})
    return reference


def put_at(scheme: Scheme, reference: str, stage: S, **facts: Any) -> None:
    """Set a request down at a stage without the way there: for tests of what is seen at it."""
    with unit_of_work(scheme.house) as session:
        request = session.query(SanctuaryRequest).filter_by(reference=reference).one()
        access.asked()
        request.state = stage
        request.stage_since_at = clock.now() - timedelta(days=1)
        for name, value in facts.items():
            setattr(request, name, value)
