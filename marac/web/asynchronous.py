"""A meeting without a room: what agencies posted, and the button that opens it; and what every meeting notes first."""

from typing import Any

from flask import Blueprint, flash, redirect

from marac import access
from marac.errors import RuleBroken
from marac.services.meetings import asynchronous, since_last
from marac.vocabulary import Permission as P
from marac.web.meeting_layout import opened, page
from marac.web.shell import count

bp = Blueprint("asynchronous", __name__)


@bp.get("/panels/<reference>/information")
def board(reference: str) -> Any:
    """What was posted, case by case, as far as it is open to this person."""
    session, actor, meeting = opened(reference)
    found = asynchronous.view_board(session, actor, meeting)
    return page("panels/information.html", actor, meeting, "Information", board=found, agree=found.agrees)


@bp.post("/panels/<reference>/information/open")
def open_information(reference: str) -> Any:
    """Open what was posted so far to the agencies that agreed."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_RUN, meeting)
    try:
        number = asynchronous.open_information(session, actor, meeting)
    except RuleBroken as problem:
        flash(problem.message, "error")
    else:
        flash(f"{count(number, 'answer')} opened to the agencies that agreed.", "success")
    return redirect(f"/panels/{reference}/information", code=303)


@bp.get("/panels/<reference>/since-last")
def since(reference: str) -> Any:
    """Put off, emergencies, transfers, and cases reaching twelve months."""
    session, actor, meeting = opened(reference)
    found = since_last.view_since_last(session, actor, meeting)
    return page("panels/since_last.html", actor, meeting, "Since last time", found=found, death=since_last.DEATH)
