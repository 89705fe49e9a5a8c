"""The locked house, and its tables registered for these tests alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marac.crypto import fields
from tests.crypto.rows import OURS, House, open_house


@pytest.fixture(autouse=True)
def _our_tables_only() -> Iterator[None]:
    others = dict(fields._SHAPES)
    fields._SHAPES.clear()
    fields._SHAPES.update(OURS)
    yield
    fields._SHAPES.clear()
    fields._SHAPES.update(others)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[House]:
    """A house with keys and empty tables."""
    house = open_house(tmp_path)
    yield house
    house.engine.dispose()
    house.keyring.close()
