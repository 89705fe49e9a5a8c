"""A signed-in person at a page: fetches, follows links, sends forms as a browser does, and notes how long each took.

Knows no page of the application: it reads forms and links from what was served. Refuses to send the same form twice.
"""

import http.client
import json
import re
import threading
from contextlib import closing
from dataclasses import dataclass, field
from html import unescape
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlencode

SECONDS: Final = 60
FORM: Final = re.compile(r"<form\b(?P<head>[^>]*)>(?P<body>.*?)</form>", re.DOTALL)
BOX: Final = re.compile(
    r"<input\b(?P<input>[^>]*)>|<textarea\b(?P<area>[^>]*)>(?P<text>.*?)</textarea>"
    r"|<select\b(?P<select>[^>]*)>(?P<options>.*?)</select>",
    re.DOTALL,
)
ATTRIBUTE: Final = re.compile(r'([\w-]+)(?:="([^"]*)")?')
LINK: Final = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)"')
NOT_SENT: Final = ("submit", "button", "file", "image")


@dataclass(slots=True)
class Taken:
    """What was measured by everybody: (kind, seconds, status), one row an answer; 0 for no answer."""

    rows: list[tuple[str, float, int]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    alone: Any = field(default_factory=threading.Lock)

    def note(self, kind: str, seconds: float, status: int, path: str) -> None:
        """Keep one answer; what was no success is kept with its address (the people are invented)."""
        with self.alone:
            self.rows.append((kind, seconds, status))
            if not 200 <= status < 400:
                self.trouble.append(f"{kind}: {status} {path}")


@dataclass(slots=True)
class Browser:
    """One person's browser: where the service is, the cookie, and where measurements go."""

    port: int
    cookie: str
    taken: Taken

    def get(self, kind: str, path: str) -> str:
        """The page, after following where it leads."""
        for _hop in range(4):
            status, location, body = self._ask(kind, "GET", path, None)
            if status not in (301, 302, 303):
                return body
            path = location
        return ""

    def post(self, kind: str, path: str, fields: list[tuple[str, str]], *, by_script: bool = False) -> str:
        """What answers a form; a page that it leads to is fetched under the same kind."""
        status, location, body = self._ask(kind, "POST", path, urlencode(fields), by_script=by_script)
        return self.get(kind, location) if status in (302, 303) else body

    def _ask(
        self, kind: str, method: str, path: str, body: str | None, *, by_script: bool = False
    ) -> tuple[int, str, str]:
        home = {"Cookie": self.cookie, "Referer": f"http://127.0.0.1:{self.port}/", "Sec-Fetch-Site": "same-origin"}
        home |= {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        home |= {"Accept": "application/json", "X-Requested-With": "autosave"} if by_script else {"Accept": "text/html"}
        began = perf_counter()
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)) as connection:
                connection.request(method, path, body, home)
                answer = connection.getresponse()
                text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            self.taken.note(kind, perf_counter() - began, 0, path)
            return 0, "", ""
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        self.taken.note(kind, perf_counter() - began, answer.status, path)
        return answer.status, answer.getheader("Location") or "", text


def links(page: str) -> list[str]:
    """Where the page leads, in its order."""
    return [unescape(path) for path in LINK.findall(page)]


def form_of(page: str, sign: str) -> list[tuple[str, str]]:
    """What a browser would send of the first form whose head or body holds `sign`; empty when there is none."""
    for found in FORM.finditer(page):
        if sign in found["head"] or sign in found["body"]:
            return [pair for box in BOX.finditer(found["body"]) for pair in _sent(box)]
    return []


def changed(fields: list[tuple[str, str]], **words: str) -> list[tuple[str, str]]:
    """The same fields with some of them set; one that was not there is added."""
    kept = [(name, value) for name, value in fields if name not in words]
    return [*kept, *words.items()]


def answered(text: str) -> dict[str, Any]:
    """The JSON of an answer to a script; nothing when it is a page."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sent(box: re.Match[str]) -> list[tuple[str, str]]:
    head = box["input"] or box["area"] or box["select"] or ""
    has = {name: unescape(value) for name, value in ATTRIBUTE.findall(head)}
    if "name" not in has or "disabled" in has or has.get("type") in NOT_SENT:
        return []
    if box["area"] is not None:
        return [(has["name"], unescape((box["text"] or "").removeprefix("\n")))]
    if box["select"] is not None:
        chosen = re.search(r'<option\b(?=[^>]*\bselected)[^>]*\bvalue="([^"]*)"', box["options"] or "") or re.search(
            r'<option\b[^>]*\bvalue="([^"]*)"', box["options"] or ""
        )
        return [(has["name"], unescape(chosen[1]) if chosen else "")]
    if has.get("type") in ("radio", "checkbox") and "checked" not in has:
        return []
    return [(has["name"], has.get("value", ""))]
