"""Cases that ended, and the people who keep the schedule: a file to be erased with something of every kind in it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, clock, notifications
from marac.models import Case, CasePerson, Paper, PaperContent, PersonLink, Referral, Retention, Setting
from marac.services import moving
from marac.services.keeping.deployment import Deployment, open_deployment, unit_of_work
from marac.services.keeping.founding import set_rule
from marac.services.knowing import indexing
from marac.services.referring import drafts
from marac.services.retaining import schedule
from marac.vocabulary import LinkDecision, PaperKind, ProgrammeSlug, Role, Template
from marac.workflows.local_rules import LocalRule
from tests.builders import Worker, a_user, actor_for
from tests.builders_panels import Panel, a_held_panel
from tests.conftest import settings_in

SAID = {"draft": "willowkestrel typed", "paper": "amberlantern scanned", "wish": "hazelrivet wished"}


@dataclass(frozen=True)
class Kept:
    """A held panel of two cases, the first of which is closed and due; ids only. `folder` holds both databases."""

    folder: Path
    panel: Panel
    auditor: Worker
    idva: Worker
    case_id: UUID
    other_id: UUID
    reference: str

    @property
    def partnership_id(self) -> UUID:
        return self.auditor.partnership_id

    @property
    def coordinator(self) -> Worker:
        return self.panel.coordinator

    def copy(self, to: Path, **facts: Any) -> Deployment:
        """Open a copy of both databases, root key and all."""
        shutil.copytree(self.folder, to)
        return open_deployment(settings_in(to, **facts))


def years(session: Session, partnership_id: UUID, programme: ProgrammeSlug, number: int, kind: str) -> None:
    """The schedule says so many years, from today."""
    mine = (Setting.partnership_id == partnership_id, Setting.programme == programme)
    same = (Setting.key == f"retention.years.{kind}", Setting.effective_from == clock.today())
    session.execute(delete(Setting).where(*mine, *same))
    rule = LocalRule(f"retention.years.{kind}", number, True, "default", "", clock.today())
    set_rule(session, partnership_id, programme, rule)


def build(founded: Path, folder: Path) -> Kept:
    """One file with a draft, a paper, a message, a link and tokens; the schedule keeps it no longer than today."""
    shutil.copytree(founded, folder)
    house = open_deployment(settings_in(folder))
    panel = a_held_panel(house, cases=2, children=0)
    first, second = panel.case_ids
    with unit_of_work(house) as session:
        auditor = a_user(session, house, Role.AUDITOR, "vawg_team")
        sender = session.scalars(select(Referral.user_id).where(Referral.case_id == first)).one()
        idva = a_user(session, house, Role.IDVA, "solace")
        years(session, auditor.partnership_id, ProgrammeSlug.DA_MARAC, 0, "closed_case")
    with panel.work(panel.coordinator) as session:
        _fill(session, panel, first, second, sender)
    with panel.work(panel.coordinator) as session:
        case = session.get_one(Case, first)
        moving.advance(session, actor_for(panel.coordinator), case, "close", reason="It is over", live_actions=0)
        reference = case.reference
    house.close()
    return Kept(folder, panel, auditor, idva, first, second, reference)


def _fill(session: Session, panel: Panel, first: UUID, second: UUID, sender: UUID) -> None:
    actor, case = actor_for(panel.coordinator), session.get_one(Case, first)
    place: dict[str, Any] = {"partnership_id": case.partnership_id, "case_id": first}
    access.open_for("load", case.partnership_id, [first, second])
    case.wishes = SAID["wish"]
    drafts.keep(session, actor, first, f"/cases/{case.reference}/wishes", {"wishes": [SAID["draft"]]})
    paper = Paper(
        **place, agency_id=actor.agency_id, user_id=actor.user_id, added_at=clock.now(), kind=PaperKind.OTHER,
        title="A letter", media="application/pdf", size=9,
    )  # fmt: skip
    session.add(paper)
    session.flush()
    session.add(PaperContent(**place, paper_id=paper.id, part=1, content=SAID["paper"].encode()))
    some = [select(CasePerson.id).where(CasePerson.case_id == one).limit(1) for one in (first, second)]
    people = [session.scalars(one).one() for one in some]
    session.add(
        PersonLink(
            partnership_id=case.partnership_id, person_id=people[0], other_person_id=people[1],
            decision=LinkDecision.SAME, decided_by_id=actor.user_id, decided_at=clock.now(),
        )
    )  # fmt: skip
    indexing.index_cases(session, case.partnership_id, [first, second])
    notifications.enqueue(
        session, case.partnership_id, {sender}, Template.ACTIONS_ASSIGNED, subject_key=f"Case:{first.hex}:1",
        path=f"/cases/{case.reference}",
    )  # fmt: skip


def decide(house: Deployment, kept: Kept, worker: Worker, decision: Callable[..., Any], **facts: Any) -> None:
    """One person takes one decision about the record, in a unit of work of their own."""
    actor = actor_for(worker)
    with unit_of_work(house, actor) as session:
        decision(session, actor, schedule.get_record(session, actor, kept.reference), **facts)


def approved(house: Deployment, kept: Kept) -> UUID:
    """The coordinator proposes, information governance approves. Returns the id of the record."""
    decide(house, kept, kept.coordinator, schedule.propose)
    decide(house, kept, kept.auditor, schedule.approve)
    with house.reader() as session:
        return session.scalars(select(Retention.id).where(Retention.case_id == kept.case_id)).one()
