"""What is said in words of a place: that it is a refuge, what is only a kind of place, and the places in a free text.

Refuges are told by name and by word, so that no form has to trust a tick. Knows no case.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from marac.workflows.spelling import Run, squeezed, tokens_of

INSTEAD: Final = 'The address of a refuge is never stored. Tick "refuge" and say "Refuge, contact through" the service'
"""What is offered in place of a refuge's address."""
STAND_IN: Final = re.compile(r"refuge[\s,;:.-]*(?:please\s+)?contact(?:ed)?\s+(?:through|via|by way of)", re.IGNORECASE)
_REFUGE: Final = ("refuge", "refuges", "womensaid", "womansaid", "safehouse", "safehouses", "womensshelter")

_GENERIC: Final = """
the a an of and at in on for to by with near our her his their my school schools primary secondary infant
infants junior juniors nursery nurseries academy college sixth form centre center childrens children boys
girls catholic church england ce rc high street road house home homes flat building court hospital hospitals
clinic surgery community station hall park office shop shops store retail work works worker working worked job
employed unemployed self part full time nurse teacher assistant teaching care carer cleaner cleaning chef cook
driver driving student studying retired security manager staff volunteer council nhs police bank bakery cafe
restaurant kitchen salon market company not known none mother housewife benefits looking supply support
service services social reception receptionist admin administrator warehouse delivery factory hotel bar pub
london east west north south new old green hill queen king rose may young long brown white black grace hope
joy will mark bill summer winter sunny lane way close gardens grove place square terrace university playgroup
pre
"""
GENERIC: Final = frozenset(_GENERIC.split())
"""Words that alone say nothing about one person: they count only beside a number or another word."""
_STREET: Final = (
    r"(?:Road|Rd|Street|St|Row|Lane|Ln|Avenue|Ave|Close|Court|House|Square|Sq|Gardens|Gdns|Way|Terrace|Place|Drive|Mews"
    r"|Estate|Walk|Rise|Hill|Crescent|Grove|Park|Point|Wharf|Buildings)"
)
POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)
PHONE: Final = re.compile(r"(?:\+\d|\b0)[\d\s().-]{8,}\d")
EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+\w")
NUMBERED: Final = re.compile(rf"\b(\d+[a-zA-Z]?),?\s+((?:[A-Z][\w'’-]*\s+){{1,3}}{_STREET}\b)")
PLATE: Final = re.compile(
    r"\b(?:[A-Z]{2}\d{2}\s?[A-Z]{3}|[A-Z]\d{1,3}\s?[A-Z]{3}|[A-Z]{3}\s?\d{1,3}[A-Z])\b", re.IGNORECASE
)
_NAMED_REFUGE: Final = re.compile(r"\b([A-Z][\w'’-]+)\s+(?:[Rr]efuge|[Ss]afe ?[Hh]ouse)\b")
_NO_NAME: Final = ("in", "at", "the", "a", "her", "she", "their", "women's", "to", "from", "no", "went", "emergency")
_EMPLOYER: Final = re.compile(r"(?:\b(?:at|for|with|in)\s+(?:the\s+)?|[,;:(-]\s*)((?:[A-Z0-9][\w&'’.-]*\s*)+)")


def says_refuge(*words: str | None) -> bool:
    """Whether words of an address say that it is a refuge, however they are spelt."""
    text = " ".join(word for word in words if word)
    said = Run(tokens_of(text))
    return any(said.find(word) for word in _REFUGE)


def refuses_refuge(place: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The name of the box in which the address of a refuge is typed, or empty: by its kind, or by a word in it."""
    typed = [name for name in names if str(place.get(name) or "").strip()]
    if typed and (place.get("in_refuge") or place.get("tenure") == "refuge" or place.get("place") == "refuge"):
        return typed[0]
    told = [name for name in typed if says_refuge(str(place[name]))]
    return told[0] if told else typed[0] if says_refuge(*(str(place[name]) for name in typed)) else ""


def says_where_refuge_is(text: str) -> bool:
    """Whether free words name a refuge or say where it is: "in refuge" alone does not, "Rose House refuge" does."""
    if not says_refuge(text):
        return False
    named = [word for word in _NAMED_REFUGE.findall(STAND_IN.sub(" ", text)) if word.casefold() not in _NO_NAME]
    return bool(named) or looks_like_place(text)


def looks_like_place(text: str) -> bool:
    """Whether words have the shape of an address, whosesoever it is: a full postcode, or a number and a street."""
    return bool(POSTCODE.search(text) or NUMBERED.search(text))


def employers_in(text: str) -> list[str]:
    """Names of employers in "care assistant at Corner Bakery"; nothing in "care assistant"."""
    found = [match[1].strip(" .,-") for match in _EMPLOYER.finditer(text)]
    words = text.split()
    if not found and len(words) <= 5 and words and all(word[0].isupper() for word in words):
        found = [text.strip()]
    return [name for name in found if telling(name)]


def telling(name: str) -> bool:
    """Whether a name says enough alone: one word that is not a kind of place, or two that are not both."""
    words = [token.text for token in tokens_of(name)]
    return len(squeezed(name)) >= 4 and any(word not in GENERIC and not word.isdigit() for word in words)
