"""Response headers, set in one place for every answer. Refuses framing, and caching of anything but static files."""

from typing import Final

from flask import Flask, Response, request

PAGE_SCRIPT: Final = "sha256-GUQ5ad8JK5KmEWmROf3LZd9ge94daqNvd8xy9YS1iDw="  # the page template's one inline script
CSP: Final = (
    f"default-src 'none'; script-src 'self' '{PAGE_SCRIPT}'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'"
)
POWERS_REFUSED: Final = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "fullscreen", "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in POWERS_REFUSED),
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
TWO_YEARS: Final = 63_072_000  # seconds


def add_headers(response: Response) -> Response:
    """The same headers on every answer; a view may only have tightened the CSP (an uploaded document is sandboxed)."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}; includeSubDomains"
    return response


def set_up(app: Flask) -> None:
    """Every answer of this application goes out through `add_headers`."""
    app.after_request(add_headers)
