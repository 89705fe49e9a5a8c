"""A Sanctuary request through its pages, from the first line to the approval and the ways out."""

import pytest

from marac.models import SanctuaryRequest
from marac.services.keeping.deployment import unit_of_work
from marac.services.sanctuary import address_flags, requests
from marac.vocabulary import Role, SanctuaryState as S
from tests.builders import a_user, actor_for, signed_in
from tests.builders_cases import a_story
from tests.builders_sanctuary import (
    FEARED,
    NAME,
    STREET,
    a_permitted_request,
    a_scheme,
    a_sent_request,
    a_triaged_request,
    no_factors,
    put_at,
)


@pytest.fixture
def scheme(house):
    return a_scheme(house)


def state_of(scheme, reference):
    with scheme.house.reader() as session:
        return session.query(SanctuaryRequest).filter_by(reference=reference).one().state


def fill_in(browser, here):
    """Every part that a request needs, by its pages."""
    person = {"full_name": NAME, "approximate_age": "34", "street": STREET, "house_number": "14", "postcode": "E1W 9ZZ"}
    browser.get(f"{here}/form/person").fill_and_post(person, press="Save and continue")
    browser.get(f"{here}/form/safe-contact").fill_and_post({"way_phone": "yes"}, press="Save and continue")
    why = {"consent": "yes", "reason": "He came back twice."}
    browser.get(f"{here}/form/reason").fill_and_post(why, press="Save and continue")
    risk = {f"factor_{key}": said for key, said in no_factors(has_keys="yes").items()}
    browser.get(f"{here}/form/risk").fill_and_post(risk, press="Save and continue")
    browser.get(f"{here}/form/other-person").fill_and_post({"full_name": FEARED}, press="Save and continue")
    browser.get(f"{here}/form/home").fill_and_post({"floor": "2", "landlord_consent": "yes"}, press="Save and continue")


def test_a_request_is_written_part_by_part_checked_and_sent_san_20(scheme):
    browser = signed_in(scheme.house, scheme.requester)
    here = browser.get("/sanctuary/new").fill_and_post({}, press="Start").url.partition("?")[0]
    assert "Enter their full name" in browser.get(f"{here}/check").main
    refused = browser.get(f"{here}/form/person").fill_and_post({}, press="Save and continue")
    assert refused.status == 422
    fill_in(browser, here)
    assert browser.get(f"{here}/form/children").status == browser.get(f"{here}/form/equality").status == 200
    sent = browser.get(f"{here}/check").press("Send request")
    assert sent.flashes == ["Sent. The Sanctuary team has your request."]
    assert "Emergency" in sent.main
    assert STREET not in sent.text, "who asked does not read the address back"


def test_somebody_entered_by_mistake_is_taken_out_and_a_draft_is_given_up(scheme):
    browser = signed_in(scheme.house, scheme.requester)
    here = browser.get("/sanctuary/new").fill_and_post({}, press="Start").url
    added = browser.get(f"{here}/form/other-person").fill_and_post({"full_name": FEARED}, press="Save and add another")
    assert FEARED in added.main
    changed = added.follow("Change")
    changed.fill_and_post({"full_name": "Craig Other"}, press="Save and continue")
    gone = browser.get(f"{here}/form/other-person").press("Remove")
    assert "Craig Other" not in gone.main
    assert browser.get(here).press("Withdraw this draft").flashes == ["The draft was withdrawn."]


def test_triage_is_one_screen_and_leads_on_to_the_landlord_san_21_san_23(scheme):
    reference = a_sent_request(scheme)
    browser = signed_in(scheme.house, scheme.officer)
    page = browser.get("/sanctuary")
    assert f"{NAME.split()[1]}, Leila" in page.main
    triage = browser.get(f"/sanctuary/{reference}").press("Start triage").follow("Triage")
    gates = {name: "yes" for name in triage.form("/triage").names if name.startswith("gate_")}
    gates["gate_landlord_permission"] = "unknown"
    saved = triage.fill_and_post(gates, press="Save and ask the landlord")
    refused = saved.fill_and_post({"asked_of": "Housing officer"}, press="Ask the landlord")
    assert refused.status == 422
    assert "Select what keeps them safe" in " ".join(refused.errors)
    triage = browser.get(f"/sanctuary/{reference}/triage")
    asked = triage.fill_and_post({**gates, "interim": ["police_patrol_or_marker"]}, press="Save and ask the landlord")
    assert asked.fill_and_post({"asked_of": "Housing officer"}, press="Ask the landlord").status == 200
    assert state_of(scheme, reference) == S.LANDLORD_PERMISSION
    page = browser.get(f"/sanctuary/{reference}/landlord")
    page.press("Asked again today")
    page = browser.get(f"/sanctuary/{reference}/landlord")
    page.fill_and_post({"escalated_to": "Area manager"}, press="Escalate")
    answered = browser.get(f"/sanctuary/{reference}/landlord").fill_and_post(
        {"answer": "granted", "answered_role": "Area manager"}, press="Save the answer"
    )
    assert "Agreed" in answered.main
    assert "Book the survey" in browser.get(f"/sanctuary/{reference}").main


def test_what_is_missing_is_asked_for_and_answered_by_whoever_asked(scheme):
    reference = a_triaged_request(scheme)
    officer, asker = signed_in(scheme.house, scheme.officer), signed_in(scheme.house, scheme.requester)
    form = officer.get(f"/sanctuary/{reference}/ask")
    assert form.fill_and_post({"missing_words": "", "asked_of": ""}, press="Ask").status == 422
    form.fill_and_post({"missing_words": "Whose tenancy?", "asked_of": "The referrer"}, press="Ask")
    page = asker.get(f"/sanctuary/{reference}")
    assert "Whose tenancy?" in page.main
    page.follow("Answer the question").fill_and_post({"answer": "Hers alone"}, press="Send answer")
    assert state_of(scheme, reference) == S.IN_TRIAGE


def test_not_suitable_is_a_notice_that_whoever_asked_can_read_san_34(scheme):
    reference = a_triaged_request(scheme)
    officer = signed_in(scheme.house, scheme.officer)
    triage = officer.get(f"/sanctuary/{reference}/triage")
    no = {"gate_lives_in_borough": "no"}
    assert triage.fill_and_post({**no, "evidence_lives_in_borough": ""}, press="Save").status == 422
    decline = triage.fill_and_post({**no, "evidence_lives_in_borough": "Lives in Hackney"},
                                   press="Save and decide that it is not suitable")  # fmt: skip
    facts = {"reason": "Outside", "alternatives": ["housing_options"], "notice": "Ask Hackney council."}
    decline.fill_and_post(facts, press="Save")
    assert state_of(scheme, reference) == S.INELIGIBLE
    assert "Ask Hackney council." in signed_in(scheme.house, scheme.requester).get(f"/sanctuary/{reference}").main
    officer.get(f"/sanctuary/{reference}").press("Close: told in writing")
    assert state_of(scheme, reference) == S.CLOSED


def test_the_budget_holder_decides_and_never_the_one_who_asked_or_surveyed_san_27(scheme):
    reference = a_permitted_request(scheme)
    put_at(scheme, reference, S.APPROVAL, surveyor_id=scheme.officer.id)
    own = signed_in(scheme.house, scheme.officer).get(f"/sanctuary/{reference}/approval")
    assert "Somebody else has to decide" in own.main
    manager = signed_in(scheme.house, scheme.manager)
    page = manager.get(f"/sanctuary/{reference}")
    assert NAME not in page.text
    assert STREET not in page.text
    form = manager.get(f"/sanctuary/{reference}/approval")
    assert form.fill_and_post({"decision": "sent_back"}, press="Save the decision").status == 422
    form.fill_and_post({"decision": "sent_back", "because": "Get a second quote"}, press="Save the decision")
    assert state_of(scheme, reference) == S.SPECIFICATION


def test_an_emergency_is_approved_in_words_and_then_written_down_san_27(scheme):
    reference = a_triaged_request(scheme, has_keys="yes")
    officer = signed_in(scheme.house, scheme.officer)
    form = officer.get(f"/sanctuary/{reference}/approval").follow("A budget holder said yes")
    said = {"approver": str(scheme.manager.id), "pounds": "120", "because": "Lock change tonight"}
    assert form.fill_and_post(said, press="Save").flashes == ["Noted. They write it down within a working day."]
    manager = signed_in(scheme.house, scheme.manager)
    written = manager.get(f"/sanctuary/{reference}").follow("Write it down")
    written.fill_and_post({"funder": "Grant", "order_number": "PO 7"}, press="Save")
    assert "Write it down" not in manager.get(f"/sanctuary/{reference}").main


def test_danger_at_the_home_stops_the_works_and_offers_the_marac_san_22(scheme):
    reference = a_permitted_request(scheme)
    surveyor, officer = signed_in(scheme.house, scheme.surveyor), signed_in(scheme.house, scheme.officer)
    form = surveyor.get(f"/sanctuary/{reference}").follow("The person causing harm is there")
    assert form.fill_and_post({"how_known": ""}, press="Stop the works").status == 422
    form.fill_and_post({"how_known": "Seen at the door", "known_on": ["1", "11", "2026"]}, press="Stop the works")
    page = officer.get(f"/sanctuary/{reference}")
    assert "Works are stopped" in page.main
    assert "Ask the IDVA to refer to the MARAC" in page.main
    asked_by = signed_in(scheme.house, scheme.requester).get(f"/sanctuary/{reference}")
    assert "/referrals/new" in [link.attrs["href"] for link in asked_by.all("a.govuk-link[href]")]
    stays = page.press("Go on where it stopped")
    assert state_of(scheme, reference) == S.FROZEN
    assert stays.flashes == ["This stops the work. Answer it again first"]
    triage = officer.get(f"/sanctuary/{reference}/triage")
    triage.fill_and_post(
        {"gate_perpetrator_lives_elsewhere": "yes", "gate_no_legal_right_to_enter": "yes"}, press="Save"
    )
    officer.get(f"/sanctuary/{reference}").press("Go on where it stopped")
    assert state_of(scheme, reference) == S.LANDLORD_PERMISSION


@pytest.mark.parametrize(
    ("name", "typed", "state"),
    [
        ("withdraw", {"how_told": "By phone", "alternatives_offered": "A move"}, S.WITHDRAWN),
        ("moved", {"happened_on": ["1", "11", "2026"]}, S.MOVED),
        ("refuge", {"happened_on": ["1", "11", "2026"]}, S.REFUGE),
        ("died", {"happened_on": ["1", "11", "2026"]}, S.DIED),
        ("hold", {"because": "In hospital", "review_on": ["1", "11", "2036"]}, S.ON_HOLD),
    ],
)
def test_each_way_out_has_its_page_and_says_what_it_needs(scheme, name, typed, state):
    reference = a_permitted_request(scheme)
    officer = signed_in(scheme.house, scheme.officer)
    form = officer.get(f"/sanctuary/{reference}/{name}")
    own = form.form(f"/{name}")
    assert own.post({}).status == 422
    own.post(typed)
    assert state_of(scheme, reference) == state
    assert officer.get(f"/sanctuary/{reference}").status == 200


def test_the_same_request_twice_is_marked_by_the_others_reference(scheme):
    one, other = a_permitted_request(scheme), a_sent_request(scheme)
    officer = signed_in(scheme.house, scheme.officer)
    form = officer.get(f"/sanctuary/{one}/duplicate").form("/duplicate")
    assert form.post({"same_as": "XXX-XXX"}).status == 422
    form.post({"same_as": other})
    assert state_of(scheme, one) == S.DUPLICATE


def test_flags_are_asked_for_placed_kept_and_removed_and_the_forgotten_listed_san_31(scheme):
    reference = a_permitted_request(scheme)
    put_at(scheme, reference, S.FOLLOW_UP)
    officer = signed_in(scheme.house, scheme.officer)
    here = f"/sanctuary/{reference}/flags"
    officer.get(here).press("Ask the police for a flag")
    flag = officer.get(here).follow("Met")
    flag.fill_and_post({"their_reference": "CAD 4"}, press="They placed it")
    kept = officer.get(here).follow("Met")
    assert kept.fill_and_post({"because": "Still afraid"}, press="Still needed").status == 422
    kept.fill_and_post({"because": "Still afraid", "review_on": ["1", "2", "2036"]}, press="Still needed")
    put_at(scheme, reference, S.CLOSED)
    assert "1 address flag" in officer.get("/sanctuary").main
    assert reference in officer.get("/sanctuary/flags").main
    officer.get(here).follow("Met").press("Ask them to remove it")
    officer.get(here).follow("Met").press("They removed it")
    assert "No flags to remove" in officer.get("/sanctuary/flags").main


def test_a_request_starts_from_the_tab_of_a_case_and_is_listed_there_san_36(scheme):
    story = a_story(scheme.house)
    browser = signed_in(scheme.house, story.idva)
    tab = browser.get(f"/cases/{story.reference}/sanctuary")
    started = tab.follow("Start a request").press("Start")
    assert "Amina Begum" in browser.get(f"{started.url}/form/person").text or started.status == 200
    reference = started.url.rsplit("/", 1)[1]
    assert reference in browser.get(f"/cases/{story.reference}/sanctuary").main
    other = signed_in(scheme.house, story.housing)
    assert reference not in other.get(f"/cases/{story.reference}/sanctuary").main


def test_whoever_has_nothing_to_do_with_a_request_finds_no_page_of_it(scheme):
    reference = a_permitted_request(scheme)
    with unit_of_work(scheme.house) as session:
        workers = [a_user(session, scheme.house, role, "elft", programme=None) for role in
                   (Role.REPRESENTATIVE, Role.REFERRER, Role.CHAIR, Role.CONTRACTOR, Role.AUDITOR, Role.SYSTEM_ADMIN,
                    Role.AGENCY_ADMIN, Role.IDVA, Role.SERVICE_MANAGER)]  # fmt: skip
    paths = ("", "/triage", "/landlord", "/approval", "/freeze", "/flags", "/check", "/form/person", "/spoken")
    for worker in workers:
        browser = signed_in(scheme.house, worker)
        assert [browser.get(f"/sanctuary/{reference}{path}").status for path in paths] == [404] * len(paths), (
            worker.role
        )


def test_no_page_of_a_request_says_why_in_its_title_or_address(scheme):
    reference = a_permitted_request(scheme)
    with scheme.work(scheme.officer) as session:
        actor = actor_for(scheme.officer)
        address_flags.ask(session, actor, requests.get_request(session, actor, reference), "police")
    browser = signed_in(scheme.house, scheme.officer)
    for path in ("", "/triage", "/landlord", "/approval", "/flags", "/freeze", "/hold"):
        page = browser.get(f"/sanctuary/{reference}{path}")
        assert page.status == 200
        assert not any(word in page.title.lower() for word in ("sanctuary", "harm", "victim", NAME.lower()))
