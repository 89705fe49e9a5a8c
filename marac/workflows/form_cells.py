"""The labels in one cell of a form: a whole one, one to each line, several with a colon, a box beside its words.

Finds where a label ends and its value begins; what the value means is for others.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from marac.workflows import form_labels
from marac.workflows.form_labels import Label
from marac.workflows.form_lines import EMPTY, TICKED

Met = tuple[Label, str]  # a label, and the words behind it in the same cell

MARK: Final = re.compile(r"[:?]")
BOX: Final = f"[{TICKED}{EMPTY}]"
NO_BOX: Final = f"[^{TICKED}{EMPTY}\n]+"
BOXED: Final = re.compile(f"{BOX}{NO_BOX}|{NO_BOX}{BOX}")
ANSWERED: Final = re.compile(rf"(.*?)((?:\b(?:yes|no|y|n)\b\W*)?{BOX}.*)", re.DOTALL | re.IGNORECASE)
# printed for a pen to cross out
TEMPLATE: Final = re.compile(rf"^\W*\b(?:y ?/ ?n|yes ?/ ?no)\b(?!\W*{BOX})", re.IGNORECASE)
HINT: Final = re.compile(r"(?:if (?:yes|no|not|so)|please|e\.? ?g\.?|i\.? ?e\.?|include|state|give)\b", re.IGNORECASE)
LONGEST_LABEL: Final = 12  # words before a colon


def met_in(section: str, text: str, *, follows: bool) -> list[Met]:
    """The labels of one cell under a heading; `follows` says that a value stands in the next cell."""
    if not text:
        return []
    whole = form_labels.labels().means(text, section)
    if whole is not None and not _has_value(section, text):
        return [(whole, "")]
    first, _, rest = text.partition("\n")
    label = form_labels.labels().means(first, section)
    if rest and label is not None and not _has_value(section, first):
        return [(label, "" if follows else rest)]
    found = inline(section, text)
    if follows and found and HINT.match(found[-1][1]):
        found = [*found[:-1], (found[-1][0], "")]
    return found or _boxed(section, text) or (_loosely(section, text) if follows else _spoken(section, text))


def is_label(section: str, text: str) -> bool:
    """Whether a cell holds a label, and so is no value of the cell before it."""
    if form_labels.labels().exactly(text, section) is not None:
        return True
    return bool(inline(section, text)) and not form_labels.labels().heading(text)


def inline(section: str, text: str) -> list[Met]:
    """`label: value` in the words of one cell, as often as it stands there."""
    found: list[tuple[int, int, Label]] = []
    for mark in MARK.finditer(text):
        start = found[-1][1] if found else 0
        if text.count("(", 0, mark.start()) > text.count(")", 0, mark.start()):
            continue
        ending = _ending_at(text[start : mark.start()], _section_of(section, found), anywhere=bool(found))
        if ending is not None:
            found.append((start + ending[0], mark.end(), ending[1]))
    ends = [*(start for start, _end, _label in found[1:]), len(text)][: len(found)]
    return [
        (label, TEMPLATE.sub("", text[end:stop]).strip(" \n|"))
        for (_start, end, label), stop in zip(found, ends, strict=True)
    ]


def _ending_at(words: str, section: str, *, anywhere: bool) -> tuple[int, Label] | None:
    """The longest label that ends these words; unless `anywhere`, one that begins them, or a line of them."""
    for at, tail in _endings(words):
        begins = at == 0 and not anywhere
        if not (begins or anywhere or words[:at].endswith("\n")):
            continue
        known = form_labels.labels()
        label = known.means(tail, section) if begins else known.exactly(tail, section)
        if label is not None:
            return at, label
    return None


def _endings(words: str) -> Iterator[tuple[int, str]]:
    """Where a label that ends here may begin: the whole first, then ever fewer words."""
    starts = [found.start() for found in re.finditer(r"\S+", words)]
    for at in starts[:1] + starts[max(1, len(starts) - LONGEST_LABEL) :]:
        yield (0 if at == starts[0] else at), words[at:]


def _section_of(section: str, found: list[tuple[int, int, Label]]) -> str:
    return next((label.section for _s, _e, label in reversed(found) if label.switches), section)


def _has_value(section: str, text: str) -> bool:
    return TICKED in text or EMPTY in text or bool(re.search(r"[:?]\s*\w", text) and inline(section, text))


def _boxed(section: str, text: str) -> list[Met]:
    """A box with its label before or behind it: `☒ Repeat`, `Consent Yes ☒ No ☐`."""
    if TICKED not in text and EMPTY not in text:
        return []
    known, found = form_labels.labels(), []
    for part in BOXED.findall(text):
        label = known.means(part.translate({ord(TICKED): " ", ord(EMPTY): " "}), section)
        if label is not None and label.kind == "criterion":
            found.append((label, TICKED if TICKED in part else EMPTY))
    before = ANSWERED.match(text)
    label = known.means(before[1], section) if before and not found else None
    return [(label, before[2])] if before and label else found


def _loosely(section: str, text: str) -> list[Met]:
    """A label with a hint behind it, when what it asks for stands in the next cell."""
    words = form_labels.plain(text).split()
    for length in range(min(len(words), LONGEST_LABEL), 0, -1):
        label = form_labels.labels().exactly(" ".join(words[:length]), section)
        if label is not None and (length > 1 or len(words[0]) >= form_labels.SHORTEST_ALIKE):
            return [(replace(label, sure=False), "")]
    return []


def _spoken(section: str, text: str) -> list[Met]:
    """A label and its answer with nothing between them: `Gender F`."""
    words, known = text.split(), form_labels.labels()
    for length in range(min(len(words) - 1, LONGEST_LABEL), 0, -1):
        label = known.exactly(" ".join(words[:length]), section)
        rest = " ".join(words[length:])
        if label is not None and label.kind == "choice" and form_labels.plain(rest) in known.answers[label.answers]:
            return [(label, rest)]
    return []
