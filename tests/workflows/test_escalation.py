"""The ladder of an open action, by working days from the day it is due (DA-28)."""

from datetime import date

import pytest

from marac.workflows.escalation import read_rungs, to_tell
from marac.workflows.local_rules import shipped_rules

LADDER = read_rungs(next(rule.value for rule in shipped_rules("da_marac") if rule.name == "action_chase.rungs"))
FRIDAY = date(2026, 11, 13)


@pytest.mark.parametrize(
    "today, told",
    [
        (date(2026, 11, 11), []),
        (date(2026, 11, 12), ["due_soon"]),
        (date(2026, 11, 13), ["due"]),
        (date(2026, 11, 15), ["due"]),  # a Sunday is no working day
        (date(2026, 11, 16), ["late"]),
        (date(2026, 11, 18), ["late", "agency_lead"]),
        (date(2026, 11, 20), ["late", "agency_lead", "chair"]),
        (date(2026, 11, 27), ["late", "agency_lead", "chair", "steering_group"]),
    ],
)
def test_an_action_climbs_by_working_days_and_each_audience_hears_of_its_last_rung_only(today, told):
    assert [rung.key for rung in to_tell(LADDER, FRIDAY, today)] == told


def test_a_local_closure_day_is_not_counted():
    closed = frozenset({date(2026, 11, 16)})
    assert [rung.key for rung in to_tell(LADDER, FRIDAY, date(2026, 11, 16), closed)] == ["due"]
