"""A view, job or template that forgets to ask is an error, not a leak (architecture 5, 7)."""

import pytest
from flask import render_template_string
from sqlalchemy import select

from marac import access
from marac.app import create_app
from marac.crypto import vault
from marac.crypto.vault import SealedShut
from marac.models import CasePerson, User
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role
from marac.web import unit_of_work as web
from tests.attacks.test_seals import LOCALHOST, browser
from tests.builders import a_user, actor_for
from tests.builders_panels import a_published_panel


@pytest.fixture
def careless(house):
    """The application with pages in it whose author forgot something."""
    app = create_app(house)
    app.add_url_rule("/forgot-to-ask", "forgot.to_ask", lambda: "everything about everybody")
    app.add_url_rule("/forgot-to-ask-and-saves", "forgot.saving", _saves, methods=["GET", "POST"])
    app.add_url_rule("/asks-something-else", "forgot.grant", _asks_something_else)
    app.add_url_rule("/template-that-reads", "forgot.template", _template_that_reads)
    return app


def _saves():
    web.session().query(User).first().last_totp_step = 99
    return "saved"


def _asks_something_else():
    access.holds(web.actor(), access.READS[User])
    return str([person.full_name for person in web.session().scalars(select(CasePerson))])


def _template_that_reads():
    access.holds(web.actor(), access.READS[User])
    people = web.session().scalars(select(CasePerson)).all()
    return render_template_string("{% for one in people %}{{ one.full_name }}{% endfor %}", people=people)


def signed_in_to(app, house, worker):
    client = browser(house, worker)
    client.application = app
    return client


@pytest.mark.parametrize("path", ["/forgot-to-ask", "/forgot-to-ask-and-saves"])
def test_a_page_that_never_asked_is_not_shown(house, careless, path):
    with unit_of_work(house) as session:
        rosa = a_user(session, house, Role.COORDINATOR)
    answer = signed_in_to(careless, house, rosa).get(path, **LOCALHOST)
    assert answer.status_code == 500
    assert b"everything" not in answer.data


def test_a_form_that_never_asked_changes_nothing(house, careless):
    with unit_of_work(house) as session:
        rosa = a_user(session, house, Role.COORDINATOR)
    careless.config["WTF_CSRF_ENABLED"] = False
    answer = signed_in_to(careless, house, rosa).post("/forgot-to-ask-and-saves", **LOCALHOST)
    assert answer.status_code == 500
    with house.reader() as session:
        assert session.get_one(User, rosa.id).last_totp_step != 99


@pytest.mark.parametrize("path", ["/asks-something-else", "/template-that-reads"])
def test_asking_for_one_thing_does_not_open_another(house, careless, path):
    """The vault opens what was granted and nothing else, in a template too."""
    panel = a_published_panel(house, cases=1)
    answer = signed_in_to(careless, house, panel.coordinator).get(path, **LOCALHOST)
    assert answer.status_code == 500
    assert b"Amina" not in answer.data


def test_nothing_opens_outside_a_unit_of_work(house):
    panel = a_published_panel(house, cases=1)
    with house.reader() as session:
        person = session.scalars(select(CasePerson)).first()
        with pytest.raises(SealedShut):
            str(person.full_name)
    assert panel


def test_a_grant_ends_with_its_unit_of_work(house):
    """What was opened is not readable from the same row later."""
    panel = a_published_panel(house, cases=1)
    with house.reader() as session:
        person = session.scalars(select(CasePerson)).first()
        with vault.unit(house.keyring):
            access.open_case(actor_for(panel.coordinator), person.case)
            assert person.full_name
        with vault.unit(house.keyring), pytest.raises(SealedShut):
            str(person.full_name)


def test_a_whole_list_without_a_grant_is_refused_too(house):
    panel = a_published_panel(house, cases=1)
    with vault.unit(house.keyring), house.reader() as session, pytest.raises(SealedShut):
        str([person.notes for person in session.scalars(select(CasePerson))])
    assert panel


def test_the_system_itself_reads_no_case(house):
    """System and Admin are roles with few rights: no superuser (DA-1)."""
    panel = a_published_panel(house, cases=1)
    with unit_of_work(house) as session:
        actor = access.system(panel.coordinator.partnership_id)
        assert session.scalars(access.visible(actor, access.READS[CasePerson], CasePerson)).all() == []
        assert access.open_stage(session, actor, panel.case_ids[0], "listed") == frozenset()
