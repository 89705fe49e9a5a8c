"""The frame that every page of a meeting shares: which parts of it this person has, and what may be done next."""

from typing import Any

from flask import render_template, request

from marac import access
from marac.access import Actor
from marac.models import Meeting
from marac.services import moving
from marac.services.meetings import panels
from marac.services.meetings.clashes import Clash
from marac.services.walls import declaring
from marac.vocabulary import MeetingKind, MeetingState, Permission as P
from marac.web import signin, unit_of_work
from marac.web.shell import short_weekday, time_of_day

WORDS = {
    "referral_cutoff": "Referrals close", "triage_decided": "Referrals decided", "agenda_published": "Agenda published",
    "research_requested": "Research asked for", "research_due": "Research returned",
    "research_chase_first": "First research reminder", "research_chase_last": "Last research reminder",
    "attendance_confirmed": "Attendance or deputy confirmed", "quorum_check": "Quorum checked",
    "victim_views_due": "Views recorded", "actions_published": "Actions out",
    "flag_and_tag_confirmed": "Flags confirmed", "victim_told": "Victim-survivor told the outcome",
    "minutes_issued": "Minutes circulated", "minutes_challenge_ends": "Corrections to the minutes end",
    "action_status_due": "Actions reported for the next panel",
}  # fmt: skip
BEFORE_DECLARING = frozenset({  # pages that tell of no case
    "declaring.declare", "moving_meetings.calendar", "moving_meetings.move", "moving_meetings.officers",
})  # fmt: skip
MARKS = {"done": ("Done", "done"), "overdue": ("Overdue", "stop"), "passed": ("Passed", "quiet"), "": ("", "")}


def clash_words(clash: Clash) -> str:
    """The room is taken (Wed 12 Nov, 9:30am)"""
    return f"{clash.words} ({short_weekday(clash.starts_at)}, {time_of_day(clash.starts_at)})"


def opened(reference: str) -> tuple[Any, Actor, Meeting]:
    """The session, the person and the meeting of this request, or NotFound; DeclarationNeeded but for a few."""
    session, actor = unit_of_work.session(), signin.person()
    meeting = panels.get_meeting(session, actor, reference)
    if request.endpoint not in BEFORE_DECLARING:
        declaring.require_declared(session, actor, meeting)
    return session, actor, meeting


def title_of(meeting: Meeting) -> str:
    """Wed 12 Nov, 9:30am"""
    return f"{short_weekday(meeting.starts_at)}, {time_of_day(meeting.starts_at)}"


def frame(actor: Actor, meeting: Meeting, current: str) -> dict[str, Any]:
    """What components around a meeting page need."""
    return {
        "meeting": meeting, "when": title_of(meeting), "tabs": tabs(actor, meeting, current),
        "steps": steps(actor, meeting),
    }  # fmt: skip


def steps(actor: Actor, meeting: Meeting) -> dict[str, str]:
    """What may be done to the meeting now: transition name -> label, from the table that enforces it."""
    return {step.name: step.label for step in moving.available(actor, meeting)}


def tabs(actor: Actor, meeting: Meeting, current: str) -> list[dict[str, Any]]:
    """The parts of a meeting that this person has."""
    base, runs = f"/panels/{meeting.reference}", access.holds(actor, P.MEETING_RUN)
    places = [("Overview", base)]
    if runs:
        places += [("Agenda", f"{base}/agenda"), ("Brief", f"{base}/brief"), ("Research", f"{base}/research")]
    elif access.holds(actor, P.RESEARCH_WRITE) and meeting.published_at:
        places.append(("Research", f"/research/{meeting.reference}"))
    if runs or access.holds(actor, P.RESEARCH_WRITE):
        places.append(("Outstanding", f"{base}/outstanding"))
    if runs:
        places.append(("Since last time", f"{base}/since-last"))
    if meeting.kind == MeetingKind.ASYNCHRONOUS and meeting.published_at:
        places.append(("Information", f"{base}/information"))
    places.append(("Attendance", f"{base}/attendance"))
    if runs and meeting.state in (MeetingState.IN_PROGRESS, MeetingState.HELD):
        places.append(("Run", f"{base}/run"))
    minutes = meeting.minutes
    if minutes is not None and (runs or (minutes.issued_at and access.holds(actor, P.MINUTES_READ))):
        places.append(("Minutes", f"{base}/minutes"))
    if access.holds(actor, P.RESEARCH_WRITE) or runs:
        places.append(("Documents", f"{base}/documents"))
    return [{"text": text, "href": href, "current": text == current} for text, href in places]


def page(template: str, actor: Actor, meeting: Meeting, current: str, **facts: Any) -> Any:
    """A page of a meeting; 422 when its form has errors."""
    form = facts.get("form")
    shown = render_template(template, **frame(actor, meeting, current), **facts)
    return shown, 422 if form is not None and form.errors else 200
