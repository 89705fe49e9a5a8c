"""The research sheet of one agency: all its cases for a meeting on one page, saved as it is typed, sent when ready.

Holds only the agency's own answers. Which agencies have answered is on the panel's research page.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken, StaleEdit
from marac.models import Meeting
from marac.services.casework import naming
from marac.services.meetings import research
from marac.services.meetings.research import Answer, Sheet
from marac.services.meetings.research_people import Person
from marac.vocabulary import Permission as P, ResearchState
from marac.web import drawn, signin, unit_of_work, warned, widgets
from marac.web.errors import conflict_page
from marac.web.forms.research import TEXTS, sheet_form
from marac.web.meeting_layout import opened, title_of
from marac.web.shell import count, time_of_day

bp = Blueprint("research", __name__)

WORDS = ("fact_or_opinion", *TEXTS)
WHO = "who_known"
BESIDE = {"nothing_to_share_because": "shared", "known": "known", "research": "known"}


@bp.get("/research")
def list_sheets() -> Any:
    """The meetings that one's agency is asked for."""
    actor = signin.person()
    access.require_holds(actor, P.RESEARCH_WRITE)
    asked = research.list_asked(unit_of_work.session(), actor)
    return render_template("research/list.html", asked=asked)


@bp.get("/research/<reference>")
def sheet(reference: str) -> Any:
    """The sheet."""
    session, actor, meeting = opened(reference)
    access.require_holds(actor, P.RESEARCH_WRITE)
    found = research.get_sheet(session, actor, meeting)
    return _page(meeting, found, _form(found))


@bp.post("/research/<reference>")
def send(reference: str) -> Any:
    """Save what was touched and send what was answered; then, if asked, on to the rest."""
    session, actor, meeting = opened(reference)
    access.require_holds(actor, P.RESEARCH_WRITE)
    found = research.get_sheet(session, actor, meeting)
    form = _form(found)
    try:
        sent = _take(session, actor, found, form, send=True) if form.validate_on_submit() else 0
    except StaleEdit:
        return _conflict(found, form, reference)
    if form.errors:
        return _page(meeting, found, form)
    if sent:
        flash(f"Answers sent for {count(sent, 'case')}.", "success")
    if request.form.get("do") == "rest":
        return redirect(f"/research/{reference}/rest", code=303)
    if not sent:
        flash("Saved. Choose Not known or Known to send an answer.", "information")
    return redirect(f"/research/{reference}", code=303)


@bp.post("/research/<reference>/save")
def autosave(reference: str) -> Any:
    """What the page sends by itself: drafts only, nothing is sent to anybody."""
    session, actor, meeting = opened(reference)
    access.require_holds(actor, P.RESEARCH_WRITE)
    found = research.get_sheet(session, actor, meeting)
    form = _form(found)
    try:
        _take(session, actor, found, form, send=False)
    except StaleEdit:
        message = "Somebody in your agency changed this. Press Send answers to see both versions"
        return jsonify(message=message, url="#send"), 409
    if form.errors:
        return jsonify(message="Not saved yet. Check what you typed."), 422
    saved = {row: facts for row, facts in _facts(found.waiting).items() if row in _touched(form, found)}
    return jsonify(saved=time_of_day(clock.now()), version=drawn.again(form.version.data, saved))


@bp.route("/research/<reference>/rest", methods=["GET", "POST"])
def rest(reference: str) -> Any:
    """Name those nobody has begun, and mark them not known in one press."""
    session, actor, meeting = opened(reference)
    access.require_holds(actor, P.RESEARCH_WRITE)
    if request.method == "POST":
        ids = [UUID(one) for one in request.form.getlist("answers") if len(one) == 32 and one.isalnum()]
        number = research.mark_rest_not_known(session, actor, meeting, ids)
        flash(f"{count(number, 'case')} marked as not known.", "success")
        return redirect(f"/research/{reference}", code=303)
    found = research.get_sheet(session, actor, meeting)
    return render_template("research/rest.html", meeting=meeting, when=title_of(meeting), sheet=found)


@bp.post("/research/<reference>/<uuid:research_id>/reopen")
def reopen(reference: str, research_id: UUID) -> Any:
    """Change an answer before the case is heard."""
    session, actor, _meeting = opened(reference)
    research.reopen_answer(session, actor, research.get_answer(session, actor, research_id))
    flash("You can change the answer now.", "success")
    return redirect(f"/research/{reference}", code=303)


@bp.get("/research/<reference>/print")
def to_print(reference: str) -> Any:
    """The sheet for paper, with names: marked, with a watermark and a number of its own, and written in the trail."""
    session, actor, meeting = opened(reference)
    access.require_holds(actor, P.RESEARCH_WRITE)
    found, copy = research.print_sheet(session, actor, meeting)
    return render_template(
        "research/print.html", meeting=meeting, when=title_of(meeting), sheet=found, copy=copy, made_at=clock.now(),
        made_by=naming.signature(session, actor),
    )  # fmt: skip


def _facts(answers: Iterable[Answer]) -> dict[str, tuple[int, str]]:
    """Each row's version and words, for the hidden value of the page."""
    return {
        one.research.id.hex: (
            one.research.version_id,
            _words({name: getattr(one.research, name) for name in WORDS}, one.research.who_known or ()),
        )
        for one in answers
    }  # fmt: skip


def _words(texts: Mapping[str, str | None], who: Iterable[str]) -> str:
    """All that a row says, as one text to compare."""
    return "\x1f".join([*(drawn.plain(texts[name]) for name in WORDS), ",".join(sorted(who))])


def _form(found: Sheet) -> Any:
    """What is saved when the page is drawn; only what was posted when it comes back."""
    rows = found.waiting
    data: dict[str, Any] = {"version": drawn.seal(_facts(rows))}
    for one in rows if request.method == "GET" else ():
        row = one.research.id.hex
        data |= {f"known_{row}": one.known, f"{WHO}_{row}": one.research.who_known or []}
        data |= {f"{name}_{row}": getattr(one.research, name) or "" for name in WORDS}
    persons = {one.research.id.hex: [(who.id.hex, _as_named(who)) for who in one.persons] for one in rows}
    return sheet_form(persons, data)


def _as_named(who: Person) -> str:
    """Karim Begum, alleged perpetrator"""
    role = who.role.label.lower()
    return f"{who.name}, {role}" if who.name.lower() != role else who.name


def _typed(form: Any, row: str) -> dict[str, str]:
    return {name: form[f"{name}_{row}"].data or "" for name in WORDS}


def _who(form: Any, row: str) -> list[str]:
    return form[f"{WHO}_{row}"].data or []


def _touched(form: Any, found: Sheet) -> dict[str, int]:
    """Rows whose words are not those the page showed, with the version each was drawn from."""
    rows = [one.research.id.hex for one in found.answers if f"known_{one.research.id.hex}" in form]
    return drawn.touched(form.version.data, {row: _words(_typed(form, row), _who(form, row)) for row in rows})


def _take(session: Any, actor: Actor, found: Sheet, form: Any, *, send: bool) -> int:
    """Save touched rows; with `send` also give the answers chosen. Broken rules stand beside their boxes."""
    touched, sent = _touched(form, found), 0
    for one in found.waiting:
        row, chosen = one.research.id.hex, form[f"known_{one.research.id.hex}"].data
        try:
            if row in touched or (chosen == "known" and one.research.state == ResearchState.REQUESTED):
                typed = _typed(form, row)
                research.save_answer(
                    session, actor, one.research, version=touched.get(row), who_known=_who(form, row), **typed
                )
                if send:
                    words = {f"Number {one.number}": "\n".join(text for text in typed.values() if text)}
                    warned.of_words(one.research.item.case, words)
            if send and chosen == "known":
                research.share_answer(session, actor, one.research)
                sent += 1
            elif send and chosen == "not_known":
                research.answer_not_known(session, actor, one.research)
                sent += 1
        except RuleBroken as problem:
            box = BESIDE.get(problem.field, problem.field)
            widgets.place(form, RuleBroken(f"{box}_{row}", f"{problem.message} (number {one.number})"))
    return sent


def _conflict(found: Sheet, form: Any, reference: str) -> Any:
    """Both versions of every row that a colleague changed meanwhile."""
    touched, yours, theirs = _touched(form, found), [], []
    for one in found.waiting:
        row = one.research.id.hex
        if row in touched and touched[row] != one.research.version_id:
            for name, text in _typed(form, row).items():
                label = f"Number {one.number}, {form[f'{name}_{row}'].label.text.lower()}"
                yours.append((label, text))
                theirs.append((label, getattr(one.research, name) or ""))
    return conflict_page(yours=yours, theirs=theirs, back=f"/research/{reference}", who_and_when="by your agency")


def _page(meeting: Meeting, found: Sheet, form: Any) -> Any:
    shown = render_template(
        "research/sheet.html", meeting=meeting, when=title_of(meeting), sheet=found, form=form,
        rows=[one for one in found.answers if f"known_{one.research.id.hex}" in form],
        done=[one for one in found.answers if f"known_{one.research.id.hex}" not in form],
    )  # fmt: skip
    return shown, 422 if form.errors else 200
