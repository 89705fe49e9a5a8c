"""Prints a life-cycle as a Markdown table, a Mermaid diagram, or plain rows. Decides nothing."""

from collections.abc import Iterable
from dataclasses import fields
from typing import TypedDict

from marac.workflows.engine import Effect, Guard, Transition, Workflow, reads

Row = TypedDict(
    "Row",
    {
        "workflow": str,
        "name": str,
        "from": list[str],
        "to": str,
        "permission": str,
        "guards": list[str],
        "effects": list[str],
    },
)


def rows(workflow: Workflow) -> list[Row]:
    """One row per transition, ready for JSON."""
    return [
        {
            "workflow": workflow.noun,
            "name": transition.name,
            "from": [str(state) for state in transition.from_states],
            "to": str(transition.to_state),
            "permission": str(transition.permission),
            "guards": [guard.__name__ for guard in transition.guards],
            "effects": [describe(effect) for effect in transition.effects],
        }
        for transition in workflow.transitions
    ]


def describe(effect: Effect) -> str:
    """An effect as it is written in the table, e.g. `Notify(referral_waiting, coordinator)`."""
    values = ", ".join(str(getattr(effect, field.name)) for field in fields(effect))
    return f"{type(effect).__name__}({values})" if values else type(effect).__name__


def markdown(workflow: Workflow) -> str:
    """The life-cycle as a page section: table, conditions in the panel's words, diagram."""
    parts = [
        f"## {workflow.title}",
        f"Starts as `{workflow.initial}`. Ends as {', '.join(f'`{state}`' for state in workflow.end_states)}.",
        _table(workflow),
        *_conditions(workflow),
        _diagram(workflow),
    ]
    return "\n\n".join(parts) + "\n"


def _table(workflow: Workflow) -> str:
    head = "| Do | From | To | Who may | Conditions | Then |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(_line(transition) for transition in workflow.transitions)


def _line(transition: Transition) -> str:
    name = f"`{transition.name}`" + (" (re-opens)" if transition.reopens else "")
    cells = (
        f"{transition.label or transition.name.replace('_', ' ').capitalize()}<br>{name}",
        _codes(transition.from_states),
        f"`{transition.to_state}`",
        f"`{transition.permission}`",
        _codes(guard.__name__ for guard in transition.guards),
        _codes(describe(effect) for effect in transition.effects),
    )
    return "| " + " | ".join(cells) + " |"


def _codes(words: Iterable[str]) -> str:
    return "<br>".join(f"`{word}`" for word in words) or "-"


def _conditions(workflow: Workflow) -> list[str]:
    guards = dict.fromkeys(guard for transition in workflow.transitions for guard in transition.guards)
    return ["### Conditions", "\n".join(_condition(guard) for guard in guards)] if guards else []


def _condition(guard: Guard) -> str:
    sentences = " ".join((guard.__doc__ or "").partition("Reads:")[0].split())
    return f"- `{guard.__name__}`: {sentences} Facts: {', '.join(f'`{name}`' for name in reads(guard))}."


def _diagram(workflow: Workflow) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {workflow.initial}"]
    for transition in workflow.transitions:
        lines += [f"    {state} --> {transition.to_state}: {transition.name}" for state in transition.from_states]
    lines += [f"    {state} --> [*]" for state in workflow.end_states]
    return "\n".join([*lines, "```"])
