"""Finding a person without opening everyone: keyed tokens of what is known of them, in seven families A to G.

It refuses every family that guessing by rank could undo: a token that holds a name holds the birth year too, G apart.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NoReturn
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from marac.crypto.envelope import derive, lp
from marac.crypto.keyring import Keyring
from marac.crypto.sounds import plain, sound, words

TOKEN, SIGN_IN_TOKEN, STEP = 8, 16, 16
LETTERS, WORDS = 12, 4
SOUND_DATE = "name-sound+date"
BOTH_SOUNDS = "both-sounds+birth-year"
LESS_A_LETTER = "name-less-a-letter+initial+birth-year"
LESS_A_DIGIT = "date-less-a-digit+initials"
HOME = "house-number+postcode"
PHONE = "phone-last-nine"
FEARED = "both-sounds+feared-forename"
PADDING = "padding"
FAMILIES = (SOUND_DATE, BOTH_SOUNDS, LESS_A_LETTER, LESS_A_DIGIT, HOME, PHONE, FEARED, PADDING)
Parts = tuple[str, ...]


@dataclass(frozen=True, repr=False)
class PersonTokens:
    """What tokens are made of. Leave out a communal address (hostel, prison, hotel) and the phone of a service."""

    id: UUID
    names: tuple[str, ...] = ()
    born_on: date | None = None
    birth_year: int | None = None
    homes: tuple[tuple[str, str], ...] = ()
    phones: tuple[str, ...] = ()
    feared: tuple[str, ...] = ()
    """For a victim: the full names of the alleged perpetrators."""


class BlindIndex:
    """A partnership's index keys at work. While they rotate, tokens are written and asked under every generation."""

    def __init__(self, keyring: Keyring, partnership_id: UUID) -> None:
        generations = keyring.index_keys(partnership_id).generations
        self._keys = [
            {family: HMAC(index_key(key, partnership_id, family), SHA256()) for family in FAMILIES}
            for _, key in sorted(generations.items())
        ]

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are not copied.")

    def tokens_to_store(self, person: PersonTokens) -> frozenset[bytes]:
        """The tokens of a person's row, made up to a multiple of 16 with tokens of nothing that stay the same."""
        tokens = self._tokens(_stored(person))
        for spare in range(-len(tokens) % STEP or (0 if tokens else STEP)):
            tokens.add(_token(self._keys[-1][PADDING], (person.id.hex, str(spare))))
        return frozenset(tokens)

    def tokens_to_ask(self, person: PersonTokens) -> frozenset[bytes]:
        """The tokens to look for: also day and month swapped, and an approximate year from two before to two after.

        Made up to a multiple of 16 with random tokens, so that a known and an unknown person cost the same.
        """
        return frozenset(self.families_to_ask(person))

    def families_to_ask(self, person: PersonTokens) -> dict[bytes, str]:
        """The same, each with its family; a token of nothing belongs to the padding."""
        asked = {_token(keys[family], parts): family for keys in self._keys for family, parts in set(_asked(person))}
        for _ in range(-len(asked) % STEP or (0 if asked else STEP)):
            asked[os.urandom(TOKEN)] = PADDING
        return asked

    def _tokens(self, families: Iterable[tuple[str, Parts]]) -> set[bytes]:
        made = set(families)
        return {_token(keys[family], parts) for keys in self._keys for family, parts in made}


def index_key(key: bytes, partnership_id: UUID, family: str) -> bytes:
    """The HMAC key of one family in a partnership."""
    return derive(key, "marac/bidx/v1", partnership_id.bytes, family)


def _token(key: HMAC, parts: Parts, length: int = TOKEN) -> bytes:
    mac = key.copy()
    mac.update(lp(*parts))
    return mac.finalize()[:length]


def sign_in_token(keyring: Keyring, name: str) -> bytes:
    """The 128-bit token by which an account is found: its own index under the deployment key, across partnerships."""
    return keyed_word(keyring, "sign-in index", unicodedata.normalize("NFKC", name).strip().casefold())


def keyed_word(keyring: Keyring, label: str, word: str) -> bytes:
    """128 bits of a word under a deployment secret, such as a search term in the audit log."""
    return _token(HMAC(keyring.deployment_secret(label), SHA256()), (word,), SIGN_IN_TOKEN)


def families_in_clear(person: PersonTokens) -> tuple[frozenset[tuple[str, Parts]], frozenset[tuple[str, Parts]]]:
    """What tokens are made of, stored and asked, without a key: to judge recall on people who are invented."""
    return frozenset(_stored(person)), frozenset(_asked(person))


def families_stored(person: PersonTokens) -> Iterator[tuple[str, Parts]]:
    """What a person's tokens say before they are keyed, family by family: for who measures what they give away."""
    return _stored(person)


def _stored(person: PersonTokens) -> Iterator[tuple[str, Parts]]:
    dates = [person.born_on] if person.born_on else []
    return _families(person, dates, [_year(person)] if _year(person) else [])


def _asked(person: PersonTokens) -> Iterator[tuple[str, Parts]]:
    born, year = person.born_on, _year(person)
    dates = [born] if born else []
    if born and born.day <= 12:
        dates.append(date(born.year, born.day, born.month))
    yield from _families(person, dates, [year] if year else [])
    if year and not born:
        for pair in _pairs(person):
            for near in range(year - 2, year + 3):
                yield BOTH_SOUNDS, (*_sounds(pair), str(near))


def _year(person: PersonTokens) -> int | None:
    return person.born_on.year if person.born_on else person.birth_year


def _families(person: PersonTokens, dates: list[date], years: list[int | None]) -> Iterator[tuple[str, Parts]]:
    for day in dates:
        yield from _dated(person, day.isoformat().replace("-", ""))
    for year in years:
        for pair in _pairs(person):
            yield BOTH_SOUNDS, (*_sounds(pair), str(year))
            yield from _less_a_letter(pair, str(year))
    for full_name in person.feared:
        for pair in _pairs(person):
            for feared in words(full_name)[:1]:
                yield FEARED, (*_sounds(pair), sound(feared))
    yield from _reached(person)


def _reached(person: PersonTokens) -> Iterator[tuple[str, Parts]]:
    for number, postcode in person.homes:
        if plain(number) and plain(postcode):
            yield HOME, (plain(number), plain(postcode))
    for phone in person.phones:
        digits = re.sub(r"\D", "", phone)[-9:]
        if len(digits) == 9:
            yield PHONE, (digits,)


def _dated(person: PersonTokens, day: str) -> Iterator[tuple[str, Parts]]:
    for full_name in person.names:
        for word in words(full_name)[:WORDS]:
            yield SOUND_DATE, (sound(word), day)
    for pair in _pairs(person):
        for digit in range(len(day)):
            yield LESS_A_DIGIT, (*sorted(word[0] for word in pair), day[:digit] + day[digit + 1 :])


def _less_a_letter(pair: tuple[str, str], year: str) -> Iterator[tuple[str, Parts]]:
    for name, other in (pair, pair[::-1]):
        short = name[:LETTERS]
        for form in {short, *(short[:i] + short[i + 1 :] for i in range(len(short)))}:
            yield LESS_A_LETTER, (form, other[0], year)


def _pairs(person: PersonTokens) -> Iterator[tuple[str, str]]:
    """The first and last word of each name a person is known by."""
    for full_name in person.names:
        parts = words(full_name)
        if len(parts) > 1:
            yield parts[0], parts[-1]


def _sounds(pair: tuple[str, str]) -> list[str]:
    """Both sounds, in no order: the family name may stand first."""
    return sorted((sound(pair[0]), sound(pair[1])))
