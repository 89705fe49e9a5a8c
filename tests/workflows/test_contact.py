"""DA-14: whether one way of reaching a person may be used at one moment. Anything but a clear yes is a no."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from marac.clock import LONDON
from marac.vocabulary import ContactChannel, SafeToUse
from marac.workflows.contact import WHERE, Rules, may_try, may_use, read_hours, storable_place

WORDS = "only between 9am and 3pm weekdays"
TUESDAY = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
TODAY = TUESDAY.date()


def rules(answer=SafeToUse.YES, detail="", *, channel=ContactChannel.PHONE, checked_on=TODAY, **more):
    return Rules(ways={channel: (answer, detail)}, checked_on=checked_on, **more)


def london(*when, fold=0):
    return datetime(*when, tzinfo=LONDON, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(("channel", "answer"), list(product(ContactChannel, SafeToUse)))
def test_every_way_follows_its_own_answer_and_not_asked_is_no_da_14(channel, answer):
    """A yes on one way opens no other."""
    said = rules(answer, WORDS, channel=channel)
    usable = answer in (SafeToUse.YES, SafeToUse.ONLY_BETWEEN)
    assert (may_use(said, channel, TUESDAY) is None) == usable
    others = [other for other in ContactChannel if other != channel]
    assert all(may_use(said, other, TUESDAY) for other in others)


@pytest.mark.parametrize(
    ("moment", "usable"),
    [
        (london(2026, 11, 17, 9, 0), True),
        (london(2026, 11, 17, 8, 59), False),
        (london(2026, 11, 17, 14, 59, 59), True),
        (london(2026, 11, 17, 15, 0), False),
        (london(2026, 11, 21, 10, 0), False),  # a Saturday
        (london(2026, 7, 14, 9, 30), True),  # 8:30 in UTC
        (datetime(2026, 7, 14, 14, 30, tzinfo=UTC), False),  # half past three in London
        (london(2026, 3, 30, 9, 0), True),  # the Monday after the clocks go forward
        (london(2026, 3, 27, 9, 0), True),  # and the Friday before
        (london(2026, 10, 26, 14, 59), True),  # the Monday after they go back
        (london(2026, 10, 26, 15, 0), False),
    ],
)
def test_only_between_9am_and_3pm_on_weekdays_is_read_on_a_london_clock(moment, usable):
    said = rules(SafeToUse.ONLY_BETWEEN, WORDS, checked_on=clock_day(moment))
    assert (may_use(said, ContactChannel.PHONE, moment) is None) == usable


def clock_day(moment):
    return moment.astimezone(LONDON).date()


def test_the_hour_that_comes_twice_counts_twice_and_the_one_that_is_skipped_never_comes():
    """Clock-change Sundays of 2026."""
    said = rules(SafeToUse.ONLY_BETWEEN, "Sundays 1am to 2am", checked_on=date(2026, 10, 25))
    for fold in (0, 1):
        assert may_use(said, ContactChannel.PHONE, london(2026, 10, 25, 1, 30, fold=fold)) is None
    assert may_use(said, ContactChannel.PHONE, london(2026, 10, 25, 2, 0))
    spring = rules(SafeToUse.ONLY_BETWEEN, "Sundays 1am to 2am", checked_on=date(2026, 3, 29))
    midnight = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    minutes = [midnight + timedelta(minutes=one) for one in range(240)]
    assert all(may_use(spring, ContactChannel.PHONE, moment) for moment in minutes)


def test_hours_past_midnight_belong_to_the_day_they_begin_on():
    said = rules(SafeToUse.ONLY_BETWEEN, "Fridays 10pm to 1am")
    assert may_try(said, ContactChannel.PHONE, london(2026, 11, 20, 23, 0)) is None
    assert may_try(said, ContactChannel.PHONE, london(2026, 11, 21, 0, 59)) is None
    assert may_try(said, ContactChannel.PHONE, london(2026, 11, 20, 0, 30))


@pytest.mark.parametrize(
    ("words", "days", "start", "end"),
    [
        ("9am to 2pm", "0123456", "09:00", "14:00"),
        ("9am and 2pm", "0123456", "09:00", "14:00"),
        ("9 to 2pm", "0123456", "09:00", "14:00"),
        ("1 to 3pm", "0123456", "13:00", "15:00"),
        ("weekdays 12 to 2pm", "01234", "12:00", "14:00"),
        ("Mon, Wed 09:00-12:30", "02", "09:00", "12:30"),
        ("Fri \u2013 Mon 9.30am \u2013 noon", "4560", "09:30", "12:00"),
        ("Tuesdays and Thursdays, 10am to 12pm", "13", "10:00", "12:00"),
        ("at weekends between 10am and midday", "56", "10:00", "12:00"),
    ],
)
def test_hours_are_read_as_people_write_them(words, days, start, end):
    (hours,) = read_hours(words)
    assert (hours.days, f"{hours.start:%H:%M}", f"{hours.end:%H:%M}") == ({int(day) for day in days}, start, end)


@pytest.mark.parametrize(
    "words",
    ["", "Mornings", "when the children are at school", "not Fridays 9am to 2pm", "except 9am to 2pm", "9 to 5",
     "term time 9am to 2pm", "25:00 to 3pm", "9am to 9am", "9am", "9am to 2pm; or when he is out"],
)  # fmt: skip
def test_hours_that_are_not_clear_are_no_hours_at_all(words):
    assert read_hours(words) == ()
    assert "not clear" in may_use(rules(SafeToUse.ONLY_BETWEEN, words), ContactChannel.PHONE, TUESDAY)


def test_two_spans_are_both_kept_and_the_general_times_stand_in_for_none():
    said = rules(SafeToUse.ONLY_BETWEEN, "", times="Mon 9am-10am; Tue 9am-11am")
    assert may_use(said, ContactChannel.PHONE, TUESDAY) is None
    assert may_use(said, ContactChannel.PHONE, TUESDAY + timedelta(days=6))


@pytest.mark.parametrize(("days", "stale"), [(0, False), (28, False), (29, True), (None, True)])
def test_a_check_lasts_28_days_and_then_nothing_may_be_used_until_it_is_made_again(days, stale):
    checked_on = None if days is None else TODAY - timedelta(days=days)
    said = rules(checked_on=checked_on)
    assert bool(may_use(said, ContactChannel.PHONE, TUESDAY)) == stale
    assert may_try(said, ContactChannel.PHONE, TUESDAY) is None, "a person reads Check before use beside it"


def test_how_long_a_check_lasts_is_a_setting():
    said = rules(checked_on=TODAY - timedelta(days=10), lasts=timedelta(days=7))
    assert may_use(said, ContactChannel.PHONE, TUESDAY)


@pytest.mark.parametrize("channel", ContactChannel)
def test_do_not_contact_stops_every_way(channel):
    assert may_use(rules(channel=channel, do_not_contact=True), channel, TUESDAY).startswith("Do not contact")


def test_a_no_says_through_whom_instead():
    said = rules(SafeToUse.NO, through="Ruth Lowe, Solace")
    assert may_use(said, ContactChannel.PHONE, TUESDAY) == "Phone is not safe. Go through Ruth Lowe, Solace"


def test_of_a_refuge_nothing_is_stored_but_that_it_is_one_da_4():
    typed = {"street": "1 Hidden Row", "postcode": "E1 1AA", "house_number": "1", "refuge_contact": "Solace"}
    for told in ({"in_refuge": True}, {"tenure": "refuge"}):
        kept = storable_place({**typed, **told})
        assert [kept[name] for name in WHERE] == [None] * 4
        assert kept["confidential"]
        assert kept["in_refuge"]
        assert kept["refuge_contact"] == "Solace"
    assert storable_place(typed) == typed
