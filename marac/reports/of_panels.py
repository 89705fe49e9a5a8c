"""What the two panels did in a year: people, hearings, repeats, referrals, waiting times, change of risk.

Numbers with the ids behind them. Risk scores are opened under the purpose `count`, nothing else is.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from statistics import mean
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Agency, Assessment, Deadline, ErasedFigure, Referral
from marac.reports.figures import Found, count, middle, share
from marac.reports.hearings import Hearing, heard, people_in
from marac.vocabulary import PersonRole, ProgrammeSlug
from marac.workflows.financial_year import Year

DA, COMMUNITY = ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC
AT_RISK = (PersonRole.VICTIM, PersonRole.OTHER_AT_RISK)
HARMING = (PersonRole.PERPETRATOR,)
MATRIX = "asb_ram"


class PanelYear:
    """The hearings of one panel in one year, read once and asked many times."""

    def __init__(self, session: Session, actor: Actor, programme: ProgrammeSlug, year: Year) -> None:
        self.session, self.actor, self.programme = session, actor, programme
        self.hearings: list[Hearing] = heard(session, actor, programme, year.start, year.end)
        self.cases = frozenset(one.case_id for one in self.hearings)
        kept = select(ErasedFigure.part, ErasedFigure.number).where(
            ErasedFigure.partnership_id == actor.partnership_id, ErasedFigure.programme == programme,
            ErasedFigure.year == year.first_on.year, ErasedFigure.measure == "cases_heard",
        )  # fmt: skip
        self.erased: dict[str, int] = dict(session.execute(kept).all())

    def people(self, roles: Iterable[PersonRole]) -> dict[UUID, UUID]:
        """Everybody in these roles in a case heard -> who they are, people confirmed to be the same being one."""
        return people_in(self.session, self.actor.partnership_id, self.cases, roles)

    def first_hearings(self) -> list[Hearing]:
        """The first hearing in the year of each referral."""
        found: dict[tuple[UUID, datetime | None], Hearing] = {}
        for one in self.hearings:
            found.setdefault((one.case_id, one.referred_at), one)
        return list(found.values())


def people_heard(panel: PanelYear) -> Found:
    """Different people recorded as victim-survivor on a domestic abuse case heard in the year (REP-47)."""
    people = panel.people((PersonRole.VICTIM,))
    return Found(len(set(people.values())), "people", behind=panel.cases)


def people_supported(panel: PanelYear) -> Found:
    """Different people at risk on a Community MARAC case heard in the year; who only causes harm is counted apart."""
    people = panel.people((PersonRole.VICTIM,))
    return Found(len(set(people.values())), "people", behind=panel.cases)


def people_causing_harm(panel: PanelYear) -> Found:
    """People heard about only as causing harm."""
    at_risk = set(panel.people(AT_RISK).values())
    return Found(len(set(panel.people(HARMING).values()) - at_risk), "people", behind=panel.cases)


def hearings(panel: PanelYear) -> Found:
    """Cases discussed: one for each case at each meeting; those of cases that were erased since are counted in."""
    return Found(len(panel.hearings) + sum(panel.erased.values()), "hearings", behind=panel.cases)


def repeat_rate(panel: PanelYear) -> Found:
    """Hearings that were repeats, out of all; of cases erased since as well."""
    repeats = [one for one in panel.hearings if one.is_repeat]
    number, of = len(repeats) + panel.erased.get("repeat", 0), len(panel.hearings) + sum(panel.erased.values())
    return share(number, of, behind=(one.case_id for one in repeats))


def households(panel: PanelYear) -> Found:
    """Cases heard: one victim-survivor with the same alleged perpetrators is one household."""
    return count(panel.cases, "households")


def partner_referral_rate(panel: PanelYear) -> Found:
    """Hearings whose referral did not come from the police, out of all with a referral on record."""
    police = {
        agency.id for agency in panel.session.scalars(
            select(Agency).where(
                Agency.partnership_id == panel.actor.partnership_id, Agency.return_heading == "police"
            )
        )
    }  # fmt: skip
    known = [one for one in panel.hearings if one.agency_id is not None]
    others = [one for one in known if one.agency_id not in police]
    return share(len(others), len(known), behind=(one.case_id for one in others))


def idva_contact_on_time(panel: PanelYear) -> Found:
    """First contacts by an IDVA inside their target, out of the referrals of heard cases that had such a clock."""
    query = (
        select(Referral.case_id, Deadline.due_at, Deadline.met_at)
        .join(Deadline, Deadline.subject_id == Referral.id)
        .where(Deadline.partnership_id == panel.actor.partnership_id, Deadline.rule == "idva_first_contact")
    )
    now = clock.now()
    ended = [row for row in panel.session.execute(query) if row[0] in panel.cases and (row[2] or row[1] < now)]
    late = [row[0] for row in ended if row[2] is None or row[2] > row[1]]
    return share(len(ended) - len(late), len(ended), behind=late)


def days_to_first_hearing(panel: PanelYear) -> Found:
    """Median days from the referral to its first hearing in the year."""
    waited = [
        (one.held_at - one.referred_at).total_seconds() / 86_400 for one in panel.first_hearings() if one.referred_at
    ]
    return middle(int(days) for days in waited if days >= 0)


def score_change(panel: PanelYear) -> Found:
    """Mean change of the matrix total from the first to the newest assessment of a case by the same version."""
    scores: dict[tuple[UUID, str], list[int]] = defaultdict(list)
    query = (
        select(*sealed_columns(Assessment, "risk"), Assessment.case_id, Assessment.checklist_version)
        .where(Assessment.partnership_id == panel.actor.partnership_id, Assessment.checklist == MATRIX)
        .order_by(Assessment.made_at)
    )
    rows = [row for row in panel.session.execute(query) if row[-2] in panel.cases]
    with access.apart():
        access.open_for("count", panel.actor.partnership_id, {row[-2] for row in rows})
        for row, opened in zip(rows, open_many(Assessment, "risk", rows), strict=True):
            if opened.get("score") is not None:
                scores[row[-2], row[-1]].append(opened["score"])
    changes = {case_id: held[-1] - held[0] for (case_id, _), held in scores.items() if len(held) > 1}
    value = round(mean(changes.values()), 1) if changes else None
    return Found(value, "points", behind=frozenset(changes))
