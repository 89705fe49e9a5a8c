"""Your work: the first page after signing in, the same skeleton for every role."""

from typing import Any

from flask import Blueprint, redirect, render_template

from marac import access
from marac.services.today import your_work
from marac.services.today_rows import DONE, TODAY, WAITING, Row
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work
from marac.web.shell import count, due_kind, due_words, long_date, weekday_date

bp = Blueprint("today", __name__)

EMPTY = {
    "This week": "Nothing else is due this week.",
    WAITING: "You are not waiting for anybody.",
    DONE: "Nothing finished in the last week.",
}


@bp.get("/")
def home() -> Any:
    """The name of the service leads here."""
    access.require_holds(signin.person(), P.HOME_READ)
    return redirect("/jobs" if has_only_jobs() else "/today")


@bp.get("/today")
def today() -> Any:
    """What is due, what to do about it, and about how long it takes."""
    if has_only_jobs():
        return redirect("/jobs")
    work = your_work(unit_of_work.session(), signin.person())
    ahead = f" Your next panel is on {weekday_date(work.next_meeting_at)}." if work.next_meeting_at else ""
    empty = {**EMPTY, TODAY: f"Nothing to do today.{ahead}"}
    sections = [(title, [line(row) for row in rows], empty[title]) for title, rows in work.sections.items()]
    return render_template("today.html", sections=sections, failed=work.failed)


def has_only_jobs() -> bool:
    """Whether this is a contractor, whose work is the list of jobs and nothing else (SAN-28)."""
    return access.holds(signin.person(), P.ORDER_WORK)


def line(row: Row) -> dict[str, Any]:
    """A row as the work list takes it: due in words, then the task as the link."""
    finished = row.section == DONE
    return {
        "due": long_date(row.due) if finished else due_words(row.due),
        "kind": "" if finished else due_kind(row.due),
        "text": row.text,
        "href": row.url,
        "note": row.note,
        "time": f"About {count(row.minutes, 'minute')}" if row.minutes else "",
        "urgent": row.urgent,
    }
