"""Reads the words of a PDF that Typst wrote, so that tests may say what stands in it and what does not."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
TOKEN = re.compile(rb"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|(\()|\b(Tm|Td|ET)\b")
ESCAPE = re.compile(rb"\\([nrtbf()\\]|[0-7]{1,3})")
PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def words_of(pdf: bytes) -> str:
    """Every word that is drawn, page after page; spaces are as the drawing has them."""
    objects = _objects(pdf)
    return "".join(_drawn(objects, body) for body in objects.values() if PAGE.search(body))


def said_in(pdf: bytes, words: str) -> bool:
    """Whether the words are drawn, whatever spaces and line ends lie between their letters."""
    return _close(words) in _close(words_of(pdf))


def _close(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def _objects(pdf: bytes) -> dict[int, bytes]:
    found = {int(number): body for number, body in OBJECT.findall(pdf)}
    for body in list(found.values()):
        if b"/ObjStm" in body:
            found |= _packed(body)
    return found


def _packed(body: bytes) -> dict[int, bytes]:
    first = int(re.search(rb"/First (\d+)", body)[1])
    content = _content(body)
    numbers = [int(one) for one in content[:first].split()]
    places = list(zip(numbers[::2], numbers[1::2], strict=True))
    ends = [start for _n, start in places[1:]] + [len(content) - first]
    return {number: content[first + start : first + end] for (number, start), end in zip(places, ends, strict=True)}


def _content(body: bytes) -> bytes:
    raw = STREAM.search(body)[1]
    # a stream whose last byte looks like a line end is one short here, and whole all the same
    return zlib.decompressobj().decompress(raw) if b"FlateDecode" in body else raw


def _reference(body: bytes, name: bytes) -> int | None:
    found = re.search(rb"/" + name + rb"\s+(\d+) 0 R", body)
    return int(found[1]) if found else None


def _drawn(objects: dict[int, bytes], page: bytes) -> str:
    resources = page
    if (number := _reference(page, b"Resources")) is not None:
        resources = objects[number]
    fonts = _fonts(objects, resources)
    contents = re.search(rb"/Contents\s+(?:\[([^\]]*)\]|(\d+) 0 R)", page)
    numbers = re.findall(rb"(\d+) 0 R", contents[1]) if contents[1] else [contents[2]]
    return "".join(_read(_content(objects[int(one)]), fonts) for one in numbers)


def _fonts(objects: dict[int, bytes], resources: bytes) -> dict[bytes, dict[int, str]]:
    table = re.search(rb"/Font\s*<<(.*?)>>", resources, re.DOTALL)
    listed = table[1] if table else objects.get(_reference(resources, b"Font") or -1, b"")
    return {name: _meanings(objects, objects[int(number)]) for name, number in re.findall(rb"/(\w+) (\d+) 0 R", listed)}


def _meanings(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    number = _reference(font, b"ToUnicode")
    if number is None:
        return {}
    table, found = _content(objects[number]), {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, meaning in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>", block):
            found[int(code, 16)] = bytes.fromhex(meaning.decode()).decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for low, high, meaning in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for step in range(int(high, 16) - int(low, 16) + 1):
                found[int(low, 16) + step] = chr(int(meaning, 16) + step)
    return found


def _read(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    text, font, at = [], {}, 0
    while (found := TOKEN.search(content, at)) is not None:
        name, code, opening, moved = found.groups()
        at = found.end()
        if name:
            font = fonts.get(name, {})
        elif code:
            text.append(_letters(bytes.fromhex(code.decode()), font))
        elif opening:
            end = _closing(content, at)
            text.append(_letters(_unescaped(content[at:end]), font))
            at = end + 1
        elif moved:
            text.append(" ")
    return "".join(text)


def _closing(content: bytes, at: int) -> int:
    """Where the string that began before `at` ends: brackets inside it are in pairs, or escaped."""
    depth = 1
    while depth:
        sign = content[at : at + 1]
        depth += {b"(": 1, b")": -1}.get(sign, 0)
        at += 2 if sign == b"\\" else 1
    return at - 1


def _unescaped(raw: bytes) -> bytes:
    def meant(found: re.Match[bytes]) -> bytes:
        sign = found[1]
        return bytes([int(sign, 8) & 255]) if sign.isdigit() else PLAIN.get(sign, sign)

    return ESCAPE.sub(meant, raw)


def _letters(codes: bytes, font: dict[int, str]) -> str:
    return "".join(font.get(int.from_bytes(codes[at : at + 2]), "\ufffd") for at in range(0, len(codes), 2))
