"""The frame that pages of a request in the field share: its stage, how to contact safely. Decides nothing."""

from typing import Any

from flask import render_template, request as asked

from marac import access
from marac.access import Actor
from marac.errors import NotFound
from marac.models import SanctuaryRequest
from marac.services.casework import safe_contact
from marac.services.sanctuary import lines
from marac.vocabulary import ProgrammeSlug, SanctuaryState as S
from marac.web import case_layout, signin, unit_of_work
from marac.web.forms.panels import read_time
from marac.web.shell import date_and_time, time_of_day
from marac.workflows.deadlines import london

Found = tuple[Any, Actor, SanctuaryRequest]


def opened(reference: str) -> Found:
    """Who asks, and the request if it is theirs to see; what its stage opens for them is open."""
    session, actor = unit_of_work.session(), signin.person()
    request = lines.get_request(session, actor, reference)
    access.open_request(actor, request)
    return session, actor, request


def with_works(reference: str) -> Found:
    """The same for a page about the works: for who may not read of them it is not there."""
    found = opened(reference)
    if "works" not in access.open_request(found[1], found[2]):
        raise NotFound
    return found


def page(template: str, found: Found, status: int = 200, **facts: Any) -> Any:
    """A page of a request, with the rules for contact on top (DA-14)."""
    session, actor, request = found
    contact = safe_contact.contact_of(session, request.case)
    rules = safe_contact.rules_of(contact, access.open_request(actor, request), ProgrammeSlug.SANCTUARY)
    own = {
        "reference": request.reference, "stage": request.state.label, "rules": case_layout.rules(rules),
        "stopped": request.state in (S.FROZEN, S.ON_HOLD), "back": f"/sanctuary/{request.reference}",
        "here": f"/sanctuary/{request.reference}", "state": request.state.value,
    }  # fmt: skip
    return render_template(template, **{**own, **facts}), 422 if _wrong(facts.get("form")) else status


def _wrong(form: Any) -> bool:
    return bool(form is not None and form.errors)


def wants_json() -> bool:
    """Whether a script of ours asks, that goes on with what it has."""
    return asked.accept_mimetypes.best == "application/json"


def moment(form: Any, day: str, hour: str) -> Any:
    """A day and a time of day from two boxes, on a London clock; None when either is missing."""
    from_box = form[day].data
    at = read_time(form[hour].data or "")
    return london(from_box, at) if from_box and at else None


def when(row: Any) -> str:
    """14 November 2025 at 9:30am to midday."""
    return f"{date_and_time(row.window_from)} to {time_of_day(row.window_until)}"
