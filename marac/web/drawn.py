"""What a page of several sections was drawn from: each version and a digest of its words, as one hidden value.

So one form can hold sections with versions of their own: only what was touched is saved, and against the right version.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple


class Drawn(NamedTuple):
    """One section as the page showed it."""

    version: int
    digest: str


def plain(text: str | None) -> str:
    """Words as they are stored: one kind of line end, no space around."""
    return (text or "").replace("\r\n", "\n").strip()


def digest(text: str | None) -> str:
    """A short digest of words that are on the page anyway."""
    return hashlib.sha256(plain(text).encode()).hexdigest()[:10]


def seal(sections: Mapping[str, tuple[int, str]]) -> str:
    """The hidden value of a page: section -> (version, words)."""
    return " ".join(f"{key}:{version}:{digest(text)}" for key, (version, text) in sections.items())


def read(value: str | None) -> dict[str, Drawn]:
    """What the posted page was drawn from; parts that cannot be read are left out, so they count as never drawn."""
    parts = (part.split(":") for part in (value or "").split())
    return {p[0]: Drawn(int(p[1]), p[2]) for p in parts if len(p) == 3 and p[1].isdecimal() and len(p[1]) < 10}


def touched(value: str | None, typed: Mapping[str, str]) -> dict[str, int]:
    """The sections whose words are not those the page showed, with the version each was drawn from."""
    shown = read(value)
    nothing = Drawn(0, digest(""))
    return {
        key: shown.get(key, nothing).version
        for key, text in typed.items()
        if digest(text) != shown.get(key, nothing).digest
    }


def again(value: str | None, saved: Mapping[str, tuple[int, str]]) -> str:
    """The hidden value after some sections were saved; the others stay as they were drawn."""
    kept = {key: f"{key}:{drawn.version}:{drawn.digest}" for key, drawn in read(value).items()}
    return " ".join({**kept, **{key: seal({key: facts}) for key, facts in saved.items()}}.values())
