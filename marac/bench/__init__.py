"""Ratios against rivals, measured in one run on this machine: `marac bench`. Asserts nothing and uses no network.

Subject and rival take turns in the same process; what counts is the median of their ratios turn by turn, never a time.
"""

import platform
import sqlite3
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from marac.bench import decade, documents, lists, pages, panel_day, seals, search, trail
from marac.bench.place import Place, open_place
from marac.bench.timing import Race, measured

SOURCES = (pages, lists, seals, trail, documents)
PACKAGES = ("flask", "jinja2", "sqlalchemy", "cryptography", "govuk-frontend-jinja")
ROUNDS, QUICK_ROUNDS = 31, 11


def run(quick: bool, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """{cpu, versions, results: [{name, subject, rival, ratio, goal, met}]}; subject and rival in microseconds.

    `only` keeps the races whose name holds one of the words; LookupError when none does.
    """
    a_day = (not quick and not only) or any(word in panel_day.NAME for word in only)
    searching = not only or any(word in search.NAME for word in only)
    reporting = not (only or quick) or any(word in decade.NAME for word in only)  # loads a whole year first
    with tempfile.TemporaryDirectory() as folder, open_place(Path(folder)) as place:
        races = [race for race in all_races(place) if not only or any(word in race.name for word in only)]
        if not (races or searching or a_day or reporting):
            raise LookupError("no race has that name")
        results = [measured(race, QUICK_ROUNDS if quick else ROUNDS) for race in races]
    results += search.results(quick) if searching else []
    results += panel_day.results(quick) if a_day else []
    results += decade.results(quick) if reporting else []
    return {"cpu": cpu(), "versions": versions(), "results": results}


def all_races(place: Place) -> list[Race]:
    """Every race there is, on a place that is open."""
    return [race for source in SOURCES for race in source.races(place)]


def as_markdown(found: dict[str, Any]) -> str:
    """What was found as a table for people."""
    lines = [f"CPU: {found['cpu']}", "", ", ".join(f"{name} {at}" for name, at in found["versions"].items()), ""]
    lines += ["| race | subject, us | rival, us | ratio | goal | met |", "|---|---:|---:|---:|---:|---|"]
    for one in found["results"]:
        met = "yes" if one["met"] else "NO"
        numbers = f"{one['subject']:.1f} | {one['rival']:.1f} | {one['ratio']:.3f} | {one['goal']:.3f}"
        lines.append(f"| {one['name']} | {numbers} | {met} |")
    return "\n".join(lines)


def versions() -> dict[str, str]:
    """What was measured with."""
    packages = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, **packages}


def cpu() -> str:
    """The processor, with the flags that decide how fast AES is."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(line.partition(":")[::2] for line in text.split("\n\n")[0].splitlines())
    named = {key.strip(): value.strip() for key, value in facts.items()}
    flags = [flag for flag in named.get("flags", "").split() if flag in ("aes", "vaes", "pclmulqdq", "vpclmulqdq")]
    return f"{named.get('model name', platform.machine())} ({' '.join(flags) or 'no AES flags'})"
