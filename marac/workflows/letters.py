"""One letter for every way of writing it: accents, look-alikes of other alphabets, styled and escaped letters.

Keeps, for each letter it gives back, where in the typed text it stood. Knows no secret and changes nothing.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

Letters = tuple[str, Sequence[int], Sequence[int]]
"""Plain letters in one string, and for each where it began and where it ended in what was typed."""

_LOOK_ALIKE: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТУХЬЗавеѕіјкмнорстухһԁԛԝԍзьёїүѵ" "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχγωηζμσϲϳ"
    "ɑɡıłøđʟᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢօսհոŁØĐℓ",
    "ABESIJKMHOPCTYXB3abesijkmhopctyxhdqwg3beiyv" "ABEZHIKMNOPTYXabeikvoptuxywnzuocj"
    "agilodlabcdefghijkmnoprstuvwyzouhnLODl",
)  # fmt: skip
_SQUARED: Final = ((0x1F150, 26), (0x1F170, 26), (0x1F1E6, 26), (0x1F130, 26))
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_JOINS: Final = frozenset("'’‘`´ʼ＇")
_NAMED: Final = r"&(?:#x[0-9a-f]{1,6}|#\d{1,7}|[a-z][a-z0-9]{1,30});?"
_ESCAPED: Final = re.compile(
    rf"{_NAMED}|(?:%[0-9a-f]{{2}})+|\\u\{{?[0-9a-f]{{4,6}}\}}?|\\x[0-9a-f]{{2}}|(?:=[0-9A-F]{{2}})+|=\r?\n"
    r"|[-\u2010\u2011\u00ad][ \t]*\r?\n\s*",
    re.IGNORECASE,
)
_MAY_ESCAPE: Final = re.compile(r"[&%\\=]|[-\u2010\u2011\u00ad][ \t]*\r?\n")


def read_letters(text: str) -> Letters:
    """The text as plain small letters, digits and spaces; what escapes (twice at most) stand for is read as itself."""
    found: Letters = (text, range(len(text)), range(1, len(text) + 1))
    for _ in range(2):
        if _MAY_ESCAPE.search(found[0]):
            found = _unescaped(*found)
    typed, starts, ends = found
    if typed.isascii() and "'" not in typed and "`" not in typed:
        return typed.translate(_ASCII), starts, ends
    parts = [plain_of(letter) for letter in typed]
    kept = [at for at, part in enumerate(parts) for _letter in part]
    return "".join(parts), [starts[at] for at in kept], [ends[at] for at in kept]


def _unescaped(text: str, starts: Sequence[int], ends: Sequence[int]) -> Letters:
    said, froms, tos, last = "", list[int](), list[int](), 0
    for match in _ESCAPED.finditer(text):
        meant, first, end = _meant(match[0]), match.start(), match.end()
        if meant is None:
            continue
        said += text[last:first] + meant
        froms += [*starts[last:first], *[starts[first]] * len(meant)]
        tos += [*ends[last:first], *[ends[end - 1]] * len(meant)]
        last = end
    return said + text[last:], [*froms, *starts[last:]], [*tos, *ends[last:]]


def _meant(escape: str) -> str | None:
    """What one escape stands for; None for something that only looks like one."""
    if escape[0] in "-\u2010\u2011\u00ad" or (escape[0] == "=" and escape[-1] == "\n"):
        return ""  # a word broken over two lines
    if escape[0] == "&":
        plain = html.unescape(escape if escape.endswith(";") else f"{escape};")
        return None if plain.startswith("&") and len(plain) > 1 else plain
    if escape[0] in "%=":
        return bytes.fromhex(escape.replace("%", "").replace("=", "")).decode("utf-8", "replace")
    number = int(re.sub(r"[^0-9a-fA-F]", "", escape[2:]), 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else None


_ASCII: Final = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}


@lru_cache(maxsize=4096)
def plain_of(letter: str) -> str:
    """One typed character as plain ones: nothing for marks and invisible ones, a space for what parts words."""
    if letter.isascii():
        return letter.lower() if letter.isalnum() else "" if letter in _JOINS else " "
    if letter in _JOINS or letter in _BLANK or unicodedata.category(letter) in ("Cf", "Mn", "Me"):
        return ""
    for first, many in _SQUARED:
        if first <= ord(letter) < first + many:
            return chr(ord("a") + ord(letter) - first)
    parts = unicodedata.normalize("NFKD", letter.translate(_LOOK_ALIKE)).translate(_LOOK_ALIKE)
    return "".join(_one(part) for part in parts)


def _one(letter: str) -> str:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return ""
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    return letter.casefold() if letter.isalnum() else " "
