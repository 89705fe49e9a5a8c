"""Rules of belonging, as tables and pure functions: idle accounts, the quarterly check, agreements, shared mailboxes.

Knows no database and no clock. Every number is a local setting with a proposed value (DA-7, DA-49 to DA-51).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import AgreementStanding, Hold, Role
from marac.workflows.local_rules import LocalRule

PREFIX = "membership."
NEVER_OVER = 90  # days: no setting lets an unused account stay open for longer (DA-50)
QUARTERS = (1, 4, 7, 10)
SHARED = frozenset({
    "admin", "advice", "alerts", "contact", "desk", "duty", "enquiries", "enquiry", "feedback", "frontdesk",
    "generic", "group", "hello", "help", "helpdesk", "hub", "inbox", "info", "intake", "mail", "mailbox", "manager",
    "managers", "marac", "mash", "no-reply", "noreply", "office", "reception", "referral", "referrals", "rota",
    "safeguarding", "secretary", "service", "services", "shared", "staff", "support", "switchboard", "team", "triage",
})  # fmt: skip
SHARED_ANYWHERE = frozenset({
    "desk", "enquiries", "helpdesk", "inbox", "mailbox", "office", "reception", "referrals", "rota", "switchboard",
    "team",
})  # fmt: skip
FROM = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers in force: days, but for `agreement_required` and `deputies_approved` (yes or no)."""

    idle_warn: int = 45
    idle_suspend: int = 60
    idle_forget: int = 180
    attest_within: int = 14
    confidentiality_lasts: int = 365
    guest_longest: int = 7
    deputy_longest: int = 92
    agreement_required: bool = False
    deputies_approved: bool = True


NOTES = {
    "idle_warn": "Days without a sign-in before a person is told.",
    "idle_suspend": "Days without a sign-in before the account is suspended; never over 90.",
    "idle_forget": "Days without a sign-in before password and codes are deleted.",
    "attest_within": "Days an agency has each quarter to say who still works there.",
    "confidentiality_lasts": "Days after which the confidentiality agreement is asked again.",
    "guest_longest": "Days a guest or observer may see their one case or meeting.",
    "deputy_longest": "Days a deputy may stand in at the most.",
    "agreement_required": "Whether an agency without a recorded information sharing agreement is kept out.",
    "deputies_approved": "Whether a deputy needs the agreement of the lead or the coordinator.",
}


def shipped() -> tuple[LocalRule, ...]:
    """The proposed settings, to be confirmed by the partnership."""
    return tuple(
        LocalRule(PREFIX + one.name, one.default, False, "default", NOTES[one.name], FROM) for one in fields(Terms)
    )


def terms(held: Mapping[str, Any]) -> Terms:
    """The terms as a partnership set them, by name without the prefix; what it did not set holds as proposed."""
    known = {one.name for one in fields(Terms)}
    found = Terms(**{name: value for name, value in held.items() if name in known})
    suspend = min(found.idle_suspend, NEVER_OVER)
    return Terms(**{**_as_dict(found), "idle_suspend": suspend, "idle_warn": min(found.idle_warn, suspend)})


def quarter_of(day: date) -> date:
    """The first day of the quarter that a day falls in."""
    return date(day.year, max(month for month in QUARTERS if month <= day.month), 1)


def standing(review_on: date | None, today: date) -> AgreementStanding:
    """Where an agency stands: the review date is the last day on which the agreement counts."""
    if review_on is None:
        return AgreementStanding.NOT_RECORDED
    if review_on < today:
        return AgreementStanding.EXPIRED
    return AgreementStanding.ENDS_SOON if review_on <= today + timedelta(days=90) else AgreementStanding.IN_FORCE


def told_before(review_on: date, today: date) -> int | None:
    """Which warning is due: 90, 30 or 7 days before, 0 once it has ended; None while there is time."""
    left = (review_on - today).days
    return 0 if left < 0 else next((days for days in (7, 30, 90) if left <= days), None)


def held_back(
    role: Role, *, review_on: date | None, attestation_late: bool, agreed_at: datetime | None, today: date, rules: Terms
) -> Hold | None:
    """What keeps a signed-in person from their work. Administrators and auditors have no agency to close."""
    of_agency = role not in (Role.SYSTEM_ADMIN, Role.AUDITOR)
    missing = review_on is None and rules.agreement_required
    if of_agency and (missing or standing(review_on, today) is AgreementStanding.EXPIRED):
        return Hold.AGREEMENT
    if of_agency and attestation_late:
        return Hold.ATTESTATION
    lasts = timedelta(days=rules.confidentiality_lasts)
    if agreed_at is None or agreed_at.date() + lasts < today:
        return Hold.CONFIDENTIALITY
    return None


def check_own_mailbox(email: str) -> None:
    """RuleBroken beside `email` for an address that several people read: an account is one person's (DA-50)."""
    local = email.strip().casefold().partition("@")[0].partition("+")[0]
    parts = [part for part in re.split(r"[._\-\d]+", local) if part]
    first = parts[0] in SHARED if parts else True
    if local in SHARED or first or SHARED_ANYWHERE & set(parts):
        raise RuleBroken("email", "Enter the person's own work address. Several people may read this one")


def check_days(from_on: date, to_on: date, today: date, longest: int) -> None:
    """RuleBroken beside `to_on` or `from_on` for days that are over, the wrong way round or too many."""
    if from_on < today:
        raise RuleBroken("from_on", "The first day must be today or later")
    if to_on < from_on:
        raise RuleBroken("to_on", "The last day must be the same as or after the first day")
    if (to_on - from_on).days >= longest:
        raise RuleBroken("to_on", f"Choose {longest} days or fewer")


def _as_dict(found: Terms) -> dict[str, Any]:
    return {one.name: getattr(found, one.name) for one in fields(Terms)}
