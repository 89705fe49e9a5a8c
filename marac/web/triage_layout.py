"""What a coordinator reads while deciding, in the order they read it; and clocks, meetings and matches in words."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from marac import clock
from marac.models import Assessment, Case, Referral
from marac.services import local
from marac.services.casework import assessments, risk_tools
from marac.services.deciding import repeats
from marac.services.deciding.listing import Choice
from marac.services.knowing.matching import Match
from marac.web import referral_layout, risk_layout
from marac.web.forms import triage as forms
from marac.web.referral_words import LABELS
from marac.web.shell import count, short_date, short_weekday, time_of_day
from marac.workflows.deadlines import is_working_day

READ_IN = ("reason", "person", "other-person", "children", "safe-contact", "sharing", "risk", "referrer", "equality")
ANSWERS = {"yes": "Yes", "no": "No", "not_known": "Not known"}
INCIDENT = (
    ("told_by", "Who told them"), ("danger_now", "Is anyone in danger now"),
    ("contact_still_safe", "Is contact still safe as before"), ("children_present", "Were children there"),
    ("would_be_crime", "Would this be a crime"),
)  # fmt: skip


def told(session: Any, referral: Referral, opened: Collection[str]) -> dict[str, Any]:
    """The referral for reading beside the decision: urgency, reasons, score and red flags first, then its parts."""
    parts = {part["task"]: _part(part) for part in referral_layout.sections(session, referral, opened)}
    order = [*READ_IN, *(key for key in parts if key not in READ_IN)]
    ways_in = risk_tools.ways_in(session, referral)
    return {
        "incident": [
            {"key": label, "value": ANSWERS.get(value, value)} for name, label in INCIDENT
            if (value := getattr(referral, name))
        ],
        "criteria": [label for word, label in ways_in if word in (referral.criteria or ())],
        "score": score_words(session, referral),
        "red_flags": red_flags(session, referral),
        "sections": [parts[key] for key in order if key in parts and parts[key]["rows"]],
    }  # fmt: skip


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """A part under the title that a coordinator reads, without the reasons, which stand above it."""
    if part["task"] != "reason":
        return part
    rows = [row for row in part["rows"] if row["key"] != LABELS["criteria"]]
    return {**part, "title": "What happened and what they want", "rows": rows}


def score_words(session: Any, referral: Referral) -> list[str]:
    """Each checklist as a count and never a verdict: DASH: 16 yes, 2 not known."""
    found = []
    for one in assessments.of_referral(session, referral):
        tool = risk_tools.version_of(session, one)
        if tool is not None and tool.rule == "weighted_sum":
            found.append(f"{tool.name}: {', '.join(_sum_words(session, referral, one))}")
            continue
        name, yes = tool.name if tool else one.checklist, "no score" if one.score is None else f"{one.score} yes"
        found.append(f"{name}: {yes}" + (f", {one.unknown} not known" if one.unknown else ""))
    return found


def _sum_words(session: Any, referral: Referral, one: Assessment) -> list[str]:
    """A sum of its most, how far it could rise, its band, and a professional's grade over it (CM-5)."""
    made = assessments.score_in(session, referral, one)
    rise = [f"{made.unknown} not known, could rise to {made.could_rise_to}"] if made.unknown else []
    over = [f"graded {one.professional_grade.label.lower()} by judgement"] if one.professional_grade else []
    return [f"{made.score} of {made.max}", *([made.band] if made.band else []), *rise, *over]


def red_flags(session: Any, referral: Referral) -> list[str]:
    """What stands out whatever the score, as the checklists name it."""
    made = [(risk_tools.version_of(session, one), one) for one in assessments.of_referral(session, referral)]
    flags = [flag for tool, one in made for flag in risk_layout.flags_of(tool, one.red_flags or ())]
    return list(dict.fromkeys(flags))


def clock_words(session: Any, referral: Referral) -> str:
    """Decide by Tues 24 Nov, 5pm: 1 working day left. Or by how much it is overdue, in words."""
    due = referral.decide_by_at
    if due is None:
        return "No date to decide by"
    by = f"Decide by {short_weekday(due)}, {time_of_day(due)}"
    left = working_days(session, referral, clock.now(), due)
    if due < clock.now():
        late = working_days(session, referral, due, clock.now())
        long = f" by {count(late, 'working day')}" if late else ""
        return f"Overdue{long}: it was to be decided by {by.removeprefix('Decide by ')}"
    return f"{by}: {count(left, 'working day')} left" if left else f"{by}: today is the last day"


def working_days(session: Any, referral: Referral, since: datetime, until: datetime) -> int:
    """Whole working days between two moments, the first day not counted."""
    closed = local.closures(session, referral.partnership_id)
    day, last = clock.to_london(since).date(), clock.to_london(until).date()
    days = [day + timedelta(days=number) for number in range(1, (last - day).days + 1)]
    return sum(is_working_day(one, closed) for one in days)


def links(session: Any, form: Any, matches: Sequence[Match]) -> list[tuple[Match, Any, list[str]]]:
    """Each match with its radios and both clocks in words."""
    cases = {match.case_id: session.get(Case, match.case_id) for match in matches}
    return [
        (match, radios, [clock_line(one) for one in repeats.clocks(session, cases[match.case_id])])
        for match, radios in forms.link_fields(form, matches)
    ]


def clock_line(one: repeats.Clock) -> str:
    """Last referral 3 Mar 2026: a repeat until 3 Mar 2027, 101 days left."""
    if one.since_on is None or one.days_left is None:
        return f"{one.name}: never" if one.name == "Last heard" else f"{one.name}: not recorded"
    words = f"{one.name} {short_date(one.since_on)}: a repeat up to and on {short_date(one.last_day)}"
    if one.days_left > 0:
        return f"{words}, {count(one.days_left, 'day')} left"
    return (
        f"{words}, today is the last day" if one.days_left == 0 else f"{words}, over for {count(-one.days_left, 'day')}"
    )


def counts_words(session: Any, case: Case) -> str:
    """What counts as a repeat here today."""
    if repeats.narrow(session, case):
        return "A repeat here is a further incident that would be a crime."
    return "A repeat here is any abuse between the same people, whether or not it is a crime."


def late(meetings: Sequence[Choice]) -> set[str]:
    """The meetings whose cut-off has passed."""
    return {str(meeting.id) for meeting in meetings if meeting.late}
