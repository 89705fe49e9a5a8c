"""PDF through Typst: tagged, PDF/UA-1, our own fonts. Data goes in as JSON; it is never pasted into Typst source.

What no font of ours can draw is written as its code point, so that a document is always made and nothing goes silently.
"""

import json
import re
import tempfile
import unicodedata
from functools import cache
from typing import Any

import typst

from marac.paths import FONTS, TEMPLATES

LONGEST_WORD = 48
NOT_DRAWN = re.compile(r"the text `\"(.+?)\"` could not be displayed", re.DOTALL)
ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
TRIES = 12
JOINERS = "\u200c\u200d"  # Bengali is written with them


@cache
def fonts() -> typst.Fonts:
    """The shipped fonts and no other, so that every machine draws the same file."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])


@cache
def source() -> bytes:
    """The one template."""
    return (TEMPLATES / "documents" / "document.typ").read_bytes()


def render(data: dict[str, Any]) -> bytes:
    """One document. `data` is what services.documents frames; its title holds no name."""
    written = json.dumps(clean({"checkpoint": "", **data}))
    for _ in range(TRIES):
        try:
            return _compiled(written)
        except typst.TypstError as problem:
            unknown = NOT_DRAWN.search(str(problem))
            if unknown is None:
                raise
            written = _spelt(written, ESCAPED.sub(lambda found: chr(int(found[1], 16)), unknown[1]))
    return _compiled(_spelt(written, "".join({sign for sign in str(json.loads(written)) if ord(sign) > LATIN_ENDS})))


def first_pages(data: dict[str, Any]) -> list[int]:
    """On which page each block begins; and, last, on which page the last one ends."""
    with tempfile.TemporaryDirectory() as empty:
        found: str = typst.query(  # type: ignore[type-var]
            source(), "<begins>", field="value", root=empty, font_paths=fonts(),
            sys_inputs={"data": json.dumps(clean(data))},
        )  # fmt: skip
    return [int(one) for one in json.loads(found)]


LATIN_ENDS = 0x24F


def trail_words(digits: str) -> str:
    """What a foot says of the trail: the digits of its newest checkpoint, if there is one."""
    return f"Trail {digits}. " if digits else ""


def _compiled(written: str) -> bytes:
    with tempfile.TemporaryDirectory() as empty:  # all that Typst may read from: nothing
        # its stub wants the root to be of the type of the source
        made: bytes = typst.compile(  # type: ignore[call-overload]
            source(), root=empty, format="pdf", pdf_standards="ua-1", font_paths=fonts(), sys_inputs={"data": written}
        )
        return made


def _spelt(written: str, signs: str) -> str:
    """The same with each of these signs as its code point in brackets."""
    codes = {ord(sign): f"[U+{ord(sign):04X}]" for sign in signs}
    return json.dumps(_each(json.loads(written), lambda text: text.translate(codes)))


def clean(data: Any) -> Any:
    """Every text without control signs, lone surrogates and marks that turn the reading order; long words can break."""
    return _each(data, plain)


def _each(data: Any, change: Any) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, dict):
        return {key: _each(value, change) for key, value in data.items()}
    return [_each(value, change) for value in data] if isinstance(data, list | tuple) else data


def plain(text: str) -> str:
    """One text as it may be drawn."""
    kept = "".join(sign for sign in unicodedata.normalize("NFC", text) if _drawable(sign))
    return re.sub(rf"\S{{{LONGEST_WORD}}}", lambda word: word[0] + "\u200b", kept)


def _drawable(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return sign in f"\n\t{JOINERS}" or kind not in ("Cc", "Cf", "Cs", "Co", "Cn")
