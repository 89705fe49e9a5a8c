"""Keys of every level change while people read and write, and the change is killed again and again (security 2.10).

Nobody's read fails, what was begun is taken up, and the old keys go when their time is over and not before.
"""

import os
import re
import shutil
from datetime import timedelta
from random import Random

import pytest
import time_machine
from sqlalchemy import select

from marac import clock
from marac.app import create_app
from marac.crypto import keyring, turnover
from marac.crypto.envelope import header_generation
from marac.models import Case, Membership, Partnership, User
from marac.services.accounts import sessions
from marac.services.keeping import rotating
from marac.services.keeping.deployment import open_deployment, unit_of_work
from marac.services.knowing.indexing import index_cases
from marac.services.transfers import areas
from tests.attacks.everything import open_all, values
from tests.attacks.rotators import Crew, look
from tests.builders_panels import a_published_panel
from tests.conftest import settings_in

SAME = {"Sec-Fetch-Site": "same-origin", "Referer": "https://localhost/account"}
LEVELS = tuple(rotating.LEVELS)
KILLS = int(os.environ.get("MARAC_TEST_KILLS", "7"))  # 100 before a release
LONGEST = {"index": 1.6, "deployment": 1.2, "staff": 0.9}


@pytest.fixture(scope="module")
def settings(founded, tmp_path_factory):
    """A borough with a published panel, tokens of everybody in it, and a key for transfers."""
    folder = tmp_path_factory.mktemp("rotated") / "house"
    shutil.copytree(founded, folder)
    house = open_deployment(settings_in(folder))
    panel = a_published_panel(house, cases=2)
    with unit_of_work(house) as session:
        partnership = session.scalars(select(Partnership)).one()
        areas.make_own_key(session, house.keyring, partnership)
        index_cases(session, partnership.id, panel.case_ids)
    house.close()
    return settings_in(folder)


def standing(house, kind):
    """{generation: state} of the keys of a kind."""
    return {(row.generation, row.state) for row in house.keyring.key_status() if row.kind == kind}


def test_every_level_rotates_under_load_and_is_killed_on_the_way_and_no_read_fails(settings):
    crew, chance, killed = Crew(settings), Random(7), 0
    try:
        for level in LEVELS:
            for _ in range(-(-KILLS // len(LEVELS))):
                killed += not crew.rotate(level, kill_after=chance.uniform(0.02, LONGEST.get(level, 0.5)))
            assert crew.rotate(level)
    finally:
        rounds, wrong = crew.dismiss()
    assert wrong == []
    assert killed >= KILLS // 3
    assert rounds > 2 * len(LEVELS)
    house = open_deployment(settings)
    assert {level for level, _, ended in turnover.standing(house.keyring) if ended} == set(LEVELS)
    assert look(house) > 100
    for kind in ("case", "staff"):
        newest = {row.owner: row.generation for row in house.keyring.rows(keyring._K.kind == kind)}
        with house.reader() as session:
            sealed = [one for one in values(session) if one.place.kind == kind]
        late = [one for one in sealed if header_generation(one.blob) != newest[one.place.owner.bytes]]
        assert sealed
        assert late == []
    assert len(standing(house, "index")) == 1
    house.close()


def test_old_keys_are_destroyed_after_35_days_and_everything_is_still_read(settings):
    house = open_deployment(settings)
    before = open_all(house)
    assert rotating.destroy_due(house) == {}
    assert {state for _, state in standing(house, "case")} == {"seals", "opens"}
    with time_machine.travel(clock.now() + timedelta(days=36)):
        done = rotating.destroy_due(house)
    assert {"case", "staff", "partnership", "deployment", "root"} <= set(done)
    for kind in ("case", "staff", "partnership", "deployment", "index"):
        assert {state for _, state in standing(house, kind)} == {"seals"}
    house.close()
    again = open_deployment(settings)
    assert open_all(again) == before
    assert look(again) > before
    again.close()


def test_who_is_signed_in_stays_so_and_a_form_drawn_before_is_taken_after(open_house, monkeypatch):
    """Cookies are read under every key that is known, forms are signed by the oldest (security 2.10)."""
    monkeypatch.setattr(keyring, "HOLD", 0.05)
    monkeypatch.setattr(rotating, "SPARE", 0.05)
    house = open_house()
    panel = a_published_panel(house, cases=1)
    app = create_app(house)
    with unit_of_work(house) as session:
        user, membership = session.get_one(User, panel.chair.id), session.get_one(Membership, panel.chair.membership_id)
        token, _ = sessions.start(session, user, membership)
    browser, base = app.test_client(), {"base_url": "https://localhost"}
    with browser.session_transaction(**base) as cookie:
        cookie.update({"_user_id": token, "_fresh": True})

    def csrf() -> str:
        return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/account", **base).text)[1]

    drawn, secret = csrf(), app.config["SECRET_KEY"]
    rotating.rotate(house, "deployment", None)
    for form in (drawn, csrf()):
        assert browser.get("/account", **base).status_code == 200
        answer = browser.post("/account/shortcuts", data={"csrf_token": form}, headers=SAME, **base)
        assert answer.status_code in (200, 302, 303, 422)
        checked = browser.post("/sign-out", data={"csrf_token": form + "x"}, headers=SAME, **base)
        assert checked.status_code in (400, 419)
    assert app.config["SECRET_KEY"] != secret
    with time_machine.travel(clock.now() + timedelta(days=36)):
        assert rotating.destroy_due(house)["deployment"] == 1
    assert browser.get("/account", **base).status_code == 303  # a cookie of then is nobody's any more


@pytest.mark.parametrize("level", LEVELS)
def test_a_dry_run_counts_and_changes_nothing(settings, level):
    house = open_deployment(settings)
    before = house.keyring.key_status(), turnover.standing(house.keyring)
    count = rotating.rotate(house, level, None, dry_run=True)
    assert len(count) == 1
    assert (level == "works") is (count == {"resealed": 0}) or level == "root"
    assert (house.keyring.key_status(), turnover.standing(house.keyring)) == before
    house.close()


def test_a_case_erased_while_its_keys_rotate_stays_erased(settings):
    house = open_deployment(settings)
    with house.reader() as session:
        case_id, partnership_id = session.execute(select(Case.id, Case.partnership_id).order_by(Case.id.desc())).first()
    begun = turnover.begin(house.keyring, "case", partnership_id.bytes)
    house.keyring.erase_case(partnership_id, case_id)
    where = (house.engine, house.keyring, "case", partnership_id, case_id)
    assert turnover.turn_owner(*where, begun_at=begun.at) == (0, 0)
    assert case_id not in turnover.waiting(house.keyring, "case", partnership_id.bytes, begun.at)
    house.close()
