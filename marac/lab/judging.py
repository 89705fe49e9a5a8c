"""How well people are matched: precision, recall and F1 over pairs of records of known people. It trains nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from marac.lab.adapting import ROUNDS, Evidence, Fitted, fit
from marac.lab.clerks import Written
from marac.lab.gathering import Pair, block_pairs, known, shares_of, token_pairs, true_pairs
from marac.services.knowing.comparing import Comparison, Prepared, likelier, summed, weights


@dataclass(slots=True)
class Gathered:
    """The records of one file, the pairs compared, and what each comparison said, in bits."""

    people: list[Prepared]
    search: Comparison
    evidence: dict[Pair, Evidence]
    token_pairs: set[Pair]
    fitted: Fitted

    def between(self, one: int, other: int) -> float:
        """Bits for a pair, compared now if it was not before; above nothing it is likelier one person than not."""
        pair = (one, other) if one < other else (other, one)
        if pair not in self.evidence:
            self.evidence[pair] = self.search.evidence(self.people[one], self.people[other])
        marks, rare, rare_kin = self.evidence[pair]
        stranger, kin = summed(self.fitted.table, marks)
        return likelier(stranger + rare, kin + rare_kin + self.fitted.household) + self.fitted.prior


def evaluate(records: Sequence[Written]) -> dict[str, Any]:
    """{records, true_pairs, candidate_recall, token_recall, precision, recall, f1} for these records."""
    gathered = gather(records)
    truth = true_pairs(records)
    compared = truth & gathered.evidence.keys()
    linked = linked_pairs(gathered)
    right, every = len(linked & truth), max(len(truth), 1)
    precision, recall = right / max(len(linked), 1), right / every
    return {
        "records": len(records), "true_pairs": len(truth),
        "candidate_recall": round(len(compared) / every, 5),
        "token_recall": round(len(truth & gathered.token_pairs) / every, 5),
        "precision": round(precision, 5), "recall": round(recall, 5), "f1": round(harmonic(precision, recall), 5),
    }  # fmt: skip


def gather(records: Sequence[Written], rounds: int = ROUNDS) -> Gathered:
    """Compare every pair worth comparing, and fit the trained weights to the file in so many rounds."""
    people = [known(record) for record in records]
    search = Comparison(shares_of(people))
    prepared = [search.prepare(person) for person in people]
    by_token = token_pairs(people)
    evidence = {
        pair: search.evidence(prepared[pair[0]], prepared[pair[1]]) for pair in sorted(by_token | block_pairs(people))
    }
    return Gathered(prepared, search, evidence, by_token, fit(search, prepared, evidence, rounds))


def linked_pairs(gathered: Gathered) -> set[Pair]:
    """Every pair of records put together: the surest first, and two groups only when they agree on the whole."""
    groups: dict[int, list[int]] = {}
    bars = weights()["households" if gathered.fitted.of_households else "no_households"]
    least, on_the_whole = float(bars["link_from"]), float(bars["group_from"])
    bits = {pair: gathered.between(*pair) for pair in list(gathered.evidence)}
    for (one, other), total in sorted(bits.items(), key=lambda pair: (-pair[1], pair[0])):
        if total < least:
            break
        ours, theirs = groups.get(one, [one]), groups.get(other, [other])
        if ours is not theirs and _agree(gathered, ours, theirs, on_the_whole):
            joined = ours + theirs
            groups.update(dict.fromkeys(joined, joined))
    return pairs_within({id(group): group for group in groups.values()}.values())


def _agree(gathered: Gathered, ours: list[int], theirs: list[int], least: float) -> bool:
    if len(ours) == len(theirs) == 1:
        return True
    bits = [gathered.between(one, other) for one in ours for other in theirs]
    return sum(bits) / len(bits) >= least


def pairs_within(groups: Iterable[Sequence[int]]) -> set[Pair]:
    """Every pair of records of one group."""
    return {(min(a, b), max(a, b)) for group in groups for i, a in enumerate(group) for b in group[i + 1 :]}


def harmonic(precision: float, recall: float) -> float:
    """F1."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
