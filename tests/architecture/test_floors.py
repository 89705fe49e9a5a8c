"""The floors of the house and what each may know of the outside world (the sentences in pyproject.toml)."""

import ast
import subprocess
import sysconfig
import tomllib
from pathlib import Path

from tests.architecture.tree import MODULES, ROOT, parsed, short

CONTRACTS = [
    "Floors: imports only go down",
    "Flask is known only at the doors",
    "cryptography is known only to marac.crypto",
    "The rules know no database and no web",
    "Other ways to sign in are spoken in one room",
    "Doors write no SQL and open no seals",
]


def test_every_import_contract_is_kept(tmp_path):
    # the script, not `python -m importlinter.cli`, which checks nothing and succeeds
    script = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run(
        [script, "--no-logo", "--cache-dir", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


def test_the_contracts_are_the_ones_we_agreed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert [contract["name"] for contract in settings["contracts"]] == CONTRACTS
    assert settings["contracts"][0]["exhaustive"] is True


def test_nothing_is_imported_inside_a_function():
    inside = [
        f"{short(path)}:{statement.lineno}"
        for path in MODULES
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    assert inside == [], "an import inside a function means that the thing is on the wrong floor"


def test_current_user_is_named_only_at_the_sign_in_door():
    named = [short(path) for path in MODULES if any(names_current_user(node) for node in ast.walk(parsed(path)))]
    assert set(named) <= {"marac/web/signin.py"}


def names_current_user(node: ast.AST) -> bool:
    imported = isinstance(node, ast.ImportFrom) and any(name.name == "current_user" for name in node.names)
    return imported or (isinstance(node, ast.Attribute) and node.attr == "current_user")
