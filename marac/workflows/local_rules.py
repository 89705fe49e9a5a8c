"""A programme's local settings as dated values, each with whether it is confirmed locally (DA-7). Stores nothing.

Nothing local is a constant in code: services keep one row per LocalRule and read them back through LocalRules.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import yaml

from marac.errors import RuleBroken
from marac.paths import DATA

MARKS = ("confirmed", "basis", "note")
NOT_SETTINGS = ("slug", "seed_lines", "volume_check")


@dataclass(frozen=True)
class LocalRule:
    """One version of one setting. `name` is its path (`criteria.victim_age`); `value` is plain JSON."""

    name: str
    value: Any
    confirmed: bool
    basis: str
    note: str
    effective_from: date


class LocalRules:
    """All versions of a programme's settings; answers which was in force on a date."""

    def __init__(self, rules: Iterable[LocalRule]) -> None:
        """Keep every version, oldest first; of two from one day the one given later holds."""
        self.versions = tuple(sorted(rules, key=lambda rule: rule.effective_from))

    def at(self, on: date) -> dict[str, LocalRule]:
        """Every setting in force on that date, by name."""
        return {rule.name: rule for rule in self.versions if rule.effective_from <= on}

    def rule(self, name: str, on: date) -> LocalRule:
        """The version of one setting in force on that date. RuleBroken when there is none."""
        found = self.at(on).get(name)
        if found is None:
            raise RuleBroken(name, "This setting has no value on that date. Add one in settings")
        return found

    def value(self, name: str, on: date) -> Any:
        """The value of one setting in force on that date."""
        return self.rule(name, on).value

    def block(self, prefix: str, on: date) -> dict[str, Any]:
        """The values one level below a prefix: `deadlines` gives what deadlines.meeting_deadlines takes."""
        below = {
            name.removeprefix(f"{prefix}."): rule for name, rule in self.at(on).items() if name.startswith(f"{prefix}.")
        }
        return {name: rule.value for name, rule in below.items() if "." not in name}

    def unconfirmed(self, on: date) -> tuple[LocalRule, ...]:
        """Settings in force that the partnership has not agreed yet: shown as "not yet confirmed"."""
        return tuple(rule for rule in self.at(on).values() if not rule.confirmed)


@cache
def shipped_rules(programme: str) -> tuple[LocalRule, ...]:
    """The settings shipped for a programme (`da_marac`, `community_marac`, `sanctuary`). LookupError for any other."""
    page = yaml.safe_load((DATA / "panels.yaml").read_text(encoding="utf-8"))
    blocks = {block["slug"]: block for block in (*page["panels"], *page["schemes"])}
    if programme not in blocks:
        raise LookupError(f"no programme {programme!r} is shipped")
    return tuple(read_block(blocks[programme], date.fromisoformat(page["effective_from"])))


def read_block(block: Mapping[str, Any], effective_from: date, path: str = "") -> Iterator[LocalRule]:
    """One rule per marked value of a settings block. A value without a mark is not confirmed."""
    for key, node in block.items():
        name = f"{path}{key}"
        if key in NOT_SETTINGS:
            continue
        if not isinstance(node, Mapping):
            yield LocalRule(name, node, False, "default", "", effective_from)
            continue
        if "confirmed" in node:
            yield _rule(name, node, effective_from)
        inner = {
            k: v for k, v in node.items() if isinstance(v, Mapping) and ("confirmed" not in node or "confirmed" in v)
        }
        loose = {} if "confirmed" in node else {k: v for k, v in node.items() if not isinstance(v, Mapping)}
        yield from read_block(inner | loose, effective_from, f"{name}.")


def _rule(name: str, node: Mapping[str, Any], effective_from: date) -> LocalRule:
    own = {
        key: value
        for key, value in node.items()
        if key not in MARKS and not (isinstance(value, Mapping) and "confirmed" in value)
    }
    value = own["value"] if set(own) == {"value"} else own or True
    return LocalRule(name, value, node["confirmed"], node["basis"], node.get("note", ""), effective_from)
