"""Names made comparable: words without marks, titles or particles, and their sounds. It decides nothing about people.

Names come here from many languages; the shipped table of variants lets the known spellings of one name sound alike.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from jellyfish import metaphone

VARIANTS = Path(__file__).parent.parent / "data" / "british_names_variants.csv"
_WHOLE_NAMES = frozenset({"name_order", "joined_or_split", "double_barrelled", "second_name_swapped"})
_UNMARKED = str.maketrans({"ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ı": "i", "æ": "ae", "Æ": "ae"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "sir", "dame", "haji", "hajji", "alhaj"})
_MARKERS = frozenset({"md", "mohd", "mst", "most", "mosammat", "mosammot", "musammat", "mossammat"})
_MARKERS |= {"mohammed", "muhammad", "mohammad", "mohamed", "mohamad", "muhammed"}
_JOINED = frozenset({"o", "mc", "mac", "m", "fitz", "st"})
_PARTICLES = frozenset({"ul", "ur", "ud", "us", "al", "el", "bin", "binti", "binte", "ibn", "nee"})
_PARTICLES |= {"de", "da", "dos", "du", "van", "von", "der", "den", "la", "le"}
_ENDINGS = (("ska", "ski"), ("cka", "cki"), ("dzka", "dzki"), ("ova", "ov"), ("eva", "ev"), ("aya", "y"))
_RESPELT = (("kh", "k"), ("gh", "g"), ("dh", "d"), ("bh", "b"), ("q", "k"), ("szcz", "sh"), ("sz", "sh"), ("cz", "ch"))


def plain(text: str) -> str:
    """Lower-case letters and digits only: NFKD, marks off, casefold."""
    bare = unicodedata.normalize("NFKD", text.translate(_UNMARKED)).casefold()
    return re.sub(r"[^a-z0-9]", "", bare)


@cache
def variants() -> dict[str, str]:
    """A name's known spelling -> one form for all that are forms of one name, groups that share a spelling included."""
    groups: dict[str, list[str]] = {}
    with VARIANTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] not in _WHOLE_NAMES:
                groups.setdefault(row["group_id"], []).append(plain(row["variant"]))
    known: dict[str, str] = {}
    for forms in groups.values():
        met = {known[form] for form in forms if form in known}
        one = min(met, default=min(forms, key=lambda form: form[0] in "cx"))  # Cali is heard as Ali, Xasan as Hasan
        known.update({form: one for form, other in known.items() if other in met})
        known.update(dict.fromkeys(forms, one))
    return known


def words(full_name: str) -> tuple[str, ...]:
    """The names in a full name, as plain words; titles and particles off, markers such as Md off where others stay."""
    raw = [plain(word) for word in re.split(r"[\s\-\u2010-\u2015.,/()]+", re.sub(r"['\u2018\u2019`]", "", full_name))]
    names = _join([word for word in raw if word and word not in _TITLES])
    kept = [word for word in names if word not in _PARTICLES] or names
    named = [word for word in kept if word not in _MARKERS]
    return tuple(named if len(named) > 1 else kept)


def _join(raw: Sequence[str]) -> list[str]:
    """Join what was split: "O Brien", "Mc Donald", "Ud Din", and any pair that the variants know as one word."""
    joined: list[str] = []
    skip = False
    for word, after in pairwise((*raw, "")):
        if skip:
            skip = False
        elif after and (word in _JOINED or word + after in variants()):
            joined.append(word + after)
            skip = True
        else:
            joined.append(word)
    return joined


def sound(name: str) -> str:
    """How a plain word sounds: Metaphone of its known form, first vowels alike. A word without a sound is itself."""
    name = variants().get(name, name)
    for ending, other in _ENDINGS:
        if len(name) > len(ending) + 2 and name.endswith(ending):
            name = name.removesuffix(ending) + other
            break
    for spelt, respelt in _RESPELT:
        name = name.replace(spelt, respelt)
    heard = metaphone(name).replace(" ", "")
    return "A" + heard[1:] if heard[:1] in tuple("AEIOU") else heard or name.upper()
