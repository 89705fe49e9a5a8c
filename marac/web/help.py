"""The four pages that everybody may read: help, privacy, accessibility, and using this safely in someone's home."""

from typing import Any

from flask import Blueprint, render_template

bp = Blueprint("help", __name__)


@bp.get("/help")
def help_page() -> Any:
    """What to do when stuck, and how to report a data incident."""
    return render_template("help.html")


@bp.get("/privacy")
def privacy() -> Any:
    """What is kept about people who work here."""
    return render_template("privacy.html")


@bp.get("/accessibility")
def accessibility() -> Any:
    """The accessibility statement."""
    return render_template("accessibility.html")


@bp.get("/safety")
def safety() -> Any:
    """Using this safely in someone's home."""
    return render_template("safety.html")
