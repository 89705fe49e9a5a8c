"""The suggested plan: urgency, limits, places and who can come; and when it asks for a further meeting (SCH-40)."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given, settings, strategies as st

from marac.workflows.planning import Need, Slot, suggest

DAY = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def on(days: int) -> datetime:
    return DAY + timedelta(days=days)


def need(key: str, urgency: int = 2, *, limit: int | None = None, since: int = -5, **facts) -> Need:
    return Need(key, urgency, on(since), limit_at=on(limit) if limit is not None else None, **facts)


def slot(key: str, days: int, places: int, *away: str) -> Slot:
    return Slot(key, on(days), places, frozenset(away))


def where(plan) -> dict[str, str]:
    return {one.need.key: one.slot.key for one in plan.placements}


def test_whoever_must_be_heard_soonest_has_the_first_place():
    plan = suggest([need("b", limit=40), need("a", limit=12)], [slot("first", 10, 1), slot("second", 24, 1)])
    assert where(plan) == {"a": "first", "b": "second"}
    assert plan.extras == ()
    assert plan.placements[0].reasons == ("To be heard by Sat 14 Nov",)
    assert "Earlier meetings are full" in plan.placements[1].reasons


def test_the_more_urgent_case_goes_first_when_the_other_is_still_in_time():
    plan = suggest([need("slow", 2, limit=30), need("urgent", 0, limit=31)], [slot("1", 10, 1), slot("2", 24, 1)])
    assert where(plan) == {"urgent": "1", "slow": "2"}
    pressed = suggest([need("slow", 2, limit=12), need("urgent", 0, limit=31)], [slot("1", 10, 1), slot("2", 24, 1)])
    assert where(pressed) == {"slow": "1", "urgent": "2"}, "nobody is made late by urgency"


def test_a_case_waits_for_a_meeting_that_its_referrer_can_come_to_da_19():
    plan = suggest([need("a", limit=30, agency="solace")], [slot("1", 10, 5, "solace"), slot("2", 24, 5)])
    assert where(plan) == {"a": "2"}
    assert "The referring agency cannot come on Thur 12 Nov" in plan.placements[0].reasons


def test_when_there_is_no_other_meeting_in_time_it_is_suggested_all_the_same_with_a_warning():
    plan = suggest([need("a", limit=12, agency="solace")], [slot("1", 10, 5, "solace")])
    assert where(plan) == {"a": "1"}
    assert plan.placements[0].reasons[-1] == "The referring agency cannot come: ask for a briefing or a deputy"
    assert plan.extras == ()


def test_a_case_to_be_brought_back_waits_for_the_first_meeting_on_or_after_its_day():
    plan = suggest([need("a", not_before=on(15))], [slot("1", 10, 5), slot("2", 24, 5)])
    assert where(plan) == {"a": "2"}


def test_a_further_meeting_is_asked_for_by_the_earliest_limit_and_says_why_sch_40():
    needs = [need(str(number), limit=29 + number) for number in range(3)]
    plan = suggest(needs, [slot("1", 60, 9)])
    assert [(extra.cases, extra.why) for extra in plan.extras] == [
        (3, "3 cases cannot be heard before their limit: book one by Tues 1 Dec")
    ]
    assert all(one.late for one in plan.placements)


def test_when_every_meeting_is_full_it_says_so_and_without_any_meeting_too():
    plan = suggest([need("a"), need("b")], [slot("1", 10, 1)])
    assert [need.key for need in plan.unplaced] == ["b"]
    assert plan.extras[0].why == "1 case has no place: every meeting booked is full"
    assert suggest([need("a"), need("b")], []).extras[0].why == "2 cases have no place: no meeting is booked"


CASES = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(0, 30)), max_size=5)
MEETINGS = st.lists(st.integers(0, 2), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(CASES, MEETINGS)
def test_nothing_is_placed_twice_lost_overbooked_or_too_early_and_no_limit_is_missed_without_need(cases, places):
    needs = [
        need(str(number), urgency, limit=limit, not_before=on(first) if first < 10 else None)
        for number, (urgency, limit, first) in enumerate(cases)
    ]
    slots = [slot(str(number), 10 + 14 * number, count) for number, count in enumerate(places)]
    plan = suggest(needs, slots)
    assert sorted([*where(plan), *(one.key for one in plan.unplaced)]) == sorted(one.key for one in needs)
    for one in slots:
        assert list(where(plan).values()).count(one.key) <= one.places
    assert all(one.need.not_before is None or one.need.not_before <= one.slot.starts_at for one in plan.placements)
    timely = sum(not one.late for one in plan.placements)
    assert timely == max(_timely(order, slots) for order in permutations(needs))


def _timely(order: tuple[Need, ...], slots: list[Slot]) -> int:
    """How many are in time when each takes the first meeting that suits, in this order."""
    left, count = {one.key: one.places for one in slots}, 0
    for one in order:
        fits = [
            found for found in slots
            if left[found.key] and found.starts_at <= one.limit_at
            and (one.not_before is None or one.not_before <= found.starts_at)
        ]  # fmt: skip
        if fits:
            left[fits[0].key] -= 1
            count += 1
    return count
