"""The rules of belonging, without a database: quarters, agreements, idle accounts, own mailboxes (DA-49, DA-50)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marac.errors import RuleBroken
from marac.vocabulary import AgreementStanding as S, Hold, Role
from marac.workflows import membership as rules

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "first"),
    [((2026, 1, 1), (2026, 1, 1)), ((2026, 3, 31), (2026, 1, 1)), ((2026, 4, 1), (2026, 4, 1)),
     ((2026, 9, 30), (2026, 7, 1)), ((2026, 12, 31), (2026, 10, 1))],
)  # fmt: skip
def test_a_quarter_begins_on_its_first_day(day, first):
    assert rules.quarter_of(date(*day)) == date(*first)


@pytest.mark.parametrize(
    ("left", "standing", "told"),
    [(91, S.IN_FORCE, None), (90, S.ENDS_SOON, 90), (31, S.ENDS_SOON, 90), (30, S.ENDS_SOON, 30), (7, S.ENDS_SOON, 7),
     (0, S.ENDS_SOON, 7), (-1, S.EXPIRED, 0)],
)  # fmt: skip
def test_an_agreement_counts_to_the_end_of_its_review_date_and_is_told_three_times_before(left, standing, told):
    review_on = TODAY + timedelta(days=left)
    assert rules.standing(review_on, TODAY) is standing
    assert rules.told_before(review_on, TODAY) == told


def test_no_setting_keeps_an_unused_account_open_over_90_days_and_unknown_settings_change_nothing():
    assert rules.terms({"idle_suspend": 400, "idle_warn": 200, "of_another_time": 1}).idle_suspend == 90
    assert rules.terms({"idle_suspend": 30}).idle_warn == 30
    assert rules.terms({}) == rules.Terms()
    assert {one.name.removeprefix(rules.PREFIX) for one in rules.shipped()} == set(rules.NOTES)


def test_an_agreement_comes_before_a_late_check_and_that_before_confidentiality_and_administrators_have_no_agency():
    facts = {"review_on": TODAY - timedelta(days=1), "attestation_late": True, "agreed_at": None, "today": TODAY}
    terms = rules.Terms()
    assert rules.held_back(Role.CHAIR, **facts, rules=terms) is Hold.AGREEMENT
    assert rules.held_back(Role.CHAIR, **{**facts, "review_on": TODAY}, rules=terms) is Hold.ATTESTATION
    assert rules.held_back(Role.AUDITOR, **facts, rules=terms) is Hold.CONFIDENTIALITY
    assert rules.held_back(Role.AUDITOR, **{**facts, "agreed_at": NOW - timedelta(days=365)}, rules=terms) is None
    unsigned = {**facts, "review_on": None, "attestation_late": False, "agreed_at": NOW}
    assert rules.held_back(Role.IDVA, **unsigned, rules=terms) is None
    assert rules.held_back(Role.IDVA, **unsigned, rules=rules.Terms(agreement_required=True)) is Hold.AGREEMENT


@pytest.mark.parametrize(
    "email", ["info@a.org", "INFO@a.org", "team1@a.org", "duty-desk@a.org", "safeguarding.team@a.org",
              "north.office@a.org",
              "admin+rosa@a.org", "referrals_2@a.org"],
)  # fmt: skip
def test_a_mailbox_that_several_people_read_is_refused(email):
    with pytest.raises(RuleBroken, match="own work address"):
        rules.check_own_mailbox(email)


@pytest.mark.parametrize("email", ["rosa.lowe@a.org", "r.lowe2@a.org", "lowe@team.org", "amarah.info-smith@a.org"])
def test_a_persons_own_address_is_not(email):
    rules.check_own_mailbox(email)
