"""The form of a risk checklist, made from its definition: the questions, who said so, and the detail of a yes."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from marac.web import widgets
from marac.workflows import checklists
from marac.workflows.checklists import Score
from marac.workflows.definitions import Checklist, Field, Question

ANSWERS = (("yes", "Yes"), ("no", "No"), ("dont_know", "Don't know"))
ASKED_HERE = ("other_risk_information", "willing_to_engage", "occupation_access", "own_priorities", "risk_to_children")


@cache
def form_class(checklist_id: str, version: str) -> type[Any]:
    """The form class of one version of a tool; versions never change, so it is made once."""
    checklist = checklists.CHECKLISTS[checklist_id, version]
    fields: dict[str, Any] = {"version": widgets.hidden_field()}
    for question in checklist.questions:
        fields.update(_question_fields(question))
    for asked in professional_fields(checklist):
        fields[f"p_{asked.key}"] = _field(asked)
    return type("DashForm", (widgets.PageForm,), {"__doc__": f"The pages of {checklist.name}.", **fields})


def professional_fields(checklist: Checklist) -> list[Field]:
    """What the professional adds, as far as this page asks it."""
    return [asked for asked in checklist.fields if asked.key in ASKED_HERE]


def details_of(form: Any, question: Question) -> list[Any]:
    """The boxes under a question: the detail of a yes, and who said so if not the victim-survivor."""
    names = [*(f"q{question.number}_{asked.key}" for asked in question.follow_ups), f"q{question.number}_source"]
    return [form[name] for name in names]


def grouped(form: Any, checklist: Checklist) -> Iterator[tuple[str, list[tuple[Any, Any, list[Any]]]]]:
    """Per group its name and, of each question, the question, its radios and its boxes."""
    for key, label in checklist.groups.items():
        questions = [question for question in checklist.questions if question.group == key]
        yield label, [(question, form[f"q{question.number}"], details_of(form, question)) for question in questions]


def from_facts(checklist: Checklist, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Saved answers as the form holds them."""
    shown: dict[str, Any] = {f"p_{key}": value for key, value in (facts.get("professional") or {}).items()}
    for number, entry in (facts.get("answers") or {}).items():
        held = entry if isinstance(entry, Mapping) else {"answer": entry}
        shown[f"q{number}"], shown[f"q{number}_source"] = held.get("answer", ""), held.get("source", "")
        inner = dict(held.get("follow_ups") or {})
        if held.get("comment") and not inner:
            inner = {asked.key: held["comment"] for asked in checklist.question(int(number)).follow_ups[:1]}
        for key, value in inner.items():
            shown[f"q{number}_{key}"] = list(value) if isinstance(value, tuple) else value
    return shown


def to_facts(form: Any, checklist: Checklist) -> dict[str, Any]:
    """What was typed: answers by question number, empty ones left out."""
    answers = {}
    for question in checklist.questions:
        inner = {asked.key: form[f"q{question.number}_{asked.key}"].data for asked in question.follow_ups}
        entry = {
            "answer": form[f"q{question.number}"].data, "source": form[f"q{question.number}_source"].data,
            "follow_ups": {key: value for key, value in inner.items() if value},
        }  # fmt: skip
        kept = {key: value for key, value in entry.items() if value}
        if kept:
            answers[str(question.number)] = kept
    said = {asked.key: form[f"p_{asked.key}"].data for asked in professional_fields(checklist)}
    professional = {key: value for key, value in said.items() if value}
    return {"checklist": checklist.id, "answers": answers, "professional": professional}


def complain(form: Any, found: Score) -> None:
    """Say beside each question what is still needed: an answer, or the detail of a yes (DA-9)."""
    for number in found.unanswered:
        form[f"q{number}"].errors = [f"Answer question {number} or choose Don't know"]
    for number in found.missing_detail:
        form[f"q{number}"].errors = [f"Question {number} is answered yes. Add the detail it asks for"]


def _question_fields(question: Question) -> Iterator[tuple[str, Any]]:
    stem = f"q{question.number}"
    yield stem, widgets.choice_field(question.label, ANSWERS)
    for asked in question.follow_ups:
        yield f"{stem}_{asked.key}", _field(asked)
    yield f"{stem}_source", widgets.text_field("Who said so, if not the victim-survivor", longest=100)


def _field(asked: Field) -> Any:
    choices = [(option, option.replace("_", " ").capitalize()) for option in asked.options]
    if asked.type == "choice":
        return widgets.select_field(asked.label, [("", "Choose"), *choices])
    if asked.type == "multi":
        return widgets.many_field(asked.label, choices)
    return widgets.text_field(asked.label, longest=2_000)
