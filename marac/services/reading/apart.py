"""A file from outside is taken apart in a process of its own, with no keys, no settings and no database in it.

It gets a few seconds and a bounded share of memory; what takes longer, or falls over, is refused in words.
"""

import contextlib
import json
import logging
import subprocess
import sys
from typing import Any, Final

from marac.errors import RuleBroken
from marac.paths import PACKAGE
from marac.services.reading import pdf_form, word_form
from marac.services.referring import paper_files
from marac.workflows.form_lines import Line, as_told, from_told

if sys.platform != "win32":
    import resource

SECONDS: Final = 12
MOST_MEMORY: Final = 1024**3  # bytes
READERS: Final = {"pdf": pdf_form.lines, "docx": word_form.lines}
WRONG_TYPE: Final = "The file must be a PDF or a Word document (.docx)"
TOO_HARD: Final = "This file could not be read. Save it again as PDF and try once more, or type the referral"


def lines_of(content: bytes) -> list[Line]:
    """The lines of a Word or PDF form. RuleBroken beside `file` when it is of another kind, or cannot be read."""
    kind = _accepted(content)
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module; the file goes in as bytes
            [sys.executable, "-m", __name__, kind], input=content, capture_output=True, timeout=SECONDS, check=False,
            env={"PYTHONPATH": str(PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        told: Any = json.loads(done.stdout) if done.returncode == 0 else {}
        if told.get("refused"):
            raise RuleBroken("file", str(told["refused"]))
        return from_told(told["lines"])
    except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError, AttributeError):
        raise RuleBroken("file", TOO_HARD) from None


def _accepted(content: bytes) -> str:
    """The kind of file by what stands in it; as a paper is accepted, but for pictures."""
    if content and not content.startswith((b"%PDF-", b"PK")):
        raise RuleBroken("file", WRONG_TYPE)
    try:
        kind = paper_files.accept(content).ending
    except RuleBroken as problem:
        raise RuleBroken("file", WRONG_TYPE if problem.message == paper_files.WRONG_TYPE else problem.message) from None
    return kind


def main(kind: str) -> None:
    """What the other process does: the file from its input, the lines or a refusal to its output."""
    _bound()
    logging.disable()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            found: dict[str, Any] = {"lines": as_told(READERS[kind](sys.stdin.buffer.read()))}
    except RuleBroken as problem:
        found = {"refused": problem.message}
    except (MemoryError, RecursionError):
        found = {"refused": TOO_HARD}
    sys.stdout.write(json.dumps(found))


def _bound() -> None:
    """No more time, memory or files than a form needs."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1])
