"""The shape of a versioned risk tool, and how one is read from its file. Scores nothing.

A published version is never edited. No official wording is shipped: labels are working labels until permission is held.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OFFICIAL, WORKING = "Official wording", "Working labels"
WORDING = {"load separately": WORKING, "": WORKING, "own": "Own wording"}


@dataclass(frozen=True)
class Option:
    """One answer to a weighted question; no score means it is not known."""

    key: str
    label: str
    score: int | None
    exclusive: bool = False


@dataclass(frozen=True)
class Field:
    """An entry that is not itself scored: detail of a yes, or what came with a score from another form."""

    key: str
    label: str
    type: str
    options: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class Question:
    """One question. `kind` is `yes_no`, `single` or `multi`; `follow_ups` are asked when the answer is yes.

    `label` is our own short one; `text` is the publisher's wording where a partnership loaded it, unchanged.
    """

    number: int
    key: str
    label: str
    group: str | None
    kind: str = "yes_no"
    maximum: int = 1
    options: tuple[Option, ...] = ()
    follow_ups: tuple[Field, ...] = ()
    needs_detail: bool = False
    red_flag: bool = False
    opens_if_yes: str | None = None
    prompts_record: str | None = None
    alert: str | None = None
    text: str = ""

    @property
    def words(self) -> str:
        """What is asked on the page: the loaded wording, else the short label."""
        return self.text or self.label


@dataclass(frozen=True)
class Threshold:
    """A criterion and what meets it: operator and number are kept apart (`> 31` is not `>= 31`)."""

    key: str
    operator: str
    value: int | str
    effective_from: date = date.min
    confirmed: bool = False


@dataclass(frozen=True)
class Band:
    """A named range of totals, ends included; without `high` it has no upper end."""

    key: str
    low: int
    high: int | None


@dataclass(frozen=True)
class Cluster:
    """Questions whose yes answers matter together, by number."""

    key: str
    all_of: frozenset[int]
    any_of: frozenset[int]
    with_any_of: frozenset[int]


@dataclass(frozen=True)
class Gate:
    """A condition of eligibility, by its own key."""

    key: str
    label: str
    answers: tuple[str, ...]
    pass_when: str
    fail_when: str
    on_by_default: bool
    stops_works: bool = False
    note: str = ""


@dataclass(frozen=True)
class Factor:
    """Something that raises the priority when it is so."""

    key: str
    label: str
    answers: tuple[str, ...]
    raises_to: str


@dataclass(frozen=True, eq=False)
class Checklist:
    """One version of one tool. `rule`: count, weighted_sum, entered, grade or gates_then_priority.

    `fingerprint` is the SHA-256 of its page. `may_lower`: judgement may lower it, with a second
    name. `opened_by` names the (tool, question) whose yes opens it: a further
    set of questions rather than a tool of its own. `ages` are the lowest and highest age of the person it is made for.
    """

    id: str
    tool_key: str
    version: str
    name: str
    publisher: str
    licence_note: str
    effective_from: date
    effective_to: date | None
    panels: tuple[str, ...]
    rule: str
    minimum: int | None
    maximum: int | None
    grades: tuple[str, ...]
    questions: tuple[Question, ...]
    groups: Mapping[str, str]
    fields: tuple[Field, ...]
    same_day: tuple[Field, ...]
    thresholds: tuple[Threshold, ...]
    bands: tuple[Band, ...]
    clusters: tuple[Cluster, ...]
    gates: tuple[Gate, ...]
    factors: tuple[Factor, ...]
    fingerprint: str
    acknowledgement: str
    wording: str
    may_lower: bool
    opened_by: tuple[tuple[str, int], ...]
    ages: tuple[int | None, int | None]

    @property
    def is_screen(self) -> bool:
        """Whether it informs judgement beside another tool, and is not one by itself."""
        return bool(self.opened_by)

    def question(self, number: int) -> Question:
        """The question with that number; LookupError when there is none."""
        for question in self.questions:
            if question.number == number:
                return question
        raise LookupError(f"{self.id} has no question {number}")


def load(path: Path) -> Checklist:
    """Read one version of one tool from its YAML file."""
    return build(read_page(path))


def read_page(path: Path) -> dict[str, Any]:
    """The page of one version as its file writes it."""
    page: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader
    return page


def canonical(page: Mapping[str, Any]) -> str:
    """A page as one line of JSON, keys sorted: what a loaded version is stored and compared as."""
    return json.dumps(page, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def build(page: Mapping[str, Any]) -> Checklist:
    """One version of one tool from its page, which is known to be without fault."""
    scoring = page["scoring"]
    entered = page.get("entry_mode") == "score_only"
    ages = (page.get("applies_to") or {}).get("victim_age") or {}
    return Checklist(
        id=page["id"],
        tool_key=page["tool_key"],
        version=page["version"],
        name=page["name"],
        publisher=page["publisher"],
        licence_note=page.get("licence_note", ""),
        effective_from=date.fromisoformat(page["effective_from"]),
        effective_to=date.fromisoformat(page["effective_to"]) if page.get("effective_to") else None,
        panels=tuple(page["panels"]),
        rule="entered" if entered else scoring["rule"],
        minimum=scoring.get("minimum"),
        maximum=scoring.get("maximum"),
        grades=tuple(scoring.get("grade", page.get("priorities", ()))),
        questions=tuple(_question(item) for item in page.get("items", ())),
        groups={group["key"]: group["label"] for group in page.get("groups", ())},
        fields=_fields(page.get("score_only_fields") or (page.get("professional_section") or {}).get("fields", ())),
        same_day=_fields(page.get("same_day_questions", ())),
        thresholds=tuple(_threshold(item) for item in page.get("thresholds", ())),
        bands=tuple(_band(item) for item in page.get("bands", ()) if isinstance(item, Mapping)),
        clusters=tuple(_cluster(item) for item in (page.get("red_flags") or {}).get("clusters", ())),
        gates=tuple(_gate(item) for item in page.get("gates", ())),
        factors=tuple(_factor(item) for item in page.get("factors", ())),
        fingerprint=hashlib.sha256(canonical(page).encode()).hexdigest(),
        acknowledgement=page.get("acknowledgement", ""),
        wording=WORDING.get(page.get("official_wording", ""), OFFICIAL),
        may_lower=_may_lower(page),
        opened_by=tuple((opened["checklist"], opened["item"]) for opened in page.get("opened_by", ())),
        ages=(ages.get("minimum", ages.get("value")), ages.get("maximum")),
    )


def _question(item: Mapping[str, Any]) -> Question:
    return Question(
        number=item["number"],
        key=item["key"],
        label=item["label"],
        group=item.get("group"),
        kind=item.get("type", "yes_no"),
        maximum=item.get("maximum", 1),
        options=tuple(
            Option(option["key"], option["label"], option["score"], option.get("exclusive", False))
            for option in item.get("options", ())
        ),
        follow_ups=_fields(item.get("follow_ups", ())),
        needs_detail=item.get("needs_detail", False),
        red_flag=item.get("red_flag", False),
        opens_if_yes=item.get("opens_if_yes"),
        prompts_record=item.get("prompts_record"),
        alert=item.get("alert"),
        text=item.get("text", ""),
    )


def _fields(items: Iterable[Mapping[str, Any]]) -> tuple[Field, ...]:
    return tuple(
        Field(
            item["key"],
            item["label"],
            item["type"],
            tuple(item.get("options", ())),
            item.get("minimum"),
            item.get("maximum"),
        )
        for item in items
    )


def _may_lower(page: Mapping[str, Any]) -> bool:
    """A sum may be lowered with a second name where its file says so; a count of answers, such as the DASH, never."""
    overrides = page.get("overrides")
    lower = overrides.get("lower", "") if isinstance(overrides, Mapping) else ""
    return page["scoring"].get("rule") == "weighted_sum" and "second name" in str(lower)


def _threshold(item: Mapping[str, Any]) -> Threshold:
    since = date.fromisoformat(item["effective_from"])
    return Threshold(item["key"], item["operator"], item["value"], since, item["confirmed"])


def _band(item: Mapping[str, Any]) -> Band:
    if "operator" in item:
        return Band(item["key"], item["value"] + (item["operator"] == ">"), None)
    return Band(item["key"], item["from"], item["to"])


def _cluster(item: Mapping[str, Any]) -> Cluster:
    return Cluster(item["key"], *(frozenset(item.get(part, ())) for part in ("all_of", "any_of", "with_any_of")))


def _gate(item: Mapping[str, Any]) -> Gate:
    return Gate(
        item["key"],
        item["label"],
        tuple(item["answers"]),
        item["pass_when"],
        item["fail_when"],
        item["on_by_default"],
        item.get("stops_works", False),
        item.get("note", ""),
    )


def _factor(item: Mapping[str, Any]) -> Factor:
    return Factor(item["key"], item["label"], tuple(item["answers"]), item["raises_priority_to"])
