"""The annual partnership report: every figure of a financial year with its definition, source and last year's value.

Computed figures are counted from the records each time; typed ones carry who gave them and where from (REP-47, REP-52).
A published year keeps its figures, and what differs since is listed beside them (REP-48). Totals only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import EnteredFigure, PublishedYear
from marac.reports import of_agencies, of_panels, of_sanctuary
from marac.reports.figures import Found, Number
from marac.reports.of_agencies import AgencyYear
from marac.reports.of_panels import COMMUNITY, DA, PanelYear
from marac.reports.of_sanctuary import SchemeYear
from marac.vocabulary import Permission as P
from marac.workflows.annual_figures import Definition, definitions
from marac.workflows.financial_year import Year

_DA: dict[str, Callable[[PanelYear], Found]] = {
    "da_people_heard": of_panels.people_heard, "da_hearings": of_panels.hearings,
    "da_repeat_rate": of_panels.repeat_rate, "da_households": of_panels.households,
    "da_partner_referral_rate": of_panels.partner_referral_rate,
    "da_idva_contact_on_time": of_panels.idva_contact_on_time,
}  # fmt: skip
_COMMUNITY: dict[str, Callable[[PanelYear], Found]] = {
    "cm_people_supported": of_panels.people_supported, "cm_people_causing_harm": of_panels.people_causing_harm,
    "cm_hearings": of_panels.hearings, "cm_days_to_first_hearing": of_panels.days_to_first_hearing,
    "cm_score_change": of_panels.score_change,
}  # fmt: skip
_SCHEME: dict[str, Callable[[SchemeYear], Found]] = {
    "sanctuary_referrals": of_sanctuary.referrals, "sanctuary_eligible": of_sanctuary.eligible,
    "sanctuary_surveyed": of_sanctuary.surveyed, "sanctuary_signed_off": of_sanctuary.signed_off,
    "sanctuary_stayed_home": of_sanctuary.stayed_home, "sanctuary_stayed_3m": of_sanctuary.stayed_3m,
    "sanctuary_stayed_6m": of_sanctuary.stayed_6m, "sanctuary_unreachable": of_sanctuary.unreachable,
    "sanctuary_days": of_sanctuary.days, "design_out_referrals": of_sanctuary.security_visits,
    "environmental_visual_audits": of_sanctuary.visual_audits,
}  # fmt: skip
_AGENCIES: dict[str, Callable[[AgencyYear], Found]] = {
    "actions_on_time": of_agencies.actions_on_time, "research_on_time": of_agencies.research_on_time,
    "attendance_core": of_agencies.attendance_core,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """A figure as its owner gave it."""

    value: Number
    source: str
    period: str
    given_on: date
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report. `found` is None where nobody has given a figure yet: that is not 0."""

    of: Definition
    found: Found | None
    typed: Typed | None
    last_year: Number | None
    published: Number | None

    @property
    def value(self) -> Number | None:
        """The figure itself."""
        return self.found.value if self.found else None

    @property
    def source(self) -> str:
        """How the figure came about: "computed", or "entered"."""
        return "entered" if self.typed or not self.of.computed else "computed"

    @property
    def changed(self) -> bool:
        """Whether the figure differs from the one that was published."""
        return self.published is not None and self.published != self.value


@dataclass(frozen=True, slots=True)
class Version:
    """A year as it was published: which version, when, and its figures."""

    number: int
    published_at: datetime
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """A year's figures in the order of the report."""

    year: Year
    lines: dict[str, Line]
    published: Version | None


def partnership_report(session: Session, actor: Actor, year: Year, today: date) -> Report:
    """The report of a year. NotAllowed unless the reader may read reports."""
    access.require_holds(actor, P.REPORT_READ)
    found, before = computed(session, actor, year, today), computed(session, actor, year.before(), today)
    given, given_before = typed(session, actor, year), typed(session, actor, year.before())
    published = latest_published(session, actor, year)
    as_published = published.figures if published else {}
    lines = {}
    for key, of in definitions().items():
        (mine, own), (last, _) = _of(of, found, given), _of(of, before, given_before)
        lines[key] = Line(of, mine, own, last.value if last else None, as_published.get(key))
    return Report(year, lines, published)


def computed(session: Session, actor: Actor, year: Year, today: date) -> dict[str, Found]:
    """What is counted from the records of a year: each table is read once for all figures that come of it."""
    da, community = (PanelYear(session, actor, programme, year) for programme in (DA, COMMUNITY))
    scheme, agencies = SchemeYear(session, actor, year, today), AgencyYear(session, actor, year)
    return {
        **{key: of(da) for key, of in _DA.items()},
        **{key: of(community) for key, of in _COMMUNITY.items()},
        **{key: of(scheme) for key, of in _SCHEME.items()},
        **{key: of(agencies) for key, of in _AGENCIES.items()},
    }


def typed(session: Session, actor: Actor, year: Year) -> dict[str, Typed]:
    """The newest figure of each key that was typed for a year."""
    query = (
        select(EnteredFigure)
        .where(EnteredFigure.partnership_id == actor.partnership_id, EnteredFigure.year == year.first_on.year)
        .order_by(EnteredFigure.entered_at)
    )
    return {
        row.key: Typed(number(row.value), row.source, row.period, row.given_on, row.facts)
        for row in session.scalars(query)
    }


def latest_published(session: Session, actor: Actor, year: Year) -> Version | None:
    """The newest version of a year that was published."""
    query = (
        select(PublishedYear)
        .where(PublishedYear.partnership_id == actor.partnership_id, PublishedYear.year == year.first_on.year)
        .order_by(PublishedYear.number.desc())
        .limit(1)
    )
    row = session.scalar(query)
    return Version(row.number, row.published_at, row.figures) if row else None


def kept(report: Report) -> dict[str, Number]:
    """The figures as they are published: those that there are."""
    return {key: line.value for key, line in report.lines.items() if line.value is not None}


def behind(line: Line) -> frozenset[UUID]:
    """The ids of the cases or requests that a computed figure was counted from."""
    return line.found.behind if line.found else frozenset()


def number(text: str) -> Number:
    """A typed number: whole where it is whole."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _of(of: Definition, found: dict[str, Found], given: dict[str, Typed]) -> tuple[Found | None, Typed | None]:
    """What was counted, or what was typed where nothing can be counted or nothing of the kind was recorded."""
    counted = found.get(of.key)
    if counted is not None and (counted.value or not of.fallback):
        return counted, None
    own = given.get(of.key)
    return (Found(own.value, of.unit), own) if own else (counted if of.computed and not of.fallback else None, None)
