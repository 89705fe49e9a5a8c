"""What was typed about a referral, as services take it, and back: the same names but for lists and contact rules."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from marac.services.casework import people, phones
from marac.vocabulary import ContactChannel, SafeToUse
from marac.web import widgets
from marac.web.forms import community_referral

MANY = {
    "criteria", "features", "asb_subtypes", "cuckooing", "hate_strands", "vulnerability", "person_tests",
    "community_roles",
}  # fmt: skip
LINES = {"aliases", "reported_to", "references"}
TIE = "to_"


def from_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is saved, as the form holds it."""
    shown = dict(facts)
    for name in LINES & shown.keys():
        shown[name] = "\n".join(shown[name] or ())
    if "steps_tried" in shown:
        shown |= community_referral.steps_shown(shown.pop("steps_tried"))
    for name in MANY & shown.keys():
        shown[name] = list(shown[name] or ())
    shown |= {f"{TIE}{who}": words for who, words in (shown.pop("to_perpetrators", None) or {}).items()}
    if shown.get("interpreter") and not shown.get("interpreter_needed"):
        shown["interpreter_needed"] = "yes"
    if "escalation" in shown:
        counted = shown["escalation"] or ""
        shown["escalation"] = int(counted) if counted.isdecimal() else None
    if "phones" in shown:
        shown |= _second_phone(shown)
    for channel in ContactChannel if "rules" in shown else ():
        shown[f"way_{channel.value}"] = people.rule_on(shown["rules"], channel)[0].value
    return shown


def to_facts(form: Any, leave: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What was typed, as the services take it. `leave` names boxes that could not be read: those stay as saved."""
    typed = {name: value for name, value in form.data.items() if name not in ("csrf_token", "version", *leave)}
    for name in LINES & typed.keys():
        typed[name] = [line.strip() for line in typed[name].splitlines() if line.strip()]
    if "early_steps" in typed:
        typed["steps_tried"] = community_referral.steps_typed(typed)
    if "escalation" in typed:
        typed["escalation"] = "" if typed["escalation"] is None else str(typed["escalation"])
    ties = {name.removeprefix(TIE): typed.pop(name) for name in list(typed) if name.startswith(TIE)}
    if ties:
        typed["to_perpetrators"] = {who: words for who, words in ties.items() if words}
    if "phone_2" in typed:
        typed["phones"] = _two_phones(typed)
    ways = {channel: typed.pop(f"way_{channel.value}", "") for channel in ContactChannel if "times" in typed}
    if ways:
        typed["rules"] = {
            channel.value: {"answer": answer, "detail": typed["times"] if answer == SafeToUse.ONLY_BETWEEN else ""}
            for channel, answer in ways.items()
            if answer and answer != SafeToUse.NOT_ASKED
        }
    return {name: None if value is False else value for name, value in typed.items()}


def _second_phone(shown: dict[str, Any]) -> dict[str, Any]:
    """The number behind the main one, in its boxes."""
    held = [
        one for one in shown.pop("phones") or () if phones.digits(one["number"]) != phones.digits(shown["phone"] or "")
    ]
    first: Mapping[str, Any] = held[0] if held else {}
    return {"phone_2": first.get("number") or "", "phone_2_kind": first.get("kind"), "phone_2_safe": first.get("safe")}


def _two_phones(typed: dict[str, Any]) -> list[dict[str, Any]]:
    """Both numbers as the contact row lists them; a number alone needs no list."""
    number, kind = typed.pop("phone_2"), typed.pop("phone_2_kind", None)
    safe = typed.pop("phone_2_safe", "") or SafeToUse.NOT_ASKED.value
    main = [{"number": typed["phone"], "kind": "mobile", "safe": None}] if typed.get("phone") else []
    return [*main, {"number": number, "kind": kind or "mobile", "safe": safe}] if number else []


def age_or_date(words: str) -> int | date | None:
    """34 is an age, 27 3 1991 a date of birth; None when it is neither."""
    text = words.strip()
    if text.isdecimal() and len(text) <= 3:
        return int(text) if int(text) <= 120 else None
    formats = ("%d %m %Y", "%d/%m/%Y", "%d %b %Y", "%d %B %Y", "%d.%m.%Y", "%Y-%m-%d")
    return widgets.parse_date(text, formats)
