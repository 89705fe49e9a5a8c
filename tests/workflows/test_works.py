"""The works catalogue, the fire rule, job cards and follow-ups as tables: boundaries and every line."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from marac.errors import RuleBroken, WrongState
from marac.vocabulary import AtHome, CostBand, LineResult, Permission as P, Room, WorksGroup, WorksOrderState as O
from marac.workflows import follow_up, job_cards
from marac.workflows.fitting import FOLLOW_UP, VISIT, WORKS_ORDER
from marac.workflows.job_cards import card_words, first_telling, shows_address, tells
from marac.workflows.works import all_done, band_of, catalogue, pounds, quantity, with_vat

EVERY = list(catalogue().works.values())


def test_every_group_and_band_of_the_catalogue_is_known_and_no_line_is_there_twice():
    assert len(EVERY) == 46
    assert [group for group, _ in catalogue().by_group()] == list(WorksGroup)
    assert {one.band for one in EVERY} == set(CostBand) - {CostBand.F}
    room = catalogue().get("sanctuary_room")
    assert [catalogue().get(part).key for part in room.includes] == list(room.includes)
    with pytest.raises(RuleBroken):
        catalogue().get("moat")


# as the brigade would say it, apart from the catalogue: what always needs a look, and what does on a flat's own door
ALWAYS = {
    "flat_entrance_door", "internal_door_bolt", "letterbox_cover", "letterbox_fire_bag", "letterbox_seal",
    "window_restrictor", "window_grille", "door_gate", "side_gate", "escape_ladder", "safe_room_door",
    "safe_room_bolts", "sanctuary_room", "boarding_up",
}  # fmt: skip
ON_A_FLATS_DOOR = {"extra_lock", "door_viewer", "door_reinforcement", "new_external_door", "communal_entry"}


@pytest.mark.parametrize("flat", [True, False], ids=["flat", "house"])
@pytest.mark.parametrize("room", [*Room, None])
def test_what_changes_a_way_out_needs_a_fire_review(room, flat):
    """SAN-26: every line in every room of a flat and of a house."""
    needed = {one.key for one in EVERY if one.needs_fire_review(room=room, flat=flat)}
    at_the_door = room == Room.COMMUNAL or (flat and room in (Room.FRONT_DOOR, None))
    assert needed == ALWAYS | (ON_A_FLATS_DOOR if at_the_door else set())


def test_only_a_lock_may_be_ordered_at_once_without_anybody_looking_at_a_way_out():
    """SAN-25: emergency lines; boarding up still waits for the brigade."""
    emergency = {one.key for one in EVERY if one.emergency}
    assert emergency == {"lock_change_cylinder", "lock_change_mortice", "boarding_up"}
    assert {one for one in emergency if not catalogue().get(one).needs_fire_review(room=None, flat=True)} == {
        "lock_change_cylinder", "lock_change_mortice",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("0", "A"), ("49.99", "A"), ("50", "B"), ("150", "B"), ("150.01", "C"), ("400", "C"), ("400.01", "D"),
        ("1000", "D"), ("1000.01", "E"), ("2500", "E"), ("2500.01", "F"),
    ],
)  # fmt: skip
def test_the_cost_band_at_every_boundary(amount, band):
    """SAN-27."""
    assert band_of(Decimal(amount)) == band


def test_money_is_in_pounds_and_pence():
    assert (pounds("£1,250.50", "each"), pounds(" 80 ", "each")) == (Decimal("1250.50"), Decimal(80))
    assert with_vat(Decimal("99.99"), Decimal(20)) == Decimal("119.99")
    for wrong in ("", "abc", "-1", "1.005", "NaN", "inf", "2000000"):
        with pytest.raises(RuleBroken):
            pounds(wrong, "each")
    for wrong in ("0", "100", "1.5", "", "two"):
        with pytest.raises(RuleBroken):
            quantity(wrong)


@pytest.mark.parametrize(
    ("results", "done"),
    [
        ([], False), (["fitted"], True), (["fitted", "not_needed"], True), (["fitted", None], False),
        (["fitted", "part_fitted"], False), (["not_fitted"], False),
    ],
)  # fmt: skip
def test_part_or_not_fitted_keeps_it_open(results, done):
    """SAN-29."""
    assert all_done(results) is done


# --- the card ---


@pytest.mark.parametrize("word", job_cards.TELLING)
def test_every_word_that_says_why_is_found_in_any_case_and_at_any_place(word):
    """SAN-28."""
    for text in (word, word.upper(), f"Come round. {word.title()}!", f"about the {word},"):
        assert tells(text)


def test_words_that_only_look_alike_and_parts_of_names_are_told_apart():
    names = ["Leila Haddad-Moss", "Jo O'Neil"]
    assert not tells("Second floor, brass knocker, repairs. Ask at the bailey gate.", names)
    assert tells("Ask for LEILA", names)
    assert tells("Ms haddad", names)
    assert tells("Mr Neil", names)
    assert tells("Leïla", names)
    assert not tells("Go to the moss-green door", [])
    assert first_telling({"area": "E1", "access": "Her ex has a key"}) == "access"
    assert first_telling({"area": "E1", "access": "Ring twice"}) == ""


def test_no_line_of_the_catalogue_says_why_on_a_card():
    """SAN-28: as a card calls them."""
    assert [one.key for one in EVERY if tells(card_words(one.key, one.words))] == []
    assert [words for words in job_cards.AT_THE_DOOR if tells(words)] == []


EVENING = datetime(2026, 3, 28, 18, tzinfo=UTC)  # the clocks go forward in the night
WINDOW = datetime(2026, 3, 29, 8, tzinfo=UTC)


@pytest.mark.parametrize("state", list(O))
@pytest.mark.parametrize(("minutes", "hours"), [(-1, False), (0, True), (900, True)])
def test_the_address_shows_from_six_in_london_the_evening_before_on_an_accepted_job_alone(state, minutes, hours):
    """SAN-28."""
    now = EVENING + timedelta(minutes=minutes)
    assert shows_address(state, WINDOW, now) is (hours and state is O.ACCEPTED)


# --- follow-ups ---


@pytest.mark.parametrize(
    ("signed", "due"),
    [
        ("2026-01-31", ["2026-03-02", "2026-04-30", "2026-07-31"]),  # 28 February is a Saturday
        ("2027-08-31", ["2027-09-30", "2027-11-30", "2028-02-29"]),  # a leap year
        ("2026-11-25", ["2026-12-29", "2027-02-25", "2027-05-25"]),  # Christmas Day, Boxing Day put off, a weekend
        ("2026-03-03", ["2026-04-07", "2026-06-03", "2026-09-03"]),  # Good Friday to Easter Monday
    ],
)  # fmt: skip
def test_follow_ups_are_clamped_to_the_months_end_and_moved_to_the_next_working_day(signed, due):
    """SAN-32."""
    assert [day.isoformat() for day in follow_up.due_dates(date.fromisoformat(signed)).values()] == due


@pytest.mark.parametrize(("attempts", "unreachable"), [(0, False), (2, False), (3, True), (4, True)])
def test_three_attempts_are_unreachable(attempts, unreachable):
    """SAN-32."""
    assert follow_up.unreachable(attempts) is unreachable


GOOD = {"still_at_address": "yes", "incidents_since": ["none"], "measures_working": "yes"}


@pytest.mark.parametrize("missing", GOOD)
def test_the_outcome_set_needs_still_there_incidents_and_whether_it_works(missing):
    """SAN-33."""
    with pytest.raises(RuleBroken) as problem:
        follow_up.read({**GOOD, missing: ""})
    assert problem.value.field == missing


def test_the_outcome_set_keeps_what_was_asked_and_nothing_else():
    """SAN-33: safety before and after as numbers."""
    kept = follow_up.read({**GOOD, "feels_safer_before": "2", "feels_safer_after": "5", "address": "14 Elm Row"})
    assert kept == {**GOOD, "feels_safer_before": 2, "feels_safer_after": 5}
    moved = {"still_at_address": AtHome.NO, "incidents_since": ["contact"], "moved_reason": "felt_unsafe"}
    assert follow_up.read(moved) == moved
    for wrong in ({"incidents_since": ["none", "entry"]}, {"satisfied": "6"}, {"measures_working": "perhaps"}):
        with pytest.raises(RuleBroken):
            follow_up.read({**GOOD, **wrong})


# --- the tables ---

ENDS = {WORKS_ORDER: {"completed", "withdrawn"}, VISIT: {"done", "not_in", "cancelled"},
        FOLLOW_UP: {"done", "unreachable", "not_needed"}}  # fmt: skip
OFFERS = {
    ("works_order", "offered"): {"accept": P.ORDER_WORK, "withdraw": P.JOB_RUN},
    ("works_order", "accepted"): {"complete": P.ORDER_WORK, "withdraw": P.JOB_RUN},
    ("visit", "booked"): {"record": P.VISIT_BOOK, "miss": P.VISIT_BOOK, "cancel": P.VISIT_BOOK, "call_off": P.JOB_RUN},
    ("follow_up", "due"): {"record": P.SANCTUARY_SUPPORT, "try": P.SANCTUARY_SUPPORT, "give_up": P.SANCTUARY_SUPPORT,
                           "drop": P.JOB_RUN},
}  # fmt: skip


@pytest.mark.parametrize("flow", list(ENDS), ids=lambda flow: flow.noun)
def test_each_state_offers_what_it_must_and_an_end_offers_nothing(flow):
    """SAN-28, SAN-32: every state and every verb."""
    assert {str(state) for state in flow.end_states} == ENDS[flow]
    verbs = {step.name for step in flow.transitions}
    for state in flow.states:
        wanted = OFFERS.get((flow.noun, str(state)), {})
        assert {step.name: step.permission for step in flow.offered(state)} == wanted
        for verb in verbs - set(wanted):
            with pytest.raises(WrongState):
                flow.find(verb, state)


def test_a_job_ends_with_every_line_a_word_and_a_photo():
    """SAN-29."""
    step = WORKS_ORDER.find("complete", O.ACCEPTED)
    whole = {"results": {"a": LineResult.FITTED}, "notes": {}, "photo": True}
    step.check(None, whole)
    for wrong in (
        {"results": {}},
        {"results": {"a": ""}},
        {"results": {"a": LineResult.PART_FITTED}},
        {"photo": False},
    ):
        with pytest.raises(RuleBroken):
            step.check(None, {**whole, **wrong})
    step.check(None, {**whole, "results": {"a": LineResult.NOT_FITTED}, "notes": {"a": "No power"}})
