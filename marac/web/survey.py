"""The survey on a phone, room by room: each tap sent on its own, kept by its key, answered to page or script alike."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for

from marac.errors import RuleBroken
from marac.services.sanctuary import lines as fitted, photos, surveys
from marac.services.sanctuary.surveys import Tap
from marac.vocabulary import Room
from marac.web import field_layout, widgets
from marac.web.field_layout import Found
from marac.web.forms.survey import FinishForm, HomeForm, LineForm, PhotoForm, TapForm
from marac.workflows import works

bp = Blueprint("survey", __name__)


@bp.get("/sanctuary/<reference>/survey")
def survey(reference: str) -> Any:
    """Everything of a survey on one page, so that it goes on without a signal."""
    return _page(field_layout.with_works(reference))


@bp.post("/sanctuary/<reference>/survey/lines")
def add(reference: str) -> Any:
    """A tap on something to fit."""
    found, form = field_layout.with_works(reference), TapForm()
    tap = Tap(
        form.tap.data or "", form.item.data or "", form.room.data or "", request.form.get("quantity", "1") or "1",
        form.note.data or "", emergency=bool(form.emergency.data),
    )  # fmt: skip
    return _sent(found, form, lambda: surveys.add_line(*found, tap), room=tap.room)


@bp.post("/sanctuary/<reference>/survey/lines/<uuid:line_id>")
def change(reference: str, line_id: UUID) -> Any:
    """How many, the note, portable, at once."""
    found, form = field_layout.with_works(reference), LineForm()
    line = fitted.get_line(*found, line_id)
    return _sent(found, form, lambda: surveys.change_line(found[0], found[1], line, form.data))


@bp.post("/sanctuary/<reference>/survey/lines/<uuid:line_id>/remove")
def remove(reference: str, line_id: UUID) -> Any:
    """A line tapped by mistake."""
    found = field_layout.with_works(reference)
    line = fitted.get_line(*found, line_id)
    return _sent(found, LineForm(formdata=None), lambda: surveys.remove_line(found[0], found[1], line))


@bp.post("/sanctuary/<reference>/survey/home")
def home(reference: str) -> Any:
    """Ways in, fire section, safe room."""
    found, form = field_layout.with_works(reference), HomeForm()
    return _sent(found, form, lambda: surveys.save_home(*found, form.data))


@bp.post("/sanctuary/<reference>/survey/photos")
def add_photo(reference: str) -> Any:
    """A picture, kept without the place it was taken."""
    found, form, upload = field_layout.with_works(reference), PhotoForm(), request.files.get("photo")
    content = upload.read() if upload else b""
    key, room = form.tap.data or "", form.room.data or ""
    return _sent(found, form, lambda: surveys.add_photo(*found, key=key, room=room, content=content))


@bp.get("/sanctuary/<reference>/photos/<uuid:photo_id>")
def photo(reference: str, photo_id: UUID) -> Response:
    """One picture."""
    file = photos.read_photo(*field_layout.with_works(reference), photo_id)
    answer = Response(file.content, mimetype=file.media)
    answer.headers["Content-Disposition"] = f'inline; filename="casework-{photo_id.hex[:8]}.{file.ending}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@bp.post("/sanctuary/<reference>/survey/finish")
def finish(reference: str) -> Any:
    """The survey is whole."""
    found, form = field_layout.with_works(reference), FinishForm()
    try:
        surveys.finish_survey(*found, nothing_needed=bool(form.nothing_needed.data))
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _page(found, finishing=form)
    flash("The survey is done.", "success")
    return redirect(url_for("works.show", reference=reference), code=303)


def _sent(found: Found, form: Any, write: Callable[[], Any], room: str = "") -> Any:
    """What was sent is kept; a script is told in a line, a page is drawn again where it was."""
    reference = found[2].reference
    words = "" if form.validate() else str(next(iter(form.errors.values()))[0])
    try:
        if not words:
            write()
    except RuleBroken as problem:
        words = problem.message
        widgets.place(form, problem)
    if words:
        return (jsonify(message=words), 422) if field_layout.wants_json() else _page(found, problem=form)
    if field_layout.wants_json():
        return jsonify(saved=True)
    return redirect(url_for(".survey", reference=reference, room=room or None), code=303)


def _page(found: Found, *, problem: Any = None, finishing: Any = None) -> Any:
    _, _, request_now = found
    lines, early = fitted.list_lines(*found), request_now.state in surveys.EARLY
    where = request.args.get("room") or request.form.get("room") or Room.FRONT_DOOR
    forms = {
        "tap": TapForm(formdata=None, room=where, quantity=1, tap=secrets.token_hex(16)),
        "home": HomeForm(formdata=None, data=_home(request_now)),
        "photo": PhotoForm(formdata=None, room=where, tap=secrets.token_hex(16)),
        "finish": finishing or FinishForm(formdata=None),
    }
    return field_layout.page(
        "survey/survey.html", found, forms=forms, rows=fitted.by_room(lines), groups=_groups(early=early), early=early,
        rooms=list(Room),
        photos=photos.list_photos(*found), form=problem or finishing, count=len(lines), where=where,
        writable=request_now.state in (*surveys.WRITABLE, *surveys.EARLY), booked=request_now.state == "survey_booked",
    )  # fmt: skip


def _groups(*, early: bool) -> list[tuple[Any, list[Any]]]:
    """What may be tapped: everything, or before the survey what cannot wait."""
    found = [
        (group, [one for one in some if one.emergency or not early]) for group, some in works.catalogue().by_group()
    ]
    return [(group, some) for group, some in found if some]


def _home(of: Any) -> dict[str, Any]:
    fire = dict(of.fire_section or {})
    return {
        **fire, "home_kind": of.home_kind or "", "entry_points": list(of.entry_points or ()),
        "safe_room": of.safe_room or "", "survey_summary": of.survey_summary or "",
    }  # fmt: skip
