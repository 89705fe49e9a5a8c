"""Strict reading of a risk tool that somebody wrote: what is wrong with it, one plain sentence per fault.

Refuses whatever could not be asked, scored or shown; corrects nothing by guessing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from marac.vocabulary import ProgrammeSlug

Faults = Iterator[str]
SLUG: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,19}", re.ASCII)
LONGEST: Final = {
    "name": 120,
    "publisher": 200,
    "licence_note": 2_000,
    "acknowledgement": 2_000,
    "label": 400,
    "text": 4_000,
}
MOST_QUESTIONS: Final = 200
NEEDED: Final = (
    "id", "tool_key", "version", "name", "publisher", "licence_note", "effective_from", "panels", "scoring",
)  # fmt: skip
LISTS: Final = ("groups", "items", "thresholds", "score_only_fields", "opened_by", "same_day_questions")
KNOWN: Final = frozenset({
    "id", "tool_key", "name", "publisher", "version", "effective_from", "effective_to", "official_wording",
    "licence_note", "acknowledgement", "status", "panels", "applies_to", "answers", "groups", "scoring", "thresholds",
    "threshold_tests", "threshold_note", "bands", "overrides", "red_flags", "needs_detail_rule", "linked_sets",
    "items", "professional_section", "reassess", "comparison", "entry_mode", "structure", "score_only_fields",
    "routing", "display", "note", "opened_by", "same_day_questions", "never_blocks",
})  # fmt: skip
RULES: Final = ("count", "weighted_sum", "entered", "grade")
SIGNS: Final = (">=", ">", "<=", "<", "==")
FIELD_TYPES: Final = ("text", "choice", "multi", "date", "integer", "signature")


def faults_of(page: Any) -> tuple[str, ...]:
    """Everything wrong with a page, in its order; empty when it can be used."""
    if not isinstance(page, Mapping):
        return ("The file is not a risk tool: it must be a list of named values, such as `id: my_tool`.",)
    shape = tuple(_of_shape(page))
    return shape or tuple(fault for check in CHECKS for fault in check(page))


def _of_shape(page: Mapping[Any, Any]) -> Faults:
    """What must be right before anything else can be read."""
    strange = (_short(key) for key in page if key not in KNOWN)
    yield from (f"`{key}` is not a part of a risk tool. Take it out or check its spelling." for key in strange)
    yield from (f"`{key}` is missing." for key in NEEDED if page.get(key) in (None, "", []))
    for key in ("panels", *LISTS):
        if not isinstance(page.get(key, []), list):
            yield f"`{key}` must be a list."
    yield from (f"Each line of `{key}` must have named values." for key in LISTS if not _all_named(page.get(key, [])))
    for key in ("scoring", "red_flags", "professional_section", "applies_to", "structure"):
        if not isinstance(page.get(key, {}), Mapping):
            yield f"`{key}` must have named values."
    if isinstance(page.get("items"), list) and len(page["items"]) > MOST_QUESTIONS:
        yield f"There are more than {MOST_QUESTIONS} questions."


def _all_named(listed: Any) -> bool:
    return not isinstance(listed, list) or all(isinstance(one, Mapping) for one in listed)


def _names(page: Mapping[str, Any]) -> Faults:
    for key in ("id", "tool_key"):
        if not _is(SLUG, page[key]):
            yield f"`{key}` must be small letters, digits and _, at most 40, such as my_tool."
    if not _is(VERSION, page["version"]):
        yield "`version` must be text in quotes, at most 20 letters, digits, dots and dashes, such as '1.0'."
    for key in ("name", "publisher", "licence_note", "acknowledgement", "official_wording"):
        yield from _text(page.get(key, ""), f"`{key}`", LONGEST.get(key, LONGEST["name"]))
    worded = any(isinstance(one, Mapping) and one.get("text") for one in page.get("items", ()))
    if worded and not page.get("acknowledgement"):
        yield "`acknowledgement` is missing. Name the publisher as they ask to be named."


def _dates(page: Mapping[str, Any]) -> Faults:
    since, until = _day(page["effective_from"]), _day(page.get("effective_to"))
    if since is None:
        yield "`effective_from` must be a date in quotes, such as '2026-04-01'."
    if page.get("effective_to") is not None and until is None:
        yield "`effective_to` must be a date in quotes, such as '2027-03-31', or null."
    if since and until and until < since:
        yield "`effective_to` is before `effective_from`."


def _panels(page: Mapping[str, Any]) -> Faults:
    known = [one.value for one in ProgrammeSlug]
    for panel in page["panels"]:
        if panel not in known:
            yield f"`panels` has {_short(panel)}. Choose from {', '.join(known)}."
    ages = (page.get("applies_to") or {}).get("victim_age", {})
    if not isinstance(ages, Mapping) or not all(_whole(ages.get(end, 0)) for end in ("minimum", "maximum", "value")):
        yield "The ages in `applies_to` must be whole numbers."


def _groups(page: Mapping[str, Any]) -> Faults:
    yield from _twice([one.get("key") for one in page.get("groups", ())], "group")
    for one in page.get("groups", ()):
        yield from _named(one, "A group")


def _rule(page: Mapping[str, Any]) -> Faults:
    scoring, rule = page["scoring"], page["scoring"].get("rule")
    if rule not in RULES:
        yield f"`scoring: rule` must be one of {', '.join(RULES)}."
        return
    for key in ("same_day_questions", "score_only_fields"):
        yield from _fields(page.get(key, ()), f"`{key}`")
    entered = page.get("entry_mode") == "score_only" or rule in ("entered", "grade")
    yield from (_entered if entered else _asked)(page)
    for end in ("minimum", "maximum"):
        if scoring.get(end) is not None and not _whole(scoring[end]):
            yield f"`scoring: {end}` must be a whole number or null."


def _entered(page: Mapping[str, Any]) -> Faults:
    fields, grades = page.get("score_only_fields", ()), page["scoring"].get("grade", [])
    keys = {one.get("key") for one in fields}
    if not {"score", "grade"} & keys:
        yield "A tool entered as a result needs `score_only_fields` with `score`, `grade` or both."
    if not isinstance(grades, list) or not all(isinstance(one, str) and one for one in grades):
        yield "`scoring: grade` must be a list of words, the lowest first."
    elif "grade" in keys and not grades:
        yield "`scoring: grade` must list the grades, the lowest first."
    if page.get("items"):
        yield "A tool entered as a result has no questions. Take `items` out or change `scoring: rule`."


def _asked(page: Mapping[str, Any]) -> Faults:
    items = page.get("items", [])
    if not items:
        yield "`items` is missing: there is no question."
        return
    if [one.get("number") for one in items] != list(range(1, len(items) + 1)):
        yield "The questions must be numbered 1, 2, 3 and so on, in order."
    yield from _twice([one.get("key") for one in items], "question")
    groups = {one.get("key") for one in page.get("groups", ())}
    for place, one in enumerate(items, 1):
        yield from _question(one, f"Question {place}", groups, page["scoring"]["rule"])
    if not any(True for place, one in enumerate(items, 1) for _ in _question(one, "", groups, page["scoring"]["rule"])):
        yield from _total(page, items)
    professional = (page.get("professional_section") or {}).get("fields", ())
    yield from _fields(professional, "`professional_section`")


def _question(one: Mapping[str, Any], place: str, groups: set[Any], rule: str) -> Faults:
    yield from _named(one, place)
    yield from _text(one.get("text", ""), f"{place}: `text`", LONGEST["text"])
    if groups and one.get("group") not in groups:
        yield f"{place}: its `group` is not one of `groups`."
    kinds = ("yes_no",) if rule == "count" else ("single", "multi")
    if one.get("type", "yes_no") not in kinds:
        yield f"{place}: its `type` must be {' or '.join(kinds)}, because `scoring: rule` is {rule}."
    for mark in ("needs_detail", "red_flag"):
        if not isinstance(one.get(mark, False), bool):
            yield f"{place}: `{mark}` must be true or false."
    for opens in ("opens_if_yes", "prompts_record", "alert"):
        if one.get(opens) is not None and not _is(SLUG, one[opens]):
            yield f"{place}: `{opens}` must be small letters, digits and _."
    yield from _fields(one.get("follow_ups", ()), place)
    if rule == "weighted_sum":
        yield from _options(one, place)


def _options(one: Mapping[str, Any], place: str) -> Faults:
    options = one.get("options")
    if not isinstance(options, list) or not options or not all(isinstance(option, Mapping) for option in options):
        yield f"{place}: `options` must list the answers, each with `key`, `label` and `score`."
        return
    yield from _twice([option.get("key") for option in options], f"answer of question {one.get('number')}")
    for option in options:
        if not isinstance(option.get("key"), str) or not isinstance(option.get("label"), str):
            yield f"{place}: each answer needs a `key` and a `label`, in quotes if they are 'yes' or 'no'."
        if option.get("score", "") is not None and not _whole(option.get("score", "")):
            yield f"{place}: the score of each answer must be a whole number from 0, or null when it is not known."


def _total(page: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Faults:
    """The highest score that the page promises is the one its questions can reach."""
    weighted = page["scoring"]["rule"] == "weighted_sum"
    for one in items if weighted else ():
        scores = [option["score"] for option in one["options"] if option["score"] is not None]
        best = sum(scores) if one["type"] == "multi" else max(scores, default=0)
        if one.get("maximum") != best:
            yield f"Question {one['number']}: `maximum` must be {best}, the most its answers can give."
    reach = sum(one.get("maximum") or 0 for one in items if _whole(one.get("maximum"))) if weighted else len(items)
    if page["scoring"].get("maximum") != reach:
        yield f"`scoring: maximum` must be {reach}, the most the questions can give."


def _thresholds(page: Mapping[str, Any]) -> Faults:
    grades = page["scoring"].get("grade") or ()
    for one in page.get("thresholds", ()):
        if not _is(SLUG, one.get("key")) or _day(one.get("effective_from")) is None:
            yield "Each threshold needs a `key` and an `effective_from` date in quotes."
        if one.get("operator") == "grade_is":
            if one.get("value") not in grades:
                yield "A threshold with `grade_is` must name one of the grades in `scoring: grade`."
        elif one.get("operator") not in SIGNS or not _whole(one.get("value")):
            yield f"A threshold needs an `operator` ({', '.join(SIGNS)}, in quotes) and a whole number as `value`."
        if not isinstance(one.get("confirmed"), bool):
            yield "Each threshold must say `confirmed: true` or `confirmed: false`."


def _bands(page: Mapping[str, Any]) -> Faults:
    listed = page.get("bands", [])
    for one in listed if isinstance(listed, list) else ():
        ends = [one.get("value")] if isinstance(one, Mapping) and "operator" in one else None
        if not isinstance(one, Mapping) or not _is(SLUG, one.get("key")):
            yield "Each band needs a `key`, and `from` and `to` or `operator` and `value`."
        elif not all(map(_whole, ends or [one.get("from"), one.get("to")])):
            yield f"Band {one['key']}: its ends must be whole numbers."


def _clusters(page: Mapping[str, Any]) -> Faults:
    numbers = {one.get("number") for one in page.get("items", ())}
    clusters = (page.get("red_flags") or {}).get("clusters", [])
    for one in clusters if isinstance(clusters, list) else [None]:
        if not isinstance(one, Mapping) or not _is(SLUG, one.get("key")):
            yield "Each of the `clusters` in `red_flags` needs a `key` and lists of question numbers."
            continue
        named = [number for part in ("all_of", "any_of", "with_any_of") for number in one.get(part) or ()]
        if not named or not all(_whole(number) and number in numbers for number in named):
            yield f"The cluster {one['key']} names a question that is not there."
    for one in page.get("opened_by", ()):
        if not _is(SLUG, one.get("checklist")) or not _whole(one.get("item")):
            yield "Each line of `opened_by` needs the `checklist` and the `item`, the number of its question."


CHECKS: Final[tuple[Callable[[Mapping[str, Any]], Faults], ...]] = (
    _names, _dates, _panels, _groups, _rule, _thresholds, _bands, _clusters,
)  # fmt: skip


def _fields(listed: Any, place: str) -> Faults:
    if not isinstance(listed, list | tuple) or not all(isinstance(one, Mapping) for one in listed):
        yield f"{place}: each field needs a `key`, a `label` and a `type`."
        return
    yield from _twice([one.get("key") for one in listed], f"field of {place}")
    for one in listed:
        yield from _named(one, f"{place}, field {_short(one.get('key'))}")
        if one.get("type") not in FIELD_TYPES:
            yield f"{place}, field {_short(one.get('key'))}: its `type` must be one of {', '.join(FIELD_TYPES)}."
        options = one.get("options", ())
        if one.get("type") in ("choice", "multi") and not (options and all(isinstance(said, str) for said in options)):
            yield f"{place}, field {_short(one.get('key'))}: `options` must be words, 'yes' and 'no' in quotes."
        for end in ("minimum", "maximum"):
            if one.get(end) is not None and not _whole(one[end]):
                yield f"{place}, field {_short(one.get('key'))}: `{end}` must be a whole number or null."


def _named(one: Mapping[str, Any], place: str) -> Faults:
    if not _is(SLUG, one.get("key")):
        yield f"{place}: its `key` must be small letters, digits and _, at most 40."
    if not one.get("label"):
        yield f"{place}: its `label` is missing."
    yield from _text(one.get("label", ""), f"{place}: `label`", LONGEST["label"])


def _text(value: Any, place: str, longest: int) -> Faults:
    if not isinstance(value, str):
        yield f"{place} must be text. Put it in quotes."
    elif len(value) > longest:
        yield f"{place} must be {longest:,} characters or fewer."
    elif any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
        yield f"{place} has a character that cannot be shown. Type it again."


def _twice(keys: Sequence[Any], noun: str) -> Faults:
    seen = [key for key in keys if isinstance(key, str)]
    for key in sorted({key for key in seen if seen.count(key) > 1}):
        yield f"There are two with the key {_short(key)} ({noun}). Give each its own."


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _short(value: Any) -> str:
    """What was written, cut short: a fault never repeats a page."""
    return repr(value)[:40] if not isinstance(value, str) else value[:40]
