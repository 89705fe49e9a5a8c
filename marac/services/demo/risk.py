"""DASH answers of an invented case, and the reasons it is referred for, as the shipped checklist scores it. Pure."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from marac.services.demo.household import Household
from marac.services.demo.tables import chance, pick, table, weighted
from marac.vocabulary import Answer, Criterion
from marac.workflows import checklists
from marac.workflows.checklists import Score
from marac.workflows.definitions import Checklist

TARGETS = {(14, 16): 38, (17, 19): 24, (20, 22): 8, (11, 13): 18, (8, 10): 12}
LIKELY = {
    1: 6, 2: 9, 3: 8, 4: 5, 5: 6, 6: 8, 7: 7, 8: 6, 9: 9, 10: 7, 11: 8, 12: 9, 13: 5, 14: 6, 15: 5, 16: 4, 17: 3, 18: 5,
    19: 1, 20: 7, 21: 7, 22: 3, 23: 4, 24: 7,
}  # fmt: skip
SOURCES = ("victim", "victim", "victim", "victim", "police", "school", "health visitor", "friend")


@dataclass(frozen=True, slots=True)
class Risk:
    """One completed checklist with its score, and the ways in that it is referred under."""

    checklist: Checklist
    answers: dict[str, Any]
    score: Score
    criteria: tuple[Criterion, ...]

    @property
    def yes(self) -> frozenset[int]:
        """The questions answered yes."""
        return frozenset(int(number) for number, said in self.answers.items() if said["answer"] == Answer.YES)


def assess(draw: Random, people: Household, *, is_repeat: bool) -> Risk:
    """A checklist for this household: most reach the threshold, some rest on judgement, escalation or a repeat."""
    low, high = weighted(draw, TARGETS)
    asked = {number: weight for number, weight in LIKELY.items() if _applies(number, people)}
    order = sorted(asked, key=lambda number: draw.random() ** (1 / asked[number]), reverse=True)
    yes = set(order[: draw.randint(low, high)])
    rest = [number for number in LIKELY if number not in yes]
    unknown = set(draw.sample(rest, min(len(rest), draw.randrange(0, 4))))
    answers = {str(number): _answer(draw, number, yes, unknown) for number in LIKELY}
    score = checklists.score(_dash(), answers)
    return Risk(_dash(), answers, score, _criteria(draw, score, is_repeat))


@cache
def _dash() -> Checklist:
    return checklists.current("dash_ric")


def _applies(number: int, people: Household) -> bool:
    if number == 7:
        return bool(people.children)
    return number != 9 or people.pregnant


def _answer(draw: Random, number: int, yes: set[int], unknown: set[int]) -> dict[str, Any]:
    said = Answer.YES if number in yes else Answer.DONT_KNOW if number in unknown else Answer.NO
    answer: dict[str, Any] = {"answer": said.value, "source": pick(draw, SOURCES)}
    if said is Answer.YES:
        answer["comment"] = pick(draw, table("story")["dash_comment"][number]).capitalize()
    return answer


def _criteria(draw: Random, score: Score, is_repeat: bool) -> tuple[Criterion, ...]:
    found = [Criterion.VISIBLE_HIGH_RISK] if Criterion.VISIBLE_HIGH_RISK in score.criteria_met else []
    if is_repeat:
        found.append(Criterion.REPEAT)
    if not found or chance(draw, 0.1):
        found.append(Criterion.PROFESSIONAL_JUDGEMENT if chance(draw, 0.7) else Criterion.POTENTIAL_ESCALATION)
    return tuple(found)
