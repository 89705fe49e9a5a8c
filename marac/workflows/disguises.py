"""What is hidden inside a text in an encoding: base64, hex, binary, Morse. Gives the words back with where they stood.

Reads one layer only, and gives nothing back that is not words.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final

_LONGEST: Final = 4000
_SIGNS: Final = """.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..-
-.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."""
_MORSE: Final = dict(zip(_SIGNS.split(), "abcdefghijklmnopqrstuvwxyz0123456789", strict=True))


def decoded(text: str) -> Iterator[tuple[str, int, int]]:
    """(words, start, end) of every stretch that reads as words once decoded."""
    for pattern, reading in _ENCODINGS:
        for match in pattern.finditer(text):
            words = reading(match[0][:_LONGEST])
            if words and _reads(words):
                yield words, match.start(), match.end()


def _reads(words: str) -> bool:
    plain = sum(1 for letter in words if letter.isalnum() or letter in " ,.'-@/\n")
    return len(words) > 3 and plain >= 0.9 * len(words)


def _base64(said: str) -> str:
    if said.isalpha() and (said.islower() or said.istitle()):
        return ""  # a word
    packed = said.translate(str.maketrans("-_", "+/", " \r\n")).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _base32(said: str) -> str:
    packed = said.rstrip("=")
    try:
        return base64.b32decode(packed + "=" * (-len(packed) % 8)).decode()
    except (binascii.Error, ValueError):
        return ""


def _hex(said: str) -> str:
    try:
        return bytes.fromhex(re.sub(r"0x|[^0-9a-fA-F]", "", said)).decode()
    except ValueError:
        return ""


def _binary(said: str) -> str:
    bits = re.sub(r"[^01]", "", said)
    return "".join(chr(int(bits[at : at + 8], 2)) for at in range(0, len(bits) - 7, 8))


def _codes(said: str) -> str:
    return "".join(chr(int(number)) for number in re.findall(r"\d+", said))


def _morse(said: str) -> str:
    plain = said.translate(str.maketrans("·•–—−_", "..----"))
    words = re.split(r"\s*/\s*|\s{3,}", plain.strip())
    return " ".join("".join(_MORSE.get(sign, "?") for sign in word.split()) for word in words)


_ENCODINGS: Final[tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]] = (
    (re.compile(r"[A-Za-z0-9+/_-]{6,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}"), _base64),
    (re.compile(r"[A-Z2-7]{8,}={0,6}"), _base32),
    (re.compile(r"(?:(?:0x)?[0-9a-fA-F]{2}[\s:,-]{0,2}){5,}"), _hex),
    (re.compile(r"(?:[01]{8}\s?){5,}"), _binary),
    (re.compile(r"(?:\b(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])\b[\s,;-]+){4,}\d{2,3}\b"), _codes),
    (re.compile(r"(?:[.·•_–—−-]{1,5}[ /\n]+){4,}[.·•_–—−-]{1,5}"), _morse),
)
