"""How a risk tool and its result read: counts without a verdict, red flags apart, what a yes asks for next.

Decides nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from marac.models import Assessment, Referral
from marac.services.casework import assessments, risk_tools
from marac.services.casework.risk_history import Made
from marac.services.casework.risk_tools import ToolLine
from marac.vocabulary import Answer
from marac.web.forms import checklists as forms
from marac.web.referral_words import spelt_out
from marac.web.shell import and_list, long_date
from marac.workflows.checklists import NO, YES, Score
from marac.workflows.definitions import Checklist, Question

LOWER: Final = "A lower score does not mean low risk. Use your judgement."
WORDS: Final = {one.value: one.label for one in Answer}
RECORDS: Final = {  # what a yes says of people who belong on the form: where, and in which words
    "unborn_or_infant_child": ("children", "Add the unborn child or baby under Children and others at risk"),
    "other_person_causing_harm": ("other-person", "Add the other person under The alleged perpetrator"),
    "person_at_risk": ("children", "Add each person harmed under Children and others at risk"),
}
HONOUR: Final = (
    "Ask about honour-based abuse and forced marriage. Use an independent interpreter, never family or community"
)
TODAY: Final = "Talk this through with your manager or safeguarding lead today. Do not wait for the meeting"


def shown(form: Any, tool: Checklist) -> dict[str, Any]:
    """What the page of a tool is drawn from, with its count so far."""
    fields = [form[f"q{question.number}"] for question in tool.questions]
    answers = [field.data for field in fields]
    today = [form[f"s_{one.key}"] for one in tool.same_day]
    unknown = sum(answer in ("dont_know", "not_known") for answer in answers)
    yes = answers.count(YES)
    return {
        "tool": tool, "groups": list(forms.grouped(form, tool)),
        "professional": [form[f"p_{one.key}"] for one in forms.professional_fields(tool)],
        "result": [form[f"e_{one.key}"] for one in forms.result_fields(tool)],
        "today": today, "sums": tool.rule == "weighted_sum",
        "counts": tool.rule == "count", "yes": yes, "answered": sum(map(bool, answers)), "unknown": unknown,
        "lower": LOWER,
    }  # fmt: skip


def count_of(tool: Checklist, found: Score) -> list[str]:
    """A result in lines: `9 yes, 20 of 24 answered`, and how far it could rise; a number or grade where entered."""
    if not tool.questions:
        number = f"Score {found.score}" + (f" of {found.max}" if found.max else "") if found.score is not None else ""
        graded = f"graded {found.band}" if found.band else ""
        return [", ".join(part for part in (number, graded) if part) or "No result", "Answers not supplied"]
    answered = len(tool.questions) - sum(isinstance(one, int) for one in found.unanswered)
    noun = "yes" if tool.rule == "count" else f"of {found.max}"
    banded = [f"Band: {found.band}"] if tool.rule == "weighted_sum" and found.band else []
    may_rise = [f"Could rise to {found.could_rise_to}: {found.unknown} not known"] if found.unknown else []
    return [f"{found.score} {noun}, {answered} of {len(tool.questions)} answered", *banded, *may_rise]


def flags_of(tool: Checklist | None, keys: Iterable[Any]) -> list[str]:
    """Red flags in words, apart from the count."""
    labels = {question.key: question.label for question in tool.questions} if tool else {}
    labels |= {field.key: field.label for field in tool.same_day} if tool else {}
    return [labels.get(key, str(key).replace("_", " ").capitalize()) for key in keys]


def prompts(
    tool: Checklist, answers: Mapping[str, Any], here: Iterable[Checklist], address: str
) -> list[dict[str, str]]:
    """What the yes answers ask for next: a further set of questions, people to record, a talk today."""
    yes = [question for question in tool.questions if _answer(answers, question) == YES]
    found = []
    for one in here:
        opening = {number for tool_id, number in one.opened_by if tool_id == tool.id}
        numbers = [question.number for question in yes if question.number in opening or question.opens_if_yes == one.id]
        if numbers and one.id != tool.id:
            words = f"{_questions(numbers)} opens further questions"
            found.append({"text": words, "href": f"{address}/risk/{one.id}", "link": one.name})
    honour = [question.number for question in yes if question.opens_if_yes == "hba_prompts"]
    if honour and "hba_prompts" not in {one.id for one in here}:
        found.append({"text": f"{_questions(honour)}. {HONOUR}", "href": "", "link": ""})
    for key, (part, words) in RECORDS.items():
        numbers = [question.number for question in yes if question.prompts_record == key]
        if numbers:
            found.append({"text": f"{_questions(numbers)}.", "href": f"{address}/{part}", "link": words})
    urgent = [question.number for question in yes if question.alert == "same_day_review"]
    return [*found, *([{"text": f"{_questions(urgent)}. {TODAY}", "href": "", "link": ""}] if urgent else [])]


def said(prompt: Mapping[str, str]) -> str:
    """A prompt as one sentence, where there is no place for its link."""
    return " ".join(part for part in (prompt["text"], prompt["link"]) if part)


def referral_rows(session: Any, referral: Referral) -> list[dict[str, Any]]:
    """The risk part of a referral as it is read: each tool, its count, and each yes with its detail."""
    held = assessments.of_referral(session, referral)
    if not held:
        done = "risk" in (referral.done_tasks or ())
        return [{"key": "Checklist", "value": "No checklist was used"}] if done else []
    return [row for one in held for row in _rows(session, referral, one)]


def _rows(session: Any, referral: Referral, one: Assessment) -> list[dict[str, Any]]:
    tool = risk_tools.version_of(session, one)
    if tool is None:
        return [{"key": one.checklist, "value": f"Score {one.score}"}]
    found = assessments.score_in(session, referral, one)
    flags = [f"Red flag: {flag}" for flag in flags_of(tool, found.red_flags)]
    second = f", agreed by {one.grade_agreed_by}" if one.grade_agreed_by else ""
    graded = [f"Professional's view: {one.professional_grade.label.lower()}{second}"] if one.professional_grade else []
    rows: list[dict[str, Any]] = [
        {"key": tool.name, "value": [*count_of(tool, found), *flags, *graded, *filter(None, [one.grade_reason])]}
    ]
    for question in tool.questions:
        entry = (one.answers or {}).get(str(question.number))
        if entry and _answer(one.answers or {}, question) != NO:
            rows.append({"key": f"{question.number}. {question.label}", "value": answer_lines(question, entry)})
    entered = [(field.label, (one.answers or {}).get(field.key)) for field in forms.result_fields(tool)]
    rows += [{"key": label, "value": _plain(value)} for label, value in entered if value not in (None, "")]
    return rows


def answer_lines(question: Question, entry: Any) -> list[str]:
    """One answer with its detail, comment and source, in lines."""
    held = entry if isinstance(entry, Mapping) else {"answer": entry}
    options = {option.key: option.label for option in question.options}
    given = held.get("answer") or ""
    keys = [given] if isinstance(given, str) else list(given)
    answer = ", ".join(options.get(key) or WORDS.get(key, str(key)) for key in keys)
    details = [_plain(value) for value in (held.get("follow_ups") or {}).values()]
    source = f"Said by: {held['source']}" if held.get("source") else ""
    lines = [answer, *details, str(held.get("comment") or held.get("detail") or ""), source]
    return [line for line in lines if line]


def _answer(answers: Mapping[str, Any], question: Question) -> Any:
    entry = answers.get(str(question.number))
    return entry.get("answer") if isinstance(entry, Mapping) else entry


def _plain(value: Any) -> str:
    return ", ".join(str(spelt_out(one)) for one in value) if isinstance(value, list | tuple) else str(spelt_out(value))


def _questions(numbers: list[int]) -> str:
    noun = "Question" if len(numbers) == 1 else "Questions"
    return f"{noun} {and_list([str(number) for number in numbers])}"


def tool_row(line: ToolLine, programmes: Mapping[Any, str]) -> list[Any]:
    """One version of one tool, as the list of tools shows it."""
    tool = line.tool
    until = f" to {long_date(tool.effective_to)}" if tool.effective_to else ""
    noted = tool.acknowledgement or tool.licence_note
    questions = f"{len(tool.questions)} questions" if tool.questions else "Result entered"
    return [
        {"text": tool.name, "note": f"{tool.id}. {questions}"},
        tool.version,
        f"From {long_date(tool.effective_from)}{until}",
        {"text": "In force", "tag": "done"} if line.in_force else {"text": "Not in force", "tag": "quiet"},
        {"text": f"{tool.wording}. {line.source}", "note": f"{tool.publisher}. {noted}"},
        ", ".join(programmes.get(panel, panel) for panel in tool.panels),
        f"{line.uses}",
    ]


# --- a case's assessments ---


def made_count(one: Made) -> str:
    """What an assessment came to on the day: `9 yes, 4 not known`; a score or grade where that was entered."""
    if one.score is None:
        return f"Graded {one.tool_grade.label.lower()}" if one.tool_grade else "No result"
    if one.tool is not None and not one.tool.questions:
        graded = f", graded {one.tool_grade.label.lower()}" if one.tool_grade else ""
        return f"Score {one.score}{graded}. Answers not supplied"
    unknown = f", {one.unknown} not known" if one.unknown else ""
    return (
        f"{one.score} yes{unknown}" if one.tool is None or one.tool.rule == "count" else f"Score {one.score}{unknown}"
    )


def made_rows(one: Made) -> list[list[Any]]:
    """Every question with its answer and what was said, or what was entered."""
    if one.tool is None:
        return []
    rows: list[list[Any]] = []
    for question in one.tool.questions:
        answer, *said = answer_lines(question, one.answers.get(str(question.number), "")) or ["Not answered"]
        rows.append([f"{question.number}. {question.label}", answer, "; ".join(said)])
    labels = {field.key: field.label for field in one.tool.fields}
    more = {**({} if one.tool.questions else one.answers), **one.professional}
    return [*rows, *([labels.get(key, key), _plain(value), ""] for key, value in more.items())]


def compared_row(question: Question, earlier: Any, later: Any, *, changed: bool) -> list[Any]:
    """One question of two assessments, marked where the answer is another one now."""
    told = ["; ".join(answer_lines(question, entry or "")) or "Not answered" for entry in (earlier, later)]
    return [f"{question.number}. {question.label}", *told, {"text": "Changed", "tag": "care"} if changed else ""]
