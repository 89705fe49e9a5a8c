"""Nothing personal leaves and no state changes without its entry: a crash anywhere, a full disk (security 9.14).

One thing is done again and again with a crash after its first statement, its second, and so on.
"""

import sqlite3

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from marac.models import AuditEntry, Case
from marac.services.casework import cases
from marac.services.trail import proving
from tests.builders import actor_for, signed_in
from tests.builders_cases import a_story


class Crash(Exception):
    """The process is as good as gone."""


def state(house, story):
    """What the database holds of the case, how many entries, and whether all of them fit."""
    with sqlite3.connect(house.settings.data / "casework.db") as raw:
        version = raw.execute("select version_id from case_file where id = ?", (story.case_id.hex,)).fetchone()[0]
        entries = raw.execute("select count(*) from audit_entry where tag != 'access:refused'").fetchone()[0]
    return version, entries


def crashing(house, after):
    """A crash once so many statements of the main database have run."""
    left = [after]

    def count(_connection, _cursor, statement, *_all):
        left[0] -= not statement.startswith("BEGIN")
        if left[0] < 0:
            raise Crash

    event.listen(house.engine, "after_cursor_execute", count)
    return lambda: event.remove(house.engine, "after_cursor_execute", count)


def read(story, client):
    return client.get(f"/cases/{story.reference}").status == 200


def write(story, _client):
    with story.work(story.coordinator) as session:
        case = cases.get_case(session, actor_for(story.coordinator), story.reference)
        cases.record_wishes(session, actor_for(story.coordinator), case, wishes="To stay at home")
    return True


@pytest.mark.parametrize("act", [read, write])
def test_a_crash_after_any_statement_leaves_both_or_neither(house, act):
    story = a_story(house)
    client = signed_in(house, story.coordinator)
    client.get("/today")
    before, gone = state(house, story), 0
    for after in range(400):
        undo = crashing(house, after)
        try:
            assert act(story, client)
        except Crash:
            gone += 1
            assert state(house, story) == before
            continue
        finally:
            undo()
        break
    assert gone > 5
    now = state(house, story)
    assert now[1] > before[1]
    assert (now[0] > before[0]) is (act is write)
    assert proving.verify_trail(house, None, rows=True)["ok"]


def test_a_full_disk_answers_503_and_keeps_nothing_partial_and_recovers(house):
    """Security 8: no body that was not audited, nothing half written; room again and it goes on without a restart."""
    story = a_story(house)
    client = signed_in(house, story.coordinator)
    here = f"/cases/{story.reference}"
    form = client.get(f"{here}/wishes").form("", ["wishes"])
    client.http.application.config["PROPAGATE_EXCEPTIONS"] = False
    before = state(house, story)

    def full(connection, _record, _proxy):
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count = {pages}")

    event.listen(house.engine, "checkout", full)
    long = "She wants to stay. " * 900
    answers = {form.post({"wishes": long}, follow=False).status}
    for _ in range(60):
        page = client.get(here)
        answers.add(page.status)
        if page.status == 503:
            assert "Amina" not in page.html
            break
    event.remove(house.engine, "checkout", full)
    assert answers <= {503, 200}
    assert 503 in answers
    assert state(house, story)[0] == before[0]
    with house.engine.connect() as connection, pytest.raises(OperationalError):
        connection.execute(text("select * from nothing_of_that_name"))
    with house.engine.connect() as connection:
        connection.execute(text("pragma max_page_count = 1073741823"))
    house.engine.dispose()
    assert form.post({"wishes": "To stay at home"}, follow=False).status == 303
    with house.reader() as session:
        assert session.get_one(Case, story.case_id).version_id == before[0] + 1
        assert session.scalar(select(AuditEntry.tag).order_by(AuditEntry.seq.desc()).limit(1)) is not None
    assert proving.verify_trail(house, None, rows=True)["ok"]
