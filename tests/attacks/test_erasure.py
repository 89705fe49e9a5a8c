"""Erased means unreadable: on every page, in drafts, search, files and tokens, for everybody, after any crash, and
after an old backup was put back. One person cannot do it, nothing is done at once, and a hold stops it at every step.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
import time_machine
from sqlalchemy import select, text

from marac import access, audit, clock
from marac.crypto import vault
from marac.crypto.keyring import KeyMissing
from marac.errors import ConfigurationError, NotAllowed, NotFound, Refusal, RuleBroken, StepUpNeeded
from marac.jobs import JOBS, tick
from marac.models import Case, CasePerson, ErasedFigure, LegalHold, Retention, User
from marac.services.keeping import backup, drilling, gate, restoring
from marac.services.keeping.deployment import open_deployment, unit_of_work
from marac.services.knowing import finding
from marac.services.retaining import erasing, holds, schedule
from marac.vocabulary import CaseState, HoldKind, RetentionState, UserState
from tests import builders_retention
from tests.attacks.scene import SAME_SITE, form, settled, token_of
from tests.builders import actor_for, signed_in
from tests.builders_retention import SAID, approved, decide
from tests.conftest import settings_in
from tests.pdf_text import words_of

REPO = Path(__file__).parents[2]
NOBODYS = "Q9Q-99Q"
LATER = timedelta(days=15)
ERASE = tuple(job for job in JOBS if job.name == "erase_due")
IDENTITIES = [pyrage.x25519.Identity.generate() for _ in range(2)]
RECIPIENTS = [str(one.to_public()) for one in IDENTITIES]


@pytest.fixture(scope="module")
def kept(founded, tmp_path_factory):
    return builders_retention.build(founded, tmp_path_factory.mktemp("retention") / "house")


@pytest.fixture
def house(kept, tmp_path):
    opened = kept.copy(tmp_path / "copy")
    yield opened
    opened.close()


def run_job(house):
    return tick(house, "test", ERASE)


def erase(house, kept):
    """Two people, the days, the job."""
    row_id = approved(house, kept)
    with time_machine.travel(clock.now() + LATER):
        run_job(house)
    return row_id


def keys_of(house, owner):
    """Every wrapped key of an owner, as bytes."""
    with house.keyring.reader.connect() as connection:
        query = text("select wrapped from wrapped_key where owner = :owner")
        return [row[0] for row in connection.execute(query, {"owner": owner.bytes})]


def tables(house):
    """Table -> every row, as text."""
    with house.engine.connect() as connection:
        names = connection.execute(text("select name from sqlite_master where type = 'table'")).scalars().all()
        found = {name: connection.execute(text(f'select * from "{name}"')).all() for name in names}
    return {name: [str(tuple(row)).replace("-", "") for row in rows] for name, rows in found.items()}


def named_in(house, *marks):
    """The tables in which one of these ids (hex) or words stands."""
    return {name for name, rows in tables(house).items() for row in rows if any(mark in row for mark in marks)}


def state(house, kept):
    with house.reader() as session:
        row = session.scalars(select(Retention).where(Retention.case_id == kept.case_id)).one()
        return row.state, session.get_one(Case, kept.case_id).state


def test_two_people_the_days_and_no_hold(house, kept):
    """DP-58, DA-48: over HTTP, every way that should not work; then a hold that stops what was approved."""
    here = f"/admin/retention/{kept.reference}"
    with time_machine.travel(clock.now(), tick=True) as now:
        browsers = {name: signed_in(house, worker).http for name, worker in
                    (("coordinator", kept.coordinator), ("auditor", kept.auditor), ("chair", kept.panel.chair),
                     ("police", kept.panel.police))}  # fmt: skip
        tokens = {name: token_of(browser) for name, browser in browsers.items()}

        def press(who, what, **fields):
            answer = browsers[who].post(f"{here}/{what}", data=form(tokens[who], **fields), **SAME_SITE)
            return answer.status_code

        for who in ("chair", "police"):
            assert browsers[who].get(here, base_url="https://localhost").status_code in (403, 404)
            assert press(who, "propose") in (403, 404)
        listed = browsers["auditor"].get("/admin/retention", base_url="https://localhost").get_data(as_text=True)
        assert kept.reference in listed
        assert "A. B." in listed
        assert "Begum" not in listed
        assert press("auditor", "approve") == 409
        assert press("coordinator", "propose") == 303
        assert press("coordinator", "approve") == 422, "who proposed does not approve"
        assert press("auditor", "approve") == 303
        run_job(house)
        assert state(house, kept) == (RetentionState.COOLING, CaseState.CLOSED), "not on the day"
        assert press("coordinator", "cancel") == 303
        assert [press("auditor", "propose"), press("coordinator", "approve")] == [303, 303]
        now.shift(LATER)
        actor = actor_for(kept.panel.chair)
        with unit_of_work(house, actor) as session:
            hold = holds.place(session, actor, session.get_one(Case, kept.case_id), kind=HoldKind.COURT,
                               reason="Crown Court asked", review_on=clock.today() + timedelta(days=90)).id  # fmt: skip
        run_job(house)
        assert state(house, kept) == (RetentionState.COOLING, CaseState.CLOSED), "a hold stops what was approved"
        with unit_of_work(house, actor_for(kept.auditor)) as session:
            late = actor_for(kept.auditor, stepped_up_at=None)
            with pytest.raises(StepUpNeeded):
                holds.lift(session, late, session.get_one(LegalHold, hold), reason="Over")
            holds.lift(session, actor_for(kept.auditor), session.get_one(LegalHold, hold), reason="Over")
        run_job(house)
        assert state(house, kept) == (RetentionState.ERASED, CaseState.ERASED)


def test_a_hold_stops_proposal_and_approval(house, kept):
    def place(session, actor):
        case = session.get_one(Case, kept.case_id)
        review_on = clock.today() + timedelta(days=30)
        return holds.place(session, actor, case, kind=HoldKind.SUBJECT_ACCESS, reason="She asked", review_on=review_on)

    decide(house, kept, kept.coordinator, schedule.propose)
    actor = actor_for(kept.coordinator)
    with unit_of_work(house, actor) as session:
        hold_id = place(session, actor).id
        assert holds.held(session, session.get_one(Case, kept.case_id))
        assert not holds.held(session, session.get_one(Case, kept.other_id))
    with pytest.raises(RuleBroken, match="hold"):
        decide(house, kept, kept.auditor, schedule.approve)
    decide(house, kept, kept.auditor, schedule.cancel)
    with pytest.raises(RuleBroken, match="hold"):
        decide(house, kept, kept.coordinator, schedule.propose)
    with unit_of_work(house, actor) as session:
        with pytest.raises(RuleBroken, match="Say why"):
            holds.lift(session, actor, session.get_one(LegalHold, hold_id), reason=" ")
        police = actor_for(kept.panel.police)
        with pytest.raises((NotAllowed, NotFound)):
            holds.lift(session, police, session.get_one(LegalHold, hold_id), reason="Mine")
        with pytest.raises((NotAllowed, NotFound)):
            place(session, police)


def test_approval_and_a_hold_at_the_same_moment_never_erase(house, kept):
    """Whoever is first, the hold counts: refused, or stopped at the first step."""
    decide(house, kept, kept.coordinator, schedule.propose)
    gate_, refused = threading.Barrier(2), []

    def go(work):
        gate_.wait()
        try:
            work()
        except Refusal as refusal:
            refused.append(type(refusal).__name__)

    def place():
        actor = actor_for(kept.panel.chair)
        with unit_of_work(house, actor) as session:
            holds.place(session, actor, session.get_one(Case, kept.case_id), kind=HoldKind.DEATH_REVIEW,
                        reason="A death review", review_on=clock.today() + timedelta(days=9))  # fmt: skip

    both = [threading.Thread(target=go, args=(work,)) for work in
            (lambda: decide(house, kept, kept.auditor, schedule.approve), place)]  # fmt: skip
    for one in both:
        one.start()
    for one in both:
        one.join(20)
    with time_machine.travel(clock.now() + LATER):
        run_job(house)
    assert refused in ([], ["RuleBroken"])
    assert state(house, kept)[1] == CaseState.CLOSED


def test_from_the_first_step_nobody_finds_it_and_after_the_third_no_process_opens_it(house, kept):
    """Reads while erasing: 404 at once though the keys are there; who began before ends on its own; then nothing."""
    row_id, actor = approved(house, kept), actor_for(kept.coordinator)
    browser = signed_in(house, kept.coordinator).http
    before = browser.get(f"/cases/{kept.reference}", base_url="https://localhost")
    assert before.status_code == 200
    with time_machine.travel(clock.now() + LATER), vault.unit(house.keyring), house.reader() as early:
        access.open_for("retain", kept.partnership_id, [kept.case_id])
        person = early.scalars(select(CasePerson).where(CasePerson.case_id == kept.case_id)).first()
        assert person.full_name
        early.rollback()
        thread = threading.Thread(target=erasing.begin, args=(house, kept.partnership_id, row_id))
        thread.start()
        thread.join(20)
        again = early.scalars(select(CasePerson).where(CasePerson.case_id == kept.case_id)).first()
        assert again.full_name, "a unit of work that had begun keeps its keys"
        early.rollback()
        assert keys_of(house, kept.case_id)
        rest = threading.Thread(target=erasing.destroy_keys, args=(house, kept.partnership_id, row_id))
        rest.start()
        rest.join(20)
    assert keys_of(house, kept.case_id) == []
    with vault.unit(house.keyring), house.reader() as session:
        access.open_for("retain", kept.partnership_id, [kept.case_id])
        person = session.scalars(select(CasePerson).where(CasePerson.case_id == kept.case_id)).first()
        with pytest.raises(KeyMissing):
            _ = person.full_name
    with unit_of_work(house, actor) as session, pytest.raises(NotFound):
        holds.case_for_hold(session, actor, kept.reference)


def test_an_erased_case_and_one_that_never_was_are_the_same_answer(house, kept):
    erase(house, kept)
    for worker in (kept.coordinator, kept.panel.chair, kept.panel.police, kept.idva):
        browser = signed_in(house, worker).http
        for page in ("/cases/{}", "/cases/{}/people", "/cases/{}/history", "/cases/{}/documents", "/referrals/{}"):
            pair = [browser.get(page.format(one), base_url="https://localhost") for one in (kept.reference, NOBODYS)]
            assert [one.status_code for one in pair] == [404, 404], (worker.role, page)
            bodies = [one.get_data() for one in pair]
            assert settled(bodies[0], kept.reference) == settled(bodies[1], NOBODYS)
    browser = signed_in(house, kept.auditor).http
    log = browser.get("/admin/retention/log", base_url="https://localhost").get_data(as_text=True)
    number = re.search(r"/certificates/(\w{3}-\w{3})", log).group(1)
    page = browser.get(f"/admin/retention/certificates/{number}", base_url="https://localhost").get_data(as_text=True)
    assert "35 days" in page
    assert "Keys destroyed" in page
    paper = browser.get(f"/admin/retention/certificates/{number}/pdf", base_url="https://localhost")
    assert paper.data.startswith(b"%PDF")
    for secret in ("Begum", "Okafor", kept.coordinator.email, kept.case_id.hex):
        assert secret not in page + log + words_of(paper.data)


def test_nothing_of_it_is_left_but_an_id_a_line_and_counts(house, kept):
    """Rows, tokens, links, messages, drafts, papers; and in the key store's files not a byte of its key (2.11)."""
    with house.reader() as session:
        people = [one.hex for one in session.scalars(select(CasePerson.id).where(CasePerson.case_id == kept.case_id))]
    keys = keys_of(house, kept.case_id)
    assert len(keys) == 1
    assert {"draft", "paper", "paper_content", "person_token", "person_link", "message", "telling", "action",
            "agenda_item", "minutes_page", "research"} <= named_in(house, kept.case_id.hex, *people)  # fmt: skip
    erase(house, kept)
    left = named_in(house, kept.case_id.hex, *people, kept.reference.replace("-", ""))
    assert left == {"case_file", "retention", "erasure_entry", "audit_entry"}
    files = [house.settings.data / name for name in ("keys.db", "keys.db-wal", "casework.db", "casework.db-wal")]
    for file in (one for one in files if one.exists()):
        assert not any(key in file.read_bytes() for key in keys), file.name
    with unit_of_work(house, actor_for(kept.coordinator)) as session:
        assert not [one for one in finding.find(session, actor_for(kept.coordinator), name="Amina Begum", wider=True)
                    if one.reference == kept.reference]  # fmt: skip
        assert session.get_one(Case, kept.other_id).state == CaseState.HEARD
    with house.reader() as session:
        figures = {(one.measure, one.part): one.number for one in session.scalars(select(ErasedFigure))}
        row = session.scalars(select(Retention).where(Retention.case_id == kept.case_id)).one()
        assert (row.state, row.keys_erased, bool(row.certificate)) == (RetentionState.ERASED, 1, True)
    assert figures["cases_heard", "first"] == 1
    assert figures["actions", "open"] == 1
    with unit_of_work(house) as session:
        assert audit.verify(session, kept.partnership_id).ok


KILLED = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID
import time_machine
from marac import clock
from marac.services.keeping import deployment
from marac.services.keeping.deployment import open_deployment
from marac.services.retaining import erasing
from tests.conftest import settings_in
from tests.pdf_text import words_of

folder, row_id, at = Path(sys.argv[1]), UUID(sys.argv[2]), int(sys.argv[3])
house = open_deployment(settings_in(folder))
partnership_id = UUID(sys.argv[4])
die = lambda *_a, **_k: os.kill(os.getpid(), signal.SIGKILL)
with time_machine.travel(clock.now() + timedelta(days=15)):
    for step in erasing.STEPS[: at]:
        step(house, partnership_id, row_id)
    if erasing.STEPS[at] is erasing.destroy_keys:
        erasing.key_ledger.wipe = die
    else:
        erasing.unit_of_work.__wrapped__.__globals__["commit"] = die
    erasing.STEPS[at](house, partnership_id, row_id)
"""


@pytest.mark.parametrize("step", range(4))
def test_killed_within_any_step_it_is_gone_on_with_to_the_end(kept, tmp_path, step):
    """kill -9 after what came before, in the middle of this one: then the job alone finishes it."""
    house = kept.copy(tmp_path / "copy")
    row_id = approved(house, kept)
    house.close()
    asked = [sys.executable, "-c", KILLED, str(tmp_path / "copy"), str(row_id), str(step), str(kept.partnership_id)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("MARAC_")} | {
        "PYTHONPATH": str(REPO)
    }
    died = subprocess.run(asked, env=env, cwd=REPO, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-900:]
    house = open_deployment(settings_in(tmp_path / "copy"))
    found = state(house, kept)
    assert found == (
        (RetentionState.COOLING, CaseState.CLOSED) if step == 0 else (RetentionState.ERASING, CaseState.ERASED)
    )
    with time_machine.travel(clock.now() + LATER):
        run_job(house)
        run_job(house)
    assert state(house, kept) == (RetentionState.ERASED, CaseState.ERASED)
    assert keys_of(house, kept.case_id) == []
    with house.reader() as session:
        assert session.scalars(select(ErasedFigure.number).where(ErasedFigure.measure == "cases_heard")).all() == [1]
    house.close()


def test_an_old_backup_brings_nothing_back(kept, tmp_path):
    """Taken before the erasure: under the living key store, and with the old key store as well (2.9, 2.11)."""
    house = kept.copy(tmp_path / "copy")
    old = backup.create(house, tmp_path / "backups", RECIPIENTS)
    for file in (old.data, old.keys):
        assert not any(word.encode() in file.read_bytes() for word in SAID.values())
    row_id = erase(house, kept)
    with unit_of_work(house, actor_for(kept.auditor)) as session:
        access.asked()
        session.get_one(User, kept.panel.housing.id).state = UserState.SUSPENDED
    newer = backup.create(house, tmp_path / "backups", RECIPIENTS)
    assert row_id
    house.close()
    living = tmp_path / "living"
    shutil.copytree(tmp_path / "copy", living)
    for file in (living / "data").glob("casework.db*"):
        file.unlink()
    identity = str(IDENTITIES[0])
    restoring.restore(settings_in(living), old.data, None, identity)
    finished = closed_then_finished(living, ())
    assert (finished.erased, finished.ok) == (1, True)
    gone(living, kept)
    both = tmp_path / "both"
    shutil.copytree(tmp_path / "copy", both)
    shutil.rmtree(both / "data")
    restoring.restore(settings_in(both), old.data, old.keys, identity)
    finished = closed_then_finished(both, (newer.ledger,))
    assert (finished.erased, finished.suspended, finished.ok) == (1, 1, True)
    gone(both, kept)


def closed_then_finished(folder, ledgers):
    """Nothing starts; then the restore is finished."""
    settings = settings_in(folder)
    with pytest.raises(ConfigurationError, match="restore finalize"):
        open_deployment(settings)
    env = {"MARAC_DATA": str(folder / "data"), "PATH": os.environ["PATH"], "PYTHONPATH": str(REPO)}
    served = subprocess.run([sys.executable, "-m", "marac.cli", "worker"], env=env, cwd=REPO, capture_output=True,
                            check=False, timeout=60)  # fmt: skip
    assert served.returncode == 2
    assert b"restore finalize" in served.stderr
    return restoring.finalize(settings, ledgers)


def gone(folder, kept):
    house = open_deployment(settings_in(folder))
    try:
        assert state(house, kept) == (RetentionState.ERASED, CaseState.ERASED)
        assert keys_of(house, kept.case_id) == []
        assert "case_person" not in named_in(house, kept.case_id.hex)
        assert keys_of(house, kept.other_id)
        assert "person_token" in {name for name, rows in tables(house).items() if rows}
        assert gate.closed(house.engine, house.keyring) == ""
    finally:
        house.close()


def test_the_gate_is_closed_for_every_mismatch_and_finalize_alone_opens_it(kept, tmp_path):
    """Files swapped by hand: yesterday's database under today's key store, and the other way round."""
    house = kept.copy(tmp_path / "copy")
    with pytest.raises(ConfigurationError, match="Nothing here waits"):
        restoring.finalize(house.settings)
    house.close()
    shutil.copytree(tmp_path / "copy", tmp_path / "before")
    house = open_deployment(settings_in(tmp_path / "copy"))
    erase(house, kept)
    house.close()
    for name, sources in (("old data", ("before", "copy")), ("old keys", ("copy", "before"))):
        mixed = tmp_path / name
        shutil.copytree(tmp_path / "copy", mixed)
        for database, source in zip(("casework.db", "keys.db"), sources, strict=True):
            for file in (mixed / "data").glob(f"{database}*"):
                file.unlink()
            for file in (tmp_path / source / "data").glob(f"{database}*"):
                shutil.copy(file, mixed / "data")
        finished = closed_then_finished(mixed, ())
        assert finished.ok, name
        gone(mixed, kept)


def test_a_lost_key_keeps_the_gate_closed_and_a_drill_finds_it(kept, tmp_path):
    """Every case has its key or its entry; a drill opens a row of every compartment, reads the trails, and says so."""
    house = kept.copy(tmp_path / "copy")
    made = backup.create(house, tmp_path / "backups", RECIPIENTS)
    found = drilling.drill(house, made.data, made.keys, str(IDENTITIES[1]))
    assert (found["ok"], found["audit_ok"], found["not_opened"]) == (True, True, [])
    assert found["rows_opened"] > 15
    assert {"ok", "rows_opened", "audit_ok", "seconds"} <= set(json.loads(json.dumps(found)))
    with house.keyring.writer.begin() as connection:
        connection.execute(text("delete from wrapped_key where owner = :owner"), {"owner": kept.other_id.bytes})
    torn = backup.create(house, tmp_path / "torn", RECIPIENTS)
    assert not drilling.drill(house, torn.data, torn.keys, str(IDENTITIES[0]))["ok"]
    house.close()
    lost = tmp_path / "lost"
    shutil.copytree(tmp_path / "copy", lost)
    shutil.rmtree(lost / "data")
    restoring.restore(settings_in(lost), torn.data, torn.keys, str(IDENTITIES[0]))
    finished = closed_then_finished(lost, ())
    assert (finished.ok, finished.keyless) == (False, [kept.other_id])
    with pytest.raises(ConfigurationError, match="finalize"):
        open_deployment(settings_in(lost))


def test_a_backup_is_for_its_recipients_into_emptiness_and_unchanged(kept, tmp_path):
    house = kept.copy(tmp_path / "copy")
    with pytest.raises(ConfigurationError, match="at least two"):
        backup.create(house, tmp_path / "backups", RECIPIENTS[:1])
    made = backup.create(house, tmp_path / "backups", RECIPIENTS)
    house.close()
    empty = settings_in(tmp_path / "empty")
    shutil.copytree(tmp_path / "copy" / "data-root", tmp_path / "empty" / "data-root")
    stranger, mine = str(pyrage.x25519.Identity.generate()), str(IDENTITIES[0])
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        restoring.restore(empty, made.data, made.keys, stranger)
    flipped = tmp_path / "flipped.age"
    content = bytearray(made.data.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        restoring.restore(empty, flipped, made.keys, mine)
    with pytest.raises(ConfigurationError, match="already"):
        restoring.restore(settings_in(tmp_path / "copy"), made.data, made.keys, mine)
    assert not empty.data.exists() or not list(empty.data.glob("*.db"))
    with time_machine.travel(clock.now() + timedelta(days=36)):
        house = open_deployment(settings_in(tmp_path / "copy"))
        later = backup.create(house, tmp_path / "backups", RECIPIENTS)
        assert later.expired == 1
        assert not made.keys.exists()
        assert made.data.exists()
        house.close()
