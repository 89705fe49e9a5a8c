"""What is in a transfer file, and the strict reader of one. Refuses any key, kind or length that is not written here.

Version 1 is one JSON object, UTF-8, signed by the sender and sealed with age to the receiver:

    format "marac-transfer" · version 1 · packet_id (32 hex digits) · made_on (day)
    sender   {area, key, reference, contact}         key: the sender's public line, which made the signature
    receiver {area, key}                             key: the public line it is sealed to
    reason · new_address · new_contact               the last two are typed for this file and kept nowhere
    perpetrator_stays (true: the sender keeps its flag)
    people   [{role, full_name, aliases, born_on, approximate_age, sex, relationship_to_victim, language, interpreter,
               whereabouts}]
    contact  {rules: {channel: {answer, detail}}, times, who_may_answer, what_to_say, through, do_not_contact,
               checked_on}
    case     {why_high_risk, wishes, care_flags, stop_flags, last_heard_on}
    referrals [{on, kind, what_happened, why_now, criteria}]
    meetings [{on, outcome, notes: [{heading, text}], actions: [{text, agency, due_on, state}]}]

Days are year-month-day, or "". Every key is there, absent values are "" or [] or null for a number.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from marac.errors import RuleBroken
from marac.vocabulary import ContactChannel, Criterion, PersonRole, ReferralKind, SafeToUse

FORMAT, VERSION = "marac-transfer", 1
LONGEST, LINE, MOST = 20_000, 300, 200
WRONG = "The file was opened, but it is not a transfer that this service can read"
Check = Callable[[Any], bool]


def text(longest: int = LINE) -> Check:
    """Text up to a length, without control characters but line ends and tabs."""
    return lambda value: isinstance(value, str) and len(value) <= longest and not CONTROL.search(value)


def exactly(*values: Any) -> Check:
    """One of a few values, of the same type."""
    return lambda value: any(type(value) is type(one) and value == one for one in values)


def hexadecimal(digits: int) -> Check:
    """So many lower-case hex digits."""
    return lambda value: isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{digits}}}", value) is not None


def day(value: Any) -> bool:
    """A day, or nothing."""
    if value == "":
        return True
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return False
    try:
        return 1900 <= date.fromisoformat(value).year <= 2200
    except ValueError:
        return False


def age(value: Any) -> bool:
    """Whole years, or null."""
    return value is None or (type(value) is int and 0 <= value <= 120)


def listed(check: Check, most: int = MOST) -> Check:
    """A list of things of one kind."""
    return lambda value: isinstance(value, list) and len(value) <= most and all(check(one) for one in value)


def exact(keys: dict[str, Check]) -> Check:
    """An object with exactly these keys."""
    return lambda value: (
        isinstance(value, dict) and set(value) == set(keys) and all(keys[name](value[name]) for name in keys)
    )


def keyed(names: tuple[str, ...], check: Check) -> Check:
    """An object with some of these keys."""
    return lambda value: (
        isinstance(value, dict) and set(value) <= set(names) and all(check(one) for one in value.values())
    )


CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONG, SHORT = text(LONGEST), text()
WAY = exact({"answer": exactly(*(one.value for one in SafeToUse)), "detail": SHORT})
PERSON_TEXTS = ("full_name", "sex", "relationship_to_victim", "language", "interpreter", "whereabouts")
PERSON = exact({
    "role": exactly(*(one.value for one in PersonRole)), "aliases": listed(SHORT, 20), "born_on": day,
    "approximate_age": age, **dict.fromkeys(PERSON_TEXTS, SHORT),
})  # fmt: skip
CONTACT_TEXTS = ("times", "who_may_answer", "what_to_say", "through")
CONTACT = exact({
    "rules": keyed(tuple(one.value for one in ContactChannel), WAY), "do_not_contact": exactly(True, False),
    "checked_on": day, **dict.fromkeys(CONTACT_TEXTS, LONG),
})  # fmt: skip
CASE_TEXTS = ("why_high_risk", "wishes")
CASE = exact({
    **dict.fromkeys(CASE_TEXTS, LONG), "care_flags": listed(SHORT, 40), "stop_flags": listed(SHORT, 40),
    "last_heard_on": day,
})  # fmt: skip
REFERRAL_TEXTS = ("what_happened", "why_now")
REFERRAL = exact({
    "on": day, "kind": exactly(*(one.value for one in ReferralKind)), **dict.fromkeys(REFERRAL_TEXTS, LONG),
    "criteria": listed(exactly(*(one.value for one in Criterion)), 10),
})  # fmt: skip
MEETING = exact({
    "on": day, "outcome": SHORT, "notes": listed(exact({"heading": SHORT, "text": LONG}), 40),
    "actions": listed(exact({"text": LONG, "agency": SHORT, "due_on": day, "state": SHORT})),
})  # fmt: skip
PACKET = exact({
    "format": exactly(FORMAT), "version": exactly(VERSION), "packet_id": hexadecimal(32), "made_on": day,
    "sender": exact(dict.fromkeys(("area", "key", "reference", "contact"), SHORT)),
    "receiver": exact(dict.fromkeys(("area", "key"), SHORT)),
    "reason": LONG, "new_address": LONG, "new_contact": LONG, "perpetrator_stays": exactly(True, False),
    "people": listed(PERSON, 40), "contact": CONTACT, "case": CASE, "referrals": listed(REFERRAL, 40),
    "meetings": listed(MEETING, 60),
})  # fmt: skip


def written(packet: dict[str, Any]) -> bytes:
    """A packet as the bytes to sign. RuleBroken when it is not as the schema says: what we send, we could read."""
    content = json.dumps(_tidy(packet), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    read(content)
    return content


def _tidy(value: Any) -> Any:
    """Text from older forms without what no packet may hold: control characters and marks that turn text round."""
    if isinstance(value, str):
        return CONTROL.sub("", value.replace("\r\n", "\n"))
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    return {name: _tidy(one) for name, one in value.items()} if isinstance(value, dict) else value


def read(content: bytes) -> dict[str, Any]:
    """The packet in these bytes. RuleBroken, naming nothing of it, unless it is exactly as the schema says."""
    try:
        packet = json.loads(content, object_pairs_hook=_no_doubles, parse_constant=_no_constant)
        sound = PACKET(packet) and _one_victim(packet)
    except (ValueError, RecursionError):
        sound, packet = False, {}
    if not sound:
        raise RuleBroken("file", WRONG)
    return dict(packet)


def _one_victim(packet: dict[str, Any]) -> bool:
    victims = [one for one in packet["people"] if one["role"] == PersonRole.VICTIM]
    return len(victims) == 1 and bool(victims[0]["full_name"].strip())


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(_word: str) -> Any:
    raise ValueError
