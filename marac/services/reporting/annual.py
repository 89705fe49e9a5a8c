"""Figures that only their owner can give, with their source, and the publishing of a year. Refuses a computed one."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import EnteredFigure, PublishedYear
from marac.vocabulary import Permission as P
from marac.workflows.annual_figures import definitions
from marac.workflows.financial_year import Year


def enter_figure(
    session: Session, actor: Actor, year: Year, key: str, *, value: str, source: str, period: str, given_on: date,
    facts: Mapping[str, Any] | None = None,
) -> EnteredFigure:  # fmt: skip
    """Keep a figure with where it came from; an earlier one of the same year stays in the list behind it (REP-52).

    NotFound for a figure that is computed or unknown; RuleBroken beside the box for a value without a source.
    """
    access.require_holds(actor, P.REPORT_ENTER)
    of = definitions().get(key)
    if of is None or not of.is_typed:
        raise NotFound
    typed = _typed(value)
    if of.unit == "percent" and float(typed) > 100:
        raise RuleBroken("value", "A percentage is from 0 to 100")
    if len(source.strip()) < 3:
        raise RuleBroken("source", "Say which document or register the figure comes from")
    if given_on > clock.today():
        raise RuleBroken("given_on", "The date the figure was given must be today or in the past")
    row = EnteredFigure(
        partnership_id=actor.partnership_id,
        year=year.first_on.year,
        key=key,
        value=typed,
        facts=dict(facts or {}),
        source=source.strip()[:200],
        period=(period.strip() or year.label)[:80],
        given_on=given_on,
        entered_by_id=actor.user_id,
        entered_at=clock.now(),
    )
    session.add(row)
    audit.record(session, actor, "report:entered", figure=key, year=year.first_on.year)
    return row


def publish_year(
    session: Session, actor: Actor, year: Year, figures: Mapping[str, Any], *, disagreeing: Sequence[str]
) -> PublishedYear:
    """Keep the figures of a year as the report has them now, under the next version number (REP-48).

    RuleBroken while the year is not over, sentences between its figures do not hold, or nothing has changed.
    """
    access.require_holds(actor, P.REPORT_PUBLISH)
    access.require_step_up(actor)
    if year.to_date:
        raise RuleBroken("year", f"{year.label} is not over. It can be published from 1 April")
    if disagreeing:
        raise RuleBroken("year", f"These figures do not agree: {'; '.join(disagreeing)}")
    before = session.scalar(
        select(PublishedYear)
        .where(PublishedYear.partnership_id == actor.partnership_id, PublishedYear.year == year.first_on.year)
        .order_by(PublishedYear.number.desc())
    )
    if before is not None and before.figures == dict(figures):
        raise RuleBroken("year", "Nothing has changed since the version that was published")
    row = PublishedYear(
        partnership_id=actor.partnership_id, year=year.first_on.year, number=before.number + 1 if before else 1,
        figures=dict(figures), published_by_id=actor.user_id, published_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "report:published", row, year=year.first_on.year, number=row.number)
    return row


def _typed(value: str) -> str:
    """A number as people write it, kept bare: 3,000,000 or £98.5 or 98%."""
    bare = re.sub(r"[,\s£]", "", value).removesuffix("%")
    if not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", bare):
        raise RuleBroken("value", "Enter a number, such as 657 or 98.5")
    return bare
