"""What is to come at a panel: a range from what came lately, and the day by which one more is needed."""

from datetime import date, timedelta

from marac.workflows.forecast import Booked, forecast

TODAY = date(2026, 11, 22)


def booked(*room: int) -> list[Booked]:
    return [Booked(TODAY + timedelta(weeks=place + 1), number) for place, number in enumerate(room)]


def test_the_range_holds_the_middle_and_widens_with_what_came():
    steady, wild = forecast([10] * 12, 0, [], TODAY), forecast([2, 18] * 6, 0, [], TODAY)
    assert (steady.low, steady.middle, steady.high) == (10, 10, 10)
    assert (wild.low, wild.middle, wild.high) == (0, 10, 24)


def test_too_few_weeks_say_nothing():
    assert forecast([10] * 7, 3, booked(16), TODAY) is None


def test_room_enough_until_the_last_panel_asks_for_no_other():
    found = forecast([10] * 12, 0, booked(16, 16, 16), TODAY)
    assert (found.short_by, found.likely_short_by, found.last_on) == (None, None, TODAY + timedelta(weeks=3))
    assert forecast([10] * 12, 0, [], TODAY).last_on is None


def test_an_extra_panel_is_needed_by_the_first_that_cannot_take_who_waits():
    found = forecast([10] * 12, 5, booked(12, 10, 8), TODAY)
    assert found.likely_short_by == TODAY + timedelta(weeks=1)
    busy = forecast([8, 12] * 6, 0, booked(11, 11), TODAY)
    assert (busy.likely_short_by, busy.short_by) == (None, TODAY + timedelta(weeks=1))


def test_the_order_in_which_panels_are_given_does_not_matter():
    room = booked(12, 6, 20)
    assert forecast([10] * 12, 2, room[::-1], TODAY) == forecast([10] * 12, 2, room, TODAY)
