"""The page client nags: it is shown one bad page for each house rule, and must complain about each."""

import pytest
from flask import Flask

from tests.web.gallery import make_gallery
from tests.web.page_client import PageClient

KEYLESS = "<form action='/x' method=post novalidate><input type=hidden name=csrf_token></form>"
NAGS = [
    ("<h1>Two</h1><h1>Headings</h1>", "2 h1 headings"),
    ("<h1>Other words</h1>", "does not begin with the purpose"),
    ("<h1>Good page</h1><p id=a></p><p id=a></p>", "used more than once"),
    ("<h1>Good page</h1><input name=x id=x>", "has no label"),
    ("<h1>Good page</h1><form action='/x' method=post novalidate></form>", "no csrf_token"),
    (
        f"<h1>Good page</h1><main>{KEYLESS}</main>",
        "no once_key",
    ),
    ("<h1>Good page</h1><form method=get></form>", "a form has action ''"),
    ("<h1>Good page</h1><p style='color:red'>x</p>", "inline style"),
    ("<h1>Good page</h1><script>alert(1)</script>", "inline script"),
    ("<h1>Good page</h1><img alt='' src='https://example.com/x.png'>", "goes outside"),
    ("<h1>Good page</h1><p onclick='x()'>x</p>", "has onclick"),
    ("<h1>Good page</h1><p></div>", "not valid"),
    ("<h1>Good page</h1><p aria-describedby=nobody>x</p>", "missing id"),
    ("<h1>Good page</h1><ul class='govuk-error-summary__list'><li>Wrong</li></ul>", "disagree"),
]


@pytest.fixture
def app() -> Flask:
    return make_gallery(TESTING=True)


@pytest.mark.parametrize("body, complaint", NAGS)
def test_the_page_client_complains_about_a_page_that_breaks_a_house_rule(app, body, complaint):
    app.add_url_rule(
        "/bad",
        "bad",
        lambda: (
            f"<!doctype html><html lang=en><head><title>Good page, Casework</title></head><body>{body}</body></html>"
        ),
    )
    with pytest.raises(AssertionError, match=complaint):
        PageClient(app.test_client()).get("/bad")


@pytest.mark.parametrize(
    "title, path",
    [
        ("Good page, Amina Begum, Casework", "/bad"),
        ("Good page, MARAC, Casework", "/bad"),
        ("Good page, Casework", "/bad?q=amina+begum"),
    ],
)
def test_the_page_client_complains_about_a_name_in_a_title_or_an_address(app, title, path):
    app.add_url_rule(
        "/bad",
        "bad",
        lambda: (
            f"<!doctype html><html lang=en><head><title>{title}</title></head><body><h1>Good page</h1></body></html>"
        ),
    )
    with pytest.raises(AssertionError, match="holds"):
        PageClient(app.test_client(), forbidden={"Amina Begum"}).get(path)


def test_the_page_client_sends_only_what_a_browser_could(app):
    client = PageClient(app.test_client())
    page = client.get("/")
    with pytest.raises(AssertionError, match="no form"):
        page.fill_and_post({"state": "accepted"})
    with pytest.raises(AssertionError, match="no field"):
        page.form("/").post({"state": "accepted"})
    with pytest.raises(AssertionError, match="does not offer"):
        page.fill_and_post({"told": "perhaps"})
