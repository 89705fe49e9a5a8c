"""Small numbers that leave the partnership: under five is not shown, nor what gives it away (REP-50)."""

from collections.abc import Mapping
from typing import Final

SMALLEST: Final = 5
FEWER: Final = "fewer than 5"
HIDDEN: Final = "not shown"


def shown(number: int) -> str:
    """One number by itself; 0 is 0."""
    return FEWER if 0 < number < SMALLEST else f"{number:,}"


def shown_together(cells: Mapping[str, int]) -> dict[str, str]:
    """The cells of one table whose total is known. Where the total gives a small one away, another is hidden with it.

    That is so for one small cell, and for several that add up in one way only (all 1, or all 4). Then no hidden cell
    says whether it is small: knowing that one is at least five would give the other away again.
    """
    small = [key for key, number in cells.items() if 0 < number < SMALLEST]
    words = {key: shown(number) for key, number in cells.items()}
    together = sum(cells[key] for key in small)
    if not small or (len(small) > 1 and len(small) < together < len(small) * (SMALLEST - 1)):
        return words
    others = sorted((number, key) for key, number in cells.items() if number >= SMALLEST)
    return {**words, **dict.fromkeys([*small, others[0][1]], HIDDEN)} if others else words
