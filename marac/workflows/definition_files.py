"""Reads a risk tool, or official wording for one, from a file that a partnership brings. Stores nothing.

Refuses anything that is not plain YAML of a reasonable size, and wording that adds, drops or moves a question.
"""

import io
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import yaml

from marac.errors import RuleBroken
from marac.workflows.definition_faults import faults_of
from marac.workflows.definitions import LOADER

BIGGEST: Final = 400_000  # bytes; the longest shipped tool has 13,000
DEEPEST: Final = 12
NEW: Final = ("version", "effective_from", "effective_to", "licence_note", "acknowledgement")
OF_WORDING: Final = frozenset({"wording_of", "of_version", "text", *NEW})


def read(content: bytes) -> dict[str, Any]:
    """The page that a file holds. RuleBroken("file") with one plain sentence when it is not plain YAML."""
    if len(content) > BIGGEST:
        raise RuleBroken("file", f"The file is too big. A risk tool is at most {BIGGEST // 1000} kilobytes.")
    try:
        text = content.decode("utf-8-sig")
        _refuse_tricks(text)
        page = yaml.load(io.StringIO(text), Loader=LOADER)  # noqa: S506 - a safe loader, the C one if there is one
    except UnicodeDecodeError:
        raise RuleBroken("file", "The file is not text in UTF-8. Save it as UTF-8 and try again.") from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise RuleBroken("file", f"The file cannot be read{where}: it is not YAML. Check indents and quotes.") from None
    except (ValueError, RecursionError, OverflowError):
        raise RuleBroken(
            "file", "The file holds a value that cannot be read. Put dates and numbers in quotes."
        ) from None
    if not isinstance(page, Mapping):
        raise RuleBroken("file", faults_of(page)[0])
    plain: dict[str, Any] = _plain(page)
    return plain


def checked(page: Mapping[str, Any]) -> dict[str, Any]:
    """The same page when nothing is wrong with it; RuleBroken("file") with a line for each fault."""
    found = faults_of(page)
    if found:
        raise RuleBroken("file", "\n".join(found))
    return dict(page)


def is_wording(page: Mapping[str, Any]) -> bool:
    """Whether a page is the publisher's words for a tool that is here already, and not a tool of its own."""
    return "wording_of" in page


def worded(tool: Mapping[str, Any], wording: Mapping[str, Any]) -> dict[str, Any]:
    """A new version of a tool: the same items with the publisher's text, a licence note and an acknowledgement.

    Scoring, groups and follow-ups stay. RuleBroken("file") with a line for each fault.
    """
    found = list(_wording_faults(tool, wording))
    if found:
        raise RuleBroken("file", "\n".join(found))
    given = {str(number): text for number, text in wording["text"].items()}
    items = [{**item, "text": given[str(item["number"])]} for item in tool["items"]]
    new = {key: wording.get(key) for key in NEW}
    return checked({**tool, **new, "items": items, "official_wording": "loaded"})


def _wording_faults(tool: Mapping[str, Any], wording: Mapping[str, Any]) -> list[str]:
    found = [f"`{str(key)[:40]}` is not a part of a wording file." for key in wording if key not in OF_WORDING]
    found += [f"`{key}` is missing." for key in (*NEW, "text") if key != "effective_to" and not wording.get(key)]
    text = wording.get("text")
    if not isinstance(text, Mapping):
        return [*found, "`text` must give the words of each question under its number."]
    numbers, given = [str(item["number"]) for item in tool.get("items", ())], [str(number) for number in text]
    found += [f"Question {number} has no words." for number in numbers if number not in given]
    found += [f"There is no question {number[:10]} in this tool." for number in given if number not in numbers]
    found += [f"Question {str(number)[:10]}: its words must be text." for number, one in text.items() if not _said(one)]
    if not numbers:
        found.append("This tool has no questions here, so it takes no wording. Load it whole instead.")
    return found


def _said(words: Any) -> bool:
    return isinstance(words, str) and bool(words.strip())


def _refuse_tricks(text: str) -> None:
    """No anchors, no tags, no deep nesting: a risk tool needs none, and each can be made to hurt."""
    depth = 0
    for event in yaml.parse(io.StringIO(text), Loader=LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise RuleBroken("file", "The file uses anchors (& or *) or tags (!). Write every value out.")
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            depth += 1
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise RuleBroken("file", "The file is nested too deeply to be a risk tool.")


def _plain(value: Any) -> Any:
    """Dates as text; everything else must be what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()[:10]
    if value is None or isinstance(value, str | int):
        return value
    raise RuleBroken("file", "The file holds a value that cannot be read. Put it in quotes.")
