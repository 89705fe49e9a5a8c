"""The rules that wake somebody: each at its own threshold, once, and at most once in a hundred ordinary days."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from marac.vocabulary import AlertRule as R
from marac.workflows import alerts
from marac.workflows.alerts import Did, look_through

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
READ = Did(0, NOON, "ann", "case:read", "police", "k1")


def many(how_many, *, every=1.0, **facts):
    """So many entries, some minutes apart; a fact may be a function of their number."""
    return [
        replace(
            READ, seq=n + 1, at=NOON + timedelta(minutes=every * n),
            **{name: value(n) if callable(value) else value for name, value in facts.items()},
        )
        for n in range(how_many)
    ]  # fmt: skip


def rules(done, after=0):
    return [one.rule for one in look_through(done, after=after)]


@pytest.mark.parametrize(
    "rule, enough, too_few",
    [
        (R.MANY_CASES, many(16, case=lambda n: f"k{n}"), many(15, case=lambda n: f"k{n}")),
        (R.MANY_CASES, many(9, case=lambda n: f"k{n}", typical=2.0), many(9, case=lambda n: f"k{n}", typical=3.0)),
        (R.MANY_CASES, many(16, case=lambda n: f"k{n}"), many(40, case=lambda n: f"k{n}", every=5.0)),
        (R.MANY_CASES, many(16, case=lambda n: f"k{n}"), many(30, case=lambda n: f"k{n}", list_page=True)),
        (R.ODD_HOURS, [replace(READ, at=NOON.replace(hour=20))], [replace(READ, at=NOON.replace(hour=19, minute=59))]),
        (R.ODD_HOURS, [replace(READ, at=NOON.replace(hour=6))], [replace(READ, at=NOON.replace(hour=7))]),
        (R.CLOSED_CASE, many(4, case=lambda n: f"k{n}", closed=True), many(3, case=lambda n: f"k{n}", closed=True)),
        (R.MANY_REVEALS, many(6, tag="location:revealed"), many(5, tag="location:revealed")),
        (R.SAME_SEARCH, many(11, tag="case:searched", codes=lambda n: frozenset({"a", f"b{n}"})),
         many(30, tag="case:searched", codes=lambda n: frozenset({f"b{n}"}))),
        (R.ONE_CASE, many(5, user=lambda n: f"u{n}"), many(4, user=lambda n: f"u{n}")),
        (R.OWN_NAME, [replace(READ, own=True)], [READ]),
        (R.BREAK_GLASS, [replace(READ, tag="glass:broken")], [replace(READ, tag="glass:read")]),
        (R.EXPORT, [replace(READ, tag="trail:exported")], [replace(READ, tag="document:made")]),
        (R.NEW_DEVICE, [replace(READ, tag="location:revealed", new_device=True)], [replace(READ, new_device=True)]),
    ],
)  # fmt: skip
def test_each_rule_has_its_threshold_and_says_it_once(rule, enough, too_few):
    """Security 4.6."""
    numbered = [replace(one, seq=n + 1) for n, one in enumerate(enough)]
    assert rules(numbered) == [rule]
    assert rule not in rules([replace(one, seq=n + 1) for n, one in enumerate(too_few)])
    assert rules(numbered, after=numbered[-1].seq) == []


def test_summer_time_is_the_working_day_of_london():
    at = datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
    assert rules([replace(READ, seq=1, at=at)]) == []
    assert rules([replace(READ, seq=1, at=at - timedelta(minutes=31))]) == [R.ODD_HOURS]


def a_working_year(seed):
    """What forty people of a borough do in a year of working days: prepare, meet, look up, now and then late."""
    chance, done, days = random.Random(seed), [], 0
    for day in range(365):
        date = datetime(2025, 12, 1, tzinfo=UTC) + timedelta(days=day)
        if date.weekday() > 4:
            continue
        for number in range(40):
            keeps, days = number < 4, days + 1
            prepares = day % 14 == number % 3  # before a fortnightly panel
            reads = chance.randint(18, 26) if prepares and keeps else chance.randint(6, 14) if prepares else (
                chance.randint(4, 12) if keeps else chance.choice((0, 0, 1, 2, 3)))  # fmt: skip
            late = chance.random() < 0.002
            begins = date + timedelta(hours=20 if late else chance.uniform(8.2, 10))
            spread = 0.8 if late else 7.5 if keeps else 5
            for n in range(reads):
                at = begins + timedelta(hours=spread * n / max(reads, 1), minutes=chance.uniform(0, 6))
                case = f"k{chance.randint(0, 400)}"
                closed = chance.random() < (0.04 if keeps else 0.01)
                done.append(Did(0, at, f"u{number}", "case:read", f"a{number // 3}", case, closed, typical=3.0))
                if chance.random() < 0.08:
                    done.append(Did(0, at, f"u{number}", "location:revealed", f"a{number // 3}", case))
                if chance.random() < 0.2:
                    words = frozenset({f"w{chance.randint(0, 300)}"})
                    done.append(Did(0, at, f"u{number}", "case:searched", codes=words))
    done.sort(key=lambda one: one.at)
    return [replace(one, seq=n + 1) for n, one in enumerate(done)], days


def test_an_ordinary_year_raises_at_most_one_alert_in_a_hundred_working_days_of_a_person():
    done, days = a_working_year(7)
    found = look_through(done)
    assert len(done) > 20_000
    assert len(found) / days <= 0.01, [one.rule for one in found]
    assert alerts.median_an_hour({"1": 2, "2": 4, "3": 9}) == 4.0
