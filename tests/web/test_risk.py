"""Risk tools as pages: the DASH on one page, results without answers, several assessments kept and compared."""

import json
from datetime import date
from itertools import pairwise
from uuid import uuid4

import pytest
import yaml
from click.testing import CliRunner

from marac import access
from marac.cli import cli
from marac.models import Assessment
from marac.services.casework import risk_tools
from marac.services.casework.risk_history import Made
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import InvolvementBasis, Role
from marac.web import risk_chart
from marac.workflows.checklists import AS_SHIPPED, LocalReading, current
from marac.workflows.definitions import Threshold
from tests.builders import a_meeting, a_partnership, a_referral, a_user, actor_for, dash, signed_in
from tests.builders_cases import a_story, an_assessment, involve
from tests.services.test_risk_tools import TOOL, WORDING, as_file

ANSWERS = {f"q{number}": "no" for number in range(1, 25)}


@pytest.fixture
def worker(house):
    with unit_of_work(house) as session:
        person = a_user(session, house, Role.IDVA, "solace", full_name="Rosa Lowe")
        a_meeting(session, person.partnership_id)
    return person


def drafted(house, worker, **facts):
    actor = actor_for(worker)
    with unit_of_work(house, actor) as session:
        return "/referrals/" + a_referral(session, house, actor, **facts).reference


def load(house, page):
    with unit_of_work(house) as session:
        risk_tools.load_tool(session, access.system(a_partnership(session).id), as_file(page))


def send(page, values, press="Save and continue"):
    return page.fill_and_post(values, action="/risk", press=press)


# --- the risk part of a referral -----------------------------------------------------------------------------------


def test_the_dash_counts_and_says_how_far_it_could_rise_and_never_judges(house, worker):
    here = drafted(house, worker, risk={"no_checklist": True})
    client = signed_in(house, worker)
    nine = {f"q{number}": "yes" for number in range(1, 10)} | {f"q{number}": "no" for number in range(10, 17)}
    send(
        client.get(f"{here}/risk"), nine | {f"q{n}": "dont_know" for n in (17, 18, 19, 20)}, "Save and come back later"
    )
    page = client.get(f"{here}/risk")
    assert "9 yes, 20 of 24 answered, could rise to 13" in page.text
    assert "A lower score does not mean low risk. Use your judgement." in page.text


def test_who_said_so_and_a_comment_are_kept_with_any_answer_da_9(house, worker):
    here = drafted(house, worker, risk={"no_checklist": True})
    client = signed_in(house, worker)
    typed = ANSWERS | {
        "source4": "Her sister",
        "comment4": "On Sundays",
        "q15": "dont_know",
        "comment15": "Asked",
    }
    assert send(client.get(f"{here}/risk"), typed).status == 200
    again = client.get(f"{here}/risk").form("/risk").values
    assert (again["source4"], again["comment4"], again["comment15"]) == (
        ["Her sister"],
        ["On Sundays"],
        ["Asked"],
    )
    assert "Said by: Her sister" not in client.get(f"{here}/check").text, "a no is not listed"
    assert "Could rise to 1: 1 not known" in client.get(f"{here}/check").text


@pytest.mark.parametrize("number", [1, 3, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 21, 23, 24])
def test_a_yes_that_needs_detail_asks_for_it_beside_the_question_da_9(house, worker, number):
    here = drafted(house, worker, risk={"no_checklist": True})
    page = send(signed_in(house, worker).get(f"{here}/risk"), ANSWERS | {f"q{number}": "yes"})
    assert page.status == 422
    assert page.errors == [f"Question {number} is answered yes. Add the detail it asks for"]


def test_what_a_yes_asks_next_is_said_on_the_page_and_not_in_a_cookie(house, worker):
    answers = {str(n): {"answer": "yes", "comment": "In her words"} for n in (4, 8, 9, 15, 17, 18)}
    here = drafted(house, worker, answers={**dash(0), **answers})
    page = signed_in(house, worker).get(f"{here}/risk")
    assert "Questions 4, 17 and 18. Ask about honour-based abuse and forced marriage" in page.text
    assert "Question 15. Talk this through with your manager or safeguarding lead today" in page.text
    links = [link.attrs["href"] for link in page.all("a")]
    for end in ("/risk/s_dash", "/children", "/other-person"):
        assert any(link.endswith(here + end) for link in links), end


def test_the_stalking_screen_is_filled_in_beside_the_dash(house, worker):
    here = drafted(house, worker, answers={**dash(0), "8": {"answer": "yes", "comment": "Calls all night"}})
    client = signed_in(house, worker)
    screen = client.get(f"{here}/risk/s_dash")
    assert screen.h1 == "Stalking screen (11 items)"
    values = {f"q{number}": "no" for number in range(1, 12)} | {"q4": "yes"}
    screen.fill_and_post(values, action="/risk/s_dash", press="Save and continue")
    check = client.get(f"{here}/check").text
    assert "1 yes, 24 of 24 answered" in check
    assert "1 yes, 11 of 11 answered" in check
    assert client.get(f"{here}/risk").h1 == "DASH risk checklist (24 items)", "the DASH stays the risk part"


@pytest.mark.parametrize(
    "tool, typed, shown",
    [
        ("police_dash", {"e_score": "15", "e_grade": "high", "e_supervisor_grade": "high", "e_force_area": "Met",
                         "e_answers_supplied": "no"}, "Score 15 of 27, graded high"),
        ("dara", {"e_grade": "medium", "e_rationale": "Controls her money"}, "graded medium"),
        ("young_people_dash", {"e_score": "14", "e_total_items": "24"}, "Score 14"),
        ("other_tool", {"e_tool_name": "MeRIT", "e_score": "71", "e_out_of": "200"}, "Score 71"),
    ],
)  # fmt: skip
def test_a_result_is_entered_where_the_answers_were_not_supplied_da_8(house, worker, tool, typed, shown):
    here = drafted(house, worker, risk={"no_checklist": True})
    client = signed_in(house, worker)
    page = client.get(f"{here}/risk/{tool}")
    assert page.fill_and_post(typed, action=f"/risk/{tool}", press="Save and continue").status == 200
    check = client.get(f"{here}/check").text
    assert shown in check
    assert "Answers not supplied" in check
    begun = client.get(f"{here}/risk/{tool}").form(f"/risk/{tool}").values
    assert {name: begun[name] for name in typed} == {name: [value] for name, value in typed.items()}


@pytest.mark.parametrize(
    "typed, error",
    [
        ({}, "Enter the score or the grade"),
        ({"e_score": "28"}, "Number of yes answers must be between 0 and 27"),
        ({"e_score": "-1"}, "Number of yes answers must be between 0 and 27"),
        ({"e_score": "many"}, "Enter a whole number"),
        ({"e_score": "٣" * 40}, "Number of yes answers must be between 0 and 27"),
        ({"e_grade": "extreme"}, "Choose from the list"),
        ({"e_grade": "high", "professional_grade": "standard"}, "cannot lower it"),
        ({"e_grade": "medium", "professional_grade": "high"}, "Say why you think the risk is higher"),
    ],
)
def test_a_result_that_cannot_be_is_refused_beside_its_box_and_nothing_is_lost(house, worker, typed, error):
    here = drafted(house, worker, risk={"no_checklist": True})
    page = signed_in(house, worker).get(f"{here}/risk/police_dash")
    form = page.form("/risk/police_dash")
    again = page.client.post(f"{here}/risk/police_dash", {**form.values, **typed, "e_force_area": "Met"})
    assert again.status == 422
    assert any(error in line for line in again.errors), again.errors
    assert again.form("/risk/police_dash").values["e_force_area"] == ["Met"]


def test_the_young_people_s_tool_is_suggested_and_nobody_is_made_to_use_it(house, worker):
    here = drafted(house, worker, victim={"born_on": None, "approximate_age": 17}, risk={"no_checklist": True})
    page = signed_in(house, worker).get(f"{here}/risk")
    assert "They are of the age that another tool is made for. You may use either." in page.text
    assert page.h1 == "DASH risk checklist (24 items)"


def test_a_tool_that_is_not_there_is_not_found(house, worker):
    here = drafted(house, worker)
    client = signed_in(house, worker)
    for tool in ("asb_ram", "sanctuary_risk", "no_such_tool", "../../etc", "x" * 300):
        assert client.get(f"{here}/risk/{tool}").status == 404


def test_a_loaded_tool_with_weights_is_filled_in_without_code_da_8(house, worker):
    load(house, TOOL)
    here = drafted(house, worker, risk={"no_checklist": True})
    client = signed_in(house, worker)
    page = client.get(f"{here}/risk/merit")
    page.fill_and_post({"q1": "daily", "q2": ["a", "b"]}, action="/risk/merit", press="Save and continue")
    assert "5 of 5, 2 of 2 answered" in client.get(f"{here}/check").text


def test_loaded_wording_is_what_is_asked_with_its_acknowledgement_and_no_markup_of_its_own_da_8(house, worker):
    text = {**WORDING["text"], 1: "<script>alert(1)</script> Were you hurt? {{ 7 * 7 }}"}
    load(house, {**WORDING, "text": text})
    page = signed_in(house, worker).get(f"{drafted(house, worker, risk={'no_checklist': True})}/risk")
    assert "Full wording of question 2?" in page.text
    assert "<script>alert(1)" not in page.html
    assert "{{ 7 * 7 }}" in page.text
    assert "With thanks to an invented publisher." in page.text


def test_the_checklist_can_be_taken_out_again(house, worker):
    here = drafted(house, worker)
    client = signed_in(house, worker)
    send(client.get(f"{here}/risk"), {}, "Take this checklist out")
    assert "Take this checklist out" not in client.get(f"{here}/risk").text


# --- the risk tab of a case ----------------------------------------------------------------------------------------


@pytest.fixture
def story(house):
    told = a_story(house)
    with unit_of_work(house) as session:
        access.open_for("load", told.housing.partnership_id, [told.case_id])
        involve(session, told.case(session), "housing_options", InvolvementBasis.REFERRED)
        an_assessment(session, told.case(session))
    return told


def added(client, story, values):
    page = client.get(f"/cases/{story.reference}/risk/new")
    return page.fill_and_post(values, action="/risk/new", press="Add this assessment")


def test_an_assessment_is_added_and_two_are_set_side_by_side(house, story):
    client = signed_in(house, story.idva)
    assert added(client, story, {**ANSWERS, "q2": "yes", "made_where": "By phone"}).h1.startswith("Amina Begum")
    tab = client.get(f"/cases/{story.reference}/risk")
    assert "by Ruth Lowe, By phone" in tab.main
    picks = tab.form("/risk/compare").choices["pick"]
    both = client.get(f"/cases/{story.reference}/risk/compare?pick={picks[0]}&pick={picks[1]}")
    assert both.h1 == "Two assessments side by side"
    assert "answers changed" in both.main
    (drawing,) = tab.all("svg.app-slope")
    assert drawing.attrs["role"] == "img"
    words = tab.words_of("svg.app-slope text")
    assert "14 or more" in words, "where this area's own band begins"
    assert "1" in words
    assert "The count was 1 on" in tab.main
    assert "A lower count does not mean low risk" in tab.main
    assert "1 answer changed" not in tab.main
    assert "answers changed from the first to the latest: 1. " in tab.main


def test_only_one_version_of_one_tool_stands_on_a_chart_with_the_bands_of_the_area():
    """Rule 6.5.5: counts of one DASH by date, the area's own threshold, the bands of the matrix (CM)."""
    dash_, matrix = current("dash_ric"), current("asb_ram")
    line = [
        a_score(dash_, 12, date(2026, 1, 1)),
        a_score(dash_, 18, date(2026, 1, 31)),
        a_score(dash_, 9, date(2026, 3, 2)),
    ]
    drawn = risk_chart.drawn(line, AS_SHIPPED)
    assert drawn.title == "The count was 12 on 1 January 2026 and 9 on 2 March 2026"
    assert [one.x for one in drawn.points] == [24, 100, 176], "by their dates"
    assert [one.shown for one in drawn.points] == ["12", "18", "9"]
    assert [one.words for one in drawn.levels] == ["14 or more"]
    assert drawn.points[0].y > drawn.levels[0].y > drawn.points[1].y
    local = LocalReading(thresholds=[Threshold("visible_high_risk", ">", 14)])
    assert [one.words for one in risk_chart.drawn(line, local).levels] == ["15 or more"]
    same_day = [a_score(matrix, score, date(2026, 1, 1)) for score in (20, 40)]
    drawn = risk_chart.drawn(same_day, AS_SHIPPED)
    assert [one.words for one in drawn.levels] == ["Medium: 16", "High: 32"]
    assert [one.x for one in drawn.points] == [24, 176], "all on one day stand evenly"
    crowded = [a_score(dash_, 12, date(2026, 1, day)) for day in range(1, 31)]
    shown = [one.x for one in risk_chart.drawn(crowded, AS_SHIPPED).points if one.shown]
    assert all(right - left >= 22 for left, right in pairwise(shown))


def a_score(tool, score, on):
    return Made(uuid4(), tool, tool.id, tool.version, on, "", "", score, 0, None, None, "", (), {}, {})


def test_two_that_cannot_be_compared_are_refused_in_words(house, story):
    client = signed_in(house, story.idva)
    added(client, story, ANSWERS)
    for query in ("", "?pick=x", "?pick=%00", "?pick=a&pick=b&pick=c"):
        page = client.get(f"/cases/{story.reference}/risk/compare{query}")
        assert page.status == 422
        assert "Select two assessments" in page.main


def test_an_assessment_that_is_not_whole_is_refused_and_nothing_is_lost(house, story):
    page = added(signed_in(house, story.idva), story, {"q1": "yes", "q2": "dont_know"})
    assert page.status == 422
    assert "Question 1 is answered yes. Add the detail it asks for" in page.errors
    assert "Answer question 3 or choose Don't know" in page.errors
    assert page.form("/risk/new").values["q2"] == ["dont_know"]
    with house.reader() as session:
        assert session.query(Assessment).count() == 1


def test_adding_is_offered_only_to_those_who_may(house, story):
    for who, status in ((story.idva, 200), (story.coordinator, 200), (story.housing, 200), (story.chair, 403)):
        client = signed_in(house, who)
        assert ("Add an assessment" in client.get(f"/cases/{story.reference}/risk").main) is (status == 200)
        assert client.get(f"/cases/{story.reference}/risk/new").status == status
    assert signed_in(house, story.stranger).get(f"/cases/{story.reference}/risk/new").status == 404


# --- administration and the console --------------------------------------------------------------------------------


def test_the_page_of_risk_tools_lists_versions_dates_and_wording(house, story):
    load(house, WORDING)
    page = signed_in(house, story.coordinator).get("/admin/checklists")
    assert "1.0-words" in page.main
    assert "Official wording. Loaded here" in page.main
    assert signed_in(house, story.housing).get("/admin/checklists").status == 403


def console(house, *words):
    return CliRunner().invoke(cli, list(words), env={"MARAC_DATA": str(house.settings.data)})


def test_the_console_loads_a_tool_once_and_names_every_fault(house, tmp_path, monkeypatch):
    monkeypatch.setattr("marac.cli.checklists.opened", lambda: _Open(house))
    good, bad = tmp_path / "merit.yaml", tmp_path / "bad.yaml"
    good.write_bytes(as_file(TOOL))
    bad.write_text(yaml.safe_dump({**TOOL, "version": 2, "panels": ["parish"]}), "utf-8")
    first, again = (console(house, "checklists", "load", str(good), "--json") for _ in range(2))
    assert json.loads(first.stdout) == {"id": "merit", "version": "1.0", "from": "2026-01-01", "loaded": True}
    assert json.loads(again.stdout)["loaded"] is False
    refused = console(house, "checklists", "load", str(bad))
    assert len(refused.exception.message.splitlines()) == 2


class _Open:
    """A house that stays open after the command."""

    def __init__(self, house):
        self.house = house

    def __enter__(self):
        return self.house

    def __exit__(self, *_):
        return None
