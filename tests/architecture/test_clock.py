"""One clock: UTC for instants, London for dates, also in summer time and around midnight."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from marac import clock


@pytest.mark.parametrize(
    ("instant", "london_date", "london_hour"),
    [
        (datetime(2023, 1, 31, 23, 30, tzinfo=UTC), date(2023, 1, 31), 23),
        (datetime(2023, 6, 30, 23, 30, tzinfo=UTC), date(2023, 7, 1), 0),
        (datetime(2023, 3, 26, 1, 0, tzinfo=UTC), date(2023, 3, 26), 2),
    ],
    ids=["winter", "summer, past midnight in London", "the hour the clocks go forward"],
)
def test_today_is_the_london_date(instant, london_date, london_hour):
    with time_machine.travel(instant, tick=False):
        assert clock.now() == instant
        assert clock.today() == london_date
        assert clock.to_london(clock.now()).hour == london_hour


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        clock.to_london(datetime(2023, 1, 1))  # noqa: DTZ001 - the point of the test
