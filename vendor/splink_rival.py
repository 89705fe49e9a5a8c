"""Splink, tuned, on the CSV that `marac match export` writes: the rival of `marac match evaluate`. Not part of the product.

Run it in a virtual environment of its own with splink 5 (README, "How well people are matched"):
    python vendor/splink_rival.py FILE.csv [--few]
Prints the best F1 over all thresholds, with and without closure: the rival's threshold is chosen on the labels, ours is not.
"""

import json
import sys
from collections import defaultdict
from itertools import combinations

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

FEW = "--few" in sys.argv
frame = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False).replace({"": None})
frame = frame.rename(columns={"record_id": "unique_id"})
frame["date_of_birth"] = frame["date_of_birth"].where(frame["date_of_birth"].str.len() == 10)
if FEW:
    frame[["house_number", "phone", "address"]] = None
used = [name for name in ("house_number", "phone", "address") if frame[name].notna().any()]

comparisons = [
    cl.ForenameSurnameComparison("forename", "surname"),
    cl.DateOfBirthComparison("date_of_birth", input_is_string=True),
    cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
]
if "house_number" in used:
    comparisons.append(cl.LevenshteinAtThresholds("house_number", 1))
if "phone" in used:
    comparisons.append(cl.LevenshteinAtThresholds("phone", 1))
if "address" in used:
    comparisons.append(cl.JaroWinklerAtThresholds("address", [0.95, 0.85, 0.75]))
blocks = [
    block_on("forename", "surname"), block_on("date_of_birth"), block_on("surname", "postcode"),
    block_on("forename", "postcode"), block_on("forename", "substr(date_of_birth, 1, 4)"),
    block_on("surname", "substr(date_of_birth, 1, 4)"), block_on("postcode", "substr(date_of_birth, 1, 4)"),
    block_on("substr(forename, 1, 3)", "substr(surname, 1, 3)"),
]  # fmt: skip
blocks += [block_on("phone")] if "phone" in used else []
blocks += [block_on("house_number", "postcode")] if "house_number" in used else []
blocks += [block_on("address")] if "address" in used else []

linker = Linker(
    DuckDBAPI().register(frame),
    SettingsCreator(link_type="dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=blocks),
)
linker.training.estimate_probability_two_random_records_match([block_on("forename", "surname", "date_of_birth")], recall=0.6)
linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
for rule in (block_on("date_of_birth"), block_on("forename", "surname"), block_on("postcode", "surname")):
    linker.training.estimate_parameters_using_expectation_maximisation(rule)
found = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()

people = defaultdict(list)
for record, entity in zip(frame["unique_id"], frame["entity_id"], strict=True):
    people[entity].append(record)
truth = {tuple(sorted(pair)) for records in people.values() for pair in combinations(records, 2)}
pairs = sorted(
    (-weight, *sorted((one, other)))
    for weight, one, other in zip(found["match_weight"], found["unique_id_l"], found["unique_id_r"], strict=True)
)


def f1(right, made):
    return 2 * right / (made + len(truth)) if made else 0.0


best, best_closed, right = (0.0, 0.0), (0.0, 0.0), 0
group, closed_right, closed_made = {record: [record] for record in frame["unique_id"]}, 0, 0
for made, (weight, one, other) in enumerate(pairs, 1):
    right += (one, other) in truth
    ours, theirs = group[one], group[other]
    if ours is not theirs:
        closed_made += len(ours) * len(theirs)
        closed_right += sum(tuple(sorted((a, b))) in truth for a in ours for b in theirs)
        ours.extend(theirs)
        for record in theirs:
            group[record] = ours
    best = max(best, (f1(right, made), -weight))
    best_closed = max(best_closed, (f1(closed_right, closed_made), -weight))
print(json.dumps({
    "records": len(frame), "true_pairs": len(truth), "compared": len(pairs),
    "f1": round(best[0], 5), "f1_closed": round(best_closed[0], 5), "bits_at_best": round(best_closed[1], 2),
}))
