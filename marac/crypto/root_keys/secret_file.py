"""A secret kept in a file that only its owner can read. It refuses one that others can read."""

import os
import stat
from pathlib import Path

from marac.crypto.root_keys.wrapping import RootUnavailable


def read_secret(path: Path, what: str = "file") -> str:
    """The text of a file of mode 0400 or 0600. RootUnavailable, which names the file only."""
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise RootUnavailable(f"The {what} {path} can be read by others. Set its mode to 0400.")
            return file.read()
    except (OSError, UnicodeDecodeError):
        raise RootUnavailable(f"The {what} {path} is missing or cannot be read.") from None
