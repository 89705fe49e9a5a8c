"""One deployment per test: a database migrated and founded once, copied as files. Safe under several workers."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from marac.config import Settings, load_settings
from marac.models import Partnership
from marac.services.accounts import passwords
from marac.services.keeping.deployment import Deployment, open_deployment, set_up, unit_of_work
from marac.services.keeping.founding import found_partnership

BASE_URL = "https://localhost"


def settings_in(folder: Path, **facts: Any) -> Settings:
    return load_settings(**{"data": folder / "data", "base_url": BASE_URL, **facts})


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated database in which Tower Hamlets was founded; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("founded")
    house = set_up(settings_in(folder))
    with unit_of_work(house) as session:
        found_partnership(
            session, house.keyring, slug="tower-hamlets", name="Tower Hamlets", passkeys_required=False
        )  # fmt: skip
    house.close()
    return folder


@pytest.fixture
def open_house(founded: Path, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """open_house(base_url="http://127.0.0.1:8000") -> a further deployment, with those settings; `house` is one."""
    opened: list[Deployment] = []

    def copy_and_open(**facts: Any) -> Deployment:
        folder = tmp_path / f"house-{len(opened)}"
        shutil.copytree(founded, folder)
        opened.append(open_deployment(settings_in(folder, **facts)))
        return opened[-1]

    yield copy_and_open
    for house in opened:
        house.close()


@pytest.fixture
def house(open_house: Callable[..., Deployment]) -> Deployment:
    return open_house()


@pytest.fixture
def partnership(house: Deployment) -> Partnership:
    """Tower Hamlets, as a row that belongs to no session."""
    with house.reader() as session:
        found = session.query(Partnership).one()
        session.expunge(found)
    return found


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 at a cost for tests that ask for many hashes; the real one takes 100 ms each."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", quick)
    monkeypatch.setattr(passwords, "_NOBODY", quick.hash("nobody has this password"))
