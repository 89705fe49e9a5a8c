"""Scores versioned risk tools. A score informs and never refuses.

What is not known is counted and shown, never a silent no. Scores of different tools are never added or compared.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from marac.errors import RuleBroken
from marac.paths import DATA
from marac.workflows.definitions import Band, Checklist, Cluster, Question, Threshold, build, read_page

Answers = Mapping[str, Any]

SHIPPED = tuple(read_page(path) for path in sorted((DATA / "checklists").glob("*.yaml")))
CHECKLISTS: dict[tuple[str, str], Checklist] = {
    (checklist.id, checklist.version): checklist for checklist in map(build, SHIPPED)
}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "grade_is": operator.eq,
}
YES, NO, UNKNOWN = "yes", "no", ("dont_know", "not_known", "unknown")
VISIBLE_HIGH_RISK = "visible_high_risk"


@dataclass(frozen=True)
class Score:
    """What a checklist says, as a count and never a verdict.

    `unknown` answers score nothing; `could_rise_to` is the score if each of them were the highest. `missing_detail` and
    `unanswered` name questions by number (entered tools: by field).
    """

    score: int | None
    max: int | None
    unknown: int = 0
    could_rise_to: int | None = None
    band: str | None = None
    criteria_met: tuple[str, ...] = ()
    missing_detail: tuple[int, ...] = ()
    unanswered: tuple[int | str, ...] = ()
    red_flags: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


@dataclass(frozen=True)
class LocalReading:
    """How a partnership reads a tool on a day, in place of what the tool's own file says (DA-7).

    `triggers` are red flags of which any one alone is visible high risk. None means as shipped.
    """

    thresholds: Sequence[Threshold] | None = None
    bands: Sequence[Band] | None = None
    triggers: frozenset[str] = frozenset()


AS_SHIPPED = LocalReading()


def current(checklist_id: str, on: date | None = None) -> Checklist:
    """The newest shipped version in force on a date (without one: the newest). LookupError when there is none."""
    found = newest((tool for tool in CHECKLISTS.values() if tool.id == checklist_id), on)
    if checklist_id not in found:
        raise LookupError(f"there is no checklist {checklist_id!r} in force")
    return found[checklist_id]


def newest(versions: Iterable[Checklist], on: date | None = None) -> dict[str, Checklist]:
    """Of each tool the version in force on a date, by id: the one that began last, then the one given last."""
    found: dict[str, Checklist] = {}
    for one in versions:
        began = one.effective_from
        if on is not None and not began <= on <= (one.effective_to or date.max):
            continue
        if one.id not in found or found[one.id].effective_from <= began:
            found[one.id] = one
    return found


def score(
    checklist: Checklist,
    answers: Answers,
    *,
    on: date | None = None,
    local: LocalReading = AS_SHIPPED,
) -> Score:
    """Score answers keyed by question number, each a word or a mapping with `answer`, `comment` and `follow_ups`.

    Tools entered as a score or grade take `score` and `grade`. `local` is how the partnership reads the tool (DA-7).
    RuleBroken, beside the question, when an answer is none of those offered.
    """
    _refuse_strangers(checklist, answers)
    found = RULES[checklist.rule](checklist, answers)
    if local.bands is not None and found.score is not None:
        found = replace(found, band=_band(local.bands, found.score))
    chosen = _in_force(checklist.thresholds if local.thresholds is None else local.thresholds, on)
    criteria = [threshold.key for threshold in chosen if _reached(found, threshold)]
    if local.triggers & set(found.red_flags):
        criteria.append(VISIBLE_HIGH_RISK)
    return replace(found, criteria_met=(*found.criteria_met, *dict.fromkeys(criteria)))


def bands_under(bands: Sequence[Band], high: Threshold) -> list[Band]:
    """Bands whose highest begins where the threshold says, by its own operator: above 31 is 32, 31 or more is 31."""
    if not bands or high.operator not in (">", ">=") or not isinstance(high.value, int):
        return list(bands)
    *lower, top = bands
    first = high.value + (high.operator == ">")
    below = [replace(band, high=first - 1 if band is lower[-1] else band.high) for band in lower]
    return [*below, replace(top, low=first)]


def meets(total: int | str | None, sign: str, value: int | str) -> bool:
    """Compare a total (or grade) with a threshold by its own operator; False when nothing is known."""
    return total is not None and OPERATORS[sign](total, value)


def _in_force(thresholds: Sequence[Threshold], on: date | None) -> tuple[Threshold, ...]:
    dated = [threshold for threshold in thresholds if on is None or threshold.effective_from <= on]
    newest = {threshold.key: threshold for threshold in sorted(dated, key=lambda threshold: threshold.effective_from)}
    return tuple(newest.values())


def _reached(found: Score, threshold: Threshold) -> bool:
    if threshold.operator not in OPERATORS:
        return False
    return meets(found.band if threshold.operator == "grade_is" else found.score, threshold.operator, threshold.value)


def _refuse_strangers(checklist: Checklist, answers: Answers) -> None:
    if not isinstance(answers, Mapping):
        raise RuleBroken("answers", "Answers must be given by question number")
    known = {str(question.number) for question in checklist.questions}
    known |= {field.key for field in (*checklist.fields, *checklist.same_day)}
    known |= {gate.key for gate in checklist.gates} | {factor.key for factor in checklist.factors}
    for key in answers:
        if str(key) not in known:
            raise RuleBroken(str(key), "This checklist has no such question. Check the number")


def _said(answers: Answers, key: str | int) -> Any:
    """The answer alone, None when there is none."""
    entry = answers.get(str(key))
    said = entry.get("answer") if isinstance(entry, Mapping) else entry
    return said or None


def _chosen(answers: Answers, key: str | int, offered: Sequence[str]) -> str | None:
    said = _said(answers, key)
    if said is None:
        return None
    if said not in offered:
        raise RuleBroken(str(key), f"Choose one of: {', '.join(offered)}")
    return str(said)


def _count(checklist: Checklist, answers: Answers) -> Score:
    """One for each yes (SafeLives Dash and the stalking screen)."""
    given = {q.number: _chosen(answers, q.number, (YES, NO, "dont_know")) for q in checklist.questions}
    yes = [question for question in checklist.questions if given[question.number] == YES]
    unknown = sum(answer in UNKNOWN for answer in given.values())
    numbers = {question.number for question in yes}
    return Score(
        score=len(yes),
        max=checklist.maximum,
        unknown=unknown,
        could_rise_to=len(yes) + unknown,
        band=_band(checklist.bands, len(yes)),
        missing_detail=tuple(q.number for q in yes if q.needs_detail and not _detailed(q, answers)),
        unanswered=tuple(number for number, answer in given.items() if answer is None),
        red_flags=(
            *(question.key for question in yes if question.red_flag),
            *(cluster.key for cluster in checklist.clusters if _clustered(cluster, numbers)),
        ),
    )


def _detailed(question: Question, answers: Answers) -> bool:
    entry = answers[str(question.number)]
    if not isinstance(entry, Mapping):
        return False
    written = (entry.get("comment"), *(entry.get("follow_ups") or {}).values())
    return any(value.strip() if isinstance(value, str) else value for value in written)


def _clustered(cluster: Cluster, yes: set[int]) -> bool:
    return cluster.all_of <= yes and all(not part or part & yes for part in (cluster.any_of, cluster.with_any_of))


def _band(bands: Iterable[Band], total: int) -> str | None:
    for band in bands:
        if band.low <= total and (band.high is None or total <= band.high):
            return band.key
    return None


def _weighted(checklist: Checklist, answers: Answers) -> Score:
    """The scores of the options chosen, and what is acted on the same day (the anti-social behaviour matrix)."""
    total = could_rise = unknown = 0
    unanswered = []
    today = {field.key: _chosen(answers, field.key, field.options) for field in checklist.same_day}
    for question in checklist.questions:
        points = _points(question, answers)
        if points is None:
            unknown += 1
            could_rise += question.maximum
        elif points == ():
            unanswered.append(question.number)
        total += sum(points or ())
    return Score(
        score=total,
        max=checklist.maximum,
        unknown=unknown,
        could_rise_to=total + could_rise,
        band=_band(checklist.bands, total),
        unanswered=(*unanswered, *(key for key, said in today.items() if said is None)),
        red_flags=tuple(key for key, said in today.items() if said == YES),
    )


def _points(question: Question, answers: Answers) -> tuple[int, ...] | None:
    """Scores of the options chosen: None when not known, empty when not answered."""
    said = _said(answers, question.number)
    keys = [said] if isinstance(said, str) else list(said or ())
    options = {option.key: option for option in question.options}
    if any(not isinstance(key, str) or key not in options for key in keys) or (
        len(keys) > 1 and question.kind != "multi"
    ):
        raise RuleBroken(str(question.number), f"Choose one of: {', '.join(options)}")
    chosen = [options[key] for key in keys]
    if len(chosen) > 1 and any(option.exclusive or option.score is None for option in chosen):
        raise RuleBroken(str(question.number), "One of your answers rules out the others. Choose again")
    scores = [option.score for option in chosen]
    return None if None in scores else tuple(points for points in scores if points is not None)


def _entered(checklist: Checklist, answers: Answers) -> Score:
    """A score or grade brought from a form whose answers were not supplied."""
    fields = {field.key: field for field in checklist.fields}
    total = _number(answers, fields["score"].minimum, fields["score"].maximum) if "score" in fields else None
    grades = [_chosen(answers, key, checklist.grades) for key in ("grade", "supervisor_grade") if key in fields]
    grade = max((grade for grade in grades if grade), key=checklist.grades.index, default=None)
    given = {key: value for key, value in (("score", total), ("grade", grade)) if key in fields}
    return Score(
        score=total,
        max=checklist.maximum,
        could_rise_to=total,
        band=grade,
        unanswered=() if any(value is not None for value in given.values()) else tuple(given),
    )


def _number(answers: Answers, low: int | None, high: int | None) -> int | None:
    said = str(answers.get("score", "")).strip()
    if not said:
        return None
    if not said.isdecimal() or int(said) < (low or 0) or (high is not None and int(said) > high):
        raise RuleBroken("score", "Enter the score as a whole number" + (f" from {low} to {high}" if high else ""))
    return int(said)


def _gates(checklist: Checklist, answers: Answers) -> Score:
    """Eligibility by gates, then the highest priority any factor raises (Sanctuary). The result is its criterion."""
    gates = {gate: _chosen(answers, gate.key, gate.answers) for gate in checklist.gates if gate.on_by_default}
    factors = {factor: _chosen(answers, factor.key, factor.answers) for factor in checklist.factors}
    passed = [said in (gate.pass_when, "not_applicable") for gate, said in gates.items()]
    failed = any(said == gate.fail_when for gate, said in gates.items())
    raised = [factor.raises_to for factor, said in factors.items() if said == YES]
    result = "ineligible" if failed else "eligible" if all(passed) else "awaiting_information"
    both = {gate.key: said for gate, said in gates.items()} | {factor.key: said for factor, said in factors.items()}
    return Score(
        score=None,
        max=None,
        unknown=sum(said in UNKNOWN for said in both.values()),
        band=min(raised, key=checklist.grades.index, default=checklist.grades[-1]),
        criteria_met=(result,),
        unanswered=tuple(key for key, said in both.items() if said is None),
    )


RULES: dict[str, Callable[[Checklist, Answers], Score]] = {
    "count": _count,
    "weighted_sum": _weighted,
    "entered": _entered,
    "grade": _entered,
    "gates_then_priority": _gates,
}
