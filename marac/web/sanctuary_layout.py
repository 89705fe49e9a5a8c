"""A Sanctuary request as its pages' macros take it: rows, dates in words, the next step, the ways out."""

from typing import Any

from flask import url_for

from marac.models import AddressFlag, SanctuaryRequest
from marac.services.casework import naming
from marac.services.sanctuary import page as pages
from marac.services.sanctuary.board import Line
from marac.services.sanctuary.clocks import Reading
from marac.services.sanctuary.page import Part, RequestPage
from marac.vocabulary import SanctuaryPriority, SanctuaryState as S
from marac.web.shell import date_and_time, due_words, last_first, long_date
from marac.workflows.sanctuary_guards import AGREED

SHOWN = "shown"  # a page that is there for whoever sees the request
# The next step of a stage, for who may take it: the transition it needs, its words, its address under the request.
NEXT: dict[S, tuple[tuple[str, str, str], ...]] = {
    S.SUBMITTED: (("triage", "Start triage", "do/begin"),),
    S.IN_TRIAGE: (("ask_landlord", "Triage", "triage"),),
    S.AWAITING_INFORMATION: (("answer", "Answer the question", "do/answer"), ("take_up", "Triage", "triage")),
    S.LANDLORD_PERMISSION: (("ask_landlord", "Landlord", "landlord"), ("take_up", "Landlord permission", "landlord"),
                            ("book_survey", "Book the survey", "visit")),
    S.SURVEY_BOOKED: (("record_survey", "Survey the home", "survey"),),
    S.SURVEY_DONE: (("specify", "Works and cost", "works"), ("ask_fire_review", "Works and cost", "works")),
    S.FIRE_CONSULT: (("record_fire_review", "Record the fire review", "fire-review"),),
    S.SPECIFICATION: (("send_for_approval", "Works and cost", "works"),),
    S.APPROVAL: (("approve", "Decide the cost", "approval"),),
    S.WORKS_ORDERED: (("install", "Order the works", "works"),),
    S.INSTALLED: (("ask_sign_off", "Works: what was fitted", "works"),),
    S.SIGN_OFF: (("sign_off", "Sign off with the resident", "sign-off"),),
    S.SAFETY_PLAN_AND_MARKERS: (("begin_follow_up", "Safety plan and flags", "safety-plan"),),
    S.FOLLOW_UP: ((SHOWN, "Follow-ups", "follow-ups"), ("close", "Close", "do/close")),
    S.INELIGIBLE: (("close_unsuitable", "Close: told in writing", "do/close-unsuitable"),),
}  # fmt: skip
EXITS = (
    ("freeze", "The person causing harm is there, has a key or may enter", "freeze"),
    ("withdraw", "They no longer want this", "withdraw"), ("report_moved", "They have moved", "moved"),
    ("report_refuge", "They went to refuge", "refuge"), ("report_died", "They have died", "died"),
    ("hold", "Put on hold", "hold"), ("mark_duplicate", "Same as another request", "duplicate"),
    ("decline", "Not suitable", "decline"),
)  # fmt: skip
AFTER = (
    ("resume", "Go on where it stopped", "do/resume"), ("close_stopped", "Close", "do/close-stopped"),
    ("end_measures", "End: what comes back, flags and keys", "end"),
)  # fmt: skip
PLACES = {"triage": "triage", "landlord": "landlord", "survey": "survey", "works": "works", "approval": "approval",
          "sign-off": "sign-off", "flags": "flags", "follow-ups": "follow-ups", "letters": "letters"}  # fmt: skip
NEEDS = {
    "triage": {"risk"}, "landlord": {"works"}, "survey": {"works"}, "works": {"works"}, "approval": {"works"},
    "sign-off": {"works"}, "flags": {"works"}, "follow-ups": {"works"}, "letters": {"documents", "works"},
}  # fmt: skip
TAGS = {SanctuaryPriority.EMERGENCY: "stop", SanctuaryPriority.URGENT: "care", SanctuaryPriority.STANDARD: ""}


def row(line: Line) -> list[Any]:
    """One request on the list."""
    who = last_first(line.name) if line.name else f"Request {line.reference}"
    return [
        {"text": who, "href": url_for("sanctuary.show", reference=line.reference), "note": line.reference},
        {"text": line.state.label, "tag": "stop" if line.state == S.FROZEN else ""},
        {"text": line.priority.label, "tag": TAGS[line.priority]},
        days(line.days), due(line), line.agency,
    ]  # fmt: skip


def days(number: int) -> str:
    """Whole days in words."""
    return "Today" if number == 0 else f"{number} day" if number == 1 else f"{number} days"


def due(line: Line) -> Any:
    """The target of a stage in words."""
    if line.paused:
        return "Clock stopped"
    if line.due_at is None:
        return "No target"
    words = due_words(line.due_at)
    return {"text": words, "tag": "stop"} if line.late else words


def page(session: Any, shown: RequestPage) -> dict[str, Any]:
    """Everything on the page of one request beyond what all its pages share."""
    request, here = shown.request, url_for("sanctuary.show", reference=shown.request.reference)
    return {
        "name": shown.name, "address": shown.address, "priority": request.priority.label,
        "priority_tag": TAGS[request.priority], "owner": shown.owner or shown.stage_owner, "agency": shown.agency,
        "clock": clock_words(shown.reading), "whole": due_words(shown.whole_due) if shown.whole_due else "",
        "next_steps": _links(here, shown, _next(request)), "exits": _links(here, shown, EXITS),
        "after": _links(here, shown, AFTER), "tasks": [_task(here, shown, part) for part in shown.parts],
        "details": pages.details(session, request, shown.opened).items(), "parent": shown.parent,
        "frozen": request.state == S.FROZEN, "refers": shown.refers, "to_write": shown.to_write,
        "notice": dict(request.notice or {}) if "documents" in shown.opened else {},
        "question": dict(request.question or {}) if "documents" in shown.opened else {},
        "old_targets": [f"{one.stage.label}: was due {date_and_time(one.due_at)}" for one in shown.old_targets
                        if one.due_at],
        "raised_by": shown.triage.raised_by if shown.triage else (),
    }  # fmt: skip


def clock_words(reading: Reading | None) -> list[str]:
    """How long in this stage, how long it stood still, and until when."""
    if reading is None:
        return []
    words = [f"{days(reading.days)} in this stage"]
    if reading.due_at is not None and reading.paused_why is None:
        words.append(f"{'Past its target: ' if reading.late else 'Target: '}{due_words(reading.due_at)}")
    if reading.paused.total_seconds() >= 60:
        words.append(f"Clock stopped for {days(reading.paused.days).lower()}, ran for {days(reading.running.days)}")
    if reading.paused_why is not None:
        words.append(f"Clock stopped now: {reading.paused_why.label.lower()}")
    return words


def _next(request: SanctuaryRequest) -> tuple[tuple[str, str, str], ...]:
    """The next steps of the stage; once the landlord has agreed, the survey comes first."""
    steps = NEXT.get(request.state, ())
    agreed = request.landlord is not None and request.landlord.state in AGREED
    return tuple(reversed(steps)) if request.state == S.LANDLORD_PERMISSION and agreed else steps


def _links(here: str, shown: RequestPage, rows: tuple[tuple[str, str, str], ...]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for step, text, path in rows:
        if step in shown.offers or step == SHOWN:
            found.setdefault(path, {"text": text, "href": f"{here}/{path}", "press": path in PRESSED})
    return list(found.values())


PRESSED = ("do/begin", "do/close", "do/resume", "do/close-stopped", "do/close-unsuitable")


def _task(here: str, shown: RequestPage, part: Part) -> dict[str, str]:
    theirs = {"triage": shown.decides, "letters": shown.decides, "sign-off": shown.surveys}.get(part.key, True)
    open_here = NEEDS[part.key] <= shown.opened and theirs
    return {
        "text": part.text, "status": part.status, "tag": part.tag,
        "href": f"{here}/{PLACES[part.key]}" if open_here else "",
    }  # fmt: skip


def case_row(request: SanctuaryRequest) -> list[Any]:
    """One request on the tab of a case."""
    return [
        {"text": request.reference, "href": url_for("sanctuary.show", reference=request.reference)},
        request.state.label, request.priority.label, long_date(request.started_at),
    ]  # fmt: skip


def flag_row(session: Any, flag: AddressFlag) -> dict[str, Any]:
    """One mark on an address."""
    return {
        "id": str(flag.id), "reference": flag.request.reference, "state": flag.state, "label": flag.state.label,
        "agency": naming.agency_names(session, flag.partnership_id)[flag.agency_id],
        "asked": long_date(flag.asked_at), "placed": long_date(flag.placed_at) if flag.placed_at else "",
        "review": long_date(flag.review_on) if flag.review_on else "", "stage": flag.request.state.label,
    }  # fmt: skip
