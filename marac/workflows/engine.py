"""The reader of every life-cycle table: finds a transition, checks its guards. Moves and stores nothing.

A table that is not sound (a state nobody reaches, a dead end nobody declared) stops the import.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from marac.errors import RuleBroken, WrongState
from marac.vocabulary import Permission, Role, Template, Word

Facts: TypeAlias = Mapping[str, Any]
Guard: TypeAlias = Callable[[Any, Facts], None]


# Effects: what follows a move, as values. services/moving.py has the one handler of each; a handler may run twice.


@dataclass(frozen=True)
class Notify:
    """Tell somebody there is something to sign in for. `to` is a role, or who stands in that relation."""

    template: Template
    to: Role | Literal["referrer", "agencies", "owner", "readers", "supporter"]


@dataclass(frozen=True)
class OpenDeadline:
    """Start a clock: `rule` is its name in the programme's local rules (`triage_decided`, `victim_told`, ...)."""

    rule: str


@dataclass(frozen=True)
class AskResearch:
    """Ask every listed or consulted agency what it knows; at once if the agenda is out, else when it is published."""


@dataclass(frozen=True)
class ReleaseResearch:
    """Open to the meeting what each agency chose to share: the research table's `release`, for each answer."""


@dataclass(frozen=True)
class ShrinkResearch:
    """Reduce the case to initials for an agency that does not know the people (data minimisation)."""


@dataclass(frozen=True)
class FlagAndTag:
    """Ask each agency to mark its own file for twelve months; extend the mark where one is on file (DA-32)."""


@dataclass(frozen=True)
class AskTelling:
    """Ask the agency that the meeting named to tell the victim-survivor, or record why that is not safe (DA-33)."""


@dataclass(frozen=True)
class LiftFlags:
    """Ask each agency to lift its mark (the flag table's `ask_removal`, for each mark still on file) (DA-32)."""


@dataclass(frozen=True)
class CompileMinutes:
    """Draft the minutes of the meeting from what was recorded for each item (DA-30)."""


@dataclass(frozen=True)
class PlanReview:
    """Set the day on which the next review of the case falls due, by its band."""


@dataclass(frozen=True)
class AssignOnward:
    """Open the same action for the receiving agency, linked to this one, and tell that agency."""


@dataclass(frozen=True)
class EnterStage:
    """Stop or pause the clock of the stage that was left, and start or go on with the one that was entered (SAN-24)."""


@dataclass(frozen=True)
class FreezeWorks:
    """Take back every job that is not finished yet: nobody goes to the home (SAN-22)."""


@dataclass(frozen=True)
class BeginFollowUps:
    """Open the follow-ups at one, three and six months from sign-off (SAN-32)."""


@dataclass(frozen=True)
class HoldByLaw:
    """Keep the record, whatever its retention date says, until somebody lifts the hold (DA-48)."""


@dataclass(frozen=True)
class CountRetention:
    """Start, move or stop the date until which the record is kept: the case has ended, or is in use again (DA-48)."""


@dataclass(frozen=True)
class EraseKeys:
    """Enter every key of the case in the ledger of erasures; from here on the case is not there for anybody (DA-48)."""


Effect: TypeAlias = (
    Notify
    | OpenDeadline
    | AskResearch
    | ReleaseResearch
    | ShrinkResearch
    | FlagAndTag
    | AskTelling
    | LiftFlags
    | CompileMinutes
    | PlanReview
    | AssignOnward
    | EnterStage
    | FreezeWorks
    | BeginFollowUps
    | HoldByLaw
    | CountRetention
    | EraseKeys
)


@dataclass(frozen=True)
class Transition:
    """One thing that can be done: from which states, to which, by whom, on what conditions, with what following.

    `reopens` marks the only kind of transition that may leave an end state (to put a mistake right, never in the
    ordinary course).
    """

    name: str
    from_states: tuple[Word, ...]
    to_state: Word
    permission: Permission
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()
    label: str = ""
    reopens: bool = False

    def check(self, subject: Any, facts: Facts) -> None:
        """Raise RuleBroken for the first guard that is not met."""
        for guard in self.guards:
            guard(subject, facts)

    def broken(self, subject: Any, facts: Facts) -> tuple[RuleBroken, ...]:
        """One refusal per guard that is not met, in table order: for a page that lists everything still to do."""
        return tuple(_refusals(self.guards, subject, facts))


def _refusals(guards: tuple[Guard, ...], subject: Any, facts: Facts) -> Iterator[RuleBroken]:
    for guard in guards:
        try:
            guard(subject, facts)
        except RuleBroken as refusal:
            yield refusal


@dataclass(frozen=True)
class Workflow:
    """A life-cycle on one screen. Building one that is not sound raises ValueError naming every fault.

    `unused` are states of the same word that only another programme's life-cycle has.
    """

    noun: str
    title: str
    states: type[Word]
    initial: Word
    end_states: tuple[Word, ...]
    transitions: tuple[Transition, ...]
    unused: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unsound table."""
        found = faults(self)
        if found:
            raise ValueError(f"the {self.noun} workflow is not sound: " + "; ".join(found))

    def find(self, name: str, state: str) -> Transition:
        """The transition `name` out of `state`. WrongState if not there; LookupError if nowhere."""
        named = [transition for transition in self.transitions if transition.name == name]
        if not named:
            raise LookupError(f"the {self.noun} workflow has no transition {name!r}")
        for transition in named:
            if state in transition.from_states:
                return transition
        raise WrongState(f"{self.noun}:{name} is not possible when {state}")

    def offered(self, state: str) -> tuple[Transition, ...]:
        """Everything that can be done from `state`, in table order, before anybody asks who may."""
        return tuple(transition for transition in self.transitions if state in transition.from_states)


def reads(guard: Guard) -> tuple[str, ...]:
    """Names of the facts a guard looks up: the last line of its docstring, `Reads: a, b.`"""
    _, found, names = (guard.__doc__ or "").rpartition("Reads:")
    return tuple(name.strip(" .\n") for name in names.split(",")) if found else ()


def faults(workflow: Workflow) -> tuple[str, ...]:
    """What is wrong with a table, as sentences; empty when it is sound."""
    strange = tuple(_strangers(workflow))
    return strange or (*_doubles(workflow), *_unreached(workflow), *_ends(workflow), *_undocumented(workflow))


def _strangers(workflow: Workflow) -> Iterator[str]:
    mentioned = [workflow.initial, *workflow.end_states]
    for transition in workflow.transitions:
        mentioned += [*transition.from_states, transition.to_state]
        if not transition.from_states:
            yield f"{transition.name} leaves no state"
    for state in mentioned:
        if not isinstance(state, workflow.states) or state in workflow.unused:
            yield f"{state} is not a {workflow.noun} state"


def _doubles(workflow: Workflow) -> Iterator[str]:
    for state in workflow.states:
        names = [transition.name for transition in workflow.offered(state)]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{name} is written twice for {state}"


def _unreached(workflow: Workflow) -> Iterator[str]:
    reached: set[Word] = set()
    waiting: list[Word] = [workflow.initial]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [transition.to_state for transition in workflow.offered(state)]
    for state in workflow.states:
        if state not in reached and state not in workflow.unused:
            yield f"{state} cannot be reached"


def _ends(workflow: Workflow) -> Iterator[str]:
    for state in (one for one in workflow.states if one not in workflow.unused):
        ways_out = [transition for transition in workflow.offered(state) if transition.to_state != state]
        if state not in workflow.end_states and not ways_out:
            yield f"{state} has no way out and is not an end state"
        if state in workflow.end_states:
            for transition in workflow.offered(state):
                if not transition.reopens:
                    yield f"{transition.name} leaves the end state {state} without being marked as re-opening it"
    for transition in workflow.transitions:
        if transition.reopens and not set(transition.from_states) & set(workflow.end_states):
            yield f"{transition.name} is marked as re-opening but leaves no end state"


def _undocumented(workflow: Workflow) -> Iterator[str]:
    for transition in workflow.transitions:
        for guard in transition.guards:
            if not reads(guard):
                yield f"the guard {guard.__name__} does not say which facts it reads"
