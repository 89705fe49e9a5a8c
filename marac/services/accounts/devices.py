"""A browser in plain words for the list of sign-ins: "Firefox on Windows". Keeps no version and no place."""

from typing import Final

# the first that is found counts: each later browser's mark also stands in the words of the earlier ones
BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "Chromebook"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def in_words(agent: str) -> str:
    """What a User-Agent says, as a person would; for words we do not know "A browser"."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser
