"""The locked house, and its tables registered for these tests alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session

from marac.crypto import fields, vault
from marac.crypto.vault import Unit
from tests.crypto.rows import C1, C2, OURS, P1, PERSON, House, open_house

# A busy machine is no finding.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


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


@pytest.fixture
def unit(locked: House) -> Iterator[Unit]:
    with vault.unit(locked.keyring) as fresh:
        fresh.grant_many("case", P1, [C1, C2], PERSON, seal=True)
        yield fresh


@pytest.fixture
def session(locked: House, unit: Unit) -> Iterator[Session]:
    with locked.sessions.writer() as fresh:
        yield fresh
