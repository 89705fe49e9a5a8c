"""Who must be in the room before a panel decides: the partnership's own rule, asked of whoever is coming (SCH-41)."""

from collections.abc import Iterable, Mapping
from typing import Any


def missing(rule: Mapping[str, Any], coming: Iterable[str]) -> tuple[str, ...]:
    """Slugs of agencies without which the panel has no quorum, given those that come; empty when it has one.

    `rule` is the block `quorum` of local settings: `all_of` names agencies, each line of `any_of` how many of which.
    """
    here = set(coming)
    absent = [slug for slug in rule.get("all_of") or () if slug not in here]
    for line in rule.get("any_of") or ():
        if len(here & set(line["from"])) < line["at_least"]:
            absent += [slug for slug in line["from"] if slug not in here and slug not in absent]
    return tuple(absent)


def few(rule: Mapping[str, Any], coming: Iterable[str]) -> bool:
    """Whether fewer agencies come than the least number set for the panel."""
    return len(set(coming)) < (rule.get("minimum_agencies") or 0)
