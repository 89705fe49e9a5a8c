"""What a file is, by what stands in it and not by its name; a picture without the place it was taken. Keeps nothing.

Accepts PDF, Word (.docx), JPG and PNG. A picture's own description (EXIF, XMP, comments) is cut out, not its pixels.
"""

import io
import zipfile
from dataclasses import dataclass

from marac.errors import RuleBroken

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
KEPT_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"IDAT", b"IEND")
WRONG_TYPE = "The file must be a PDF, Word document (.docx), JPG or PNG"


@dataclass(frozen=True, slots=True)
class File:
    """A file as it will be kept: its media type, the ending of its name, and its bytes."""

    media: str
    ending: str
    content: bytes


def accept(content: bytes) -> File:
    """The file to keep. RuleBroken when it is empty, larger than 10 MB, of another kind, or damaged."""
    if not content:
        raise RuleBroken("file", "The selected file is empty")
    if len(content) > MOST_BYTES:
        raise RuleBroken("file", "The file must be smaller than 10MB")
    if content.startswith(b"%PDF-"):
        return File("application/pdf", "pdf", content)
    if content.startswith(b"\xff\xd8\xff"):
        return File("image/jpeg", "jpg", without_description(content))
    if content.startswith(PNG):
        return File("image/png", "png", _plain_png(content))
    if content.startswith(b"PK") and _is_word(content):
        return File("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", content)
    raise RuleBroken("file", WRONG_TYPE)


def without_description(content: bytes) -> bytes:
    """A JPEG without its APP1 to APP15 segments and comments: no place, no camera, no thumbnail of what was cut off.

    APP0 (JFIF) and APP14 (colour) stay: without them the picture would look different.
    """
    kept, at = [content[:2]], 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            break
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xDA:  # the picture itself, to its end mark; what hangs behind that is not part of it
            end = content.rfind(b"\xff\xd9")
            return b"".join(kept) + content[at : end + 2 if end > at else len(content)]
        if length < 2 or at + 2 + length > len(content):
            break
        if not (marker == 0xFE or 0xE1 <= marker <= 0xEF) or marker == 0xEE:
            kept.append(content[at : at + 2 + length])
        at += 2 + length
    raise RuleBroken("file", "The picture is damaged. Save it again as JPG and try once more")


def _plain_png(content: bytes) -> bytes:
    """A PNG with nothing but its picture."""
    kept, at = [PNG], len(PNG)
    while at + 12 <= len(content):
        length, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if at + 12 + length > len(content):
            break
        if name in KEPT_CHUNKS:
            kept.append(content[at : at + 12 + length])
        if name == b"IEND":
            return b"".join(kept)
        at += 12 + length
    raise RuleBroken("file", "The picture is damaged. Save it again as PNG and try once more")


def _is_word(content: bytes) -> bool:
    """A Word document without macros, that does not unpack to more than it should."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist())
            unpacked = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    return "word/document.xml" in names and "word/vbaProject.bin" not in names and unpacked <= MOST_UNPACKED
