"""The watchers of the journeys are themselves watched: a bad page must be noticed."""

import pytest

from tests.journeys.conftest import watch

BAD = (
    "<!doctype html><html><head><title></title></head><body><img src='about:blank'><input>"
    "<p style='color:#ccc;background:#fff'>pale</p><a href='#'></a></body></html>"
)


def test_axe_finds_what_is_wrong_with_a_bad_page(page, assert_accessible):
    page.set_content(BAD)
    with pytest.raises(AssertionError) as found:
        assert_accessible(page)
    named = [rule for rule in ("image-alt", "label", "color-contrast", "link-name") if rule in str(found.value)]
    assert len(named) >= 3


def test_a_page_that_scrolls_sideways_is_noticed(page, assert_accessible):
    page.set_viewport_size({"width": 320, "height": 640})
    page.set_content(
        "<!doctype html><html lang='en-GB'><title>Wide page</title><main><h1>Wide page</h1>"
        "<p style='width:900px'>too wide</p></main></html>"
    )
    with pytest.raises(AssertionError, match="scrolls sideways"):
        assert_accessible(page)


def test_a_message_on_the_console_is_noticed(page):
    bad = watch(page)
    page.set_content("<!doctype html><title>Noisy</title><script>console.warn('blocked')</script>")
    assert bad == ["blocked"]
