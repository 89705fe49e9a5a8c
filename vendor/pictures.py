"""Makes the pictures of the README from the demo: invented people alone, as those who work with it see them.

For maintainers: python vendor/pictures.py [folder of a demo that is loaded] writes vendor/pictures/*.png; without a
folder it loads a month of its own. It works on a copy, and goes to no page that holds a code or a password.
"""

import shutil
import struct
import sys
import tempfile
import threading
import zlib
from collections import Counter
from contextlib import closing
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from marac.app import create_app
from marac.config import load_settings
from marac.services import demo
from marac.services.keeping.deployment import Deployment, set_up

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1200, "height": 760}
COLOURS, MOST_BYTES, LOOKED_AT = 256, 150_000, 25
SEATED = ("Ana Field", "Tom Rook", "Iris Dale", "Joe Marsh")
NOTES = {
    "Her or his views": "Wants to stay near the school. Spoke to her IDVA yesterday, alone.",
    "Information shared": "Police: four calls since August. School: collected by an uncle twice without notice.",
    "Risk to the victim-survivor": "High and rising: calls more often, threats to follow.",
    "Risk to children": "Collected without notice; the eldest is afraid to go home.",
}
ACTIONS = ("police: apply for stalking protection order by fri",)
HALF = "housing: confirm the transfer offer by mon"


def main() -> None:
    """All three, from one demo."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "data"
        if len(sys.argv) > 1:  # a copy, since a meeting is opened
            given = Path(sys.argv[1])
            for one, copy in ((given, own), (beside(given), beside(own))):
                shutil.copytree(one, copy)
        with closing(set_up(load_settings(data=own, base_url="http://127.0.0.1:8000"))) as house:
            if not demo.is_loaded(house):
                demo.load(house, scale="month")
            server = make_server("127.0.0.1", 0, create_app(house), threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                take(house, f"http://127.0.0.1:{server.server_port}")
            finally:
                server.shutdown()


def beside(data: Path) -> Path:
    """Where the root key of a data folder lies."""
    return data.with_name(data.name + "-root")


def take(house: Deployment, address: str) -> None:
    """A case and the Run screen as the coordinator sees them, a report as the service manager does."""
    PICTURES.mkdir(exist_ok=True)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-lcd-text", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = sign_in(browser, house, address, "coordinator")
        keep(a_case(page), "case")
        keep(a_meeting(page), "run")
        page = sign_in(browser, house, address, "service_manager")
        page.goto(f"{address}/reports/partnership/2022-23")
        keep(page, "report")
        browser.close()


def sign_in(browser: Browser, house: Deployment, address: str, role: str) -> Page:
    """Somebody of a role, at their work; the code is typed and never shown in a picture."""
    account = next(one for one in demo.accounts(house) if one["role"] == role)
    page = browser.new_context(viewport=SIZE, locale="en-GB", timezone_id="Europe/London").new_page()
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", str(account["email"]))
    page.fill("input[name=password]", str(account["password"]))
    page.press("input[name=password]", "Enter")
    page.fill("input[name=code]", pyotp.TOTP(str(account["totp_secret"])).now())
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/today")
    page.host = address  # type: ignore[attr-defined]
    return page


def links(page: Page, start: str) -> list[str]:
    """Where the page leads to under an address, each once."""
    found = [one.get_attribute("href") or "" for one in page.query_selector_all("main a[href]")]
    return list(dict.fromkeys(one for one in found if one.startswith(start)))


def a_case(page: Page) -> Page:
    """The first case of the list on whose map a place is not safe; its columns, without the bar above them."""
    page.goto(f"{page.host}/cases")  # type: ignore[attr-defined]
    for path in links(page, "/cases/")[:LOOKED_AT]:
        page.goto(f"{page.host}{path}")  # type: ignore[attr-defined]
        if page.query_selector(".app-places__danger"):
            break
    return page


def a_meeting(page: Page) -> Page:
    """The Run screen of the first meeting that can be run: opened, its first case begun, notes and an action typed."""
    page.goto(f"{page.host}/panels")  # type: ignore[attr-defined]
    for path in links(page, "/panels/"):
        answer = page.goto(f"{page.host}{path.rstrip('/')}/run/1")  # type: ignore[attr-defined]
        if answer and answer.ok and "/run/" in page.url:
            break
    here = page.url
    open_meeting(page, here.split("/run/")[0])
    page.goto(here)
    press(page, "Start this case")
    for label, words in NOTES.items():
        page.get_by_label(label).first.fill(words)
    for line in ACTIONS:
        page.fill("#line", line)
        press(page, "Add action")
    page.fill("#line", HALF)
    page.wait_for_timeout(1_500)
    return page


def open_meeting(page: Page, address: str) -> None:
    """Everybody is there and has agreed, the statement is read."""
    page.goto(f"{address}/attendance")
    for box in page.query_selector_all("select[name^=state-]"):
        box.select_option("present")
    for box in page.query_selector_all("input[name^=agreed-]"):
        box.check()
    for number, box in enumerate(page.query_selector_all("input[name^=person-]")):
        box.fill(box.input_value() or f"{SEATED[number % len(SEATED)]}")
    press(page, "Save attendance")
    page.select_option("#chair_id", index=1)
    page.check("#statement_read")
    press(page, "Open the meeting")


def press(page: Page, words: str) -> None:
    """A button that leads to a page."""
    with page.expect_navigation():
        page.get_by_role("button", name=words).first.click()


def keep(page: Page, name: str) -> None:
    """The page as it stands, with no more colours than it needs."""
    path = PICTURES / f"{name}.png"
    path.write_bytes(few_colours(page.screenshot(full_page=name == "case")))
    size = path.stat().st_size
    print(f"{path.name}: {size:,} bytes, {page.title()}")
    if size > MOST_BYTES:
        raise SystemExit(f"{path.name} is larger than {MOST_BYTES:,} bytes")


# --- the same PNG with a palette ---


def few_colours(picture: bytes) -> bytes:
    """A PNG of at most 256 colours: the most frequent ones, every other pixel by the nearest of them."""
    width, height, depth, rows = read(picture)
    pixels = [[tuple(row[at : at + 3]) for at in range(0, width * depth, depth)] for row in rows]
    counted = Counter(pixel for row in pixels for pixel in row)
    palette = [colour for colour, _ in counted.most_common(COLOURS)]
    place = {colour: number for number, colour in enumerate(palette)}
    for colour in counted:
        if colour not in place:
            place[colour] = min(range(len(palette)), key=lambda at: apart(palette[at], colour))
    lines = b"".join(b"\0" + bytes(place[pixel] for pixel in row) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    flat = bytes(part for colour in palette for part in colour)
    parts = ((b"IHDR", head), (b"PLTE", flat), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def apart(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How unlike two colours are."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def chunk(kind: bytes, content: bytes) -> bytes:
    """One part of a PNG with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def read(picture: bytes) -> tuple[int, int, int, list[bytearray]]:
    """Width, height, bytes a pixel, and the rows of an RGB or RGBA PNG."""
    at, packed, head = 8, b"", (0, 0, 0, 0)
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        content = picture[at + 8 : at + 8 + length]
        head = struct.unpack(">IIBB", content[:10]) if kind == b"IHDR" else head
        packed += content if kind == b"IDAT" else b""
        at += 12 + length
    width, height, _, colour = head
    depth = {2: 3, 6: 4}[colour]
    raw, stride = zlib.decompress(packed), width * depth
    rows, above = [], bytearray(stride)
    for number in range(height):
        start = number * (stride + 1)
        above = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, depth)
        rows.append(above)
    return width, height, depth, rows


def unfiltered(kind: int, row: bytearray, above: bytearray, depth: int) -> bytearray:
    """A row as it was before its filter: none, left, up, average, or Paeth's."""
    for at in range(len(row) if kind else 0):
        left = row[at - depth] if at >= depth else 0
        corner = above[at - depth] if at >= depth else 0
        row[at] = (row[at] + guess(kind, left, above[at], corner)) & 255
    return row


def guess(kind: int, left: int, up: int, corner: int) -> int:
    """What the filter of a row expected of one byte."""
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    expected = left + up - corner
    return min((left, up, corner), key=lambda one: abs(expected - one))


if __name__ == "__main__":
    main()
