"""What the work will cost: a price and a funder for each line, VAT, quotes; the fire review before it is approved.

Refuses to send anything for approval that changes a way out without a recorded fire review (SAN-26).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken, WrongState
from marac.models import SanctuaryRequest
from marac.services.casework import naming
from marac.services.moving import advance, flush
from marac.services.sanctuary import lines as fitted
from marac.services.sanctuary.lines import LineShown
from marac.vocabulary import CostBand, Funder, Permission as P, SanctuaryState as S
from marac.workflows import works

COSTED = (S.SURVEY_DONE, S.FIRE_CONSULT, S.SPECIFICATION)
MOST_QUOTES = 5
NO_VAT = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What all lines come to in pounds: before VAT, VAT, with it; the band of the whole; what each funder pays."""

    net: Decimal
    vat: Decimal
    gross: Decimal
    band: CostBand
    by_funder: Mapping[Funder, Decimal]
    lines: int
    without_cost: int
    without_funder: int


def cost_of(session: Session, actor: Actor, request: SanctuaryRequest) -> Cost:
    """The cost as it stands, computed from the lines. Nothing where the stage opens no works."""
    return cost(fitted.list_lines(session, actor, request), vat_percent(request))


def cost_facts(session: Session, request: SanctuaryRequest) -> dict[str, Any]:
    """What the guards of a decision on the cost read, in pence with VAT. The request must be open."""
    lines = [fitted.shown(row) for row in fitted.list_rows(session, request)]
    review = dict(request.fire_review or {})
    return {
        "amount_pence": int(cost(lines, vat_percent(request)).gross * 100),
        "only_emergency_lines": bool(lines) and all(line.emergency for line in lines),
        "fire_review_needed": fitted.needs_fire_review(lines), "fire_advice": review.get("advice"),
        "fire_advised_on": review.get("advised_on"),
    }  # fmt: skip


def cost(lines: list[LineShown], percent: Decimal | None) -> Cost:
    """What these lines come to at a VAT rate; one that is not known yet counts as none."""
    priced = [(line, line.row.each * line.quantity) for line in lines if line.row.each is not None]
    net = works.total(amount for _, amount in priced)
    gross = works.with_vat(net, percent or NO_VAT)
    shares = {
        funder: works.with_vat(sum((amount for line, amount in priced if line.row.funder == funder), NO_VAT),
                               percent or NO_VAT)
        for funder in Funder
    }  # fmt: skip
    return Cost(
        net, gross - net, gross, works.band_of(gross), {one: share for one, share in shares.items() if share},
        len(lines), len(lines) - len(priced), sum(line.row.funder is None for line in lines),
    )  # fmt: skip


def vat_percent(request: SanctuaryRequest) -> Decimal | None:
    """The VAT rate as kept; None when nobody entered one."""
    return Decimal(request.vat) if request.vat else None


def save_costs(session: Session, actor: Actor, request: SanctuaryRequest, typed: Mapping[str, Any]) -> None:
    """`lines`: id -> (price of one, funder); vat; quotes: [(who, how much)]; no_quote_why. RuleBroken by field."""
    _costed(actor, request)
    asked: Mapping[str, tuple[str, str]] = typed.get("lines", {})
    for row in fitted.list_rows(session, request):
        each, funder = asked.get(row.id.hex, ("", ""))
        row.each = works.pounds(each, f"each-{row.id.hex}") if each.strip() else None
        row.funder = Funder(funder) if funder in tuple(Funder) else None
    percent = works.pounds(str(typed.get("vat") or "0"), "vat")
    if percent > 100:
        raise RuleBroken("vat", "Enter a rate from 0 to 100")
    request.vat = str(percent)
    quotes = [(who.strip(), amount) for who, amount in typed.get("quotes", ()) if who.strip()][:MOST_QUOTES]
    request.quotes = [{"from": who, "pounds": str(works.pounds(amount, "quotes"))} for who, amount in quotes]
    request.no_quote_why = str(typed.get("no_quote_why") or "").strip()
    audit.record(session, actor, "works:costed", request)
    flush(session)


def specify(session: Session, actor: Actor, request: SanctuaryRequest) -> None:
    """No line changes a way out: from the survey straight to the specification."""
    lines = fitted.list_lines(session, actor, request)
    if fitted.needs_fire_review(lines):
        raise RuleBroken("fire", "Ask for the fire review first. A line changes a way out of the home")
    advance(session, actor, request, "specify")


def ask_fire_review(session: Session, actor: Actor, request: SanctuaryRequest) -> None:
    """The fire brigade is asked; the day is kept."""
    access.open_request(actor, request)
    advance(session, actor, request, "ask_fire_review")
    request.fire_review = {"asked_on": clock.today().isoformat()}
    flush(session)


def record_fire_review(
    session: Session, actor: Actor, request: SanctuaryRequest, *, advice: str, adviser: str, advised_on: date | None,
    visit_on: date | None = None, alarms: str = "",
) -> None:  # fmt: skip
    """What the fire brigade said, when, and whether alarms were fitted; on to the specification (SAN-26)."""
    access.open_request(actor, request)
    if advised_on is not None and advised_on > clock.today():
        raise RuleBroken("advised_on", "The date must be today or earlier")
    review = {
        **dict(request.fire_review or {}), "advice": advice.strip(), "adviser": adviser.strip(), "alarms": alarms,
        "advised_on": advised_on.isoformat() if advised_on else "",
        "visit_on": visit_on.isoformat() if visit_on else "",
        "recorded_by": naming.signature(session, actor),
    }  # fmt: skip
    facts = {"fire_review_needed": True, "fire_advice": review["advice"], "fire_advised_on": advised_on}
    advance(session, actor, request, "record_fire_review", **facts)
    request.fire_review = review
    flush(session)


def facts_for_approval(session: Session, actor: Actor, request: SanctuaryRequest) -> dict[str, Any]:
    """What the guards of an approval read."""
    cost_now = cost_of(session, actor, request)
    return {
        **cost_facts(session, request), "lines": cost_now.lines, "lines_without_cost": cost_now.without_cost,
        "lines_without_funder": cost_now.without_funder, "vat_percent": vat_percent(request),
        "quotes": list(request.quotes or ()), "no_quote_reason": request.no_quote_why,
    }  # fmt: skip


def send_for_approval(session: Session, actor: Actor, request: SanctuaryRequest) -> None:
    """The specification is whole: to whoever holds the budget (SAN-27)."""
    access.open_request(actor, request)
    advance(session, actor, request, "send_for_approval", **facts_for_approval(session, actor, request))


def to_price(lines: list[LineShown]) -> list[tuple[UUID, str, str, str]]:
    """Id, words, price as typed and funder of each line, for the form."""
    return [
        (line.id, line.words, "" if line.row.each is None else str(line.row.each), line.row.funder or "")
        for line in lines
    ]


def _costed(actor: Actor, request: SanctuaryRequest) -> None:
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    if request.state not in COSTED:
        raise WrongState(f"a cost is not written when {request.state}")
