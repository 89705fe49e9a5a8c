"""What leaves this checkout: locks and files without addresses, vendored assets as recorded, a wheel that is whole."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from marac.paths import STATIC
from tests.architecture.tree import ROOT, kept_files, short

# written in halves, so that this file does not name them either
REGISTRIES = [
    "py" + "pi.org",
    "files.python" + "hosted",
    "registry.npm" + "js",
    "registry.yarn" + "pkg",
    "deb.deb" + "ian.org",
]
LOCKS = ["requirements.lock", "requirements-dev.lock"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_and_no_address(name):
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    assert "file:" not in lock
    stray = [
        line for line in lock.splitlines() if line and not re.match(r"[a-z0-9]|    --hash=sha256:[0-9a-f]{64}", line)
    ]
    assert stray == []
    assert len(re.findall(r"^[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==", lock, re.MULTILINE)) > 40


def test_running_needs_no_test_or_check_tool():
    running, developing = (
        set(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS
    )
    assert running < developing, "the two locks agree on every version"
    assert not {name for name, _ in running} & {"pytest", "mypy", "ruff", "playwright", "hypothesis"}
    assert {"hatchling", "editables"} <= {name for name, _ in running}


def test_the_asset_lock_records_no_download_address():
    assert '"resolved"' not in (ROOT / "vendor" / "package-lock.json").read_text()


def test_no_kept_file_names_a_package_registry():
    naming = []
    for path in kept_files():
        content = path.read_bytes()
        naming += [short(path) for registry in REGISTRIES if registry.encode() in content]
    assert naming == []


def test_vendored_files_are_the_recorded_ones():
    recorded = json.loads((STATIC / "vendor" / "VENDOR.json").read_text())["files"]
    present = {
        path.relative_to(STATIC / "vendor").as_posix() for path in (STATIC / "vendor").rglob("*") if path.is_file()
    }
    assert present == {*recorded, "VENDOR.json"}
    for name, expected in recorded.items():
        digest = hashlib.sha384((STATIC / "vendor" / name).read_bytes()).digest()
        assert "sha384-" + base64.b64encode(digest).decode() == expected, name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel as hatchling builds it, with no network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_a_wheel_carries_templates_static_files_migrations_and_data(wheel):
    carried = set(zipfile.ZipFile(wheel).namelist())
    for folder, inside in (
        ("templates", "marac/templates"),
        ("migrations", "marac/migrations"),
        ("marac", "marac"),
    ):
        kept = [path for path in kept_files() if path.is_relative_to(ROOT / folder)]
        assert kept, folder
        missing = {f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" for path in kept} - carried
        assert missing == set()
    for part in ("marac/templates/", "marac/migrations/versions/", "marac/web/static/vendor/", "marac/data/"):
        assert any(name.startswith(part) for name in carried), part


def test_the_wheel_runs_in_an_empty_folder(wheel, tmp_path):
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(installed)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MARAC_")}
    environment["PYTHONPATH"] = str(installed)
    for arguments in (
        ["-c", "import marac.paths as p; print(p.TEMPLATES, p.MIGRATIONS)"],
        ["-m", "marac.cli", "workflows", "show"],
    ):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert str(ROOT / "templates") not in done.stdout
    assert list(elsewhere.iterdir()) == [], "showing the rules writes nothing"
