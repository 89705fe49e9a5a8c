"""The reasons for which words are left out of what is handed over, and the words of the letters. Decides nothing."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from marac.paths import DATA


@dataclass(frozen=True, slots=True)
class Exemption:
    """One reason: its key, what it is called, the law it rests on, and what its reader is told (nothing, if empty)."""

    key: str
    label: str
    basis: str
    said: str = ""


@cache
def shipped() -> dict[str, Any]:
    """The file as it ships."""
    found: dict[str, Any] = yaml.safe_load((DATA / "disclosure.yaml").read_text("utf-8"))
    return found


@cache
def exemptions() -> dict[str, Exemption]:
    """Every reason, by its key, in the order of the file."""
    return {key: Exemption(key, **facts) for key, facts in shipped()["exemptions"].items()}


def letter(name: str) -> tuple[str, tuple[str, ...]]:
    """Title and paragraphs of a letter, the same for everybody it is sent to."""
    found = shipped()["letters"][name]
    return found["title"], tuple(" ".join(one.split()) for one in found["paragraphs"])
