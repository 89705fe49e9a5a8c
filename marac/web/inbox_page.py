"""The page of referrals: what waits for a decision with its age and clock, drafts, what was sent and how it stands."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import render_template, request

from marac import access, clock
from marac.access import Actor
from marac.services import local
from marac.services.deciding import triage
from marac.services.referring import inbox, outside_referrers, referrals
from marac.services.referring.inbox import ReferralLine
from marac.vocabulary import Permission as P, ProgrammeSlug, ReferralState
from marac.web.shell import count, due_words, last_first, short_weekday
from marac.workflows.deadlines import is_working_day, london

OPENS, CLOSES = time(9), time(17)
TAGS = {ReferralState.SUBMITTED: "care", ReferralState.RETURNED: "care", ReferralState.ACCEPTED: "done",
        ReferralState.DRAFT: "quiet"}  # fmt: skip


def page(session: Any, actor: Actor) -> Any:
    """What waits (those who decide), one's drafts, and how what was sent stands; by programme and state if asked."""
    programme = next((one for one in ProgrammeSlug if one.value == request.args.get("programme")), None)
    state = next((one for one in ReferralState if one.value == request.args.get("state")), None)
    asked: dict[str, Any] = {"programme": programme, "state": state}
    lists = {name: inbox.list_referrals(session, actor, name, **asked) for name in ("waiting", "drafts", "sent")}
    lists["decided"] = inbox.list_referrals(session, actor, "decided", most=20, **asked)
    closed = local.closures(session, actor.partnership_id)
    return render_template(
        "referrals/list.html", rows={name: [row(one, closed) for one in lines] for name, lines in lists.items()},
        overdue=sum(one.overdue for one in lists["waiting"]), decides=triage.may_decide(actor),
        starts=referrals.may_start(actor), last_decided_at=inbox.last_decided_at(session, actor),
        programmes=[one for one in ProgrammeSlug if one in actor.programmes], states=list(ReferralState),
        programme=programme, state=state, invites=outside_referrers.may_invite(actor),
        joins=access.holds(actor, P.PERSON_LINK),
    )  # fmt: skip


def row(one: ReferralLine, closed: frozenset[Any]) -> list[Any]:
    """Received, from, name, reasons, flags, status, how long it has waited or by when it is due."""
    return [
        {"text": last_first(one.name) or one.reference, "href": f"/referrals/{one.reference}",
         "note": one.reference if one.name else ""},
        short_weekday(one.submitted_at) or "Not sent",
        one.agency,
        ", ".join(criterion.label for criterion in one.criteria),
        {"text": _flags(one), "tag": "stop"} if one.urgent else _flags(one),
        {"text": one.state.label, "tag": TAGS.get(one.state, "")},
        {"text": age_words(one, closed), "note": due_words(one.decide_by_at) if _waits(one) else ""},
    ]  # fmt: skip


def age_words(one: ReferralLine, closed: frozenset[Any]) -> str:
    """How long it has waited, in working hours; what was decided says on which day."""
    if one.decided_at:
        return f"Decided {short_weekday(one.decided_at)}"
    since = one.submitted_at or one.started_at
    return count(working_hours(since, clock.now(), closed), "working hour")


def working_hours(since: datetime, until: datetime, closed: frozenset[Any]) -> int:
    """Whole hours between 9am and 5pm on working days from one moment to another."""
    day, last, seconds = clock.to_london(since).date(), clock.to_london(until).date(), 0.0
    while day <= last:
        if is_working_day(day, closed):
            begins, ends = max(since, london(day, OPENS)), min(until, london(day, CLOSES))
            seconds += max((ends - begins).total_seconds(), 0)
        day += timedelta(days=1)
    return int(seconds // 3600)


def _flags(one: ReferralLine) -> str:
    red = count(one.red_flags, "red flag") if one.red_flags else ""
    kind = one.kind.label if one.submitted_at else ""
    return ", ".join(part for part in ("Urgent" if one.urgent else "", kind, red) if part)


def _waits(one: ReferralLine) -> bool:
    return one.state in inbox.UNDECIDED and one.decide_by_at is not None
