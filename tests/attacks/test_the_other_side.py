"""What an agency must not learn that works only with the person said to be causing harm, or is no core agency (CM-19).

Over HTTP, as these people sign in. Names and places of the person at risk are looked for in all they can open.
"""

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock
from marac.models import AuditEntry, Case, CasePerson, PersonLink
from marac.services.casework.involvement import involve
from marac.services.community import sides
from marac.vocabulary import InvolvementBasis, LinkDecision, PersonRole, ProgrammeSlug, Role
from tests.builders import a_user, actor_for, signed_in
from tests.builders_community import a_plan_under_way, the_case
from tests.builders_panels import COMMUNITY, MORNING, a_called_case, a_case, a_published_panel, hear

SECRETS = (
    "Amina", "Begum", "Elm Row", "E1 0AA", "07700 900123", "I want him to stay away", "Apply for a protection order",
    "Risk to the person at risk: said",
)  # fmt: skip
TABS = ("", "/people", "/risk", "/reviews", "/powers", "/incidents", "/research", "/actions", "/panels", "/documents",
        "/history")  # fmt: skip


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def panel(house):
    """A community case that was called and heard; housing options is marked as working only with the neighbour."""
    panel = a_called_case(house, 1, programme=COMMUNITY, perpetrator="Neil Horne", wishes="I want him to stay away.")
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        sides.mark_side(session, actor, the_case(session, panel), panel.housing.agency_id, other_side=True)
        hear(session, actor, panel.item(session))
    return panel


def a_representative(house, panel, slug, **facts):
    """Somebody of another agency."""
    with panel.work(panel.coordinator) as session:
        return a_user(session, house, Role.REPRESENTATIVE, slug, programme=COMMUNITY, **facts)


def held_in(page):
    """The secrets that stand anywhere in what came over the wire."""
    return [secret for secret in SECRETS if secret in page.html]


def test_the_other_side_sees_its_own_person_and_nothing_of_the_person_at_risk(house, panel):
    """Every tab, list, sheet and the agenda: no name, address, plan or safe contact (CM-19)."""
    client = signed_in(house, panel.housing)
    with panel.work(panel.coordinator) as session:
        reference = the_case(session, panel).reference
    assert "Neil Horne" in client.get(f"/cases/{reference}/people").main
    places = [f"/cases/{reference}{tab}" for tab in TABS]
    places += ["/cases", "/actions", "/today", f"/panels/{panel.reference}", f"/research/{panel.reference}", "/flags",
               f"/panels/{panel.reference}/minutes", f"/cases/{reference}/incident", "/telling"]  # fmt: skip
    for place in places:
        page = client.get(place)
        assert page.status in (200, 403, 404), place
        assert held_in(page) == [], place


def test_the_other_side_is_refused_every_press_about_the_person_at_risk(house, panel):
    """A reveal, an incident, a safe-contact change: refused, whatever address is typed."""
    client = signed_in(house, panel.housing)
    with panel.work(panel.coordinator) as session:
        case = the_case(session, panel)
        access.open_case(actor_for(panel.coordinator), case)
        victim = next(one for one in case.people if one.role == PersonRole.VICTIM)
        reference, address = case.reference, victim.addresses[0].id.hex
        phone = victim.contact.id.hex
    for place in (f"reveal/address-{address}", f"reveal/phone-{phone}", "incidents/new", "safe-contact", "wishes",
                  "close", "urgent", "reviews/advocate", "case-review"):  # fmt: skip
        assert client.get(f"/cases/{reference}/{place}").status in (403, 404), place


def test_minutes_and_the_plan_stay_shut_for_the_other_side_once_they_are_out(house):
    """When every other agency reads them."""
    panel = a_plan_under_way(house)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        sides.mark_side(session, actor, the_case(session, panel), panel.housing.agency_id, other_side=True)
        reference = the_case(session, panel).reference
    said = "Risk to workers who visit: said and agreed."
    assert said in signed_in(house, panel.police).get(f"/cases/{reference}/panels").html
    assert said not in signed_in(house, panel.housing).get(f"/cases/{reference}/panels").html
    assert said not in signed_in(house, panel.housing).get(f"/panels/{panel.reference}/minutes").html
    with panel.work(panel.housing) as session:
        opened = access.open_case(actor_for(panel.housing), the_case(session, panel))
        assert opened == {"perpetrator", "actions", "research:own", "private:own"}


def test_the_other_side_is_not_asked_to_mark_the_file_of_the_person_at_risk(house, panel):
    client = signed_in(house, panel.housing)
    assert "to confirm on your own file" not in client.get("/actions").main
    assert "to confirm on your own file" in signed_in(house, panel.police).get("/actions").main


def test_who_supports_the_person_in_their_own_case_learns_nothing_of_the_case_against_them(house):
    """The same person causes harm in one case and is at risk in another: the other case is not there (CM-19, CM-1)."""
    panel = a_published_panel(house, 1, programme=COMMUNITY, perpetrator="Neil Horne")
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        own = a_case(session, house, name="Neil Horne", perpetrator="Rob Tull", programme=COMMUNITY,
                     referred_by="barts_acute")  # fmt: skip
        against = the_case(session, panel)
        people = session.scalars(select(CasePerson).where(CasePerson.case_id.in_([own.id, against.id]))).all()
        first = next(p for p in people if p.case_id == own.id and p.role == PersonRole.VICTIM)
        second = next(p for p in people if p.case_id == against.id and p.role == PersonRole.PERPETRATOR)
        session.add(
            PersonLink(partnership_id=own.partnership_id, person_id=first.id, other_person_id=second.id,
                       decision=LinkDecision.SAME, decided_by_id=panel.coordinator.id, decided_at=clock.now())
        )  # fmt: skip
        references = (own.reference, against.reference)
    worker = a_representative(house, panel, "barts_acute")
    client = signed_in(house, worker)
    assert client.get(f"/cases/{references[0]}").status == 200
    assert client.get(f"/cases/{references[1]}").status == 404
    for place in ("", "/people", "/history", "/panels"):
        page = client.get(f"/cases/{references[0]}{place}")
        assert "Amina" not in page.html
        assert references[1] not in page.html
    assert references[1] not in client.get("/cases").html


def test_an_agency_that_is_not_core_never_learns_where_somebody_is(house):
    """Community MARAC: location is for core agencies; the mask offers nothing and the address refuses."""
    panel = a_published_panel(house, 1, programme=COMMUNITY)
    worker = a_representative(house, panel, "barts_acute")
    with panel.work(panel.coordinator) as session:
        case = the_case(session, panel)
        involve(session, case.id, case.partnership_id, [worker.agency_id], InvolvementBasis.CONSULTED)
        access.open_case(actor_for(panel.coordinator), case)
        victim = next(one for one in case.people if one.role == PersonRole.VICTIM)
        reference, address = case.reference, victim.addresses[0].id.hex
    outside, core = signed_in(house, worker), signed_in(house, panel.police)
    assert core.get(f"/cases/{reference}/reveal/address-{address}").status == 200
    assert outside.get(f"/cases/{reference}").status == 200
    assert f"reveal/address-{address}" not in outside.get(f"/cases/{reference}").html
    assert f"reveal/address-{address}" in core.get(f"/cases/{reference}").html
    for place in ("", "/people", "/documents"):
        assert "Elm Row" not in outside.get(f"/cases/{reference}{place}").html
    refused = outside.get(f"/cases/{reference}/reveal/address-{address}")
    if refused.status == 200:
        refused = refused.fill_and_post({"reason": "safety_planning"})
    assert refused.status == 403
    assert "Elm Row" not in refused.html


def test_marking_is_the_panels_to_do_and_is_in_the_trail(house, panel):
    """No agency marks another, nor takes its own mark away; no coordinator marks the own team."""
    with panel.work(panel.coordinator) as session:
        reference = the_case(session, panel).reference
        tags = session.scalars(select(AuditEntry.tag).where(AuditEntry.case_id == panel.case_ids[0])).all()
        assert "case:sided" in tags
    client = signed_in(house, panel.housing)
    assert client.get(f"/cases/{reference}/reviews").html.count("reviews/sides") == 0
    page = signed_in(house, panel.coordinator).get(f"/cases/{reference}/reviews")
    own = page.client.post(
        f"/cases/{reference}/reviews/sides",
        {**{name: value[0] for name, value in page.form("/sides").values.items()},
         "agency": str(panel.coordinator.agency_id), "side": "other"},
    )  # fmt: skip
    assert own.flashes == ["You cannot mark your own agency. Ask the chair to declare a conflict instead"]


def test_a_case_of_the_community_panel_is_not_there_for_members_of_the_other_panel(house, panel):
    """Programmes are apart, also for the urgent meeting and the reviews."""
    with panel.work(panel.coordinator) as session:
        case = session.get_one(Case, panel.case_ids[0])
        reference = case.reference
        worker = a_user(
            session, house, Role.COORDINATOR, "vawg_team", programme=ProgrammeSlug.DA_MARAC, full_name="Dee Ay"
        )  # fmt: skip
    client = signed_in(house, worker)
    for tab in TABS:
        assert client.get(f"/cases/{reference}{tab}").status == 404
