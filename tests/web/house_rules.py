"""What every page must keep to: one sentence for each rule it breaks. Knows a page only by what it holds."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from justhtml import StrictModeError

from marac.web.headers import CSP

BANNED_IN_TITLE = ("abuse", "marac", "domestic", "perpetrator")
BANNED_IN_URL = ("abuse", "marac")
OUTSIDE_PAGE = ("script", "style", "template")


def words(node: Any) -> str:
    """All text in a node as one line, hidden words for screen readers included, scripts and templates not."""
    return re.sub(r"\s+([,.:;?!)])", r"\1", " ".join(" ".join(pieces(node)).split()))


def pieces(node: Any) -> Iterator[str]:
    """The text nodes of a node, in order."""
    if node.name == "#text":
        yield node.data or ""
    elif node.name not in OUTSIDE_PAGE:
        for child in node.children or ():
            yield from pieces(child)


def complaints_about(page: Any, service_name: str, forbidden: Iterable[str]) -> Iterator[str]:
    """Every house rule this answer breaks, one sentence each."""
    if "/static/" not in page.url or page.status >= 400:
        yield from _header_complaints(page)
    address = unquote_plus(page.url).lower()
    yield from (f"the address holds {value!r}" for value in (*BANNED_IN_URL, *forbidden) if value.lower() in address)
    if not page.is_html:
        return
    try:
        page.tree.query_one("title")
    except StrictModeError as error:
        yield f"the HTML is not valid: {error}"
        return
    yield from _title_complaints(page, service_name, forbidden)
    yield from _structure_complaints(page)
    yield from _form_complaints(page)
    yield from _script_complaints(page)


def _header_complaints(page: Any) -> Iterator[str]:
    if page.headers.get("Cache-Control") != "no-store":
        yield f"Cache-Control is {page.headers.get('Cache-Control')!r}, not no-store"
    if page.headers.get("Content-Security-Policy") != CSP and "sandbox" not in page.headers.get(
        "Content-Security-Policy", ""
    ):
        yield "the Content-Security-Policy is missing or is not ours"


def _title_complaints(page: Any, service_name: str, forbidden: Iterable[str]) -> Iterator[str]:
    headings = page.all("h1")
    if len(headings) != 1:
        yield f"there are {len(headings)} h1 headings, not one"
        return
    title, ending = page.title, f", {service_name}"
    if not title.endswith(ending):
        yield f"the title {title!r} does not end with {ending!r}"
    if bool(page.errors) != title.startswith("Error: "):
        yield f"the title {title!r} and the error summary disagree"
    body = title.removeprefix("Error: ").removesuffix(ending).lower()
    purpose = (headings[0].attrs.get("data-purpose") or words(headings[0])).lower()
    if not purpose or not (body.startswith(purpose) or purpose.startswith(body.split(",")[0])):
        yield f"the title {title!r} does not begin with the purpose of the page, {purpose!r}"
    yield from (
        f"the title holds {value!r}" for value in (*BANNED_IN_TITLE, *forbidden) if value.lower() in title.lower()
    )


def _structure_complaints(page: Any) -> Iterator[str]:
    ids = [node.attrs["id"] for node in page.all("[id]")]
    yield from (f"the id {one!r} is used more than once" for one in sorted({one for one in ids if ids.count(one) > 1}))
    labelled = {node.attrs.get("for") for node in page.all("label[for]")}
    for node in page.all("input, select, textarea"):
        if node.attrs.get("type") in ("hidden", "submit", "button") or {"aria-label", "aria-labelledby"} & set(
            node.attrs
        ):
            continue
        if not node.attrs.get("id") or node.attrs["id"] not in labelled:
            yield f"the field {node.attrs.get('name')!r} has no label"
    for node in page.all("[aria-describedby], [aria-labelledby], [aria-controls]"):
        named = " ".join(
            node.attrs.get(key) or "" for key in ("aria-describedby", "aria-labelledby", "aria-controls")
        ).split()
        yield from (f"{node.name} refers to the missing id {one!r}" for one in named if one not in ids)
    for node in page.all(".govuk-error-summary__list a"):
        if (node.attrs.get("href") or "").lstrip("#") not in ids:
            yield f"the error summary links to the missing {node.attrs.get('href')!r}"


def _form_complaints(page: Any) -> Iterator[str]:
    for form in page.forms:
        if not form.action or form.method not in ("get", "post"):
            yield f"a form has action {form.action!r} and method {form.method!r}"
        if form.method == "post" and "csrf_token" not in form.names:
            yield f"the form at {form.action} has no csrf_token"
        if form.method == "post" and "novalidate" not in form.node.attrs and form.names - {"csrf_token"}:
            yield f"the form at {form.action} is not novalidate"
    for form in page.own_forms:
        if form.method == "post" and "once_key" not in form.names:
            yield f"the form at {form.action} has no once_key: start it with form_start"


def _script_complaints(page: Any) -> Iterator[str]:
    if page.all("[style]") or page.all("style"):
        yield "there is inline style"
    for node in page.all("script"):
        digest = base64.b64encode(
            hashlib.sha256("".join(child.data or "" for child in node.children or ()).encode()).digest()
        ).decode()
        if "src" not in node.attrs and f"'sha256-{digest}'" not in CSP:
            yield "there is an inline script"
    for node in page.all("[src], a[href], link[href]"):
        address = node.attrs.get("src") or node.attrs.get("href") or ""
        outside = bool(urlsplit(address).netloc) or address.startswith("javascript:")
        if outside and not (node.name == "a" and node.attrs.get("rel") == "noreferrer"):
            yield f"{node.name} goes outside: {address}"
    for node in page.all("*"):
        yield from (f"{node.name} has {name}" for name in node.attrs if name.startswith("on"))
