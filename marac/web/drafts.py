"""What is typed on a page and not saved yet: kept for its writer as they type, and back when they come to it again.

A page calls `meet` once, when it has made its form. Refuses to keep passwords, codes and one-time keys.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from flask import Flask, Response, g, jsonify, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from marac import clock
from marac.models import Case
from marac.services.referring import drafts
from marac.web import errors, signin, unit_of_work
from marac.web.shell import date_and_time, long_date, time_of_day

NOT_TEXT: Final = frozenset({"version", "pen"})  # what the page knew, not what was typed
ELSEWHERE: Final = "You also typed here on another device. Copy what you need from this one, then open the page again."
LOST_RIGHT: Final = (403, 404)
CODES: Final = re.compile(r"[a-z]{1,20}=[a-z0-9_-]{1,60}")
LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Desk:
    """The page that somebody types into, and the case it is about."""

    case_id: UUID
    page: str
    address: str


@dataclass(frozen=True, slots=True)
class Back:
    """What the notice on a page says: when the text that is back was typed, where to discard it, whose pen it was."""

    when: str
    discard: str
    pen: str


def set_up(app: Flask) -> None:
    """Every page that met a form drops its text once it is saved, or keeps it when it is refused."""
    app.after_request(_settle)
    app.context_processor(lambda: {"typed_back": g.get("typed_back")})
    app.jinja_env.globals["pen"] = _pen


def meet(form: Any, case: Case, *, saves: bool = False) -> Any:
    """Before a page uses its form: an answer to give instead, or None to go on.

    On a GET the writer's text is put back into the form. On an autosave it is kept, unless the page `saves` by itself.
    """
    address = _address()
    g.desk = desk = Desk(case.id, address.lower(), address)
    if request.method == "GET":
        return _put_back(form, desk)
    unit_of_work.keep_anyway(partial(_keep, desk=desk, typed=_typed()))
    if request.args.get("typed") == "discard":
        drafts.drop(unit_of_work.session(), signin.person(), desk.page)
        return redirect(address, code=303)
    return keep() if by_itself() and not saves else None


def by_itself() -> bool:
    """Whether the page saved itself while somebody was typing."""
    return request.headers.get("X-Requested-With") == "autosave"


def keep(**more: Any) -> Response:
    """Keep what was typed on the page that `meet` met, and say so to its script; `version` is the newest it knows."""
    if not _same_pen():
        return jsonify(message=ELSEWHERE, url=g.desk.address)
    _keep(unit_of_work.session(), desk=g.desk, typed=_typed(more.get("version")))
    moment = time_of_day(clock.now())
    return jsonify({"saved": moment, "message": f"Kept for you, not sent yet, {moment}", **more})


def drop() -> None:
    """All that was typed on the page that `meet` met is saved."""
    if _same_pen():
        drafts.drop(unit_of_work.session(), signin.person(), g.desk.page)


def lines(form: Any) -> list[tuple[str, str]]:
    """A form as label and words, in its order, for comparing two versions of it."""
    told = [(field.label.text, _words(field)) for field in form if field.type not in ("HiddenField", "CSRFTokenField")]
    return [(label, words) for label, words in told if words]


def _put_back(form: Any, desk: Desk) -> Any:
    kept = drafts.restore(unit_of_work.session(), signin.person(), desk.case_id, desk.page)
    if kept is None:
        return None
    saved, version = lines(form), form.version.data if "version" in form else ""
    form.process(formdata=MultiDict(kept.typed), data={field.name: field.data for field in form})
    same_day = clock.to_london(kept.typed_at).date() == clock.today()
    when = f"at {time_of_day(kept.typed_at)}" if same_day else f"on {date_and_time(kept.typed_at)}"
    if "version" in form:
        if str(form.version.data) != str(version) and request.args.get("typed") != "mine":
            ways = {name: _asking(desk.address, name) for name in ("mine", "discard")}
            return render_template("drafts/both.html", yours=lines(form), theirs=saved, when=when, ways=ways)
        form.version.data = version
    g.typed_back = Back(when, _asking(desk.address, "discard"), _pen_of(kept.typed))
    return None


def _keep(session: Any, *, desk: Desk, typed: dict[str, list[str]]) -> None:
    actor = signin.person()
    if any(text.strip() for name, texts in typed.items() if name not in NOT_TEXT for text in texts):
        return drafts.keep(session, actor, desk.case_id, desk.page, typed)
    return drafts.drop(session, actor, desk.page)


def _pen() -> str | None:
    """What a page tells of the text it began with, so that two devices do not write over one another; None: no desk."""
    if "desk" not in g:
        return None
    back = g.get("typed_back")
    return back.pen if back else request.form.get("once_key", "")


def _pen_of(typed: Mapping[str, Sequence[str]]) -> str:
    return "".join(typed.get("pen", ()))


def _same_pen() -> bool:
    """Whether what is kept was typed on this very page, or stood on it when it was opened."""
    desk, form = g.desk, request.form
    kept = drafts.restore(unit_of_work.session(), signin.person(), desk.case_id, desk.page)
    return kept is None or _pen_of(kept.typed) in (form.get("once_key", ""), form.get("pen", ""))


def _settle(response: Response) -> Response:
    """Before the one commit: saved text is dropped with what it became."""
    desk = g.get("desk")
    if desk is None or request.method in unit_of_work.READS or by_itself():
        return response
    if response.status_code in (302, 303) and "refused" not in g:
        drafts.drop(unit_of_work.session(), signin.person(), desk.page)
    elif response.status_code in LOST_RIGHT:
        unit_of_work.keep_anyway(None)
    return response


def _typed(version: str | None = None) -> dict[str, list[str]]:
    """The fields as they were sent, but for what is never kept."""
    names = [name for name in request.form if name != "then" and not errors.NEVER_KEPT.search(name)]
    typed = {name: request.form.getlist(name) for name in names} | {"pen": [request.form.get("once_key", "")]}
    return typed if version is None else typed | {"version": [version]}


def _address() -> str:
    """The page's own address, with the person or tool it is about, without what is to become of the text."""
    asked = (f"{name}={code}" for name, code in sorted(request.args.items()) if name != "typed")
    about = "&".join(one for one in asked if CODES.fullmatch(one))
    return f"{request.path}?{about}" if about and len(about) < LONGEST else request.path


def _asking(address: str, typed: str) -> str:
    """The same with what is to become of the text: `mine` goes on with it, `discard` (by POST) drops it."""
    return f"{address}{'&' if '?' in address else '?'}typed={typed}"


def _words(field: Any) -> str:
    tell: Callable[[Any], str] = WORDS_OF.get(field.type, _said)
    return tell(field)


def _chosen(field: Any) -> str:
    return ", ".join(str(choice.label) for choice in field.iter_choices() if choice.selected and choice.value)


def _date(field: Any) -> str:
    return _raw(field) or (long_date(field.data) if isinstance(field.data, date) else "")


def _said(field: Any) -> str:
    return _raw(field) if field.data is None else str(field.data).strip()


def _raw(field: Any) -> str:
    return " ".join(str(part) for part in field.raw_data or () if str(part).strip())


WORDS_OF: Final[dict[str, Callable[[Any], str]]] = {
    "RadioField": _chosen, "SelectField": _chosen, "SelectMultipleField": _chosen, "DateParts": _date,
    "BooleanField": lambda field: "Yes" if field.data else "",
}  # fmt: skip
