"""Where shipped files are: in the checkout first, else the copies inside an installed wheel. Opens nothing."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
DATA = PACKAGE / "data"
FONTS = DATA / "fonts"
STATIC = PACKAGE / "web" / "static"


def shipped(name: str, proof: str) -> Path:
    """Folder `name` beside the package (checkout) or inside it (wheel), recognised by a file it must hold."""
    places = (PACKAGE.parent / name, PACKAGE / name)
    return next((place for place in places if (place / proof).is_file()), places[0])


TEMPLATES = shipped("templates", "layout.html")
MIGRATIONS = shipped("migrations", "env.py")
