"""A browser without a screen that nags: every HTML page any test fetches must keep the rules of the house.

    client = PageClient(app.test_client(), forbidden={"Amina Begum", "14 Elm Row"})
    page = client.get("/referrals/new").fill_and_post({"about": "abuse"}, press="Continue")
    assert page.h1 == "Refer someone"

`forbidden` are values that may stand in the body of a page but never in its title or address.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin

from flask.testing import FlaskClient
from justhtml import JustHTML
from werkzeug.test import TestResponse

from tests.web.house_rules import complaints_about, pieces, words

WITHOUT_VALUE = ("submit", "button", "image", "reset", "file")


class Form:
    """One form as a person finds it: its fields with their present values, and its buttons."""

    def __init__(self, page: "Page", node: Any) -> None:
        self.page, self.node = page, node
        self.action: str = node.attrs.get("action") or ""
        self.method: str = (node.attrs.get("method") or "get").lower()

    @property
    def fields(self) -> list[Any]:
        """Every input, select and textarea with a name, in order."""
        return [node for node in self.node.query("input, select, textarea") if node.attrs.get("name")]

    @property
    def names(self) -> set[str]:
        """The names a person could send, hidden ones included."""
        return {node.attrs["name"] for node in self.fields}

    @property
    def choices(self) -> dict[str, list[str]]:
        """What each radio group, tick box or list offers."""
        offered: dict[str, list[str]] = {}
        for node in self.fields:
            if node.attrs.get("type") in ("radio", "checkbox"):
                offered.setdefault(node.attrs["name"], []).append(node.attrs.get("value") or "on")
            elif node.name == "select":
                offered[node.attrs["name"]] = [option.attrs.get("value") or "" for option in node.query("option")]
        return offered

    @property
    def values(self) -> dict[str, list[Any]]:
        """What would be sent now, as a browser would send it."""
        found: dict[str, list[Any]] = {}
        for node in self.fields:
            for value in _value_of(node):
                found.setdefault(node.attrs["name"], []).append(value)
        return found

    def button(self, press: str = "") -> Any:
        """The button with these words (or this name or value); the first when not told."""
        buttons = [node for node in self.node.query("button, input") if _is_submit(node)]
        chosen = [
            node for node in buttons if press in (_label_of(node), node.attrs.get("name"), node.attrs.get("value"))
        ]
        if press and not chosen:
            chosen = [node for node in buttons if press.lower() in _label_of(node).lower()]
        if press and not chosen:
            raise AssertionError(
                f"no button {press!r} in the form at {self.action}; it has {[_label_of(node) for node in buttons]}"
            )
        return (chosen or buttons or [None])[0]

    def post(self, values: Mapping[str, Any] | None = None, press: str = "", *, follow: bool = True) -> "Page":
        """Send the form with `values` over what it holds. None takes a field out; a list sends a name several times."""
        sent = self.values
        button = self.button(press)
        if button is not None and button.attrs.get("name"):
            sent[button.attrs["name"]] = [button.attrs.get("value") or ""]
        for name, value in (values or {}).items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = self._checked(name, value)
        target = urljoin(self.page.url, self.action)
        if self.method == "get":
            return self.page.client.get(target, query_string=sent)
        return self.page.client.post(target, sent, follow=follow)

    def _checked(self, name: str, value: Any) -> list[Any]:
        """Refuses what no browser could send: a field or a choice the form does not have."""
        if name not in self.names:
            raise AssertionError(f"no field {name!r} in the form at {self.action}; it has {sorted(self.names)}")
        if value is True:
            return self.choices[name][:1]
        many = (
            list(value)
            if isinstance(value, list | tuple | set) and not hasattr(value[0] if value else 0, "read")
            else [value]
        )
        wrong = [one for one in many if name in self.choices and str(one) not in self.choices[name]]
        if wrong:
            raise AssertionError(f"{name!r} does not offer {wrong}; it offers {self.choices[name]}")
        return [one if hasattr(one, "read") or isinstance(one, tuple) else str(one) for one in many]


def _is_submit(node: Any) -> bool:
    kind = node.attrs.get("type") or ("submit" if node.name == "button" else "text")
    return bool(kind == "submit" and "disabled" not in node.attrs)


def _label_of(button: Any) -> str:
    return words(button) or button.attrs.get("value") or ""


def _value_of(node: Any) -> list[str]:
    """What a browser sends for one field as it stands: nothing, one value, or several."""
    kind = node.attrs.get("type") or "text"
    if "disabled" in node.attrs or kind in WITHOUT_VALUE:
        return []
    if node.name == "textarea":
        return ["".join(pieces(node)).removeprefix("\n")]
    if node.name == "select":
        options = node.query("option")
        chosen = [option for option in options if "selected" in option.attrs] or options[:1]
        return [option.attrs["value"] if "value" in option.attrs else words(option) for option in chosen]
    if kind in ("radio", "checkbox"):
        return [node.attrs.get("value") or "on"] if "checked" in node.attrs else []
    return [node.attrs.get("value") or ""]


class Page:
    """One answer. HTML is read (`text`, `h1`, `errors`), walked (`links`, `follow`) and filled (`fill_and_post`)."""

    def __init__(self, client: "PageClient", response: TestResponse) -> None:
        self.client, self.response = client, response
        self.status: int = response.status_code
        self.headers = response.headers
        self.url: str = response.request.path + (
            f"?{query}" if (query := response.request.query_string.decode()) else ""
        )
        self.is_html = response.mimetype == "text/html" and self.status not in (301, 302, 303, 307, 308)
        self.html: str = response.get_data(as_text=True) if self.is_html else ""
        self._tree: Any = None

    def __repr__(self) -> str:
        return f"<Page {self.status} {self.url} {self.title!r}>"

    @property
    def tree(self) -> Any:
        """The parsed page; raises StrictModeError when the HTML is not valid."""
        if self._tree is None:
            self._tree = JustHTML(self.html, sanitize=False, strict=True, track_node_locations=True)
        return self._tree

    def all(self, selector: str) -> list[Any]:
        """Every node for a CSS selector."""
        return list(self.tree.query(selector))

    def words_of(self, selector: str) -> list[str]:
        """The text of every node for a CSS selector."""
        return [words(node) for node in self.all(selector)]

    @property
    def title(self) -> str:
        """The words in the browser's tab."""
        return words(self.all("title")[0]) if self.is_html and self.all("title") else ""

    @property
    def h1(self) -> str:
        """The one heading of the page."""
        return self.words_of("h1")[0]

    @property
    def text(self) -> str:
        """All the words of the body on one line."""
        return words(self.all("body")[0])

    @property
    def main(self) -> str:
        """The words of the page itself, without header and footer."""
        return words(self.all("main")[0])

    @property
    def errors(self) -> list[str]:
        """The lines of the error summary."""
        return self.words_of(".govuk-error-summary__list li")

    @property
    def flashes(self) -> list[str]:
        """Messages carried over from the last action."""
        return self.words_of(".app-flash")

    @property
    def location(self) -> str:
        """Where an answer that was not followed wants to go."""
        return self.headers.get("Location", "")

    @property
    def json(self) -> Any:
        """The answer to a script."""
        return self.response.get_json()

    @property
    def links(self) -> list[tuple[str, str]]:
        """(words, address) of every link in the page itself, its navigation and its back link."""
        return [(words(node), node.attrs.get("href") or "") for node in self.all("a[href]")]

    def link(self, text: str) -> str:
        """The address behind the link with these words; otherwise the first whose words hold them."""
        exact = [href for label, href in self.links if label == text]
        near = [href for label, href in self.links if text.lower() in label.lower()]
        if not exact and not near:
            raise AssertionError(f"no link {text!r} at {self.url}; it has {[label for label, _ in self.links]}")
        return (exact or near)[0]

    def follow(self, text: str) -> "Page":
        """Press the link with these words."""
        return self.client.get(urljoin(self.url, self.link(text)))

    @property
    def forms(self) -> list[Form]:
        """Every form on the page; those of the header come first."""
        return [Form(self, node) for node in self.all("form")]

    @property
    def own_forms(self) -> list[Form]:
        """The forms of the page itself, without those of the header."""
        return [Form(self, node) for node in self.all("main form")]

    def form(self, action: str = "", holding: Iterable[str] = ()) -> Form:
        """The form whose action ends with or holds `action`; or the first in the page itself with all these names."""
        if action:
            found = [form for form in self.forms if form.action.endswith(action)] or [
                f for f in self.forms if action in f.action
            ]
        else:
            own = self.own_forms
            found = [form for form in own if set(holding) <= form.names] or (own[:1] if not list(holding) else [])
        if not found:
            have = [(form.action, sorted(form.names)) for form in self.forms]
            raise AssertionError(f"no form {action!r} holding {sorted(holding)} at {self.url}; it has {have}")
        return found[0]

    def fill_and_post(
        self, values: Mapping[str, Any] | None = None, action: str = "", press: str = "", *, follow: bool = True
    ) -> "Page":
        """Fill the form that has these names and press its button; the next page, redirects followed unless told."""
        return self.form(action, values or ()).post(values, press, follow=follow)

    def press(self, button: str, *, follow: bool = True) -> "Page":
        """Press a button anywhere on the page by its words, with its form as it stands."""
        for node in self.all("form"):
            form = Form(self, node)
            if any(button.lower() in _label_of(one).lower() for one in node.query("button, input") if _is_submit(one)):
                return form.post(press=button, follow=follow)
        raise AssertionError(f"no button {button!r} at {self.url}")


class PageClient:
    """Fetches pages with a Flask test client and complains about every page that breaks a house rule."""

    def __init__(
        self,
        http: FlaskClient,
        forbidden: Iterable[str] = (),
        service_name: str = "Casework",
        base_url: str = "https://localhost",
    ) -> None:
        self.http, self.service_name, self.base_url = http, service_name, base_url
        self.forbidden: set[str] = set(forbidden)
        self.page: Page | None = None

    def get(self, path: str, *, follow: bool = True, **more: Any) -> Page:
        """Fetch a page; redirects are followed unless told."""
        return self._seen(self.http.get(path, base_url=self.base_url, follow_redirects=follow, **more))

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, follow: bool = True, **more: Any) -> Page:
        """Send exactly this; prefer `page.fill_and_post`, which sends what a browser would."""
        headers = {
            "Referer": f"{self.base_url}{self.page.url if self.page else path}",
            "Origin": self.base_url,
            **more.pop("headers", {}),
        }
        return self._seen(
            self.http.post(path, data=data, base_url=self.base_url, follow_redirects=follow, headers=headers, **more)
        )

    def _seen(self, response: TestResponse) -> Page:
        for step in (*response.history, response):
            page = Page(self, step)
            complaints = list(complaints_about(page, self.service_name, self.forbidden))
            assert not complaints, f"{page.url} ({page.status}):\n  " + "\n  ".join(complaints)
        self.page = page
        return page
