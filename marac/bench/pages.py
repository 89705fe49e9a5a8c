"""Whole pages: the list of cases against the same list from plain columns; our table against the library's."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.app import create_app
from marac.bench.place import Place, PlainPerson
from marac.bench.timing import Race
from marac.services.casework import naming
from marac.vocabulary import CaseState

VICTIMS = "victims"  # where the list of cases finds names
OURS = '{% from "components/lists.html" import table %}{{ table("Cases", head, rows) }}'
THEIRS = """{% from "govuk_frontend_jinja/components/table/macro.html" import govukTable %}
{{ govukTable({"caption": "Cases", "captionClasses": "govuk-table__caption--m", "firstCellIsHeader": true,
"head": head, "rows": rows}) }}"""


def races(place: Place) -> list[Race]:
    """The page of fifty cases; a table of fifty rows of nine cells."""
    app = create_app(place.house)
    fetch = _browser(app, place.token)
    rows = [[f"cell {row} {column}" for column in range(9)] for row in range(50)]
    head = [f"head {column}" for column in range(9)]
    texts = {"head": [{"text": text} for text in head], "rows": [[{"text": text} for text in row] for row in rows]}
    ours, theirs = app.jinja_env.from_string(OURS), app.jinja_env.from_string(THEIRS)
    return [
        Race("case list page", 1.1, fetch, _from_plain_columns(fetch), 2),
        Race(
            "own table macro against the library's", 1 / 12,
            lambda: ours.render(head=head, rows=rows), lambda: theirs.render(texts),
        ),
    ]  # fmt: skip


def _browser(app: Flask, token: str) -> Callable[[], int]:
    """Fetches the page as somebody who is signed in; anything but fifty names is no page."""
    client = app.test_client()
    with client.session_transaction(base_url="http://127.0.0.1:8000") as cookie:
        cookie.update({"_user_id": token, "_fresh": True})

    def fetch() -> int:
        answer = client.get("/cases", base_url="http://127.0.0.1:8000")
        if answer.status_code != 200 or answer.get_data(as_text=True).count("Begum") < 5:
            raise RuntimeError("the page of cases did not come")
        return answer.status_code

    return fetch


def _from_plain_columns(fetch: Callable[[], int]) -> Callable[[], int]:
    """The same page by the same view and template, its names read from a plain column; the reading is audited too."""

    def plain() -> int:
        sealed = naming.victims
        setattr(naming, VICTIMS, _plain_victims)
        try:
            return fetch()
        finally:
            setattr(naming, VICTIMS, sealed)

    return plain


def _plain_victims(session: Session, actor: Actor, stages: Mapping[UUID, CaseState]) -> dict[UUID, str]:
    access.asked()
    keys = {"opened": {"identity": sorted(case_id.hex for case_id in stages)}, "purposes": {"view": len(stages)}}
    read = audit.Queued(clock.now(), actor, "values:opened", None, None, None, keys)
    session.info.setdefault("audit", []).append(read)
    query: Any = select(PlainPerson.case_id, PlainPerson.full_name).where(PlainPerson.case_id.in_(list(stages)))
    return {row.case_id: row.full_name for row in session.execute(query)}
