"""The line typed while a panel talks: thirty real lines, and the ways a line can be doubtful (DA-27)."""

from datetime import date

import pytest
import yaml

from marac.paths import DATA
from marac.workflows.action_line import find_agency, parse
from marac.workflows.when import read_when

TODAY, NEXT_PANEL = date(2025, 11, 12), date(2025, 11, 26)
POLICE, HOUSING, GP, MH, SMS = "met_police_da", "housing_options", "primary_care", "elft", "substance_misuse"
CSC, ASC, IDVA, SANCTUARY = "childrens_social_care", "adult_social_care", "solace", "designing_out_crime"
LANDLORD, COORDINATOR = "registered_provider_other", "vawg_team"
NAMES = (
    (POLICE, "Police", ("police", "pol", "met")),
    (IDVA, "Solace", ("solace", "idva")),
    (HOUSING, "Housing options", ("housing", "ho")),
    (CSC, "Children's social care", ("csc", "children", "social care")),
    (ASC, "Adult social care", ("asc", "adults")),
    ("probation", "Probation", ("probation", "prob")),
    (MH, "Mental health", ("mh", "elft", "mental health")),
    (GP, "GP or ICB", ("gp", "icb", "health")),
    (SMS, "Substance misuse", ("sms", "reset", "substance")),
    (SANCTUARY, "Sanctuary", ("sanctuary", "sanc")),
    ("education", "Education", ("edu", "education", "school")),
    ("chair", "Chair", ("chair",)),
    (COORDINATOR, "Coordinator", ("coord", "coordinator")),
    (LANDLORD, "Landlord", ("thh", "landlord")),
)

# a line, its agencies, its text, and the day and month it is due
LINES = [
    ("police: apply for stalking protection order by fri", [POLICE], "apply for stalking protection order", (14, 11)),
    ("idva: tell her the plan by text by tomorrow", [IDVA], "tell her the plan by text", (13, 11)),
    ("housing: confirm direct let by 17/11", [HOUSING], "confirm direct let", (17, 11)),
    ("csc: school pick-up plan with head by fri", [CSC], "school pick-up plan with head", (14, 11)),
    ("csc, idva: joint visit by mon", [CSC, IDVA], "joint visit", (17, 11)),
    ("mh: check caseload and update panel by next panel", [MH], "check caseload and update panel", (26, 11)),
    ("probation: check licence conditions by 48h", ["probation"], "check licence conditions", (14, 11)),
    ("prob: warn re contact on 20 Nov", ["probation"], "warn re contact", (20, 11)),
    ("gp: flag and tag by 28 November", [GP], "flag and tag", (28, 11)),
    ("sanc: survey at new address within 5 days", [SANCTUARY], "survey at new address", (17, 11)),
    ("police & housing: remove name from tenancy by 1/12", [POLICE, HOUSING], "remove name from tenancy", (1, 12)),
    ("edu: safe collection password with school by thursday", ["education"], "safe collection password with school",
     (13, 11)),
    ("thh: lock change by today", [LANDLORD], "lock change", (12, 11)),
    ("met: domestic violence disclosure by 2w", [POLICE], "domestic violence disclosure", (26, 11)),
    ("asc: care act assessment by 5 Dec 2025", [ASC], "care act assessment", (5, 12)),
    ("coord: write to landlord by by fri", [COORDINATOR], "write to landlord", (14, 11)),
    ("chair: escalate to strategic lead by 19.11.25", ["chair"], "escalate to strategic lead", (19, 11)),
    ("adults: section 42 enquiry by friday", [ASC], "section 42 enquiry", (14, 11)),
    ("social care: strategy meeting by 13th Nov", [CSC], "strategy meeting", (13, 11)),
    ("police: visit by the stairwell entrance by fri", [POLICE], "visit by the stairwell entrance", (14, 11)),
    ("housing: stand by for move before 24/11", [HOUSING], "stand by for move", (24, 11)),
    ("elft: crisis plan by end of day", [MH], "crisis plan", (12, 11)),
    ("reset: named worker by mon next week", [SMS], "named worker", (17, 11)),
    ("idva: safe contact re-check by 14 days", [IDVA], "safe contact re-check", (26, 11)),
    ("education: attendance data by 18 11", ["education"], "attendance data", (18, 11)),
]  # fmt: skip

# line, agencies, candidates, text, due_on, due_options, fields in doubt
ASKED = [
    ("sms: offer appointment by next tue", [SMS], [], "offer appointment", None, [(18, 11), (25, 11)], ["due"]),
    ("h: check register by fri", [], [HOUSING, GP], "check register", (14, 11), [], ["agency"]),
    ("change locks by fri", [], [], "change locks", (14, 11), [], ["agency"]),
    ("police: report back", [POLICE], [], "report back", None, [(26, 11)], ["due"]),
    ("police: bail check by 31/2", [POLICE], [], "bail check", None, [], ["due"]),
]


def on(day):
    return day and date(2025, day[1], day[0])


def read(line, next_meeting=NEXT_PANEL):
    return parse(line, TODAY, next_meeting, NAMES)


@pytest.mark.parametrize("line, agencies, text, due", LINES, ids=[line for line, *_ in LINES])
def test_a_line_is_read_first_time(line, agencies, text, due):
    found = read(line)
    assert (list(found.agencies), found.text, found.due_on) == (agencies, text, on(due))
    assert (found.problems, found.candidates, found.due_options) == ((), (), ())


@pytest.mark.parametrize("case", ASKED, ids=[case[0] for case in ASKED])
def test_a_doubtful_line_is_asked_about_and_keeps_its_text(case):
    line, agencies, candidates, text, due, options, doubts = case
    found = read(line)
    assert (list(found.agencies), list(found.candidates), found.text) == (agencies, candidates, text)
    assert (found.due_on, list(found.due_options)) == (on(due), [on(day) for day in options])
    assert [problem.field for problem in found.problems] == doubts


def test_all_thirty_lines_are_here():
    assert len(LINES) + len(ASKED) == 30


def test_a_line_with_nothing_asks_for_every_part():
    assert [problem.field for problem in read("").problems] == ["agency", "text", "due"]


def test_a_colon_inside_the_text_is_not_an_agency():
    found = read("change locks at 10:30 by fri")
    assert (found.agencies, found.text, found.due_on) == ((), "change locks at 10:30", date(2025, 11, 14))


def test_one_agency_known_and_one_not_keeps_the_known_one_and_asks():
    found = read("csc, xyz: visit by fri")
    assert (found.agencies, [problem.field for problem in found.problems]) == ((CSC,), ["agency"])


@pytest.mark.parametrize("joiner", [", ", ",", " & ", " + ", " and ", "&"])
def test_agencies_are_joined_in_any_of_the_ways_people_write(joiner):
    assert read(f"police{joiner}idva: joint visit by fri").agencies == (POLICE, IDVA)


def test_and_inside_one_agencys_name_does_not_split_it():
    names = (*NAMES, ("prevent_protect", "Prevent and Protect", ("prevent",)))
    found = parse("csc, prevent and protect: call by fri", TODAY, NEXT_PANEL, names)
    assert found.agencies == (CSC, "prevent_protect")


def test_the_same_agency_named_twice_is_one():
    assert read("police & met: bail check by fri").agencies == (POLICE,)


@pytest.mark.parametrize("word", ["call", "text", "phone", "write", "letter", "visit", "visits"])
def test_an_action_that_may_reach_her_shows_the_safe_contact_rules(word):
    """DA-14."""
    assert read(f"idva: {word} about the plan by fri").reaches_victim
    assert not read("idva: plan the context by fri").reaches_victim


def test_next_panel_without_one_booked_is_asked():
    found = read("mh: update by next panel", next_meeting=None)
    assert (found.due_on, found.text, found.problems[0].field) == (None, "update", "due")
    assert read("mh: update", next_meeting=None).due_options == ()


def test_nothing_that_was_typed_is_echoed_in_a_problem():
    problems = read("secretname: do it by 31/2").problems
    assert all("secretname" not in problem.message for problem in problems)


@pytest.mark.parametrize(
    "phrase, expected",
    [
        ("3/11", date(2026, 11, 3)),
        ("12/11", TODAY),
        ("29/2", date(2028, 2, 29)),
        ("1 dec", date(2025, 12, 1)),
        ("Sept 4th", None),
        ("4th sept", date(2026, 9, 4)),
        ("1 month", date(2025, 12, 12)),
        ("1 day", date(2025, 11, 13)),
        ("25h", date(2025, 11, 14)),
        ("this fri", date(2025, 11, 14)),
        ("tues", date(2025, 11, 18)),
        ("FRI.", date(2025, 11, 14)),
        ("14-11-2025", date(2025, 11, 14)),
        ("next week wed", date(2025, 11, 19)),
        ("the stairwell", None),
        ("5 minutes", None),
        ("", None),
    ],
)
def test_a_date_is_read_as_it_is_said(phrase, expected):
    when = read_when(phrase, TODAY, NEXT_PANEL)
    assert (when.on if when else None) == expected


@pytest.mark.parametrize("phrase", ["31/2", "32/1", "14/11/2024", "0/1", "30 feb"])
def test_a_day_that_cannot_be_meant_is_refused_and_not_moved(phrase):
    when = read_when(phrase, TODAY, NEXT_PANEL)
    assert when.on is None
    assert when.problem


def test_todays_weekday_could_be_today_or_next_week():
    assert read_when("wed", TODAY, NEXT_PANEL).options == (TODAY, date(2025, 11, 19))


def test_the_shipped_aliases_each_name_one_agency():
    agencies = yaml.safe_load((DATA / "partnership.yaml").read_text(encoding="utf-8"))["agencies"]
    owners = [(a["slug"], a["name"], a["aliases"]) for a in agencies if "action_owner" in a["functions"]]
    for slug, name, aliases in owners:
        for written in (slug, name, *aliases):
            assert find_agency(written, owners) == (slug,), written
