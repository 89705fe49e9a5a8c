"""The Run screen drawn, and what a posted one holds saved: each section against its own version, two versions shown.

Holds no addresses of its own; web/running.py, web/run_line.py and web/shared_screen.py are the doors.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request

from marac.access import Actor
from marac.errors import RuleBroken, StaleEdit
from marac.models import AgendaItem, Meeting
from marac.services.accounts import sessions
from marac.services.leaving import warning
from marac.services.live import assigning, notes, room, run_screen, shortcuts
from marac.services.live.notes import HEARD_FROM, aims_of
from marac.services.live.run_screen import Screen
from marac.services.meetings import agenda
from marac.vocabulary import MeetingState, MinuteHeading, Protects
from marac.web import drawn, signin, unit_of_work
from marac.web.forms.running import RunForm, shaped
from marac.web.meeting_layout import opened, title_of
from marac.workflows.action_line import Choice, Parsed

MARKS = ("", *HEARD_FROM)


class Asked(NamedTuple):
    """A line that could not be added as it stands: what was understood, what it could mean, and what is missing."""

    parsed: Parsed
    choices: tuple[Choice, ...]
    problems: Mapping[str, str]


class Saved(NamedTuple):
    """What a save did: sections that somebody else has saved since, and what the page is drawn from now."""

    stale: list[MinuteHeading]
    version: str


def agree_first(problem: RuleBroken) -> Any:
    """To the statement and its button, for somebody who has not agreed to it; anything else is raised again."""
    if problem.field != "agree":
        raise problem
    flash(problem.message, "error")
    return redirect(f"/panels/{(request.view_args or {})['reference']}/attendance", code=303)


def posted_item(reference: str, number: int) -> tuple[Any, Actor, AgendaItem]:
    """The item of a posted page. If the order changed since it was drawn, nothing is done to another case."""
    session, actor, meeting = opened(reference)
    room.require_agreed(session, actor, meeting)
    item = agenda.get_item(session, actor, meeting, number)
    if request.form.get("item", item.id.hex) != item.id.hex:
        raise StaleEdit("number")
    return session, actor, item


def posted_form(session: Any, actor: Actor, item: AgendaItem) -> Any:
    """What was posted; an agency may be several, joined with commas, when a line named several."""
    form = shaped(RunForm(), item.case.programme)
    owners = {agency.slug: agency.name for agency in assigning.list_owners(session, actor)}
    form.agency.choices = [("", "Choose"), *owners.items()]
    form.leaving.choices, form.leaving.validate_choice = [], False
    several = (form.agency.data or "").split(",")
    if len(several) > 1 and all(slug in owners for slug in several):
        form.agency.choices.append((form.agency.data, " and ".join(owners[slug] for slug in several)))
    form.protects.data = form.protects.data or Protects.VICTIM.value
    if request.method == "POST":
        form.validate()
    return form


def save(session: Any, actor: Actor, item: AgendaItem, form: Any) -> Saved:
    """Save what was touched, section by section and tick by tick."""
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
        _save_marks(session, actor, item, form)
        saved |= _marks(item, _agencies_posted())
    return Saved(stale, drawn.again(form.version.data, saved))


def newer(session: Any, actor: Actor, item: AgendaItem, version: str) -> tuple[dict[str, str], str]:
    """Sections that others have saved since the page was drawn, with the version of a page that shows them."""
    shown, found = drawn.read(version), notes.get_notes(session, actor, item)
    later = {h.value: note for h, note in found.items() if h.value in shown and note.version > shown[h.value].version}
    again = drawn.again(version, {key: (note.version, note.text) for key, note in later.items()})
    return {key: note.text for key, note in later.items()}, again


def _save_marks(session: Any, actor: Actor, item: AgendaItem, form: Any) -> None:
    """Ticks and chips: only what differs from what the page showed is a wish of this person's."""
    shown = drawn.read(form.version.data)
    ticked = [aim for aim in aims_of(item) if f"covered.{aim}" in shown and shown[f"covered.{aim}"].version]
    notes.save_covered(session, actor, item, form.covered.data or (), ticked)
    posted = {agency: request.form[f"heard-{agency}"] for agency in _agencies_posted()}
    held = {agency: shown.get(f"heard.{agency}", drawn.Drawn(0, "")).version for agency in posted}
    wishes = {a: mark for a, mark in posted.items() if mark in MARKS and MARKS.index(mark) != held[a]}
    if wishes:
        notes.save_heard_from(session, actor, item, wishes)


def _agencies_posted() -> list[str]:
    return [name.removeprefix("heard-") for name in request.form if name.startswith("heard-")]


def _marks(item: AgendaItem, agencies: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Ticks and chips as sections of what a page is drawn from: the number stands for the tick or the mark."""
    ticked, heard = set(item.covered or ()), dict(item.heard_from or {})
    ticks = {f"covered.{aim}": (int(aim in ticked), "") for aim in aims_of(item)}
    return ticks | {f"heard.{agency}": (MARKS.index(heard.get(agency, "")), "") for agency in agencies}


def conflict(view: Screen, form: Any, saved: Saved) -> Any:
    """Both versions of each stale section, with a box to keep one or both; what else was typed travels along."""
    kept = [heading for heading in MinuteHeading if heading not in saved.stale]
    theirs = {h.value: (view.notes[h].version, view.notes[h].text) for h in saved.stale}
    version = drawn.again(form.version.data, theirs)
    return render_template(
        "running/conflict.html", screen=view, form=form, stale=saved.stale, kept=kept, version=version
    ), 409  # fmt: skip


def redraw(session: Any, actor: Actor, item: AgendaItem, form: Any, asked: Asked | None = None) -> Any:
    """The Run screen of a posted case again, with everything that was typed."""
    number = agenda.number_of(session, actor, item)
    return page(run_screen.view_screen(session, actor, item.meeting, number), form, asked)


def page(view: Screen, form: Any = None, asked: Asked | None = None) -> Any:
    """The Run screen; `form` when something was typed that must not be lost."""
    meeting: Meeting = view.agenda.meeting
    if form is None:
        form = _fresh(view)
    elif form.version.data is None:
        for heading, note in view.notes.items():
            form[heading.value].data = note.text
    form.leaving.choices = [("", "Choose"), *((one.id.hex, _who(one)) for one in view.present)]
    failed = bool(form.errors) and asked is None
    shown = render_template(
        "running/run.html", screen=view, meeting=meeting, when=title_of(meeting), form=form if failed else None,
        run=form, version=form.version.data or _drawn_now(view), asked=asked, idle_seconds=idle_seconds(meeting),
        heard_from=HEARD_FROM, keys_of_the_meeting=shortcuts, warned=_warned(view),
    )  # fmt: skip
    return shown, 422 if failed else 200


def _warned(view: Screen) -> dict[str, str]:
    """Box -> what to say beside it: it looks like an address, which stops the minutes and belongs elsewhere."""
    texts = {heading.value: note.text for heading, note in view.notes.items() if note.text}
    return warning.list_warnings(unit_of_work.session(), signin.person(), view.item.case, texts) if texts else {}


def idle_seconds(meeting: Meeting) -> int:
    """How long a page of this meeting may be left alone: an hour while it runs."""
    limit: timedelta = sessions.IDLE_IN_MEETING if meeting.state == MeetingState.IN_PROGRESS else sessions.IDLE
    return int(limit.total_seconds())


def _who(place: Any) -> str:
    return f"{place.person_name or 'Not named'}, {place.agency}"


def _drawn_now(view: Screen) -> str:
    words = {heading.value: (note.version, note.text) for heading, note in view.notes.items()}
    return drawn.seal(words | _marks(view.item, [one.agency_id.hex for one in view.chips]))


def _fresh(view: Screen) -> Any:
    item, told = view.item, view.item.who_tells or ""
    reason = told.partition("Not told, because: ")[2]
    data: dict[str, Any] = {heading.value: note.text for heading, note in view.notes.items()}
    data |= {
        "covered": list(item.covered or ()), "protects": Protects.VICTIM.value, "bring_back_on": item.bring_back_on,
        "outcome": item.outcome.value if item.outcome else "", "receiving_area": item.transferred_to or "",
        "tells_victim": "" if reason else told, "not_told_reason": reason,
    }  # fmt: skip
    form = shaped(RunForm(formdata=None, data=data), item.case.programme)
    form.agency.choices = [("", "Choose"), *view.owners]
    return form
