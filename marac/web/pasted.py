"""What is pasted from Word, a phone or another screen, as plain text. Changes marks and spaces, never a letter."""

import re
import unicodedata
from typing import Final

MARKS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\uff07", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\v\f\r\u0085\u2028\u2029", "\n"),
        "\u2026": "...",
    }
)
DOTS: Final = r"\u2022\u2023\u25aa\u25cf\u25e6\u2043\u2219\u00b7\uf0b7\uf0a7"
BULLET: Final = re.compile(rf"^[ \t]*(?:[{DOTS}][ \t]*|[o\u00a7](?:\t|[ ]{{2,}})[ \t]*)", re.MULTILINE)
# Not written: controls, marks of direction that turn text round, soft hyphens. The joiners of Bengali and Persian stay.
UNWRITTEN: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


def plain_text(words: str | None) -> str:
    """Several lines as anybody would have typed them: straight marks, plain spaces, "- " for a bullet, LF at an end."""
    text = unicodedata.normalize("NFC", words or "").replace("\r\n", "\n").translate(MARKS)
    text = BULLET.sub("- ", UNWRITTEN.sub("", text))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def one_line(words: str | None) -> str:
    """The same on one line: a name, a number or a place pasted with its line ends and tabs."""
    return " ".join(plain_text(words).split())
