"""The frame in a real browser: accessible at every size, hides at once, warns in time, loses nothing that was typed."""

import pytest

from tests.journeys.conftest import watch
from tests.web.gallery import make_gallery

SIZES = [(320, 640), (640, 400), (1366, 768)]
PAGES = ["/?flash=1", "/questions", "/case", "/reveal", "/triage", "/run", "/conflict", "/out/safety"]
SMALL_TARGETS = """
[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => one.getClientRects().length && !one.closest('p, .govuk-visually-hidden'))
  .filter((one) => !one.matches('.govuk-skip-link, .govuk-checkboxes__input, .govuk-radios__input'))
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
  .filter(([box]) => box.width < 24 || box.height < 23.5)
  .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)
"""

COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect()
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  return one === document.body || !top || one.contains(top) || top.contains(one) ? '' : one.outerHTML.slice(0, 80)
}"""


@pytest.fixture(scope="session")
def gallery(serve):
    return serve(make_gallery())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_gallery_is_accessible_at_every_size(checked_page, gallery, assert_accessible, path):
    for width, height in SIZES:
        checked_page.set_viewport_size({"width": width, "height": height})
        checked_page.goto(gallery + path)
        assert_accessible(checked_page)
    checked_page.set_viewport_size({"width": 390, "height": 844})
    assert checked_page.evaluate(SMALL_TARGETS) == []


def test_the_run_screen_fits_a_laptop_without_scrolling_and_is_one_column_when_zoomed(checked_page, gallery):
    checked_page.set_viewport_size({"width": 1366, "height": 768})
    checked_page.goto(f"{gallery}/run")
    checked_page.wait_for_selector("html[data-ready]")
    assert checked_page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert checked_page.evaluate("getComputedStyle(document.querySelector('.app-run')).gridTemplateColumns").startswith(
        "176px"
    )
    checked_page.set_viewport_size({"width": 640, "height": 400})
    assert " " not in checked_page.evaluate("getComputedStyle(document.querySelector('.app-run')).gridTemplateColumns")


def test_hide_screen_covers_at_once_and_keeps_what_was_typed(checked_page, gallery, assert_accessible):
    checked_page.goto(gallery)
    checked_page.wait_for_selector("html[data-ready]")
    checked_page.fill("#full_name", "Words that must stay")
    checked_page.keyboard.press("Control+.")
    assert checked_page.title() == "New tab"
    assert "Rubbish and recycling" in checked_page.inner_text("body")
    assert "Components" not in checked_page.inner_text("body")
    assert not checked_page.is_visible("main#main-content")
    assert_accessible(checked_page)
    checked_page.keyboard.press("Escape")
    assert checked_page.title() == "Components, Casework"
    assert checked_page.input_value("#full_name") == "Words that must stay"
    assert checked_page.evaluate("document.activeElement.id") == "full_name"


def test_hide_screen_has_a_button_and_the_ordinary_page_a_way_back_for_phones(checked_page, gallery):
    checked_page.goto(f"{gallery}/case")
    checked_page.wait_for_selector("html[data-ready]")
    checked_page.get_by_role("button", name="Hide screen").click()
    assert checked_page.title() == "New tab"
    checked_page.get_by_role("button", name="Back").click()
    assert checked_page.title() == "Summary, case K7D-42Q, Casework"


def test_after_a_minute_hidden_the_words_are_gone_and_the_sign_in_is_locked(page, gallery):
    bad = watch(page)
    page.clock.install()
    page.goto(f"{gallery}/case")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("Control+.")
    with page.expect_request(lambda request: request.url.endswith("/lock") and request.method == "POST"):
        page.clock.fast_forward(61_000)
    assert "Amina" not in page.content()
    assert [line for line in bad if "/out/help" not in line] == []  # the redirect that the script does not follow


def test_without_script_the_hide_button_locks_at_once(browser, gallery):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{gallery}/case")
    page.get_by_role("button", name="Hide screen").click()
    assert page.url == f"{gallery}/out/help"


def test_the_warning_comes_two_minutes_before_and_staying_is_one_press(checked_page, gallery, assert_accessible):
    checked_page.goto(f"{gallery}/?idle=123")
    checked_page.wait_for_selector("dialog[open]")
    assert checked_page.evaluate("document.activeElement.textContent") == "Stay signed in"
    assert "We will sign you out in 2 minutes." in checked_page.inner_text("dialog")
    assert_accessible(checked_page)
    checked_page.keyboard.press("Enter")
    checked_page.wait_for_selector("dialog", state="hidden")


def test_at_the_end_of_the_time_the_page_is_blanked_and_sign_in_follows(page, gallery):
    page.goto(f"{gallery}/?idle=2")
    page.wait_for_url("**/sign-in")


def test_typing_is_saved_after_a_pause_and_on_request(checked_page, gallery):
    checked_page.goto(f"{gallery}/run")
    checked_page.wait_for_selector("html[data-ready]")
    checked_page.keyboard.press("Alt+m")
    checked_page.keyboard.type(" More words.")
    checked_page.wait_for_selector(".app-save--saved")
    assert checked_page.input_value("input[name=version]") == "2"
    with checked_page.expect_response("**/autosave"):
        checked_page.keyboard.press("Control+s")
    assert checked_page.url.endswith("/run")
    checked_page.keyboard.press("Alt+a")
    assert checked_page.evaluate("document.activeElement.id") == "line"


def test_a_conflict_while_saving_offers_both_versions(checked_page, gallery):
    checked_page.goto(f"{gallery}/run")
    checked_page.wait_for_selector("html[data-ready]")
    checked_page.fill("#information", "conflict")
    link = checked_page.get_by_role("link", name="Choose which version to keep")
    link.wait_for()
    assert link.get_attribute("href").endswith("/conflict")


def test_without_a_line_it_says_so_tries_again_and_saves_in_the_end(page, gallery):
    bad = watch(page)
    page.goto(f"{gallery}/run")
    page.wait_for_selector("html[data-ready]")
    page.context.set_offline(True)
    page.fill("#risk", "Typed in a lift.")
    page.wait_for_selector(".app-save--failed")
    assert "Not saved. Trying again. Keep this tab open." in page.inner_text("[data-save-status]")
    page.context.set_offline(False)
    page.wait_for_selector(".app-save--saved")
    assert page.input_value("#risk") == "Typed in a lift."
    assert all("INTERNET_DISCONNECTED" in line or "/autosave" in line for line in bad)


def test_one_key_answers_a_question_and_moves_on(checked_page, gallery):
    checked_page.goto(f"{gallery}/questions")
    checked_page.wait_for_selector("html[data-ready]")
    checked_page.focus("#q1")
    for key in "ynd":
        checked_page.keyboard.press(key)
    assert checked_page.inner_text(".app-count") == "1 yes, 3 of 3 answered"
    assert checked_page.evaluate("document.activeElement.textContent").strip() == "Save and continue"


def test_known_opens_the_boxes_of_that_person_only(checked_page, gallery):
    checked_page.goto(f"{gallery}/questions")
    checked_page.wait_for_selector("html[data-ready]")
    assert not checked_page.is_visible("#private1")
    checked_page.focus("#k1")
    checked_page.keyboard.press("k")
    assert checked_page.is_visible("#private1")
    assert checked_page.evaluate("document.activeElement.id") == "private1"


def test_without_script_the_boxes_are_all_there(browser, gallery):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{gallery}/questions")
    assert page.is_visible("#private1")
    page.goto(gallery)
    assert page.is_visible("#why_not")


def test_a_revealed_value_hides_itself_again(checked_page, gallery):
    checked_page.clock.install()
    checked_page.goto(f"{gallery}/reveal")
    checked_page.wait_for_selector("html[data-ready]")
    assert "07700 900123" in checked_page.inner_text("[data-reveal-value]")
    checked_page.clock.run_for(125_000)
    assert "900123" not in checked_page.inner_text("main")
    assert "Hidden again" in checked_page.inner_text("main")


def test_the_focus_is_never_under_something_sticky(checked_page, gallery):
    checked_page.set_viewport_size({"width": 1366, "height": 768})
    checked_page.goto(f"{gallery}/case")
    checked_page.wait_for_selector("html[data-ready]")
    covered = []
    for _ in range(40):
        checked_page.keyboard.press("Tab")
        found = checked_page.evaluate(COVERED)
        covered += [found] if found else []
    assert covered == []
