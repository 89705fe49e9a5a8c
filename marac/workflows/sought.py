"""What the address check looks for: one secret of a case with the spellings it is compared in. Never shows a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from marac.vocabulary import SecretKind as K
from marac.workflows.place_words import GENERIC
from marac.workflows.spelling import AS_LETTER, STREETS, Token, in_full, spoken, squeezed, tokens_of

ROT: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm")
_JOINTS: Final = ("at", "dot", "point", "underscore")


@dataclass(frozen=True)
class Secret:
    """One thing to look for, with its spellings once they were needed. `numbers` are those of a house, flat or room."""

    kind: K
    words: str
    numbers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Secret({self.kind})"

    @cached_property
    def typed(self) -> str:
        """As it is, squeezed."""
        return squeezed(self.words)

    @cached_property
    def full(self) -> str:
        """With every short form in full."""
        return squeezed(self.words, in_full)

    @cached_property
    def said(self) -> str:
        """As read out."""
        return squeezed(self.words, spoken)

    @cached_property
    def head(self) -> str:
        """The part that is enough without the word for its kind; nothing where it says too little by itself."""
        if self.kind == K.SCHOOL:
            return head_of(self.words, long=8)
        return head_of(self.words, last=True) if self.kind in (K.STREET, K.BUILDING) else ""

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """Squeezed: as it is, in full, with its last word in each usual short form; with each number if it has any."""
        streets = shortened(self.words)
        numbered = tuple(form for number in self.numbers for one in streets for form in (number + one, one + number))
        return numbered or (*streets, *filter(None, (head_of(self.words, last=True, long=99),)))

    @cached_property
    def turned_round(self) -> tuple[str, ...]:
        """Backwards, and each letter thirteen on."""
        back = (form[::-1] for form in self.forms if len(form) > 6)
        return (*back, self.typed.translate(ROT)) if len(self.typed) > 6 else tuple(back)

    @cached_property
    def styled(self) -> tuple[str, ...]:
        """In look-alike letters."""
        return tuple(form.translate(AS_LETTER) for form in self.forms)

    @cached_property
    def many(self) -> int:
        """How many words it is."""
        return len(tokens_of(self.words))


def shortened(words: str) -> list[str]:
    """A name squeezed: as it is, in full, and with its last word in each usual short form."""
    tokens = in_full(tokens_of(words))
    first, last = "".join(token.text for token in tokens[:-1]), tokens[-1].text if tokens else ""
    short = [first + one for one, whole in STREETS.items() if whole == last]
    return list(dict.fromkeys([first + last, squeezed(words), *short]))


def head_of(words: str, *, last: bool = False, long: int = 4) -> str:
    """What is left without words that only say what kind of place it is (`last`: without the last word); or nothing,
    where that is one word shorter than `long` letters.
    """
    held = [token.text for token in tokens_of(words)]
    kept = held[:-1] if last else [word for word in held if word not in GENERIC]
    telling = [word for word in kept if word not in GENERIC]
    enough = len(telling) > 1 or (telling and len(telling[0]) >= long)
    return "".join(kept) if enough and len(kept) < len(held) else ""


def without_joints(tokens: Sequence[Token]) -> list[Token]:
    """What is left of an e-mail address that was read out: without "at" and "dot"."""
    return [token for token in tokens if token.text not in _JOINTS]


FILLING: Final = (
    *(Secret(K.STREET, f"Zqxj{letter} Vwkpf Road", (str(9000 + at),)) for at, letter in enumerate("abcd")),
    *(Secret(K.POSTCODE, f"ZZ99 {digit}QX") for digit in range(3)),
    *(Secret(K.PHONE, f"00000 99999{digit}") for digit in range(3)),
    Secret(K.SCHOOL, "Zqxj Vwkpf Xkcd School"), Secret(K.EMAIL, "zqxj@vwkpf.invalid"),
)  # fmt: skip
"""Made-up secrets that fill up every search, so that a case without any takes as long and answers the same."""
