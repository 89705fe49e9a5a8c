"""What stands behind a label, as the boxes of our own form take it: a date in three, a ticked answer as its word.

What cannot be read for certain is given as far as it goes and marked as not sure; nothing is ever guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import phonenumbers
from dateutil import parser as dates
from phonenumbers import Leniency, PhoneNumberMatcher

from marac.workflows.form_labels import Label, plain
from marac.workflows.form_lines import EMPTY, TICKED

POSTCODE: Final = re.compile(r"\b([A-Za-z]{1,2}[0-9][0-9A-Za-z]?)\s*([0-9][A-Za-z]{2})\b")
EMAIL: Final = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,}")
NUMERIC: Final = re.compile(r"\b(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})\b")
WORDED: Final = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?[ -]+(?:of +)?([A-Za-z]{3,9})\.?,?[ -]+(\d{4})\b")
ISO: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
AGED: Final = re.compile(
    r"^(?:age[d:]?\s*|approx\w*\.?\s*|about\s*|c(?:irca)?\.?\s*)*(\d{1,3})\s*(?:years?|yrs?)?(?: old)?\.?$",
    re.IGNORECASE,
)
NUMBER_FIRST: Final = re.compile(
    r"^((?:(?:flat|apartment|unit|room)\s+\w{1,5}\b[,\s]*)?\d{1,5}\s?[A-Za-z]?)\b[,\s]+(?=[A-Za-z])", re.IGNORECASE
)
UNKNOWN: Final = ("not known", "unknown", "n k", "nk", "n a", "none given", "tbc")
HIGH: Final = 14  # ticks that make visible high risk (SafeLives)
OPTION: Final = re.compile(rf"[{TICKED}{EMPTY}]")


@dataclass(frozen=True, slots=True)
class Found:
    """One value: the name of the box, what goes into it (as a form posts it), and whether it can be trusted."""

    name: str
    typed: tuple[str, ...]
    sure: bool = True


def found(label: Label, text: str, answers: Mapping[str, Mapping[str, str]]) -> list[Found]:
    """What a value says for the field of its label; nothing when the form was left empty there."""
    words = text.strip(" \n\t:;-_.…") if label.kind not in ("long", "choice", "criterion") else text.strip(" \n\t:_…")
    name = label.field.split(".")[1]
    if not words or (label.kind not in ("choice", "criterion") and not OPTION.sub("", words).strip()):
        return []
    if label.kind == "choice":
        return _choice(name, words, answers[label.answers])
    if label.kind == "phone" and label.field == "safe-contact.phone":
        return _phone(name, words) + _said_safe(words, answers["safe"])
    if label.kind == "criterion":
        return _criterion(name, words, answers["yes_no"])
    return READERS[label.kind](name, words)


def _line(name: str, words: str) -> list[Found]:
    text = " ".join(words.split())
    return [Found(name, (text,), len(text) <= 200)]


def _name(name: str, words: str) -> list[Found]:
    text = " ".join(words.split())
    if plain(text) in UNKNOWN:
        return [Found("not_known", ("y",), sure=False)]
    return [Found(name, (text,), len(text) <= 100 and not any(sign.isdigit() for sign in text))]


def _long(name: str, words: str) -> list[Found]:
    return [Found(name, (words,))]


def _date(name: str, words: str) -> list[Found]:
    day = day_in(words)
    if day is not None:
        return [Found(name, (str(day[0].day), str(day[0].month), str(day[0].year)), day[1])]
    age = AGED.match(words)
    if age and name == "born_on":
        return [Found("approximate_age", (age[1],))]
    return [] if plain(words) in UNKNOWN else [Found(name, ("", "", ""), sure=False)]


def day_in(words: str) -> tuple[date, bool] | None:
    """The one date in some words, day before month, and whether it can be only that; None without one."""
    numeric, worded, iso = NUMERIC.search(words), WORDED.search(words), ISO.search(words)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3])), True
        if worded:
            return dates.parse(f"{worded[1]} {worded[2]} {worded[3]}", dayfirst=True).date(), True
        if numeric:
            short = len(numeric[3]) == 2
            year = int(numeric[3]) + (0 if not short else 2000 if int(numeric[3]) < 30 else 1900)
            return date(year, int(numeric[2]), int(numeric[1])), not short
    except (ValueError, OverflowError):
        return None
    return None


def _number(name: str, words: str) -> list[Found]:
    numbers = re.findall(r"\d{1,3}", words)
    return [Found(name, (numbers[0],), sure=len(numbers) == 1)] if numbers else [Found(name, ("",), sure=False)]


def _phone(name: str, words: str) -> list[Found]:
    matches = list(PhoneNumberMatcher(words, "GB", leniency=Leniency.POSSIBLE))
    if not matches:
        return [] if plain(words) in UNKNOWN else [Found(name, (" ".join(words.split())[:60],), sure=False)]
    first = matches[0].raw_string.strip()
    alone = len(matches) == 1 and len(re.sub(r"\W", "", words)) <= len(re.sub(r"\W", "", first)) + 8
    return [Found(name, (first,), alone and phonenumbers.is_possible_number(matches[0].number))]


def _said_safe(words: str, answers: Mapping[str, str]) -> list[Found]:
    """Whether it is safe to phone, when that is said behind the number."""
    said = re.search(r"\bsafe\b(?: to (?:call|phone|ring|contact))?[?:\s-]*(.*)", words, re.DOTALL | re.IGNORECASE)
    if said is None or not said[1].strip():
        return []
    return [Found(one.name, one.typed, sure=False) for one in _choice("way_phone", said[1], answers)]


def _email(name: str, words: str) -> list[Found]:
    addresses = EMAIL.findall(words)
    return [Found(name, (addresses[0] if addresses else words[:200],), len(addresses) == 1)]


def _postcode(name: str, words: str) -> list[Found]:
    whole = POSTCODE.search(words)
    return [Found(name, (f"{whole[1]} {whole[2]}".upper(),))] if whole else [Found(name, (words[:12],), sure=False)]


def _address(_name: str, words: str) -> list[Found]:
    """House or flat number, street and the rest, postcode."""
    if plain(words) in UNKNOWN:
        return [Found("address_not_known", ("y",), sure=False)]
    given = list(POSTCODE.finditer(words))
    rest = words[: given[-1].start()] + words[given[-1].end() :] if given else words
    rest = re.sub(r"(,\s*)+", ", ", ", ".join(part.strip() for part in rest.split("\n"))).strip(" ,.")
    number = NUMBER_FIRST.match(rest)
    parts = [Found("house_number", (" ".join(number[1].split()),))] if number else []
    street = rest[number.end() :].strip(" ,") if number else rest
    parts += [Found("street", (street,), sure=number is not None and len(street) <= 200)] if street else []
    return parts + (_postcode("postcode", given[-1][0]) if given else [])


def _choice(name: str, words: str, answers: Mapping[str, str]) -> list[Found]:
    """The one answer that is ticked or written; left open for a person when it says something else."""
    if TICKED in words or EMPTY in words:
        ticked = [answers.get(plain(one), "") for one in options_ticked(words)]
        if not ticked:
            return []
        one = ticked[0] if len(ticked) == 1 else ""
        return [Found(name, (one,), sure=bool(one))]
    said = plain(words)
    if not said and words:
        said = " ".join(re.findall(r"[a-z]+", words.lower()))
        if said in ("y n", "yes no", "yes no not known", "yes no unknown", "y n unknown"):
            return []
    if re.fullmatch(r"(y n|yes no)( \w+){0,2}", " ".join(re.findall(r"[a-z]+", words.lower()))):
        return []
    if said in answers:
        return [Found(name, (answers[said],))]
    first = re.split(r"[\s,.;:–-]+", words.strip().lower(), maxsplit=1)[0]
    return [Found(name, (answers.get(first, ""),), sure=False)]


def options_ticked(words: str) -> list[str]:
    """The words beside each ticked box; a box belongs to what follows when the line starts with one."""
    pieces = re.split(rf"([{TICKED}{EMPTY}])", words)
    before = not pieces[0].strip()
    texts = pieces[2::2] if before else pieces[0:-1:2]
    return [text.strip(" \n/,;|") for mark, text in zip(pieces[1::2], texts, strict=False) if mark == TICKED]


def _criterion(name: str, words: str, answers: Mapping[str, str]) -> list[Found]:
    """Whether a way in was chosen: a tick, a yes, or a score of 14 and over. A score under it chooses nothing."""
    chosen = Found("criteria", (name,))
    if TICKED in words or EMPTY in words:
        beside = options_ticked(words)
        if not beside:
            return [chosen] if TICKED in words else []
        said = [answers.get(plain(one), "") for one in beside]
        return [] if "no" in said else [Found("criteria", (name,), sure=len(beside) == 1)]
    if name == "visible_high_risk" and (score := re.match(r"^\D{0,12}(\d{1,2})\b(?!/)", words)):
        return [chosen] if int(score[1]) >= HIGH else []
    word = answers.get(plain(re.split(r"\s", words, maxsplit=1)[0]), "")
    if word == "yes" or plain(words) in ("x", "tick", "ticked"):
        return [Found("criteria", (name,), sure=len(words.split()) == 1)]
    return [] if word == "no" else [Found("criteria", (name,), sure=False)]


READERS: Final = {
    "line": _line, "name": _name, "surname": _name, "forenames": _name, "long": _long, "date": _date,
    "number": _number, "phone": _phone, "email": _email, "postcode": _postcode, "address": _address,
}  # fmt: skip
