"""How a case reads: dates, tags, contact rules and tabs as the page's macros take them. Decides nothing."""

from typing import Any

from flask import url_for

from marac.services.casework.case_page import Head, NextStep
from marac.services.casework.case_tabs import Happened, PlanLine
from marac.services.casework.cases import CaseRow
from marac.services.casework.safe_contact import SafeContact
from marac.services.knowing.finding import Found
from marac.vocabulary import LIVE_ACTIONS, said
from marac.web.shell import (
    date_and_time,
    due_kind,
    due_words,
    initials,
    last_first,
    long_date,
    short_date,
    short_weekday,
)
from marac.workflows.hearing import record_of

TABS = ("summary", "people", "risk", "reviews", "powers", "incidents", "research", "actions", "panels", "sanctuary",
        "documents", "history")  # fmt: skip
OF_A_PANEL = ("reviews", "powers", "incidents")
OTHERS = "An action of another agency"
UNNAMED = "Name not open at this stage"
HAPPENED = {
    "case:read": "Looked at the case",
    "case:updated": "Changed what is recorded",
    "case:opened": "Case opened",
    "case:joined": "Joined with another case",
    "location:revealed": "Saw a hidden value",
    "incident:reported": "Told of a further incident",
    "action:assigned": "Action assigned",
    "action:chased": "Agency reminded",
    "research:asked": "Agencies asked for research",
    "person:linked": "Decided whether two people are the same",
    "person:matched": "Looked for matches",
    "minutes:noted": "Minutes written",
    "assessment:made": "Risk assessed again",
    "referral:started": "Referral started",
    "referral:filled": "Referral filled in",
    "referral:from_form": "Referral begun from a form",
    "paper:added": "Document added",
    "paper:read": "Document read",
    "paper:removed": "Document taken out",
    "case:reviewed": "Review recorded",
    "case:sided": "Changed which side an agency is on",
    "incident:recorded": "Incident recorded",
    "case:fall_due": "Review fell due",
    "case:close_over": "Closed over what was open",
    "case:reopen": "Opened again as a repeat",
    "case:list_urgently": "Urgent meeting called",
    "case:held": "Kept as it is",
    "case:hold_lifted": "No longer kept as it is",
    "case:chronicled": "Chronology read",
    "disclosure:linked": "Looked through for a request",
}


def frame(head: Head, tab: str) -> dict[str, Any]:
    """The parts above the content of every tab, in their order, for the macros of components/cases.html."""
    return {
        "person": person(head),
        "flags": [{"kind": kind, "text": text} for kind, text in head.flags],
        "rules": rules(head.contact, _update_url(head)),
        "tabs": [_tab(head, name, name == tab) for name in TABS if name not in OF_A_PANEL or name in head.offers],
    }


def person(head: Head) -> dict[str, Any]:
    """The identity area."""
    born = f"{long_date(head.born_on)} ({head.age})" if head.born_on else str(head.age or "")
    facts = [
        ("Born" if head.born_on else "Age", born), ("Children", "" if head.children is None else str(head.children)),
        (said(head.programme, "Alleged perpetrator"), head.feared),
        (record_of(head.programme).advocate, head.idva), (said(head.programme, "Risk checklist"), head.score),
    ]  # fmt: skip
    return {
        "name": head.name or UNNAMED,
        "ref": head.reference,
        "tags": [text for text in (_listed(head), *head.tags) if text],
        "facts": [{"term": term, "text": text} for term, text in facts if text],
    }


def rules(contact: SafeContact, update_url: str = "") -> dict[str, Any]:
    """The box that says how to contact safely."""
    who = f" by {contact.checked_by}" if contact.checked_by else ""
    ways = [{"method": way.channel.label, "answer": way.answer.label, "detail": way.detail} for way in contact.ways]
    return {
        "headline": contact.headline,
        "methods": ways,
        "lines": contact.lines,
        "checked": f"Checked {long_date(contact.checked_on)}{who}." if contact.checked_on else "",
        "stale": contact.stale,
        "update_url": update_url,
    }


def _listed(head: Head) -> str:
    """Listed Wed 12 Nov, item 4"""
    if head.next_meeting_at is None:
        return ""
    item = f", item {head.next_item}" if head.next_item else ""
    return f"Listed {short_weekday(head.next_meeting_at)}{item}"


def _update_url(head: Head) -> str:
    offered = "safe-contact" in head.offers
    return url_for("contacting.update_safe_contact", reference=head.reference) if offered else ""


def _tab(head: Head, name: str, current: bool) -> dict[str, Any]:
    end = "" if name == "summary" else f"/{name}"
    href = url_for("cases.summary", reference=head.reference) + end
    number = head.open_actions if name == "actions" else None
    return {"text": name.capitalize(), "href": href, "current": current, "count": number}


def list_row(row: CaseRow, hidden: bool) -> list[Any]:
    """A line of the list of cases; initials where names are hidden."""
    name = (initials(row.name) if hidden else last_first(row.name)) or "Name not open"
    return [
        {
            "text": name,
            "href": url_for("cases.summary", reference=row.reference),
            "note": ". ".join([row.reference, *row.marks]),
        },
        row.state.label,
        short_weekday(row.next_meeting_at) or "Not listed",
        short_date(row.last_heard_on) or "Not yet",
        row.open_actions,
        "Live" if row.flagged else "",
    ]


def contact_note(contact: SafeContact | None) -> str:
    """The rules in one line, behind what else a row says of a person."""
    return f". Safe contact: {contact.short}" if contact is not None else ""


def found_row(one: Found, contact: SafeContact | None) -> list[Any]:
    """A line of the results of a search."""
    name = last_first(one.name) or "Name not known"
    return [
        {
            "text": name,
            "href": url_for("cases.summary", reference=one.reference),
            "note": one.why + contact_note(contact),
        },
        "" if one.age is None else one.age,
        one.reference,
        one.role.label,
        short_date(one.last_heard_on) or "Not yet",
        short_weekday(one.next_meeting_at) or "Not listed",
    ]


def step_row(step: NextStep) -> dict[str, Any]:
    """What is due on the case, as the work list takes it."""
    return {
        "due": due_words(step.due_on),
        "kind": due_kind(step.due_on),
        "text": step.text or OTHERS,
        "href": url_for("actions.report", action_id=step.action_id),
        "note": step.agency,
    }


def plan_row(one: PlanLine) -> list[Any]:
    """A line of the action plan."""
    live = one.state in LIVE_ACTIONS
    return [
        {"text": one.text or OTHERS, "href": url_for("actions.report", action_id=one.id), "note": one.note},
        one.agency,
        due_words(one.due_on) if live else short_weekday(one.due_on),
        one.protects.label,
        {"text": one.state.label, "tag": "" if live else "quiet"},
    ]


def happened_row(one: Happened) -> dict[str, str]:
    """A line of the history."""
    words = HAPPENED.get(one.tag, one.tag.replace(":", " ").replace("_", " ").capitalize())
    text = f"{words}: {one.detail}" if one.detail else words
    return {"when": date_and_time(one.at), "who": one.who, "text": text}
