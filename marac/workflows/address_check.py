"""Finds what could say where somebody is in words that leave, in any disguise (DA-4). Says kinds, never a value.

Pure: it is given the secrets of a case and a text. Refuses to say what it found; a case without secrets takes as long.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from marac.vocabulary import SecretKind as K
from marac.workflows.disguises import decoded
from marac.workflows.place_words import STAND_IN
from marac.workflows.sought import FILLING, ROT, Secret, without_joints
from marac.workflows.spelling import (
    AS_DIGIT,
    AS_LETTER,
    Run,
    Token,
    in_full,
    nearly,
    spoken,
    squeezed,
    tokens_of,
    turned,
    with_signs,
)

NEAR: Final = 4
"""How many words may stand between a number and its street."""
_BETWEEN: Final = ("the", "of", "no", "number", "num", "is", "and", "at", "on")
_ROMAN: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Span:
    """What kind of thing stands where in the text. Never what it says."""

    kind: K
    start: int
    end: int


class Reading:
    """One text in each of the ways in which it is compared."""

    def __init__(self, text: str, inside: tuple[int, int] | None = None) -> None:
        tokens = tokens_of(text)
        said = spoken(tokens)
        self.text, self.inside = text, inside
        self.typed, self.plain, self.said = Run(tokens), Run(in_full(tokens)), Run(said)
        self.looks = (Run(turned(tokens, AS_DIGIT)), Run(turned(said, AS_DIGIT)))
        self.styled = (Run(turned(tokens, AS_LETTER)), Run(turned(tokens_of(text, with_signs), AS_LETTER)))
        self.bare = Run(without_joints(tokens))
        self.digits = Run([Token(one.text, one.start, one.end) for one in said if one.text.isdigit()])
        self.drawn = Run([one for one in self.looks[1].tokens if _drawn(one.text, text, one)])

    def span(self, kind: K, run: Run, first: int, last: int) -> Span:
        """Where tokens of a run stand in the text itself; of something decoded, the whole of what was encoded."""
        start, end = self.inside or run.place(first, last)
        return Span(kind, start, end)


def find(secrets: Sequence[Secret], text: str) -> tuple[Span, ...]:
    """Every place of a text where one of the secrets stands, in any spelling."""
    readings = [Reading(text), *(Reading(meant, (start, end)) for meant, start, end in decoded(text))]
    padded = (*secrets, *FILLING[len(secrets) :])
    found = {span for reading in readings for secret in padded for span in _RULES[secret.kind](reading, secret)}
    return tuple(sorted(found, key=lambda span: (span.start, span.end, span.kind)))


# --- a rule for each kind ---------------------------------------------------------------------------------------


def _postcode(reading: Reading, secret: Secret) -> Iterator[Span]:
    code, drawn = secret.typed, secret.typed.translate(AS_DIGIT)
    out, inward = code[:-3], code[-3:]
    for run in (reading.typed, reading.said):
        yield from _whole(reading, run, secret.kind, (code, code[::-1]))
        for (first, last), (start, end) in product(run.find(out), run.find(inward)):
            if last <= start < last + NEAR or end <= first < end + NEAR:
                yield reading.span(secret.kind, run, min(first, start), max(last, end))
    for run in reading.looks:
        yield from _whole(reading, run, secret.kind, (drawn, drawn[-3:] + drawn[:-3]))


def _plate(reading: Reading, secret: Secret) -> Iterator[Span]:
    plate = secret.typed
    for run in (reading.typed, reading.said):
        yield from _whole(reading, run, secret.kind, (plate, plate[::-1]))
    for run in reading.looks:
        yield from _whole(reading, run, secret.kind, (plate.translate(AS_DIGIT),))


def _phone(reading: Reading, secret: Secret) -> Iterator[Span]:
    digits = "".join(letter for letter in secret.words if letter.isdigit())[-9:]
    if len(digits) < 9:
        return
    local = digits[-8:] if secret.words.strip().startswith(("02", "+442", "00442")) else ""
    for run, wanted in product((reading.digits, reading.drawn), filter(None, (digits, local, digits[::-1]))):
        at = run.text.find(wanted)
        if at >= 0:
            yield reading.span(secret.kind, run, *_covering(run, at, at + len(wanted)))


def _email(reading: Reading, secret: Secret) -> Iterator[Span]:
    whole, before = squeezed(secret.words, without_joints), squeezed(secret.words.partition("@")[0])
    for run in (reading.bare, reading.typed):
        yield from _whole(reading, run, secret.kind, (whole, whole[::-1], whole.translate(ROT)))
    if len(before) >= 6 and any(letter.isdigit() for letter in before):
        yield from _whole(reading, reading.typed, secret.kind, (before,))


def _street(reading: Reading, secret: Secret) -> Iterator[Span]:
    """A number with its street: within a few words of it, on either side; nearly so spelt; without its last word."""
    for run, street in ((reading.plain, secret.full), (reading.said, secret.said)):
        numbers = _numbers(run, secret.numbers)
        for (first, last), (start, end) in product(run.find(street) if numbers else (), numbers):
            if end - 1 < first <= end + NEAR or last <= start <= last + NEAR:
                yield reading.span(secret.kind, run, min(first, start), max(last, end))
        for start, end in numbers:
            after = _after(run, end, street, secret.head)
            if after:
                yield reading.span(secret.kind, run, start, after)
    for run in (reading.typed, reading.said):
        yield from _whole(reading, run, secret.kind, secret.forms)
    yield from _disguised(reading, secret)


def _name(reading: Reading, secret: Secret) -> Iterator[Span]:
    """A building, school, employer or new name: as it is, without the word for its kind, nearly so."""
    yield from _whole(reading, reading.plain, secret.kind, (secret.full, secret.head))
    yield from _whole(reading, reading.typed, secret.kind, (*secret.forms, secret.head))
    yield from _disguised(reading, secret)
    if len(secret.typed) > 7 and secret.many > 1:
        yield from _nearly(reading, secret)


def _building(reading: Reading, secret: Secret) -> Iterator[Span]:
    yield from _street(reading, secret) if secret.numbers else _name(reading, secret)


def _refuge(reading: Reading, secret: Secret) -> Iterator[Span]:
    """Which refuge: a service named within a few words of "refuge". The words that stand in for one are no find."""
    run = reading.plain
    said = [at for at, token in enumerate(run.tokens) if token.text in ("refuge", "refuges")]
    stand_ins = [(one.start(), one.end()) for one in STAND_IN.finditer(reading.text)]
    for (first, last), at in product(run.find(secret.full), said):
        near = first <= at < last or abs(at - first) <= NEAR or abs(at - last) <= NEAR
        if near and not any(start <= run.tokens[at].start < end for start, end in stand_ins):
            yield reading.span(secret.kind, run, min(first, at), max(last, at + 1))


_RULES: Final = {
    K.POSTCODE: _postcode, K.STREET: _street, K.BUILDING: _building, K.PHONE: _phone, K.EMAIL: _email,
    K.SCHOOL: _name, K.WORKPLACE: _name, K.NEW_NAME: _name, K.REFUGE: _refuge, K.VEHICLE: _plate,
}  # fmt: skip
# --- the parts of rules -----------------------------------------------------------------------------------------


def _whole(reading: Reading, run: Run, kind: K, forms: Iterable[str]) -> Iterator[Span]:
    for form in forms:
        for first, last in run.find(form):
            yield reading.span(kind, run, first, last)


def _disguised(reading: Reading, secret: Secret) -> Iterator[Span]:
    """Drawn with digits and signs, backwards, each letter thirteen on."""
    yield from _whole(reading, reading.typed, secret.kind, secret.turned_round)
    for run in reading.styled:
        yield from _whole(reading, run, secret.kind, secret.styled)


def _nearly(reading: Reading, secret: Secret) -> Iterator[Span]:
    """Several words that together are one letter off."""
    tokens, wanted = reading.typed.tokens, secret.typed
    for at in range(len(tokens) - secret.many + 1):
        if tokens[at].text[0] == wanted[0]:
            said = "".join(token.text for token in tokens[at : at + secret.many])
            if nearly(said, wanted, 1):
                yield reading.span(secret.kind, reading.typed, at, at + secret.many)


def _numbers(run: Run, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Where a house number stands: in one token or spelt over several, as digits or as a Roman number."""
    found = [place for number in wanted for place in run.find(number)]
    alike = (
        (at, at + 1)
        for at, token in enumerate(run.tokens)
        if (token.text[0] == "0" and token.text.lstrip("0") in wanted) or _roman(token.text) in wanted
    )
    return [*found, *alike]


def _roman(word: str) -> str:
    if len(word) < 2 or word[0] not in _ROMAN or set(word) - set(_ROMAN):
        return ""
    values = [_ROMAN[letter] for letter in word]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return str(sum(-value if value < after else value for value, after in pairs))


def _after(run: Run, at: int, street: str, head: str) -> int:
    """The token after a street that begins at a token and is nearly the one wanted, or only its telling word; or 0."""
    while at < len(run.tokens) and run.tokens[at].text in _BETWEEN:
        at += 1
    allowed, said = 2 if len(street) > 11 else 1 if len(street) > 5 else 0, ""
    for last in range(at, min(at + 12, len(run.tokens))):
        said += run.tokens[last].text
        if (head and said == head) or nearly(said, street, allowed):
            return last + 1
        if len(said) > len(street) + allowed:
            break
    return 0


def _covering(run: Run, start: int, end: int) -> tuple[int, int]:
    """The tokens that hold a stretch of a run, whole or in part."""
    first = next(at for at in range(len(run.tokens)) if run.edges[at + 1] > start)
    return first, next(at for at in range(first, len(run.tokens)) if run.edges[at + 1] >= end) + 1


def _drawn(folded: str, text: str, token: Token) -> bool:
    """Whether a token is a number, or a few letters that look like one: O7, lO."""
    typed = text[token.start : token.end]
    return folded.isdigit() and (not typed.isalpha() or (len(typed) < 4 and set(typed.casefold()) <= set("oil")))
