"""Pages of walls, restriction, declarations, one's own details and urgent access: seen, filled in and saved."""

from datetime import timedelta

from sqlalchemy import select

from marac import clock
from marac.models import Case, Glass, SigninSession
from marac.services.keeping.deployment import unit_of_work
from marac.services.walls import screening
from marac.vocabulary import Role
from tests.builders import a_user, actor_for, signed_in
from tests.builders_panels import a_published_panel
from tests.builders_sanctuary import NAME, a_scheme, a_sent_request


def at(house, worker, path):
    """That person's browser on a page, having just confirmed who they are."""
    client = signed_in(house, worker)
    with unit_of_work(house) as session:
        mine = SigninSession.user_id == worker.id
        session.execute(SigninSession.__table__.update().where(mine).values(stepped_up_at=clock.now()))
    return client.get(path)


def test_a_person_is_kept_out_confirmed_and_let_in_by_two(house):
    panel = a_published_panel(house, 1)
    with unit_of_work(house) as session:
        second = a_user(session, house, Role.CHAIR, "vawg_team", full_name="Vera Second")
        mate = a_user(
            session, house, Role.REPRESENTATIVE, "cctv", full_name="Lena Fox", household=["Karim Begum, 1988"]
        )
    with unit_of_work(house, actor_for(mate)) as session:
        assert screening.screen_colleague(session, actor_for(mate)) == 1
        reference = session.get_one(Case, panel.case_ids[0]).reference
    page = at(house, panel.coordinator, f"/cases/{reference}").follow("Who is kept out")
    assert "Lena Fox" in page.main
    assert "same name" in page.main
    waiting = at(house, panel.coordinator, "/today")
    assert "Confirm or lift a conflict of interest" in waiting.main
    confirmed = page.press("It is a conflict")
    assert confirmed.flashes == ["Confirmed. They stay out."]
    wrong = confirmed.fill_and_post({"because": "x"}, action=f"/cases/{reference}/walls")
    assert "Select a person or an agency, not both" in wrong.errors
    done = wrong.fill_and_post(
        {"user_id": panel.housing.id.hex, "because": "Is the cousin of the person", "agency": "", "person_id": ""},
        action=f"/cases/{reference}/walls",
    )
    assert done.flashes == ["They are kept out from now on."]
    assert "Find another contact there" in done.main
    asked = at(house, panel.chair, f"/cases/{reference}/walls").form("/ask").post({"because": "It was her namesake"})
    assert asked.flashes == ["Asked. A second person has to agree."]
    agreed = at(house, second, "/today").follow("Agree or not that a wall is lifted").press("Agree: lift it")
    assert agreed.flashes == ["Lifted. They may see it from now on."]


def test_a_case_is_restricted_and_opened_again(house):
    panel = a_published_panel(house, 1)
    with unit_of_work(house) as session:
        reference = session.get_one(Case, panel.case_ids[0]).reference
    page = at(house, panel.chair, f"/cases/{reference}").follow("Restrict it to named people")
    day = clock.today() + timedelta(days=40)
    on = [str(day.day), str(day.month), str(day.year)]
    wrong = page.fill_and_post({"because": "short", "review_on": on}, action="/restrict")
    assert wrong.errors == ["Say why, in a sentence. Only those who run this case can read it"]
    done = wrong.fill_and_post(
        {"people": [panel.police.id.hex], "because": "Her brother works here", "review_on": on}, action="/restrict"
    )
    assert done.flashes == ["The case is for these people only."]
    held = done.follow("Restrict it to named people")
    assert "Her brother works here" in held.main
    again = next(form for form in held.own_forms if "lift_because" in form.names)
    assert again.post({"lift_because": "He has left the council"}).flashes == ["The case is no longer restricted."]


def test_everybody_declares_before_the_agenda_opens_and_keeps_their_own_details(house):
    panel = a_published_panel(house, 2)
    page = at(house, panel.housing, f"/panels/{panel.reference}/declare")
    assert "You have declared for this meeting" in page.main
    assert page.fill_and_post({"looked": "y"}).flashes == ["Thank you. The agenda is open to you."]
    own = at(house, panel.housing, "/account").follow("Your details for screening")
    wrong = own.fill_and_post({"born_in": "2024"})
    assert wrong.errors == ["Enter the year you were born in, like 1985"]
    kept = wrong.fill_and_post({"born_in": "1985", "household": "Sam Reed, 1979", "home_postcode": "E2 0XX"})
    assert kept.flashes == ["Thank you. Your details are kept."]
    assert "Sam Reed, 1979" in kept.follow("Your details for screening").main


def test_urgent_access_from_the_list_of_cases_to_its_review(house):
    panel = a_published_panel(house, 1)
    with unit_of_work(house) as session:
        rep = a_user(session, house, Role.REPRESENTATIVE, "cctv")
        auditor = a_user(session, house, Role.AUDITOR, "cctv")
        reference = session.get_one(Case, panel.case_ids[0]).reference
    page = at(house, rep, "/cases").follow("Urgent access to a case that is not yours")
    nothing = page.fill_and_post({"reference": "Q9Z-99Z", "category": "danger", "because": "He is at the door now."})
    assert nothing.errors == ["There is no case with this reference. Check it"]
    seen = nothing.fill_and_post({"reference": reference, "category": "danger", "because": "He is at the door now."})
    assert "Amina Begum" in seen.main
    assert "Elm Row" not in seen.text
    asked = seen.fill_and_post({"because": "Police ask where she is now."}, action="/ask")
    assert asked.flashes == ["Asked. The chair and the coordinator are told now. Ring them."]
    agreed = at(house, panel.coordinator, "/today").follow("Somebody needs an address in an emergency")
    assert "He is at the door now." in agreed.main
    assert agreed.press("Agree to show the address").status == 200
    with house.reader() as session:
        glass_id = session.scalar(select(Glass.id))
    shown = at(house, rep, f"/urgent-access/{glass_id}").press("Show the address")
    assert "14 Elm Row E1 0AA" in shown.main
    review = at(house, auditor, "/today").follow("Review 1 use of urgent access").follow("Review this use")
    assert review.fill_and_post({}).status == 422
    done = review.fill_and_post({"outcome": "justified", "found": "The police went. She is safe."})
    assert done.flashes == ["Reviewed."]
    assert "It was needed" in done.main


def test_a_request_of_the_scheme_shows_who_is_kept_out(house):
    scheme = a_scheme(house)
    with unit_of_work(house) as session:
        a_user(session, house, Role.SANCTUARY_OFFICER, "vawg_team", programme=None, full_name="Lena Fox",
               household=[NAME])  # fmt: skip
    reference = a_sent_request(scheme)
    page = at(house, scheme.officer, f"/sanctuary/{reference}").follow("Who is kept out")
    assert "Lena Fox" in page.main
    assert page.press("It is a conflict").flashes == ["Confirmed. They stay out."]
    assert at(house, scheme.requester, f"/sanctuary/{reference}/walls").status in (403, 404)
