"""How an invented case is told: fragments joined into referrals, minutes and answers. Pure; no two read the same."""

from collections.abc import Sequence
from random import Random
from typing import Any

from marac.services.demo.household import Household
from marac.services.demo.tables import pick, table

SHE = {"s": "she", "o": "her", "p": "her"}
HE = {"s": "he", "o": "him", "p": "his"}


class Telling:
    """The words of one case for one occasion, drawn in order from its own source of chance."""

    def __init__(self, people: Household, draw: Random) -> None:
        victim, other = people.victim, people.perpetrators[0]
        hers, his = SHE if victim.female else HE, SHE if other.female else HE
        self.draw = draw
        self.words: dict[str, Any] = {"v": victim.name.given, "p": other.name.given, "rel": people.between}
        for mark, forms in (("v", hers), ("p", his)):
            self.words |= {mark + form: word for form, word in forms.items()}
            self.words |= {mark.upper() + form: word.capitalize() for form, word in forms.items()}

    def say(self, fragments: Sequence[str]) -> str:
        """One of these fragments, told of this case."""
        told = pick(self.draw, fragments)
        if "{" not in told:
            return told
        drawn = {
            **{key: pick(self.draw, table("words")[key]) for key in ("when", "place", "hour")},
            "months": self.draw.randrange(2, 19), "n": self.draw.randrange(2, 7),
        }  # fmt: skip
        sentence = told.format_map({**self.words, **drawn})
        return sentence[0].upper() + sentence[1:]

    def story(self, *keys: str) -> str:
        """A telling from the story table: one fragment of each key, joined."""
        return " ".join(self.say(table("story")[key]) for key in keys)

    def minutes(self, heading: str) -> str:
        """What the minutes say under a heading."""
        book = table("minutes")
        more = book.get(f"{heading}_more") or (book["risk_more"] if heading.startswith("risk") else None)
        first = self.say(book[heading])
        return f"{first} {self.say(more)}" if more else first

    def research(self, key: str) -> str:
        """A phrase of the research table that is not for one kind of agency."""
        return self.say(table("research")[key])

    def shared(self, kind: str) -> str:
        """What an agency of a kind shares."""
        book = table("research")
        return f"{self.say(book['shared'][kind])} {self.say(book['shared_more'])}"
