"""The Run screen. One form holds every box, so no button loses what another box holds; a GET changes nothing.

Whoever has not agreed to confidentiality is led to the statement first, from every address here (DA-23).
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, request

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import AgendaItem
from marac.services.live import item_clock, room, run_screen, running
from marac.services.meetings import agenda, research
from marac.vocabulary import AgendaItemState, Outcome, Permission as P
from marac.web import run_line, run_page, widgets
from marac.web.meeting_layout import opened
from marac.web.shell import time_of_day
from marac.workflows.hearing import record_of

bp = Blueprint("running", __name__)
bp.register_error_handler(RuleBroken, run_page.agree_first)

BESIDE = {"no_views_reason": "views", "agency_id": "agency", "due_on": "when", "text": "what"}
PUT_OFF = (Outcome.DEFERRED, Outcome.NOT_HEARD)


@bp.get("/panels/<reference>/run")
def run(reference: str) -> Any:
    """To the case that is being heard, or the first to hear."""
    session, actor, meeting = opened(reference)
    room.require_agreed(session, actor, meeting)
    number = running.current_number(session, actor, meeting)
    return redirect(f"/panels/{reference}/run/{number}" if number else f"/panels/{reference}", code=302)


@bp.get("/panels/<reference>/run/<int:number>")
def screen(reference: str, number: int) -> Any:
    """The Run screen of one case."""
    session, actor, meeting = opened(reference)
    return run_page.page(run_screen.view_screen(session, actor, meeting, number))


@bp.post("/panels/<reference>/run/<int:number>/<any(start, recall, late):step>")
def move(reference: str, number: int, step: str) -> Any:
    """Start a case, come back to one, or open answers that came in late."""
    session, actor, item = run_page.posted_item(reference, number)
    try:
        if step == "late":
            research.release_late(session, actor, item)
        elif step == "start":
            running.call_item(session, actor, item)
        else:
            running.recall_item(session, actor, item)
    except RuleBroken as problem:
        flash(problem.message, "error")
        to_attendance = problem.field in ("attendance", "agree")
        return redirect(f"/panels/{reference}/{'attendance' if to_attendance else f'run/{number}'}", code=303)
    return redirect(f"/panels/{reference}/run/{number}", code=303)


@bp.post("/panels/<reference>/run/<int:number>/notes")
def autosave(reference: str, number: int) -> Any:
    """What the page sends by itself: boxes, ticks and chips. Answers with what others have saved since, too."""
    session, actor, item = run_page.posted_item(reference, number)
    access.require_holds(actor, P.MINUTES_WRITE)  # also when nothing was typed: the answer holds what others wrote
    saved = run_page.save(session, actor, item, run_page.posted_form(session, actor, item))
    if saved.stale:
        labels = ", ".join(record_of(item.case.programme).label(heading) for heading in saved.stale)
        return jsonify(message=f"Someone else changed: {labels}. Press Save to see both versions", url="#save"), 409
    newer, version = run_page.newer(session, actor, item, saved.version)
    saved_at = time_of_day(clock.now())
    return jsonify(saved=saved_at, version=saved.version, newer=newer, newer_version=version)


@bp.post("/panels/<reference>/run/<int:number>/clock")
def switch_clock(reference: str, number: int) -> Any:
    """Pause the clock or let it go on, from a script: nothing else of the page is sent."""
    session, actor, item = run_page.posted_item(reference, number)
    item_clock.switch(session, actor, item, pause=request.form.get("pause") == "yes")
    return jsonify(elapsed=round(item_clock.elapsed(item).total_seconds()), paused=item.paused_at is not None)


@bp.post("/panels/<reference>/run/<int:number>")
def work(reference: str, number: int) -> Any:
    """Save, add an action, or finish: whatever the button, every box is saved first."""
    session, actor, item = run_page.posted_item(reference, number)
    form, do = run_page.posted_form(session, actor, item), request.form.get("do", "save")
    saved = run_page.save(session, actor, item, form)
    if saved.stale:
        return run_page.conflict(run_screen.view_screen(session, actor, item.meeting, number), form, saved)
    step: Callable[..., Any] = STEPS.get(do.partition(":")[0], run_line.add)
    try:
        answer = step(session, actor, item, form, do)
    except RuleBroken as problem:
        widgets.place(form, RuleBroken(BESIDE.get(problem.field, problem.field), problem.message))
        return run_page.page(run_screen.view_screen(session, actor, item.meeting, number), form)
    after = "#line" if form.line.data or do == "confirm" else ""  # an action was added: on to the next one
    return answer if answer is not None else redirect(f"/panels/{reference}/run/{number}{after}", code=303)


def _clock(session: Any, actor: Actor, item: AgendaItem, _form: Any, do: str) -> None:
    """Pause or go on, without a script."""
    item_clock.switch(session, actor, item, pause=do == "clock:pause")


def _step_out(session: Any, actor: Actor, item: AgendaItem, form: Any, _do: str) -> None:
    """Somebody leaves the room for this case."""
    try:
        place_id = UUID(form.leaving.data or "")
    except ValueError:
        raise RuleBroken("leaving", "Select who steps out") from None
    room.step_out(session, actor, item, place_id)
    flash("Out of the room for this case.", "success")


def _finish(session: Any, actor: Actor, item: AgendaItem, form: Any, _do: str) -> Any:
    """Hear the case with its outcome and go on; a case that was not heard is put off instead."""
    base = f"/panels/{item.meeting.reference}"
    outcome = Outcome(form.outcome.data) if form.outcome.data else None
    if form.line.data:
        raise RuleBroken("line", "Add this action first, or clear it")
    if item.state == AgendaItemState.HEARD:
        flash("Somebody else finished this case. What you typed is saved.", "success")
        return _onward(session, actor, item)
    if outcome in PUT_OFF:
        return redirect(f"{base}/agenda/{item.id}/take-off?back=run", code=303)
    if form.bring_back_on.errors:
        raise RuleBroken("outcome", "Enter a real date to bring the case back")
    running.hear_item(
        session, actor, item, outcome=outcome, tells_victim=form.tells_victim.data,
        not_told_reason=form.not_told_reason.data, bring_back_on=form.bring_back_on.data,
        receiving_area=form.receiving_area.data,
    )  # fmt: skip
    return _onward(session, actor, item)


def _onward(session: Any, actor: Actor, item: AgendaItem) -> Any:
    """To the next case still to be heard, or to the end of the meeting."""
    base, view = f"/panels/{item.meeting.reference}", agenda.view_agenda(session, actor, item.meeting)
    following = view.after(agenda.number_of(session, actor, item))
    return redirect(f"{base}/run/{following.number}" if following else f"{base}/close", code=303)


STEPS: dict[str, Callable[..., Any]] = {
    "save": run_line.add, "add": run_line.add, "confirm": run_line.confirm, "choose": run_line.choose,
    "usual": run_line.usual, "change": run_line.change, "clock": _clock, "out": _step_out, "finish": _finish,
}  # fmt: skip
