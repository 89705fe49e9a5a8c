"""The works catalogue as a table: lines, groups, what a line needs before it may be approved, what it may cost.

Has no prices but planning bands, none of them confirmed. Refuses a line that is not in the catalogue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from marac.errors import RuleBroken
from marac.vocabulary import CostBand, LineResult, Room, WorksGroup
from marac.workflows.definitions import LOADER

SOURCE: Final = Path(__file__).parent.parent / "data" / "sanctuary_works.yaml"
ALWAYS, SHARED_DOOR = "always", "flat_entrance_or_communal_door"
DOORS_OUT: Final = (Room.FRONT_DOOR, Room.COMMUNAL)
TOPS: Final[dict[CostBand, Decimal | None]] = {
    CostBand.A: Decimal(50), CostBand.B: Decimal(150), CostBand.C: Decimal(400), CostBand.D: Decimal(1000),
    CostBand.E: Decimal(2500), CostBand.F: None,
}  # fmt: skip
KEEPS_OPEN: Final = (LineResult.PART_FITTED, LineResult.NOT_FITTED)
PENNY: Final = Decimal("0.01")
MOST: Final = 99


@dataclass(frozen=True, slots=True)
class Works:
    """One thing that can be fitted. `note` is for the surveyor; `includes` are the parts of a complete room."""

    key: str
    words: str
    group: WorksGroup
    unit: str
    band: CostBand
    fire_review: str
    landlord: bool
    portable: bool
    emergency: bool
    privacy: bool
    note: str
    includes: tuple[str, ...]

    def needs_fire_review(self, *, room: Room | None, flat: bool) -> bool:
        """Whether this line, there, must be seen by the fire brigade before it is approved (SAN-26)."""
        if self.fire_review == SHARED_DOOR:
            return (flat and room in (*DOORS_OUT, None)) or room == Room.COMMUNAL
        return self.fire_review == ALWAYS


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of them, by key, in the order they are offered; with the version that a survey was made with."""

    version: str
    works: Mapping[str, Works]

    def by_group(self) -> list[tuple[WorksGroup, list[Works]]]:
        """For the taps of a survey: every group that has something in it."""
        found = [(group, [one for one in self.works.values() if one.group == group]) for group in WorksGroup]
        return [(group, works) for group, works in found if works]

    def get(self, key: str) -> Works:
        """One of them. RuleBroken beside `item` for a key that is not there."""
        found = self.works.get(key)
        if found is None:
            raise RuleBroken("item", "Select something from the list")
        return found


@cache
def catalogue() -> Catalogue:
    """The catalogue as shipped."""
    table = yaml.load(SOURCE.read_text("utf-8"), Loader=LOADER)  # noqa: S506 - the C form of SafeLoader
    return Catalogue(table["version"], {one["key"]: _works(one) for one in table["items"]})


def _works(one: Mapping[str, Any]) -> Works:
    review = one.get("fire_review_when", ALWAYS) if one["fire_review_required"] else ""
    return Works(
        one["key"], one["item"], WorksGroup(one["group"]), one["unit"], CostBand(one["cost_band"]), review,
        one["landlord_permission_required"], one["portable"], one.get("emergency", False),
        one.get("privacy_note", False), one.get("note", ""), tuple(one.get("includes", ())),
    )  # fmt: skip


def band_of(pounds: Decimal) -> CostBand:
    """The band that an amount falls in. A limit belongs to the band below it: £50 is not under £50, it is in B."""
    for band, top in TOPS.items():
        if top is None or pounds < top or (pounds == top and band is not CostBand.A):
            return band
    return CostBand.F


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Pounds and pence, rounded at the end."""
    return sum(amounts, Decimal(0)).quantize(PENNY, ROUND_HALF_UP)


def with_vat(net: Decimal, percent: Decimal) -> Decimal:
    """An amount with VAT on it, to the penny."""
    return (net * (Decimal(100) + percent) / Decimal(100)).quantize(PENNY, ROUND_HALF_UP)


def pounds(text: str, field: str) -> Decimal:
    """An amount as typed: 1,250.50 or £80. RuleBroken when it is not one, is negative or has fractions of pence."""
    try:
        amount = Decimal(text.replace("£", "").replace(",", "").strip())
    except ArithmeticError:
        raise RuleBroken(field, "Enter an amount, such as 120 or 89.50") from None
    if not amount.is_finite() or amount < 0 or amount != amount.quantize(PENNY) or amount > 1_000_000:
        raise RuleBroken(field, "Enter an amount, such as 120 or 89.50")
    return amount


def quantity(text: str) -> int:
    """How many, as typed. RuleBroken beside `quantity` unless it is 1 to 99."""
    if not text.strip().isdecimal() or not 1 <= int(text) <= MOST:
        raise RuleBroken("quantity", f"Enter how many, from 1 to {MOST}")
    return int(text)


def all_done(results: Iterable[str | None]) -> bool:
    """Whether every line has ended in a way that does not keep the request open (SAN-29)."""
    found = list(results)
    return bool(found) and all(result and result not in KEEPS_OPEN for result in found)
