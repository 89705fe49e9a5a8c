"""The form of any risk tool, made from its definition: questions, who said so, the detail of a yes, or a result alone.

Knows no tool by name: what a partnership loads is asked as its file says.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from marac.vocabulary import Grade
from marac.web import widgets
from marac.workflows.checklists import Score
from marac.workflows.definitions import Checklist, Field, Question

ANSWERS: Final = (("yes", "Yes"), ("no", "No"), ("dont_know", "Don't know"))
ASKED_ELSEWHERE: Final = ("grounds_for_marac", "marac_referred_on", "children_referred_on", "completed_by")
GRADES: Final = (("", "Choose"), *((one.value, one.label) for one in Grade))
JUDGED: Final = ("professional_grade", "grade_reason", "grade_agreed_by", "made_on", "made_where")
TODAY: Final = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))


@lru_cache(maxsize=128)
def form_class(tool: Checklist, *, on_case: bool = False) -> type[Any]:
    """The form class of one version of a tool; versions never change. `on_case` asks when and where it was done."""
    fields: dict[str, Any] = {"version": widgets.hidden_field()}
    for question in tool.questions:
        fields.update(_question_fields(question))
    for asked in result_fields(tool):
        fields[f"e_{asked.key}"] = _field(asked)
    for asked in tool.same_day:
        fields[f"s_{asked.key}"] = widgets.choice_field(asked.label, TODAY)
    for asked in professional_fields(tool):
        fields[f"p_{asked.key}"] = _field(asked)
    fields["professional_grade"] = widgets.select_field("How high you think the risk is", GRADES)
    higher = "not what the matrix shows" if tool.may_lower else "higher than the checklist shows"
    fields["grade_reason"] = widgets.long_text_field("Why", hint=f"Needed if you think it is {higher}.", longest=5_000)
    if tool.may_lower:
        fields["grade_agreed_by"] = widgets.name_field("Who agreed to that", hint="A second name, for an override.")
    if on_case:
        fields["made_on"] = widgets.date_field("When the questions were asked", hint="Leave empty for today.")
        fields["made_where"] = widgets.text_field("Where, or how", hint="For example, by phone or at our office.")
    return type("RiskForm", (widgets.PageForm,), {"__doc__": "The page of one risk tool.", **fields})


def result_fields(tool: Checklist) -> tuple[Field, ...]:
    """What is entered from a form whose answers were not supplied (rule 6.5.6)."""
    return tool.fields if not tool.questions else ()


def professional_fields(tool: Checklist) -> list[Field]:
    """What the professional adds, as far as this page asks it."""
    asked = tool.fields if tool.questions else ()
    return [one for one in asked if one.key not in ASKED_ELSEWHERE and one.type != "signature"]


def grouped(form: Any, tool: Checklist) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Per group its name and, of each question, the question, its answers, what a yes asks, and who said so."""
    for key, label in (tool.groups or {"": ""}).items():
        asked = [one for one in tool.questions if not tool.groups or one.group == key]
        yield label, [
            {
                "question": one, "field": form[f"q{one.number}"],
                "details": [form[f"q{one.number}_{more.key}"] for more in one.follow_ups],
                "said": [form[f"source{one.number}"], form[f"comment{one.number}"]],
            }
            for one in asked
        ]  # fmt: skip


def from_facts(tool: Checklist, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Saved answers as the form holds them."""
    shown: dict[str, Any] = {name: facts.get(name) or "" for name in JUDGED[:3]}
    shown |= {f"p_{key}": _listed(value) for key, value in (facts.get("professional") or {}).items()}
    answers = facts.get("answers") or {}
    shown |= {f"e_{one.key}": _listed(answers.get(one.key)) for one in result_fields(tool)}
    shown |= {f"s_{one.key}": answers.get(one.key) or "" for one in tool.same_day}
    for question in tool.questions:
        entry = answers.get(str(question.number), {})
        held = entry if isinstance(entry, Mapping) else {"answer": entry}
        shown[f"q{question.number}"] = _listed(held.get("answer", "" if question.kind != "multi" else []))
        shown[f"source{question.number}"] = held.get("source", "")
        shown[f"comment{question.number}"] = held.get("comment", "")
        for key, value in (held.get("follow_ups") or {}).items():
            shown[f"q{question.number}_{key}"] = _listed(value)
    return shown


def to_facts(form: Any, tool: Checklist) -> dict[str, Any]:
    """What was typed: answers by question number or by field, empty ones left out."""
    answers: dict[str, Any] = {}
    for question in tool.questions:
        inner = {one.key: form[f"q{question.number}_{one.key}"].data for one in question.follow_ups}
        entry = {
            "answer": form[f"q{question.number}"].data, "source": form[f"source{question.number}"].data,
            "comment": form[f"comment{question.number}"].data, "follow_ups": _given(inner),
        }  # fmt: skip
        if _given(entry):
            answers[str(question.number)] = _given(entry)
    answers |= _given({one.key: form[f"e_{one.key}"].data for one in result_fields(tool)})
    answers |= _given({one.key: form[f"s_{one.key}"].data for one in tool.same_day})
    said = _given({one.key: form[f"p_{one.key}"].data for one in professional_fields(tool)})
    judged = {name: form[name].data or None for name in JUDGED if name in form}
    return {"checklist": tool.id, "answers": answers, "professional": said, **judged}


def complain(form: Any, found: Score) -> None:
    """Say beside each question what is still needed: an answer, or the detail of a yes (DA-9)."""
    for number in found.unanswered:
        if f"s_{number}" in form:
            form[f"s_{number}"].errors = [f"{form[f's_{number}'].label.text}: answer, or choose Not known"]
        elif isinstance(number, str):
            form[f"e_{number}"].errors = ["Enter the score or the grade"]
        else:
            unknown = "Not known" if any(one == "not_known" for one, *_ in form[f"q{number}"].choices) else "Don't know"
            form[f"q{number}"].errors = [f"Answer question {number} or choose {unknown}"]
    for number in found.missing_detail:
        form[f"q{number}"].errors = [f"Question {number} is answered yes. Add the detail it asks for"]


def box_of(tool: Checklist, field: str) -> str:
    """The name of the box in which an answer that the rules refuse was given."""
    if field in {one.key for one in tool.same_day}:
        return f"s_{field}"
    return f"q{field}" if tool.questions else f"e_{field}"


def _question_fields(question: Question) -> Iterator[tuple[str, Any]]:
    stem = f"q{question.number}"
    options = [(one.key, one.label) for one in question.options] or ANSWERS
    make = widgets.many_field if question.kind == "multi" else widgets.choice_field
    yield stem, make(question.words, options)
    for asked in question.follow_ups:
        yield f"{stem}_{asked.key}", _field(asked)
    yield f"source{question.number}", widgets.text_field("Who said so, if not the victim-survivor", longest=100)
    yield f"comment{question.number}", widgets.text_field("Comment", longest=2_000)


def _field(asked: Field) -> Any:
    choices = [(option, option.replace("_", " ").capitalize()) for option in asked.options]
    if asked.type == "choice":
        return widgets.select_field(asked.label, [("", "Choose"), *choices])
    if asked.type == "multi":
        return widgets.many_field(asked.label, choices)
    if asked.type == "integer":
        return widgets.number_field(asked.label, low=asked.minimum or 0, high=asked.maximum or 10_000)
    return widgets.text_field(asked.label, longest=2_000)


def _given(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in; nought is an answer."""
    return {key: value for key, value in typed.items() if value or value == 0}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
