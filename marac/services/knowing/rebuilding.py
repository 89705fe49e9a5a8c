"""Person tokens made anew from the sealed values: while people work, some cases at a time, from where it stopped.

It reads names for nothing else and reports counts only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import Case, JobRun
from marac.services.keeping.console import operator
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.knowing import indexing
from marac.vocabulary import CaseState

AT_A_TIME = 100
NO_TOKENS = (CaseState.MERGED, CaseState.ERASED)


@dataclass(slots=True)
class Rebuilt:
    """What was done, and whether an earlier run that was broken off was gone on with."""

    cases: int = 0
    persons: int = 0
    tokens: int = 0
    resumed: bool = False


def rebuild_tokens(
    house: Deployment, slug: str | None = None, told: Callable[[Rebuilt], None] | None = None
) -> Rebuilt:
    """Write every token of a partnership again, under every index key in force. May be stopped and run again."""
    done = Rebuilt()
    while True:
        with unit_of_work(house) as session:
            actor = operator(session, slug)
            if not _some(session, actor, done):
                return done
        if told is not None:
            told(done)


def start_over(house: Deployment, partnership_id: UUID) -> None:
    """Forget how far an earlier run got: a key was added, and every token is wanted under it too."""
    with unit_of_work(house) as session:
        access.asked()
        session.execute(delete(JobRun).where(JobRun.key == f"index:{partnership_id.hex}"))


def _some(session: Session, actor: Actor, done: Rebuilt) -> bool:
    """The next hundred cases, with the note of how far it got, in one transaction; False when there are no more."""
    key = f"index:{actor.partnership_id.hex}"
    run = session.scalar(select(JobRun).where(JobRun.key == key))
    if run is None:
        run = JobRun(key=key, at=clock.now(), counts={"after": ""})
        session.add(run)
    after = run.counts["after"]
    done.resumed = done.resumed or (bool(after) and done.cases == 0)
    query = select(Case.id, Case.state).where(Case.partnership_id == actor.partnership_id).order_by(Case.id)
    rows = session.execute((query.where(Case.id > UUID(after)) if after else query).limit(AT_A_TIME)).all()
    if not rows:
        session.delete(run)
        audit.record(session, actor, "index:rebuilt", cases=done.cases, tokens=done.tokens)
        return False
    access.asked()
    indexing.forget_cases(session, [row.id for row in rows if row.state in NO_TOKENS])
    living = [row.id for row in rows if row.state not in NO_TOKENS]
    persons, tokens = indexing.index_cases(session, actor.partnership_id, living)
    done.cases, done.persons, done.tokens = done.cases + len(living), done.persons + persons, done.tokens + tokens
    run.counts, run.at = {"after": rows[-1].id.hex}, clock.now()
    return True
