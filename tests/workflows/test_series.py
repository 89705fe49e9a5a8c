"""Days of a series of meetings: the vectors of the field's own table (SCH-37), holidays, closures, clock changes."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from marac.clock import LONDON, to_london
from marac.errors import RuleBroken
from marac.vocabulary import SeriesRule
from marac.workflows.deadlines import is_working_day, london
from marac.workflows.series import Recurrence, check_recurrence, falls_on, offer, offers

THURSDAY = 3
SECOND_THURSDAYS = Recurrence(SeriesRule.NTH_WEEKDAY, THURSDAY, date(2026, 1, 1), nths=(2,))
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def fortnightly(anchor: date) -> Recurrence:
    return Recurrence(SeriesRule.EVERY_K_WEEKS, anchor.weekday(), anchor, interval_weeks=2)


def test_second_thursdays_of_2026_sch_37():
    days = [(day.day, day.month) for day in falls_on(SECOND_THURSDAYS, *YEAR)]
    assert days == [
        (8, 1), (12, 2), (12, 3), (9, 4), (14, 5), (11, 6), (9, 7), (13, 8), (10, 9), (8, 10), (12, 11), (10, 12),
    ]  # fmt: skip


def test_fortnightly_from_8_january_2026_is_26_meetings_and_none_on_a_holiday_sch_37():
    days = falls_on(fortnightly(date(2026, 1, 8)), *YEAR)
    assert len(days) == 26
    assert [day for day in days if not is_working_day(day)] == []


def test_fortnightly_from_new_years_day_is_27_and_the_first_is_offered_before_or_after_sch_37():
    series = fortnightly(date(2026, 1, 1))
    assert len(falls_on(series, *YEAR)) == 27
    first, second = offers(series, date(2026, 1, 1), most=2)
    assert (first.problem, first.before, first.after) == ("Bank holiday", date(2025, 12, 31), date(2026, 1, 2))
    assert (second.on, second.problem) == (date(2026, 1, 15), "")


def test_two_weeks_of_a_month_and_the_last_one():
    days = falls_on(
        Recurrence(SeriesRule.NTH_WEEKDAY, 1, date(2026, 1, 1), nths=(1, -1)), date(2026, 3, 1), date(2026, 4, 30)
    )
    assert days == [date(2026, 3, 3), date(2026, 3, 31), date(2026, 4, 7), date(2026, 4, 28)]


def test_a_closure_day_is_said_to_be_one_and_the_next_working_day_steps_over_holidays_sch_37():
    closed = frozenset({date(2025, 12, 24), date(2025, 12, 29), date(2025, 12, 30), date(2025, 12, 31)})
    found = offer(date(2025, 12, 24), closed)
    assert (found.problem, found.before, found.after) == ("Closure day", date(2025, 12, 23), date(2026, 1, 2))
    assert offer(date(2026, 1, 3)).problem == "Weekend"


def test_beyond_the_published_holidays_a_day_is_not_confirmed():
    assert offer(date(2026, 5, 14)).confirmed
    assert not offer(date(2045, 5, 11)).confirmed


def test_a_series_begins_at_its_anchor_and_ad_hoc_offers_nothing():
    later = Recurrence(SeriesRule.NTH_WEEKDAY, THURSDAY, date(2026, 6, 1), nths=(2,))
    assert offers(later, date(2026, 1, 1), most=1)[0].on == date(2026, 6, 11)
    assert offers(Recurrence(SeriesRule.AD_HOC, 0, date(2026, 1, 1)), date(2026, 1, 1)) == []


def test_half_past_nine_stays_half_past_nine_on_both_sides_of_a_clock_change():
    days = falls_on(fortnightly(date(2026, 3, 19)), date(2026, 3, 1), date(2026, 11, 30))
    moments = [london(day, time(9, 30)) for day in days]
    assert {to_london(moment).time() for moment in moments} == {time(9, 30)}
    assert {moment.hour for moment in moments} == {8, 9}, "in UTC it moves with the clocks"


@pytest.mark.parametrize(
    ("series", "field"),
    [
        (Recurrence(SeriesRule.NTH_WEEKDAY, THURSDAY, date(2026, 1, 1)), "nths"),
        (Recurrence(SeriesRule.NTH_WEEKDAY, 5, date(2026, 1, 1), nths=(1,)), "weekday"),
        (Recurrence(SeriesRule.EVERY_K_WEEKS, 3, date(2026, 1, 8), interval_weeks=0), "interval_weeks"),
    ],
)
def test_what_is_not_a_series_is_explained(series, field):
    with pytest.raises(RuleBroken) as broken:
        check_recurrence(series)
    assert broken.value.field == field


def test_a_series_says_how_often_it_meets():
    assert SECOND_THURSDAYS.in_words() == "Second Thursday of the month"
    assert fortnightly(date(2026, 1, 8)).in_words() == "Every 2 weeks on Thursday"


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(1, 8), st.integers(0, 400))
def test_days_of_a_series_in_weeks_are_whole_intervals_from_the_anchor(anchor, weeks, ahead):
    series = Recurrence(SeriesRule.EVERY_K_WEEKS, anchor.weekday(), anchor, interval_weeks=weeks)
    start = anchor + timedelta(days=ahead)
    for found in offers(series, start, most=3):
        assert found.on >= start
        assert (found.on - anchor).days % (7 * weeks) == 0
        if found.problem:
            assert found.before < found.on < found.after


def test_a_zone_is_not_lost_when_a_day_becomes_an_instant():
    assert london(date(2026, 3, 29), time(9, 30)) == datetime(2026, 3, 29, 9, 30, tzinfo=LONDON)
