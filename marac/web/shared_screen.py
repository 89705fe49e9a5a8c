"""The second screen of the room, and the mark that tells it to look again. Reads only, but for the chair's choice."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request

from marac.errors import RuleBroken
from marac.services.live import room, shared_screen
from marac.web import run_page
from marac.web.meeting_layout import opened, page

bp = Blueprint("shared_screen", __name__)
bp.register_error_handler(RuleBroken, run_page.agree_first)


@bp.get("/panels/<reference>/shared")
def shared(reference: str) -> Any:
    """What the room sees: initials, clock, risk summary, actions. Never an address or a number."""
    session, actor, meeting = opened(reference)
    return page(
        "running/shared.html", actor, meeting, "Run", shown=shared_screen.view_shared(session, actor, meeting),
        mark=shared_screen.mark(session, actor, meeting), idle_seconds=run_page.idle_seconds(meeting),
        may_show_names=shared_screen.may_show_names(actor, meeting),
    )  # fmt: skip


@bp.get("/panels/<reference>/shared/mark")
def mark(reference: str) -> Any:
    """Whether the shared screen should look again."""
    session, actor, meeting = opened(reference)
    room.require_agreed(session, actor, meeting)
    return jsonify(mark=shared_screen.mark(session, actor, meeting))


@bp.post("/panels/<reference>/shared/names")
def names(reference: str) -> Any:
    """The chair turns names on or off."""
    session, actor, meeting = opened(reference)
    room.require_agreed(session, actor, meeting)
    shown = request.form.get("shown") == "yes"
    shared_screen.show_names(session, actor, meeting, shown=shown)
    flash("Names are shown." if shown else "Initials are shown.", "success")
    return redirect(f"/panels/{reference}/shared", code=303)
