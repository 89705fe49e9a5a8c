"""The Run screen. One form holds every box, so no button loses what another box holds; a GET changes nothing.

Each section is saved against its own version (web/drawn.py); two versions are shown, never one written over the other.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request

from marac import clock
from marac.access import Actor
from marac.errors import RuleBroken, StaleEdit
from marac.models import AgendaItem, Meeting
from marac.services import agenda, assigning, notes, research, run_screen, running
from marac.services.run_screen import Screen
from marac.vocabulary import MinuteHeading, Outcome, Protects
from marac.web import drawn, widgets
from marac.web.forms.running import RunForm
from marac.web.meeting_layout import opened, title_of
from marac.web.shell import time_of_day, weekday_date
from marac.workflows.action_line import Parsed, find_agency
from marac.workflows.when import read_when

bp = Blueprint("running", __name__)

BESIDE = {"no_views_reason": MinuteHeading.VIEWS.value, "agency_id": "agency", "due_on": "when", "text": "what"}
PUT_OFF = (Outcome.DEFERRED, Outcome.NOT_HEARD)


@bp.get("/panels/<reference>/run")
def run(reference: str) -> Any:
    """To the case that is being heard, or the first to hear."""
    session, actor, meeting = opened(reference)
    number = running.current_number(session, actor, meeting)
    return redirect(f"/panels/{reference}/run/{number}" if number else f"/panels/{reference}", code=302)


@bp.get("/panels/<reference>/run/<int:number>")
def screen(reference: str, number: int) -> Any:
    """The Run screen of one case."""
    session, actor, meeting = opened(reference)
    return _page(run_screen.view_screen(session, actor, meeting, number))


@bp.post("/panels/<reference>/run/<int:number>/<any(start, recall, late):step>")
def move(reference: str, number: int, step: str) -> Any:
    """Start a case, come back to one, or open answers that came in late."""
    session, actor, item = _item(reference, number)
    try:
        if step == "late":
            research.release_late(session, actor, item)
        else:
            (running.call_item if step == "start" else running.recall_item)(session, actor, item)
    except RuleBroken as problem:
        flash(problem.message, "error")
        to_attendance = problem.field == "attendance"
        return redirect(f"/panels/{reference}/{'attendance' if to_attendance else f'run/{number}'}", code=303)
    return redirect(f"/panels/{reference}/run/{number}", code=303)


@bp.post("/panels/<reference>/run/<int:number>/notes")
def autosave(reference: str, number: int) -> Any:
    """What the page sends by itself: the boxes and the covered list, nothing else."""
    session, actor, item = _item(reference, number)
    form = _form(session, actor)
    stale, saved = _save(session, actor, item, form)
    if stale:
        labels = ", ".join(heading.label for heading in stale)
        return jsonify(message=f"Someone else changed: {labels}. Press Save to see both versions", url="#save"), 409
    return jsonify(saved=time_of_day(clock.now()), version=drawn.again(form.version.data, saved))


@bp.post("/panels/<reference>/run/<int:number>/line")
def preview(reference: str, number: int) -> Any:
    """What an action line would become, in words, or what it still needs. Adds nothing."""
    session, actor, item = _item(reference, number)
    parsed = assigning.read_line(session, actor, item, request.form.get("line", "")[:600])
    names = {agency.slug: agency.name for agency in assigning.list_owners(session, actor)}
    what = ": ".join(part for part in (", ".join(names[slug] for slug in parsed.agencies), parsed.text) if part)
    understood = [what, weekday_date(parsed.due_on), *(problem.message for problem in parsed.problems)]
    return jsonify(words=". ".join(part for part in understood if part))


@bp.post("/panels/<reference>/run/<int:number>")
def work(reference: str, number: int) -> Any:
    """Save, add an action, or finish: whatever the button, every box is saved first."""
    session, actor, item = _item(reference, number)
    form, do = _form(session, actor), request.form.get("do", "save")
    stale, _saved = _save(session, actor, item, form)
    if stale:
        return _conflict(run_screen.view_screen(session, actor, item.meeting, number), form, stale)
    step = STEPS.get(do.partition(":")[0], _add)
    try:
        answer = step(session, actor, item, form, do)
    except RuleBroken as problem:
        widgets.place(form, RuleBroken(BESIDE.get(problem.field, problem.field), problem.message))
        return _page(run_screen.view_screen(session, actor, item.meeting, number), form)
    after = "#line" if form.line.data else ""  # an action was added: on to the next one
    return answer if answer is not None else redirect(f"/panels/{reference}/run/{number}{after}", code=303)


def _add(session: Any, actor: Actor, item: AgendaItem, form: Any, _do: str) -> Any:
    """Save, and add the action line when there is one; Enter in the line does this too."""
    line = form.line.data or ""
    if not line:
        return None
    parsed = assigning.read_line(session, actor, item, line)
    if parsed.problems:
        return _ask(session, actor, item, form, parsed)
    made = assigning.assign_line(session, actor, item, parsed, protects=Protects(form.protects.data))
    flash(f"Action added, due {weekday_date(made[0].due_on)}.", "success")
    return None


def _ask(session: Any, actor: Actor, item: AgendaItem, form: Any, parsed: Parsed) -> Any:
    """Nothing is guessed: small fields for what is missing or doubtful, with what was understood in them."""
    form.agency.data = (*parsed.agencies, *parsed.candidates, "")[0]
    form.what.data, form.line.data = parsed.text, form.line.data
    form.when.data = f"{parsed.due_on:%-d/%-m/%Y}" if parsed.due_on else ""
    problems = {problem.field: problem.message for problem in parsed.problems}
    number = agenda.number_of(session, actor, item)
    form.version.data = None
    return _page(run_screen.view_screen(session, actor, item.meeting, number), form, parsed=parsed, problems=problems)


def _confirm(session: Any, actor: Actor, item: AgendaItem, form: Any, _do: str) -> Any:
    """The action from its fields."""
    owners = {agency.slug: agency for agency in assigning.list_owners(session, actor)}
    slugs = find_agency(form.agency.data, [(slug, one.name, one.aliases) for slug, one in owners.items()])
    when = read_when(form.when.data or "", clock.today(), assigning.next_panel_on(session, item.meeting))
    if form.when.data and (when is None or when.on is None):
        raise RuleBroken("when", when.problem if when else "Enter a real date")
    reaches = assigning.reaches_victim(form.what.data)
    made = assigning.assign_action(
        session, actor, item, agency=owners.get(slugs[0]) if len(slugs) == 1 else None, text=form.what.data,
        due_on=when.on if when else None, protects=Protects(form.protects.data), contacts_victim=reaches,
    )  # fmt: skip
    flash(f"Action added, due {weekday_date(made.due_on)}.", "success")


def _usual(session: Any, actor: Actor, item: AgendaItem, form: Any, do: str) -> Any:
    """Put an action of the library into the line, to be checked and added."""
    chosen = [one for one in assigning.list_usual(session, item) if one.key == do.partition(":")[2]]
    if chosen:
        form.line.data, form.protects.data = chosen[0].line, chosen[0].protects.value
        form.version.data = None
        number = agenda.number_of(session, actor, item)
        return _page(run_screen.view_screen(session, actor, item.meeting, number), form)
    return None


def _finish(session: Any, actor: Actor, item: AgendaItem, form: Any, _do: str) -> Any:
    """Hear the case with its outcome and go on; a case that was not heard is put off instead."""
    base = f"/panels/{item.meeting.reference}"
    outcome = Outcome(form.outcome.data) if form.outcome.data else None
    if form.line.data:
        raise RuleBroken("line", "Add this action first, or clear it")
    if outcome in PUT_OFF:
        return redirect(f"{base}/agenda/{item.id}/take-off?back=run", code=303)
    if form.bring_back_on.errors:
        raise RuleBroken("outcome", "Enter a real date to bring the case back")
    running.hear_item(
        session, actor, item, outcome=outcome, tells_victim=form.tells_victim.data,
        not_told_reason=form.not_told_reason.data, bring_back_on=form.bring_back_on.data,
        receiving_area=form.receiving_area.data,
    )  # fmt: skip
    view = agenda.view_agenda(session, actor, item.meeting)
    following = view.after(agenda.number_of(session, actor, item))
    return redirect(f"{base}/run/{following.number}" if following else f"{base}/close", code=303)


STEPS = {"save": _add, "add": _add, "confirm": _confirm, "usual": _usual, "finish": _finish}


def _item(reference: str, number: int) -> tuple[Any, Actor, AgendaItem]:
    """The item of a posted page. If the order changed since it was drawn, nothing is done to another case."""
    session, actor, meeting = opened(reference)
    item = agenda.get_item(session, actor, meeting, number)
    if request.form.get("item", item.id.hex) != item.id.hex:
        raise StaleEdit("number")
    return session, actor, item


def _form(session: Any, actor: Actor) -> Any:
    form = RunForm()
    owners = assigning.list_owners(session, actor)
    form.agency.choices = [("", "Choose"), *((agency.slug, agency.name) for agency in owners)]
    form.protects.data = form.protects.data or Protects.VICTIM.value
    if request.method == "POST":
        form.validate()
    return form


def _save(
    session: Any, actor: Actor, item: AgendaItem, form: Any
) -> tuple[list[MinuteHeading], dict[str, tuple[int, str]]]:
    """Save what was touched: (sections that somebody else has saved since, sections saved now)."""
    typed = {heading.value: form[heading.value].data for heading in MinuteHeading}
    stale, saved = [], {}
    for key, version in drawn.touched(form.version.data, typed).items():
        try:
            note = notes.save_note(session, actor, item, MinuteHeading(key), text=typed[key], version=version)
        except StaleEdit:
            stale.append(MinuteHeading(key))
        else:
            saved[key] = (note.version, note.text)
    if request.form.get("ticks"):
        notes.save_covered(session, actor, item, form.covered.data or ())
    return stale, saved


def _conflict(view: Screen, form: Any, stale: list[MinuteHeading]) -> Any:
    """Both versions of each stale section, with a box to keep one or both; what else was typed travels along."""
    kept = [heading for heading in MinuteHeading if heading not in stale]
    version = drawn.again(form.version.data, {h.value: (view.notes[h].version, view.notes[h].text) for h in stale})
    return render_template(
        "running/conflict.html", screen=view, form=form, stale=stale, kept=kept, version=version
    ), 409  # fmt: skip


def _page(
    view: Screen, form: Any = None, parsed: Parsed | None = None, problems: Mapping[str, str] | None = None
) -> Any:
    """The Run screen; `form` when something was typed that must not be lost."""
    meeting: Meeting = view.agenda.meeting
    if form is None:
        form = _fresh(view)
    elif form.version.data is None:
        for heading, note in view.notes.items():
            form[heading.value].data = note.text
    version = form.version.data or _drawn_now(view)
    failed = bool(form.errors) and parsed is None
    shown = render_template(
        "running/run.html", screen=view, meeting=meeting, when=title_of(meeting), form=form if failed else None,
        run=form, version=version, parsed=parsed, problems=problems or {},
    )  # fmt: skip
    return shown, 422 if failed else 200


def _drawn_now(view: Screen) -> str:
    return drawn.seal({heading.value: (note.version, note.text) for heading, note in view.notes.items()})


def _fresh(view: Screen) -> Any:
    item, told = view.item, view.item.who_tells or ""
    reason = told.partition("Not told, because: ")[2]
    data: dict[str, Any] = {heading.value: note.text for heading, note in view.notes.items()}
    data |= {
        "covered": list(item.covered or ()), "protects": Protects.VICTIM.value, "bring_back_on": item.bring_back_on,
        "outcome": item.outcome.value if item.outcome else "", "receiving_area": item.transferred_to or "",
        "tells_victim": "" if reason else told, "not_told_reason": reason,
    }  # fmt: skip
    form = RunForm(formdata=None, data=data)
    form.agency.choices = [("", "Choose")]
    return form
