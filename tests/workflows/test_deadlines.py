"""Working days, bank holidays, local closures, clock changes and the twelve months (DA-11, DA-16)."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from marac.errors import RuleBroken
from marac.workflows import deadlines
from marac.workflows.deadlines import is_repeat, is_working_day, meeting_deadlines, offset, repeat_window_end
from marac.workflows.local_rules import LocalRules, shipped_rules

with Path(__file__).with_name("deadline_vectors.csv").open(encoding="utf-8") as file:
    VECTORS = list(csv.DictReader(file))
DA = LocalRules(shipped_rules("da_marac")).block("deadlines", date(2025, 11, 12))
CLOCK = {"cut": {"from": "meeting", "working_days": -1, "time": "12:00"}}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["vector_id"])
def test_the_worked_date(vector):
    closures = frozenset(date.fromisoformat(day) for day in vector["closure_days"].split(";") if day)
    found = offset(date.fromisoformat(vector["meeting_date"]), vector["rule"], closures)
    assert found.isoformat() == vector["expected_date"]
    assert f"{found:%a}" == vector["expected_weekday"]


def test_all_forty_worked_dates_are_here():
    assert len(VECTORS) == 40


@pytest.mark.parametrize("rule", ["", "D", "D8", "D-", "d-8", "M-1", "M1", "D/later", "D-8/next", "M+1/prev", "W+1"])
def test_a_rule_outside_the_grammar_is_refused(rule):
    with pytest.raises(RuleBroken):
        offset(date(2026, 1, 8), rule)


@given(st.dates(date(2020, 1, 1), date(2028, 6, 1)), st.integers(1, 60))
def test_going_forward_passes_exactly_that_many_working_days(on, count):
    end = offset(on, f"D+{count}")
    days = [on + timedelta(days=step) for step in range(1, (end - on).days + 1)]
    assert sum(is_working_day(day) for day in days) == count
    assert is_working_day(end)


@given(st.dates(date(2020, 1, 1), date(2028, 6, 1)), st.integers(1, 60))
def test_going_back_from_a_working_day_undoes_going_forward(on, count):
    start = offset(on, "D/next")
    assert offset(offset(start, f"D+{count}"), f"D-{count}") == start


def test_a_closure_on_a_weekend_or_bank_holiday_changes_nothing():
    closed = frozenset({date(2026, 1, 3), date(2026, 1, 1)})
    assert offset(date(2026, 1, 8), "D-10", closed) == offset(date(2026, 1, 8), "D-10")


def test_no_days_from_a_day_off_is_that_day():
    assert offset(date(2026, 1, 3), "D+0") == date(2026, 1, 3)


def test_holidays_are_not_confirmed_beyond_the_published_years():
    assert deadlines.holidays_confirmed(date(2028, 12, 31))
    assert not deadlines.holidays_confirmed(date(2029, 1, 1))
    assert not deadlines.holidays_confirmed(date(2009, 1, 1))


def test_every_date_of_a_da_meeting_comes_from_its_settings():
    found = meeting_deadlines(DA, date(2026, 1, 8), next_meeting=date(2026, 1, 22))
    assert list(found) == list(DA)
    assert found["referral_cutoff"].at == datetime(2025, 12, 24, 12, tzinfo=UTC)
    assert found["referral_cutoff"].rule == "D-8"
    assert found["triage_decided"].at == datetime(2025, 12, 29, 17, tzinfo=UTC)
    assert (found["triage_decided"].base, found["triage_decided"].rule) == ("referral_cutoff", "D+1")
    assert found["research_requested"].at == found["agenda_published"].at
    assert found["minutes_challenge_ends"].at == datetime(2026, 1, 19, 17, tzinfo=UTC)
    assert found["action_status_due"].at == datetime(2026, 1, 20, 17, tzinfo=UTC)


def test_what_hangs_on_the_next_meeting_waits_until_one_is_booked():
    found = meeting_deadlines(DA, date(2026, 1, 8))
    assert set(DA) - set(found) == {"action_status_due"}


def test_a_local_closure_moves_a_meetings_deadlines():
    closed = frozenset({date(2025, 12, 24)})
    assert meeting_deadlines(DA, date(2026, 1, 8), closed)["referral_cutoff"].at.date() == date(2025, 12, 23)


@pytest.mark.parametrize(
    "meeting_on, utc_hour",
    [
        (date(2026, 3, 30), 12),  # the Friday before the clocks go forward
        (date(2026, 3, 31), 11),  # the Monday after
        (date(2026, 10, 26), 11),  # the Friday before they go back
        (date(2026, 10, 27), 12),  # the Monday after
    ],
)
def test_noon_in_london_is_noon_on_both_sides_of_a_clock_change(meeting_on, utc_hour):
    assert meeting_deadlines(CLOCK, meeting_on)["cut"].at.hour == utc_hour


def test_a_deadline_counted_from_nothing_or_from_itself_is_refused():
    for base in ("cut", "the_moon"):
        with pytest.raises(RuleBroken):
            meeting_deadlines({"cut": {"from": base, "working_days": 1}}, date(2026, 1, 8))


def test_triage_is_due_two_working_days_from_receipt_or_with_the_meeting_if_sooner():
    sooner = datetime(2025, 11, 13, 17, tzinfo=UTC)
    assert deadlines.triage_due(date(2025, 11, 12), 2, None) == datetime(2025, 11, 14, 17, tzinfo=UTC)
    assert deadlines.triage_due(date(2025, 11, 12), 2, sooner) == sooner


def test_an_emergency_runs_on_clock_hours_over_weekends():
    """DA-18."""
    friday = datetime(2025, 11, 14, 16, tzinfo=UTC)
    target, limit = deadlines.emergency_due(friday, 24, 48)
    assert (target, limit) == (datetime(2025, 11, 15, 16, tzinfo=UTC), datetime(2025, 11, 16, 16, tzinfo=UTC))


@pytest.mark.parametrize(
    "base, window_end, days, first_new",
    [
        (date(2025, 3, 10), date(2026, 3, 10), 365, date(2026, 3, 11)),
        (date(2023, 3, 1), date(2024, 3, 1), 366, date(2024, 3, 2)),
        (date(2027, 2, 28), date(2028, 2, 28), 365, date(2028, 2, 29)),
        (date(2024, 2, 29), date(2025, 2, 28), 365, date(2025, 3, 1)),
    ],
)
def test_the_last_day_of_the_window_is_a_repeat_and_the_next_is_new(base, window_end, days, first_new):
    """DA-11."""
    assert repeat_window_end(base) == window_end
    assert (window_end - base).days == days
    assert is_repeat(base, base)
    assert is_repeat(base, window_end)
    assert not is_repeat(base, first_new)
    assert first_new - window_end == timedelta(days=1)


def test_abuse_before_the_last_referral_is_not_a_repeat_of_it():
    assert not is_repeat(date(2025, 3, 10), date(2025, 3, 9))


def test_the_window_is_as_long_as_it_is_set_locally():
    assert is_repeat(date(2025, 1, 31), date(2025, 7, 31), months=6)
    assert not is_repeat(date(2025, 1, 31), date(2025, 8, 1), months=6)


@pytest.mark.parametrize("basis, expected", [("last_referral", 1), ("last_heard", 9), ("either", 9)])
def test_the_clock_runs_from_the_basis_that_is_set(basis, expected):
    """DA-11: the basis is a setting; either means the later."""
    assert deadlines.repeat_clock(date(2025, 1, 1), date(2025, 1, 9), basis) == date(2025, 1, expected)


def test_a_person_never_heard_has_no_clock():
    assert deadlines.repeat_clock(None, None, "either") is None
    assert deadlines.repeat_clock(date(2025, 1, 1), None, "either") == date(2025, 1, 1)
