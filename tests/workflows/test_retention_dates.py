"""How long a record is kept, by the schedule: from closure, until a child is grown up, while measures are in use."""

from datetime import date

import pytest

from marac.vocabulary import RetentionBasis as B
from marac.workflows.retention_dates import Ended, Schedule, retain_until

SCHEDULE = Schedule({"closed_case": 6, "not_heard": 2, "scheme": 6, "measures": 6}, 25, 10)
CLOSED = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("ended", "births", "until", "basis"),
    [
        (Ended(CLOSED, B.CLOSED_CASE), (), date(2032, 3, 10), B.CLOSED_CASE),
        (Ended(date(2024, 2, 29), B.CLOSED_CASE), (), date(2030, 2, 28), B.CLOSED_CASE),
        (Ended(CLOSED, B.NOT_HEARD), (), date(2028, 3, 10), B.NOT_HEARD),
        (Ended(CLOSED, B.CLOSED_CASE), (date(2004, 5, 1),), date(2032, 3, 10), B.CLOSED_CASE),
        (Ended(CLOSED, B.CLOSED_CASE), (date(2004, 5, 1), date(2019, 5, 1)), date(2044, 5, 1), B.CHILD),
        (Ended(CLOSED, B.MEASURES, date(2025, 6, 1)), (), date(2041, 6, 1), B.MEASURES),
        (Ended(CLOSED, B.MEASURES), (), date(2032, 3, 10), B.MEASURES),
        (Ended(CLOSED, B.SCHEME), (), date(2032, 3, 10), B.SCHEME),
    ],
)  # fmt: skip
def test_the_later_of_the_line_and_the_youngest_child(ended, births, until, basis):
    assert retain_until(SCHEDULE, ended, births) == (until, basis)
