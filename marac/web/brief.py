"""The chair's brief: one case a page, on screen and on paper."""

from typing import Any

from flask import Blueprint

from marac import access
from marac.errors import NotFound
from marac.services.meetings import brief
from marac.vocabulary import Permission as P
from marac.web.meeting_layout import opened, page

bp = Blueprint("brief", __name__)


@bp.get("/panels/<reference>/brief")
def read_all(reference: str) -> Any:
    """Every case, one page each when printed."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_RUN, meeting)
    return page("panels/brief.html", actor, meeting, "Brief", cases=brief.view_brief(session, actor, meeting))


@bp.get("/panels/<reference>/brief/<int:number>")
def read(reference: str, number: int) -> Any:
    """One case, with the next and the one before by keyboard."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_RUN, meeting)
    cases = brief.view_brief(session, actor, meeting)
    if not 1 <= number <= len(cases):
        raise NotFound
    return page("panels/brief_case.html", actor, meeting, "Brief", one=cases[number - 1], total=len(cases))
